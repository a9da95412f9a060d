"""Clients of the push service that others wrote work against the sandbox with nothing changed but the host."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from podio_web.sandbox import Sandbox
from tests.sandbox.sandbox_support import Caller

HERE = Path(__file__).parent
MODULES = HERE.parents[1] / "node_modules"
KINDS = ("faye", "podio-js", "cometd", "aiocometd")
VERSIONS = {"faye": "1.4.3", "podio-js/node_modules/faye": "1.2.3", "cometd": "9.0.0"}
SECONDS = 60


class Peer:
    """A client in a process of its own."""

    def __init__(self, kind: str, url: str) -> None:
        node = shutil.which("node")
        assert node is not None, "this test needs Node"
        program = [sys.executable, str(HERE / "aiocometd_client.py")]
        if kind != "aiocometd":
            program = [node, "--no-deprecation", str(HERE / "client.cjs"), kind]
        self._process = subprocess.Popen([*program, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._lines: queue.Queue[list[Any] | None] = queue.Queue()
        self.messages: list[tuple[str, Any]] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(json.loads(line))
        self._lines.put(None)

    def next(self) -> list[Any]:
        """Return the next line that is not a message. Messages are kept in ``messages``."""
        while True:
            line = self._lines.get(timeout=SECONDS)
            assert line is not None, "the client has ended"
            if line[0] != "message":
                return line
            self.messages.append((line[1], line[2]))

    def message(self) -> tuple[str, Any]:
        """Return the next message that has not been taken."""
        while not self.messages:
            line = self._lines.get(timeout=SECONDS)
            assert line is not None, "the client has ended"
            assert line[0] == "message", line
            self.messages.append((line[1], line[2]))
        return self.messages.pop(0)

    def command(self, *words: Any) -> list[Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        return self.next()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()


@pytest.fixture
def podio() -> Iterator[Caller]:
    with Sandbox(control=True) as sandbox:
        caller = Caller(sandbox.url)
        caller.sign_in()
        # aiocometd waits for a fifth longer than the sandbox lets a poll last, and subscribes when a poll has ended.
        caller.settings(push_timeout=5)
        yield caller
        caller.close()


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def start(podio: Caller) -> Iterator[Callable[[str], Peer]]:
    started: list[Peer] = []

    def open_peer(kind: str) -> Peer:
        peer = Peer(kind, podio.url)
        started.append(peer)
        assert peer.next() == ["ready"]
        return peer

    yield open_peer
    for peer in started:
        peer.close()


def state(podio: Caller) -> Any:
    return podio.get("/sandbox/push").json


@pytest.mark.parametrize("name", VERSIONS)
def test_the_versions_are_these(name: str) -> None:
    assert json.loads((MODULES / name / "package.json").read_text())["version"] == VERSIONS[name]


@pytest.mark.parametrize("wrapped", [True, False])
def test_events_arrive_until_the_client_unsubscribes(
    kind: str, podio: Caller, start: Callable[[str], Peer], wrapped: bool
) -> None:
    podio.settings(push_wrapped=wrapped)
    peer = start(kind)
    assert peer.command("subscribe", podio.get("/item/6101?fields=push").json["push"]) == ["subscribed", "/item/6101"]

    def heard() -> tuple[str, int]:
        channel, data = peer.message()
        assert channel == "/item/6101"
        event = data["data"] if wrapped else data
        return event["event"], event["ref"]["id"]

    podio.put("/item/6101", {"fields": {"title": "Changed"}})
    assert heard() == ("update", 6101)
    for number in range(5):
        podio.post("/comment/item/6101/", {"value": str(number)})
    podio.put("/item/6102", {"fields": {"title": "Another"}})
    assert [heard() for _ in range(5)] == [("comment_create", 6101)] * 5

    assert peer.command("unsubscribe", "/item/6101") == ["unsubscribed", "/item/6101"]
    waited_for(lambda: [client["channels"] for client in state(podio)["clients"]] == [[]])
    podio.put("/item/6101", {"fields": {"title": "Unheard"}})
    assert peer.command("disconnect") == ["disconnected"]
    assert peer.messages == []
    waited_for(lambda: state(podio)["clients"] == [])
    assert state(podio)["most_open"] == 1


def test_several_polls_pass_without_events(kind: str, podio: Caller, start: Callable[[str], Peer]) -> None:
    podio.settings(push_timeout=2)
    peer = start(kind)
    peer.command("subscribe", podio.get("/user/status").json["push"])
    waited_for(lambda: state(podio)["polls_made"] >= 4)
    podio.put("/item/6101", {"fields": {"title": "Changed"}})
    channel, data = peer.message()
    assert (channel, data["data"]["event"]) == ("/user/1001", "stream_event")
    assert state(podio)["handshakes"] == 1


def test_a_refusal_is_told(kind: str, podio: Caller, start: Callable[[str], Peer]) -> None:
    peer = start(kind)
    push = podio.get("/item/6101").json["push"]
    podio.post("/sandbox/push", {"action": "expire"})
    line = peer.command("subscribe", push)
    assert line[:2] == ["refused", "/item/6101"]
    assert "Signature has expired." in line[2]


def test_two_channels_at_once(podio: Caller, start: Callable[[str], Peer]) -> None:
    # podio-js sends the first signature with all subscriptions, so it can have only one channel.
    for kind in KINDS:
        peer = start(kind)
        lines = [peer.command("subscribe", podio.get(f"/item/{item}").json["push"]) for item in (6101, 6102)]
        expected = "refused" if kind == "podio-js" else "subscribed"
        assert [line[0] for line in lines] == ["subscribed", expected], kind


def waited_for(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    pause = threading.Event()
    for _ in range(SECONDS * 20):
        if condition():
            return
        pause.wait(0.05)
    raise AssertionError("the condition does not hold")
