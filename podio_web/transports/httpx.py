"""The asynchronous transport of CPython: httpx2, with a connection pool.

https://github.com/pydantic/httpx2
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

# First: its ImportError says how to install httpx2.
from podio_web.transports.httpx_requests import (  # isort: skip
    CONNECTIONS,
    FAILURES,
    NO_LIMITS,
    failure_of,
    pool_limits,
    read_text,
    request_of,
    without_cookies,
)

import httpx2

from podio_web.http import Response
from podio_web.transports import file_httpx
from podio_web.transports.body import headers_of
from podio_web.transports.file_sources import LocalFiles, local

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator

    from podio_web.errors import PodioError
    from podio_web.http import Request
    from podio_web.types import FileSink, FileSource, TransferWatch

    # A client, and the generator that closes it.
    _Opened = tuple[httpx2.AsyncClient, AsyncGenerator[httpx2.AsyncClient]]


class HttpxTransport(LocalFiles):
    """Sends requests with httpx2. It follows no redirects, because the token is for one host, and ignores cookies.

    Create one and share it between clients, users and event loops. It keeps nothing about users. Each event loop has
    connections of its own, and ``asyncio.run`` closes them at its end.

    Args:
        client: An ``httpx2.AsyncClient`` with your own proxies, certificates or limits. It belongs to the first event
            loop that uses it. It is not closed by this transport, and it ignores cookies from now on. Its headers,
            timeouts and authentication are not used. None means that environment variables set proxies and
            certificates.
        connections: How many requests may run at the same time in one event loop. More requests wait.

    Raises:
        ValueError: ``connections`` is less than 1.

    Examples:
        >>> transport = HttpxTransport()
        >>> podio = Podio("server", "my-app", secret, transport=transport)
    """

    def __init__(self, client: httpx2.AsyncClient | None = None, *, connections: int = CONNECTIONS) -> None:
        self._limits = pool_limits(connections)
        self._given = None if client is None else without_cookies(client)
        self._given_loop: asyncio.AbstractEventLoop | None = None
        self._opened: dict[asyncio.AbstractEventLoop, _Opened] = {}
        self._ssl_context: ssl.SSLContext | None = None

    async def perform(self, request: Request, timeout: float | None) -> Response:
        """Send a request and return the response, whatever its status.

        The body is decoded as UTF-8, whatever charset the headers say. If the task is cancelled, the request is
        aborted.

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
            RuntimeError: The ``client`` given to this transport belongs to another event loop.
        """
        client = await self._client()
        failure: PodioError
        status = 0
        try:
            httpx_request = request_of(request, NO_LIMITS)
            async with asyncio.timeout(timeout):
                httpx_response = await client.send(httpx_request, auth=None, follow_redirects=False, stream=True)
                status = httpx_response.status_code
                text = await read_text(httpx_response)
        except FAILURES as problem:
            failure = failure_of(request, status, timeout, problem)
        else:
            return Response(status, headers_of(httpx_response.headers.items()), text)
        # Outside the except clause: httpx2's exception holds the token and must not become the context.
        raise failure

    async def upload(self, request: Request, source: FileSource, watch: TransferWatch) -> Response:
        """Send a file as ``multipart/form-data``, and return the response, whatever its status.

        An upload has a connection of its own, unless this transport was given a client.

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
        if self._given is not None:
            return await file_httpx.upload(await self._client(), request, local(source), watch)
        async with file_httpx.watched_client(self._ssl()) as client:
            return await file_httpx.upload(client, request, local(source), watch)

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
        return await file_httpx.download(await self._client(), request, sink, watch)

    async def close(self) -> None:
        """Close this event loop's connections. A later request opens new ones.

        A ``client`` given to this transport stays open.

        Examples:
            >>> transport = HttpxTransport()
            >>> await transport.close()
        """
        opened = self._opened.get(asyncio.get_running_loop())
        if opened is not None:
            await opened[1].aclose()

    def _ssl(self) -> ssl.SSLContext:
        if self._ssl_context is None:
            self._ssl_context = httpx2.create_ssl_context()
        return self._ssl_context

    async def _client(self) -> httpx2.AsyncClient:
        loop = asyncio.get_running_loop()
        if self._given is not None:
            if self._given_loop is None:
                self._given_loop = loop
            if self._given_loop is not loop:
                raise RuntimeError(
                    "The httpx2.AsyncClient given to HttpxTransport belongs to another event loop. Create a client for "
                    "each event loop, or use HttpxTransport() without a client: it creates one for each event loop."
                )
            return self._given
        opened = self._opened.get(loop)
        if opened is None:
            for ended in [each for each in self._opened if each.is_closed()]:
                del self._opened[ended]
            life = self._life_of_a_client(loop)
            opened = self._opened[loop] = (await anext(life), life)
        return opened[0]

    async def _life_of_a_client(self, loop: asyncio.AbstractEventLoop) -> AsyncGenerator[httpx2.AsyncClient]:
        """Yield a client, and close it when the generator is closed.

        This is a generator because the end of an event loop closes open generators:
        https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.loop.shutdown_asyncgens
        """
        client = httpx2.AsyncClient(verify=self._ssl(), limits=self._limits)
        try:
            yield without_cookies(client)
        finally:
            self._opened.pop(loop, None)
            await client.aclose()
