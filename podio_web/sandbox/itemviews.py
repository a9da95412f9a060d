"""The views of items and their comments in responses, from an entry of a list to the full item."""

from __future__ import annotations

import json
import re
import sqlite3
from html import escape
from typing import Any

from .apps import Field, find_app
from .fileviews import files_of
from .people import push
from .refusals import gone, not_found
from .routing import Call
from .values import Reader, item_head, mini_item, show_embed, show_revision, stored

_RIGHTS = ["view", "update", "delete", "comment", "rate", "subscribe", "add_task", "add_file", "grant"]
_FILE_COUNT = """
    SELECT count(*) FROM file
    WHERE ref_type = 'item' AND ref_id = ? AND deleted = 0 AND replaced_by IS NULL
"""
_MENTION = re.compile(r"@\[([^\]\n]{1,200})\]\((user|space):([0-9]{1,18})\)")


def find_item(call: Call, item_id: int) -> sqlite3.Row:
    """Return an item that the caller may access.

    Raises:
        Refusal: 404 if it does not exist, 410 if it has been deleted, 403 if the caller may not access it.
    """
    row = call.world.store.one("SELECT * FROM item WHERE item_id = ?", item_id)
    if row is None:
        raise not_found()
    find_app(call, row["app_id"])
    if row["deleted"]:
        raise gone()
    return row


def find_comment(call: Call, comment_id: int) -> sqlite3.Row:
    """Return a comment that the caller may access.

    Raises:
        Refusal: 404 if it does not exist, 410 if it has been deleted, 403 if the caller may not access its item.
    """
    row = call.world.store.one("SELECT * FROM comment WHERE comment_id = ?", comment_id)
    if row is None:
        raise not_found()
    find_item(call, row["item_id"])
    if row["deleted"]:
        raise gone()
    return row


def short_item(reader: Reader, row: sqlite3.Row) -> dict[str, Any]:
    """Return an item as the response to its creation shows it. All other views start with these keys."""
    return {
        **listed_item(reader, row),
        "app": reader.app(row["app_id"]),
        "tags": json.loads(row["tags"]),
        "like_count": len(_likes(reader, row)),
        "is_liked": reader.call.identity.user_id in _likes(reader, row),
        "pinned": False,
    }


def listed_item(reader: Reader, row: sqlite3.Row) -> dict[str, Any]:
    """Return an item as filters and lists show it."""
    store = reader.call.world.store
    latest = store.one("SELECT * FROM revision WHERE item_id = ? ORDER BY revision DESC LIMIT 1", row["item_id"])
    comments = store.number("SELECT count(*) FROM comment WHERE item_id = ? AND deleted = 0", row["item_id"])
    return {
        **item_head(reader, row),
        "priority": float(row["item_id"]),
        "last_event_on": row["last_event_on"],
        "current_revision": None if latest is None else show_revision(reader, latest),
        "fields": reader.show(row["app_id"], stored(row)),
        "rights": list(_RIGHTS),
        "comment_count": comments,
        "file_count": store.number(_FILE_COUNT, row["item_id"]),
        "ratings": {"like": {"average": None, "counts": {"1": _like_counts(reader, row)}}},
    }


def _likes(reader: Reader, row: sqlite3.Row) -> list[int]:
    """Return the IDs of the users who like an item."""
    sql = "SELECT user_id FROM rating WHERE item_id = ? ORDER BY rating_id"
    return [each["user_id"] for each in reader.call.world.store.all(sql, row["item_id"])]


def _like_counts(reader: Reader, row: sqlite3.Row) -> dict[str, Any]:
    users = [reader.people.byline(f"user:{user_id}") for user_id in _likes(reader, row)]
    return {"total": len(users), "users": users}


def full_item(reader: Reader, row: sqlite3.Row) -> dict[str, Any]:
    """Return an item with all keys of ``GET /item/{id}``."""
    call = reader.call
    revisions = revisions_of(call, row["item_id"])
    user_id = call.identity.user_id or 0
    return {
        **basic_item(reader, row),
        "revisions": [show_revision(reader, each) for each in reversed(revisions)],
        "comments": comments_of(reader, row["item_id"], 100, 0),
        "refs": incoming(reader, row["item_id"], with_items=False),
        "presence": {"ref_type": "item", "ref_id": row["item_id"], "user_id": user_id, "signature": ""},
        "push": push(call.world, f"/item/{row['item_id']}"),
    }


