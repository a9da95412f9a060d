"""The sandbox's idea of time: every lifetime, window and date goes through one steerable clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate

# Beyond this a shifted clock could leave the range that a calendar date can express.
MAX_SHIFT = 20 * 366 * 86_400.0


class Clock:
    """Tells the time and can be moved.

    Args:
        base: Returns seconds since 1970; the system's clock by default.

    Example:
        >>> clock = Clock(lambda: 1000.0)
        >>> clock.advance(60)
        1060.0
    """

    def __init__(self, base: Callable[[], float] = time.time) -> None:
        self._base = base
        self._shift = 0.0

    def now(self) -> float:
        """Return the present in seconds since 1970."""
        return self._base() + self._shift

    def advance(self, seconds: float) -> float:
        """Move the clock by ``seconds`` (negative moves it back) and return the new time."""
        self._shift = max(-MAX_SHIFT, min(MAX_SHIFT, self._shift + seconds))
        return self.now()

    def reset(self) -> None:
        """Return to the real time."""
        self._shift = 0.0

    def stamp(self) -> str:
        """Return the present as Podio writes it: ``YYYY-MM-DD HH:MM:SS``, UTC without a marker.

        See https://developers.podio.com/index/api.
        """
        return datetime.fromtimestamp(self.now(), UTC).strftime("%Y-%m-%d %H:%M:%S")

    def http_date(self) -> str:
        """Return the present for the ``Date`` header (RFC 9110 section 5.6.7)."""
        return formatdate(self.now(), usegmt=True)
