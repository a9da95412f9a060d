"""A made-up app with a field of every type, and items in the shapes that Podio sends.

Keys and nesting are those of full items and of filter answers; every name, text and number is invented.
"""

from __future__ import annotations

import copy
from typing import Any

APP_ID = 3001
COLOURS = ("DCEBD8", "F7F0C5", "D2E4EB")


def option(number: int, text: str, status: str = "active") -> dict[str, Any]:
    return {"id": number, "text": text, "color": COLOURS[number % 3], "status": status}


SETTINGS: dict[str, tuple[str, dict[str, Any] | None]] = {
    "title": ("text", {"format": "plain", "size": "small"}),
    "description": ("text", {"format": "html", "size": "large"}),
    "status": (
        "category",
        {
            "multiple": False,
            "display": "inline",
            "options": [
                option(1, "To do"),
                option(2, "In progress"),
                option(3, "Done"),
                option(4, "Left out", "deleted"),
                option(5, "Food &amp; drink"),
                option(6, "done twice"),
                option(7, "Done Twice"),
            ],
        },
    ),
    "labels": (
        "category",
        {"multiple": True, "display": "list", "options": [option(1, "Web"), option(2, "Print"), option(3, "Office")]},
    ),
    "mood": ("question", {"multiple": False, "options": [option(1, "Good"), option(2, "Bad")]}),
    "due": ("date", {"time": "enabled", "end": "enabled", "calendar": True, "color": "DCEBD8"}),
    "birthday": ("date", {"time": "disabled", "end": "disabled", "calendar": False, "color": None}),
    "meeting": ("date", {"time": "required", "end": "required", "calendar": True, "color": None}),
    "hours": ("number", {"decimals": 2}),
    "rate": ("money", {"allowed_currencies": ["EUR", "USD"]}),
    "fee": ("money", {"allowed_currencies": ["DKK"]}),
    "progress": ("progress", None),
    "time-spent": ("duration", {"fields": ["hours", "minutes"]}),
    "total": ("calculation", {"return_type": "number", "script": "1", "expression": None, "decimals": 2, "unit": None}),
    "summary": ("calculation", {"return_type": "text", "script": "1", "expression": None, "decimals": None}),
    "next": ("calculation", {"return_type": "date", "script": "1", "expression": None, "time": None}),
    "client": ("app", {"multiple": False, "referenced_apps": [{"app_id": 3002, "view_id": None}]}),
    "related": ("app", {"multiple": True, "referenced_apps": [{"app_id": 3001, "view_id": None}]}),
    "responsible": ("contact", {"type": "space_users", "valid_types": ["user"]}),
    "keeper": ("member", None),
    "place": ("location", {"structured": True, "has_map": True}),
    "address": ("location", {"structured": False, "has_map": False}),
    "phone": ("phone", {"possible_types": ["mobile", "work", "home"], "call_link_scheme": "callto"}),
    "email": ("email", {"possible_types": ["home", "work"], "include_in_cc": False, "include_in_bcc": False}),
    "fax": ("tel", None),
    "link": ("embed", None),
    "picture": ("image", {"allowed_mimetypes": ["image/png"]}),
    "papers": ("file", {"allowed_mimetypes": []}),
    "film": ("video", None),
    "keywords": ("tag", None),
    "phase": ("state", {"allowed_values": ["new", "old"]}),
    "clip": ("media", None),
    "line": ("separator", None),
    "later": ("future", {"anything": [1, 2]}),
}
"""The type and the settings of each field, by external id."""

REQUIRED = ("title",)


def field_json(key: str, status: str = "active") -> dict[str, Any]:
    """Return a field as it is in the app and, with its values, in an item."""
    kind, settings = SETTINGS[key]
    number = list(SETTINGS).index(key)
    label = key.replace("-", " ").capitalize()
    return {
        "field_id": 4001 + number,
        "external_id": key,
        "type": kind,
        "label": label,
        "status": status,
        "config": {
            "label": label,
            "description": "",
            "required": key in REQUIRED,
            "unique": False,
            "visible": True,
            "hidden": False,
            "hidden_create_view_edit": False,
            "delta": number,
            "mapping": None,
            "default_value": None,
            "settings": copy.deepcopy(settings),
        },
    }


