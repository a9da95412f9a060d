"""Time zones by name. An unknown name is an error, because UTC instead would give wrong times."""

from __future__ import annotations

from datetime import UTC, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from .database import Store

REMEDY = "Install the time zone database: python -m pip install tzdata"


class UnknownZone(ValueError):
    """This machine does not know a time zone. The text says what to install."""


# Their meaning depends on the machine.
_NO_ZONES = {"localtime", "posixrules", "Factory"}


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones() - _NO_ZONES)


def is_zone(name: str) -> bool:
    """Return whether a user may select a time zone. ``UTC`` needs no time zone database.

    Examples:
        >>> is_zone("UTC"), is_zone("Nowhere/Nothing")
        (True, False)
    """
    return name == "UTC" or name in _names()


def zone(name: str) -> tzinfo:
    """Return a time zone.

    Raises:
        UnknownZone: This machine does not know the time zone.

    Examples:
        >>> zone("UTC")
        datetime.timezone.utc
    """
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as problem:
        raise UnknownZone(f"The time zone {name} is not known on this machine. {REMEDY}") from problem


def check_zones(store: Store) -> None:
    """Check the time zones of all users when the sandbox starts.

    Raises:
        UnknownZone: This machine does not know one of them.
    """
    for row in store.all("SELECT DISTINCT timezone FROM person ORDER BY timezone"):
        zone(row["timezone"])
