"""The push service speaks Bayeux as faye does."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podio_web.sandbox.bayeux import Bayeux
from podio_web.sandbox.clock import Clock
from podio_web.sandbox.settings import Settings
from podio_web.sandbox.signatures import Signatures
from tests.sandbox.push_support import FAYE, LONG, SHORT, Subscriber, form, later, until
from tests.sandbox.sandbox_support import FORM, Caller


class TestProtocol:
    def test_a_handshake(self, client: Subscriber) -> None:
        reply = client.handshake(id="7", supportedConnectionTypes=["websocket", "long-polling"])
        assert len(reply.pop("clientId")) == 32
        assert reply == {
            "channel": "/meta/handshake",
            "id": "7",
            "successful": True,
            "version": "1.0",
            "supportedConnectionTypes": ["long-polling", "cross-origin-long-polling"],
            "advice": {"reconnect": "retry", "interval": 0, "timeout": 60_000},
        }

    def test_the_advice_follows_the_settings(self, client: Subscriber) -> None:
        client.podio.settings(push_timeout=1.5, push_interval=0.25)
        assert client.handshake()["advice"] == {"reconnect": "retry", "interval": 250, "timeout": 1500}

    @pytest.mark.parametrize(
        ("keys", "error"),
        [
            ({"version": ""}, "402:version:Missing required parameter"),
            ({"supportedConnectionTypes": None}, "402:supportedConnectionTypes:Missing required parameter"),
            ({"supportedConnectionTypes": ["websocket"]}, "301:websocket:Connection types not supported"),
        ],
    )
    def test_a_refused_handshake(self, client: Subscriber, keys: dict[str, Any], error: str) -> None:
        reply = client.handshake(**keys)
        assert (reply["successful"], reply["error"]) == (False, error)
        assert "clientId" not in reply

    def test_an_event_after_a_change(self, client: Subscriber) -> None:
        client.subscribe(client.push_of("/item/6101"))
        client.podio.put("/item/6101", {"fields": {"title": "Changed"}})
        reply, messages = client.poll()
        assert reply["successful"]
        assert messages == [
            {
                "channel": "/item/6101",
                "id": "1",
                "data": {
                    "channel": "/item/6101",
                    "data": {
                        "event": "update",
                        "ref": {"type": "item", "id": 6101},
                        "created_by": {"type": "user", "id": 1001},
                        "created_via": 101,
                        "data": {},
                    },
                },
            }
        ]

    def test_messages_without_wrapping_and_without_an_id(self, client: Subscriber) -> None:
        client.podio.settings(push_wrapped=False, push_ids=False)
        client.subscribe(client.push_of("/item/6101"))
        client.podio.delete("/item/6101")
        _, (message,) = client.poll()
        assert set(message) == {"channel", "data"}
        assert message["data"]["event"] == "delete"

    def test_a_poll_ends_after_its_timeout(self, client: Subscriber) -> None:
        began = time.monotonic()
        reply, messages = client.poll()
        assert (reply["successful"], messages) == (True, [])
        assert time.monotonic() - began >= SHORT

    def test_a_poll_waits_for_an_event(self, client: Subscriber) -> None:
        client.subscribe(client.push_of("/item/6101"))
        other = Subscriber(client.podio)

        def change() -> None:
            until(lambda: other.state()["polls_open"] == 1)
            other.podio.put("/item/6101", {"fields": {"title": "Changed"}})

        thread = later(change)
        began = time.monotonic()
        assert len(client.poll(LONG)[1]) == 1
        assert time.monotonic() - began < LONG / 2
        thread.join()
        other.close()

    def test_a_client_may_ask_for_a_shorter_poll(self, client: Subscriber) -> None:
        began = time.monotonic()
        for seconds in (0, 0.01, -0.005):
            assert client.poll(seconds)[0]["successful"]
        assert time.monotonic() - began < LONG / 2

    def test_moving_the_clock_ends_a_poll_and_forgets_no_client_that_polls(self, client: Subscriber) -> None:
        other = Caller(client.podio.url)

        def move() -> None:
            until(lambda: other.get("/sandbox/push").json["polls_open"] == 1)
            other.advance(3600)

        thread = later(move)
        began = time.monotonic()
        assert client.poll(LONG)[0]["successful"]
        assert time.monotonic() - began < LONG / 2
        thread.join()
        other.close()
        assert client.poll()[0]["successful"]

    def test_several_messages_in_one_request_and_one_answer(self, client: Subscriber) -> None:
        pushes = [client.push_of("/item/6101"), client.push_of("/item/6102")]
        first, second = client.send(*(client.subscription(push) for push in pushes))
        assert (first["subscription"], second["subscription"]) == ("/item/6101", "/item/6102")
        assert first["successful"]
        assert second["successful"]
        for item in (6101, 6102, 6101):
            client.podio.post(f"/comment/item/{item}/", {"value": "x"})
        assert [message["channel"] for message in client.poll()[1]] == ["/item/6101", "/item/6102", "/item/6101"]

    def test_a_poll_together_with_other_messages(self, client: Subscriber) -> None:
        subscription, polling = client.subscription(client.push_of("/item/6101")), client.polling()
        replies = client.send(subscription, polling)
        assert [reply["channel"] for reply in replies] == ["/meta/subscribe", "/meta/connect"]

    def test_a_message_may_be_sent_alone_and_as_a_form(self, client: Subscriber) -> None:
        alone = client.raw(json.dumps(client.polling()).encode(), headers={"Content-Type": "application/json"})
        assert [reply["id"] for reply in alone.json] == ["1"]
        answer = client.podio.post(FAYE, form=form(client.polling(), client.message("/meta/disconnect")))
        assert [reply["id"] for reply in answer.json] == ["2", "3"]

    def test_a_newer_poll_ends_the_earlier_one(self, client: Subscriber) -> None:
        client.subscribe(client.push_of("/item/6101"))
        other = Subscriber(client.podio)
        other.client_id = client.client_id
        answers: list[Any] = []
        thread = later(lambda: answers.append(other.poll(LONG)))
        until(lambda: client.state()["polls_open"] == 1)
        client.podio.post("/comment/item/6102/", {"value": "no event of this channel"})
        answered = client.poll(0)
        thread.join()
        other.close()
        assert [messages for _, messages in [*answers, answered]] == [[], []]
        (shown,) = client.state()["clients"]
        assert (shown["polls_made"], shown["polls_open"], shown["most_open"]) == (2, 0, 2)

    def test_unsubscribe(self, client: Subscriber) -> None:
        for path in ("/item/6101", "/item/6102"):
            client.subscribe(client.push_of(path))
        (reply,) = client.send(client.message("/meta/unsubscribe", subscription="/item/6101"))
        assert (reply["successful"], reply["subscription"]) == (True, "/item/6101")
        assert client.state()["clients"][0]["channels"] == ["/item/6102"]
        client.send(client.message("/meta/unsubscribe", subscription=["/item/6102", "/item/1"]))
        assert client.state()["clients"][0]["channels"] == []

    def test_disconnect(self, client: Subscriber) -> None:
        (reply,) = client.send(client.message("/meta/disconnect"))
        assert reply["successful"]
        (again,) = client.send(client.message("/meta/disconnect"))
        assert again["error"] == f"401:{client.client_id}:Unknown client"
        assert "clientId" not in again

    def test_messages_wait_while_there_is_no_poll(self, client: Subscriber) -> None:
        client.subscribe(client.push_of("/item/6101"))
        for number in range(3):
            client.podio.post("/comment/item/6101/", {"value": str(number)})
        assert client.state()["clients"][0]["waiting"] == 3
        assert len(client.poll()[1]) == 3
        assert client.poll()[1] == []

    @pytest.mark.parametrize("channel", ["/meta/subscribe", "/meta/unsubscribe", "/meta/connect", "/meta/disconnect"])
    def test_an_unknown_client(self, client: Subscriber, channel: str) -> None:
        keys = {"subscription": "/item/6101", "connectionType": "long-polling", "ext": {}}
        (reply,) = client.send({"channel": channel, "clientId": "nobody", "id": "1", **keys})
        assert (reply["successful"], reply["error"]) == (False, "401:nobody:Unknown client")
        # Like faye, only a poll is told to shake hands again.
        assert reply.get("advice") == ({"reconnect": "handshake"} if channel == "/meta/connect" else None)

    @pytest.mark.parametrize(
        ("message", "error"),
        [
            ({"channel": "/meta/connect"}, "402:connectionType:Missing required parameter"),
            (
                {"channel": "/meta/connect", "connectionType": "websocket"},
                "301:websocket:Connection types not supported",
            ),
            ({"channel": "/meta/subscribe"}, "402:subscription:Missing required parameter"),
            ({"channel": "/meta/unsubscribe"}, "402:subscription:Missing required parameter"),
            ({"channel": "/meta/subscribe", "clientId": ""}, "402:clientId:Missing required parameter"),
            ({"channel": "/meta/other"}, "403:/meta/other:Forbidden channel"),
            ({"channel": "/item/6101", "data": {}}, "Incorrect token."),
            ({"channel": ["/meta/connect"]}, "402:channel:Missing required parameter"),
            ({}, "402:channel:Missing required parameter"),
        ],
    )
    def test_refused_messages(self, client: Subscriber, message: dict[str, Any], error: str) -> None:
        (reply,) = client.send({"clientId": client.client_id, **message})
        assert (reply["successful"], reply["error"]) == (False, error)

    @pytest.mark.parametrize(
        ("ext", "subscription"),
        [({}, "/item/6101"), (None, "/item/6101"), ("text", "/item/6101"), ({}, ["/item/6101"]), ({}, "/item/*")],
    )
    def test_a_subscription_without_a_signature(self, client: Subscriber, ext: Any, subscription: Any) -> None:
        (reply,) = client.send(client.message("/meta/subscribe", subscription=subscription, ext=ext))
        assert (reply["successful"], reply["error"]) == (False, "Incorrect signature.")
        assert client.state()["clients"][0]["channels"] == []

    def test_a_signature_of_another_channel(self, client: Subscriber) -> None:
        push = {**client.push_of("/item/6101"), "channel": "/item/6102"}
        assert client.subscribe(push)["error"] == "Incorrect signature."

    def test_an_old_signature_is_refused_and_a_subscription_goes_on(self, client: Subscriber) -> None:
        client.podio.settings(push_timeout=3600, expires_in=10**6)
        client.podio.sign_in()
        push = client.push_of("/item/6101")
        assert client.subscribe(push)["successful"]
        for _ in range(7):
            client.podio.advance(3600)
            assert client.poll(0)[0]["successful"]
        client.podio.post("/comment/item/6101/", {"value": "x"})
        assert client.events() == [("/item/6101", "comment_create")]
        assert client.subscribe(push)["error"] == "Signature has expired."
        assert client.subscribe(client.push_of("/item/6101"))["successful"]

    @pytest.mark.parametrize(
        ("body", "content_type"),
        [
            (b"", "application/json"),
            (b"{", "application/json"),
            (b"7", "application/json"),
            (b"[1]", "application/json"),
            (b"null", "application/json"),
            (b"\xff", "application/json"),
            (b"[" * 100_000, "application/json"),
            (b"other=1", FORM),
            (b"message=%7B", FORM),
            (b"message=%FF", FORM),
        ],
    )
    def test_a_body_without_messages(self, client: Subscriber, body: bytes, content_type: str) -> None:
        assert client.raw(body, headers={"Content-Type": content_type}).status == 400

    def test_a_body_that_is_too_large_gets_the_page_of_a_gateway(self, client: Subscriber) -> None:
        answer = client.raw(b" " * 1_000_001, headers={"Content-Type": "application/json", "Origin": "http://a.test"})
        assert (answer.status, answer.headers["access-control-allow-origin"]) == (413, "http://a.test")
        assert "Request Entity Too Large" in answer.text

    def test_other_methods(self, client: Subscriber) -> None:
        for method in ("GET", "PUT", "DELETE"):
            assert client.podio.call(method, f"{FAYE}?message=[]").status == 400

    def test_an_empty_batch(self, client: Subscriber) -> None:
        assert client.send() == []

    def test_the_path_may_say_the_type_of_the_message(self, client: Subscriber) -> None:
        assert client.podio.post(f"{FAYE}/connect", [client.polling()]).json[0]["successful"]

    names = ("channel", "clientId", "id", "subscription", "ext", "connectionType", "advice", "version")
    simple = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
    values = simple | st.lists(simple, max_size=2) | st.dictionaries(st.sampled_from(["timeout", "a"]), simple)
    keys = st.sampled_from([*names, "supportedConnectionTypes"])
    channels = st.sampled_from([None, "handshake", "connect", "subscribe", "unsubscribe", "disconnect"])

    @settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.tuples(st.dictionaries(keys, values, max_size=4), channels), max_size=4))
    def test_odd_messages_get_a_reply_each(self, drawn: list[tuple[dict[str, Any], str | None]]) -> None:
        messages = [odd if name is None else {**odd, "channel": f"/meta/{name}"} for odd, name in drawn]
        clock = Clock(lambda: 1_700_000_000.0)
        server = Bayeux(clock, Signatures("secret", clock), Settings)
        known = server.answer(
            [{"channel": "/meta/handshake", "version": 1, "supportedConnectionTypes": ["long-polling"]}]
        )
        client_id = known[0][0]["clientId"]
        # Half of them come from a client that is known.
        sent = [{**message, "clientId": client_id} if n % 2 else message for n, message in enumerate(messages)]
        replies, poll = server.answer(sent)
        assert [isinstance(reply["successful"], bool) for reply in replies] == [True] * len(sent)
        assert all(("error" in reply) is not reply["successful"] for reply in replies)
        json.dumps(replies)
        if poll is not None:
            assert server.end(poll) == []
        assert server.counts.polls_open == 0
