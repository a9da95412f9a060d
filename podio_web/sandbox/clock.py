"""The sandbox's clock. All lifetimes, rate limits and dates use it, and tests can move it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate

# A larger shift could leave the range of calendar dates.
MAX_SHIFT = 20 * 366 * 86_400.0


class Clock:
    """A clock that can be moved.

    Args:
        base: Returns seconds since 1970. The default is the system's clock.

    Examples:
        >>> clock = Clock(lambda: 1000.0)
        >>> clock.advance(60)
        1060.0
    """

    def __init__(self, base: Callable[[], float] = time.time) -> None:
        self._base = base
        self._shift = 0.0

    def now(self) -> float:
        """Return the current time in seconds since 1970."""
        return self._base() + self._shift

    def advance(self, seconds: float) -> float:
        """Move the clock and return the new time in seconds since 1970.

        Args:
            seconds: How far to move it. A negative number moves it back. The total is limited to ``MAX_SHIFT``.
        """
        self._shift = max(-MAX_SHIFT, min(MAX_SHIFT, self._shift + seconds))
        return self.now()

    def reset(self) -> None:
        """Return to the time of ``base``."""
        self._shift = 0.0

    def stamp(self) -> str:
        """Return the current time in Podio's format: ``YYYY-MM-DD HH:MM:SS`` in UTC.

        See https://developers.podio.com/index/api.
        """
        return datetime.fromtimestamp(self.now(), UTC).strftime("%Y-%m-%d %H:%M:%S")

    def http_date(self) -> str:
        """Return the current time in the format of the ``Date`` header (RFC 9110, section 5.6.7)."""
        return formatdate(self.now(), usegmt=True)
