"""The Bayeux server without the network: which poll gets which messages, and when a client is forgotten."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from podio_web.sandbox.bayeux import Bayeux, Poll
from podio_web.sandbox.clock import Clock
from podio_web.sandbox.settings import Settings
from podio_web.sandbox.signatures import Signatures

CHANNEL = "/item/6101"
TIMEOUT = 10.0


class Served:
    """A server, and one client that has subscribed."""

    def __init__(self) -> None:
        self.clock = Clock(lambda: 1_700_000_000.0)
        self.settings = replace(Settings(), push_timeout=TIMEOUT, push_ids=False)
        self.signatures = Signatures("secret", self.clock)
        self.server = Bayeux(self.clock, self.signatures, lambda: self.settings)
        types = ["long-polling"]
        reply = self.send({"channel": "/meta/handshake", "version": "1.0", "supportedConnectionTypes": types})
        self.client_id = reply["clientId"]
        push = self.signatures.credential(CHANNEL)
        ext = {"private_pub_signature": push["signature"], "private_pub_timestamp": push["timestamp"]}
        assert self.send({**self.message("subscribe"), "subscription": CHANNEL, "ext": ext})["successful"]

    def message(self, name: str) -> dict[str, Any]:
        return {"channel": f"/meta/{name}", "clientId": self.client_id, "connectionType": "long-polling"}

    def send(self, message: dict[str, Any]) -> dict[str, Any]:
        (reply,), _ = self.server.answer([message])
        return reply

    def poll(self, **keys: Any) -> Poll:
        _, poll = self.server.answer([{**self.message("connect"), **keys}])
        assert poll is not None
        return poll


@pytest.fixture
def served() -> Served:
    return Served()


def test_an_open_poll_gets_the_message(served: Served) -> None:
    poll = served.poll()
    assert not poll.changed.is_set()
    served.server.publish(CHANNEL, 1)
    assert poll.changed.is_set()
    assert served.server.end(poll) == [{"channel": CHANNEL, "data": 1}]


@pytest.mark.parametrize(
    ("advice", "seconds"),
    [
        *(({"timeout": 0}, 0), ({"timeout": 10}, 0.01), ({"timeout": -5}, 0), ({"timeout": 10**400}, TIMEOUT)),
        *(({"timeout": "0"}, TIMEOUT), ({"timeout": True}, TIMEOUT), ({}, TIMEOUT), ("none", TIMEOUT)),
    ],
)
def test_a_client_may_ask_for_a_shorter_poll_but_not_for_a_longer_one(
    served: Served, advice: Any, seconds: float
) -> None:
    assert served.poll(advice=advice).seconds == seconds


def test_only_the_newest_poll_gets_messages(served: Served) -> None:
    earlier = served.poll()
    newer = served.poll()
    assert (earlier.changed.is_set(), newer.changed.is_set()) == (True, False)
    served.server.publish(CHANNEL, 1)
    assert served.server.end(earlier) == []
    served.server.publish(CHANNEL, 2)
    assert [message["data"] for message in served.server.end(newer)] == [1, 2]
    assert (served.server.counts.polls_open, served.server.counts.most_open) == (0, 2)


def test_messages_of_an_unanswered_poll_wait_for_the_next_one(served: Served) -> None:
    poll = served.poll()
    served.server.publish(CHANNEL, 1)
    assert served.server.end(poll, is_answered=False) == []
    poll = served.poll()
    assert poll.changed.is_set()
    assert len(served.server.end(poll)) == 1


def test_a_client_with_an_open_poll_is_never_silent(served: Served) -> None:
    poll = served.poll()
    served.clock.advance(100 * TIMEOUT)
    assert len(served.server.clients()) == 1
    served.server.end(poll)
    served.clock.advance(2 * TIMEOUT)
    assert len(served.server.clients()) == 1
    served.clock.advance(1)
    assert served.server.clients() == []


def test_every_message_of_a_client_breaks_its_silence(served: Served) -> None:
    for _ in range(5):
        served.clock.advance(1.5 * TIMEOUT)
        served.send({**served.message("unsubscribe"), "subscription": "/item/1"})
    assert len(served.server.clients()) == 1


def test_killed_polls_are_told(served: Served) -> None:
    poll = served.poll()
    assert served.server.kill_polls() == 1
    assert (poll.is_killed, poll.changed.is_set()) == (True, True)
    served.server.end(poll, is_answered=False)
    assert served.server.kill_polls() == 0


@pytest.mark.parametrize("name", ["forget", "disconnect"])
def test_the_poll_of_a_client_that_goes_is_answered(served: Served, name: str) -> None:
    poll = served.poll()
    if name == "forget":
        assert served.server.forget() == 1
    else:
        assert served.send(served.message("disconnect"))["successful"]
    assert poll.changed.is_set()
    assert served.server.end(poll) == []
    assert served.send(served.message("connect"))["error"] == f"401:{served.client_id}:Unknown client"


def test_a_reset_counts_open_polls_down_to_zero(served: Served) -> None:
    poll = served.poll()
    served.server.reset()
    assert served.server.counts.polls_open == 1
    served.server.end(poll)
    assert (served.server.counts.polls_open, served.server.counts.polls_made) == (0, 0)


def test_ten_thousand_messages_on_fifty_channels_arrive_once_and_in_order(served: Served) -> None:
    channels = [f"/item/{number}" for number in range(50)]
    for channel in channels:
        push = served.signatures.credential(channel)
        ext = {"private_pub_signature": push["signature"], "private_pub_timestamp": push["timestamp"]}
        served.send({**served.message("subscribe"), "subscription": channel, "ext": ext})
    got: list[tuple[str, int]] = []
    for number in range(10_000):
        served.server.publish(channels[number % 50], number)
        if number % 37 == 0:
            got += [(message["channel"], message["data"]) for message in served.server.end(served.poll())]
    got += [(message["channel"], message["data"]) for message in served.server.end(served.poll())]
    assert got == [(channels[number % 50], number) for number in range(10_000)]
