"""From ``ensure`` to the handler, against the sandbox: a receiver in Starlette and one in Flask's dispatcher."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from podio_web import Podio, SyncPodio
from podio_web.hooks import Event, Hook, Hooks, MemoryInbox, SyncHooks
from podio_web.items import App, SyncApp
from podio_web.testing import SandboxControl
from tests.unit.hooks_support import SECRET, served, soon, until

TYPES = ["item.create", "item.update", "comment.create", "file.change"]


@pytest.fixture
def sandbox(podio_sandbox: SandboxControl) -> SandboxControl:
    podio_sandbox.reset()
    return podio_sandbox


class Silent(WSGIRequestHandler):
    """A server of tests that logs nothing."""

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def wsgi_served(app: Callable[..., Any]) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, handler_class=Silent)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(30)


def with_asgi(sandbox: SandboxControl, work: Callable[[Podio, Hooks, str], Any], *, coalesce: float = 0.0) -> None:
    """Run ``work`` in the event loop that serves a receiver."""

    async def main() -> None:
        import uvicorn

        async with Podio("client", "demo-client", api_url=sandbox.url) as podio:
            podio.set_access_token(sandbox.issue_token())
            hooks = Hooks(podio, secret=SECRET, inbox=MemoryInbox(), coalesce=coalesce)
            app = Starlette(routes=[Mount("/podio", app=hooks.asgi)])
            listener = socket.create_server(("127.0.0.1", 0))
            server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
            serving = asyncio.create_task(server.serve([listener]))
            await soon(lambda: server.started)
            async with hooks, asyncio.timeout(120):
                await work(podio, hooks, f"http://127.0.0.1:{listener.getsockname()[1]}/podio")
            server.should_exit = True
            await serving

    asyncio.run(main())


def test_create_verify_active_delivery_handler(sandbox: SandboxControl) -> None:
    async def work(podio: Podio, hooks: Hooks, url: str) -> None:
        events: list[Event] = []
        hooks.on("*")(events.append)
        created = await hooks.ensure("app", 3001, TYPES, url)
        assert [each.type for each in created] == TYPES
        await soon(lambda: sandbox.calls("/hook/", method="POST")[-1]["path"].endswith("validate"))
        await _active(lambda: hooks.list("app", 3001))

        async def is_ensured_without_a_call() -> bool:
            before = len(sandbox.calls())
            again = await hooks.ensure("app", 3001, TYPES, url)
            assert all(each.is_active for each in again)
            return len(sandbox.calls()) == before

        # The receiver learns of it a moment later than Podio.
        await soon(is_ensured_without_a_call)
        tasks = App(podio, 3001)
        task = tasks.new(title="Paint the fence", external_id="a 1")
        await task.save()
        await podio.put(f"/item/{task.item_id}", {"fields": {"title": "Paint the door"}})
        await podio.post(f"/comment/item/{task.item_id}/", {"value": "Done"})
        await soon(lambda: len(events) == 3)
        by_type = {each.type: each for each in events}
        assert {each.item_id for each in events} == {task.item_id}
        assert by_type["item.create"].external_id == "a 1"
        assert by_type["comment.create"].comment_id
        revisions = [by_type[kind].item_revision_id or 0 for kind in ("item.create", "item.update")]
        assert revisions == sorted(revisions)

    with_asgi(sandbox, work)


async def _active(read: Callable[[], Any]) -> None:
    async def is_reached() -> bool:
        hooks = await read()
        return bool(hooks) and all(each.is_active for each in hooks)

    await soon(is_reached)


def test_the_same_without_await(sandbox: SandboxControl) -> None:
    with SyncPodio("client", "demo-client", api_url=sandbox.url) as podio:
        podio.set_access_token(sandbox.issue_token())
        hooks = SyncHooks(podio, secret=SECRET, inbox=MemoryInbox(), coalesce=0.0)
        events: list[Event] = []
        hooks.on("item.*")(events.append)

        def nothing(environ: Any, start_response: Any) -> list[bytes]:
            start_response("404 Not Found", [])
            return []

        app = DispatcherMiddleware(nothing, {"/podio": hooks.wsgi})
        with wsgi_served(app) as origin, hooks:
            url = f"{origin}/podio"
            hooks.ensure("app", 3001, ["item.update"], url)
            until(lambda: all(each.is_active for each in hooks.list("app", 3001)))

            def is_ensured_without_a_call() -> bool:
                before = len(sandbox.calls())
                assert [each.status for each in hooks.ensure("app", 3001, ["item.update"], url)] == ["active"]
                return len(sandbox.calls()) == before

            # The receiver learns of it a moment later than Podio.
            until(is_ensured_without_a_call)
            task = SyncApp(podio, 3001).get(6101)
            task["hours"] = 7
            task.save()
            until(lambda: events)
            assert (events[0].type, events[0].item_id) == ("item.update", 6101)
            hooks.remove(events[0].hook_id)
            assert hooks.list("app", 3001) == []


@pytest.mark.parametrize(("own_writes", "most"), [(False, 1), (True, 1000)])
def test_a_handler_that_updates_its_item_is_called_once(sandbox: SandboxControl, own_writes: bool, most: int) -> None:
    async def work(podio: Podio, hooks: Hooks, url: str) -> None:
        handled: list[Event] = []
        written = asyncio.Event()
        hooks.own_writes = own_writes
        tasks = App(podio, 3001)

        @hooks.on("item.update")
        async def changed(event: Event) -> None:
            handled.append(event)
            task = await tasks.get(event.item_id)
            task["hours"] = 100 + len(handled)
            await task.save()
            if len(handled) == 3 or not own_writes:
                hooks.own_writes = False
                written.set()

        await hooks.ensure("app", 3001, ["item.update"], url)
        await _active(lambda: hooks.list("app", 3001))
        sandbox.clear_deliveries()
        await podio.put("/item/6101", {"fields": {"title": "Paint the fence"}})
        await written.wait()
        deliveries = await asyncio.to_thread(sandbox.deliveries, wait=30)
        # With own_writes the handler goes round, until the test ends it.
        assert (len(deliveries) == 1) is not own_writes
        assert len(handled) <= most

    with_asgi(sandbox, work)


def test_duplicates_and_shuffled_deliveries_are_handled_once(sandbox: SandboxControl) -> None:
    async def work(podio: Podio, hooks: Hooks, url: str) -> None:
        events: list[Event] = []
        hooks.on("item.update")(events.append)
        await hooks.ensure("app", 3001, ["item.update"], url)
        await _active(lambda: hooks.list("app", 3001))
        sandbox.settings(deliver_twice=True, deliver_late=0.2, deliver_out_of_order=True)
        for hours in range(101, 106):
            await podio.put("/item/6101", {"fields": {"hours": hours}})
        await soon(lambda: len(events) == 5)
        deliveries = await asyncio.to_thread(sandbox.deliveries, wait=30)
        assert [each["status"] for each in deliveries[-10:]] == [200] * 10
        await soon(lambda: hooks.inbox.waiting() == 0)
        assert len(events) == 5
        newest = max(each.item_revision_id or 0 for each in events)
        assert not any(each.stale for each in events if each.item_revision_id == newest)

    with_asgi(sandbox, work)


def test_a_storm_becomes_one_event(sandbox: SandboxControl) -> None:
    async def work(podio: Podio, hooks: Hooks, url: str) -> None:
        events: list[Event] = []
        hooks.on("item.update")(events.append)
        await hooks.ensure("app", 3001, ["item.update"], url)
        await _active(lambda: hooks.list("app", 3001))
        for hours in range(101, 111):
            await podio.put("/item/6101", {"fields": {"hours": hours}})
        await asyncio.to_thread(sandbox.deliveries, wait=30)
        newest = (await podio.get("/item/6101/revision/"))[0]["item_revision_id"]
        await soon(lambda: events)
        assert hooks.inbox.waiting() <= 1
        assert [each.item_revision_id for each in events] == [newest]

    # Longer than ten changes and their deliveries take on a busy machine.
    with_asgi(sandbox, work, coalesce=8.0)


def test_a_rotation_of_the_secret_loses_nothing(sandbox: SandboxControl) -> None:
    async def work(podio: Podio, hooks: Hooks, url: str) -> None:
        await hooks.ensure("app", 3001, ["item.update"], url)
        await _active(lambda: hooks.list("app", 3001))
        created = (await hooks.ensure("app", 3001, ["item.update", "item.create"], url))[-1]
        assert isinstance(created, Hook)
        await hooks.request_verification(created.hook_id)
        await hooks.remove(created.hook_id)
        assert [each.type for each in await hooks.list("app", 3001)] == ["item.update"]

    with_asgi(sandbox, work)
    with SyncPodio("client", "demo-client", api_url=sandbox.url) as podio:
        podio.set_access_token(sandbox.issue_token())
        old = sandbox_hooks(podio)
        mount = old[0]["url"].rpartition("/")[0]
        hooks = SyncHooks(podio, secret=["N" + SECRET, SECRET], inbox=MemoryInbox())
        hooks.ensure("app", 3001, ["item.update"], mount)
        hooks.request_verification(sandbox_hooks(podio)[1]["hook_id"])
        # The new one is not active, so the old one stays.
        assert [each["status"] for each in sandbox_hooks(podio)] == ["active", "inactive"]


def sandbox_hooks(podio: SyncPodio) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = podio.get("/hook/app/3001/")
    return found


def test_the_sandbox_delivers_to_any_receiver(sandbox: SandboxControl) -> None:
    async def check() -> None:
        podio = Podio("client", "demo-client", api_url=sandbox.url)
        hooks = Hooks(podio, secret=SECRET, inbox=MemoryInbox())
        with served(hooks.asgi) as origin:
            wrong = await asyncio.to_thread(sandbox.deliver, "item.update", item_id=6101, url=f"{origin}/wrong")
            right = await asyncio.to_thread(sandbox.deliver, "item.update", item_id=6101, url=f"{origin}/{SECRET}")
        assert (wrong["status"], right["status"]) == (404, 200)
        await podio.aclose()

    asyncio.run(check())


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("way", ["--data-urlencode", "--form-string"])
def test_what_curl_sends_is_read(way: str) -> None:
    async def check() -> None:
        podio = Podio("client", "demo-client", api_url="http://127.0.0.1:9")
        hooks = Hooks(podio, secret=SECRET, inbox=MemoryInbox(), coalesce=0.0)
        events: list[Event] = []
        hooks.on("*")(events.append)
        values = ["type=item.update", "hook_id=12", "item_id=3000000001", "item_revision_id=0", "external_id=a b&c=ä"]
        arguments = [part for value in values for part in (way, value)]
        with served(hooks.asgi) as origin:
            command = ["curl", "--silent", "--show-error", "--write-out", "%{http_code}", *arguments]
            done = await asyncio.to_thread(
                subprocess.run, [*command, f"{origin}/{SECRET}"], capture_output=True, text=True, timeout=30
            )
            # Podio sends forms; multipart/form-data is not one.
            if way == "--form-string":
                assert (done.stdout, done.stderr) == ("Bad Request400", "")
                return
            assert (done.stdout, done.stderr) == ("OK200", "")
            await soon(lambda: events)
        assert (events[0].item_id, events[0].item_revision_id, events[0].external_id) == (3000000001, 0, "a b&c=ä")
        await podio.aclose()

    asyncio.run(check())
