"""Upload and download files with a blocking ``httpx2.Client``.

https://github.com/pydantic/httpx2
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpcore2
import httpx2

from podio_web.errors import TimedOut
from podio_web.http import Response
from podio_web.transports.body import headers_of
from podio_web.transports.file_sources import OwnFailure, own_failures, parts
from podio_web.transports.httpx_requests import (
    FAILURES,
    NO_LIMITS,
    announced,
    failure_of,
    read_text_now,
    transfer_request,
    without_cookies,
)
from podio_web.transports.multipart import Multipart
from podio_web.transports.watched_socket import WatchedSocket

if TYPE_CHECKING:
    from collections.abc import Iterable

    from podio_web.http import Request
    from podio_web.transports.file_sources import LocalSource
    from podio_web.types import FileSink, TransferWatch

_CHUNK = 65_536


async def upload(client: httpx2.Client, request: Request, source: LocalSource, watch: TransferWatch) -> Response:
    """Send a file as ``multipart/form-data``, and return the response, whatever its status.

    Args:
        client: A client of ``watched_client``.
        request: The request, without a body.
        source: What is sent.
        watch: The limits and the progress.

    Returns:
        The response.

    Raises:
        TimedOut: A limit of the watch has passed.
        ConnectionFailed: There is no complete response.

    Examples:
        >>> with watched_client(httpx2.create_ssl_context(), watch) as client:
        ...     response = await upload(client, request, source, watch)
    """
    multipart = Multipart(source.name)
    body = _Body(source, multipart, watch)
    httpx_request = transfer_request(request, NO_LIMITS, multipart.headers(source.size), body)
    return await _exchange(client, request, httpx_request, None, watch)


async def download(client: httpx2.Client, request: Request, sink: FileSink, watch: TransferWatch) -> Response:
    """Send a request, put the body of a successful response into a sink, and return the response without text.

    Args:
        client: A client of ``BlockingHttpxTransport``, whose timeouts may be functions.
        request: The request.
        sink: What takes the content.
        watch: The limits and the progress.

    Returns:
        The response.

    Raises:
        TimedOut: A limit of the watch has passed.
        ConnectionFailed: There is no complete response.
    """
    limits = {"connect": watch.check, "write": watch.check, "read": watch.check}
    httpx_request = transfer_request(request, limits, {"Accept-Encoding": "identity"})
    return await _exchange(client, request, httpx_request, sink, watch)


@contextmanager
def watched_client(ssl_context: ssl.SSLContext, watch: TransferWatch) -> Iterator[httpx2.Client]:
    """Yield a client for one upload, within the limits of its watch.

    Args:
        ssl_context: The certificates.
        watch: The limits.

    Examples:
        >>> with watched_client(httpx2.create_ssl_context(), watch) as client:
        ...     response = await upload(client, request, source, watch)
    """
    with httpx2.Client(verify=ssl_context) as client:
        for transport in (client._transport, *client._mounts.values()):
            if isinstance(transport, httpx2.HTTPTransport):
                # httpx2 has no option for the network backend; httpcore2's pool has one.
                transport._pool._network_backend = _WatchedBackend(watch)
        yield without_cookies(client)


async def _exchange(
    client: httpx2.Client, request: Request, httpx_request: httpx2.Request, sink: FileSink | None, watch: TransferWatch
) -> Response:
    failure: Exception
    status = 0
    text = ""
    try:
        # Not client.send(): see BlockingHttpxTransport.perform().
        httpx_response = client._transport_for_url(httpx_request.url).handle_request(httpx_request)
        status = httpx_response.status_code
        if sink is not None and 200 <= status < 300:
            await _receive(httpx_response, sink, watch)
        else:
            text = read_text_now(httpx_response)
    except OwnFailure as own:
        failure = own.problem
    except FAILURES as problem:
        failure = failure_of(request, status, None, problem)
    else:
        return Response(status, headers_of(httpx_response.headers.items()), text)
    # Outside the except clause: httpx2's exception holds the token and must not become the context.
    if isinstance(failure, TimedOut):
        watch.check()
    raise failure


async def _receive(httpx_response: httpx2.Response, sink: FileSink, watch: TransferWatch) -> None:
    """Put the body of a response into a sink."""
    body, size, mimetype = announced(httpx_response)
    try:
        with own_failures():
            await sink.begin(size, mimetype)
        for part in httpx_response.iter_raw(_CHUNK):
            decoded = body.decode(part)
            with own_failures():
                await sink.write(decoded)
            watch.moved(body.size)
        body.finish()
    finally:
        httpx_response.close()


class _Body(httpx2.SyncByteStream):
    """The body of an upload."""

    def __init__(self, source: LocalSource, multipart: Multipart, watch: TransferWatch) -> None:
        self._source = source
        self._multipart = multipart
        self._watch = watch

    def __iter__(self) -> Iterator[bytes]:
        done = 0
        try:
            yield self._multipart.head
            for part in parts(self._source):
                yield part
                done += len(part)
                self._watch.moved(done)
            yield self._multipart.tail
        finally:
            # Here too if the answer came early: it may take as long as any other.
            self._watch.sent()


class _WatchedBackend(httpcore2.NetworkBackend):
    """Opens connections that stay within the limits of a watch."""

    def __init__(self, watch: TransferWatch) -> None:
        self._backend = httpcore2.SyncBackend()
        self._watch = watch

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        left = self._watch.check()
        stream = self._backend.connect_tcp(host, port, left, local_address, socket_options)
        return _WatchedStream(stream, self._watch)


class _WatchedStream(httpcore2.NetworkStream):
    """A connection within the limits of a watch.

    If the server refuses the request, ``write`` raises WriteError. httpcore2 then reads the response.
    """

    def __init__(self, stream: httpcore2.NetworkStream, watch: TransferWatch) -> None:
        self._stream = stream
        self._watch = watch
        self._watched = WatchedSocket(stream.get_extra_info("socket"), watch)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            return self._watched.receive(max_bytes)
        except OSError as problem:
            raise httpcore2.ReadError(str(problem)) from problem

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not self._watched.send(buffer):
            raise httpcore2.WriteError("the server has answered")

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        is_second = isinstance(self._watched.connection, ssl.SSLSocket)
        self._watched.release()
        stream = self._stream.start_tls(ssl_context, server_hostname, self._watch.check())
        # Within another TLS connection, to a proxy, nothing can be sent past httpcore2.
        return _PlainStream(stream, self._watch) if is_second else _WatchedStream(stream, self._watch)


class _PlainStream(httpcore2.NetworkStream):
    """A connection within the limits of a watch that cannot read while it sends."""

    def __init__(self, stream: httpcore2.NetworkStream, watch: TransferWatch) -> None:
        self._stream = stream
        self._watch = watch

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._watch.check())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._watch.check())

    def close(self) -> None:
        self._stream.close()
