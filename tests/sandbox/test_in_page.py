"""The sandbox inside the interpreter of its clients: without a server, and without a network."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from podio_web import APIError, ConflictError, ConnectionFailed, NotFoundError, Podio, TimedOut
from podio_web.files import Files, SyncFiles
from podio_web.http import Request
from podio_web.items import App, SyncApp
from podio_web.sandbox.asgi_transport import AsgiTransport
from podio_web.sandbox.in_page import URL, InPageSandbox
from podio_web.testing import SandboxRefused
from tests.conftest import ROOT


@pytest.fixture
def sandbox() -> Iterator[InPageSandbox]:
    with InPageSandbox() as sandbox:
        yield sandbox


def test_a_client_reads_and_writes_items(sandbox: InPageSandbox) -> None:
    async def main() -> None:
        async with sandbox.signed_in() as podio:
            tasks = App(podio, 3001)
            task = await tasks.get(6101)
            task["hours"] = 7
            await task.save()
            assert (await podio.get("/item/6101"))["revision"] == task.revision
            with pytest.raises(ConflictError):
                await podio.put("/item/6101", {"fields": {"hours": 8}, "revision": 0})

    asyncio.run(main())
    assert [call["method"] for call in sandbox.calls("/item")] == ["GET", "PUT", "GET", "PUT"]


def test_a_client_without_await_does_the_same(sandbox: InPageSandbox) -> None:
    with sandbox.sync_signed_in("other@example.com") as podio:
        assert podio.get("/user/status")["user"]["mail"] == "other@example.com"
        task = SyncApp(podio, 3001).get(6101)
        task["hours"] = 7
        assert task.save().changed == ("hours",)


async def calls_without_await_in_a_loop(sandbox: InPageSandbox) -> Any:
    return sandbox.sync_signed_in().get("/user/status")["profile"]["name"]


def test_a_client_without_await_works_while_an_event_loop_runs(sandbox: InPageSandbox) -> None:
    assert asyncio.run(calls_without_await_in_a_loop(sandbox)) == "Demo Person"


def test_an_expired_session_is_renewed_at_once(sandbox: InPageSandbox) -> None:
    async def main() -> None:
        podio = sandbox.signed_in()
        before = podio.token
        sandbox.advance_clock(30 * 86_400)
        assert (await podio.get("/user/status"))["user"]["mail"] == "demo@example.com"
        assert podio.token != before

    asyncio.run(main())
    sync = sandbox.sync_signed_in()
    sandbox.expire_tokens()
    assert sync.get("/user/status")["user"]["user_id"] == 1001


def test_faults_reach_the_client(sandbox: InPageSandbox) -> None:
    async def main() -> None:
        podio = sandbox.signed_in()
        sandbox.fail_next("drop")
        with pytest.raises(ConnectionFailed, match="GET /user/status"):
            await podio.get("/user/status", retry=None)
        sandbox.fail_next("drop_body")
        with pytest.raises(ConnectionFailed, match="whole response"):
            await podio.get("/user/status", retry=None)
        sandbox.fail_next("slow", seconds=5)
        with pytest.raises(TimedOut):
            await podio.get("/user/status", timeout=0.05)
        sandbox.fail_next("unavailable")
        assert await podio.get("/user/status")

    asyncio.run(main())
    sandbox.fail_next("slow", seconds=5)
    with pytest.raises(RuntimeError):
        sandbox.sync_signed_in().get("/user/status")


def test_control_refuses_with_a_reason(sandbox: InPageSandbox) -> None:
    with pytest.raises(SandboxRefused, match=r"nobody@example\.com"):
        sandbox.signed_in("nobody@example.com")
    with pytest.raises(SandboxRefused):
        sandbox.settings(no_such_setting=True)
    assert sandbox.settings()["consent"] == "ask"


def test_a_client_sends_and_receives_files(sandbox: InPageSandbox) -> None:
    content = bytes(range(256)) * 4096
    told: list[tuple[int, int | None]] = []

    async def main() -> None:
        async with sandbox.signed_in() as podio:
            files = Files(podio, files_url=URL)
            file = await files.upload(content, name="all.bin", on_progress=lambda *progress: told.append(progress))
            await files.attach(file, "item", 6101)
            assert (await podio.get("/item/6101"))["files"][-1]["name"] == "all.bin"
            assert await files.read(file) == content
            with pytest.raises(NotFoundError):
                await files.read(999_999)

    asyncio.run(main())
    assert told[-1] == (len(content), len(content))
    sync = SyncFiles(sandbox.sync_signed_in())
    assert sync.read(sync.upload(b"a,b", name="data.csv")) == b"a,b"


def test_a_refused_upload_raises(sandbox: InPageSandbox) -> None:
    sync = SyncFiles(sandbox.sync_signed_in())
    sandbox.fail_next("too_large", method="POST")
    with pytest.raises(APIError):
        sync.upload(b"a,b", name="data.csv")
    assert sandbox.uploads()[-1]["status"] == 413


def test_the_domain_of_a_page_is_registered() -> None:
    query = "client_id=demo-client&response_type=token&redirect_uri="

    async def status(sandbox: InPageSandbox, redirect_uri: str) -> int:
        path = "/oauth/authorize"
        request = Request("GET", f"{URL}{path}?{query}{quote(redirect_uri, safe='')}", path=path, headers={})
        return (await sandbox.transport.perform(request, None)).status

    with InPageSandbox(domain="demo.example") as sandbox:
        sandbox.reset()
        assert asyncio.run(status(sandbox, "https://demo.example/callback.html")) == 200
        assert asyncio.run(status(sandbox, "http://localhost/callback.html")) == 400


def test_two_sandboxes_know_nothing_of_each_other(sandbox: InPageSandbox) -> None:
    with InPageSandbox() as other:
        other.edit("delete", 6101)
        assert sandbox.sync_signed_in().get("/item/6101")["item_id"] == 6101


def test_an_app_without_a_response_is_a_lost_connection() -> None:
    async def silent(scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "http.request"

    async def main() -> None:
        podio = Podio("client", "my-app", transport=AsgiTransport(silent), api_url=URL, redirect_uri=f"{URL}/callback")
        podio.set_access_token({"access_token": "a" * 32, "expires_in": 3600})
        with pytest.raises(ConnectionFailed):
            await podio.get("/user/status", retry=None)

    asyncio.run(main())


def test_a_request_reaches_the_app_as_it_is() -> None:
    seen: dict[str, Any] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.update(scope, body=(await receive())["body"])
        await send({"type": "http.response.start", "status": 200, "headers": [(b"Content-Type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"\xc3\xa4", "more_body": True})
        await send({"type": "http.response.body", "body": b"!"})

    request = Request("POST", f"{URL}/a%20b?c=%C3%A4", path="/a%20b", headers={"X-One": "1"}, body="ä")
    response = asyncio.run(AsgiTransport(app).perform(request, None))
    assert (response.status, response.text) == (200, "ä!")
    assert (seen["path"], seen["raw_path"], seen["query_string"]) == ("/a b", b"/a%20b", b"c=%C3%A4")
    assert seen["body"] == "ä".encode()
    assert (b"x-one", b"1") in seen["headers"]
    assert (b"host", b"localhost") in seen["headers"]


def test_it_needs_no_server_s_packages() -> None:
    source = """
import sys
for name in ("uvicorn", "httpx2"):
    sys.modules[name] = None
from podio_web.sandbox.in_page import InPageSandbox
print(InPageSandbox().sync_signed_in().get("/user/status")["profile"]["name"])
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", source], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (done.stdout, done.stderr) == ("Demo Person\n", "")
