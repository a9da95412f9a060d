"""A socket of a transfer: it ends at the limits of the transfer's watch, and sees a response that comes early.

A server may refuse an upload before it has read all of it, for example because it is too large
(https://www.rfc-editor.org/rfc/rfc9112#section-9.5). Without reading in between, the client would only notice that the
connection is closed.
"""

from __future__ import annotations

import io
import selectors
import socket
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from podio_web.types import TransferWatch

LONGEST_WAIT = 0.5
"""Seconds between two looks at the watch: another thread may have signed the person out."""

_LEAST = 65_536
_STATUS = slice(9, 10)
NewSelector = getattr(selectors, "PollSelector", selectors.SelectSelector)
"""The kind of selector for one socket: ``select`` refuses high descriptors, and ``epoll`` needs one of its own."""

_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


def is_refusal(response: bytes) -> bool:
    """Return whether the begin of an HTTP/1.1 response says that the rest of the request is not wanted.

    Args:
        response: What has arrived. It is empty if the server closed the connection.

    Returns:
        True for a status of 300 or more, and for a closed connection.

    Examples:
        >>> is_refusal(b"HTTP/1.1 413 Content Too Large"), is_refusal(b"HTTP/1.1 100 Continue")
        (True, False)
    """
    return not response or response[_STATUS] in (b"3", b"4", b"5")


class WatchedSocket:
    """Sends and receives within the limits of a watch.

    Args:
        connection: The connected socket. It becomes non-blocking.
        watch: The limits. Its errors are raised.

    Examples:
        >>> connection, other = socket.socketpair()
        >>> watched = WatchedSocket(connection, watch)
        >>> watched.send(b"POST / HTTP/1.1")
        True
        >>> connection.close(), other.close()
        (None, None)
    """

    def __init__(self, connection: socket.socket, watch: TransferWatch) -> None:
        self.connection = connection
        self._watch = watch
        self._timeout = connection.gettimeout()
        self._response = b""
        self._is_refused = False
        connection.settimeout(0)

    def send(self, data: bytes | memoryview) -> bool:
        """Send everything. Return False if the server has refused the request or closed the connection meanwhile."""
        view = memoryview(data)
        while view and not self._is_refused:
            self._look()
            try:
                sent = self.connection.send(view)
            except _NOT_NOW:
                self._wait(selectors.EVENT_READ | selectors.EVENT_WRITE)
            except OSError:
                # The server has closed the connection. It may have responded before.
                self._is_refused = True
            else:
                view = view[sent:]
        return not self._is_refused

    def receive(self, size: int) -> bytes:
        """Return the next bytes, empty at the end."""
        while not self._response:
            self._watch.check()
            try:
                return self.connection.recv(size)
            except _NOT_NOW:
                self._wait(selectors.EVENT_READ)
        response, self._response = self._response[:size], self._response[size:]
        return response

    def release(self) -> None:
        """Give the socket the timeout back that it had."""
        self.connection.settimeout(self._timeout)

    def _look(self) -> None:
        """Read what has arrived already."""
        try:
            part = self.connection.recv(_LEAST)
        except _NOT_NOW:
            return
        except OSError:
            self._is_refused = True
            return
        self._response += part
        self._is_refused = is_refusal(self._response if part else b"")

    def _wait(self, events: int) -> None:
        """Wait until the socket is ready, but not longer than a moment."""
        with NewSelector() as selector:
            selector.register(self.connection, events)
            selector.select(min(self._watch.check(), LONGEST_WAIT))


class WatchedReader(io.RawIOBase):
    """Reads from a watched socket, like ``socket.makefile``.

    Args:
        watched: The socket.

    Examples:
        >>> connection, other = socket.socketpair()
        >>> other.sendall(b"HTTP/1.1 200 OK\\r\\n")
        >>> lines = io.BufferedReader(WatchedReader(WatchedSocket(connection, watch)))
        >>> lines.readline()
        b'HTTP/1.1 200 OK\\r\\n'
        >>> lines.close(), connection.close(), other.close()
        (None, None, None)
    """

    def __init__(self, watched: WatchedSocket) -> None:
        self._watched = watched
        # It keeps the socket open.
        self._file = watched.connection.makefile("rb", buffering=0)

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Wait for the next bytes, put them into ``buffer``, and return their number."""
        part = self._watched.receive(len(buffer))
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        """Close the reader. The socket closes when its last user has closed it."""
        if not self.closed:
            if self._watched.connection.fileno() >= 0:
                self._watched.release()
            self._file.close()
        super().close()
