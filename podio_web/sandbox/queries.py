"""Convert the filters in the query of ``GET /item/app/{app_id}/`` to the form of a filter request's body.

``;`` separates the values of a list. A range is written ``from-to`` (https://developers.podio.com/index/api). Either
end of a range may be missing, as in ``hours=9-``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .apps import Field, find_field
from .validation import MAX_INTEGER, invalid

RELATIVE = re.compile(r"([+-]?)([0-9]{1,5})([dwmy])r?")
_NUMBER = r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?"
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T][0-9:]{5,8})?|[+-]?[0-9]{1,5}[dwmy]r?"
_ONE_NUMBER, _ONE_DAY = re.compile(_NUMBER), re.compile(_DAY)
_NUMBERS = re.compile(f"({_NUMBER})?-({_NUMBER})?")
_DAYS = re.compile(f"({_DAY})?-({_DAY})?")
_RANGES = ("number", "money", "progress", "duration")
_NOT_FILTERS = ("limit", "offset", "sort_by", "sort_desc", "fields", "oauth_token", "remember", "view", "key")


def query_filters(fields: list[Field], query: Mapping[str, str]) -> dict[str, Any]:
    """Return the filters in a query. Unknown parameters are ignored.

    Args:
        fields: The fields of the app.
        query: The decoded parameters.

    Raises:
        Refusal: 400 if a value is invalid for its key.

    Examples:
        >>> query_filters([], {"item_id": "6101;6102", "created_on": "2026-02-01-"})
        {'item_id': [6101, 6102], 'created_on': {'from': '2026-02-01'}}
    """
    filters: dict[str, Any] = {}
    for key, text in query.items():
        if key in _NOT_FILTERS:
            continue
        if key in _FIXED:
            filters[key] = _FIXED[key](text)
            continue
        field = find_field(fields, key)
        if field is not None:
            filters[key] = _for_field(field, text)
    return filters


def _for_field(field: Field, text: str) -> Any:
    if field.value_type in _RANGES:
        return _range(text, _ONE_NUMBER, _NUMBERS, "must be decimal")
    if field.value_type == "date":
        return _days(text)
    if field.type == "state":
        return text.split(";")
    if field.type in ("category", "question", "contact", "app", "member"):
        return [None if each in ("", "null") else _integer(each) for each in text.split(";")]
    return text


def _range(text: str, one: re.Pattern[str], several: re.Pattern[str], rule: str) -> dict[str, str]:
    # "-5" is a range without a start, so a text is a single value only if it cannot be a range.
    match = several.fullmatch(text)
    if match is None or text == "-":
        if not one.fullmatch(text):
            raise invalid(text, rule)
        return {"from": text, "to": text}
    return {name: end for name, end in zip(("from", "to"), match.groups(), strict=True) if end is not None}


def _days(text: str) -> dict[str, str]:
    if _ONE_DAY.fullmatch(text):
        return {"from": text, "to": text}
    return _range(text, _ONE_DAY, _DAYS, "must be date")


def _integer(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19 and int(text) <= MAX_INTEGER):
        raise invalid(text, "must be integer")
    return int(text)


def _ids(text: str) -> Any:
    if "-" in text:
        bounds = _range(text, _ONE_NUMBER, _NUMBERS, "must be integer")
        return {name: _integer(end) for name, end in bounds.items()}
    return [_integer(each) for each in text.split(";")]


def _authors(text: str) -> list[Any]:
    authors: list[Any] = []
    for each in text.split(";"):
        kind, colon, number = each.rpartition(":")
        authors.append({"type": kind, "id": _integer(number)} if colon else _integer(each))
    return authors


_FIXED = {
    "created_by": _authors,
    "last_edit_by": _authors,
    "created_via": lambda text: [_integer(each) for each in text.split(";")],
    "last_edit_via": lambda text: [_integer(each) for each in text.split(";")],
    "created_on": _days,
    "last_edit_on": _days,
    "tags": lambda text: text.split(";"),
    # An external ID or a title may contain a semicolon.
    "external_id": lambda text: text,
    "title": lambda text: text,
    "item_id": _ids,
    "app_item_id": _ids,
}
