"""Users, apps and clients as they appear inside other objects."""

from __future__ import annotations

import json
import sqlite3
from html import unescape
from typing import Any

from .world import World


class People:
    """Looks up users, apps and clients for one response, each at most once.

    Args:
        world: The sandbox's state.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._bylines: dict[str, dict[str, Any]] = {}
        self._via: dict[str, dict[str, Any]] = {}

    def byline(self, author: str) -> dict[str, Any]:
        """Return the byline of ``user:<id>`` or ``app:<id>``."""
        if author not in self._bylines:
            self._bylines[author] = self._new_byline(author)
        return self._bylines[author]

    def _new_byline(self, author: str) -> dict[str, Any]:
        kind, _, number = author.partition(":")
        ref_id = int(number)
        if kind == "app":
            row = self._world.store.one("SELECT config FROM app WHERE app_id = ?", ref_id)
            name = json.loads(row["config"])["name"] if row is not None else ""
            url = f"https://podio.com/x/y/item/{ref_id}"
        else:
            row = self._world.store.one("SELECT name FROM person WHERE user_id = ?", ref_id)
            name = row["name"] if row is not None else ""
            url = f"https://podio.com/users/{ref_id}"
        # Podio returns -1 for the user and the picture of an app.
        none = None if kind == "user" else -1
        return {
            "type": kind,
            "id": ref_id,
            "user_id": ref_id if kind == "user" else none,
            "name": unescape(name),
            "url": url,
            "avatar": none,
            "avatar_id": None,
            "avatar_type": "file" if kind == "user" else "icon",
            "last_seen_on": None,
            "image": None,
        }

    def via(self, client_id: str) -> dict[str, Any]:
        """Return the client of ``via``."""
        if client_id not in self._via:
            row = self._world.store.one("SELECT number, name FROM client WHERE client_id = ?", client_id)
            number, name = (row["number"], row["name"]) if row is not None else (1, "Podio")
            self._via[client_id] = {"id": number, "auth_client_id": number, "name": name, "url": None, "display": True}
        return self._via[client_id]

    def contact(self, profile_id: int) -> dict[str, Any] | None:
        """Return a user's contact object, or None if there is no such profile."""
        row = self._world.store.one("SELECT * FROM person WHERE profile_id = ?", profile_id)
        return None if row is None else profile(row)


def profile(row: sqlite3.Row) -> dict[str, Any]:
    """Return the contact object of a user (https://developers.podio.com/doc/contacts)."""
    return {
        "profile_id": row["profile_id"],
        "user_id": row["user_id"],
        "space_id": None,
        "org_id": None,
        "type": "user",
        "name": row["name"],
        "mail": [row["mail"]],
        "avatar": None,
        "image": None,
        "link": f"https://podio.com/users/{row['user_id']}",
        "rights": ["view"],
        "external_id": None,
        "last_seen_on": None,
        **json.loads(row["profile"]),
    }


def push(world: World, channel: str) -> dict[str, Any]:
    """Return the push credential of a channel (https://developers.podio.com/examples/push)."""
    return world.push.signatures.credential(channel)
