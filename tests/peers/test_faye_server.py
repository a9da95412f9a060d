"""The server of npm faye that other tests use checks signatures, publishes and counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.peers.faye_server import FayeServer
from tests.sandbox.sandbox_support import Caller


@pytest.fixture(scope="module")
def server() -> Iterator[FayeServer]:
    with FayeServer(timeout=2) as running:
        yield running


@pytest.fixture
def caller(server: FayeServer) -> Iterator[Caller]:
    made = Caller(server.url)
    yield made
    made.close()


def handshake(caller: Caller) -> str:
    order = {"channel": "/meta/handshake", "version": "1.0", "supportedConnectionTypes": ["long-polling"]}
    return str(caller.post("/faye", [order]).json[0]["clientId"])


def subscribe(caller: Caller, client_id: str, push: dict[str, Any]) -> Any:
    ext = {"private_pub_signature": push["signature"], "private_pub_timestamp": push["timestamp"]}
    order = {"channel": "/meta/subscribe", "clientId": client_id, "subscription": push["channel"], "ext": ext}
    return caller.post("/faye", [order]).json[0]


def poll(caller: Caller, client_id: str) -> Any:
    order = {"channel": "/meta/connect", "clientId": client_id, "connectionType": "long-polling"}
    return caller.post("/faye", [order]).json


def test_messages_reach_a_subscriber_in_their_order(server: FayeServer, caller: Caller) -> None:
    client_id = handshake(caller)
    assert subscribe(caller, client_id, server.push("/user/1"))["successful"]
    server.publish("/user/1", {"n": 1}, {"n": 2})
    assert [each["data"]["n"] for each in poll(caller, client_id) if "data" in each] == [1, 2]
    assert server.state()["clients"][client_id] == {"made": 1, "open": 0}


@pytest.mark.parametrize(
    ("changes", "error"),
    [({"signature": "0" * 40}, "Incorrect signature."), ({"timestamp": 1_600_000_000}, "Incorrect signature.")],
)
def test_wrong_signatures_are_refused(server: FayeServer, caller: Caller, changes: dict[str, Any], error: str) -> None:
    answer = subscribe(caller, handshake(caller), {**server.push("/user/1"), **changes})
    assert (answer["successful"], answer["error"]) == (False, error)


def test_an_old_signature_is_refused(server: FayeServer, caller: Caller) -> None:
    answer = subscribe(caller, handshake(caller), server.push("/user/1", timestamp=1_600_000_000))
    assert (answer["successful"], answer["error"]) == (False, "Signature has expired.")


def test_clients_can_be_forgotten(server: FayeServer, caller: Caller) -> None:
    client_id = handshake(caller)
    server.order("forget")
    (answer,) = poll(caller, client_id)
    assert answer["error"] == f"401:{client_id}:Unknown client"
    assert answer["advice"]["reconnect"] == "handshake"


def test_requests_can_be_refused(server: FayeServer, caller: Caller) -> None:
    server.order("fail", {"count": 1, "status": 503})
    assert caller.post("/faye", []).status == 503
    assert handshake(caller)


def test_others_cannot_publish(caller: Caller) -> None:
    order = {"channel": "/user/1", "clientId": handshake(caller), "data": {}}
    assert caller.post("/faye", [order]).json[0]["error"] == "Incorrect token."
