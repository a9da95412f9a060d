"""Edits by another user, which tests make over the control interface.

An edit runs the operation that a call of that user to the API would run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import items
from .apps import find_app
from .caller import Identity
from .itemviews import find_item
from .routing import Call
from .validation import as_choice, as_integer, invalid
from .values import Reader
from .world import World

_CLIENT = "demo-client"
_MOST = 1_000_000
_BODY = ("fields", "external_id", "tags")
EDIT_KEYS: dict[str, tuple[str, ...]] = {
    "create": ("app_id", "count", *_BODY),
    "update": ("item_id", *_BODY),
    "delete": ("item_id",),
}
"""The keys of an edit's JSON object, by its ``action``."""


@dataclass(frozen=True)
class Edit:
    """What another user does to one app's items.

    Args:
        user_id: The user.
        action: One of ``EDIT_KEYS``.
        app_id: The app.
        item_ids: The items to update or delete.
        body: The body of the call to the API.
        count: The number of items to create.
    """

    user_id: int
    action: str
    app_id: int
    item_ids: tuple[int, ...]
    body: dict[str, Any]
    count: int

    @classmethod
    def from_dict(cls, world: World, user_id: int, order: dict[str, Any]) -> Edit:
        """Return the edit that a JSON object describes.

        Raises:
            Refusal: A value is invalid, the app or an item does not exist, or the user may not access it.
        """
        action = as_choice(order.get("action"), tuple(EDIT_KEYS))
        for name in order:
            if name not in ("action", *EDIT_KEYS[action]):
                raise invalid(name, "unknown key")
        body = {name: order[name] for name in _BODY if name in order}
        if action == "create":
            app_id = as_integer(order.get("app_id"), 1)
            find_app(_call(world, user_id, "POST", f"/item/app/{app_id}"), app_id)
            return cls(user_id, action, app_id, (), body, as_integer(order.get("count", 1), 1, _MOST))
        chosen = order.get("item_id")
        item_ids = [as_integer(each, 1) for each in (chosen if isinstance(chosen, list) else [chosen])]
        rows = [find_item(_call(world, user_id, "GET", f"/item/{each}"), each) for each in item_ids]
        app_ids = {row["app_id"] for row in rows}
        if len(app_ids) != 1:
            raise invalid(chosen, "must be items of one app")
        return cls(user_id, action, app_ids.pop(), tuple(item_ids), body, 1)

    def perform(self, world: World) -> list[int]:
        """Perform the edit and return the IDs of the items.

        Raises:
            Refusal: The API refuses the edit.
        """
        if self.action == "create":
            return self._create(world)
        method, body = ("PUT", self.body) if self.action == "update" else ("DELETE", None)
        for item_id in self.item_ids:
            call = _call(world, self.user_id, method, f"/item/{item_id}", body)
            call.operation.handler(call)
        return list(self.item_ids)

    def _create(self, world: World) -> list[int]:
        call = _call(world, self.user_id, "POST", f"/item/app/{self.app_id}")
        app, reader = find_app(call, self.app_id), Reader(call)
        bodies = (self.body if self.count == 1 else _numbered(self.body, n) for n in range(1, self.count + 1))
        return [items.insert_item(call, reader, app, body) for body in bodies]


def _call(world: World, user_id: int, method: str, path: str, body: Any = None) -> Call:
    found = items.table.find(method, path)
    if found is None:
        raise LookupError(f"There is no operation {method} {path}.")
    identity = Identity("user", user_id, _CLIENT, "global:all", permit_id=0, token_number=0, valid=True)
    return Call(world, found[0], found[1], {}, body, identity)


def _numbered(value: Any, n: int) -> Any:
    """Return a JSON value with ``{n}`` in its texts replaced by a number."""
    if isinstance(value, str):
        return value.replace("{n}", str(n))
    if isinstance(value, list):
        return [_numbered(each, n) for each in value]
    return {key: _numbered(each, n) for key, each in value.items()} if isinstance(value, dict) else value
