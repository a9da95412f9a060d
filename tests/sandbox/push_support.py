"""A small Bayeux client for the tests: it sends one message at a time, and polls when it is told to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from tests.sandbox.sandbox_support import Answer, Caller

FAYE = "/faye"
# Seconds that a poll takes: long enough that it must not end by itself, and short. The setting is the long one, because
# a client that is silent for twice as long is forgotten, and a test may be slow.
LONG = 60.0
SHORT = 0.2


class Subscriber:
    """One client of the push service. ``push`` objects come from ``podio``, which has a token."""

    def __init__(self, podio: Caller) -> None:
        self.podio = podio
        self._line = Caller(podio.url)
        self._number = 0
        self.client_id = ""

    def close(self) -> None:
        self._line.close()

    def message(self, channel: str, **keys: Any) -> dict[str, Any]:
        self._number += 1
        return {"channel": channel, "id": str(self._number), "clientId": self.client_id, **keys}

    def send(self, *messages: Any) -> list[Any]:
        answer = self._line.post(FAYE, list(messages))
        assert answer.status == 200, answer.text
        replies: list[Any] = answer.json
        return replies

    def raw(self, body: bytes, **options: Any) -> Answer:
        return self._line.post(FAYE, raw=body, **options)

    def handshake(self, **keys: Any) -> Any:
        order = {"channel": "/meta/handshake", "version": "1.0", "supportedConnectionTypes": ["long-polling"], **keys}
        (reply,) = self.send(order)
        self.client_id = reply.get("clientId", "")
        return reply

    def subscription(self, push: dict[str, Any]) -> dict[str, Any]:
        ext = {"private_pub_signature": push["signature"], "private_pub_timestamp": push["timestamp"]}
        return self.message("/meta/subscribe", subscription=push["channel"], ext=ext)

    def subscribe(self, push: dict[str, Any]) -> Any:
        (reply,) = self.send(self.subscription(push))
        return reply

    def polling(self, seconds: float = SHORT) -> dict[str, Any]:
        """Return the message of a poll that ends by itself after some seconds."""
        return self.message("/meta/connect", connectionType="long-polling", advice={"timeout": seconds * 1000})

    def poll(self, seconds: float = SHORT) -> tuple[Any, list[Any]]:
        """Poll once and return the reply, and the messages that came with it."""
        reply, *messages = self.send(self.polling(seconds))
        return reply, messages

    def events(self) -> list[tuple[str, str]]:
        """Poll once, without waiting, and return the channels and the names of the events that came."""
        _, messages = self.poll(0)
        return [(message["channel"], message["data"]["data"]["event"]) for message in messages]

    def push_of(self, path: str) -> Any:
        return self.podio.get(path).json["push"]

    def state(self) -> Any:
        return self.podio.get("/sandbox/push").json

    def disturb(self, action: str, count: int = 1) -> None:
        answer = self.podio.post("/sandbox/push", {"action": action, "count": count})
        assert answer.status == 200, answer.text


def form(*messages: Any) -> dict[str, str]:
    return {"message": json.dumps(list(messages))}


def later(action: Callable[[], object]) -> threading.Thread:
    """Run an action while the test polls."""
    thread = threading.Thread(target=action)
    thread.start()
    return thread


def until(condition: Callable[[], object]) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "the condition does not hold"
        time.sleep(0.02)
