"""Signed channels of the push service, and what pages may read of it (https://developers.podio.com/examples/push)."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from podio_web.sandbox.clock import Clock
from podio_web.sandbox.signatures import EXPIRED, EXPIRES_IN, INCORRECT, Signatures
from tests.sandbox.push_support import FAYE, LONG, Subscriber


class TestSignatures:
    def test_they_are_those_of_private_pub_with_seconds(self) -> None:
        credential = Signatures("secret", Clock(lambda: 1_700_000_000.9)).credential("/item/6101")
        assert credential == {
            "channel": "/item/6101",
            "signature": hashlib.sha1(b"secret/item/61011700000000").hexdigest(),
            "timestamp": 1_700_000_000,
            "expires_in": 21_600,
        }

    def test_they_expire_by_the_clock(self) -> None:
        clock = Clock(lambda: 1_700_000_000.0)
        signatures = Signatures("secret", clock)
        made = signatures.credential("/item/1")
        clock.advance(EXPIRES_IN - 1)
        assert signatures.problem("/item/1", made["signature"], made["timestamp"]) is None
        clock.advance(1)
        assert signatures.problem("/item/1", made["signature"], made["timestamp"]) == EXPIRED

    def test_all_that_were_handed_out_can_be_expired(self) -> None:
        signatures = Signatures("secret", Clock(lambda: 1_700_000_000.5))
        old = signatures.credential("/item/1")
        signatures.expire()
        new = signatures.credential("/item/1")
        assert signatures.problem("/item/1", old["signature"], old["timestamp"]) == EXPIRED
        assert signatures.problem("/item/1", new["signature"], new["timestamp"]) is None
        signatures.reset()
        assert signatures.problem("/item/1", old["signature"], old["timestamp"]) is None

    @pytest.mark.parametrize(
        ("changes", "problem"),
        [
            ({}, None),
            ({"timestamp": "1700000000"}, None),
            ({"channel": "/item/2"}, INCORRECT),
            ({"timestamp": 1_700_000_001}, INCORRECT),
            ({"timestamp": None}, INCORRECT),
            ({"timestamp": [1_700_000_000]}, INCORRECT),
            ({"signature": "0" * 40}, INCORRECT),
            ({"signature": None}, INCORRECT),
            ({"signature": "\ud800"}, INCORRECT),
            # The parts are joined without a mark between them, so the end of a channel may not become a timestamp.
            ({"channel": "/item", "timestamp": "/11700000000"}, INCORRECT),
        ],
    )
    def test_others_are_incorrect(self, changes: dict[str, Any], problem: str | None) -> None:
        signatures = Signatures("secret", Clock(lambda: 1_700_000_000.0))
        sent = {**signatures.credential("/item/1"), **changes}
        assert signatures.problem(sent["channel"], sent["signature"], sent["timestamp"]) == problem

    @pytest.mark.parametrize(
        ("path", "channel"),
        [
            ("/user/status", "/user/1001"),
            ("/item/6101", "/item/6101"),
            ("/item/6101?fields=push", "/item/6101"),
            ("/item/6101?mark_as_viewed=0&fields=push", "/item/6101"),
            ("/space/2001", "/space/2001"),
            ("/app/3001", "/app/3001"),
        ],
    )
    def test_objects_carry_them(self, client: Subscriber, path: str, channel: str) -> None:
        push = client.push_of(path)
        assert (push["channel"], push["expires_in"]) == (channel, 21_600)
        assert client.subscribe(push)["successful"]


class TestForgetting:
    def test_a_silent_client_is_forgotten_after_twice_the_timeout(self, client: Subscriber) -> None:
        client.poll(0)
        client.podio.advance(2 * LONG - 20)
        assert client.poll(0)[0]["successful"]
        client.podio.advance(2 * LONG + 5)
        reply, messages = client.poll(0)
        assert reply == {
            "channel": "/meta/connect",
            "id": "3",
            "successful": False,
            "error": f"401:{client.client_id}:Unknown client",
            "advice": {"reconnect": "handshake"},
        }
        assert messages == []
        assert client.handshake()["successful"]

    def test_its_messages_are_lost(self, client: Subscriber) -> None:
        client.subscribe(client.push_of("/item/6101"))
        client.podio.advance(2 * LONG + 5)
        client.podio.post("/comment/item/6101/", {"value": "x"})
        assert client.state()["clients"] == []
        client.handshake()
        client.subscribe(client.push_of("/item/6101"))
        assert client.events() == []


class TestPages:
    ORIGIN = "http://localhost:8000"

    def preflight(self, client: Subscriber) -> Any:
        headers = {"Origin": self.ORIGIN, "Access-Control-Request-Method": "POST"}
        return client.podio.call("OPTIONS", FAYE, headers=headers)

    def test_they_may_read_answers(self, client: Subscriber) -> None:
        answer = client.podio.post(FAYE, [], headers={"Origin": self.ORIGIN})
        assert answer.headers["access-control-allow-origin"] == self.ORIGIN
        assert answer.headers["access-control-allow-credentials"] == "true"
        preflight = self.preflight(client)
        assert (preflight.status, preflight.headers["access-control-allow-origin"]) == (200, self.ORIGIN)
        assert "Content-Type" in preflight.headers["access-control-allow-headers"]

    def test_unless_the_setting_forbids_it(self, client: Subscriber) -> None:
        client.podio.settings(push_cors=False)
        answer = client.podio.post(FAYE, [], headers={"Origin": self.ORIGIN})
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert not [name for name in self.preflight(client).headers if name.startswith("access-control")]
        api = client.podio.get("/user/status", headers={"Origin": self.ORIGIN})
        assert api.headers["access-control-allow-origin"] == self.ORIGIN

    def test_or_a_fault_does(self, client: Subscriber) -> None:
        client.podio.fail_next("cors", path_prefix="/faye")
        answer = client.podio.post(FAYE, [], headers={"Origin": self.ORIGIN})
        assert "access-control-allow-origin" not in answer.headers

    def test_the_service_has_a_name_below_localhost(self, client: Subscriber) -> None:
        port = client.podio.url.rpartition(":")[2]
        for host, status in (("push.localhost", 200), ("push.example.com", 421)):
            assert client.podio.post(FAYE, [], headers={"Host": f"{host}:{port}"}).status == status
