"""``podio_web.live`` against npm faye and the sandbox: all messages once and in order, and real outages."""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from podio_web import Podio, SyncPodio
from podio_web.live import Live, LiveEvent, SyncLive
from podio_web.sandbox import Sandbox
from podio_web.testing import SandboxControl
from tests.peers.faye_server import FayeServer
from tests.sandbox.push_support import until

CHANNELS = [f"/item/{number}" for number in range(50)]
MESSAGES = 10_000
COMMENTS = 4
"""Comments on each of the sandbox's items."""


def signed_in(url: str, token: dict[str, Any] | None = None) -> Podio[Any]:
    podio = Podio("client", "demo-client", api_url=url)
    podio.set_access_token(token or {"access_token": "test", "expires_in": 36_000})
    return podio


@pytest.fixture
def faye() -> Iterator[FayeServer]:
    with FayeServer(timeout=2) as server:
        yield server


def test_ten_thousand_messages_of_faye_come_once_and_in_order(faye: FayeServer) -> None:
    async def main() -> dict[str, list[int]]:
        got: dict[str, list[int]] = {channel: [] for channel in CHANNELS}
        async with signed_in(faye.url) as podio:
            live = Live(podio)
            pushes = [await asyncio.to_thread(faye.push, channel) for channel in CHANNELS]
            async with live.subscribe(*pushes) as events:
                publishing = asyncio.ensure_future(asyncio.to_thread(publish, faye))
                for _ in range(MESSAGES):
                    event = await anext(events)
                    got[str(event.channel)].append(event.data)
                await publishing
            await live.aclose()
        return got

    got = asyncio.run(main())
    assert got == {channel: list(range(number, MESSAGES, 50)) for number, channel in enumerate(CHANNELS)}
    state = ended(faye)
    assert (state["handshakes"], state["subscribes"], state["most_open"]) == (1, 50, 1)


def ended(faye: FayeServer) -> Any:
    """Return what has been counted, when the server has learned that no poll is open."""
    until(lambda: faye.state()["open"] == 0)
    return faye.state()


def publish(faye: FayeServer) -> None:
    for first in range(0, MESSAGES, 500):
        numbers = range(first, first + 500)
        messages = [{"channel": CHANNELS[n % 50], "data": {"event": "update", "data": n}} for n in numbers]
        faye.order("publish", messages)


def test_outages_of_faye_lose_nothing_without_a_gap(faye: FayeServer) -> None:
    chance = random.Random(22)
    kinds = ["drop", "forget", "fail", "lose"] * 2
    seen: list[Any] = []

    def break_it(kind: str) -> None:
        if kind == "fail":
            faye.order("fail", {"count": 2})
            faye.order("drop")
        elif kind == "lose":
            faye.order("fail", {"count": 2, "status": 0})
            faye.order("drop")
        else:
            faye.order(kind)

    async def main() -> None:
        async with signed_in(faye.url) as podio:
            live = Live(podio)
            pushes = [await asyncio.to_thread(faye.push, channel) for channel in CHANNELS[:3]]
            async with live.subscribe(*pushes) as events:
                for number, kind in enumerate(kinds):
                    await asyncio.to_thread(
                        faye.publish, chance.choice(CHANNELS[:3]), {"event": "update", "data": 2 * number}
                    )
                    await asyncio.to_thread(break_it, kind)
                    before = time.monotonic()
                    last = {"event": "update", "data": 2 * number + 1}
                    begun = len(seen)
                    while 2 * number + 1 not in seen:
                        # Until it is live again, what is published may be lost, but then there was a gap.
                        await asyncio.to_thread(faye.publish, CHANNELS[0], last)
                        await take(events, seen, 0.5)
                        assert time.monotonic() - before < 120
                    assert seen[begun:].count("gap") <= 1
                    assert 2 * number in seen or "gap" in seen[begun:]
            await live.aclose()

    asyncio.run(main())
    assert "gap" in seen
    state = ended(faye)
    assert all(client["open"] == 0 for client in state["clients"].values())
    assert state["most_open"] == 1


