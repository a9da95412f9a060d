"""The signed-in user: status, account, profile and properties (https://developers.podio.com/doc/users)."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from .database import digest
from .people import profile, push
from .refusals import not_found
from .routing import Call, Empty, Operations
from .validation import as_choice, as_object, as_string, invalid
from .zones import REMEDY, is_zone

table: Operations = Operations()

_LISTS = ("address", "location", "phone", "title", "url", "skill")
_TEXTS = (
    "about",
    "birthdate",
    "city",
    "country",
    "department",
    "linkedin",
    "name",
    "organization",
    "skype",
    "state",
    "twitter",
    "zip",
)


def _me(call: Call) -> sqlite3.Row:
    user_id = call.user_id
    call.require("user", user=user_id)
    row = call.world.store.one("SELECT * FROM person WHERE user_id = ?", user_id)
    if row is None:
        raise not_found()
    return row


def _account(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "user_id": row["user_id"],
        "mail": row["mail"],
        "status": row["status"],
        "locale": row["locale"],
        "timezone": row["timezone"],
        "created_on": row["created_on"],
        "activated_on": row["created_on"],
        "flags": [],
    }


@table.add("GET", "/user/status")
def status(call: Call) -> dict[str, Any]:
    """Return the user, their profile, and the counts of unread messages and notifications."""
    row, world = _me(call), call.world
    user_id = row["user_id"]
    unread = world.store.number("SELECT count(*) FROM notification WHERE user_id = ? AND viewed = 0", user_id)
    return {
        "user": _account(row),
        "profile": profile(row),
        "properties": {},
        "flags": [],
        "betas": [],
        "referral": {"count": 0, "status": "none"},
        "inbox_new": unread,
        "message_unread_count": 0,
        "calendar_code": digest(f"calendar {user_id}")[:16],
        "task_mail": f"tasks+{user_id}@example.com",
        "mailbox": f"{user_id}@example.com",
        "push": push(world, f"/user/{user_id}"),
        "presence": {"ref_type": "user", "ref_id": user_id, "user_id": user_id, "signature": digest(f"{user_id}")[:40]},
    }


@table.add("GET", "/user")
def account(call: Call) -> dict[str, Any]:
    """Return the user's account."""
    row = _me(call)
    return {**_account(row), "mails": [{"mail": row["mail"], "verified": True, "primary": True, "disabled": False}]}


@table.add("PUT", "/user", body="required")
def update_account(call: Call) -> type[Empty]:
    """Change the locale or the time zone."""
    row, body = _me(call), as_object(call.body)
    locale = as_string(body["locale"], 10, blank=False) if "locale" in body else row["locale"]
    timezone = row["timezone"]
    if "timezone" in body:
        timezone = as_string(body["timezone"], 100)
        if not is_zone(timezone):
            raise invalid(timezone, f"must be a time zone that this machine knows. {REMEDY}")
    call.world.store.run(
        "UPDATE person SET locale = ?, timezone = ? WHERE user_id = ?", locale, timezone, row["user_id"]
    )
    return Empty


@table.add("GET", "/user/profile")
def get_profile(call: Call) -> dict[str, Any]:
    """Return the user's contact object."""
    return profile(_me(call))


@table.add("GET", "/user/profile/{key:text}")
def get_profile_field(call: Call) -> Any:
    """Return one field of the profile. A field that can have several values is a list."""
    found = profile(_me(call))
    key = as_choice(call.path["key"], (*_LISTS, *_TEXTS, "mail"))
    return found.get(key, [] if key in _LISTS else {})


@table.add("PUT", "/user/profile", body="required")
def update_profile(call: Call) -> type[Empty]:
    """Change fields of the profile."""
    row, body = _me(call), as_object(call.body)
    held: dict[str, Any] = json.loads(row["profile"])
    name = row["name"]
    for key, value in body.items():
        as_choice(key, (*_LISTS, *_TEXTS))
        if key == "name":
            name = as_string(value, 200, blank=False)
        elif key in _LISTS:
            values = value if isinstance(value, list) else [value]
            held[key] = [as_string(each, 1000) for each in values]
        else:
            held[key] = as_string(value, 1000)
    call.world.store.run(
        "UPDATE person SET name = ?, profile = ? WHERE user_id = ?", name, json.dumps(held), row["user_id"]
    )
    return Empty


@table.add("GET", "/user/property/{name:text}")
def get_property(call: Call) -> dict[str, Any]:
    """Return a property that this client has stored for the user."""
    row = call.world.store.one(
        "SELECT value FROM property WHERE client_id = ? AND user_id = ? AND name = ?",
        call.identity.client_id,
        _me(call)["user_id"],
        call.path["name"],
    )
    if row is None:
        raise not_found()
    found: dict[str, Any] = json.loads(row["value"])
    return found


@table.add("PUT", "/user/property/{name:text}", body="required")
def set_property(call: Call) -> type[Empty]:
    """Store a property for the user. Other clients do not see it."""
    call.world.store.run(
        "INSERT OR REPLACE INTO property (client_id, user_id, name, value) VALUES (?, ?, ?, ?)",
        call.identity.client_id,
        _me(call)["user_id"],
        as_string(call.path["name"], 200),
        json.dumps(as_object(call.body)),
    )
    return Empty


@table.add("DELETE", "/user/property/{name:text}")
def delete_property(call: Call) -> type[Empty]:
    """Delete a property."""
    call.world.store.run(
        "DELETE FROM property WHERE client_id = ? AND user_id = ? AND name = ?",
        call.identity.client_id,
        _me(call)["user_id"],
        call.path["name"],
    )
    return Empty
