"""Webhooks (https://developers.podio.com/doc/hooks): their verification, and which changes they are told of."""

from __future__ import annotations

import secrets
import sqlite3
from typing import Any

from .apps import find_app
from .changes import Change
from .deliveries import Delivery
from .orgs import find_space
from .posting import check_url, is_reachable, loopback_only, moved_query
from .refusals import Refusal, not_found
from .routing import Call, Empty, Operations
from .validation import as_choice, as_integer, as_object, as_string, invalid
from .world import World

table: Operations = Operations()

VERIFY = "hook.verify"
_ITEM_TYPES = ("item.create", "item.update", "item.delete")
TYPES = (
    *_ITEM_TYPES,
    *("comment.create", "comment.delete", "file.change", "tag.add", "tag.delete"),
    *("app.create", "app.update", "app.delete", "form.create", "form.update", "form.delete"),
    *("member.add", "member.remove", "status.create", "status.update", "status.delete"),
    *("task.create", "task.update", "task.delete", "contact.create", "contact.update", "contact.delete"),
)
"""The types that a hook may have. The sandbox delivers those of ``changes.KINDS``."""

# https://developers.podio.com/examples/webhooks
_MOST_OF_A_TYPE = 10


def listen(world: World) -> None:
    """Deliver the changes of a world to its active hooks.

    Args:
        world: The sandbox's state.
    """
    world.changes.listen(lambda change: _tell(world, change))


def _check_reference(call: Call, ref_type: str, ref_id: int) -> None:
    """Check that the caller may access the object of a hook. Raise Refusal otherwise."""
    if ref_type == "space":
        find_space(call, ref_id)
        return
    if ref_type == "app_field":
        row = call.world.store.one("SELECT app_id FROM field WHERE field_id = ? AND status = 'active'", ref_id)
        if row is None:
            raise not_found()
        ref_id = row["app_id"]
    find_app(call, ref_id)


def _reference(call: Call) -> tuple[str, int]:
    ref_type, ref_id = as_choice(call.path["ref_type"], ("app", "space", "app_field")), call.path["ref_id"]
    _check_reference(call, ref_type, ref_id)
    return ref_type, ref_id


def _find(call: Call) -> sqlite3.Row:
    row = call.world.store.one("SELECT * FROM hook WHERE hook_id = ?", call.path["hook_id"])
    if row is None:
        raise not_found()
    _check_reference(call, row["ref_type"], row["ref_id"])
    return row


@table.add("POST", "/hook/{ref_type:text}/{ref_id}", body="required")
def create_hook(call: Call) -> dict[str, int]:
    """Create a hook, and send its code to its URL. It is inactive until the code is sent back."""
    (ref_type, ref_id), body, store = _reference(call), as_object(call.body), call.world.store
    hook_type = as_choice(body.get("type"), _ITEM_TYPES if ref_type == "app_field" else TYPES)
    url = as_string(body.get("url"), 2000, blank=False)
    check_url(url, any_port=call.world.settings.hook_ports == "any")
    of_type = "SELECT count(*) FROM hook WHERE type = ? AND ref_type = ? AND ref_id = ?"
    if store.number(of_type, hook_type, ref_type, ref_id) >= _MOST_OF_A_TYPE:
        text = f"There are already {_MOST_OF_A_TYPE} hooks of the type {hook_type} on this object"
        raise Refusal(400, "invalid_value", text)
    code = secrets.token_hex(8)
    hook_id = store.insert("hook", ref_type=ref_type, ref_id=ref_id, type=hook_type, url=url, code=code)
    _deliver(call.world, hook_id, url, {"type": VERIFY, "code": code})
    return {"hook_id": hook_id}


@table.add("GET", "/hook/{ref_type:text}/{ref_id}")
def list_hooks(call: Call) -> list[dict[str, Any]]:
    """List the hooks of an object."""
    sql = "SELECT hook_id, status, type, url FROM hook WHERE ref_type = ? AND ref_id = ? ORDER BY hook_id"
    return [dict(row) for row in call.world.store.all(sql, *_reference(call))]


@table.add("POST", "/hook/{hook_id}/verify/request", body="optional")
def request_verification(call: Call) -> type[Empty]:
    """Send a hook's code to its URL."""
    row = _find(call)
    _deliver(call.world, row["hook_id"], row["url"], {"type": VERIFY, "code": row["code"]})
    return Empty


@table.add("POST", "/hook/{hook_id}/verify/validate", body="required")
def validate_verification(call: Call) -> type[Empty]:
    """Make a hook active if the body contains its code."""
    row, code = _find(call), as_string(as_object(call.body).get("code"), 200)
    if not secrets.compare_digest(code.encode(), row["code"].encode()):
        # The text does not repeat the code, because clients log error texts.
        raise Refusal(400, "invalid_value", "The code is not the one that was sent to the URL of the hook")
    sql = "UPDATE hook SET status = 'active', failures = 0 WHERE hook_id = ?"
    call.world.store.run(sql, row["hook_id"])
    return Empty


