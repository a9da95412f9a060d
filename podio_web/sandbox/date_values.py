"""Check the values of date fields, and convert them to the form in which they are stored: dates, or times in UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from .apps import Field
from .routing import Call
from .validation import as_object, as_string, invalid

# Times within a day of either end of the calendar may have no date in another time zone.
_FIRST = datetime.min.replace(tzinfo=UTC) + timedelta(days=1)
_LAST = datetime.max.replace(tzinfo=UTC) - timedelta(days=1)
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def write_date(call: Call, field: Field, value: object, zone: tzinfo) -> dict[str, Any]:
    """Return a value of a date field in stored form.

    Args:
        call: The request.
        field: The field. Its settings say whether it has a time and an end.
        value: A date, or an object of sub IDs.
        zone: The time zone of what has no ``_utc``.

    Raises:
        Refusal: 400 if the value is invalid.
    """
    parts = as_object(value if isinstance(value, dict) else {"start": value})
    for key in parts:
        if key not in _DATE_KEYS:
            raise invalid(key, "No sub field found")
    with_time = field.settings.get("time") != "disabled"
    start = _moment(parts, "start", zone, with_time)
    if start is None:
        raise invalid(value, "must have a start")
    end = _moment(parts, "end", zone, with_time) if field.settings.get("end") != "disabled" else None
    if end is not None and end[:10] < start[:10]:
        raise invalid(value, "must not end before it starts")
    if len(start) == 10:
        return {"start_date": start} if end is None else {"start_date": start, "end_date": end[:10]}
    if end is not None and len(end) > 10 and end < start:
        raise invalid(value, "must not end before it starts")
    if end is None:
        return {"start_utc": start}
    return {"start_utc": start, "end_utc": end if len(end) > 10 else f"{end} {start[11:]}"}


_DATE_KEYS = {
    f"{side}{suffix}"
    for side in ("start", "end")
    for suffix in ("", "_date", "_time", "_utc", "_date_utc", "_time_utc")
}


def _moment(parts: dict[str, Any], side: str, zone: tzinfo, with_time: bool) -> str | None:
    """Return the start or end of a date field: ``YYYY-MM-DD``, a date and time in UTC, or None."""
    in_utc = parts.get(f"{side}_utc") is not None or parts.get(f"{side}_date_utc") is not None
    suffix = "_utc" if in_utc else ""
    whole = parts.get(f"{side}{suffix}")
    day, clock = parts.get(f"{side}_date{suffix}"), parts.get(f"{side}_time{suffix}")
    if whole is not None:
        day, _, rest = as_string(whole, 40).replace("T", " ").partition(" ")
        clock = rest or None
    if day is None:
        return None
    when = _day(as_string(day, 40))
    if clock is None or not with_time:
        return when.isoformat()
    if not _TIME.fullmatch(as_string(clock, 40)):
        raise invalid(clock, "must be time")
    local = datetime.combine(when, time.fromisoformat(clock), UTC if in_utc else zone)
    try:
        moment = local.astimezone(UTC)
    except OverflowError:
        raise invalid(day, "must be date") from None
    if not _FIRST <= moment <= _LAST:
        raise invalid(day, "must be date")
    return moment.strftime("%Y-%m-%d %H:%M:%S").rjust(19, "0")


def _day(text: str) -> date:
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise invalid(text, "must be date")
