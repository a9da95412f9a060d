"""The asynchronous transport of CPython: httpx2, with connections that are used again.

https://github.com/pydantic/httpx2
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

# First: it says what to install when there is no httpx2.
from podio_web.transports.httpx_requests import (  # isort: skip
    CONNECTIONS,
    FAILURES,
    failure_of,
    pool_limits,
    request_of,
    without_cookies,
)

import httpx2

from podio_web.http import Response
from podio_web.transports.body import Body, headers_of, text_of

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator

    from podio_web.errors import PodioError
    from podio_web.http import Request

    # A client, and the generator that closes it.
    _Opened = tuple[httpx2.AsyncClient, AsyncGenerator[httpx2.AsyncClient]]

# httpx2's limits are for each operation (each chunk of a body may take so long); here the whole call has one.
_NO_LIMITS: dict[str, float | None] = {}


class HttpxTransport:
    """Performs calls with httpx2: no redirects to places that the token is not meant for, and no cookies.

    Make one and share it: between clients, between users (it keeps nothing about them), and between event loops, of
    which each has its own connections. ``asyncio.run`` closes those of its loop at its end.

    Arguments:

    - ``client``: an ``httpx2.AsyncClient`` with proxies, certificates or limits of your own. It is bound to the event
      loop that it is first used in, is not closed here, and keeps no cookies any more; its headers, time-outs and
      authentication are not used. Without one, proxies and certificates are those that the environment names.
    - ``connections``: how many calls are under way at once in one event loop; more wait for their turn.

    >>> transport = HttpxTransport()
    >>> podio = Podio("server", "my-app", secret, transport=transport)
    """

    def __init__(self, client: httpx2.AsyncClient | None = None, *, connections: int = CONNECTIONS) -> None:
        self._limits = pool_limits(connections)
        self._given = None if client is None else without_cookies(client)
        self._given_loop: asyncio.AbstractEventLoop | None = None
        self._opened: dict[asyncio.AbstractEventLoop, _Opened] = {}
        self._ssl_context: ssl.SSLContext | None = None

    async def perform(self, call: Request, timeout: float | None) -> Response:
        """Return the answer, whatever its status. Cancelling the task aborts the request.

        ``timeout`` is in seconds, from waiting for a connection to the last byte of the body. Raises TimedOut when it
        is over, ConnectionFailed without a whole answer, PodioError for an answer that is packed in an unknown way or
        too large, RuntimeError when a given client is used in a second loop. Bodies are read as UTF-8, whatever charset
        they claim.
        """
        client = await self._client()
        failure: PodioError
        status = 0
        try:
            request = request_of(call, _NO_LIMITS)
            async with asyncio.timeout(timeout):
                response = await client.send(request, auth=None, follow_redirects=False, stream=True)
                status = response.status_code
                text = await _read(response)
        except FAILURES as problem:
            failure = failure_of(call, status, timeout, problem)
        else:
            return Response(status, headers_of(response.headers.items()), text)
        # Out here, or what httpx2 raised, which knows the request and its token, would come with it as the context.
        raise failure

    async def close(self) -> None:
        """Close this event loop's connections; a later call opens new ones. A given client stays open.

        >>> await transport.close()
        """
        opened = self._opened.get(asyncio.get_running_loop())
        if opened is not None:
            await opened[1].aclose()

    async def _client(self) -> httpx2.AsyncClient:
        loop = asyncio.get_running_loop()
        if self._given is not None:
            if self._given_loop is None:
                self._given_loop = loop
            if self._given_loop is not loop:
                raise RuntimeError(
                    "The httpx2.AsyncClient given to HttpxTransport belongs to another event loop. Give each loop a "
                    "client of its own, or give none: HttpxTransport() then makes one for each loop."
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

        A generator, because an event loop that ends closes those that were begun in it, and nothing else that is open:
        https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.loop.shutdown_asyncgens
        """
        if self._ssl_context is None:
            self._ssl_context = httpx2.create_ssl_context()
        client = httpx2.AsyncClient(verify=self._ssl_context, limits=self._limits)
        try:
            yield without_cookies(client)
        finally:
            self._opened.pop(loop, None)
            await client.aclose()


async def _read(response: httpx2.Response) -> str:
    """Return the whole body, unpacked here: httpx2 has no limit, and takes what broke off for the whole."""
    try:
        if response.is_stream_consumed:
            # A transport of somebody's tests had it all, and httpx2 has unpacked it.
            return text_of(response.content)
        body = Body(response.headers.get("content-encoding", ""))
        async for part in response.aiter_raw():
            body.add(part)
        return body.text()
    finally:
        await response.aclose()
