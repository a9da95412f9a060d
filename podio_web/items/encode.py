"""Encode the values of fields as the JSON of the API. The field's type decides.

https://developers.podio.com/doc/items
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from podio_web.items.definition import Field
from podio_web.items.values import Contact, Dates, Link, Location, Mail, Money, Raw, Typed, User


def write(field: Field, value: Any) -> Any:
    """Return the JSON of a value that ``coerce`` or ``decode`` returned. An empty list empties the field.

    >>> write(definition["hours"], Decimal("12.5000"))
    '12.5000'
    """
    if isinstance(value, Raw):
        return value.values
    if value is None or value == "" or (type(value) is list and not value):
        return []
    writer = _WRITERS.get(field.type, _as_it_is)
    return [writer(field, each) for each in value] if type(value) is list else writer(field, value)


def same(field: Field, value: Any, other: Any) -> bool:
    """Return whether two values are written alike. The digits of a number do not matter.

    >>> same(definition["hours"], Decimal("12.5"), Decimal("12.5000"))
    True
    """
    if value is other:
        return True
    if type(value) in (Decimal, Money) or type(other) in (Decimal, Money):
        return bool(value == other)
    return bool(write(field, value) == write(field, other))


def _as_it_is(field: Field, value: Any) -> Any:
    return value


def _write_decimal(field: Field, value: Decimal) -> str:
    return f"{value:f}"


def _write_money(field: Field, value: Money) -> dict[str, Any]:
    return {"value": f"{value.amount:f}", "currency": value.currency}


def _write_seconds(field: Field, value: timedelta) -> int:
    return value // timedelta(seconds=1)


def _write_dates(field: Field, value: Dates) -> dict[str, str]:
    written = {}
    for name, side in (("start", value.start), ("end", value.end)):
        if isinstance(side, datetime):
            written[f"{name}_utc"] = side.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "seconds")
        elif side is not None:
            written[f"{name}_date"] = side.isoformat()
    return written


def _write_contact(field: Field, value: Contact | User | Mail) -> Any:
    if isinstance(value, User):
        return {"type": "user", "id": value.user_id}
    return {"type": "mail", "id": value.address} if isinstance(value, Mail) else value.profile_id


def _write_location(field: Field, value: Location) -> dict[str, Any]:
    names = ("street_address", "city", "state", "postal_code", "country")
    parts = {name: part for name, part in zip(names, value.parts, strict=True) if part}
    if parts and (field.settings.get("structured") is True or not value.value):
        return parts
    return {"value": value.value}


def _write_typed(field: Field, value: Typed) -> dict[str, Any]:
    return {"type": value.type, "value": str(value)} if value.type is not None else {"value": str(value)}


def _write_link(field: Field, value: Link) -> dict[str, Any]:
    if value.embed_id is None:
        return {"url": value.url}
    return {"embed": value.embed_id} | ({} if value.file_id is None else {"file": value.file_id})


_WRITERS: dict[str, Callable[[Field, Any], Any]] = {
    "number": _write_decimal,
    "money": _write_money,
    "duration": _write_seconds,
    "category": lambda field, value: value.id,
    "question": lambda field, value: value.id,
    "date": _write_dates,
    "app": lambda field, value: value.item_id,
    "contact": _write_contact,
    "location": _write_location,
    "phone": _write_typed,
    "email": _write_typed,
    "tel": _write_typed,
    "embed": _write_link,
    "image": lambda field, value: value.file_id,
    "file": lambda field, value: value.file_id,
    "video": lambda field, value: value.file_id,
}
