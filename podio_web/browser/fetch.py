"""The transport of a page: the browser's own ``fetch``.

https://fetch.spec.whatwg.org/
"""

import asyncio

import js

from podio_web.api import Answer
from podio_web.browser.bridge import error_name, or_none
from podio_web.errors import ConnectionFailed, TimedOut

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from podio_web.api import Call

# A page can read only those that the server exposes, and Podio seems to expose none.
_HEADERS = ("content-type", "date", "retry-after", "x-rate-limit-limit", "x-rate-limit-remaining")


class FetchTransport:
    """Performs calls with ``fetch``: no cookies, no cache, no redirects to places that the token is not meant for.

    >>> answer = await FetchTransport().perform(call, timeout=30.0)
    """

    async def perform(self, call: "Call", timeout: "float | None") -> Answer:
        """Return the answer. Cancelling the task aborts the request.

        Raises TimedOut after ``timeout`` seconds, ConnectionFailed when the browser gives no answer, for whatever
        reason: it tells none.
        """
        js_abort = js.AbortController.new()
        js_request = _request(call)
        js_request.signal = js_abort.signal
        if timeout is not None:
            js_request.signal = js.AbortSignal.any(
                js.Array.of(js_abort.signal, js.AbortSignal.timeout(int(timeout * 1000)))
            )
        try:
            js_response = await js.fetch(call.url, js_request)
            text = await self.read(js_response)
        except asyncio.CancelledError:
            js_abort.abort()
            raise
        except Exception as problem:
            if error_name(problem) == "TimeoutError":
                raise TimedOut(
                    f"Podio did not answer {call.method} {call.path} within {timeout:g} seconds.",
                    method=call.method,
                    path=call.path,
                ) from None
            raise ConnectionFailed(_why_no_answer(call), method=call.method, path=call.path) from None
        return Answer(js_response.status, _readable_headers(js_response), text)

    async def read(self, js_response: "Any") -> str:
        """Return the text of an answer."""
        text: str = await js_response.text()
        return text

    async def close(self) -> None:
        """Release nothing: the browser owns the connections."""


def _request(call: "Call") -> "Any":
    js_request = js.Object.new()
    js_request.method = call.method
    js_request.headers = js.Headers.new()
    for name, value in call.headers.items():
        js_request.headers.append(name, value)
    if call.body is not None:
        js_request.body = call.body
    js_request.credentials = "omit"
    # Not js_request.cache: with it Chromium forgets that Podio allows such calls, and asks ahead of each one
    # (https://fetch.spec.whatwg.org/#cors-preflight-cache). What may be kept, Podio's Cache-Control says.
    js_request.redirect = "error"
    js_request.referrerPolicy = "no-referrer"
    return js_request


def _readable_headers(js_response: "Any") -> "dict[str, str]":
    headers = {}
    for name in _HEADERS:
        value = or_none(js_response.headers.get(name))
        if value is not None:
            headers[name] = value
    return headers


def _why_no_answer(call: "Call") -> str:
    """Name the candidates: for safety the browser hides from a page why a call to another origin failed."""
    where = js.URL.new(call.url).origin
    if or_none(js.navigator.onLine) is False:
        return f"No answer to {call.method} {call.path}: this device is offline. Try again when it is connected."
    return (
        f"No answer to {call.method} {call.path} from {where}. Either the network or the server is down, or the "
        "address is wrong (check api_url), or the server refused this page's origin (CORS) or redirected the call. "
        "The browser's network panel shows which."
    )
