"""Items, their field values and revisions (https://developers.podio.com/doc/items)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from html import unescape
from typing import Any

from .apps import Field, find_app, find_field
from .attachments import attach, named_files
from .bundling import Selection, widened
from .fields import Contents, require_all, write_field, write_fields, write_tags
from .itemviews import basic_item, find_item, full_item, incoming, revisions_of, short_item
from .refusals import conflict, not_found
from .routing import Call, Empty, Operations
from .validation import as_integer, as_list, as_object, as_string
from .values import Reader, caller_zone, show_revision, stored, title_of

table: Operations = Operations()


def _body(call: Call) -> dict[str, Any]:
    body = as_object(call.body)
    call.write_flags()
    return body


def _external_id(body: dict[str, Any], held: str | None = None) -> str | None:
    value = body.get("external_id", held)
    return None if value is None else as_string(value, 50)


@table.add("POST", "/item/app/{app_id}", body="required")
def create(call: Call) -> dict[str, Any]:
    """Create an item."""
    app, reader = find_app(call, call.path["app_id"]), Reader(call)
    return short_item(reader, find_item(call, insert_item(call, reader, app, _body(call))))


def insert_item(call: Call, reader: Reader, app: sqlite3.Row, body: dict[str, Any]) -> int:
    """Create the item that the body of a request describes, and return its ID.

    Raises:
        Refusal: 400 if a value is invalid, or if a required field has no value.
    """
    files = named_files(call, body)
    fields = reader.fields(app["app_id"])
    contents = write_fields(call, fields, body.get("fields", {}), reader.zone)
    require_all(fields, contents)
    tags = write_tags(body.get("tags", []))
    item_id = _insert(call, app, fields, contents, _external_id(body), tags)
    for file in files:
        attach(call, file, "item", item_id)
    return item_id


def _insert(
    call: Call, app: sqlite3.Row, fields: list[Field], contents: Contents, external_id: str | None, tags: list[str]
) -> int:
    store, now = call.world.store, call.world.clock.stamp()
    number = store.number("SELECT max(app_item_id) FROM item WHERE app_id = ?", app["app_id"]) + 1
    name = unescape(json.loads(app["config"])["item_name"])
    kept = json.dumps({key: values for key, values in contents.items() if values})
    author, via = call.identity.author, call.identity.client_id
    origin = {"created_on": now, "created_by": author, "created_via": via}
    item_id = store.insert(
        "item",
        app_id=app["app_id"],
        app_item_id=number,
        external_id=external_id,
        revision=0,
        title=title_of(fields, contents, name, number),
        contents=kept,
        tags=json.dumps(tags),
        last_edit_on=now,
        last_edit_by=author,
        last_edit_via=via,
        last_event_on=now,
        **origin,
    )
    revision_id = store.insert("revision", item_id=item_id, revision=0, type="creation", contents=kept, **origin)
    call.record(
        "item.create",
        app_id=app["app_id"],
        item_id=item_id,
        item_revision_id=revision_id,
        external_id=external_id,
        field_ids=_differing({}, contents),
    )
    return item_id


def _differing(before: Contents, after: Contents) -> tuple[int, ...]:
    """Return the IDs of the fields whose values differ."""
    keys = {*before, *after}
    return tuple(sorted(int(key) for key in keys if before.get(key, []) != after.get(key, [])))


@table.add("GET", "/item/{item_id}")
def get(call: Call) -> dict[str, Any]:
    """Return an item, and mark the user's notifications about it as viewed unless ``mark_as_viewed`` is false."""
    row, reader = find_item(call, call.path["item_id"]), Reader(call)
    if call.flag("mark_as_viewed", True) and call.identity.user_id is not None:
        call.world.store.run(
            "UPDATE notification SET viewed = 1 WHERE user_id = ? AND item_id = ?",
            call.identity.user_id,
            row["item_id"],
        )
    return _shown(reader, row, full_item)


def _shown(reader: Reader, row: sqlite3.Row, view: Callable[[Reader, sqlite3.Row], dict[str, Any]]) -> dict[str, Any]:
    """Return an item in a view, with the keys that ``fields=`` in the query selects."""
    selection = Selection.parse(reader.call.query.get("fields", ""))
    return widened(selection, view(reader, row), lambda: full_item(reader, row))


@table.add("GET", "/item/{item_id}/basic")
def get_basic(call: Call) -> dict[str, Any]:
    """Return an item without its comments, revisions and references."""
    row = find_item(call, call.path["item_id"])
    return _shown(Reader(call), row, basic_item)


@table.add("GET", "/app/{app_id}/item/{app_item_id}")
def get_by_number(call: Call) -> dict[str, Any]:
    """Return an item by its number in an app."""
    app_id = find_app(call, call.path["app_id"])["app_id"]
    return _only(call, "app_item_id = ?", app_id, call.path["app_item_id"])


