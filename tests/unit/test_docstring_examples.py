"""The ``>>>`` examples in docstrings run and show what really comes out.

An example may use the names that ``names`` returns, such as ``podio``. It may use ``await``.
"""

import ast
import asyncio
import atexit
import contextlib
import dataclasses
import doctest
import functools
import http.client
import importlib
import inspect
import json
import os
import random
import shutil
import socket
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest
import redis.asyncio

import podio_web
from podio_web import (
    AccessDenied,
    ConnectionFailed,
    LoginRequired,
    MemoryStore,
    NotFoundError,
    Podio,
    SyncPodio,
    UnavailableError,
)
from podio_web.auth.context import Context
from podio_web.auth.page_auth import PageAuth
from podio_web.auth.session import Session
from podio_web.events import Events
from podio_web.files import File, Files, SyncFiles, UploadStalled
from podio_web.files.sinks import BytesSink
from podio_web.files.watch import Watch
from podio_web.http import Response, Retry, build_request
from podio_web.http.exchange import Budget, exchange
from podio_web.http.request import authorized
from podio_web.items import App, Item, Mail, Raw, SyncApp, SyncItem, User, fields
from podio_web.oauth.grants import app_grant
from podio_web.oauth.identity import ClientIdentity
from podio_web.oauth.token import Token
from podio_web.runtime.detect import find_runtime
from podio_web.runtime.interpreter import is_awaitable
from podio_web.sandbox import Sandbox
from podio_web.site_builder.assets import page_assets
from podio_web.site_builder.bundle import bundle, page_sources
from podio_web.site_builder.interpreters import MICROPYTHON
from podio_web.site_builder.record import sealed
from podio_web.stores.file import FileStore
from podio_web.stores.memory import MemoryTexts
from podio_web.stores.redis import RedisStore
from podio_web.stores.sqlite import SQLiteStore
from podio_web.testing import FakeTransport, SandboxControl
from podio_web.transports.file_sources import file_source
from podio_web.transports.multipart import Multipart
from podio_web.transports.urllib import UrllibTransport
from tests.conftest import ROOT
from tests.redis_server import RedisServer
from tests.unit.fake_page import FakePage

PACKAGE = Path(podio_web.__file__).parent

NOT_YET = {
    "podio_web",
    "podio_web.auth.base",
    "podio_web.auth.page_sign_in",
    "podio_web.auth.popup",
    "podio_web.auth.redirect",
    "podio_web.auth.renewal",
    "podio_web.auth.tab_election",
    "podio_web.auth.token_request",
    "podio_web.client",
    "podio_web.http.response",
    "podio_web.oauth.popup_message",
    "podio_web.oauth.redirect_response",
    "podio_web.oauth.state",
    "podio_web.runtime.js_bridge",
    "podio_web.runtime.page",
    "podio_web.runtime.page_blocking",
    "podio_web.runtime.popup_window",
    "podio_web.runtime.run_blocking",
    "podio_web.runtime.shared_outcome",
    "podio_web.runtime.tab_channel",
    "podio_web.runtime.tab_lock",
    "podio_web.runtime.threads",
    "podio_web.runtime.timers",
    "podio_web.runtime.worker",
    "podio_web.script_tag",
    "podio_web.script_tag.body_transport",
    "podio_web.script_tag.calls",
    "podio_web.script_tag.handlers",
    "podio_web.script_tag.js_client",
    "podio_web.script_tag.page_podio",
    "podio_web.script_tag.page_store",
    "podio_web.script_tag.page_window",
    "podio_web.script_tag.podio_js",
    "podio_web.site_builder.node",
    "podio_web.stores.web_storage",
    "podio_web.sync_client",
    "podio_web.transports.fetch",
    "podio_web.web.asgi",
    "podio_web.web.django",
    "podio_web.web.django_settings",
    "podio_web.web.fastapi",
    "podio_web.web.flask",
    "podio_web.web.pending_sign_ins",
    "podio_web.web.quart",
    "podio_web.web.revoking",
    "podio_web.web.sign_in",
    "podio_web.web.signed_out",
    "podio_web.web.starlette",
    "podio_web.web.wsgi",
}
"""Modules with examples that do not run. The list may only shrink: mend the examples, or write them as code blocks.

They are not tried, because one of them waits forever."""


