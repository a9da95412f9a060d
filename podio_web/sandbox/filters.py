"""Filter, sort and count the items of an app (https://developers.podio.com/doc/filters)."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from .apps import Field, find_app, find_field
from .bundling import Selection, widened
from .fields import FUTURE, Value
from .itemviews import full_item, listed_item
from .queries import RELATIVE, query_filters
from .refusals import Refusal, not_found
from .routing import Call, Operations
from .validation import as_boolean, as_integer, as_number, as_object, as_string, invalid
from .values import Reader, calculated, in_zone, plain_text, stored

table: Operations = Operations()

_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_RATINGS = ("like", "approved", "rsvp", "fivestar", "yesno", "thumbs")
# The other columns have to be compared in Python, or do not exist.
_COLUMNS = {
    "activity": "last_event_on",
    "priority": "item_id",
    **{name: name for name in ("created_by", "created_on", "last_edit_by", "last_edit_on", "app_item_id", "item_id")},
}
_RANGES = ("number", "money", "progress", "duration")
_UNFILTERED = ("text", "location", "phone", "email", "embed", "tag", "image", "file", "video", "separator", FUTURE)
_NUMERIC = (*_RANGES, "category", "question", "contact", "app", "member", "embed", "image", "file", "video")

Test = Callable[[sqlite3.Row], bool]
Filters = list[tuple[str, Any]]


@table.add(
    *("POST", "/item/app/{app_id}/filter", "/item/app/{app_id}/filter/{view_id}"),
    body="required",
    heavy=True,
    permission="read",
)
def filter_items(call: Call) -> dict[str, Any]:
    """Return a page of the items that match all filters of the request and of a view."""
    # PHP encodes an empty object as a list.
    app, body, reader = find_app(call, call.path["app_id"]), as_object(call.body or {}), Reader(call)
    as_boolean(body.get("remember", False))
    limit = as_integer(body.get("limit", 30), 1, call.world.settings.largest_page)
    offset = as_integer(body.get("offset", 0), 0)
    filters = list(as_object(body.get("filters") or {}).items())
    order: dict[str, Any] = {key: body[key] for key in ("sort_by", "sort_desc") if key in body}
    if "view_id" in call.path:
        view = find_view(call, call.path["view_id"])
        if view["app_id"] != app["app_id"]:
            raise not_found()
        # A view and a request may each have a filter with the same key.
        filters += json.loads(view["filters"])
        order = {"sort_by": view["sort_by"], "sort_desc": bool(view["sort_desc"]), **order}
    return _page(reader, app["app_id"], filters, order, limit, offset)


def find_view(call: Call, view_id: int) -> sqlite3.Row:
    """Return a saved view that the caller may use.

    Raises:
        Refusal: 404 if it does not exist or is another user's private view, 403 if the caller may not access its app.
    """
    row = call.world.store.one("SELECT * FROM saved_view WHERE view_id = ?", view_id)
    if row is None:
        raise not_found()
    find_app(call, row["app_id"])
    if row["private"] and row["created_by"] != call.identity.author:
        raise not_found()
    return row


@table.add("GET", "/item/app/{app_id}", "/item/app/{app_id}/v2", heavy=True)
def list_items(call: Call) -> dict[str, Any]:
    """Return a page of items. Paging, sorting and filters are in the query."""
    app, reader = find_app(call, call.path["app_id"]), Reader(call)
    order: dict[str, Any] = {}
    if "sort_by" in call.query:
        order["sort_by"] = call.query["sort_by"]
    if "sort_desc" in call.query:
        order["sort_desc"] = call.flag("sort_desc", True)
    limit, offset = call.integer("limit", 30, 1, call.world.settings.largest_page), call.integer("offset", 0)
    filters = query_filters(reader.fields(app["app_id"]), call.query)
    return _page(reader, app["app_id"], list(filters.items()), order, limit, offset)


@table.add("GET", "/item/app/{app_id}/count", heavy=True)
def count_items(call: Call) -> dict[str, Any]:
    """Count the items of an app."""
    return {"count": _count(call, find_app(call, call.path["app_id"])["app_id"])}


def _count(call: Call, app_id: int) -> int:
    return call.world.store.number("SELECT count(*) FROM item WHERE app_id = ? AND deleted = 0", app_id)


def count_matches(reader: Reader, app_id: int, filters: Filters) -> int:
    """Return how many items of an app match all filters."""
    tests = _tests(reader, app_id, filters)
    return sum(all(test(row) for test in tests) for row in item_rows(reader.call, app_id))


def item_rows(call: Call, app_id: int) -> Iterator[sqlite3.Row]:
    """Iterate over the items of an app, in no order."""
    return call.world.store.run("SELECT * FROM item WHERE app_id = ? AND deleted = 0", app_id)


def _page(
    reader: Reader, app_id: int, filters: Filters, order: dict[str, Any], limit: int, offset: int
) -> dict[str, Any]:
    call = reader.call
    selection = Selection.parse(call.query.get("fields", "")).parts.get("items", Selection())
    tests = _tests(reader, app_id, filters)
    name, descending = _sort_key(order.get("sort_by")), as_boolean(order.get("sort_desc", True))
    key = None if name in _COLUMNS and not tests else _order(reader, app_id, name)
    # Everything that can be refused has been checked, so an edit cannot be undone by a refusal of this call.
    _make_edits(call, app_id)
    total = filtered = _count(call, app_id)
    if key is None:
        ids = _sorted_ids(call, app_id, _COLUMNS[name], descending, limit, offset)
    else:
        found = [(key(row), row["item_id"]) for row in item_rows(call, app_id) if all(test(row) for test in tests)]
        found.sort(reverse=descending)
        filtered, ids = len(found), [item_id for _, item_id in found[offset : offset + limit]]
    store = call.world.store
    rows = [row for item_id in ids for row in store.all("SELECT * FROM item WHERE item_id = ?", item_id)]
    return {"total": total, "filtered": filtered, "items": [_shown(reader, selection, row) for row in rows]}


def _make_edits(call: Call, app_id: int) -> None:
    for change in call.world.waiting.due(app_id):
        # Another user's edit may be refused, for example because somebody has deleted the item.
        with suppress(Refusal):
            change()


def _sorted_ids(call: Call, app_id: int, column: str, descending: bool, limit: int, offset: int) -> list[int]:
    """Return one page of the IDs of an app's items. SQLite reads neither the other pages nor their contents."""
    direction = "DESC" if descending else "ASC"
    # The column and the direction come from this module.
    sql = (
        f"SELECT item_id FROM item WHERE app_id = ? AND deleted = 0 ORDER BY {column} {direction}, item_id {direction}"  # noqa: S608
    )
    return [row["item_id"] for row in call.world.store.all(f"{sql} LIMIT ? OFFSET ?", app_id, limit, offset)]


