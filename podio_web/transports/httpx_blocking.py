"""The blocking transport of CPython with httpx2, whose connections are used again.

https://github.com/pydantic/httpx2
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import finalize

# First: it says what to install when there is no httpx2.
from podio_web.transports.httpx_requests import (  # isort: skip
    CONNECTIONS,
    FAILURES,
    KEPT,
    failure_of,
    pool_limits,
    request_of,
    without_cookies,
)

import httpcore2
import httpx2

from podio_web.http import Response
from podio_web.transports.body import Body, headers_of
from podio_web.transports.deadline import left_until

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Iterator

    from podio_web.errors import PodioError
    from podio_web.http import Request


class BlockingHttpxTransport:
    """Performs calls with httpx2: no redirects to places that the token is not meant for, and no cookies.

    Its methods are coroutines for the sake of ``Podio``'s protocol, but block and never suspend. Make one and share it:
    between clients, between users (it keeps nothing about them), and between threads. A process that was forked opens
    connections of its own. Proxies and certificates are those that the environment names.

    ``connections`` says how many calls are under way at once; more wait for their turn.

    >>> podio = SyncPodio("app", "my-app", secret, transport=BlockingHttpxTransport())
    """

    def __init__(self, *, connections: int = CONNECTIONS) -> None:
        self._limits = pool_limits(connections)
        self._connections = connections
        self._ssl_context = httpx2.create_ssl_context()
        # By process: two that use one connection would get each other's answers.
        self._opened: dict[int, _Clients] = {}
        # Scripts need not close what they use until their end.
        finalize(self, _close, self._opened)

    async def perform(self, call: Request, timeout: float | None) -> Response:
        """Return the answer, whatever its status.

        ``timeout`` is in seconds, from waiting for a connection to the last byte of the body. Raises TimedOut when it
        is over, ConnectionFailed without a whole answer, PodioError for an answer that is packed in an unknown way or
        too large. Bodies are read as UTF-8, whatever charset they claim.
        """
        failure: PodioError
        status = 0
        try:
            end = None if timeout is None else time.monotonic() + timeout
            request = request_of(call, {"connect": end, "write": end, "read": end})
            with self._clients().one(timeout) as client:
                # Not ``send``: it takes time for cookies, redirects and authentication, which are not wanted here.
                response = client._transport_for_url(request.url).handle_request(request)
                status = response.status_code
                text = _read(response)
        except FAILURES as problem:
            failure = failure_of(call, status, timeout, problem)
        else:
            return Response(status, headers_of(response.headers.items()), text)
        # Out here, or what httpx2 raised, which knows the request and its token, would come with it as the context.
        raise failure

    async def close(self) -> None:
        """Close this process's connections; a later call opens new ones.

        >>> drive(transport.close())
        """
        _close(self._opened)

    def _clients(self) -> _Clients:
        process = os.getpid()
        clients = self._opened.get(process)
        if clients is None:
            # No lock: one that another thread holds at a fork is never released in the new process.
            clients = self._opened.setdefault(process, _Clients(self._new_client, self._connections))
            for other in [each for each in list(self._opened) if each != process]:
                # Not closed: closing waits for what the other process's threads were doing.
                self._opened.pop(other, None)
        return clients

    def _new_client(self) -> httpx2.Client:
        client = without_cookies(httpx2.Client(verify=self._ssl_context, limits=self._limits))
        for transport in (client._transport, *client._mounts.values()):
            if isinstance(transport, httpx2.HTTPTransport):
                # httpx2 has no option for it, unlike the pool beneath.
                transport._pool._network_backend = _TimedBackend()
        return client


class _Clients:
    """Clients of httpx2 for one call at a time each; at most ``limit`` calls are under way at once.

    One client for all threads would be simpler. But for each call it locks all threads out while it looks at every
    connection, and 16 threads are a quarter slower.
    """

    def __init__(self, make: Callable[[], httpx2.Client], limit: int) -> None:
        self._make = make
        self._idle: list[httpx2.Client] = []
        self._kept = min(KEPT, limit)
        self._free = threading.Semaphore(limit)

    @contextmanager
    def one(self, seconds: float | None) -> Iterator[httpx2.Client]:
        """Have a client while the ``with`` block runs, the one that was used last.

        Raises TimeoutError if too many calls are under way for ``seconds``.
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
        """Close the connections; calls that are under way keep theirs until their end."""
        self._kept = 0
        while self._idle:
            self._idle.pop().close()


def _close(opened: dict[int, _Clients]) -> None:
    clients = opened.pop(os.getpid(), None)
    if clients is not None:
        clients.close()


def _read(response: httpx2.Response) -> str:
    """Return the whole body, unpacked here: httpx2 has no limit, and takes what broke off for the whole."""
    try:
        body = Body(response.headers.get("content-encoding", ""))
        for part in response.iter_raw():
            body.add(part)
        return body.text()
    finally:
        response.close()


class _TimedBackend(httpcore2.NetworkBackend):
    """Connections whose time-outs are ends, on the monotonic clock: httpx2's would start again with each byte."""

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
        return self._stream.read(max_bytes, _left(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout, httpcore2.WriteTimeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = _left(timeout, httpcore2.ConnectTimeout)
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, left))


def _left(end: float | None, late: type[Exception]) -> float | None:
    try:
        return left_until(end)
    except TimeoutError:
        raise late from None
