"""What docstring examples may use besides the names of their own module, such as ``podio``."""

import asyncio
import atexit
import contextlib
import functools
import json
import os
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import redis.asyncio

from podio_web import (
    AccessDenied,
    ConnectionFailed,
    LoginRequired,
    MemoryStore,
    NotFoundError,
    Podio,
    SyncPodio,
    TimedOut,
    UnavailableError,
)
from podio_web.auth.context import Context
from podio_web.auth.page_auth import PageAuth
from podio_web.auth.session import Session
from podio_web.events import Events
from podio_web.http import Response, Retry, build_request
from podio_web.http.exchange import Budget, exchange
from podio_web.http.request import authorized
from podio_web.oauth.grants import app_grant
from podio_web.oauth.identity import ClientIdentity
from podio_web.oauth.token import Token
from podio_web.runtime.detect import find_runtime
from podio_web.runtime.interpreter import is_awaitable
from podio_web.site_builder.assets import page_assets
from podio_web.site_builder.bundle import bundle, page_sources
from podio_web.site_builder.interpreters import MICROPYTHON
from podio_web.site_builder.record import sealed
from podio_web.stores.file import FileStore
from podio_web.stores.memory import MemoryTexts
from podio_web.stores.redis import RedisStore
from podio_web.stores.sqlite import SQLiteStore
from podio_web.testing import FakeTransport, SandboxControl
from podio_web.transports.urllib import UrllibTransport
from tests.conftest import ROOT
from tests.redis_server import RedisServer
from tests.unit.docstring_names.auth import for_auth
from tests.unit.docstring_names.clients import for_client
from tests.unit.docstring_names.files import for_files, for_sync_files
from tests.unit.docstring_names.hooks import for_hooks
from tests.unit.docstring_names.items import names_of_items
from tests.unit.docstring_names.live import for_live
from tests.unit.docstring_names.web import for_web
from tests.unit.fake_page import FakePage


@functools.cache
def redis_url() -> str:
    # A Unix socket needs a short path.
    folder = tempfile.TemporaryDirectory()
    server = RedisServer(Path(folder.name))
    atexit.register(folder.cleanup)
    atexit.register(server.stop)
    return server.url


IN_PAGE = {
    "podio_web",
    "podio_web.runtime.js_bridge",
    "podio_web.runtime.page",
    "podio_web.runtime.page_blocking",
    "podio_web.runtime.popup_window",
    "podio_web.runtime.tab_channel",
    "podio_web.runtime.tab_lock",
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
    "podio_web.stores.web_storage",
    "podio_web.transports.fetch",
}
"""Modules whose examples need a page. They run in Pyodide."""

AUTHS = ("base", "page_sign_in", "popup", "redirect", "renewal", "tab_election", "token_request")
CLIENTS = {
    "podio_web.client",
    "podio_web.http.response",
    "podio_web.runtime.run_blocking",
    "podio_web.runtime.threads",
    "podio_web.sync_client",
}


def special(
    module: str, context: Context, wait: Callable[[Awaitable[Any]], Any], sandbox: SandboxControl
) -> dict[str, Any]:
    """Return what has another meaning in the examples of this module than in others."""
    if module == "podio_web.files.sync_files":
        return for_files(wait, sandbox) | for_sync_files()
    if module.startswith(("podio_web.files", "podio_web.transports.file_", "podio_web.transports.watched")):
        return for_files(wait, sandbox)
    if module.startswith("podio_web.live"):
        return for_live(module, wait)
    if module.startswith("podio_web.hooks") and module != "podio_web.hooks.own_writes":
        return for_hooks(module, wait, sandbox)
    if module == "podio_web.auth.context":
        return {"template": context}
    if module == "podio_web.auth.page_auth":
        return {"LocalStorageStore": MemoryStore}  # which stands in for it outside of pages
    if module == "podio_web.runtime.shared_outcome":
        return {"TimedOut": TimedOut}
    if module == "podio_web.http.request":
        return {"token": Token("a1b2c3", expires_at=1_790_000_000)}
    if module == "podio_web.sender":
        auth = PageAuth(context, MemoryStore())
        auth.put({"access_token": "test", "expires_in": 3600})
        return {"auth": auth, "request": build_request("https://api.podio.com", "GET", "/user/status")}
    if module == "podio_web.site_builder.micropython.loader":
        return {"text": (MICROPYTHON.find(ROOT / "node_modules") / "micropython.mjs").read_text(encoding="utf-8")}
    return {}


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
        if module in CLIENTS:
            given |= for_client(module, owner)
        if module in {f"podio_web.auth.{name}" for name in AUTHS} or module == "podio_web.oauth.state":
            given |= for_auth(module)
        if module.startswith("podio_web.web."):
            given |= for_web(module, owner, wait, running)
        yield given | special(module, context, wait, sandbox)
