"""A transport with scripted responses, for tests without a browser or a server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from podio_web.http import Request, Response
from podio_web.transports.body import headers_of
from podio_web.transports.file_sources import LocalFiles, OwnFailure, local, parts

if TYPE_CHECKING:
    from podio_web.types import FileSink, FileSource, TransferWatch


class _Scripted:
    """One scripted response or exception, and how many times it is still available."""

    def __init__(self, method: str, path: str, outcome: Response | Exception, times: int | None) -> None:
        if times is not None and times < 1:
            raise ValueError("times must be at least 1. Pass None for any number of calls.")
        self.method = method.upper()
        self.path = path
        self.outcome = outcome
        self.left = times

    def matches(self, call: Request) -> bool:
        return self.left != 0 and (self.method, self.path) == (call.method, call.path)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class FakeTransport(LocalFiles):
    """A transport that returns scripted responses and records requests in ``calls``, and files in ``uploads``.

    Responses for the same method and path are returned in the order in which they were scripted. If no response is
    left for a request, AssertionError is raised.

    Examples:
        >>> from podio_web import Podio
        >>> transport = FakeTransport()
        >>> transport.answer("GET", "/item/4", {"item_id": 4, "title": "Paint the fence"})
        >>> podio = Podio("client", client_id="my-app", transport=transport)
        >>> podio.set_access_token({"access_token": "test", "expires_in": 3600})
        >>> (await podio.get("/item/4"))["title"]
        'Paint the fence'
        >>> transport.calls
        [<Request GET /item/4>]
    """

    def __init__(self) -> None:
        self.calls: list[Request] = []
        self.uploads: list[tuple[str, bytes]] = []
        self.closed: bool = False
        self._script: list[_Scripted] = []

    def answer(
        self,
        method: str,
        path: str,
        data: Any = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        text: str | None = None,
        times: int | None = 1,
    ) -> None:
        """Script a response.

        Args:
            method: The HTTP method of the request.
            path: The path of the request, without the query.
            data: The body, which is encoded as JSON. None means an empty body.
            status: The HTTP status.
            headers: The response headers.
            text: The body as text, such as a gateway's HTML page. Use it instead of ``data``.
            times: How many requests get this response. None means all that follow.

        Raises:
            ValueError: Both ``data`` and ``text`` are given, or ``times`` is less than 1.

        Examples:
            >>> transport = FakeTransport()
            >>> transport.answer("GET", "/item/9", {"error": "gone"}, status=410)
        """
        if data is not None and text is not None:
            raise ValueError("A response has one body. Pass data or text, not both.")
        # Real transports drop a byte order mark too.
        body = text.removeprefix("\ufeff") if text is not None else "" if data is None else json.dumps(data)
        self._script.append(_Scripted(method, path, Response(status, headers_of((headers or {}).items()), body), times))

    def fail(self, method: str, path: str, problem: Exception, *, times: int | None = 1) -> None:
        """Script an exception instead of a response.

        ``Podio`` retries a GET after a lost connection or a status of 502, 503 or 504. Script the next response as
        well, or create the client with ``retry=None``.

        Args:
            method: The HTTP method of the request.
            path: The path of the request, without the query.
            problem: The exception to raise.
            times: How many requests raise it. None means all that follow.

        Raises:
            ValueError: ``times`` is less than 1.

        Examples:
            >>> from podio_web import ConnectionFailed
            >>> transport = FakeTransport()
            >>> transport.fail("GET", "/user/status", ConnectionFailed("offline"))
        """
        self._script.append(_Scripted(method, path, problem, times))

    @property
    def unused(self) -> list[str]:
        """The scripted responses that no request has used, as "METHOD /path", once for each missing request.

        Responses with ``times=None`` are left out.

        Examples:
            >>> transport = FakeTransport()
            >>> transport.answer("GET", "/item/4", {"item_id": 4}, times=2)
            >>> transport.unused
            ['GET /item/4', 'GET /item/4']
        """
        return [str(scripted) for scripted in self._script for _ in range(scripted.left or 0)]

    async def perform(self, call: Request, timeout: float | None) -> Response:
        """Record a request and return the next response that is scripted for it.

        Args:
            call: The request.
            timeout: Ignored.

        Raises:
            AssertionError: No response is scripted for the request.
            Exception: The exception that ``fail`` has scripted for the request.
        """
        self.calls.append(call)
        for scripted in self._script:
            if scripted.matches(call):
                if scripted.left is not None:
                    scripted.left -= 1
                if isinstance(scripted.outcome, Exception):
                    raise scripted.outcome
                return scripted.outcome
        known = ", ".join(str(scripted) for scripted in self._script if scripted.left != 0) or "nothing"
        raise AssertionError(f"No response is scripted for {call.method} {call.path}. Scripted: {known}.")

    async def upload(self, call: Request, source: FileSource, watch: TransferWatch) -> Response:
        """Record a request and its file in ``uploads``, and return the next response that is scripted for it.

        Args:
            call: The request.
            source: What is sent.
            watch: It is told the progress.

        Raises:
            AssertionError: No response is scripted for the request.
            Exception: What reading the source raises, or the exception that ``fail`` has scripted.
        """
        try:
            content = b"".join(parts(local(source)))
        except OwnFailure as own:
            raise own.problem from None
        watch.moved(len(content))
        watch.sent()
        self.uploads.append((source.name, content))
        return await self.perform(call, None)

    async def download(self, call: Request, sink: FileSink, watch: TransferWatch) -> Response:
        """Record a request, and put the text of the next successful response that is scripted for it into a sink.

        Args:
            call: The request.
            sink: What takes the content.
            watch: It is told the progress.
        """
        response = await self.perform(call, None)
        if not 200 <= response.status < 300:
            return response
        content = response.text.encode()
        await sink.begin(len(content), response.headers.get("content-type", ""))
        await sink.write(content)
        watch.moved(len(content))
        return Response(response.status, response.headers, "")

    async def close(self) -> None:
        """Set ``closed`` to True."""
        self.closed = True
