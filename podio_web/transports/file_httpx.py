"""Upload and download files with an ``httpx2.AsyncClient``.

https://github.com/pydantic/httpx2
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpcore2
import httpx2

from podio_web.http import Response
from podio_web.transports.body import headers_of
from podio_web.transports.file_sources import OwnFailure, own_failures, parts_in_thread
from podio_web.transports.httpx_requests import (
    FAILURES,
    NO_LIMITS,
    announced,
    failure_of,
    read_text,
    transfer_request,
    without_cookies,
)
from podio_web.transports.multipart import Multipart
from podio_web.transports.watched_socket import NewSelector, is_refusal

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

    from podio_web.http import Request
    from podio_web.transports.file_sources import LocalSource
    from podio_web.types import FileSink, TransferWatch

_CHUNK = 65_536
# Seconds between two looks while the caller works on a part.
_LONGEST_PAUSE = 1.0
# Rounds of the event loop until something that has arrived is known here.
_ROUNDS = 3
# The shortest response line that has a status.
_LEAST = 10


async def upload(client: httpx2.AsyncClient, request: Request, source: LocalSource, watch: TransferWatch) -> Response:
    """Send a file as ``multipart/form-data``, and return the response, whatever its status.

    Args:
        client: The client that sends it.
        request: The request, without a body.
        source: What is sent.
        watch: The limits and the progress.

    Returns:
        The response.

    Raises:
        TimedOut: A limit of the watch has passed.
        ConnectionFailed: There is no complete response.

    Examples:
        >>> async with httpx2.AsyncClient() as client:
        ...     response = await upload(client, request, source, watch)
    """
    multipart = Multipart(source.name)
    async with _Timer(watch) as timer:
        body = _Body(source, multipart, watch, timer)
        httpx_request = transfer_request(request, NO_LIMITS, multipart.headers(source.size), body)
        return await _exchange(client, request, httpx_request, None, timer)


async def download(client: httpx2.AsyncClient, request: Request, sink: FileSink, watch: TransferWatch) -> Response:
    """Send a request, put the body of a successful response into a sink, and return the response without text.

    Args:
        client: The client that sends it.
        request: The request.
        sink: What takes the content.
        watch: The limits and the progress.

    Returns:
        The response.

    Raises:
        TimedOut: A limit of the watch has passed.
        ConnectionFailed: There is no complete response.

    Examples:
        >>> async with httpx2.AsyncClient() as client:
        ...     response = await download(client, request, sink, watch)
    """
    async with _Timer(watch) as timer:
        httpx_request = transfer_request(request, NO_LIMITS, {"Accept-Encoding": "identity"})
        return await _exchange(client, request, httpx_request, sink, timer)


@asynccontextmanager
async def watched_client(ssl_context: ssl.SSLContext) -> AsyncIterator[httpx2.AsyncClient]:
    """Yield a client for one upload, which sees an answer that comes before everything was sent.

    Args:
        ssl_context: The certificates.

    Examples:
        >>> async with watched_client(httpx2.create_ssl_context()) as client:
        ...     response = await upload(client, request, source, watch)
    """
    async with httpx2.AsyncClient(verify=ssl_context) as client:
        for transport in (client._transport, *client._mounts.values()):
            if isinstance(transport, httpx2.AsyncHTTPTransport):
                # httpx2 has no option for the network backend; httpcore2's pool has one.
                transport._pool._network_backend = _ListeningBackend()
        yield without_cookies(client)


async def _exchange(
    client: httpx2.AsyncClient, request: Request, httpx_request: httpx2.Request, sink: FileSink | None, timer: _Timer
) -> Response:
    failure: Exception
    status = 0
    text = ""
    try:
        httpx_response = await client.send(httpx_request, auth=None, follow_redirects=False, stream=True)
        status = httpx_response.status_code
        if sink is not None and 200 <= status < 300:
            await _receive(httpx_response, sink, timer)
        else:
            text = await read_text(httpx_response)
    except OwnFailure as own:
        failure = own.problem
    except FAILURES as problem:
        failure = failure_of(request, status, None, problem)
    else:
        return Response(status, headers_of(httpx_response.headers.items()), text)
    # Outside the except clause: httpx2's exception holds the token and must not become the context.
    raise failure


async def _receive(httpx_response: httpx2.Response, sink: FileSink, timer: _Timer) -> None:
    """Put the body of a response into a sink."""
    body, size, mimetype = announced(httpx_response)
    try:
        await timer.pause(sink.begin(size, mimetype))
        # The limit for the parts may be shorter than that for the response.
        timer.restart()
        if httpx_response.is_stream_consumed:
            # A mock transport had the whole content, and httpx2 has decompressed it.
            await timer.pause(sink.write(httpx_response.content))
            return
        async for part in httpx_response.aiter_raw(_CHUNK):
            await timer.pause(sink.write(body.decode(part)))
            timer.watch.moved(body.size)
        body.finish()
    finally:
        await httpx_response.aclose()


class _Timer:
    """Ends the block when the watch says so, and raises the watch's error.

    Nothing is set for each part of a file: if the transfer has moved when the time is up, the timer starts again.
    """

    def __init__(self, watch: TransferWatch) -> None:
        self.watch = watch
        self._loop = asyncio.get_running_loop()
        self._limit = asyncio.timeout(None)
        self._handle: asyncio.TimerHandle | None = None
        self._is_paused = False

    @property
    def is_over(self) -> bool:
        """Whether the block was ended."""
        return self._limit.expired()

    async def __aenter__(self) -> _Timer:
        await self._limit.__aenter__()
        self.watch.on_stop = self.end
        self.restart()
        return self

    async def __aexit__(self, *problem: Any) -> None:
        self.watch.on_stop = None
        self._cancel()
        try:
            await self._limit.__aexit__(*problem)
        except TimeoutError:
            late = True
        else:
            late = False
        while late:  # noqa: ASYNC110 - time is not an event
            # It raises the watch's error. The event loop's clock may be ahead by a moment.
            await asyncio.sleep(self.watch.check())

    def restart(self) -> None:
        """Look at the watch when its time is up."""
        self._cancel()
        if self.is_over:
            return
        try:
            left = _LONGEST_PAUSE if self._is_paused else self.watch.check()
        except Exception:
            self.end()
        else:
            self._handle = self._loop.call_later(left, self.restart)

    def end(self) -> None:
        """End the block."""
        if not self.is_over:
            self._limit.reschedule(self._loop.time())

    async def pause(self, step: Awaitable[None]) -> None:
        """Do a step of the caller, for which there is no limit. The transfer must have moved afterwards."""
        self._is_paused = True
        with own_failures():
            await step
        self._is_paused = False

    def _cancel(self) -> None:
        if self._handle is not None:
            self._handle.cancel()


class _Body(httpx2.AsyncByteStream):
    """The body of an upload."""

    def __init__(self, source: LocalSource, multipart: Multipart, watch: TransferWatch, timer: _Timer) -> None:
        self._source = source
        self._multipart = multipart
        self._watch = watch
        self._timer = timer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        source = parts_in_thread(self._source)
        done = 0
        try:
            yield self._multipart.head
            async for part in source:
                yield part
                done += len(part)
                self._watch.moved(done)
            yield self._multipart.tail
        finally:
            # Here too if the answer came early: it may take as long as any other.
            if not self._timer.is_over:
                self._watch.sent()
                self._timer.restart()
            await source.aclose()  # type: ignore[attr-defined]


class _ListeningBackend(httpcore2.AsyncNetworkBackend):
    """Opens connections that see an answer while they send."""

    def __init__(self) -> None:
        self._backend = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        return _ListeningStream(await self._backend.connect_tcp(host, port, timeout, local_address, socket_options))


class _ListeningStream(httpcore2.AsyncNetworkStream):
    """A connection that reads while it sends.

    If the server refuses the request, ``write`` raises WriteError. httpcore2 then reads the response.
    """

    def __init__(self, stream: httpcore2.AsyncNetworkStream) -> None:
        self._stream = stream
        self._is_tls = stream.get_extra_info("ssl_object") is not None
        self._writes = 0
        self._heard = b""
        self._listening: asyncio.Task[bytes] | None = None
        self._written: asyncio.Task[None] | None = None
        self._writing: asyncio.Timeout | None = None
        self._is_refused = False
        self._selector = NewSelector()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.AsyncNetworkStream:
        return _ListeningStream(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        self._writes += 1
        # The first write is the head of the request, to which a proxy may answer at once.
        if self._writes == 2:
            self._listen()
        if self._writes >= 2 and self._selector.select(0):
            # Let the event loop read first. If the server has closed the connection, a write would lose the answer.
            for _ in range(_ROUNDS):
                await asyncio.sleep(0)
        if self._is_refused:
            raise httpcore2.WriteError("the server has answered")
        try:
            async with asyncio.timeout(None) as self._writing:
                await self._write(buffer)
        except TimeoutError:
            raise httpcore2.WriteError("the server has answered") from None
        finally:
            self._writing = None

    async def _write(self, buffer: bytes) -> None:
        if not self._is_tls:
            await self._stream.write(buffer)
            return
        # In a task of its own, because a TLS connection cannot be read any more if a write to it was cancelled.
        self._written = asyncio.create_task(self._stream.write(buffer))
        await asyncio.shield(self._written)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._writes = 0
        if self._listening is not None and not self._is_refused:
            # Not cancelled by a limit: the watch ends the transfer.
            listening, self._listening = self._listening, None
            listening.remove_done_callback(self._hear)
            heard = await listening
            return heard if not self._heard else self._take() + heard
        if self._heard:
            return self._take()
        return await self._stream.read(max_bytes)

    async def aclose(self) -> None:
        if self._listening is not None:
            self._listening.remove_done_callback(self._hear)
        tasks = [task for task in (self._listening, self._written) if task is not None]
        for task in tasks:
            task.cancel()
        try:
            if tasks:
                await asyncio.wait(tasks)
                for task in tasks:
                    # Otherwise asyncio would log that nobody read the exception.
                    _ = task.cancelled() or task.exception()
        finally:
            # Here too if the upload is cancelled once more.
            self._selector.close()
            await self._stream.aclose()

    def _listen(self) -> None:
        if not self._selector.get_map():
            self._selector.register(self.get_extra_info("socket"), selectors.EVENT_READ)
        self._listening = asyncio.create_task(self._stream.read(_CHUNK))
        self._listening.add_done_callback(self._hear)

    def _hear(self, listening: asyncio.Task[bytes]) -> None:
        if listening.cancelled():
            return
        part = b"" if listening.exception() is not None else listening.result()
        self._heard += part
        if part and not (len(self._heard) >= _LEAST and is_refusal(self._heard)):
            self._listen()
            return
        self._listening = None
        self._is_refused = True
        if self._writing is not None and not self._writing.expired():
            self._writing.reschedule(asyncio.get_running_loop().time())

    def _take(self) -> bytes:
        heard, self._heard = self._heard, b""
        return heard
