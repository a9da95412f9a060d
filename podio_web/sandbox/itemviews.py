"""The views of items and their comments in responses, from an entry of a list to the full item."""

from __future__ import annotations

import json
import re
import sqlite3
from html import escape
from typing import Any

from .apps import find_app, find_field
from .people import push
from .refusals import gone, not_found
from .routing import Call
from .values import Reader, mini_item, show_embed, show_revision, stored

_RIGHTS = ["view", "update", "delete", "comment", "rate", "subscribe", "add_task", "add_file", "grant"]
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


def short_item(reader: Reader, row: sqlite3.Row) -> dict[str, Any]:
    """Return an item as the response to its creation shows it. All other views start with these keys."""
    return {
        **listed_item(reader, row),
        "app": reader.app(row["app_id"]),
        "tags": json.loads(row["tags"]),
        "like_count": 0,
        "is_liked": False,
        "pinned": False,
    }


def listed_item(reader: Reader, row: sqlite3.Row) -> dict[str, Any]:
    """Return an item as filters and lists show it."""
    store = reader.call.world.store
    latest = store.one("SELECT * FROM revision WHERE item_id = ? ORDER BY revision DESC LIMIT 1", row["item_id"])
    comments = store.number("SELECT count(*) FROM comment WHERE item_id = ? AND deleted = 0", row["item_id"])
    shown = mini_item(reader, row)
    for name in ("app", "space", "files"):
        del shown[name]
    return {
        **shown,
        "priority": float(row["item_id"]),
        "last_event_on": row["last_event_on"],
        "current_revision": None if latest is None else show_revision(reader, latest),
        "fields": reader.show(row["app_id"], stored(row)),
        "rights": list(_RIGHTS),
        "comment_count": comments,
        "file_count": 0,
        "ratings": {"like": {"average": None, "counts": {"1": {"total": 0, "users": []}}}},
    }


def full_item(reader: Reader, row: sqlite3.Row) -> dict[str, Any]:
    """Return an item with all keys of ``GET /item/{id}``."""
    call = reader.call
    revisions = revisions_of(call, row["item_id"])
    user_id = call.identity.user_id or 0
    return {
        **basic_item(reader, row),
        "revisions": [show_revision(reader, each) for each in reversed(revisions)],
        "comments": comments_of(reader, row["item_id"], 100, 0),
        "refs": [{key: group[key] for key in ("count", "field", "app")} for group in incoming(reader, row["item_id"])],
        "presence": {"ref_type": "item", "ref_id": row["item_id"], "user_id": user_id, "signature": ""},
        "push": push(call.world, f"/item/{row['item_id']}"),
    }


def basic_item(reader: Reader, row: sqlite3.Row) -> dict[str, Any]:
    """Return an item without its comments, revisions and references."""
    return {
        **short_item(reader, row),
        "space": None,
        "files": [],
        "user_ratings": {},
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


def incoming(reader: Reader, item_id: int) -> list[dict[str, Any]]:
    """Return the items that refer to an item, grouped by the field that contains the reference."""
    store = reader.call.world.store
    groups = []
    for field_row in store.all("SELECT * FROM field WHERE type = 'app'"):
        key = str(field_row["field_id"])
        rows = [
            row
            for row in store.all("SELECT * FROM item WHERE app_id = ? AND deleted = 0", field_row["app_id"])
            if {"value": item_id} in stored(row).get(key, [])
        ]
        if rows:
            field = find_field(reader.fields(field_row["app_id"]), key)
            groups.append(
                {
                    "count": len(rows),
                    "field": None if field is None else field.envelope(),
                    "app": reader.app(field_row["app_id"]),
                    "items": [mini_item(reader, row) for row in rows],
                }
            )
    return groups


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
        "files": [],
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
