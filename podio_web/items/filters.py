"""Encode filters and the sort order of a query. Nothing that the caller passes is changed.

https://developers.podio.com/doc/filters
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from podio_web.items.arguments import several, whole
from podio_web.items.coerce import decimal_of, option_by_text
from podio_web.items.definition import CATEGORIES, Definition, Field
from podio_web.items.values import Between, Contact, Money, Option, User

IGNORED = frozenset({"text", "location", "phone", "email", "tel", "embed", "tag"})
"""The field types that Podio does not filter by: it ignores the filter and returns everything."""

PEOPLE = ("created_by", "last_edit_by")
DAYS = ("created_on", "last_edit_on")
OWN_KEYS = frozenset(
    {*PEOPLE, *DAYS, "created_via", "last_edit_via", "tags", "title", "external_id", "item_id", "app_item_id"}
)
"""What items have besides fields that they can be filtered by."""

SORT_KEYS = frozenset(
    {"created_by", "created_on", "last_edit_by", "last_edit_on", "app_item_id", "item_id", "activity", "priority"}
    | {"title", "like", "approved", "rsvp", "fivestar", "yesno", "thumbs"}
)
"""What items have besides fields that they can be sorted by."""

_RANGES = frozenset({"number", "money", "progress", "duration", "calculation"})
_RELATIVE = tuple("+-0123456789")


def encode_filters(definition: Definition, filters: Mapping[Any, Any], named: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ``filters`` of a filter request.

    - ``definition``: the app's.
    - ``filters``: values by external ID, field ID or a key of ``OWN_KEYS``.
    - ``named``: the same from keyword arguments, where ``_`` may stand for ``-``.

    Raises UnknownField, and ValueError if Podio would ignore the filter or cannot use the value.

    >>> encode_filters(definition, {}, {"status": "Done"})
    {'status': [3]}
    """
    encoded: dict[str, Any] = {}
    for key, value in filters.items():
        encoded |= _encode(key, None if key in OWN_KEYS else definition[key], value)
    for name, value in named.items():
        encoded |= _encode(name, None if name in OWN_KEYS else definition.named(name), value)
    return encoded


def encode_sort(definition: Definition, key: str | int) -> str | int:
    """Return the ``sort_by`` of a filter request: a key of ``SORT_KEYS`` or the ID of a field.

    >>> encode_sort(definition, "due")
    4105
    """
    if key in SORT_KEYS:
        return key
    field = definition[key]
    return field.key if field.field_id is None else field.field_id


def _encode(key: Any, field: Field | None, value: Any) -> dict[str, Any]:
    if field is None:
        return {str(key): _own(key, value)}
    if field.type in IGNORED:
        raise ValueError(
            f"Podio cannot filter by {field.key}, a field of type {field.type}, and would return everything. "
            "Use App.search()"
        )
    if field.type == "date" or (field.type == "calculation" and field.settings.get("return_type") == "date"):
        return {field.key: _days(field.key, value)}
    if field.type in _RANGES:
        return {field.key: _numbers(field, value)}
    element = _ELEMENTS.get(field.type)
    listed = _alternatives(field.key, value)
    return {field.key: [None if each is None else element(field, each) if element else each for each in listed]}


def _own(key: str, value: Any) -> Any:
    if key in DAYS:
        return _days(key, value)
    if isinstance(value, (Between, dict)):
        return _ends(value)
    listed = _alternatives(key, value)
    if key in PEOPLE:
        return [_author(key, each) for each in listed]
    # Podio compares a title with one text.
    return listed[0] if key == "title" and len(listed) == 1 else listed


def _alternatives(key: str, value: Any) -> list[Any]:
    found = [*several(value)]
    if not found:
        raise ValueError(
            f"{key} has an empty list to filter by, for which Podio might return everything. "
            "Pass the values to find, or leave the filter out"
        )
    return found


def _author(key: str, value: Any) -> Any:
    if isinstance(value, (User, Contact)):
        value = value.user_id
    user_id = whole(value)
    if user_id is not None:
        return {"type": "user", "id": user_id}
    if isinstance(value, dict):
        return dict(value)
    raise ValueError(f"{key} takes User(user_id), a user ID or {{'type': …, 'id': …}}, not {type(value).__name__}")


def _ends(value: Any) -> dict[str, Any]:
    """Return a range with the keys ``from`` and ``to``. Open ends are left out."""
    ends = {"from": value.first, "to": value.last} if isinstance(value, Between) else dict(value)
    if set(ends) - {"from", "to"}:
        raise ValueError("a range has the keys 'from' and 'to'")
    found = {name: end for name, end in ends.items() if end is not None}
    if not found:
        raise ValueError("a range needs 'from' or 'to', or else it would match everything")
    return found


def _numbers(field: Field, value: Any) -> dict[str, Any]:
    if not isinstance(value, (Between, dict)):
        if value is None or isinstance(value, (list, tuple)):
            raise ValueError(f"{field.key} takes a number, Between(first, last) or {{'from': …, 'to': …}} to filter by")
        value = Between(value, value)
    return {name: _number(field, end) for name, end in _ends(value).items()}


def _number(field: Field, value: Any) -> int | float:
    if isinstance(value, timedelta):
        return value // timedelta(seconds=1)
    number = decimal_of(field, value.amount if isinstance(value, Money) else value)
    return int(number) if number == number.to_integral_value() else float(number)


def _days(name: str, value: Any) -> dict[str, str]:
    if not isinstance(value, (Between, dict)):
        day = _day(name, value)
        return {"from": day, "to": day}
    return {end: _day(name, day) for end, day in _ends(value).items()}


def _day(name: str, value: Any) -> str:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(_RELATIVE):
        return value
    raise ValueError(f"{name} takes dates, such as date(2026, 12, 24), or texts such as '-7d' to filter by")


def _option(field: Field, value: Any) -> int:
    if isinstance(value, Option):
        return value.id
    if isinstance(value, str):
        return option_by_text(field, value).id
    option_id = whole(value)
    if option_id is None:
        raise ValueError(f"{field.key} takes options, their texts or IDs to filter by, not {type(value).__name__}")
    return option_id


def _item(field: Field, value: Any) -> int:
    number = whole(value)
    item_id = getattr(value, "item_id", None) if number is None else number
    if type(item_id) is not int:
        raise ValueError(f"{field.key} takes items, references or item IDs to filter by, not {type(value).__name__}")
    return item_id


def _profile(field: Field, value: Any) -> int:
    profile_id = whole(value.profile_id if isinstance(value, Contact) else value)
    if profile_id is None:
        raise ValueError(f"{field.key} takes contacts or profile IDs to filter by, not {type(value).__name__}")
    return profile_id


def _user(field: Field, value: Any) -> int:
    user_id = whole(value.user_id if isinstance(value, (User, Contact)) else value)
    if user_id is None:
        raise ValueError(f"{field.key} takes user IDs to filter by, not {type(value).__name__}")
    return user_id


_ELEMENTS = {**dict.fromkeys(CATEGORIES, _option), "app": _item, "contact": _profile, "member": _user}
