"""The transport of ``SyncPodio`` in a page, and waiting for a promise; for Pyodide, and for ``SyncPodio`` only.

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
    """Performs calls with ``fetch`` where Python can wait for a promise, else with a blocking XMLHttpRequest.

    The latter follows redirects, and no page can stop it (https://xhr.spec.whatwg.org/#sync-flag). So it reads only,
    and an answer from where a redirect led is none.

    >>> podio = SyncPodio("client", client_id="my-app", transport=BlockingTransport())
    """

    def __init__(self) -> None:
        self._fetch = FetchTransport()

    async def perform(self, request: "Request", timeout: "float | None") -> Response:
        """Return the answer. Raises what ``FetchTransport`` raises, and PodioError for a write that is not safe here.

        Where Python cannot wait, ``timeout`` counts in workers only: browsers allow none on a page's main thread.
        """
        if can_wait():
            response: Response = wait(self._fetch.perform(request, timeout))
            return response
        if request.method != "GET":
            raise PodioError(
                "Python cannot wait here, and a blocking write would follow a redirect with your data. Call SyncPodio "
                "from an async handler or from the top of a script, or use Podio and await.",
                method=request.method,
                path=request.path,
            )
        return _ask_by_xhr(request, timeout)

    async def close(self) -> None:
        """End what is under way."""
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
        # Not one by one: browsers report each that the server does not expose as an error.
        lines = (line.partition(":") for line in js_xhr.getAllResponseHeaders().split("\r\n"))
        headers = {name.lower(): text.strip() for name, _, text in lines if name}
        status, text = js_xhr.status, js_xhr.responseText
        if not isinstance(status, int) or not isinstance(text, str):
            raise no_answer(request)
        return Response(status, headers, text)
    except Exception as problem:
        raise (timed_out(request, timeout) if error_name(problem) == "TimeoutError" else no_answer(request)) from None


def can_wait() -> bool:
    """Tell whether ``wait`` works here: the browser can suspend Python, and the caller lets it.

    >>> if can_wait():
    ...     wait(podio.login())
    """
    return bool(can_run_sync())


def wait(awaitable: "Coroutine[Any, Any, Any]") -> "Any":
    """Return what an awaitable becomes, while the page goes on living.

    >>> wait(podio.login())
    """
    return run_sync(awaitable)
