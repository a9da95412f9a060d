"""The door between a page's JavaScript and its clients. Texts go through, and nothing that lives in one language only.

``static/podio-web.js`` stands on the other side. It opens a client, and knows it by its number from then on. Arguments
and outcomes are JSON: an object that one language lends to the other has to be given back, a text has not.
"""

import asyncio
import json

from podio_web.http.response import from_json
from podio_web.runtime import interpreter
from podio_web.runtime.interpreter import IN_PAGE, settle, spawn
from podio_web.script_tag import handlers
from podio_web.script_tag.js_client import WebClient

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from podio_web.script_tag.podio_js import PodioJS

if IN_PAGE:
    from podio_web.runtime.timers import go_on_at_once

    go_on_at_once()

_clients: "list[WebClient | PodioJS]" = []

podio: "Any" = None
"""The page's own client, for its Python; None as long as the script tag has no ``data-client-id``."""


def open(kind: str, options: str, js_host: "Any", **more: "Any") -> str:
    """Make a client, ``"web"`` or ``"podio_js"``; return the outcome: its number, or what is wrong with the options.

    ``js_host`` holds the functions that this client may call in the page. None of them ever throws, for that would end
    a task of MicroPython in silence: what fails is a promise that is rejected. Tests give ``more`` options of
    ``Podio``, such as a runtime of their own.

    >>> number = json.loads(open("web", '{"clientId": "my-app"}', js_host))["value"]
    """
    try:
        client = _make(kind, json.loads(options), js_host, more)
    except Exception as problem:
        return _failed(problem, WebClient)
    handlers.use(js_host)
    interpreter.bring_sign_in = js_host.bringSignIn
    _clients.append(client)
    return _done(len(_clients) - 1)


def ask(number: int, method: str, arguments: str) -> str:
    """Call a method that answers at once; return its outcome.

    >>> json.loads(ask(0, "has_auth_error", "[]"))
    {'value': False}
    """
    client = _clients[number]
    try:
        return _done(getattr(client, method)(*from_json(arguments)))
    except Exception as problem:
        return _failed(problem, client)


def begin(number: int, method: str, arguments: str, js_settle: "Any") -> None:
    """Call a method now, as a popup wants it that a click asked for, and give ``js_settle`` its outcome when it ends.

    >>> begin(0, "is_authenticated", "[]", js_settle)
    """
    client = _clients[number]
    try:
        waiting = getattr(client, method)(*from_json(arguments))
    except Exception as problem:
        js_settle(_failed(problem, client))
        return
    spawn(_end(client, waiting, js_settle))


def _make(kind: str, options: "dict[str, Any]", js_host: "Any", more: "dict[str, Any]") -> "WebClient | PodioJS":
    global podio
    if kind == "web":
        client = WebClient(options, js_host, **more)
        podio = client.podio
        return client
    # Most pages want the one or the other.
    from podio_web.script_tag.podio_js import PodioJS

    return PodioJS(options, js_host, **more)


async def _end(client: "WebClient | PodioJS", waiting: "Any", js_settle: "Any") -> None:
    try:
        text = _done(await settle(waiting))
    except asyncio.CancelledError:
        raise
    except Exception as problem:
        text = _failed(problem, client)
    js_settle(text)


def _done(value: "Any") -> str:
    return json.dumps({"value": value})


def _failed(problem: Exception, client: "Any") -> str:
    return json.dumps({"problem": client.explain(problem)})
