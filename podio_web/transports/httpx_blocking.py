"""The blocking transport of CPython with httpx2 and a connection pool.

https://github.com/pydantic/httpx2
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import finalize

# First: its ImportError says how to install httpx2.
from podio_web.transports.httpx_requests import (  # isort: skip
    CONNECTIONS,
    FAILURES,
    KEPT,
    failure_of,
    pool_limits,
    read_text_now,
    request_of,
    without_cookies,
)

import httpcore2
import httpx2

from podio_web.http import Response
from podio_web.transports import file_httpx_blocking
from podio_web.transports.body import headers_of
from podio_web.transports.deadline import left_until
from podio_web.transports.file_sources import LocalFiles, local
from podio_web.transports.watched_socket import LONGEST_WAIT

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Iterator

    from podio_web.errors import PodioError
    from podio_web.http import Request
    from podio_web.types import FileSink, FileSource, TransferWatch


class BlockingHttpxTransport(LocalFiles):
    """Sends requests with httpx2. It follows no redirects, because the token is for one host, and ignores cookies.

    Its methods are coroutines, as the transport protocol requires, but they block and never suspend. Create one and
    share it between clients, users and threads. It keeps nothing about users. A forked process opens connections of its
    own. Environment variables set proxies and certificates.

    Args:
        connections: How many requests may run at the same time. More requests wait.

    Raises:
        ValueError: ``connections`` is less than 1.

    Examples:
        >>> podio = SyncPodio("app", "my-app", secret, transport=BlockingHttpxTransport())
    """

    def __init__(self, *, connections: int = CONNECTIONS) -> None:
        self._limits = pool_limits(connections)
        self._connections = connections
        self._ssl_context = httpx2.create_ssl_context()
        # By process: two processes on one connection would get each other's responses.
        self._opened: dict[int, _Clients] = {}
        # A script need not call close().
        finalize(self, _close, self._opened)

    async def perform(self, request: Request, timeout: float | None) -> Response:
        """Send a request and return the response, whatever its status.

        The body is decoded as UTF-8, whatever charset the headers say.

        Args:
            request: The request.
            timeout: The time limit in seconds, from waiting for a connection to the last byte of the body. None means
                no limit.

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
            end = None if timeout is None else time.monotonic() + timeout
            httpx_request = request_of(request, {"connect": end, "write": end, "read": end})
            with self._clients().one(timeout) as client:
                # Not client.send(): it spends time on cookies, redirects and authentication, which are not used here.
                httpx_response = client._transport_for_url(httpx_request.url).handle_request(httpx_request)
                status = httpx_response.status_code
                text = read_text_now(httpx_response)
        except FAILURES as problem:
            failure = failure_of(request, status, timeout, problem)
        else:
            return Response(status, headers_of(httpx_response.headers.items()), text)
        # Outside the except clause: httpx2's exception holds the token and must not become the context.
        raise failure

    async def upload(self, request: Request, source: FileSource, watch: TransferWatch) -> Response:
        """Send a file as ``multipart/form-data``, and return the response, whatever its status.

        An upload has a connection of its own.

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
        with file_httpx_blocking.watched_client(self._ssl_context, watch) as client:
            return await file_httpx_blocking.upload(client, request, local(source), watch)

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
        with self._clients().one(watch.check()) as client:
            return await file_httpx_blocking.download(client, request, sink, watch)

    async def close(self) -> None:
        """Close this process's connections. A later request opens new ones.

        Examples:
            >>> transport = BlockingHttpxTransport()
            >>> await transport.close()
        """
        _close(self._opened)

    def _clients(self) -> _Clients:
        process = os.getpid()
        clients = self._opened.get(process)
        if clients is None:
            # Without a lock: if another thread holds it during a fork, the new process never gets it.
            clients = self._opened.setdefault(process, _Clients(self._new_client, self._connections))
            for other in [each for each in list(self._opened) if each != process]:
                # Not closed: that would wait for threads of the other process.
                self._opened.pop(other, None)
        return clients

    def _new_client(self) -> httpx2.Client:
        client = without_cookies(httpx2.Client(verify=self._ssl_context, limits=self._limits))
        for transport in (client._transport, *client._mounts.values()):
            if isinstance(transport, httpx2.HTTPTransport):
                # httpx2 has no option for the network backend; httpcore2's pool has one.
                transport._pool._network_backend = _TimedBackend()
        return client


class _Clients:
    """httpx2 clients, each for one request at a time, with at most ``limit`` requests at the same time.

    One client for all threads would be simpler. But it holds a lock while it looks at every connection, for each
    request. With 16 threads that is a quarter slower.
    """

    def __init__(self, make: Callable[[], httpx2.Client], limit: int) -> None:
        self._make = make
        self._idle: list[httpx2.Client] = []
        self._kept = min(KEPT, limit)
        self._free = threading.Semaphore(limit)

    @contextmanager
    def one(self, seconds: float | None) -> Iterator[httpx2.Client]:
        """Reserve the client that was used last, for a ``with`` block.

        Raises TimeoutError if no client becomes free within ``seconds``.
        """
        if not self._free.acquire(timeout=seconds):
            raise TimeoutError
        try:
            try:
                client = self._idle.pop()
            except IndexError:
                client = self._make()
            try:
                yield client
            finally:
                if len(self._idle) < self._kept:
                    self._idle.append(client)
                else:
                    client.close()
        finally:
            self._free.release()

    def close(self) -> None:
        """Close the idle connections. Requests that are running keep theirs until they end."""
        self._kept = 0
        while self._idle:
            self._idle.pop().close()


def _close(opened: dict[int, _Clients]) -> None:
    clients = opened.pop(os.getpid(), None)
    if clients is not None:
        clients.close()


class _TimedBackend(httpcore2.NetworkBackend):
    """Opens connections whose timeouts are deadlines on the monotonic clock, or functions that return what is left.

    httpx2's own timeouts restart with each byte.
    """

    def __init__(self) -> None:
        self._backend = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        left = _left(timeout, httpcore2.ConnectTimeout)
        return _TimedStream(self._backend.connect_tcp(host, port, left, local_address, socket_options))


class _TimedStream(httpcore2.NetworkStream):
    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream
        self.get_extra_info = stream.get_extra_info  # type: ignore[method-assign]
        self.close = stream.close  # type: ignore[method-assign]

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if not callable(timeout):
            return self._stream.read(max_bytes, _left(timeout, httpcore2.ReadTimeout))
        while True:
            try:
                return self._stream.read(max_bytes, min(timeout(), LONGEST_WAIT))
            except httpcore2.ReadTimeout:
                continue

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout, httpcore2.WriteTimeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = _left(timeout, httpcore2.ConnectTimeout)
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, left))


def _left(end: float | None, late: type[Exception]) -> float | None:
    if callable(end):
        # A transfer: the check of its watch.
        left: float = end()
        return left
    try:
        return left_until(end)
    except TimeoutError:
        raise late from None
