"""Apps and their fields (https://developers.podio.com/doc/applications)."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .orgs import find_space, short_space, space_url
from .people import People, push
from .refusals import forbidden, not_found
from .routing import Call, Operations
from .validation import as_choice

table: Operations = Operations()

_RIGHTS = ["view", "update", "delete", "add_item", "add_hook", "add_task", "add_file", "export"]
_SHORT = [
    "app_id",
    "space_id",
    "status",
    "original",
    "original_revision",
    "current_revision",
    "default_view_id",
    "url",
    "url_add",
    "url_label",
    "link",
    "link_add",
    "config",
]
_MINI = ["app_id", "status", "name", "item_name", "icon", "icon_id", "url_label", "link", "current_revision", "config"]
_MICRO = ["app_id", "status", "name", "item_name", "icon", "icon_id", "link"]


@dataclass(frozen=True)
class Field:
    """A field of an app."""

    field_id: int
    app_id: int
    external_id: str
    type: str
    label: str
    required: bool
    settings: dict[str, Any]
    position: int
    # "active" or "deleted".
    status: str = "active"

    @property
    def value_type(self) -> str:
        """The type of the field's values. That of a calculation is the type of its result."""
        returned = self.settings.get("return_type", "number")
        return str(returned) if self.type == "calculation" else self.type

    @cached_property
    def config(self) -> dict[str, Any]:
        """The ``config`` part of the field's definition."""
        return {
            "label": self.label,
            "description": None,
            "required": self.required,
            "unique": False,
            "visible": True,
            "hidden": False,
            "hidden_create_view_edit": False,
            "delta": self.position,
            "mapping": None,
            "default_value": None,
            "settings": self.settings or None,
        }

    def envelope(self) -> dict[str, Any]:
        """Return the definition as it appears in an app, and with the values in an item."""
        return {
            "field_id": self.field_id,
            "external_id": self.external_id,
            "type": self.type,
            "label": self.label,
            "status": self.status,
            "config": self.config,
        }


def fields_of(call: Call, app_id: int) -> list[Field]:
    """Return the fields of an app in the order of its layout."""
    rows = call.world.store.all("SELECT * FROM field WHERE app_id = ? ORDER BY position", app_id)
    return [
        Field(
            row["field_id"],
            app_id,
            row["external_id"],
            row["type"],
            row["label"],
            bool(row["required"]),
            json.loads(row["settings"]) or {},
            row["position"],
            row["status"],
        )
        for row in rows
    ]


def find_field(fields: list[Field], key: str) -> Field | None:
    """Return the field with an external ID or field ID, or None if there is no such field.

    A field that has been deleted is found only if no other field has its external ID.
    """
    deleted = None
    for field in fields:
        if key in (field.external_id, str(field.field_id)):
            if field.status != "deleted":
                return field
            deleted = field
    return deleted


def find_app(call: Call, app_id: int) -> sqlite3.Row:
    """Return an app that the caller may access.

    Raises:
        Refusal: 404 if it does not exist. 403 if the user is not a member of its space, if the token belongs to
            another app, or if the token's scope does not cover it.
    """
    row = call.world.store.one(
        "SELECT app.*, space.org_id FROM app JOIN space USING (space_id) WHERE app_id = ?", app_id
    )
    if row is None:
        raise not_found()
    call.require("app", app=app_id, space=row["space_id"], org=row["org_id"])
    identity = call.identity
    if identity.kind == "app":
        if identity.id != app_id:
            raise forbidden("An app token reaches its own app only")
    elif not call.world.store.number(
        "SELECT count(*) FROM member WHERE space_id = ? AND user_id = ?", row["space_id"], identity.id
    ):
        raise forbidden("You do not have access to this workspace", "alert.no_access")
    return row


def app_in_item(row: sqlite3.Row) -> dict[str, Any]:
    """Return an app as it appears inside an item."""
    config = json.loads(row["config"])
    link = f"https://podio.com/example-works/apps/{row['url_label']}"
    return {
        "app_id": row["app_id"],
        "space_id": row["space_id"],
        "status": row["status"],
        "name": config["name"],
        "item_name": config["item_name"],
        "icon": config["icon"],
        "icon_id": 251,
        "url": link,
        "url_add": f"{link}/items/new",
        "url_label": row["url_label"],
        "link": link,
        "link_add": f"{link}/items/new",
        "current_revision": row["revision"],
        "default_view_id": None,
        "config": {
            "type": "standard",
            "name": config["name"],
            "item_name": config["item_name"],
            "icon": config["icon"],
            "icon_id": 251,
        },
    }


