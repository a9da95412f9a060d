"""The transport of a page: the browser's ``fetch``.

https://fetch.spec.whatwg.org/
"""

import asyncio

from podio_web.errors import ConnectionFailed, PodioError, TimedOut
from podio_web.http import Response, too_large
from podio_web.runtime.interpreter import MICROPYTHON
from podio_web.runtime.js_bridge import (
    called,
    construct,
    guarded,
    is_offline,
    js_object,
    look,
    made,
    quietly,
    read,
    then,
)
from podio_web.runtime.shared_outcome import SharedOutcome
from podio_web.runtime.timers import after

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from podio_web.http import Request

# A page can read only the headers that the server exposes. Podio seems to expose none of these.
_HEADERS = ("content-type", "date", "retry-after", "x-rate-limit-limit", "x-rate-limit-remaining")

LARGEST = (16 if MICROPYTHON else 64) << 20
"""The largest size of a response, in bytes. MicroPython reads it in ten seconds. Its copies must fit into memory."""


class FetchTransport:
    """Sends requests with ``fetch``, without cookies. It follows no redirects, because the token is for one host.

    Examples:
        >>> await FetchTransport().perform(request, timeout=30.0)
        <Response 200, 13 characters>
    """

    def __init__(self) -> None:
        self._exchanges: set[_Exchange] = set()

    async def perform(self, request: "Request", timeout: "float | None") -> Response:
        """Send a request and return the response. If the task is cancelled, the request is aborted.

        Args:
            request: The request.
            timeout: The time limit in seconds. None means no limit.

        Returns:
            The response.

        Raises:
            TimedOut: The time limit has passed.
            ConnectionFailed: The browser has no response. It does not say why.
            PodioError: The response does not fit into memory, or ``close`` was called.
        """
        exchange = _Exchange(request, self)
        self._exchanges.add(exchange)
        try:
            return await exchange.response(timeout)
        finally:
            self._exchanges.discard(exchange)

    def read(self, js_response: "Any") -> "Any":
        """Return a promise for a response's bytes. Unlike a text, they are not copied to Python by themselves."""
        return guarded(read(js_response, "arrayBuffer"), js_response)

    def text(self, js_body: "Any") -> str:
        """Decode the bytes that ``read`` promised. Raises MemoryError if they do not fit into memory."""
        # MicroPython cuts JavaScript's integers to 32 bits, so the length may be negative.
        if not 0 <= js_body.byteLength <= LARGEST:
            raise MemoryError
        try:
            return _decoded(js_body)
        except MemoryError:
            # MicroPython's heap grows for a large text, but not enough at the first time.
            return _decoded(js_body)

    async def close(self) -> None:
        """Abort the requests that are running. The browser closes the connections."""
        for exchange in list(self._exchanges):
            exchange.stop(PodioError("The client was closed while a request was waiting."))


class _Exchange:
    """One request and its response. It ends in time, whatever the page's ``fetch`` does.

    Awaiting the promise is not enough. MicroPython raises MemoryError for a large value outside the ``await``, and an
    exception that ``fetch`` throws ends MicroPython's task.
    """

    def __init__(self, request: "Request", transport: FetchTransport) -> None:
        self._request = request
        self._transport = transport
        self._end = SharedOutcome()
        self._js_abort = construct("AbortController")
        self._js_response: Any = None

    async def response(self, timeout: "float | None") -> Response:
        """Send the request and wait."""
        request = self._request
        # The timer comes first, so that no request is sent without one.
        stop_timer = _nothing if timeout is None else after(timeout, lambda: self.stop(timed_out(request, timeout)))
        try:
            js_options = fetch_options(request, look(self._js_abort, "signal"))
            then(called("fetch", request.url, js_options), self._received, self._failed)
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
        """Abort the request, and raise ``problem`` in ``response``."""
        self._end.fail(problem)
        quietly(self._js_abort, "abort")

    # JavaScript calls the next three methods, so they must not raise.

    def _received(self, js_response: "Any") -> None:
        self._js_response = js_response
        try:
            then(self._transport.read(js_response), self._finished, self._failed)
        except Exception:
            self._failed()

    def _finished(self, js_body: "Any") -> None:
        request, js_response = self._request, self._js_response
        try:
            # A wrapped fetch may have followed a redirect, or may return something that is not a response.
            status = read(js_response, "status")
            if read(js_response, "redirected") or not status or not isinstance(status, int):
                return self._failed()
            text = self._transport.text(js_body)
            self._end.succeed(Response(status, readable_headers(js_response), text))
        except MemoryError:
            problem = too_large(request, readable_headers(js_response))
            self._end.fail(PodioError(problem, method=request.method, path=request.path))
        except Exception:
            self._failed()

    def _failed(self, *ignored: object) -> None:
        self._end.fail(no_answer(self._request))


