"""A time-out for a whole exchange over a socket: each wait for the network may take what is left of it.

A socket's own time-out starts again with each part that arrives, so a server that sends a byte now and then could keep
a call for ever.
"""

from __future__ import annotations

import io
import socket
import time


def left_until(end: float | None) -> float | None:
    """Return the seconds until ``end``, a time of the monotonic clock; None stands for no end.

    Raises TimeoutError when it has passed.

    >>> left_until(time.monotonic() + 30)
    """
    if end is None:
        return None
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class TimedReader(io.RawIOBase):
    """Reads from a socket until ``end``, a time of the monotonic clock; then it raises TimeoutError.

    >>> lines = io.BufferedReader(TimedReader(connection, time.monotonic() + 30))
    """

    def __init__(self, connection: socket.socket, end: float | None) -> None:
        self._connection = connection
        self._file = connection.makefile("rb", buffering=0)
        self._end = end

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        """Wait for the next bytes, put them into ``buffer``, and return how many there were."""
        self._connection.settimeout(left_until(self._end))
        return self._file.readinto(buffer)

    def close(self) -> None:
        """Close the reader; the socket is closed when its last user has closed it."""
        self._file.close()
        super().close()
