"""The events that the push service sends when something changes.

Names and data are those that Podio's clients for Android and iOS read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .changes import Change
from .database import Store

Event = dict[str, Any]

_NAMES = {
    "item.create": "create",
    "item.update": "update",
    "item.delete": "delete",
    "comment.create": "comment_create",
    "comment.update": "comment_update",
    "comment.delete": "comment_delete",
    "rating.create": "rating_like_create",
    "rating.delete": "rating_like_delete",
}
_FILES = {"file_created": "file_attach", "file_replaced": "file_attach", "file_deleted": "file_delete"}


def events_of(change: Change, store: Store) -> Iterator[tuple[str, Event]]:
    """Iterate over the events of a change, each with its channel.

    The channel of the item gets what has happened to it. The stream of its space, on the channels of the space and of
    its members, gets ``stream_create`` or ``stream_event``, unless the request was silent.

    Args:
        change: The change.
        store: The database, after the commit.
    """
    if change.user_id is not None:
        yield from _notification(change, change.user_id, store)
        return
    name = _FILES.get(change.action_type or "") if change.kind == "file.change" else _NAMES.get(change.kind)
    if name is None or change.item_id is None:
        return
    yield f"/item/{change.item_id}", _event(name, "item", change.item_id, change, store, _data(change, store))
    if change.silent:
        return
    space_id = store.number("SELECT space_id FROM app WHERE app_id = ?", change.app_id)
    members = store.all("SELECT user_id FROM member WHERE space_id = ? ORDER BY user_id", space_id)
    kind = "stream_create" if change.kind == "item.create" else "stream_event"
    data = {"data_ref": {"type": "item", "id": change.item_id}, "type": name}
    for ref_type, ref_id in (("space", space_id), *(("user", row["user_id"]) for row in members)):
        yield f"/{ref_type}/{ref_id}", _event(kind, ref_type, ref_id, change, store, data)


def _event(name: str, ref_type: str, ref_id: int, change: Change, store: Store, data: dict[str, Any]) -> Event:
    kind, _, number = change.author.partition(":")
    return {
        "event": name,
        "ref": {"type": ref_type, "id": ref_id},
        "created_by": {"type": kind, "id": int(number)},
        "created_via": store.number("SELECT number FROM client WHERE client_id = ?", change.client_id),
        "data": data,
    }


def _data(change: Change, store: Store) -> dict[str, Any]:
    """Return what the event on the item's channel says besides the item."""
    if change.comment_id is not None:
        return {"data_ref": {"type": "comment", "id": change.comment_id}}
    if change.file_ids:
        return {"data_ref": {"type": "file", "id": change.file_ids[0]}}
    if change.kind.startswith("rating."):
        count = store.number("SELECT count(*) FROM rating WHERE item_id = ?", change.item_id)
        return {"data_ref": {"type": "item", "id": change.item_id}, "type": "like", "count": count}
    return {}


def _notification(change: Change, user_id: int, store: Store) -> Iterator[tuple[str, Event]]:
    channel = f"/user/{user_id}"
    title = store.one("SELECT title FROM item WHERE item_id = ?", change.item_id)
    data = {
        "text": "A comment was added" if title is None else f"A comment was added to {title['title']}",
        "link": f"https://podio.com/x/y/item/{change.item_id}",
        "icon": "comment",
        "notification_id": change.notification_id,
        "settings": {"sound": False, "browser": True},
    }
    yield channel, _event("notification_create", "user", user_id, change, store, data)
    unread = store.number("SELECT count(*) FROM notification WHERE user_id = ? AND viewed = 0", user_id)
    yield channel, _event("notification_unread", "user", user_id, change, store, {"count": unread})