def app_json(*keys: str) -> dict[str, Any]:
    """Return the app's definition with these fields; with all without names."""
    return {
        "app_id": APP_ID,
        "space_id": 2001,
        "status": "active",
        "token": "f" * 32,
        "current_revision": 7,
        "config": {"type": "standard", "name": "Tasks &amp; plans", "item_name": "Task", "icon": "251.png"},
        "fields": [field_json(key) for key in keys or SETTINGS],
    }


BYLINE = {
    "type": "user",
    "id": 1001,
    "user_id": 1001,
    "name": "Demo Person",
    "url": "https://podio.com/users/1001",
    "avatar": 5001,
    "avatar_id": 5001,
    "avatar_type": "file",
    "last_seen_on": "2026-03-01 09:00:00",
    "image": {"file_id": 5001, "link": "https://files.example.com/5001", "hosted_by": "podio"},
}
VIA = {"id": 1, "auth_client_id": 1, "name": "Podio", "url": None, "display": False}
REVISION = {
    "item_revision_id": 3_000_000_001,
    "revision": 3,
    "type": "update",
    "created_on": "2026-03-01 09:00:00",
    "created_by": BYLINE,
    "created_via": VIA,
    "user": BYLINE,
}


def file_json(file_id: int) -> dict[str, Any]:
    return {
        "file_id": file_id,
        "name": "picture.png",
        "description": None,
        "mimetype": "image/png",
        "size": 4096,
        "link": f"https://files.example.com/{file_id}",
        "thumbnail_link": f"https://files.example.com/{file_id}",
        "perma_link": None,
        "hosted_by": "podio",
        "hosted_by_humanized_name": "Podio",
        "external_file_id": None,
        "link_target": "_blank",
    }


def reference_json(item_id: int, app_id: int = 3002, title: str = "Quiet Garden") -> dict[str, Any]:
    return {
        "item_id": item_id,
        "app_item_id": 3,
        "title": title,
        "link": f"https://podio.com/example-works/team/apps/clients/items/{item_id}",
        "revision": 1,
        "created_on": "2026-02-01 08:00:00",
        "created_by": BYLINE,
        "created_via": VIA,
        "initial_revision": REVISION,
        "app": {"app_id": app_id, "name": "Clients", "item_name": "Client", "icon_id": 251, "status": "active"},
        "space": {"space_id": 2001, "name": "Team", "url": "https://podio.com/example-works/team", "org_id": 5001},
        "files": [],
    }


def contact_json(profile_id: int, user_id: int | None = 1001) -> dict[str, Any]:
    return {
        "profile_id": profile_id,
        "user_id": user_id,
        "space_id": None,
        "org_id": None,
        "type": "user",
        "name": "Demo Person",
        "mail": ["demo@example.com"],
        "phone": ["+1 555 0100"],
        "title": ["Colleague"],
        "location": ["Example Town"],
        "url": ["https://demo.example.com/"],
        "twitter": None,
        "avatar": 5001,
        "image": file_json(5001),
        "link": "https://podio.com/users/1001",
        "rights": ["view"],
        "external_id": None,
        "last_seen_on": "2026-03-01 09:00:00",
    }


def embed_json(embed_id: int, url: str = "https://example.com/") -> dict[str, Any]:
    return {
        "embed": {
            "embed_id": embed_id,
            "url": url,
            "original_url": url,
            "resolved_url": url,
            "title": "Example",
            "description": "A page for examples",
            "type": "link",
            "hostname": "example.com",
            "embed_html": None,
            "embed_width": None,
            "embed_height": None,
        },
        "file": file_json(5002),
    }


def moment_json(side: str, local: str, utc: str) -> dict[str, Any]:
    """Return one side of a date with a time of day."""
    return {
        side: local,
        f"{side}_date": local[:10],
        f"{side}_time": local[11:],
        f"{side}_utc": utc,
        f"{side}_date_utc": utc[:10],
        f"{side}_time_utc": utc[11:],
    }


