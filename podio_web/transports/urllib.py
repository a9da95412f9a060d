"""The blocking transport of CPython without other packages: the standard library's ``urllib.request``.

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

from podio_web.errors import TimedOut
from podio_web.http import Response
from podio_web.transports.body import ACCEPTED, Body, UnreadableBody, headers_of
from podio_web.transports.connection_errors import connection_failed, timed_out, unreadable
from podio_web.transports.deadline import TimedReader
from podio_web.transports.file_sources import LocalFiles, OwnFailure, local
from podio_web.transports.file_urllib import FinalResponse, Transfer, Upload, receive
from podio_web.transports.multipart import Multipart

if TYPE_CHECKING:
    from podio_web.errors import PodioError
    from podio_web.http import Request
    from podio_web.types import FileSink, FileSource, TransferWatch

_CHUNK = 65_536
_HEADERS = {"User-Agent": "podio-web", "Accept-Encoding": ACCEPTED}


class UrllibTransport(LocalFiles):
    """Sends requests with urllib. It follows no redirects, because the token is for one host, and ignores cookies.

    Its methods are coroutines, as the transport protocol requires, but they block and never suspend. Each request opens
    a connection of its own. Threads may share the transport. Environment variables set proxies.

    Examples:
        >>> podio = SyncPodio("app", "my-app", secret, transport=UrllibTransport())
    """

    def __init__(self) -> None:
        self._open = _opener()

    async def perform(self, request: Request, timeout: float | None) -> Response:
        """Send a request and return the response, whatever its status.

        The body is decoded as UTF-8, whatever charset the headers say.

        Args:
            request: The request.
            timeout: The time limit in seconds for the whole request, except the DNS lookup. None means no limit.

        Returns:
            The response.

        Raises:
            TimedOut: The time limit has passed.
            ConnectionFailed: There is no complete response.
            PodioError: The response has an unknown encoding or is too large.
        """
        failure: PodioError
        status = 0
        try:
            urllib_request = _request_of(request)
            with self._open(urllib_request, timeout) as urllib_response:
                status = urllib_response.status
                text = _read(urllib_response)
        except UnreadableBody as problem:
            failure = unreadable(request, status, problem)
        except (OSError, HTTPException, ValueError, EOFError, zlib.error) as problem:
            failure = timed_out(request, timeout) if _is_timeout(problem) else connection_failed(request, problem)
        else:
            return Response(status, headers_of(urllib_response.headers.items()), text)
        # Outside the except clause: urllib's exception may quote a header and must not become the context.
        raise failure

    async def upload(self, request: Request, source: FileSource, watch: TransferWatch) -> Response:
        """Send a file as ``multipart/form-data``, and return the response, whatever its status.

        Args:
            request: The request, without a body.
            source: What is sent.
            watch: The limits and the progress.

        Returns:
            The response.

        Raises:
            TimedOut: A limit of the watch has passed.
            ConnectionFailed: There is no complete response.
            PodioError: The response has an unknown encoding or is too large.
        """
        multipart = Multipart(source.name)
        headers = multipart.headers(source.size)
        return await self._transfer(request, headers, Upload(watch, local(source), multipart), None)

    async def download(self, request: Request, sink: FileSink, watch: TransferWatch) -> Response:
        """Send a request, put the body of a successful response into a sink, and return the response without text.

        Args:
            request: The request.
            sink: What takes the content.
            watch: The limits and the progress.

        Returns:
            The response. If it is not successful, it has its text.

        Raises:
            TimedOut: A limit of the watch has passed.
            ConnectionFailed: There is no complete response.
            PodioError: The response has an unknown encoding.
        """
        return await self._transfer(request, {"Accept-Encoding": "identity"}, Transfer(watch), sink)

    async def _transfer(
        self, request: Request, more: dict[str, str], transfer: Transfer, sink: FileSink | None
    ) -> Response:
        failure: Exception
        status = 0
        text = ""
        try:
            urllib_request = _TransferRequest(request, {**_HEADERS, **request.headers, **more}, transfer)
            with self._open(urllib_request, transfer.watch.check()) as urllib_response:
                status = urllib_response.status
                if sink is not None and 200 <= status < 300:
                    await receive(urllib_response, sink, transfer.watch)
                else:
                    text = _read(urllib_response)
        except OwnFailure as own:
            failure = own.problem
        except UnreadableBody as problem:
            failure = unreadable(request, status, problem)
        except (OSError, HTTPException, ValueError, EOFError, zlib.error) as problem:
            failure = timed_out(request, None) if _is_timeout(problem) else connection_failed(request, problem)
        else:
            return Response(status, headers_of(urllib_response.headers.items()), text)
        # Outside the except clause, as in perform().
        if isinstance(failure, TimedOut):
            transfer.watch.check()
        raise failure

    async def close(self) -> None:
        """Do nothing. Each request closes its own connection."""


def _request_of(request: Request) -> UrllibRequest:
    # A function of its own: tools that log a traceback with local variables would show the headers and the body.
    body = request.body.encode() if isinstance(request.body, str) else request.body
    headers = {**_HEADERS, **request.headers}
    return UrllibRequest(request.url, body, headers, method=request.method)  # noqa: S310 - https


class _TransferRequest(UrllibRequest):
    """A request of urllib that sends or receives a file."""

    def __init__(self, request: Request, headers: dict[str, str], transfer: Transfer) -> None:
        data: Any = transfer if isinstance(transfer, Upload) else None
        super().__init__(request.url, data, headers, method=request.method)
        self.transfer = transfer


def _opener() -> Callable[[UrllibRequest, float | None], HTTPResponse]:
    """Return a function that sends a request, with only the handlers of urllib that are needed.

    Without HTTPErrorProcessor, every status is a response and no redirect is followed. Without HTTPCookieProcessor,
    cookies are ignored. Without FileHandler and similar ones, only http and https work.
    """
    opener = OpenerDirector()
    for handler in (ProxyHandler, _TimedHTTPHandler, _TimedHTTPSHandler, UnknownHandler):
        opener.add_handler(handler())
    return lambda request, timeout: opener.open(request, timeout=timeout)


class _Timed(AbstractHTTPHandler):
    """Limits the time of the whole response. urllib's own timeout restarts with each byte."""

    def do_open(self, http_class: Any, req: UrllibRequest, **options: Any) -> HTTPResponse:
        timeout = req.timeout
        end = None if timeout is None else time.monotonic() + timeout

        def connection(host: str, **more: Any) -> Any:
            made = http_class(host, **more)
            if isinstance(req, _TransferRequest):
                req.transfer.connection = made
                made.response_class = req.transfer.response
            else:
                made.response_class = partial(_timed_response, end)
            return made

        return super().do_open(connection, req, **options)


