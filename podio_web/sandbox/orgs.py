"""Organizations and spaces.

See https://developers.podio.com/doc/organizations and https://developers.podio.com/doc/spaces.
"""

from __future__ import annotations

import re
import sqlite3
from typing import Any
from urllib.parse import urlsplit

from .people import People, profile, push
from .refusals import forbidden, not_found
from .routing import Call, Empty, Operations
from .validation import as_boolean, as_choice, as_integer, as_object, as_string, invalid

table: Operations = Operations()

_ADMIN = ["view", "update", "delete", "add_app", "add_space", "add_contact", "add_status", "add_task"]
_REGULAR = ["view", "add_app", "add_contact", "add_status", "add_task"]


def _rights(role: str) -> list[str]:
    return list(_ADMIN if role == "admin" else _REGULAR)


def _org_url(row: sqlite3.Row) -> str:
    return f"https://podio.com/{row['url_label']}"


def find_org(call: Call, org_id: int) -> sqlite3.Row:
    """Return an organization that the caller belongs to.

    Raises:
        Refusal: 404 if it does not exist, 403 if the caller is not a member of any of its spaces.
    """
    row = call.world.store.one("SELECT * FROM org WHERE org_id = ?", org_id)
    user_id = call.user_id
    if row is None:
        raise not_found()
    call.require("org", org=org_id)
    if not _role_in_org(call, org_id, user_id):
        raise forbidden()
    return row


def _role_in_org(call: Call, org_id: int, user_id: int) -> str | None:
    rows = call.world.store.all(
        "SELECT role FROM member JOIN space USING (space_id) WHERE org_id = ? AND user_id = ?", org_id, user_id
    )
    roles = {row["role"] for row in rows}
    return "admin" if "admin" in roles else "regular" if roles else None


def find_space(call: Call, space_id: int) -> sqlite3.Row:
    """Return a space that the caller is a member of, with the caller's ``role`` in it.

    Raises:
        Refusal: 404 if it does not exist, 403 if the caller is not a member.
    """
    row = call.world.store.one("SELECT org_id FROM space WHERE space_id = ?", space_id)
    user_id = call.user_id
    if row is None:
        raise not_found()
    call.require("space", space=space_id, org=row["org_id"])
    found = call.world.store.one(
        "SELECT * FROM space JOIN member USING (space_id) WHERE space_id = ? AND user_id = ?", space_id, user_id
    )
    if found is None:
        raise forbidden("You do not have access to this workspace", "alert.no_access")
    return found


def space_url(call: Call, row: sqlite3.Row) -> str:
    """Return the web address of a space."""
    org = call.world.store.one("SELECT url_label FROM org WHERE org_id = ?", row["org_id"])
    return f"{_org_url(org) if org is not None else 'https://podio.com'}/{row['url_label']}"


def short_space(call: Call, row: sqlite3.Row) -> dict[str, Any]:
    """Return a space as it appears inside other objects."""
    return {
        "space_id": row["space_id"],
        "org_id": row["org_id"],
        "name": row["name"],
        "url": space_url(call, row),
        "url_label": row["url_label"],
        "privacy": row["privacy"],
        "type": "regular",
        "role": row["role"],
        "rights": _rights(row["role"]),
    }


def space_in_item(call: Call, space_id: int | None) -> dict[str, Any] | None:
    """Return a space as it appears inside a referenced item."""
    row = call.world.store.one("SELECT * FROM space WHERE space_id = ?", space_id)
    if row is None:
        return None
    return {
        "space_id": row["space_id"],
        "org_id": row["org_id"],
        "name": row["name"],
        "type": "regular",
        "url": space_url(call, row),
        "url_label": row["url_label"],
    }


def _spaces(call: Call, org_id: int) -> list[dict[str, Any]]:
    rows = call.world.store.all(
        "SELECT * FROM space JOIN member USING (space_id) WHERE org_id = ? AND user_id = ? ORDER BY name",
        org_id,
        call.user_id,
    )
    return [short_space(call, row) for row in rows]


def _org(call: Call, row: sqlite3.Row, *, with_spaces: bool) -> dict[str, Any]:
    role = _role_in_org(call, row["org_id"], call.user_id) or "light"
    shown: dict[str, Any] = {
        "org_id": row["org_id"],
        "name": row["name"],
        "url": _org_url(row),
        "url_label": row["url_label"],
        "status": "active",
        "logo": None,
        "image": None,
        "user_limit": 100,
        "type": "premium",
        "segment": "other",
        "tier": "plus",
        "sales_agent_id": None,
        "domains": [],
        "role": role,
        "rights": _rights(role),
        "trial_expired_on": None,
        "created_on": row["created_on"],
        "created_by": People(call.world).byline(f"user:{row['created_by']}"),
    }
    if with_spaces:
        shown["spaces"] = _spaces(call, row["org_id"])
    return shown


@table.add("GET", "/org")
def list_orgs(call: Call) -> list[dict[str, Any]]:
    """List the caller's organizations with their spaces."""
    user_id = call.user_id
    rows = call.world.store.all("SELECT * FROM org ORDER BY name")
    mine = [row for row in rows if _role_in_org(call, row["org_id"], user_id)]
    for row in mine:
        call.require("org", org=row["org_id"])
    return [_org(call, row, with_spaces=True) for row in mine]


@table.add("GET", "/org/{org_id}")
def get_org(call: Call) -> dict[str, Any]:
    """Return one organization."""
    return _org(call, find_org(call, call.path["org_id"]), with_spaces=False)


