"""Rows for tables: plain dicts from items, with values that pandas and polars understand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

from podio_web.files.file import File
from podio_web.items.definition import UnknownField
from podio_web.items.item import BaseItem
from podio_web.items.values import Contact, Dates, Link, Location, Money, Option, Raw, Reference, Typed

_MEMBERS = ("item_id", "app_item_id", "external_id", "revision", "title", "tags")


def row_of(item: BaseItem, names: Sequence[str]) -> dict[str, Any]:
    """Return an item as a plain dict, with a key for each name; ``item_id`` and the app's fields without names.

    A name is an external ID, or a member of the item such as ``item_id``. After a dot, it names a part of the value,
    such as ``due.end`` or ``rate.currency``. Without one, the value is what tables can use: the text of an option, the
    amount of money, the start of a date, the item ID of a reference, the name of a contact, the URL of a link.

    Raises UnknownField.

    >>> row_of(task, ("title", "rate", "rate.currency"))
    {'title': 'Draft the spring newsletter', 'rate': Decimal('40.0000'), 'rate.currency': 'USD'}
    """
    if not names:
        # Not the fields of this item alone: it may have values of fields that were deleted, and all rows are alike.
        known = item.state.definition
        names = ["item_id", *(item.keys() if known is None else known.keys)]
    return {name: _cell(item, name) for name in names}


def _cell(item: BaseItem, name: str) -> Any:
    if name in item:
        return plain(item[name])
    if name in _MEMBERS:
        return item.state.title if name == "title" else getattr(item, name)
    key, dot, part = name.partition(".")
    value = item[key if dot else name]
    if isinstance(value, list):
        return [_part(key, each, part) for each in value]
    return _part(key, value, part)


def _part(key: str, value: Any, part: str) -> Any:
    """Return a part of a value. An empty field and one of an unknown shape have none."""
    if value is None or isinstance(value, Raw):
        return None
    found = _names(value)
    if part not in found:
        raise UnknownField(f"{key} has no {part!r}. It has {', '.join(map(repr, found)) or 'no parts'}.")
    return plain(getattr(value, part))


def _names(value: Any) -> Iterable[str]:
    if isinstance(value, File):
        return vars(value)
    if is_dataclass(value):
        computed = [name for name, member in vars(type(value)).items() if isinstance(member, property)]
        return [*(each.name for each in fields(value)), *computed]
    return value.__slots__ if isinstance(value, (Option, Typed)) else ()


def plain(value: Any) -> Any:
    """Return a field's value in a form that tables can use. Times are in UTC, so that all have one zone.

    >>> plain(Option("Done", id=3))
    'Done'
    """
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    part = _PARTS.get(type(value))
    return value if part is None else part(value)


_PARTS: dict[type, Any] = {
    Option: str,
    Typed: str,
    Location: str,
    Money: lambda money: money.amount,
    Dates: lambda dates: plain(dates.start),
    Reference: lambda reference: reference.item_id,
    Contact: lambda contact: contact.name,
    Link: lambda link: link.url,
    File: lambda file: file.file_id,
    Raw: lambda raw: raw.values,
}
