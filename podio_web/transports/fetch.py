"""The transport of a page: the browser's own ``fetch``.

https://fetch.spec.whatwg.org/
"""

import asyncio

try:
    import js
except ImportError:
    raise ImportError("the browser's fetch exists only in a web page") from None

from podio_web.errors import ConnectionFailed, PodioError, TimedOut
from podio_web.http import Response, too_large
from podio_web.runtime.interpreter import MICROPYTHON
from podio_web.runtime.js_bridge import construct, guarded, look, quietly, read
from podio_web.runtime.shared_outcome import SharedOutcome
from podio_web.runtime.timers import after

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from podio_web.http import Request

# A page can read only those that the server exposes, and Podio seems to expose none.
_HEADERS = ("content-type", "date", "retry-after", "x-rate-limit-limit", "x-rate-limit-remaining")

LARGEST = (16 if MICROPYTHON else 64) << 20
"""Bytes of the largest answer: reading it takes MicroPython ten seconds, and its copies must fit into memory."""


class FetchTransport:
    """Performs calls with ``fetch``: no cookies, no cache, no redirects to places that the token is not meant for.

    >>> response = await FetchTransport().perform(request, timeout=30.0)
    """

    def __init__(self) -> None:
        self._exchanges: set[_Exchange] = set()

    async def perform(self, request: "Request", timeout: "float | None") -> Response:
        """Return the answer. Cancelling the task aborts the request.

        Raises TimedOut after ``timeout`` seconds, ConnectionFailed when the browser gives no answer, for whatever
        reason: it tells none. Raises PodioError for an answer that does not fit into memory, and when ``close`` is
        called meanwhile.
        """
        exchange = _Exchange(request, self)
        self._exchanges.add(exchange)
        try:
            return await exchange.response(timeout)
        finally:
            self._exchanges.discard(exchange)

    def read(self, js_response: "Any") -> "Any":
        """Return the promise of a response's bytes, which do not cross the border by themselves as its text would."""
        return guarded(read(js_response, "arrayBuffer"), js_response)

    def text(self, js_body: "Any") -> str:
        """Return the text of what ``read`` promised. Raises MemoryError when it does not fit."""
        # Whole numbers of JavaScript are cut at 32 bits in MicroPython.
        if not 0 <= js_body.byteLength <= LARGEST:
            raise MemoryError
        try:
            return _decoded(js_body)
        except MemoryError:
            # MicroPython's heap grows with a text that is larger than itself, but by a little too little.
            return _decoded(js_body)

    async def close(self) -> None:
        """End the calls that are under way; the browser owns the connections."""
        for exchange in list(self._exchanges):
            exchange.stop(PodioError("The client was closed while a request was waiting."))


class _Exchange:
    """One request and its answer, which ends in time whatever the page's ``fetch`` does.

    Awaiting its promise would not: MicroPython raises MemoryError outside the ``await`` that a large value is for, and
    an exception that ``fetch`` itself throws ends its task.
    """

    def __init__(self, request: "Request", transport: FetchTransport) -> None:
        self._call = request
        self._transport = transport
        self._end = SharedOutcome()
        self._js_abort = construct("AbortController")
        self._js_response: Any = None

    async def response(self, timeout: "float | None") -> Response:
        """Send the request and wait."""
        # The timer first: a call that cannot end in time is not sent.
        stop_timer = _nothing if timeout is None else after(timeout, lambda: self.stop(timed_out(self._call, timeout)))
        try:
            js_arguments = js.Array.of(self._call.url, _request(self._call, look(self._js_abort, "signal")))
            guarded(js.Reflect.apply, None, js.fetch, js.globalThis, js_arguments).then(self._received, self._failed)
        except Exception:
            self._failed()
        try:
            response: Response = await self._end.wait()
            return response
        except asyncio.CancelledError:
            quietly(self._js_abort, "abort")
            raise
        finally:
            stop_timer()

    def stop(self, problem: Exception) -> None:
        """End the call with ``problem``, and the request."""
        self._end.fail(problem)
        quietly(self._js_abort, "abort")

    # JavaScript calls these, so they never raise.

    def _received(self, js_response: "Any") -> None:
        self._js_response = js_response
        try:
            self._transport.read(js_response).then(self._finished, self._failed)
        except Exception:
            self._failed()

    def _finished(self, js_body: "Any") -> None:
        request, js_response = self._call, self._js_response
        try:
            # A wrapped fetch may have followed where the token is not meant for, or say of no answer that it is one.
            status = read(js_response, "status")
            if read(js_response, "redirected") or not status or not isinstance(status, int):
                return self._failed()
            text = self._transport.text(js_body)
            self._end.succeed(Response(status, _readable_headers(js_response), text))
        except MemoryError:
            self._end.fail(PodioError(too_large(request), method=request.method, path=request.path))
        except Exception:
            self._failed()

    def _failed(self, *ignored: object) -> None:
        self._end.fail(no_answer(self._call))


def _decoded(js_body: "Any") -> str:
    text: str = construct("TextDecoder").decode(js_body)
    return text


def _request(request: "Request", js_signal: "Any") -> "Any":
    js_headers = js.Object.new()
    for name, value in request.headers.items():
        js.Reflect.set(js_headers, name, value)
    js_request = js.Object.new()
    js_request.method = request.method
    # A wrapped fetch may ask for them by their methods. The constructor throws for what no header can hold.
    js_request.headers = guarded(js.Reflect.construct, None, js.Headers, js.Array.of(js_headers))
    if js_signal is not None:
        js_request.signal = js_signal
    if request.body is not None:
        js_request.body = request.body
    js_request.credentials = "omit"
    # Not js_request.cache: with it Chromium forgets that Podio allows such calls, and asks ahead of each one
    # (https://fetch.spec.whatwg.org/#cors-preflight-cache). What may be kept, Podio's Cache-Control says.
    js_request.redirect = "error"
    js_request.referrerPolicy = "no-referrer"
    return js_request


def _readable_headers(js_response: "Any") -> "dict[str, str]":
    try:
        js_headers = read(js_response, "headers")
        js_get = read(js_headers, "get")
        values = [(name, guarded(js_get, js_headers, name)) for name in _HEADERS]
    except Exception:
        return {}
    return {name: value for name, value in values if isinstance(value, str)}


def timed_out(request: "Request", timeout: "float | None") -> TimedOut:
    """Return the error for a call that had no whole answer within ``timeout`` seconds.

    >>> raise timed_out(request, 30.0)
    """
    return TimedOut(
        f"Podio did not answer {request.method} {request.path} within {timeout} seconds.",
        method=request.method,
        path=request.path,
    )


def no_answer(request: "Request") -> ConnectionFailed:
    """Return the error for a call without an answer, which names the candidates.

    For safety the browser hides from a page why a call to another origin failed.

    >>> raise no_answer(request)
    """
    where = "/".join(request.url.split("/")[:3])
    # Node has no such property, and some engines no navigator.
    if look(look(js.globalThis, "navigator"), "onLine") is False:
        problem = (
            f"No answer to {request.method} {request.path}: this device is offline. Try again when it is connected."
        )
    else:
        problem = (
            f"No answer to {request.method} {request.path} from {where}. Either the network or the server is "
            "down, or the address is wrong (check api_url), or the server refused this page's origin (CORS) or "
            "redirected the call. The browser's network panel shows which."
        )
    return ConnectionFailed(problem, method=request.method, path=request.path)


def _nothing() -> None:
    """Stop nothing."""