@table.add("GET", "/org/url")
def get_org_by_url(call: Call) -> dict[str, Any]:
    """Return the organization with a URL or label."""
    label = _labels(call, "org_slug")[0]
    row = call.world.store.one("SELECT org_id FROM org WHERE url_label = ?", label)
    if row is None:
        raise not_found()
    return _org(call, find_org(call, row["org_id"]), with_spaces=False)


def _labels(call: Call, *names: str) -> list[str]:
    """Return the labels in the query, which are separate parameters or part of a URL."""
    if "url" in call.query:
        try:
            found = urlsplit(call.query["url"]).path.strip("/").split("/")
        except ValueError:
            raise invalid(call.query["url"], "must be a URL") from None
    else:
        found = [call.query[name] for name in names if name in call.query]
    if len(found) < len(names):
        raise invalid(None, "must be string")
    return found


@table.add("GET", "/org/{org_id}/space", "/org/{org_id}/all_spaces")
def list_spaces(call: Call) -> list[dict[str, Any]]:
    """List the caller's spaces in an organization."""
    return _spaces(call, find_org(call, call.path["org_id"])["org_id"])


def _space(call: Call, row: sqlite3.Row) -> dict[str, Any]:
    org = call.world.store.one("SELECT * FROM org WHERE org_id = ?", row["org_id"])
    return {
        **short_space(call, row),
        "org": None if org is None else {"org_id": org["org_id"], "name": org["name"], "url": _org_url(org)},
        "auto_join": bool(row["auto_join"]),
        "post_on_new_app": bool(row["post_on_new_app"]),
        "post_on_new_member": bool(row["post_on_new_member"]),
        "description": row["description"],
        "created_on": row["created_on"],
        "created_by": People(call.world).byline(f"user:{row['created_by']}"),
        "push": push(call.world, f"/space/{row['space_id']}"),
    }


@table.add("GET", "/space/{space_id}")
def get_space(call: Call) -> dict[str, Any]:
    """Return one space."""
    return _space(call, find_space(call, call.path["space_id"]))


@table.add("GET", "/space/url")
def get_space_by_url(call: Call) -> dict[str, Any]:
    """Return the space with a URL or a pair of labels."""
    org_label, space_label, *_ = _labels(call, "org_slug", "space_slug")
    row = call.world.store.one(
        "SELECT space_id FROM space JOIN org USING (org_id) WHERE org.url_label = ? AND space.url_label = ?",
        org_label,
        space_label,
    )
    if row is None:
        raise not_found()
    return _space(call, find_space(call, row["space_id"]))


@table.add("GET", "/space/org/{org_id}/available")
def available_spaces(call: Call) -> list[dict[str, Any]]:
    """List the open spaces that the caller can join."""
    org_id = find_org(call, call.path["org_id"])["org_id"]
    rows = call.world.store.all(
        "SELECT *, 'light' AS role FROM space WHERE org_id = ? AND privacy = 'open' AND space_id NOT IN "
        "(SELECT space_id FROM member WHERE user_id = ?) ORDER BY name",
        org_id,
        call.user_id,
    )
    return [short_space(call, row) for row in rows]


@table.add("GET", "/space/{space_id}/member")
def members(call: Call) -> list[dict[str, Any]]:
    """List the members of a space."""
    space_id = find_space(call, call.path["space_id"])["space_id"]
    rows = call.world.store.all(
        "SELECT person.*, role FROM member JOIN person USING (user_id) WHERE space_id = ? ORDER BY user_id", space_id
    )
    people = People(call.world)
    return [
        {
            "user": people.byline(f"user:{row['user_id']}"),
            "profile": profile(row),
            "role": row["role"],
            "employee": False,
            "grants": 0,
        }
        for row in rows
    ]


@table.add("POST", "/space", body="required")
def create_space(call: Call) -> dict[str, Any]:
    """Create a space with the caller as its administrator."""
    body = as_object(call.body)
    org_id = find_org(call, as_integer(body.get("org_id"), 1))["org_id"]
    name = as_string(body.get("name"), 200, blank=False)
    label = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "space"
    taken = {row["url_label"] for row in call.world.store.all("SELECT url_label FROM space WHERE org_id = ?", org_id)}
    numbered = next(each for n in range(len(taken) + 1) if (each := f"{label}-{n}" if n else label) not in taken)
    space_id = call.world.store.insert(
        "space",
        org_id=org_id,
        name=name,
        url_label=numbered,
        description="",
        created_on=call.world.clock.stamp(),
        created_by=call.user_id,
        **_options(body),
    )
    call.world.store.insert("member", space_id=space_id, user_id=call.user_id, role="admin")
    return {"space_id": space_id, "url": space_url(call, find_space(call, space_id))}


def _options(body: dict[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = {"privacy": as_choice(body.get("privacy", "closed"), ("open", "closed"))}
    for name in ("auto_join", "post_on_new_app", "post_on_new_member"):
        options[name] = int(as_boolean(body.get(name, False)))
    return options


@table.add("PUT", "/space/{space_id}", body="required")
def update_space(call: Call) -> type[Empty]:
    """Update a space's name, privacy or options."""
    row, body = find_space(call, call.path["space_id"]), as_object(call.body)
    if row["role"] != "admin":
        raise forbidden()
    held = {**{key: row[key] for key in ("privacy", "name")}, "auto_join": bool(row["auto_join"])}
    held |= {key: bool(row[key]) for key in ("post_on_new_app", "post_on_new_member")}
    merged = {**held, **body}
    options = _options(merged)
    call.world.store.run(
        "UPDATE space SET name = ?, privacy = ?, auto_join = ?, post_on_new_app = ?, post_on_new_member = ? "
        "WHERE space_id = ?",
        as_string(merged["name"], 200, blank=False),
        *options.values(),
        row["space_id"],
    )
    return Empty
