"""The blocking transport of CPython with httpx2, whose connections are used again.

https://github.com/pydantic/httpx2
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any
from weakref import finalize

# First: it says what to install when there is no httpx2.
from podio_web.server.httpx_calls import (  # isort: skip
    CONNECTIONS,
    FAILURES,
    failure_of,
    pool_limits,
    request_of,
    without_cookies,
)

import httpcore2
import httpx2

from podio_web.api import Answer
from podio_web.sync.body import Body, headers_of
from podio_web.sync.deadline import left_until

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

    from podio_web.api import Call
    from podio_web.errors import PodioError


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
        self._ssl_context = httpx2.create_ssl_context()
        # By process: two that use one connection would get each other's answers.
        self._opened: dict[int, httpx2.Client] = {}
        # Scripts need not close what they use until their end.
        finalize(self, _close, self._opened)

    async def perform(self, call: Call, timeout: float | None) -> Answer:
        """Return the answer, whatever its status.

        ``timeout`` is in seconds, from waiting for a connection to the last byte of the body. Raises TimedOut when it
        is over, ConnectionFailed without a whole answer, PodioError for an answer that is packed in an unknown way or
        too large. Bodies are read as UTF-8, whatever charset they claim.
        """
        failure: PodioError
        status = 0
        try:
            end = None if timeout is None else time.monotonic() + timeout
            # The pool wants to know how long, the connections until when.
            request = request_of(call, {"pool": timeout, "connect": end, "write": end, "read": end})
            response = self._client().send(request, auth=None, follow_redirects=False, stream=True)
            status = response.status_code
            text = _read(response)
        except FAILURES as problem:
            failure = failure_of(call, status, timeout, problem)
        else:
            return Answer(status, headers_of(response.headers.items()), text)
        # Out here, or what httpx2 raised, which knows the request and its token, would come with it as the context.
        raise failure

    async def close(self) -> None:
        """Close this process's connections; a later call opens new ones.

        >>> drive(transport.close())
        """
        _close(self._opened)

    def _client(self) -> httpx2.Client:
        process = os.getpid()
        client = self._opened.get(process)
        if client is None:
            # No lock: one that another thread holds at a fork is never released in the new process.
            client = self._opened.setdefault(process, self._new_client())
            for other in [each for each in list(self._opened) if each != process]:
                # Not closed: closing waits for what the other process's threads were doing.
                self._opened.pop(other, None)
        return client

    def _new_client(self) -> httpx2.Client:
        client = without_cookies(httpx2.Client(verify=self._ssl_context, limits=self._limits))
        for transport in (client._transport, *client._mounts.values()):
            if isinstance(transport, httpx2.HTTPTransport):
                # httpx2 has no option for it, unlike the pool beneath.
                transport._pool._network_backend = _TimedBackend()
        return client


def _close(opened: dict[int, httpx2.Client]) -> None:
    client = opened.pop(os.getpid(), None)
    if client is not None:
        client.close()


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