class AwaitedHere(ast.NodeTransformer):
    """Replaces ``await x`` by ``wait(x)``, because doctest runs examples outside a coroutine."""

    def visit_Await(self, node: ast.Await) -> ast.Call:
        self.generic_visit(node)
        return ast.Call(ast.Name("wait", ast.Load()), [node.value], [])


def awaited_here(test: doctest.DocTest) -> None:
    for example in test.examples:
        if "async " in example.source:
            # The statement itself is a coroutine, unless it only defines something. Its names stay global.
            flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            if compile(example.source, test.name, "single", flags).co_flags & inspect.CO_COROUTINE:
                code = f"compile({example.source!r}, {test.name!r}, 'single', {flags})"
                example.source = f"wait(eval({code}))\n"
        elif "await " in example.source:
            tree = compile(example.source, test.name, "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            example.source = ast.unparse(AwaitedHere().visit(tree)) + "\n"


def examples(module: str) -> list[doctest.DocTest]:
    return [test for test in doctest.DocTestFinder().find(importlib.import_module(module), module) if test.examples]


def modules() -> list[str]:
    paths = (path for path in PACKAGE.rglob("*.py") if ">>> " in path.read_text(encoding="utf-8"))
    names = (".".join(("podio_web", *path.relative_to(PACKAGE).with_suffix("").parts)) for path in paths)
    return sorted(name.removesuffix(".__init__") for name in names)


@functools.cache
def redis_url() -> str:
    # A Unix socket needs a short path.
    folder = tempfile.TemporaryDirectory()
    server = RedisServer(Path(folder.name))
    atexit.register(folder.cleanup)
    atexit.register(server.stop)
    return server.url


def with_files() -> FakeTransport:
    """Return a transport with the files of the examples."""
    transport = FakeTransport()
    for method, path in (("POST", "/file/7001/attach"), ("POST", "/file/7002/replace"), ("DELETE", "/file/7001")):
        transport.answer(method, path, status=204, times=None)
    transport.answer("POST", "/file/", {"file_id": 7001}, times=None)
    transport.answer("POST", "/file/7001/copy", {"file_id": 7002}, times=None)
    transport.answer("GET", "/file/7001/raw", text="a,b", times=None)
    transport.answer("GET", "/7001/small", text="a,b", times=None)
    return transport


def for_files(wait: Callable[[Awaitable[Any]], Any], sandbox: SandboxControl) -> dict[str, Any]:
    """Return what the examples of files use. The transport has the files, and ``request`` leads to the sandbox."""

    async def send() -> None:
        """Send nothing."""

    async def opened(client: Podio[Any]) -> Files:
        return Files(client)

    transport = with_files()
    podio = Podio("client", client_id="my-app", transport=transport)
    podio.set_access_token({"access_token": "test", "expires_in": 3600})
    Path("report.pdf").write_bytes(b"%PDF")
    file = File({"file_id": 7001})
    watch = Watch(time.monotonic, lambda: UploadStalled("stalled"), lambda: UploadStalled("silent"))
    watch.begin(3)
    here, there = socket.socketpair()
    there.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    response = http.client.HTTPResponse(here)
    response.begin()
    here.close()
    there.close()
    return {
        "file": file,
        "files": wait(opened(podio)),
        "handle": lambda part: None,
        "httpx2": httpx2,
        "js_file": Path("report.pdf"),
        "multipart": Multipart("abc.txt"),
        "new": 7002,
        "old": 7001,
        "podio": podio,
        "request": build_request(sandbox.url, "POST", "/file/"),
        "response": response,
        "send": send,
        "silent": lambda: UploadStalled("silent"),
        "sink": BytesSink(1_000),
        "source": file_source(b"abc", "abc.txt"),
        "stalled": lambda: UploadStalled("stalled"),
        "watch": watch,
    }


def for_sync_files() -> dict[str, Any]:
    """Return what has another meaning in the examples of the files of ``SyncPodio``."""
    transport = with_files()
    podio = SyncPodio("server", "my-app", "my-secret", transport=transport)
    podio.set_access_token({"access_token": "test", "expires_in": 3600})
    return {"podio": podio, "files": SyncFiles(podio)}


def special(
    module: str, context: Context, wait: Callable[[Awaitable[Any]], Any], sandbox: SandboxControl
) -> dict[str, Any]:
    """Return what has another meaning in the examples of this module than in others."""
    if module == "podio_web.files.sync_files":
        return for_files(wait, sandbox) | for_sync_files()
    if module.startswith(("podio_web.files", "podio_web.transports.file_", "podio_web.transports.watched")):
        return for_files(wait, sandbox)
    if module == "podio_web.auth.context":
        return {"template": context}
    if module == "podio_web.auth.page_auth":
        return {"LocalStorageStore": MemoryStore}  # which stands in for it outside of pages
    if module == "podio_web.http.request":
        return {"token": Token("a1b2c3", expires_at=1_790_000_000)}
    if module == "podio_web.sender":
        auth = PageAuth(context, MemoryStore())
        auth.put({"access_token": "test", "expires_in": 3600})
        return {"auth": auth, "request": build_request("https://api.podio.com", "GET", "/user/status")}
    if module == "podio_web.site_builder.micropython.loader":
        return {"text": (MICROPYTHON.find(ROOT / "node_modules") / "micropython.mjs").read_text(encoding="utf-8")}
    return {}


def names_of_items(sandbox: SandboxControl, wait: Any, *, is_blocking: bool) -> dict[str, Any]:
    """Return an app of the sandbox, some of its tasks, and what else the examples of items use."""

    def got(read: Any) -> Any:
        return read if is_blocking else wait(read)

    podio: Any = (SyncPodio if is_blocking else Podio)("app", "demo-client", "demo-secret", api_url=sandbox.url)
    podio.set_access_token(sandbox.issue_token())
    tasks: Any = (SyncApp if is_blocking else App)(podio, 3001)

    class Task(SyncItem if is_blocking else Item, app=3001):  # type: ignore[misc, call-arg]
        title = fields.Text(required=True)
        description = fields.Text()
        status = fields.Category()
        labels = fields.Categories()
        due = fields.Date()
        hours = fields.Number()
        rate = fields.Money()
        total = fields.Calculation()
        progress = fields.Progress()
        time_spent = fields.Duration()
        responsible = fields.Contacts()
        client = fields.Reference()
        place = fields.Location()
        link = fields.Links()
        keywords = fields.Tags()

    changed = [got(tasks.get(6104)), got(tasks.get(6107))]
    for each in changed:
        each["status"] = "Done"
    return {
        "changed": changed,
        "dataclasses": dataclasses,
        "date": date,
        "Decimal": Decimal,
        "definition": got(tasks.definition()),
        "embed": {"embed_id": 9001},
        "fields": fields,
        "Item": Item,
        "json": json,
        "podio": podio,
        "SyncItem": SyncItem,
        "Task": Task,
        "task": got(tasks.get(6101)),
        "tasks": tasks,
        "User": User,
        "Mail": Mail,
        "Raw": Raw,
    }


@contextlib.contextmanager
def names(module: str, sandbox: SandboxControl, owner: str = "") -> Iterator[dict[str, Any]]:
    """Yield what the examples of a module may use besides its own names. ``owner`` is the class or function."""
    sandbox.reset()
    transport = FakeTransport()
    transport.answer("GET", "/user/status", {"user": {"user_id": 1001}})
    transport.answer("GET", "/item/4", {"error": "not_found"}, status=404)
    for method, path in (("POST", "/comment/item/4/"), ("PUT", "/item/4"), ("DELETE", "/item/4")):
        transport.answer(method, path, status=204)
    podio = Podio("client", client_id="my-app", transport=transport)
    podio.set_access_token({"access_token": "test", "expires_in": 3600})
    request = authorized(build_request("https://api.podio.com", "GET", "/item/4"), "a1b2/c3")
    old = Token("old", expires_at=1_790_000_000, scope="global:all", ref={"type": "user", "id": 1001})
    new = Token("new", expires_at=1_790_000_000, scope="global:all", ref={"type": "user", "id": 1001})
    page = FakePage()
    identity = ClientIdentity(
        "client", "my-app", redirect_uri=page.default_redirect_uri(), api_url="https://api.podio.com"
    )
    context = Context(identity, page, transport)
    session = Session("client", MemoryStore(), context.events, page.now)
    budget = Budget(30.0, Retry(), time.monotonic, random.random, safe=True)
    with asyncio.Runner() as runner, contextlib.ExitStack() as running:

        def wait(awaitable: Awaitable[Any]) -> Any:
            async def waited() -> Any:
                async with asyncio.timeout(30):
                    return await awaitable

            return runner.run(waited())

        store: Any = SQLiteStore("sessions.sqlite")
        if module == "podio_web.stores.file":
            store = FileStore("sessions.json")
        if module == "podio_web.stores.redis":
            client = redis.asyncio.Redis.from_url(redis_url())
            running.callback(lambda: wait(client.aclose()))
            store = RedisStore(client)
        for each, auth_type in ((store, "app"), (store.for_user("alice"), "server")):
            for keep in (lambda: each.set(old, auth_type), lambda: each.acquire(auth_type, "worker-1", 30)):  # noqa: B023
                outcome = keep()
                if is_awaitable(outcome):
                    wait(outcome)
        given: dict[str, Any] = {
            "AccessDenied": AccessDenied,
            "app_grant": app_grant,
            "app_token": "my-app-token",
            "auth": PageAuth(context, MemoryStore()),
            "authorized": authorized,
            "budget": budget,
            "bundle": bundle,
            "code": "a1b2c3",
            "clock": time.monotonic,
            "context": context,
            "entries": {"callback.html": {"integrity": "sha256-", "bytes": 15}},
            "Events": Events,
            "events": context.events,
            "fields": {"grant_type": "app"},
            "FileStore": FileStore,
            "find_runtime": find_runtime,
            "headers": {"url": "_headers", "integrity": "sha256-", "bytes": 0},
            "credentials": "bXktYXBw",
            "identity": identity,
            "json": json,
            "LoginRequired": LoginRequired,
            "MemoryStore": MemoryStore,
            "MemoryTexts": MemoryTexts,
            "new": new,
            "new_key": "0123456789abcdef" * 4,
            "NotFoundError": NotFoundError,
            "old_key": "fedcba9876543210" * 4,
            "old": old,
            "on_sign_in": lambda: None,
            "on_sign_out": lambda: None,
            "os": os,
            "outcome": object(),
            "page": b"<!doctype html>",
            "page_assets": page_assets,
            "page_sources": page_sources,
            "password": "my-password",
            "Path": Path,
            "podio": podio,
            "Podio": Podio,
            "problem": ConnectionFailed("offline"),
            "random": random,
            "request": request,
            "Response": Response,
            "response": Response(503, {}, ""),
            "Retry": Retry,
            "sandbox": sandbox,
            "sealed": sealed,
            "secret": "my-secret",
            "secret_key": "0123456789abcdef" * 4,
            "session": session,
            "runtime": page,
            "session_id": "a1",
            "show": lambda *shown: None,
            "show_sign_in": lambda: None,
            "SQLiteStore": SQLiteStore,
            "stale": old,
            "steps": exchange(request, old, budget),
            "store": store,
            "SyncPodio": SyncPodio,
            "text": json.dumps(old.to_dict()),
            "time": time,
            "state": "a1b2c3d4",
            "template": podio,
            "token": old,
            "transport": transport,
            "UnavailableError": UnavailableError,
            "UrllibTransport": UrllibTransport,
            "wait": wait,
        }
        if module.startswith("podio_web.items"):
            is_blocking = any(word in owner for word in ("Sync", "_blocking"))
            given |= names_of_items(sandbox, wait, is_blocking=is_blocking)
        yield given | special(module, context, wait, sandbox)


def prepare(folder: Path) -> None:
    """Put what examples read into the folder in which they run."""
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    (folder / "static").symlink_to(ROOT / "static")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxControl]:
    with Sandbox(control=True) as running:
        yield SandboxControl(running.url)


@pytest.mark.parametrize("module", sorted({*modules()} - NOT_YET))
def test_examples_run(module: str, sandbox: SandboxControl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if module == "podio_web.stores.redis" and shutil.which("redis-server") is None:
        pytest.skip("Redis is not installed")
    prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    said: list[str] = []
    failed = 0
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    for test in examples(module):
        awaited_here(test)
        with names(module, sandbox, test.name) as given:
            test.globs = {**test.globs, **given}
            failed += runner.run(test, out=said.append).failed
    assert not failed, "".join(said)


def test_modules_without_examples_leave_the_list() -> None:
    assert {*modules()} >= NOT_YET


def test_a_wrong_example_is_found(sandbox: SandboxControl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    test = doctest.DocTestParser().get_doctest(">>> await podio.get('/user/status')\n[]\n", {}, "wrong", None, 0)
    awaited_here(test)
    with names("podio_web.errors", sandbox) as given:
        test.globs = given
        assert doctest.DocTestRunner(verbose=False).run(test, out=lambda text: None).failed == 1