@table.add("DELETE", "/hook/{hook_id}")
def delete_hook(call: Call) -> type[Empty]:
    """Delete a hook."""
    call.world.store.run("DELETE FROM hook WHERE hook_id = ?", _find(call)["hook_id"])
    return Empty


def _tell(world: World, change: Change) -> None:
    """Queue the deliveries of a change."""
    if not change.hook or change.kind not in TYPES:
        return
    rows = world.store.all("SELECT * FROM hook WHERE type = ? AND status = 'active' ORDER BY hook_id", change.kind)
    for row in rows:
        concerned = change.field_ids if row["ref_type"] == "app_field" else (change.app_id,)
        if row["ref_type"] != "space" and row["ref_id"] in concerned:
            _deliver(world, row["hook_id"], row["url"], {"type": change.kind, **payload(change)})


def payload(change: Change) -> dict[str, str]:
    """Return what a delivery says of a change, without its type.

    Examples:
        >>> payload(Change("comment.create", "user:1001", "demo-client", item_id=6101, comment_id=7001))
        {'item_id': '6101', 'comment_id': '7001'}
    """
    family = change.kind.partition(".")[0]
    if family == "item":
        values = (change.item_id, change.item_revision_id, change.external_id)
        return {
            name: "" if value is None else str(value)
            for name, value in zip(("item_id", "item_revision_id", "external_id"), values, strict=True)
        }
    if family == "comment":
        return {"item_id": str(change.item_id), "comment_id": str(change.comment_id)}
    if family == "file":
        file_ids = ",".join(str(each) for each in change.file_ids)
        return {"item_id": str(change.item_id), "action_type": str(change.action_type), "file_ids": file_ids}
    return {"app_id": str(change.app_id)}


def form_of(url: str, hook_id: int, values: dict[str, str]) -> dict[str, str]:
    """Return the body of a delivery. The hook's own values win over those of the query.

    Args:
        url: The hook's URL.
        hook_id: The hook.
        values: The other values of the body, with ``type``.

    Examples:
        >>> form_of("http://localhost/?team=a&hook_id=1", 12001, {"type": "item.create"})
        {'team': 'a', 'hook_id': '12001', 'type': 'item.create'}
    """
    return {**moved_query(url), "hook_id": str(hook_id), **values}


def ordered(world: World, order: dict[str, Any]) -> Delivery:
    """Return the delivery that a test orders.

    Args:
        world: The sandbox's state.
        order: ``type``, ``url`` or ``hook_id`` or both, and the other values of the body. What an item's delivery
            lacks is taken from the item.

    Raises:
        Refusal: 400 if a value is invalid, if no such hook exists, or if the URL is not on this machine.
    """
    values = {name: _text(value) for name, value in order.items() if name not in ("url", "hook_id", "type")}
    hook_type, hook_id = as_string(order.get("type"), 100, blank=False), as_integer(order.get("hook_id", 1), 1)
    url = order.get("url")
    if url is None:
        row = world.store.one("SELECT url FROM hook WHERE hook_id = ?", hook_id)
        if row is None:
            raise invalid(hook_id, "No hook found. Name one, or a URL.")
        url = row["url"]
    check_url(as_string(url, 2000))
    if not is_reachable(url):
        raise loopback_only(url)
    item_id = order.get("item_id")
    if hook_type in _ITEM_TYPES and isinstance(item_id, int):
        values = {**_item_values(world, item_id), **values}
    return Delivery(url, form_of(url, hook_id, {"type": hook_type, **values}), hook_id)


def _text(value: object) -> str:
    return str(as_integer(value)) if isinstance(value, int) else as_string(value)


def _item_values(world: World, item_id: int) -> dict[str, str]:
    row = world.store.one(
        "SELECT max(item_revision_id) AS newest, external_id FROM item JOIN revision USING (item_id) "
        "WHERE item_id = ? GROUP BY item_id",
        item_id,
    )
    if row is None:
        return {}
    return {"item_id": str(item_id), "item_revision_id": str(row["newest"]), "external_id": row["external_id"] or ""}


def _deliver(world: World, hook_id: int, url: str, values: dict[str, str]) -> None:
    delivery = Delivery(url, form_of(url, hook_id, values), hook_id)
    world.deliveries.add(delivery, world.settings, lambda each: _ended(world, each))


def _ended(world: World, delivery: Delivery) -> None:
    """Count the failures of a hook, and make it inactive if there are too many."""
    store, most = world.store, world.settings.hook_failures
    if delivery.succeeded:
        store.run("UPDATE hook SET failures = 0 WHERE hook_id = ?", delivery.hook_id)
        return
    store.run("UPDATE hook SET failures = failures + 1 WHERE hook_id = ?", delivery.hook_id)
    if most is not None:
        sql = "UPDATE hook SET status = 'inactive' WHERE hook_id = ? AND failures >= ?"
        store.run(sql, delivery.hook_id, most)
