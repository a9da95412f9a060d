"""Comments on items (https://developers.podio.com/doc/comments), and embeds for comments and link fields."""

from __future__ import annotations

import sqlite3
from typing import Any

from .attachments import attach, named_files
from .fields import new_embed
from .itemviews import comments_of, find_comment, find_item, show_comment
from .refusals import forbidden, not_found, not_imitated
from .routing import Call, Empty, Operations
from .validation import as_choice, as_integer, as_object, as_string, invalid
from .values import Reader, show_embed

table: Operations = Operations()

_REF_TYPES = ("item", "task", "status", "app", "space", "question", "conversation", "file", "bulletin", "share")


def _item(call: Call) -> sqlite3.Row:
    if as_choice(call.path["ref_type"], _REF_TYPES) != "item":
        # The sandbox has only items.
        raise not_imitated(call.operation.method, f"/comment/{call.path['ref_type']}/{call.path['ref_id']}/")
    return find_item(call, call.path["ref_id"])


def _find(call: Call) -> sqlite3.Row:
    return find_comment(call, call.path["comment_id"])


def _body(call: Call) -> dict[str, Any]:
    body = as_object(call.body)
    call.write_flags()
    return body


def _embed_id(call: Call, body: dict[str, Any]) -> int | None:
    if body.get("embed_url") is not None:
        return new_embed(call, body["embed_url"])
    if body.get("embed_id") is None:
        return None
    embed_id = as_integer(body["embed_id"], 1)
    if call.world.store.one("SELECT 1 FROM embed WHERE embed_id = ?", embed_id) is None:
        raise invalid(embed_id, "No embed found")
    return embed_id


@table.add("GET", "/comment/{ref_type:text}/{ref_id}")
def list_comments(call: Call) -> list[dict[str, Any]]:
    """List the comments on an object, oldest first."""
    item_id = _item(call)["item_id"]
    return comments_of(Reader(call), item_id, call.integer("limit", 100, 1, 1000), call.integer("offset", 0))


@table.add("POST", "/comment/{ref_type:text}/{ref_id}", body="required")
def add_comment(call: Call) -> dict[str, Any]:
    """Add a comment to an object."""
    item, body, store = _item(call), _body(call), call.world.store
    files = named_files(call, body)
    now, author = call.world.clock.stamp(), call.identity.author
    external_id = body.get("external_id")
    comment_id = store.insert(
        "comment",
        item_id=item["item_id"],
        value=as_string(body.get("value"), blank=False),
        external_id=None if external_id is None else as_string(external_id, 50),
        embed_id=_embed_id(call, body),
        created_on=now,
        created_by=author,
        created_via=call.identity.client_id,
    )
    for file in files:
        attach(call, file, "comment", comment_id)
    store.run("UPDATE item SET last_event_on = ? WHERE item_id = ?", now, item["item_id"])
    about = {"app_id": item["app_id"], "item_id": item["item_id"], "comment_id": comment_id}
    call.record("comment.create", **about)
    kind, _, owner = item["created_by"].partition(":")
    if kind == "user" and item["created_by"] != author and not call.flag("silent", False):
        notification_id = store.insert("notification", user_id=int(owner), item_id=item["item_id"])
        call.record("notification.create", **about, notification_id=notification_id, user_id=int(owner))
    row = store.one("SELECT * FROM comment WHERE comment_id = ?", comment_id)
    if row is None:
        raise not_found()
    return show_comment(Reader(call), row)


@table.add("GET", "/comment/{comment_id}")
def get_comment(call: Call) -> dict[str, Any]:
    """Return one comment."""
    return show_comment(Reader(call), _find(call))


@table.add("PUT", "/comment/{comment_id}", body="required")
def update_comment(call: Call) -> dict[str, Any]:
    """Update a comment. Only its author may do so."""
    row, body = _mine(call), _body(call)
    value = as_string(body.get("value", row["value"]), blank=False)
    for file in named_files(call, body):
        attach(call, file, "comment", row["comment_id"])
    embed_id = _embed_id(call, body) or row["embed_id"]
    now = call.world.clock.stamp()
    call.world.store.run(
        "UPDATE comment SET value = ?, embed_id = ?, last_edit_on = ? WHERE comment_id = ?",
        *(value, embed_id, now, row["comment_id"]),
    )
    _record(call, "comment.update", row)
    return show_comment(Reader(call), _find(call))


@table.add("DELETE", "/comment/{comment_id}")
def delete_comment(call: Call) -> type[Empty]:
    """Delete a comment. Only its author may do so."""
    call.write_flags()
    row = _mine(call)
    call.world.store.run("UPDATE comment SET deleted = 1 WHERE comment_id = ?", row["comment_id"])
    _record(call, "comment.delete", row)
    return Empty


def _record(call: Call, kind: str, row: sqlite3.Row) -> None:
    app_id = call.world.store.number("SELECT app_id FROM item WHERE item_id = ?", row["item_id"])
    call.record(kind, app_id=app_id, item_id=row["item_id"], comment_id=row["comment_id"])


def _mine(call: Call) -> sqlite3.Row:
    row = _find(call)
    if row["created_by"] != call.identity.author:
        raise forbidden()
    return row


@table.add("POST", "/embed", body="required")
def create_embed(call: Call) -> dict[str, Any]:
    """Create a link object. The sandbox does not fetch the page."""
    body = as_object(call.body)
    as_choice(body.get("mode", "immediate"), ("immediate", "delayed"))
    call.require("app")
    row = call.world.store.one("SELECT * FROM embed WHERE embed_id = ?", new_embed(call, body.get("url")))
    if row is None:
        raise not_found()
    return show_embed(row)