def _decoded(js_body: "Any") -> str:
    text: str = construct("TextDecoder").decode(js_body)
    return text


def fetch_options(request: "Request", js_signal: "Any") -> "Any":
    """Return the options of ``fetch`` for a request: no cookies, no redirects, no referrer.

    Raises RuntimeError if a header is not allowed.

    >>> js_options = fetch_options(request, js_abort.signal)
    """
    options = {
        "method": request.method,
        # A wrapped fetch may use the methods of Headers. The constructor throws for a value that is not allowed.
        "headers": made("Headers", js_object(request.headers)),
        "credentials": "omit",
        # No "cache": with it, Chromium sends a preflight request before each request
        # (https://fetch.spec.whatwg.org/#cors-preflight-cache). Podio's Cache-Control says what may be cached.
        "redirect": "error",
        "referrerPolicy": "no-referrer",
    }
    if js_signal is not None:
        options["signal"] = js_signal
    if request.body is not None:
        options["body"] = request.body
    return js_object(options)


def readable_headers(js_response: "Any") -> "dict[str, str]":
    """Return the headers of a response that a page may read, with names in lower case.

    >>> readable_headers(js_response)
    {'content-type': 'application/json'}
    """
    try:
        js_headers = read(js_response, "headers")
        js_get = read(js_headers, "get")
        values = [(name, guarded(js_get, js_headers, name)) for name in _HEADERS]
    except Exception:
        return {}
    return {name: value for name, value in values if isinstance(value, str)}


def timed_out(request: "Request", timeout: "float | None") -> TimedOut:
    """Return the error for a request whose response did not arrive within ``timeout`` seconds.

    Args:
        request: The request.
        timeout: The time limit in seconds.

    Returns:
        The error, to be raised.

    Examples:
        >>> timed_out(request, 30.0)
        TimedOut('Podio did not answer GET /item/4 within 30.0 seconds.')
    """
    return TimedOut(
        f"Podio did not answer {request.method} {request.path} within {timeout} seconds.",
        method=request.method,
        path=request.path,
    )


def no_answer(request: "Request") -> ConnectionFailed:
    """Return the error for a request without a response.

    The browser does not tell a page why a request to another origin failed, so the error lists the possible reasons.

    Args:
        request: The request.

    Returns:
        The error, to be raised.

    Examples:
        >>> raise no_answer(request)
        Traceback (most recent call last):
            ...
        podio_web.errors.ConnectionFailed: No answer to GET /item/4 from https://api.podio.com. Check that ...
    """
    where = "/".join(request.url.split("/")[:3])
    if is_offline():
        problem = f"No answer to {request.method} {request.path}: this device is offline. Try again when it is online."
    else:
        problem = (
            f"No answer to {request.method} {request.path} from {where}. Check that the network and the server are up "
            "and that api_url is right. The server may also have refused this page's origin (CORS) or redirected the "
            "request. The browser's network panel shows the reason."
        )
    return ConnectionFailed(problem, method=request.method, path=request.path)


def _nothing() -> None:
    """Do nothing: there is no timer."""