class _TimedHTTPHandler(_Timed, HTTPHandler):
    """http with a time limit."""


class _TimedHTTPSHandler(_Timed, HTTPSHandler):
    """https with a time limit."""


def _timed_response(end: float | None, connection: socket.socket, *arguments: Any, **options: Any) -> HTTPResponse:
    response = FinalResponse(connection, *arguments, **options)
    response.fp.close()
    response.fp = io.BufferedReader(TimedReader(connection, end))
    return response


def _read(response: HTTPResponse) -> str:
    """Return the whole body.

    Raises TimeoutError, IncompleteRead if the connection closed too early, and the exceptions of ``Body``.
    """
    missing = response.length
    body = Body(",".join(response.headers.get_all("Content-Encoding", [])))
    while missing != 0 and (part := response.read1(_CHUNK)):
        body.add(part)
        if missing is not None:
            missing -= len(part)
    # Unlike read(), read1() does not notice that the body is incomplete.
    if missing:
        raise IncompleteRead(b"", missing)
    return body.text()


def _is_timeout(problem: BaseException) -> bool:
    """Tell whether a timeout is the cause of an exception. URLError keeps its cause as ``reason``."""
    return isinstance(problem, TimeoutError) or isinstance(getattr(problem, "reason", None), TimeoutError)