async def take(events: Any, seen: list[Any], seconds: float) -> None:
    """Read what comes within some seconds."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                event = await anext(events)
                seen.append("gap" if event.name == "gap" else event.data)
    except TimeoutError:
        pass


def test_an_expired_signature_is_renewed_where_faye_refuses_it() -> None:
    with FayeServer(timeout=2) as faye, serving_api(lambda: faye.push("/item/1")) as api:

        async def main() -> tuple[list[str], list[str]]:
            podio = signed_in(api.url)
            async with podio:
                live = Live(podio, f"{faye.url}/faye")
                async with live.subscribe(await asyncio.to_thread(faye.push, "/item/1")) as events:
                    await asyncio.to_thread(faye.order, "offset", {"seconds": 22_000})
                    await asyncio.sleep(3)
                    before = list(api.paths)
                    await asyncio.to_thread(faye.order, "forget")
                    first = await anext(events)
                    await asyncio.to_thread(faye.publish, "/item/1", {"event": "update"})
                    second = await anext(events)
                await live.aclose()
            return before, [first.name, second.name]

        before, names = asyncio.run(main())
        assert (before, api.paths, names) == ([], ["/item/1?mark_as_viewed=0&fields=push"], ["gap", "update"])


class Api:
    """An API that hands out a push object, and keeps the paths that were asked for."""

    def __init__(self) -> None:
        self.url = ""
        self.paths: list[str] = []


@contextmanager
def serving_api(push: Callable[[], Any]) -> Iterator[Api]:
    api = Api()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            api.paths.append(self.path)
            content = json.dumps({"push": push()}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *ignored: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        api.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield api
        finally:
            server.shutdown()
            thread.join()


def test_a_script_hears_faye(faye: FayeServer) -> None:
    with SyncPodio("client", "demo-client", api_url=faye.url) as podio:
        podio.set_access_token({"access_token": "test", "expires_in": 36_000})
        events = SyncLive(podio).events(faye.push("/item/1"), faye.push("/user/1"), seconds=10)
        faye.publish("/item/1", *({"event": "update", "data": number} for number in range(5)))
        assert [next(events).data for _ in range(5)] == list(range(5))
        faye.order("forget")
        assert next(events).name == "gap"
        assert list(events) == []
    ended(faye)


# The sandbox.


@pytest.fixture
def sandbox() -> Iterator[SandboxControl]:
    with Sandbox(control=True) as sandbox:
        control = SandboxControl(sandbox.url)
        # A client that is silent for twice as long is forgotten.
        control.settings(push_timeout=20)
        yield control


def test_people_hear_in_the_sandbox_what_others_do(sandbox: SandboxControl) -> None:
    async def main() -> list[LiveEvent]:
        async with signed_in(sandbox.url, sandbox.issue_token()) as podio:
            live = Live(podio)
            me, item = await podio.get("/user/status"), await podio.get("/item/6101")
            async with live.subscribe(me, item) as events:
                await podio.post("/comment/item/6101/", {"value": "Hello"})
                found = [await anext(events), await anext(events)]
            await live.aclose()
            return found

    found = asyncio.run(main())
    comment = next(event for event in found if event.channel == "/item/6101")
    assert (comment.name, comment.ref) == ("comment_create", {"type": "item", "id": 6101})
    assert comment.created_by is not None
    assert comment.created_by["type"] == "user"


def test_all_comments_in_the_sandbox_come_once_and_in_order(sandbox: SandboxControl) -> None:
    async def main() -> tuple[dict[str, list[int]], dict[str, list[int]]]:
        async with signed_in(sandbox.url, sandbox.issue_token()) as podio:
            live = Live(podio)
            found = await podio.post("/item/app/3001/filter/", {"limit": 49})
            items = [await podio.get(f"/item/{each['item_id']}") for each in found["items"]]
            written: dict[str, list[int]] = {item["push"]["channel"]: [] for item in items}
            heard: dict[str, list[int]] = {channel: [] for channel in written}

            async def write(item: dict[str, Any]) -> None:
                for number in range(COMMENTS):
                    comment = await podio.post(f"/comment/item/{item['item_id']}/", {"value": str(number)})
                    written[item["push"]["channel"]].append(comment["comment_id"])

            async with live.subscribe(await podio.get("/user/status"), *items) as events:
                writing = [asyncio.ensure_future(write(item)) for item in items]
                while sum(map(len, heard.values())) < COMMENTS * len(items):
                    event = await anext(events)
                    assert event.name != "gap"
                    if event.name == "comment_create":
                        heard[str(event.channel)].append(event.data["data_ref"]["id"])
                await asyncio.gather(*writing)
            await live.aclose()
            return written, heard

    written, heard = asyncio.run(main())
    assert heard == written


def test_ten_thousand_events_of_the_sandbox_come_once(sandbox: SandboxControl) -> None:
    made = sandbox.edit("create", app_id=3001, count=len(CHANNELS), fields={"title": "Task {n}"})

    async def main() -> dict[str, int]:
        heard = dict.fromkeys((f"/item/{number}" for number in made), 0)
        async with signed_in(sandbox.url, sandbox.issue_token()) as podio:
            live = Live(podio)
            items = [await podio.get(f"/item/{number}") for number in made]
            async with live.subscribe(*items) as events:
                editing = asyncio.ensure_future(asyncio.to_thread(edit))
                for _ in range(MESSAGES):
                    event = await anext(events)
                    assert event.name == "update"
                    heard[str(event.channel)] += 1
                await editing
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(anext(events), 3)
            await live.aclose()
        return heard

    def edit() -> None:
        for number in range(MESSAGES // len(made)):
            sandbox.edit("update", made, fields={"hours": number + 1})

    assert set(asyncio.run(main()).values()) == {MESSAGES // len(made)}
    assert sandbox.push()["most_open"] == 1
