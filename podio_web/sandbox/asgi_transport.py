"""Send requests to an ASGI application in this interpreter: a transport without a network.

https://asgi.readthedocs.io/en/latest/specs/www.html
"""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from starlette.types import ASGIApp, Message

from podio_web.errors import ConnectionFailed, PodioError, TimedOut
from podio_web.http import Request, Response
from podio_web.runtime.interpreter import IN_PAGE
from podio_web.transports.body import headers_of
from podio_web.transports.file_sources import file_source, local, parts
from podio_web.transports.multipart import Multipart

if TYPE_CHECKING:
    from podio_web.types import FileSink, FileSource, TransferWatch


class AsgiTransport:
    """Sends requests to an ASGI application. ``Podio`` can use it, and so can ``SyncPodio`` if the app never waits.

    It sends and receives files too, each as a whole.

    Args:
        app: The application.

    Examples:
        >>> from podio_web import Podio
        >>> from podio_web.sandbox.app import create_app
        >>> from podio_web.sandbox.world import World
        >>> world = World()
        >>> podio = Podio(
        ...     "client", "demo-client", transport=AsgiTransport(create_app(world)), api_url="http://localhost"
        ... )
        >>> world.close()
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def perform(self, request: Request, timeout: float | None) -> Response:
        """Send a request and return the response, whatever its status.

        Args:
            request: The request.
            timeout: The time limit in seconds, which needs an event loop. None means no limit.

        Raises:
            TimedOut: The time limit has passed.
            ConnectionFailed: The application has ended without a whole response.
        """
        try:
            async with _limit(timeout):
                return await exchange(self._app, request)
        except TimeoutError:
            raise TimedOut(f"{request.method} {request.path} took longer than {timeout} seconds.") from None

    def source(self, given: Any, name: str | None) -> FileSource:
        """Return what an upload sends.

        Args:
            given: In a page, a ``File``, a ``Blob``, a text or bytes; elsewhere a ``Path``, bytes or an open file.
            name: The file name. None means the name of the file.

        Raises:
            TypeError: ``given`` cannot be sent.
            ValueError: There is no name, or the path does not lead to a file.
        """
        if IN_PAGE:
            # Imported late: the module works in pages only.
            from podio_web.transports.page_files import page_source

            return page_source(given, name)
        return file_source(given, name)

    async def upload(self, request: Request, source: FileSource, watch: TransferWatch) -> Response:
        """Send a file and return the response.

        Args:
            request: The request.
            source: What ``source`` has returned.
            watch: It is told the progress, when the whole file is read.

        Raises:
            TypeError: Another transport has made the source.
            ValueError: The browser cannot read the file.
            ConnectionFailed: The application has ended without a whole response.
        """
        content = await _content(source)
        body = Multipart(source.name)
        watch.moved(len(content))
        watch.sent()
        headers = {**request.headers, **body.headers(len(content))}
        sent = body.head + content + body.tail
        return await exchange(
            self._app, Request(request.method, request.url, path=request.path, headers=headers, body=sent)
        )

    async def download(self, request: Request, sink: FileSink, watch: TransferWatch) -> Response:
        """Put the body of a successful response into a sink.

        Args:
            request: The request.
            sink: What takes the content.
            watch: It is told the progress, when the whole file is received.

        Raises:
            ConnectionFailed: The application has ended without a whole response.
        """
        status, headers, content = await _received(self._app, request)
        if not 200 <= status < 300:
            return Response(status, headers, content.decode(errors="replace"))
        await sink.begin(len(content), headers.get("content-type", ""))
        if getattr(sink, "takes_js_arrays", False):
            from podio_web.runtime.blobs import js_arrays

            for js_array in js_arrays(content):
                await sink.write(js_array)
        else:
            await sink.write(content)
        watch.moved(len(content))
        return Response(status, headers, "")

    async def close(self) -> None:
        """Do nothing. The application belongs to the code that made it."""


async def _content(source: Any) -> bytes:
    """Return the whole content of a source."""
    if not IN_PAGE:
        return b"".join(parts(local(source)))
    from podio_web.runtime.blobs import bytes_of

    try:
        return await bytes_of(source.js_blob)
    except PodioError:
        raise ValueError(
            "The browser cannot read this file. Folders cannot be uploaded: choose the files in it"
        ) from None


def _limit(timeout: float | None) -> AbstractAsyncContextManager[Any]:
    """Return a time limit for a block, or none if no event loop runs."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return nullcontext()
    return asyncio.timeout(timeout) if asyncio.current_task() else nullcontext()


async def exchange(app: ASGIApp, request: Request) -> Response:
    """Send one request to an ASGI application.

    Args:
        app: The application.
        request: The request. Its URL names the host.

    Returns:
        The response, with its body decoded as UTF-8.

    Raises:
        ConnectionFailed: The application has ended without a whole response.

    Examples:
        >>> from podio_web.sandbox.app import create_app
        >>> from podio_web.sandbox.world import World
        >>> world = World()
        >>> request = Request("GET", "http://localhost/user/status", path="/user/status", headers={})
        >>> (await exchange(create_app(world), request)).status
        401
        >>> world.close()
    """
    status, headers, content = await _received(app, request)
    return Response(status, headers, content.decode(errors="replace"))


async def _received(app: ASGIApp, request: Request) -> tuple[int, dict[str, str], bytes]:
    """Send one request. Return the status, the headers and the body."""
    address = urlsplit(request.url)
    body = request.body.encode() if isinstance(request.body, str) else request.body or b""
    headers = {"host": address.netloc, "content-length": str(len(body)), **request.headers}
    path = address.path or "/"
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": address.scheme,
        "path": unquote(path),
        "raw_path": path.encode("ascii"),
        "query_string": address.query.encode("ascii"),
        "root_path": "",
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
        "client": None,
        "server": None,
    }
    received: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[Message] = []

    async def receive() -> Message:
        if not received:
            # The client stays until it has the response.
            await asyncio.Event().wait()
        return received.pop()

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    if not sent or sent[0]["type"] != "http.response.start" or sent[-1].get("more_body", False):
        raise ConnectionFailed(f"{request.method} {request.path}: there is no whole response.")
    named = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in sent[0].get("headers", ())]
    content = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], headers_of(named), content
