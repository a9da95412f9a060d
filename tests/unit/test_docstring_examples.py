"""The ``>>>`` examples in docstrings run and show what really comes out.

An example may use the names that ``names`` returns, such as ``podio``. It may use ``await``.
"""

import ast
import asyncio
import atexit
import contextlib
import doctest
import functools
import importlib
import json
import random
import shutil
import tempfile
import time
from collections.abc import Awaitable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio

import podio_web
from podio_web import ConnectionFailed, Podio, SyncPodio
from podio_web.http import Response, Retry, build_request
from podio_web.http.exchange import Budget, exchange
from podio_web.http.request import authorized
from podio_web.oauth.token import Token
from podio_web.runtime.interpreter import is_awaitable
from podio_web.sandbox import Sandbox
from podio_web.stores.file import FileStore
from podio_web.stores.redis import RedisStore
from podio_web.stores.sqlite import SQLiteStore
from podio_web.testing import FakeTransport, SandboxControl
from tests.redis_server import RedisServer

PACKAGE = Path(podio_web.__file__).parent

NOT_YET = {
    "podio_web",
    "podio_web.auth",
    "podio_web.auth.context",
    "podio_web.auth.grants",
    "podio_web.auth.grants_in_page",
    "podio_web.auth.page",
    "podio_web.auth.page_sign_in",
    "podio_web.auth.popup",
    "podio_web.auth.popup_closed",
    "podio_web.auth.renewal",
    "podio_web.auth.token_request",
    "podio_web.auth.token_user",
    "podio_web.client",
    "podio_web.events",
    "podio_web.runtime.detect",
    "podio_web.runtime.interpreter",
    "podio_web.runtime.js_bridge",
    "podio_web.runtime.page",
    "podio_web.runtime.page_blocking",
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
    "podio_web.script_tag.js_errors",
    "podio_web.script_tag.page_podio",
    "podio_web.script_tag.page_store",
    "podio_web.script_tag.page_window",
    "podio_web.script_tag.podio_js",
    "podio_web.sender",
    "podio_web.site_builder",
    "podio_web.site_builder.bundle",
    "podio_web.site_builder.disk",
    "podio_web.site_builder.folder",
    "podio_web.site_builder.headers",
    "podio_web.site_builder.interpreters",
    "podio_web.site_builder.micropython.bytecode",
    "podio_web.site_builder.micropython.loader",
    "podio_web.site_builder.micropython.romfs",
    "podio_web.site_builder.micropython.started",
    "podio_web.site_builder.node",
    "podio_web.site_builder.page_archive",
    "podio_web.site_builder.pyodide.snapshot",
    "podio_web.site_builder.scripts",
    "podio_web.stores.web_storage",
    "podio_web.sync_client",
    "podio_web.transports.fetch",
    "podio_web.web.asgi",
    "podio_web.web.cookies",
    "podio_web.web.django",
    "podio_web.web.django_settings",
    "podio_web.web.fastapi",
    "podio_web.web.flask",
    "podio_web.web.pending_sign_ins",
    "podio_web.web.quart",
    "podio_web.web.revoking",
    "podio_web.web.session_cookie",
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
        if "await " in example.source:
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


@contextlib.contextmanager
def names(module: str, sandbox: SandboxControl) -> Iterator[dict[str, Any]]:
    """Yield what the examples of a module may use besides its own names."""
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
        yield {
            "authorized": authorized,
            "budget": budget,
            "credentials": "bXktYXBw",
            "json": json,
            "new": new,
            "old": old,
            "Path": Path,
            "podio": podio,
            "Podio": Podio,
            "problem": ConnectionFailed("offline"),
            "random": random,
            "request": request,
            "response": Response(503, {}, ""),
            "Retry": Retry,
            "sandbox": sandbox,
            "secret": "my-secret",
            "session_id": "a1",
            "show": lambda *shown: None,
            "SQLiteStore": SQLiteStore,
            "steps": exchange(request, old, budget),
            "store": store,
            "SyncPodio": SyncPodio,
            "text": json.dumps(old.to_dict()),
            "time": time,
            "token": old,
            "wait": wait,
        }


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxControl]:
    with Sandbox(control=True) as running:
        yield SandboxControl(running.url)


@pytest.mark.parametrize("module", sorted({*modules()} - NOT_YET))
def test_examples_run(module: str, sandbox: SandboxControl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if module == "podio_web.stores.redis" and shutil.which("redis-server") is None:
        pytest.skip("Redis is not installed")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    said: list[str] = []
    failed = 0
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    for test in examples(module):
        awaited_here(test)
        with names(module, sandbox) as given:
            test.globs = {**given, **test.globs}
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
