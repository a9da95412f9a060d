"""What tests can do to the push service, and what they can ask of it."""

from __future__ import annotations

import http.client
import json
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import pytest

from podio_web.sandbox import Sandbox
from tests.sandbox.push_support import FAYE, LONG, Subscriber, later, until
from tests.sandbox.sandbox_support import Caller


class TestDisturbances:
    def test_killed_polls(self, client: Subscriber) -> None:
        client.subscribe(client.push_of("/item/6101"))
        other = Subscriber(client.podio)

        def kill() -> None:
            until(lambda: other.state()["polls_open"] == 1)
            other.disturb("kill")

        thread = later(kill)
        with pytest.raises(http.client.RemoteDisconnected):
            client.poll(LONG)
        thread.join()
        other.close()
        assert client.state()["polls_open"] == 0
        client.podio.post("/comment/item/6101/", {"value": "x"})
        assert client.events() == [("/item/6101", "comment_create")]

    def test_lost_messages(self, client: Subscriber) -> None:
        client.subscribe(client.push_of("/item/6101"))
        client.disturb("lose", 2)
        for number in range(3):
            client.podio.post("/comment/item/6101/", {"value": str(number)})
        # Messages that nobody would get are not counted.
        client.podio.post("/comment/item/6102/", {"value": "x"})
        assert client.events() == [("/item/6101", "comment_create")]

    def test_reconnect_none(self, client: Subscriber) -> None:
        client.disturb("none", 2)
        reply, _ = client.poll()
        assert (reply["successful"], reply["advice"]) == (False, {"reconnect": "none"})
        reply = client.handshake()
        assert (reply["successful"], reply["advice"]) == (False, {"reconnect": "none"})
        assert client.handshake()["successful"]

    def test_rubbish(self, client: Subscriber) -> None:
        client.disturb("rubbish", 7)
        bodies = {client.podio.post(FAYE, [client.polling(0)]).body for _ in range(7)}
        assert len(bodies) == 7
        for body in bodies:
            with pytest.raises((ValueError, TypeError, AttributeError, KeyError)):
                [message["channel"] for message in json.loads(body)]
        assert client.poll()[0]["successful"]

    def test_forgotten_clients(self, client: Subscriber) -> None:
        other = Subscriber(client.podio)

        def forget() -> None:
            until(lambda: other.state()["polls_open"] == 1)
            other.disturb("forget")

        thread = later(forget)
        assert client.poll(LONG)[0]["successful"]
        thread.join()
        other.close()
        assert client.poll()[0]["error"] == f"401:{client.client_id}:Unknown client"

    def test_expired_signatures(self, client: Subscriber) -> None:
        push = client.push_of("/item/6101")
        client.disturb("expire")
        assert client.subscribe(push)["error"] == "Signature has expired."
        assert client.subscribe(client.push_of("/item/6101"))["successful"]

    def test_the_service_is_down(self, client: Subscriber) -> None:
        client.podio.settings(push_down=True)
        answer = client.podio.post(FAYE, [client.polling()])
        assert (answer.status, answer.headers["content-type"]) == (503, "text/html; charset=utf-8")
        client.podio.settings(push_down=False)
        assert client.poll()[0]["successful"]

    @pytest.mark.parametrize(
        ("kind", "status"), [("server_error", 500), ("bad_gateway", 502), ("unavailable", 503), ("too_large", 413)]
    )
    def test_faults_reach_it_if_they_name_its_path(self, client: Subscriber, kind: str, status: int) -> None:
        client.podio.fail_next(kind)
        assert client.poll()[0]["successful"]
        client.podio.fail_next(kind, path_prefix="/faye")
        assert client.podio.get("/user/status").status == status
        assert client.podio.post(FAYE, []).status == status
        assert client.podio.post(FAYE, []).status == 200

    def test_a_dropped_answer_loses_its_messages(self, client: Subscriber) -> None:
        client.subscribe(client.push_of("/item/6101"))
        client.podio.post("/comment/item/6101/", {"value": "x"})
        client.podio.fail_next("drop_body", path_prefix="/faye")
        with pytest.raises(Exception, match=r"IncompleteRead"):
            client.poll()
        assert client.events() == []

    def test_a_dropped_request(self, client: Subscriber) -> None:
        client.podio.fail_next("drop", path_prefix="/faye")
        with pytest.raises(OSError):
            client.poll()
        assert client.poll()[0]["successful"]

    def test_a_late_answer(self, client: Subscriber) -> None:
        client.podio.fail_next("slow", path_prefix="/faye", seconds=0.3)
        began = time.monotonic()
        client.send()
        assert time.monotonic() - began >= 0.3

    def test_a_client_that_closes_the_connection(self, client: Subscriber) -> None:
        client.subscribe(client.push_of("/item/6101"))
        address, body = urlsplit(client.podio.url), json.dumps([client.polling(LONG)])
        head = f"POST /faye HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: {len(body)}\r\n\r\n"
        with socket.create_connection((str(address.hostname), address.port or 80)) as connection:
            connection.sendall((head + body).encode())
            until(lambda: client.state()["polls_open"] == 1)
        until(lambda: client.state()["polls_open"] == 0)
        client.podio.post("/comment/item/6101/", {"value": "x"})
        assert client.events() == [("/item/6101", "comment_create")]

    @pytest.mark.parametrize(
        "body",
        [{}, {"action": "explode"}, {"action": 1}, {"action": "lose", "count": 0}, {"action": "lose", "other": 1}, []],
    )
    def test_unknown_disturbances(self, client: Subscriber, body: Any) -> None:
        assert client.podio.post("/sandbox/push", body).status == 400

    def test_a_reset_cancels_everything(self, client: Subscriber) -> None:
        client.disturb("lose", 5)
        client.disturb("expire")
        client.podio.post("/sandbox/reset")
        assert client.state() == {
            "requests": 0,
            "handshakes": 0,
            "subscribes": 0,
            "polls_made": 0,
            "polls_open": 0,
            "most_open": 0,
            "published": 0,
            "delivered": 0,
            "clients": [],
            "to_come": {"lose": 0, "none": 0, "rubbish": 0},
        }

    def test_polls_are_counted_and_are_no_calls(self, client: Subscriber) -> None:
        client.podio.delete("/sandbox/calls")
        before = client.state()
        client.poll()
        client.poll()
        after = client.state()
        assert (after["requests"] - before["requests"], after["polls_made"], after["most_open"]) == (2, 2, 1)
        assert client.podio.calls() == []


def test_a_sandbox_stops_while_a_poll_is_open() -> None:
    outcomes: list[Exception] = []

    def poll() -> None:
        try:
            client.poll(LONG)
        except (OSError, http.client.HTTPException) as error:
            outcomes.append(error)

    with Sandbox(control=True) as sandbox:
        podio = Caller(sandbox.url)
        podio.settings(push_timeout=LONG)
        client = Subscriber(podio)
        client.handshake()
        thread = later(poll)
        until(lambda: client.state()["polls_open"] == 1)
        podio.close()
    thread.join(LONG / 2)
    client.close()
    assert len(outcomes) == 1
