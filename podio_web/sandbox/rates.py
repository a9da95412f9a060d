"""Rate limits: calls per hour for each account and client, with a lower limit for heavy operations.

See https://developers.podio.com/index/limits. Once a limit is exceeded, all calls of the account get a 420. The window
is fixed: it starts with the first call and ends an hour later.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .refusals import Refusal, rate_limited
from .settings import Settings

WINDOW = 3600.0

# The type and ID of the token's owner, and the client ID.
Account = tuple[str, int, str]


@dataclass
class _Pool:
    started: float
    used: int = 0


class Rates:
    """Counts calls and refuses those over the limit.

    Examples:
        >>> from podio_web.sandbox.settings import Settings
        >>> Rates().count(("user", 1, "key"), heavy=False, settings=Settings(), now=0.0)
        {'x-rate-limit-limit': '1000', 'x-rate-limit-remaining': '999'}
    """

    def __init__(self) -> None:
        self._pools: dict[tuple[Account, bool], _Pool] = {}

    def clear(self) -> None:
        """Reset all counters."""
        self._pools.clear()

    def _pool(self, account: Account, heavy: bool, now: float) -> _Pool:
        pool = self._pools.get((account, heavy))
        if pool is None or not pool.started <= now < pool.started + WINDOW:
            pool = self._pools[account, heavy] = _Pool(started=now)
        return pool

    def count(self, account: Account, *, heavy: bool, settings: Settings, now: float) -> dict[str, str]:
        """Count a call and return its rate limit headers.

        Args:
            account: The account that makes the call.
            heavy: Whether the operation counts against the lower limit.
            settings: Contains both limits.
            now: The current time in seconds since 1970.

        Raises:
            Refusal: 420 if this call, or an earlier one in the same window, exceeds a limit.
        """
        limits = {False: settings.general_limit, True: settings.heavy_limit}
        pool = self._pool(account, heavy, now)
        pool.used += 1
        headers = {
            "x-rate-limit-limit": str(limits[heavy]),
            "x-rate-limit-remaining": str(max(0, limits[heavy] - pool.used)),
        }
        for kind in (heavy, not heavy):
            other = self._pool(account, kind, now)
            if other.used > limits[kind]:
                refusal: Refusal = rate_limited(math.ceil(other.started + WINDOW - now), settings.wait_number)
                refusal.headers.update(headers)
                raise refusal
        return headers
