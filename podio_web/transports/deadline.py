"""A time limit for a whole request and response over a socket.

A socket's own timeout restarts with each part that arrives, so a server that sends a byte now and then could delay a
request without end. Here each wait for the network may take only the time that is left.
"""

from __future__ import annotations

import io
import socket
import time


def left_until(end: float | None) -> float | None:
    """Return the seconds until ``end``.

    Args:
        end: A time of the monotonic clock in seconds. None means no limit.

    Returns:
        The seconds that are left, or None for no limit.

    Raises:
        TimeoutError: ``end`` has passed.

    Examples:
        >>> 29 < left_until(time.monotonic() + 30) <= 30
        True
    """
    if end is None:
        return None
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class TimedReader(io.RawIOBase):
    """Reads from a socket until a deadline, and raises TimeoutError after it.

    Args:
        connection: The socket.
        end: The deadline as a time of the monotonic clock in seconds. None means no limit.

    Examples:
        >>> connection, other = socket.socketpair()
        >>> other.sendall(b"HTTP/1.1 200 OK\\r\\n")
        >>> lines = io.BufferedReader(TimedReader(connection, time.monotonic() + 30))
        >>> lines.readline()
        b'HTTP/1.1 200 OK\\r\\n'
        >>> lines.close(), connection.close(), other.close()
        (None, None, None)
    """

    def __init__(self, connection: socket.socket, end: float | None) -> None:
        self._connection = connection
        self._file = connection.makefile("rb", buffering=0)
        self._end = end

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        """Wait for the next bytes, put them into ``buffer``, and return their number."""
        self._connection.settimeout(left_until(self._end))
        return self._file.readinto(buffer)

    def close(self) -> None:
        """Close the reader. The socket closes when its last user has closed it."""
        self._file.close()
        super().close()
