"""Blocking in a page: urllib.request by pyodide-http, and waiting for a promise. Pyodide only.

The only module that imports pyodide-http; only ``podio_web.sync`` imports it. pyodide-http performs a call with a
synchronous XMLHttpRequest (https://xhr.spec.whatwg.org/), and what that means for a caller of urllib is put right here:

- It drops urllib's time-out. A worker can have one, so it is handed on there. On the page's main thread browsers allow
  none: a call lasts as long as the browser lets it.
- What JavaScript throws is no OSError.
- The browser follows redirects, as it must; it takes the token off when one leads to another origin
  (https://fetch.spec.whatwg.org/#http-redirect-fetch).
"""

import js
from pyodide.ffi import can_run_sync, run_sync

from podio_web.browser.bridge import error_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from http.client import HTTPResponse
    from typing import Any
    from urllib.request import Request


def patch_urllib() -> "Callable[[Request, float | None], HTTPResponse]":
    """Make urllib.request work in this page; return how to open a request within a number of seconds.

    What is returned raises TimeoutError or ConnectionError. Raises ImportError, with the remedy, without pyodide-http.

    >>> open_request = patch_urllib()
    >>> response = open_request(Request("https://api.podio.com/user/status"), 30.0)
    """
    try:
        import pyodide_http
    except ImportError:
        raise ImportError(
            "SyncPodio in a page needs pyodide-http. Add it to the page's PyScript configuration, as packages = "
            '["pyodide-http"], or its wheel under files: {"./pyodide_http-0.2.2-py3-none-any.whl": "./*"}. '
            "Podio, with await, needs nothing more."
        ) from None
    pyodide_http.patch_urllib()
    from pyodide_http import _core, _urllib

    def open_request(request: "Request", timeout: "float | None") -> "HTTPResponse":
        def with_timeout(*arguments: "Any", **options: "Any") -> "Any":
            return _core.Request(*arguments, timeout=timeout or 0, **options)

        _urllib.Request = with_timeout
        try:
            response: HTTPResponse = _urllib.urlopen(request)
            return response
        except Exception as problem:
            name = error_name(problem)
        finally:
            _urllib.Request = _core.Request
        if name == "TimeoutError":
            raise TimeoutError
        raise ConnectionError(0, "this device is offline" if js.navigator.onLine is False else "")

    return open_request


def can_wait() -> bool:
    """Tell whether ``wait`` works here: the browser can suspend Python, and the caller lets it.

    https://pyodide.org/en/stable/usage/api/python-api/ffi.html#pyodide.ffi.can_run_sync

    >>> if can_wait():
    ...     wait(podio.login())
    """
    return bool(can_run_sync())


def wait(awaitable: "Coroutine[Any, Any, Any]") -> "Any":
    """Return what an awaitable becomes, while the page goes on living.

    >>> wait(podio.login())
    """
    return run_sync(awaitable)