def _shown(reader: Reader, selection: Selection, row: sqlite3.Row) -> dict[str, Any]:
    return widened(selection, listed_item(reader, row), lambda: full_item(reader, row))


def _sort_key(sort_by: object) -> str:
    return "created_on" if sort_by is None else str(sort_by) if type(sort_by) is int else as_string(sort_by, 100)


def _order(reader: Reader, app_id: int, name: str) -> Callable[[sqlite3.Row], Any]:
    """Return the sort key. In ascending order, items without a value come first."""
    if name in _COLUMNS:
        column = _COLUMNS[name]
        return lambda row: row[column]
    if name == "title":
        return lambda row: str(row["title"]).casefold()
    if name in _RATINGS:
        return lambda row: 0
    field = find_field(reader.fields(app_id), name)
    if field is None:
        raise invalid(name, "No field found")
    return lambda row: _sortable(reader, field, row)


def _sortable(reader: Reader, field: Field, row: sqlite3.Row) -> tuple[bool, Any]:
    values = stored_values(reader, field, row)
    if not values:
        return False, Decimal(0) if field.value_type in _NUMERIC else ""
    first = values[0]
    if field.value_type == "date":
        return True, first.get("start_utc") or first["start_date"]
    if field.type == "embed":
        return True, Decimal(first["embed"])
    if field.value_type in _NUMERIC:
        return True, Decimal(str(first["value"]))
    return True, str(first.get("value")).casefold()


def stored_values(reader: Reader, field: Field, row: sqlite3.Row) -> list[Value]:
    """Return the values of one field of an item in stored form."""
    contents = stored(row)
    if field.type == "calculation":
        return calculated(field, reader.fields(field.app_id), contents)
    return contents.get(str(field.field_id), [])


def _tests(reader: Reader, app_id: int, filters: Filters) -> list[Test]:
    return [test for key, value in filters if (test := _test(reader, app_id, key, value))]


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
    if field.value_type == "text" and reader.call.world.settings.text_filter == "exact":
        wanted_text = "" if value is None else as_string(value).casefold()
        return lambda row: wanted_text in _texts(field, stored_values(reader, field, row))
    if field.value_type in _UNFILTERED:
        # The documentation says that text fields cannot be filtered on, so the key has no effect.
        return None
    if field.value_type in _RANGES:
        low, high = _bounds(as_object(value))
        return lambda row: any(low <= Decimal(str(each["value"])) <= high for each in stored_values(reader, field, row))
    if field.value_type == "date":
        first, last = _dates(reader, value, reader.zone)
        return lambda row: any(first <= _day(each, reader.zone) <= last for each in stored_values(reader, field, row))
    check = (lambda each: as_string(each, 1000)) if field.type == "state" else as_integer
    wanted = [None if each is None else check(each) for each in _several(value)]
    return lambda row: _has_any(stored_values(reader, field, row), wanted)


def _texts(field: Field, values: list[Value]) -> set[str]:
    """Return the texts that a filter on a text field is compared with. A field without a value has an empty text."""
    texts = {str(each["value"]) for each in values} or {""}
    if field.settings.get("format") == "html":
        texts |= {plain_text(text) for text in texts}
    return {text.casefold() for text in texts}


def _has_any(values: list[Value], wanted: list[int | str | None]) -> bool:
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
