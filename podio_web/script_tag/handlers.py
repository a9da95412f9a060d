"""Event handlers in the page's own Python.

https://dom.spec.whatwg.org/#introduction-to-dom-events
"""

import asyncio
import json

from podio_web.runtime.interpreter import is_awaitable, report, settle, spawn
from podio_web.script_tag.js_errors import explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_page: "dict[str, Any]" = {}


def use(js_host: "Any") -> None:
    """Set the page's functions, which ``when`` uses.

    >>> use(js_host)
    """
    _page["js_host"] = js_host


def when(event: str, selector: str) -> "Callable[[Callable[[Any], Any]], Callable[[Any], Any]]":
    """Decorate a function that handles ``event`` on all elements of a CSS selector.

    The function is ``def`` or ``async def``. Do not pass an ``async def`` to ``addEventListener`` itself: that stops
    MicroPython's event loop. An exception in a handler fires ``podio-web:error``. Raises ValueError if no element
    matches.

    >>> @when("click", "#sign-in")
    ... async def sign_in(event):
    ...     await podio.login()
    """

    def listen(handler: "Callable[[Any], Any]") -> "Callable[[Any], Any]":
        def heard(js_event: "Any") -> None:
            try:
                result = handler(js_event)
            except Exception as problem:
                _failed(problem)
            else:
                if is_awaitable(result):
                    spawn(_watch(result))

        from podio_web.runtime.js_bridge import Callback

        if not _page["js_host"].listen(event, selector, Callback(heard).js_function):
            raise ValueError(f"the page has no element that matches {selector!r}")
        return handler

    return listen


async def _watch(result: "Any") -> None:
    try:
        await settle(result)
    except asyncio.CancelledError:
        raise
    except Exception as problem:
        _failed(problem)


def _failed(problem: Exception) -> None:
    report(problem)
    _page["js_host"].failed(json.dumps(explain(problem)))
