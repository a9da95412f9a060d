"""Filter, sort and count the items of an app (https://developers.podio.com/doc/filters)."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from .apps import Field, find_app, find_field
from .bundling import Selection, widened
from .fields import Value
from .itemviews import full_item, listed_item
from .queries import RELATIVE, query_filters
from .routing import Call, Operations
from .validation import as_boolean, as_integer, as_number, as_object, as_string, invalid
from .values import Reader, calculated, in_zone, plain_text, stored

table: Operations = Operations()

# The largest page size that clients use. The documentation does not name a limit.
MAX_LIMIT = 500
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_SORTS = {
    "created_by", "created_on", "last_edit_by", "last_edit_on", "app_item_id", "item_id", "activity", "priority",
    "title", "like", "approved", "rsvp", "fivestar", "yesno", "thumbs",
}  # fmt: skip
_RANGES = ("number", "money", "progress", "duration", "calculation")
_UNFILTERED = ("text", "location", "phone", "email", "embed", "tag")

Test = Callable[[sqlite3.Row], bool]


@table.add("POST", "/item/app/{app_id}/filter", body="required", heavy=True, permission="read")
def filter_items(call: Call) -> dict[str, Any]:
    """Return a page of the items that match all filters."""
    # PHP encodes an empty object as a list.
    app, body, reader = find_app(call, call.path["app_id"]), as_object(call.body or {}), Reader(call)
    as_boolean(body.get("remember", False))
    limit = as_integer(body.get("limit", 30), 1, MAX_LIMIT)
    offset = as_integer(body.get("offset", 0), 0)
    filters = as_object(body.get("filters") or {}) if body.get("filters") != [] else {}
    return _page(call, reader, app["app_id"], filters, body, limit, offset)


@table.add("GET", "/item/app/{app_id}", "/item/app/{app_id}/v2", heavy=True)
def list_items(call: Call) -> dict[str, Any]:
    """Return a page of items. Paging, sorting and filters are in the query."""
    app, reader = find_app(call, call.path["app_id"]), Reader(call)
    order: dict[str, Any] = {}
    if "sort_by" in call.query:
        order["sort_by"] = call.query["sort_by"]
    if "sort_desc" in call.query:
        order["sort_desc"] = call.flag("sort_desc", True)
    limit, offset = call.integer("limit", 30, 1, MAX_LIMIT), call.integer("offset", 0)
    filters = query_filters(reader.fields(app["app_id"]), call.query)
    return _page(call, reader, app["app_id"], filters, order, limit, offset)


@table.add("GET", "/item/app/{app_id}/count", heavy=True)
def count_items(call: Call) -> dict[str, Any]:
    """Count the items of an app."""
    return {"count": len(_rows(call, find_app(call, call.path["app_id"])["app_id"]))}


def _rows(call: Call, app_id: int) -> list[sqlite3.Row]:
    return call.world.store.all("SELECT * FROM item WHERE app_id = ? AND deleted = 0", app_id)


def _page(
    call: Call, reader: Reader, app_id: int, filters: dict[str, Any], order: dict[str, Any], limit: int, offset: int
) -> dict[str, Any]:
    selection = Selection.parse(call.query.get("fields", "")).parts.get("items", Selection())
    tests = [test for key, value in filters.items() if (test := _test(reader, app_id, key, value))]
    rows = _rows(call, app_id)
    found = [row for row in rows if all(test(row) for test in tests)]
    key = _order(reader, app_id, order.get("sort_by"))
    found.sort(key=lambda row: (key(row), row["item_id"]), reverse=as_boolean(order.get("sort_desc", True)))
    return {
        "total": len(rows),
        "filtered": len(found),
        "items": [_shown(reader, selection, row) for row in found[offset : offset + limit]],
    }


def _shown(reader: Reader, selection: Selection, row: sqlite3.Row) -> dict[str, Any]:
    return widened(selection, listed_item(reader, row), lambda: full_item(reader, row))


def _order(reader: Reader, app_id: int, sort_by: object) -> Callable[[sqlite3.Row], Any]:
    """Return the sort key. In ascending order, items without a value come first."""
    name = "created_on" if sort_by is None else str(sort_by) if type(sort_by) is int else as_string(sort_by, 100)
    if name in _SORTS:
        column = {"activity": "last_event_on", "priority": "item_id"}.get(name, name)
        if column == "title":
            return lambda row: str(row["title"]).casefold()
        if column in ("like", "approved", "rsvp", "fivestar", "yesno", "thumbs"):
            return lambda row: 0
        return lambda row: row[column]
    field = find_field(reader.fields(app_id), name)
    if field is None:
        raise invalid(name, "No field found")
    return lambda row: _sortable(reader, field, row)


def _sortable(reader: Reader, field: Field, row: sqlite3.Row) -> tuple[bool, Any]:
    values = _held(reader, field, row)
    if not values:
        numeric = field.type in (*_RANGES, "category", "contact", "app", "embed")
        return False, Decimal(0) if numeric else ""
    first = values[0]
    if field.type in _RANGES:
        return True, Decimal(str(first["value"]))
    if field.type == "date":
        return True, first.get("start_utc") or first["start_date"]
    if field.type == "embed":
        return True, Decimal(first["embed"])
    held = first["value"]
    return True, Decimal(held) if isinstance(held, int) else str(held).casefold()


def _held(reader: Reader, field: Field, row: sqlite3.Row) -> list[Value]:
    contents = stored(row)
    if field.type == "calculation":
        result = calculated(field, reader.fields(field.app_id), contents)
        return [] if result is None else [{"value": result}]
    return contents.get(str(field.field_id), [])


def _test(reader: Reader, app_id: int, key: str, value: Any) -> Test | None:
    """Return the test of a filter, or None if Podio ignores the filter."""
    if key in ("created_by", "last_edit_by"):
        authors = [_author(each) for each in _several(value)]
        return lambda row: row[key] in authors
    if key in ("created_via", "last_edit_via"):
        clients = [_client(reader, each) for each in _several(value)]
        return lambda row: row[key] in clients
    if key in ("created_on", "last_edit_on"):
        first, last = _dates(reader, value)
        return lambda row: first <= row[key][:10] <= last
    if key == "tags":
        tags = [as_string(each, 200) for each in _several(value)]
        return lambda row: any(tag in tags for tag in json.loads(row["tags"]))
    if key in ("external_id", "title"):
        texts = [None if each is None else as_string(each, 1000) for each in _several(value)]
        if key == "external_id":
            return lambda row: row[key] in texts
        titles = [None if text is None else text.casefold() for text in texts]
        return lambda row: str(row["title"]).casefold() in titles
    if key in ("item_id", "app_item_id"):
        if isinstance(value, dict):
            low, high = _bounds(value)
            return lambda row: low <= row[key] <= high
        numbers = [as_integer(each, 1) for each in _several(value)]
        return lambda row: row[key] in numbers
    field = find_field(reader.fields(app_id), key)
    if field is None:
        raise invalid(key, "No field found")
    return _field_test(reader, field, value)


def _field_test(reader: Reader, field: Field, value: Any) -> Test | None:
    if field.type == "text" and reader.call.world.settings.text_filter == "exact":
        wanted_text = "" if value is None else as_string(value).casefold()
        return lambda row: wanted_text in _texts(field, _held(reader, field, row))
    if field.type in _UNFILTERED:
        # The documentation says that text fields cannot be filtered on, so the key has no effect.
        return None
    if field.type in _RANGES:
        low, high = _bounds(as_object(value))
        return lambda row: any(low <= Decimal(str(each["value"])) <= high for each in _held(reader, field, row))
    if field.type == "date":
        first, last = _dates(reader, value, reader.zone)
        return lambda row: any(first <= _day(each, reader.zone) <= last for each in _held(reader, field, row))
    wanted = [None if each is None else as_integer(each) for each in _several(value)]
    return lambda row: _has_any(_held(reader, field, row), wanted)


def _texts(field: Field, values: list[Value]) -> set[str]:
    """Return the texts that a filter on a text field is compared with. A field without a value has an empty text."""
    texts = {str(each["value"]) for each in values} or {""}
    if field.settings.get("format") == "html":
        texts |= {plain_text(text) for text in texts}
    return {text.casefold() for text in texts}


def _has_any(values: list[Value], wanted: list[int | None]) -> bool:
    return any(each["value"] in wanted for each in values) if values else None in wanted


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _author(value: Any) -> str:
    if isinstance(value, dict):
        return f"{as_string(value.get('type'), 20)}:{as_integer(value.get('id'), 0)}"
    return f"user:{as_integer(value, 0)}"


def _client(reader: Reader, value: Any) -> str | None:
    number = as_integer(value, 0)
    row = reader.call.world.store.one("SELECT client_id FROM client WHERE number = ?", number)
    return None if row is None else row["client_id"]


def _bounds(value: dict[str, Any]) -> tuple[Decimal, Decimal]:
    for key in value:
        if key not in ("from", "to"):
            raise invalid(key, "unknown key")
    ends = []
    for key, default in (("from", "-Infinity"), ("to", "Infinity")):
        bound = value.get(key)
        ends.append(Decimal(default) if bound is None else Decimal(str(_numeric(bound))))
    return ends[0], ends[1]


def _numeric(value: Any) -> float:
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", value):
        return float(value)
    return as_number(value)


def _day(value: Value, zone: tzinfo) -> str:
    """Return the day on which a date field's value starts in a time zone."""
    return str(value.get("start_date") or in_zone(value["start_utc"], zone)[:10])


def _dates(reader: Reader, value: Any, zone: tzinfo = UTC) -> tuple[str, str]:
    """Return the first and last day of a range.

    Podio's own dates, such as ``created_on``, are in UTC. Date fields are in the user's time zone.
    """
    bounds = as_object(value)
    for key in bounds:
        if key not in ("from", "to"):
            raise invalid(key, "unknown key")
    first = "0000-00-00" if bounds.get("from") is None else _date(reader, bounds["from"], zone)
    last = "9999-99-99" if bounds.get("to") is None else _date(reader, bounds["to"], zone)
    return first, last


def _date(reader: Reader, value: Any, zone: tzinfo) -> str:
    """Return a date. It may be relative to today, such as ``-7d``."""
    text = as_string(value, 20)
    relative = RELATIVE.fullmatch(text)
    if relative is not None:
        days = int(relative[2]) * _DAYS[relative[3]] * (-1 if relative[1] == "-" else 1)
        today = datetime.fromtimestamp(reader.call.world.clock.now(), zone).date()
        try:
            return (today + timedelta(days=days)).isoformat()
        except OverflowError:
            raise invalid(text, "must be date") from None
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        raise invalid(text, "must be date") from None
