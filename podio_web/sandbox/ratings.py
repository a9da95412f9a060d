"""Likes of items (https://developers.podio.com/doc/ratings). Other ratings are not imitated."""

from __future__ import annotations

import sqlite3

from .itemviews import find_item
from .refusals import not_found, not_imitated
from .routing import Call, Empty, Operations
from .validation import as_choice, as_integer, as_object, invalid

table: Operations = Operations()

_REF_TYPES = ("item", "status", "comment", "file", "task")
_TYPES = ("like", "approved", "rsvp", "fivestar", "yesno", "thumbs")
_PATH = "/rating/{ref_type:text}/{ref_id}/{rating_type:text}"


def _item(call: Call) -> sqlite3.Row:
    ref_type = as_choice(call.path["ref_type"], _REF_TYPES)
    rating_type = as_choice(call.path["rating_type"], _TYPES)
    if (ref_type, rating_type) != ("item", "like"):
        raise not_imitated(call.operation.method, f"/rating/{ref_type}/{call.path['ref_id']}/{rating_type}")
    call.write_flags()
    return find_item(call, call.path["ref_id"])


@table.add("POST", _PATH, body="required")
def rate(call: Call) -> dict[str, int]:
    """Like an item. A second like changes nothing."""
    item, store = _item(call), call.world.store
    value = as_integer(as_object(call.body).get("value"))
    if value != 1:
        raise invalid(value, "must be 1")
    user_id = call.user_id
    row = store.one("SELECT rating_id FROM rating WHERE item_id = ? AND user_id = ?", item["item_id"], user_id)
    if row is not None:
        return {"rating_id": row["rating_id"]}
    rating_id = store.insert("rating", item_id=item["item_id"], user_id=user_id)
    call.record("rating.create", app_id=item["app_id"], item_id=item["item_id"])
    return {"rating_id": rating_id}


@table.add("DELETE", _PATH)
def remove(call: Call) -> type[Empty]:
    """Take a like back."""
    item, store = _item(call), call.world.store
    sql = "DELETE FROM rating WHERE item_id = ? AND user_id = ?"
    if store.run(sql, item["item_id"], call.user_id).rowcount == 0:
        raise not_found()
    call.record("rating.delete", app_id=item["app_id"], item_id=item["item_id"])
    return Empty
