"""Files as responses show them (https://developers.podio.com/models/file)."""

from __future__ import annotations

import sqlite3
from typing import Any

from .file_values import listed_file
from .people import push
from .values import Reader, mini_item

_RIGHTS = ["view", "download", "update", "delete"]


def full_file(reader: Reader, row: sqlite3.Row) -> dict[str, Any]:
    """Return a file with all keys of ``GET /file/{file_id}``."""
    call = reader.call
    older = call.world.store.all("SELECT * FROM file WHERE replaced_by = ? ORDER BY file_id DESC", row["file_id"])
    return {
        **listed_file(reader, row),
        "context": _context(reader, row),
        "rights": list(_RIGHTS),
        "replaces": [listed_file(reader, each) for each in older],
        "presence": None,
        "push": push(call.world, f"/file/{row['file_id']}"),
    }


def files_of(reader: Reader, ref_type: str, ref_id: int) -> list[dict[str, Any]]:
    """Return the files that are attached to an object, oldest first."""
    rows = reader.call.world.store.all(
        "SELECT * FROM file WHERE ref_type = ? AND ref_id = ? AND deleted = 0 AND replaced_by IS NULL ORDER BY file_id",
        *(ref_type, ref_id),
    )
    return [listed_file(reader, row) for row in rows]


def _context(reader: Reader, row: sqlite3.Row) -> dict[str, Any] | None:
    """Return the object that a file is attached to. For a file on a comment it is the comment's item."""
    store, ref_type, ref_id = reader.call.world.store, row["ref_type"], row["ref_id"]
    if ref_type == "space":
        space = store.one("SELECT * FROM space WHERE space_id = ?", ref_id)
        return None if space is None else {"type": "space", "id": ref_id, "title": space["name"]}
    if ref_type == "comment":
        ref_id = store.number("SELECT item_id FROM comment WHERE comment_id = ?", ref_id)
    item = store.one("SELECT * FROM item WHERE item_id = ?", ref_id)
    if item is None:
        return None
    shown = mini_item(reader, item)
    return {"type": "item", "id": ref_id, "title": shown["title"], "link": shown["link"], "data": shown}