@table.add("GET", "/item/app/{app_id}/external_id/{external_id:text}")
def get_by_external_id(call: Call) -> dict[str, Any]:
    """Return the first item with an external ID. Several items may have the same one."""
    app_id = find_app(call, call.path["app_id"])["app_id"]
    return _only(call, "external_id = ?", app_id, call.path["external_id"])


def _only(call: Call, condition: str, *values: Any) -> dict[str, Any]:
    # The condition comes from the two functions above.
    sql = f"SELECT * FROM item WHERE app_id = ? AND deleted = 0 AND {condition} ORDER BY item_id"  # noqa: S608
    row = call.world.store.one(sql, *values)
    if row is None:
        raise not_found()
    return _shown(Reader(call), row, full_item)


@table.add("PUT", "/item/{item_id}", body="required")
def update(call: Call) -> Any:
    """Update the parts of an item that the body contains. The setting ``revision_conflict`` applies to ``revision``."""
    row, body, reader = find_item(call, call.path["item_id"]), _body(call), Reader(call)
    written = write_fields(call, reader.fields(row["app_id"]), body.get("fields", {}), reader.zone)
    if body.get("revision") is not None:
        _check_revision(call, row, as_integer(body["revision"], 0), written)
    tags = write_tags(body["tags"]) if "tags" in body else json.loads(row["tags"])
    answer = _save(call, row, reader, written, _external_id(body, row["external_id"]), tags)
    for file in named_files(call, body):
        # A revision does not include files.
        attach(call, file, "item", row["item_id"])
        answer = {"revision": row["revision"], "title": row["title"]} if answer is Empty else answer
    return Empty if call.world.settings.update_answer == "204" and call.flag("silent", False) else answer


def _check_revision(call: Call, row: sqlite3.Row, revision: int, written: Contents) -> None:
    """Raise Refusal if an update conflicts with changes since the revision that it is based on."""
    mode = call.world.settings.revision_conflict
    if mode == "none" or revision == row["revision"]:
        return
    if mode == "any" or revision > row["revision"]:
        raise conflict()
    before, now = stored(_revision(call, row["item_id"], revision)), stored(row)
    for key, values in written.items():
        held = now.get(key, [])
        # Writing the current value again is not a conflict.
        if before.get(key, []) != held and values != held:
            raise conflict()


@table.add("PUT", "/item/{item_id}/value", body="required")
def update_values(call: Call) -> Any:
    """Update the fields that the body contains."""
    call.write_flags()
    row, reader = find_item(call, call.path["item_id"]), Reader(call)
    written = write_fields(call, reader.fields(row["app_id"]), as_object(call.body), reader.zone)
    return _save(call, row, reader, written, row["external_id"], json.loads(row["tags"]))


@table.add("PUT", "/item/{item_id}/value/{field:text}", body="required")
def update_value(call: Call) -> Any:
    """Update a field."""
    call.write_flags()
    row, reader = find_item(call, call.path["item_id"]), Reader(call)
    field = _field(call, reader, row["app_id"])
    value = call.body
    if isinstance(value, dict) and set(value) == {"value"} and isinstance(value["value"], list):
        value = value["value"]
    written = {str(field.field_id): write_field(call, field, value, caller_zone(call))}
    return _save(call, row, reader, written, row["external_id"], json.loads(row["tags"]))


def _field(call: Call, reader: Reader, app_id: int) -> Field:
    field = find_field(reader.fields(app_id), call.path["field"])
    if field is None:
        raise not_found()
    return field


def _save(
    call: Call, row: sqlite3.Row, reader: Reader, written: Contents, external_id: str | None, tags: list[str]
) -> Any:
    held = stored(row)
    merged = {key: values for key, values in {**held, **written}.items() if values}
    if merged == held and external_id == row["external_id"] and tags == json.loads(row["tags"]):
        # Nothing has changed, so there is no new revision to return.
        return Empty
    store, now, revision = call.world.store, call.world.clock.stamp(), row["revision"] + 1
    name = reader.app(row["app_id"])["item_name"]
    title = title_of(reader.fields(row["app_id"]), merged, name, row["app_item_id"])
    author, via, kept = call.identity.author, call.identity.client_id, json.dumps(merged)
    store.run(
        "UPDATE item SET revision = ?, title = ?, contents = ?, tags = ?, external_id = ?, last_edit_on = ?, "
        "last_edit_by = ?, last_edit_via = ?, last_event_on = ? WHERE item_id = ?",
        *(revision, title, kept, json.dumps(tags), external_id, now, author, via, now, row["item_id"]),
    )
    revision_id = store.insert(
        "revision",
        item_id=row["item_id"],
        revision=revision,
        type="update",
        contents=kept,
        created_on=now,
        created_by=author,
        created_via=via,
    )
    call.record(
        "item.update",
        app_id=row["app_id"],
        item_id=row["item_id"],
        item_revision_id=revision_id,
        external_id=external_id,
        field_ids=_differing(held, merged),
    )
    return {"revision": revision, "title": title}


