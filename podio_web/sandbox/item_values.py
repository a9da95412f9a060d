"""The values that the items of an app have, and that a reference may have (https://developers.podio.com/doc/items)."""

from __future__ import annotations

import json
from typing import Any

from .apps import Field, fields_of, find_app
from .filters import item_rows, stored_values
from .refusals import not_found
from .routing import Call, Operations
from .validation import invalid
from .values import Reader, mini_item

table: Operations = Operations()

_RANGES = ("number", "money", "progress", "duration")
_COUNTED = ("category", "question", "contact", "app", "member", "state", "tag")


def _field(call: Call) -> Field:
    row = call.world.store.one("SELECT app_id FROM field WHERE field_id = ?", call.path["field_id"])
    if row is None:
        raise not_found()
    app_id = find_app(call, row["app_id"])["app_id"]
    return next(field for field in fields_of(call, app_id) if field.field_id == call.path["field_id"])


@table.add("GET", "/item/field/{field_id}/range")
def get_range(call: Call) -> dict[str, Any]:
    """Return the smallest and the largest value of a numeric field, or null if no item has a value."""
    field, reader = _field(call), Reader(call)
    if field.value_type not in _RANGES:
        raise invalid(field.external_id, "must be a numeric field")
    rows = item_rows(call, field.app_id)
    numbers = [float(each["value"]) for row in rows for each in stored_values(reader, field, row)]
    return {"min": min(numbers, default=None), "max": max(numbers, default=None)}


@table.add("GET", "/item/field/{field_id}/find")
def find_referenced(call: Call) -> list[dict[str, Any]]:
    """Return items that a reference field may refer to, and whose title contains the parameter ``text``."""
    field, reader = _field(call), Reader(call)
    if field.type != "app":
        raise invalid(field.external_id, "must be a reference field")
    text, limit = call.query.get("text", "").casefold(), call.integer("limit", 13, 1, 100)
    found = [
        row
        for referenced in field.settings.get("referenced_apps", [])
        for row in item_rows(call, find_app(call, referenced["app_id"])["app_id"])
        if text in row["title"].casefold()
    ]
    found.sort(key=lambda row: (row["title"].casefold(), row["item_id"]))
    return [mini_item(reader, row) for row in found[:limit]]


@table.add("GET", "/item/app/{app_id}/values")
def get_app_values(call: Call) -> dict[str, Any]:
    """Return who created the items of an app, their tags, and the values of fields that have few different values."""
    app_id, reader = find_app(call, call.path["app_id"])["app_id"], Reader(call)
    authors, clients, tags = set[str](), set[str](), set[str]()
    used: dict[int, list[Any]] = {field.field_id: [] for field in reader.fields(app_id) if field.type in _COUNTED}
    fields = [field for field in reader.fields(app_id) if field.field_id in used]
    for row in item_rows(call, app_id):
        authors.add(row["created_by"])
        clients.add(row["created_via"])
        tags.update(json.loads(row["tags"]))
        for field in fields:
            used[field.field_id] += [
                each for each in stored_values(reader, field, row) if each not in used[field.field_id]
            ]
    return {
        "created_bys": [reader.people.byline(author) for author in sorted(authors)],
        "created_vias": [reader.people.via(client) for client in sorted(clients)],
        "tags": sorted(tags),
        "fields": [
            {**field.envelope(), "values": reader.values(field, {str(field.field_id): used[field.field_id]})}
            for field in fields
        ],
    }