def _full(call: Call, row: sqlite3.Row) -> dict[str, Any]:
    shown = app_in_item(row)
    config = {
        **shown["config"],
        "description": json.loads(row["config"])["description"],
        "usage": "",
        "external_id": None,
        "allow_edit": True,
        "allow_create": True,
        "allow_attachments": True,
        "allow_comments": True,
        "allow_tags": True,
        "default_view": "table",
        "silent_creates": False,
        "silent_edits": False,
        "disable_notifications": False,
        "show_app_item_id": False,
        "app_item_id_prefix": "",
        "app_item_id_padding": 1,
        "fivestar": False,
        "yesno": False,
        "thumbs": False,
        "rsvp": False,
        "approved": False,
        "tasks": [],
    }
    return {
        **shown,
        "original": None,
        "original_revision": None,
        "token": row["token"],
        "owner": People(call.world).byline(f"user:{row['created_by']}"),
        "mailbox": f"app-{row['app_id']}@example.com",
        "integration": None,
        "layouts": {},
        "pinned": False,
        "subscribed": False,
        "rights": list(_RIGHTS),
        "push": push(call.world, f"/app/{row['app_id']}"),
        "config": config,
        "fields": [field.envelope() for field in fields_of(call, row["app_id"])],
    }


def _viewed(call: Call, row: sqlite3.Row, view: str) -> dict[str, Any]:
    if view == "full":
        return _full(call, row)
    names = {"short": _SHORT, "mini": _MINI, "micro": _MICRO}[view]
    shown = {"original": None, "original_revision": None, **app_in_item(row)}
    return {name: shown[name] for name in names}


@table.add("GET", "/app/{app_id}")
def get_app(call: Call) -> dict[str, Any]:
    """Return an app's definition, in full or in a smaller view."""
    view = as_choice(call.query.get("view", "full"), ("full", "short", "mini", "micro"))
    return _viewed(call, find_app(call, call.path["app_id"]), view)


@table.add("GET", "/app/{app_id}/field/{field:text}")
def get_field(call: Call) -> dict[str, Any]:
    """Return a field's definition, by field ID or external ID."""
    field = find_field(fields_of(call, find_app(call, call.path["app_id"])["app_id"]), call.path["field"])
    if field is None:
        raise not_found()
    return field.envelope()


@table.add("GET", "/app/space/{space_id}")
def list_apps(call: Call) -> list[dict[str, Any]]:
    """List the apps of a space."""
    space_id = find_space(call, call.path["space_id"])["space_id"]
    call.flag("include_inactive", False)
    rows = call.world.store.all("SELECT * FROM app WHERE space_id = ? ORDER BY app_id", space_id)
    return [_viewed(call, row, "short") for row in rows]


@table.add("GET", "/app", "/app/v2", "/app/top")
def my_apps(call: Call) -> list[dict[str, Any]]:
    """List the apps of all spaces of the user."""
    rows = call.world.store.all(
        "SELECT app.*, org_id FROM app JOIN space USING (space_id) JOIN member USING (space_id) "
        "WHERE user_id = ? ORDER BY app_id LIMIT ? OFFSET ?",
        call.user_id,
        call.integer("limit", 200, 1, 1000),
        call.integer("offset", 0),
    )
    listed = []
    for row in rows:
        call.require("app", app=row["app_id"], space=row["space_id"], org=row["org_id"])
        listed.append({**_viewed(call, row, "short"), "space": _space_of(call, row["space_id"])})
    return listed


def _space_of(call: Call, space_id: int) -> dict[str, Any] | None:
    row = call.world.store.one("SELECT *, 'regular' AS role FROM space WHERE space_id = ?", space_id)
    return None if row is None else {**short_space(call, row), "url": space_url(call, row)}


@table.add("GET", "/app/space/{space_id}/{label:text}")
def get_app_in_space(call: Call) -> dict[str, Any]:
    """Return the app with a label in a space."""
    space_id = find_space(call, call.path["space_id"])["space_id"]
    return _labelled(call, "space_id = ?", space_id)


@table.add("GET", "/app/org/{org:text}/space/{space:text}/{label:text}")
def get_app_by_labels(call: Call) -> dict[str, Any]:
    """Return an app by its label and the labels of its organization and space."""
    chosen = (
        "space_id IN (SELECT space_id FROM space JOIN org USING (org_id) "
        "WHERE org.url_label = ? AND space.url_label = ?)"
    )
    return _labelled(call, chosen, call.path["org"], call.path["space"])


def _labelled(call: Call, condition: str, *values: Any) -> dict[str, Any]:
    # The condition comes from the two functions above.
    sql = f"SELECT app_id FROM app WHERE url_label = ? AND {condition}"  # noqa: S608
    row = call.world.store.one(sql, call.path["label"], *values)
    if row is None:
        raise not_found()
    return _full(call, find_app(call, row["app_id"]))
