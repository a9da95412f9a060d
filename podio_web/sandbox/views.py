"""Saved views of an app (https://developers.podio.com/doc/filters). Items are filtered by one in ``filters``."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from .apps import find_app
from .filters import Filters, count_matches, find_view
from .routing import Call, Empty, Operations
from .validation import as_boolean, as_list, as_object, as_string
from .values import Reader

table: Operations = Operations()


@table.add("GET", "/view/app/{app_id}")
def list_views(call: Call) -> list[dict[str, Any]]:
    """List the views of an app that the caller may use."""
    app_id, reader = find_app(call, call.path["app_id"])["app_id"], Reader(call)
    rows = call.world.store.all(
        "SELECT * FROM saved_view WHERE app_id = ? AND (private = 0 OR created_by = ?) ORDER BY view_id",
        app_id,
        call.identity.author,
    )
    return [_shown(reader, row) for row in rows]


@table.add("GET", "/view/{view_id}")
def get_view(call: Call) -> dict[str, Any]:
    """Return a view."""
    return _shown(Reader(call), find_view(call, call.path["view_id"]))


def _shown(reader: Reader, row: sqlite3.Row) -> dict[str, Any]:
    filters: Filters = json.loads(row["filters"])
    return {
        "view_id": row["view_id"],
        "name": row["name"],
        "private": bool(row["private"]),
        "created_on": row["created_on"],
        "created_by": reader.people.byline(row["created_by"]),
        "items": count_matches(reader, row["app_id"], filters),
        "sort_by": row["sort_by"],
        "sort_desc": bool(row["sort_desc"]),
        "filters": [{"key": key, "values": values} for key, values in filters],
        "layout": row["layout"],
        "fields": {},
        "groups": None,
        "rights": ["view", "update", "delete"],
    }


@table.add("POST", "/view/app/{app_id}", body="required")
def create_view(call: Call) -> dict[str, Any]:
    """Save a view."""
    app_id = find_app(call, call.path["app_id"])["app_id"]
    columns = {"private": False, "sort_by": None, "sort_desc": True, "filters": "[]", "layout": "table"}
    view_id = call.world.store.insert(
        "saved_view",
        app_id=app_id,
        created_on=call.world.clock.stamp(),
        created_by=call.identity.author,
        **{**columns, "name": as_string(as_object(call.body).get("name"), 255, blank=False), **_columns(call, app_id)},
    )
    return {"view_id": view_id}


@table.add("PUT", "/view/{view_id}", body="required")
def update_view(call: Call) -> type[Empty]:
    """Change a view."""
    row = find_view(call, call.path["view_id"])
    for name, value in _columns(call, row["app_id"]).items():
        # The names come from `_columns`.
        call.world.store.run(f"UPDATE saved_view SET {name} = ? WHERE view_id = ?", value, row["view_id"])  # noqa: S608
    return Empty


@table.add("DELETE", "/view/{view_id}")
def delete_view(call: Call) -> type[Empty]:
    """Delete a view."""
    call.world.store.run("DELETE FROM saved_view WHERE view_id = ?", find_view(call, call.path["view_id"])["view_id"])
    return Empty


def _columns(call: Call, app_id: int) -> dict[str, Any]:
    """Check a request's body and return what the database stores of it."""
    body, columns = as_object(call.body), dict[str, Any]()
    if "name" in body:
        columns["name"] = as_string(body["name"], 255, blank=False)
    for name in ("private", "sort_desc"):
        if name in body:
            columns[name] = int(as_boolean(body[name]))
    if body.get("sort_by") is not None:
        sort_by = body["sort_by"]
        columns["sort_by"] = str(sort_by) if type(sort_by) is int else as_string(sort_by, 100)
    if body.get("layout") is not None:
        columns["layout"] = as_string(body["layout"], 20)
    if "filters" in body:
        filters = _filters(body["filters"])
        # Refuse filters that no item can be compared with.
        count_matches(Reader(call), app_id, filters)
        columns["filters"] = json.dumps(filters)
    return columns


def _filters(value: object) -> Filters:
    """Return the filters of a view. Clients send an object, or a list like the one that a view returns."""
    if isinstance(value, dict):
        return list(value.items())
    entries = [as_object(each) for each in as_list(value or [])]
    return [(as_string(each.get("key"), 100), each.get("values")) for each in entries]
