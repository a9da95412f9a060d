"""Runs docstring examples in a page's Python. ``test_docstring_examples_in_page.py`` runs this file in Pyodide."""

import ast
import contextlib
import doctest
import importlib
import inspect
import io
import json
import time
import traceback
from typing import Any

import js
from pyodide.code import run_js

from podio_web import Podio, SyncPodio
from podio_web.auth.context import Context
from podio_web.auth.pending_requests import PendingRequests
from podio_web.auth.session import Session
from podio_web.http.request import build_request
from podio_web.oauth.identity import ClientIdentity
from podio_web.runtime.page import Page
from podio_web.script_tag import calls
from podio_web.script_tag.page_podio import PagePodio
from podio_web.stores.memory import MemoryStore
from podio_web.transports.fetch import FetchTransport

CALLBACK = "https://example.com/static/callback.html"


def names(module: str) -> dict[str, Any]:
    """Return what the examples may use besides the names of their own module."""
    runtime = Page()
    identity = ClientIdentity("client", "my-app", redirect_uri=CALLBACK, api_url="https://api.podio.com")
    context = Context(identity, runtime, FetchTransport())
    podio = (
        PagePodio(js.jsHost, "client", client_id="my-app")
        if module.endswith("page_podio")
        else Podio("client", client_id="my-app")
    )
    podio.set_access_token({"access_token": "0123456789abcdef", "expires_in": 28_800})
    return {
        "Podio": Podio,
        "SyncPodio": SyncPodio,
        "channel": "podio-web:s1",
        "context": context,
        "js": js,
        "js_channel": js.BroadcastChannel.new("podio-web:tabs"),
        "js_abort": js.AbortController.new(),
        "js_host": js.jsHost,
        "js_image": js.Object.new(),
        "js_opened": lambda window: None,
        "js_failed": lambda problem: None,
        "js_promise": run_js("new Promise(() => {})"),
        "js_response": run_js("new Response('', {headers: {'content-type': 'application/json'}})"),
        "js_settle": lambda text: None,
        "js_storage": js.localStorage,
        "js_window": js.open(),
        "json": json,
        "look_at_the_clock": lambda: None,
        "look_into_the_store": lambda: None,
        "on_blocked": lambda: None,
        "on_message": lambda data, own: None,
        "on_tick": lambda closed, focused, page: None,
        "owner": "0123456789abcdef",
        "podio": podio,
        "problem": run_js("Object.assign(new Error('late'), {name: 'TimeoutError'})"),
        "request": build_request("https://api.podio.com", "GET", "/item/4"),
        "requests": PendingRequests(identity, runtime),
        "session": Session("client", MemoryStore(), context.events, runtime.now),
        "time": time,
        "url": "https://podio.com/oauth/authorize?state=s1",
        "write_down": lambda: None,
    }


async def output_of(source: str, given: dict[str, Any]) -> tuple[str, str | None]:
    """Run an example as doctest does, but await it. Return what it shows, and its exception as text."""
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        try:
            code = compile(source, "example", "single", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            if code.co_flags & inspect.CO_COROUTINE:
                await eval(code, given)
            else:
                exec(code, given)
        except Exception as problem:
            return shown.getvalue(), "".join(traceback.format_exception_only(problem))
    return shown.getvalue(), None


async def tell_failures(modules: list[str]) -> None:
    """Print the examples that show something else than they say, as JSON."""
    check = doctest.OutputChecker().check_output
    failed = []
    calls.open("web", '{"clientId": "my-app"}', js.jsHost)
    for name in modules:
        module = importlib.import_module(name)
        for test in doctest.DocTestFinder().find(module, name):
            if not test.examples:
                continue
            given = {**test.globs, **names(name)}
            for example in test.examples:
                shown, raised = await output_of(example.source, given)
                wanted, got = (example.want, shown) if raised is None else (example.exc_msg or "", raised)
                if not check(wanted, got, doctest.ELLIPSIS):
                    failed.append([test.name, example.source, wanted, got])
    print(json.dumps(failed))
    # Clients that examples leave open would keep node alive.
    js.setTimeout(js.process.exit, 0)
