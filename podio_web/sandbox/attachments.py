"""Which files a caller may reach, and what files are attached to."""

from __future__ import annotations

import sqlite3
from typing import Any

from .itemviews import find_comment, find_item
from .orgs import find_space
from .refusals import Refusal, forbidden, gone, not_found, not_imitated
from .routing import Call
from .validation import as_choice, as_integer, as_list, invalid

_REF_TYPES = ("item", "comment", "status", "space", "task")


def find_file(call: Call, file_id: int) -> sqlite3.Row:
    """Return a file that the caller may access.

    Raises:
        Refusal: 404 if it does not exist, 410 if it or what it is attached to has been deleted, 403 if the caller may
            not access it. A file that is attached to nothing belongs to the caller who uploaded it.
    """
    row = call.world.store.one("SELECT * FROM file WHERE file_id = ?", file_id)
    if row is None:
        raise not_found()
    if row["ref_type"] is None:
        if row["created_by"] != call.identity.author:
            raise forbidden()
        call.require("app")
    else:
        _check_object(call, row["ref_type"], row["ref_id"])
    if row["deleted"]:
        raise gone()
    return row


def attach(
    call: Call, row: sqlite3.Row, ref_type: object, ref_id: object, *, action_type: str = "file_created"
) -> None:
    """Attach a file to an object. A file that is attached to another object moves.

    Args:
        call: The call.
        row: The file.
        ref_type: The type of the object.
        ref_id: The ID of the object.
        action_type: What the recorded change says about the file.

    Raises:
        Refusal: 400 or 404 if there is no such object, 403 if the caller may not access it.
    """
    kind, number = as_choice(ref_type, _REF_TYPES), as_integer(ref_id, 1)
    if kind in ("status", "task"):
        raise not_imitated(call.operation.method, f"/file/{row['file_id']}/attach to a {kind}")
    _check_object(call, kind, number, is_changed=True)
    store = call.world.store
    store.run("UPDATE file SET ref_type = ?, ref_id = ? WHERE file_id = ?", kind, number, row["file_id"])
    if kind == "item":
        store.run("UPDATE item SET last_event_on = ? WHERE item_id = ?", call.world.clock.stamp(), number)
        record_files(call, number, row["file_id"], action_type)


def record_files(call: Call, item_id: int, file_id: int, action_type: str) -> None:
    """Record a change of an item's files.

    Args:
        call: The call.
        item_id: The item.
        file_id: The file.
        action_type: ``file_created``, ``file_replaced`` or ``file_deleted``.
    """
    app_id = call.world.store.number("SELECT app_id FROM item WHERE item_id = ?", item_id)
    call.record("file.change", app_id=app_id, item_id=item_id, file_ids=(file_id,), action_type=action_type)


def named_files(call: Call, body: dict[str, Any]) -> list[sqlite3.Row]:
    """Return the files that ``file_ids`` of a body names.

    Raises:
        Refusal: 400 if one of them does not exist, or the caller may not access it.
    """
    found = []
    for value in as_list(body.get("file_ids") or []):
        try:
            found.append(find_file(call, as_integer(value, 1)))
        except Refusal as refusal:
            if refusal.status == 400:
                raise
            raise invalid(value, "No file found") from None
    return found


def _check_object(call: Call, ref_type: str, ref_id: int, *, is_changed: bool = False) -> None:
    if ref_type == "item":
        find_item(call, ref_id)
    elif ref_type == "space":
        find_space(call, ref_id)
    else:
        comment = find_comment(call, ref_id)
        if is_changed and comment["created_by"] != call.identity.author:
            raise forbidden()
