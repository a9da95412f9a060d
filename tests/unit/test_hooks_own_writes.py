"""Writes in handlers call no hooks, unless the handler says so."""

from __future__ import annotations

import asyncio

import pytest

from podio_web import Podio, SyncPodio
from podio_web.files import Files
from podio_web.hooks import MemoryInbox, SyncHooks, quiet
from podio_web.hooks.own_writes import keep_quiet, without_hooks
from podio_web.http import build_request
from podio_web.testing import FakeTransport
from tests.unit.hooks_support import SECRET, delivery, until


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("PUT", "/item/4", "?hook=0"),
        ("POST", "/item/app/3001/?silent=1", "?silent=1&hook=0"),
        ("DELETE", "/comment/4", "?hook=0"),
        ("PUT", "/item/4?hook=true", "?hook=true"),
        ("GET", "/item/4", ""),
        ("POST", "/item/app/3001/filter/", ""),
        ("POST", "/hook/4/verify/validate", ""),
        ("POST", "/oauth/token/v2", ""),
        ("POST", "/search/app/3001/", ""),
    ],
)
def test_the_flag_is_added_to_writes_that_call_hooks(method: str, path: str, query: str) -> None:
    request = build_request("https://api.podio.com", method, path)
    changed = without_hooks(request)
    assert changed.url == f"https://api.podio.com{path.partition('?')[0]}{query}"
    assert (changed.method, changed.path, changed.headers) == (request.method, request.path, request.headers)


def test_a_client_is_quiet_in_a_handler_and_in_the_tasks_that_it_starts() -> None:
    transport = FakeTransport()
    transport.answer("PUT", "/item/4", status=204, times=None)
    podio = Podio("client", "my-app", transport=transport)
    podio.set_access_token({"access_token": "test", "expires_in": 3600})
    keep_quiet(podio)
    keep_quiet(podio)

    async def write() -> None:
        await podio.put("/item/4", {})

    async def main() -> None:
        await write()
        with quiet():
            await asyncio.gather(write(), asyncio.create_task(write()))
            with quiet(on=False):
                await write()
        await write()

    asyncio.run(main())
    assert [call.url.partition("?")[2] for call in transport.calls] == ["", "hook=0", "hook=0", "", ""]


def test_files_still_find_the_methods_of_the_transport() -> None:
    async def main() -> None:
        transport = FakeTransport()
        transport.answer("POST", "/file/", {"file_id": 7001})
        podio = Podio("client", "my-app", transport=transport)
        podio.set_access_token({"access_token": "test", "expires_in": 3600})
        keep_quiet(podio)
        assert (await Files(podio).upload(b"abc", name="a.txt")).file_id == 7001
        assert [name for name, _ in transport.uploads] == ["a.txt"]
        await podio.context.transport.close()
        assert transport.closed

    asyncio.run(main())


@pytest.mark.parametrize("own_writes", [False, True])
def test_a_blocking_handler_is_quiet_too(own_writes: bool) -> None:
    transport = FakeTransport()
    transport.answer("PUT", "/item/6101", status=204, times=None)
    podio = SyncPodio("client", "my-app", transport=transport)
    podio.set_access_token({"access_token": "test", "expires_in": 3600})
    hooks = SyncHooks(podio, secret=SECRET, inbox=MemoryInbox())
    hooks.own_writes = own_writes
    hooks.on("item.create")(lambda event: podio.put("/item/6101", {}))
    with hooks:
        hooks.take(delivery("item.create"))
        until(lambda: transport.calls)
    assert transport.calls[0].url.partition("?")[2] == ("" if own_writes else "hook=0")
