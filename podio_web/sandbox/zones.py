"""Time zones by their names. An unknown one is an error: a fall back to UTC would be a wrong time."""

from __future__ import annotations

from datetime import UTC, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from .database import Store

REMEDY = "Install the time zone database: python -m pip install tzdata"


class UnknownZone(ValueError):
    """A time zone that this machine does not know. The text says what to install."""


# What they mean differs from machine to machine.
_NO_ZONES = {"localtime", "posixrules", "Factory"}


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones() - _NO_ZONES)


def is_zone(name: str) -> bool:
    """Return whether a person may choose a time zone; ``UTC`` needs no database."""
    return name == "UTC" or name in _names()


def zone(name: str) -> tzinfo:
    """Return a time zone.

    Raises:
        UnknownZone: This machine has no such time zone.

    Example:
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
    """Look up the time zone of every person, so that a missing one is an error at the start.

    Raises:
        UnknownZone: This machine does not know one of them.
    """
    for row in store.all("SELECT DISTINCT timezone FROM person ORDER BY timezone"):
        zone(row["timezone"])