def basic_item(reader: Reader, row: sqlite3.Row) -> dict[str, Any]:
    """Return an item without its comments, revisions and references."""
    return {
        **short_item(reader, row),
        "space": None,
        "files": files_of(reader, "item", row["item_id"]),
        "user_ratings": {"like": 1 if reader.call.identity.user_id in _likes(reader, row) else None},
        "subscribed": False,
        "subscribed_count": 0,
        "participants": {},
        "reminder": None,
        "recurrence": None,
        "linked_account_id": None,
        "linked_account_data": None,
        "ref": None,
        "invite": None,
    }


def revisions_of(call: Call, item_id: int) -> list[sqlite3.Row]:
    """Return the revisions of an item, oldest first."""
    return call.world.store.all("SELECT * FROM revision WHERE item_id = ? ORDER BY revision", item_id)


def incoming(reader: Reader, item_id: int, *, with_items: bool) -> list[dict[str, Any]]:
    """Return the references to an item, grouped by the field that contains the reference.

    Args:
        reader: Reads the items.
        item_id: The item.
        with_items: Whether each group contains the items that refer to the item. Otherwise it has only their number.
    """
    store = reader.call.world.store
    groups = []
    reference = {"value": item_id}
    # SQLite finds the candidates much faster than Python can decode the contents of all items.
    sql = "SELECT * FROM item WHERE app_id = ? AND deleted = 0 AND instr(contents, ?)"
    for field_row in store.all("SELECT * FROM field WHERE type = 'app' ORDER BY field_id"):
        key = str(field_row["field_id"])
        rows = [
            row
            for row in store.all(sql, field_row["app_id"], json.dumps(reference))
            if reference in stored(row).get(key, [])
        ]
        if rows:
            fields = [_referring(field) for field in reader.fields(field_row["app_id"]) if str(field.field_id) == key]
            group = {"count": len(rows), "field": fields[0], "app": reader.app(field_row["app_id"])}
            groups.append({**group, "items": [mini_item(reader, row) for row in rows]} if with_items else group)
    return groups


def _referring(field: Field) -> dict[str, Any]:
    config = {name: field.config[name] for name in ("settings", "mapping", "label")}
    shown = {name: value for name, value in field.envelope().items() if name != "status"}
    return {**shown, "config": config}


def comments_of(reader: Reader, item_id: int, limit: int, offset: int) -> list[dict[str, Any]]:
    """Return the comments on an item, oldest first."""
    rows = reader.call.world.store.all(
        "SELECT * FROM comment WHERE item_id = ? AND deleted = 0 ORDER BY comment_id LIMIT ? OFFSET ?",
        item_id,
        limit,
        offset,
    )
    return [show_comment(reader, row) for row in rows]


def show_comment(reader: Reader, row: sqlite3.Row) -> dict[str, Any]:
    """Return a comment. In ``rich_value``, the text is escaped and mentions are links."""
    author = reader.people.byline(row["created_by"])
    mine = row["created_by"] == reader.call.identity.author
    embed = reader.call.world.store.one("SELECT * FROM embed WHERE embed_id = ?", row["embed_id"])
    return {
        "comment_id": row["comment_id"],
        "value": row["value"],
        "rich_value": _rich(row["value"]),
        "external_id": row["external_id"],
        "ref": {"type": "item", "id": row["item_id"]},
        "created_on": row["created_on"],
        "created_by": author,
        "created_via": reader.people.via(row["created_via"]),
        "user": author,
        "last_edit_on": row["last_edit_on"],
        "files": files_of(reader, "comment", row["comment_id"]),
        "embed": None if embed is None else show_embed(embed),
        "embed_file": None,
        "rights": ["view", "rate", *(["update", "delete"] if mine else [])],
        "is_liked": False,
        "like_count": 0,
        "questions": [],
    }


def _rich(value: str) -> str:
    linked = _MENTION.sub(r'<a href="https://podio.com/\2s/\3">\1</a>', escape(value, quote=False))
    return f"<p>{linked}</p>"
