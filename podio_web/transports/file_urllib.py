"""Upload and download files with urllib: the bodies that ``UrllibTransport`` sends and receives.

https://docs.python.org/3/library/urllib.request.html
"""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from http.client import SWITCHING_PROTOCOLS, HTTPConnection, HTTPResponse, IncompleteRead
from typing import TYPE_CHECKING, Any

from podio_web.transports.body import Body
from podio_web.transports.file_sources import own_failures, parts
from podio_web.transports.watched_socket import WatchedReader, WatchedSocket

if TYPE_CHECKING:
    from podio_web.transports.file_sources import LocalSource
    from podio_web.transports.multipart import Multipart
    from podio_web.types import FileSink, TransferWatch

_CHUNK = 65_536


class FinalResponse(HTTPResponse):
    """``http.client``'s response without the interim ones before it, such as 103. ``http.client`` skips only 100.

    https://www.rfc-editor.org/rfc/rfc9110#section-15.2

    Args:
        sock: The socket of the connection.

    Examples:
        >>> connection = HTTPConnection("localhost")
        >>> connection.response_class = FinalResponse
    """

    def begin(self) -> None:
        """Read the status and the headers."""
        super().begin()
        while self.status < 200 and self.status != SWITCHING_PROTOCOLS:
            self.headers = None  # type: ignore[assignment]
            super().begin()


class Transfer:
    """One transfer on a connection of ``http.client``.

    Args:
        watch: The limits and the progress.

    Attributes:
        connection: The connection, set by the handler.
        watched: Its socket, as soon as the body is sent.

    Examples:
        >>> transfer = Transfer(watch)
    """

    def __init__(self, watch: TransferWatch) -> None:
        self.watch = watch
        self.connection: HTTPConnection | None = None
        self.watched: WatchedSocket | None = None

    def response(self, connection: socket.socket, *arguments: Any, **options: Any) -> HTTPResponse:
        """Return ``http.client``'s response, which reads within the limits of the watch."""
        response = FinalResponse(connection, *arguments, **options)
        response.fp.close()
        watched = self.watched
        if watched is None or watched.connection is not connection:
            # The response of a proxy, or to a download.
            watched = WatchedSocket(connection, self.watch)
        response.fp = io.BufferedReader(WatchedReader(watched))
        return response


class Upload(Transfer):
    """A transfer that sends a file. It is the ``data`` of urllib's request.

    Args:
        watch: The limits and the progress.
        source: What is sent.
        multipart: What is around it.

    Examples:
        >>> transfer = Upload(watch, source, multipart)
    """

    def __init__(self, watch: TransferWatch, source: LocalSource, multipart: Multipart) -> None:
        super().__init__(watch)
        self._source = source
        self._multipart = multipart

    def __iter__(self) -> Iterator[bytes]:
        """Send the body, and yield nothing: ``http.client`` would not notice an early response."""
        connection, watch = self.connection, self.watch
        assert connection is not None, "the handler has set it"
        self.watched = WatchedSocket(connection.sock, watch)
        # http.client would end the chunks itself, and the socket may be closed.
        connection.send = _nothing  # type: ignore[method-assign]
        done = 0
        if self._send(self._multipart.head):
            for part in parts(self._source):
                if not self._send(part):
                    break
                done += len(part)
                watch.moved(done)
            else:
                self._send(self._multipart.tail, is_last=True)
        watch.sent()
        yield from ()

    def _send(self, part: bytes, *, is_last: bool = False) -> bool:
        """Send a part of the body. Return False if the server does not want the rest."""
        assert self.watched is not None
        if self._source.size is None:
            part = b"%x\r\n%s\r\n%s" % (len(part), part, b"0\r\n\r\n" if is_last else b"")
        return self.watched.send(part)


async def receive(response: HTTPResponse, sink: FileSink, watch: TransferWatch) -> None:
    """Put the body of a response into a sink.

    Args:
        response: The response.
        sink: What takes the content.
        watch: The limits and the progress.

    Raises:
        IncompleteRead: The connection closed too early.
        OwnFailure: The sink failed.
        UnreadableBody: The response has an unknown encoding.

    Examples:
        >>> await receive(response, sink, watch)
    """
    missing = response.length
    encodings = ",".join(response.headers.get_all("Content-Encoding", []))
    body = Body.of_file(encodings)
    with own_failures():
        await sink.begin(None if encodings else missing, response.headers.get("Content-Type", ""))
    while missing != 0 and (part := response.read1(_CHUNK)):
        if missing is not None:
            missing -= len(part)
        decoded = body.decode(part)
        with own_failures():
            await sink.write(decoded)
        watch.moved(body.size)
    # Unlike read(), read1() does not notice that the body is incomplete.
    if missing:
        raise IncompleteRead(b"", missing)
    body.finish()


def _nothing(data: object) -> None:
    """Send nothing more."""
