"""The transport of ``SyncPodio`` in a page, and waiting for a promise. This needs Pyodide.

https://pyodide.org/en/stable/usage/api/python-api/ffi.html#pyodide.ffi.can_run_sync
"""

import js
from pyodide.ffi import can_run_sync, run_sync

from podio_web.errors import PodioError
from podio_web.http import Response
from podio_web.runtime.js_bridge import error_name
from podio_web.transports.fetch import FetchTransport, no_answer, timed_out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from podio_web.http import Request


class BlockingTransport:
    """Performs requests with ``fetch`` if Python can wait for a promise, else with a blocking XMLHttpRequest.

    An XMLHttpRequest follows redirects, and a page cannot prevent that (https://xhr.spec.whatwg.org/#sync-flag). So it
    is used for GET only, and a redirected response is refused.

    >>> podio = SyncPodio("client", client_id="my-app", transport=BlockingTransport())
    """

    def __init__(self) -> None:
        self._fetch = FetchTransport()

    async def perform(self, request: "Request", timeout: "float | None") -> Response:
        """Return the response. Raises the errors of ``FetchTransport``, and PodioError for a write that is not safe.

        ``timeout`` is in seconds. If Python cannot wait, it counts in workers only: browsers do not support it on a
        page's main thread.
        """
        if can_wait():
            response: Response = wait(self._fetch.perform(request, timeout))
            return response
        if request.method != "GET":
            raise PodioError(
                "Python cannot wait here, and a blocking write would follow a redirect with your data. Call SyncPodio "
                "from an async handler or at the top level of a script, or use Podio with await.",
                method=request.method,
                path=request.path,
            )
        return _ask_by_xhr(request, timeout)

    async def close(self) -> None:
        """End the requests that are running."""
        await self._fetch.close()


def _ask_by_xhr(request: "Request", timeout: "float | None") -> Response:
    try:
        js_xhr = js.XMLHttpRequest.new()
        js_xhr.open(request.method, request.url, False)
        for name, value in request.headers.items():
            js_xhr.setRequestHeader(name, value)
        if timeout is not None and not hasattr(js, "document"):
            js_xhr.timeout = int(timeout * 1000)
        js_xhr.send()
        if js_xhr.responseURL != js.URL.new(request.url).href:
            raise no_answer(request)
        # Not one by one, because browsers report an error for each header that the server does not expose.
        lines = (line.partition(":") for line in js_xhr.getAllResponseHeaders().split("\r\n"))
        headers = {name.lower(): text.strip() for name, _, text in lines if name}
        status, text = js_xhr.status, js_xhr.responseText
        if not isinstance(status, int) or not isinstance(text, str):
            raise no_answer(request)
        return Response(status, headers, text)
    except Exception as problem:
        raise (timed_out(request, timeout) if error_name(problem) == "TimeoutError" else no_answer(request)) from None


def can_wait() -> bool:
    """Return whether ``wait`` works here: the browser can suspend Python, and the caller allows it.

    >>> if can_wait():
    ...     wait(podio.login())
    """
    return bool(can_run_sync())


def wait(awaitable: "Coroutine[Any, Any, Any]") -> "Any":
    """Return the result of an awaitable. The page stays responsive meanwhile.

    >>> if can_wait():
    ...     wait(podio.logout())
    """
    return run_sync(awaitable)