def day_json(side: str, day: str | None) -> dict[str, Any]:
    """Return one side of a date without a time of day; without a day, one that is not set."""
    whole = None if day is None else f"{day} 00:00:00"
    return {
        side: whole,
        f"{side}_date": day,
        f"{side}_time": None,
        f"{side}_utc": day,
        f"{side}_date_utc": day,
        f"{side}_time_utc": None,
    }


SHORT_LOCATION = {"value": "1 Market Street, Example Town", "formatted": "1 Market Street, Example Town"}

VALUES: dict[str, list[Any]] = {
    "title": [{"value": "Paint the fence"}],
    "description": [{"value": "<p>In a few <b>simple</b> steps.</p>"}],
    "status": [{"value": option(1, "To do")}],
    "labels": [{"value": option(1, "Web")}, {"value": option(3, "Office")}],
    "mood": [{"value": option(2, "Bad")}],
    "due": [
        moment_json("start", "2026-03-28 10:00:00", "2026-03-28 09:00:00")
        | moment_json("end", "2026-03-29 10:00:00", "2026-03-29 08:00:00")
    ],
    "birthday": [day_json("start", "1999-12-31")],
    "meeting": [
        moment_json("start", "2026-06-01 20:30:00", "2026-06-02 00:30:00")
        | moment_json("end", "2026-06-01 21:30:00", "2026-06-02 01:30:00")
    ],
    "hours": [{"value": "12.5000"}],
    "rate": [{"value": "99.9000", "currency": "EUR"}],
    "fee": [{"value": "0.0000", "currency": "DKK"}],
    "progress": [{"value": 0}],
    "time-spent": [{"value": 5400}],
    "total": [{"value": "1248.7500"}],
    "summary": [{"value": "12.5 hours"}],
    "next": [moment_json("start", "2026-03-30 10:00:00", "2026-03-30 08:00:00")],
    "client": [{"value": reference_json(6001)}],
    "related": [{"value": reference_json(6102, APP_ID)}, {"value": reference_json(6103, APP_ID)}],
    "responsible": [{"value": contact_json(8001)}, {"value": contact_json(8002, None)}],
    "keeper": [{"value": 1001}],
    "place": [
        {
            **SHORT_LOCATION,
            "street_address": "1 Market Street",
            "city": "Example Town",
            "state": "North",
            "postal_code": "12345",
            "country": "Denmark",
            "lat": 55.5,
            "lng": 12.25,
            "map_in_sync": True,
        }
    ],
    "address": [dict(SHORT_LOCATION)],
    "phone": [{"type": "work", "value": "+1 555 0100"}, {"type": "pager", "value": "+1 555 0101"}],
    "email": [{"type": "home", "value": "demo@example.com"}],
    "fax": [{"value": "+1 555 0102"}],
    "link": [embed_json(9001), embed_json(9002, "https://docs.example.com/")],
    "picture": [{"value": file_json(7001)}],
    "papers": [{"value": file_json(7002)}, {"value": file_json(7003)}],
    "film": [{"value": file_json(7004)}],
    "keywords": ["quick", "fun"],
    "phase": [{"value": "new"}],
    "clip": [{"value": {"anything": 1}}],
    "later": [{"value": {"deep": [1, {"er": None}]}}, 17],
}
"""The values of each field of ``item_json``, as Podio sends them."""


def item_json(item_id: int = 6101, values: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Return an item with these values; with one of every type if there are none."""
    shown = VALUES if values is None else values
    return {
        "item_id": item_id,
        "app_item_id": 1,
        "app_item_id_formatted": "1",
        "external_id": "seed-1",
        "title": "Paint the fence",
        "link": "https://podio.com/example-works/team/apps/tasks/items/1",
        "revision": 3,
        "priority": float(item_id),
        "created_on": "2026-02-01 08:00:00",
        "created_by": BYLINE,
        "created_via": VIA,
        "last_event_on": "2026-03-01 09:00:00",
        "initial_revision": REVISION,
        "current_revision": REVISION,
        "rights": ["view", "update", "delete", "comment"],
        "app": {"app_id": APP_ID, "name": "Tasks", "item_name": "Task"},
        "tags": ["sample"],
        "fields": [{**field_json(key), "values": copy.deepcopy(shown[key])} for key in SETTINGS if shown.get(key)],
        **changes,
    }