@table.add("DELETE", "/item/{item_id}")
def delete(call: Call) -> type[Empty]:
    """Delete an item permanently."""
    call.write_flags()
    _delete(call, find_item(call, call.path["item_id"]))
    return Empty


def _delete(call: Call, row: sqlite3.Row) -> None:
    store, item_id = call.world.store, row["item_id"]
    store.run("UPDATE item SET deleted = 1 WHERE item_id = ?", item_id)
    store.run("DELETE FROM notification WHERE item_id = ?", item_id)
    call.record(
        "item.delete",
        app_id=row["app_id"],
        item_id=item_id,
        item_revision_id=store.number("SELECT max(item_revision_id) FROM revision WHERE item_id = ?", item_id),
        external_id=row["external_id"],
        field_ids=_differing(stored(row), {}),
    )


@table.add("POST", "/item/app/{app_id}/delete", body="required", permission="delete")
def delete_several(call: Call) -> dict[str, Any]:
    """Delete the items of an app that the body lists."""
    call.write_flags()
    app_id = find_app(call, call.path["app_id"])["app_id"]
    wanted = [as_integer(each, 1) for each in as_list(as_object(call.body).get("item_ids"))]
    deleted = []
    for item_id in wanted:
        row = call.world.store.one("SELECT * FROM item WHERE item_id = ?", item_id)
        if row is not None and row["app_id"] == app_id and not row["deleted"]:
            _delete(call, row)
            deleted.append(item_id)
    return {"deleted": deleted, "pending": []}


@table.add("POST", "/item/{item_id}/clone", body="optional")
def clone(call: Call) -> dict[str, Any]:
    """Create a copy of an item."""
    call.write_flags()
    row, reader = find_item(call, call.path["item_id"]), Reader(call)
    app = find_app(call, row["app_id"])
    return {"item_id": _insert(call, app, reader.fields(app["app_id"]), stored(row), None, json.loads(row["tags"]))}


@table.add("GET", "/item/{item_id}/value")
def get_values(call: Call) -> list[dict[str, Any]]:
    """Return an item's values."""
    row = find_item(call, call.path["item_id"])
    return Reader(call).show(row["app_id"], stored(row))


@table.add("GET", "/item/{item_id}/value/v2")
def get_values_by_name(call: Call) -> dict[str, Any]:
    """Return an item's values by external ID."""
    row, reader = find_item(call, call.path["item_id"]), Reader(call)
    shown = reader.show(row["app_id"], stored(row))
    return {field["external_id"]: field["values"] for field in shown}


@table.add("GET", "/item/{item_id}/value/{field:text}")
def get_value(call: Call) -> list[Any]:
    """Return the values of one field."""
    row, reader = find_item(call, call.path["item_id"]), Reader(call)
    return reader.values(_field(call, reader, row["app_id"]), stored(row))


@table.add("GET", "/item/{item_id}/reference")
def references(call: Call) -> list[dict[str, Any]]:
    """List the items that refer to an item, grouped by the field that contains the reference."""
    return incoming(Reader(call), find_item(call, call.path["item_id"])["item_id"], with_items=True)


@table.add("GET", "/item/{item_id}/revision")
def revisions(call: Call) -> list[dict[str, Any]]:
    """List an item's revisions, newest first."""
    item_id, reader = find_item(call, call.path["item_id"])["item_id"], Reader(call)
    return [show_revision(reader, row) for row in reversed(revisions_of(call, item_id))]


@table.add("GET", "/item/{item_id}/revision/{revision}")
def revision(call: Call) -> dict[str, Any]:
    """Return one revision."""
    item_id = find_item(call, call.path["item_id"])["item_id"]
    return show_revision(Reader(call), _revision(call, item_id, call.path["revision"]))


def _revision(call: Call, item_id: int, number: int) -> sqlite3.Row:
    row = call.world.store.one("SELECT * FROM revision WHERE item_id = ? AND revision = ?", item_id, number)
    if row is None:
        raise not_found()
    return row


@table.add("GET", "/item/{item_id}/revision/{first}/{last}")
def difference(call: Call) -> list[dict[str, Any]]:
    """Return the fields whose values differ between two revisions."""
    row, reader = find_item(call, call.path["item_id"]), Reader(call)
    before = stored(_revision(call, row["item_id"], call.path["first"]))
    after = stored(_revision(call, row["item_id"], call.path["last"]))
    changed = []
    for field in reader.fields(row["app_id"]):
        old, new = reader.values(field, before), reader.values(field, after)
        if old != new:
            changed.append({**field.envelope(), "from": old, "to": new})
    return changed
