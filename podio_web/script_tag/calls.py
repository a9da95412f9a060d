"""Remote procedure calls from a page's JavaScript to its clients.

``static/podio-web.js`` is the caller. It opens a client and refers to it by number. Arguments and results are JSON,
because an object that crosses between the languages must be released, and a text need not be.
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

    from podio_web.script_tag.js_files import JSFiles
    from podio_web.script_tag.js_live import JSLive
    from podio_web.script_tag.podio_js import PodioJS

if IN_PAGE:
    from podio_web.runtime.timers import go_on_at_once

    go_on_at_once()

clients: "list[WebClient | PodioJS | JSFiles | JSLive]" = []
"""The clients by their numbers."""

podio: "Any" = None
"""The client of the page, for the page's Python. None if the script tag has no ``data-client-id``."""


def open(kind: str, options: str, js_host: "Any", **more: "Any") -> str:
    """Create a client, and return its number as a JSON outcome.

    - ``kind``: ``web``, ``podio_js``, or an optional part, ``files`` or ``live``, of the client whose ``number`` is in
      the options.
    - ``options``: the client's options as JSON.
    - ``js_host``: the functions of the page that the client may call. They never throw, because that would end a task
      of MicroPython silently. A function that fails returns a rejected promise.
    - ``more``: other options of ``Podio``, such as a test's runtime.

    If an option is invalid, the outcome has the problem instead.

    >>> number = json.loads(open("web", '{"clientId": "my-app"}', js_host))["value"]
    """
    try:
        client = _make(kind, json.loads(options), js_host, more)
    except Exception as problem:
        return _failed(problem, WebClient)
    handlers.use(js_host)
    interpreter.bring_part = js_host.bring
    clients.append(client)
    return _done(len(clients) - 1)


def ask(number: int, method: str, arguments: str) -> str:
    """Call a synchronous method of a client, and return its outcome as JSON.

    >>> json.loads(ask(0, "has_auth_error", "[]"))
    {'value': False}
    """
    client = clients[number]
    try:
        return _done(getattr(client, method)(*from_json(arguments)))
    except Exception as problem:
        return _failed(problem, client)


def begin(number: int, method: str, arguments: str, js_settle: "Any") -> None:
    """Call a method of a client now, and pass its outcome to ``js_settle`` when it ends.

    The call starts at once because browsers allow a popup only during a click.

    >>> begin(0, "is_authenticated", "[]", js_settle)
    """
    client = clients[number]
    try:
        waiting = getattr(client, method)(*from_json(arguments))
    except Exception as problem:
        js_settle(_failed(problem, client))
        return
    spawn(_end(client, waiting, js_settle))


def _make(kind: str, options: "dict[str, Any]", js_host: "Any", more: "dict[str, Any]") -> "Any":
    global podio
    if kind == "web":
        client = WebClient(options, js_host, **more)
        podio = client.podio
        return client
    # Imported late: most pages use one of them.
    if "number" in options:
        module: Any = __import__(f"podio_web.script_tag.js_{kind}", None, None, ("JSPart",))
        return module.JSPart(clients[options["number"]], js_host)
    from podio_web.script_tag.podio_js import PodioJS

    return PodioJS(options, js_host, **more)


async def _end(client: "Any", waiting: "Any", js_settle: "Any") -> None:
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
