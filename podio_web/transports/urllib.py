"""The blocking transport of CPython: the standard library's ``urllib.request``.

https://docs.python.org/3/library/urllib.request.html
"""

from __future__ import annotations

import io
import socket
import time
import zlib
from collections.abc import Callable
from functools import partial
from http.client import HTTPException, HTTPResponse, IncompleteRead
from typing import TYPE_CHECKING, Any
from urllib.request import (
    AbstractHTTPHandler,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    UnknownHandler,
)
from urllib.request import Request as UrllibRequest

from podio_web.http import Response
from podio_web.transports.body import ACCEPTED, Body, UnreadableBody, headers_of
from podio_web.transports.connection_errors import connection_failed, timed_out, unreadable
from podio_web.transports.deadline import TimedReader

if TYPE_CHECKING:
    from podio_web.errors import PodioError
    from podio_web.http import Request

_CHUNK = 65_536
_HEADERS = {"User-Agent": "podio-web", "Accept-Encoding": ACCEPTED}


class UrllibTransport:
    """Performs calls with urllib.request: no redirects to places that the token is not meant for, and no cookies.

    Its methods are coroutines for the sake of ``Podio``'s protocol, but block and never suspend. Each call has a
    connection of its own. Proxies are those that the environment names. Threads may share it.

    >>> podio = SyncPodio("app", "my-app", secret, transport=UrllibTransport())
    """

    def __init__(self) -> None:
        self._open = _opener()

    async def perform(self, request: Request, timeout: float | None) -> Response:
        """Return the answer, whatever its status.

        ``timeout`` is in seconds and for the whole call, but for looking the host's name up. Raises TimedOut when it is
        over, ConnectionFailed without a whole answer, PodioError for an answer that is packed in an unknown way or too
        large. Bodies are read as UTF-8, whatever charset they claim.
        """
        failure: PodioError
        status = 0
        try:
            body = request.body.encode() if isinstance(request.body, str) else request.body
            headers = {**_HEADERS, **request.headers}
            urllib_request = UrllibRequest(request.url, body, headers, method=request.method)  # noqa: S310 - https
            with self._open(urllib_request, timeout) as http_response:
                status = http_response.status
                text = _read(http_response)
        except UnreadableBody as problem:
            failure = unreadable(request, status, problem)
        except (OSError, HTTPException, ValueError, EOFError, zlib.error) as problem:
            failure = timed_out(request, timeout) if _is_timeout(problem) else connection_failed(request, problem)
        else:
            return Response(status, headers_of(http_response.headers.items()), text)
        # Out here, or the library's exception, whose text may quote a header, would come with it as the context.
        raise failure

    async def close(self) -> None:
        """Release nothing: each call closes its connection."""


def _opener() -> Callable[[UrllibRequest, float | None], HTTPResponse]:
    """Return what opens a request within a number of seconds, with nothing of urllib that would do more than that.

    Without HTTPErrorProcessor every status is an answer and no redirect is followed; without HTTPCookieProcessor there
    are no cookies; without FileHandler and its like there is nothing but http and https.
    """
    opener = OpenerDirector()
    for handler in (ProxyHandler, _TimedHTTPHandler, _TimedHTTPSHandler, UnknownHandler):
        opener.add_handler(handler())
    return lambda request, timeout: opener.open(request, timeout=timeout)


class _Timed(AbstractHTTPHandler):
    """Reads answers until the request's time-out is over; urllib's own starts again with each byte."""

    def do_open(self, http_class: Any, req: UrllibRequest, **options: Any) -> HTTPResponse:
        timeout = req.timeout
        end = None if timeout is None else time.monotonic() + timeout

        def connection(host: str, **more: Any) -> Any:
            made = http_class(host, **more)
            made.response_class = partial(_timed_response, end)
            return made

        return super().do_open(connection, req, **options)


class _TimedHTTPHandler(_Timed, HTTPHandler):
    """http, timed."""


class _TimedHTTPSHandler(_Timed, HTTPSHandler):
    """https, timed."""


def _timed_response(end: float | None, connection: socket.socket, *arguments: Any, **options: Any) -> HTTPResponse:
    response = HTTPResponse(connection, *arguments, **options)
    response.fp.close()
    response.fp = io.BufferedReader(TimedReader(connection, end))
    return response


def _read(response: HTTPResponse) -> str:
    """Return the whole body.

    Raises TimeoutError, IncompleteRead when it broke off, and what ``Body`` raises.
    """
    missing = response.length
    # In a page the browser has unpacked it, and left the header as it was.
    body = Body(",".join(response.headers.get_all("Content-Encoding", [])))
    while missing != 0 and (part := response.read1(_CHUNK)):
        body.add(part)
        if missing is not None:
            missing -= len(part)
    # Unlike read(), read1() takes an early end for the end.
    if missing:
        raise IncompleteRead(b"", missing)
    return body.text()


def _is_timeout(problem: BaseException) -> bool:
    """Tell whether a time-out is behind what urllib raised: URLError holds its cause as ``reason``."""
    return isinstance(problem, TimeoutError) or isinstance(getattr(problem, "reason", None), TimeoutError)
