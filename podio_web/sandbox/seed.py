"""The initial data: made-up users, an organization, two spaces, and apps with items and comments.

All IDs are fixed, so tests and examples can use them.
"""

from __future__ import annotations

import json
from typing import Any

from .database import Store, digest
from .seed_types import DELETED_FIELDS, FIELDS, ITEMS

DEMO_USER, OTHER_USER, NEW_USER = 1001, 1002, 1003
DEMO_PROFILE, OTHER_PROFILE, NEW_PROFILE = 8001, 8002, 8003
ORG = 5001
TEAM_SPACE, PRIVATE_SPACE = 2001, 2002
TASKS_APP, CLIENTS_APP, NOTES_APP, TYPES_APP = 3001, 3002, 3003, 3004
OPEN_VIEW = 3501
# Podio's revision IDs need more than 32 bits.
FIRST_REVISION = 3_000_000_001
FIRST_FILE = 9001
FIRST_HOOK = 12_001
CREATED_ON = "2026-01-05 08:30:00"

_CLIENTS = (
    ("demo-client", 101, "demo-secret", "localhost", "Demo app"),
    ("other-client", 102, "other-secret", "127.0.0.1", "Other app"),
)
_PEOPLE: tuple[tuple[int, int, str, str, str, str | None, str], ...] = (
    (DEMO_USER, DEMO_PROFILE, "demo@example.com", "Demo Person", "demo", None, "Europe/Copenhagen"),
    (OTHER_USER, OTHER_PROFILE, "other@example.com", "Other Person", "other", None, "America/New_York"),
    (NEW_USER, NEW_PROFILE, "new@example.com", "New Person", "new", "demo-activation", "UTC"),
)
_STATUS = ("To do", "In progress", "Done")
_COLOURS = ("DCEBD8", "F7F0C5", "D2E4EB")

# External ID, type, label, required, settings.
_Fields = list[tuple[str, str, str, bool, dict[str, Any] | None]]


def _options(*texts: str) -> list[dict[str, Any]]:
    return [
        {"id": n, "text": text, "color": _COLOURS[(n - 1) % 3], "status": "active"} for n, text in enumerate(texts, 1)
    ]


def _category(*texts: str, multiple: bool) -> dict[str, Any]:
    return {"options": _options(*texts), "multiple": multiple, "display": "inline"}


def _text(size: str, form: str = "plain") -> dict[str, Any]:
    return {"size": size, "format": form}


_TASK_FIELDS: _Fields = [
    ("title", "text", "Title", True, _text("small")),
    ("description", "text", "Description", False, _text("large", "html")),
    ("status", "category", "Status", False, _category(*_STATUS, multiple=False)),
    ("labels", "category", "Labels", False, _category("Web", "Print", "Office", multiple=True)),
    ("due", "date", "Due", False, {"time": "enabled", "end": "enabled", "calendar": True, "color": "DCEBD8"}),
    ("hours", "number", "Hours", False, {"decimals": 2}),
    ("rate", "money", "Rate", False, {"allowed_currencies": ["EUR", "USD"]}),
    ("total", "calculation", "Total", False, {"expression": "hours * rate", "return_type": "number", "decimals": 2}),
    ("progress", "progress", "Progress", False, None),
    ("time-spent", "duration", "Time spent", False, {"fields": ["hours", "minutes"]}),
    ("responsible", "contact", "Responsible", False, {"type": "space_users", "valid_types": ["user"]}),
    (
        "client",
        "app",
        "Client",
        False,
        {"multiple": False, "referenced_apps": [{"app_id": CLIENTS_APP, "view_id": None}]},
    ),
    ("place", "location", "Place", False, {"structured": True, "has_map": True}),
    ("link", "embed", "Link", False, None),
    ("keywords", "tag", "Keywords", False, None),
]
_CLIENT_FIELDS: _Fields = [
    ("name", "text", "Name", True, _text("small")),
    ("phone", "phone", "Phone", False, {"possible_types": ["mobile", "work", "home", "main", "other"]}),
    ("email", "email", "E-mail", False, {"possible_types": ["home", "work", "other"]}),
    ("address", "location", "Address", False, {"structured": False, "has_map": False}),
    ("website", "embed", "Website", False, None),
    ("customer-since", "date", "Customer since", False, {"time": "disabled", "end": "disabled"}),
]
_NOTE_FIELDS: _Fields = [
    ("title", "text", "Title", True, _text("small")),
    ("body", "text", "Body", False, _text("large", "markdown")),
]
_NAMES = ("Northwind Bakery", "Blue Harbour Books", "Cedar & Sons", "Lantern Cycles", "Old Mill Dairy", "Quiet Garden")
_TASKS = (
    "Draft the spring newsletter",
    "Repaint the meeting room",
    "Order new name plates",
    "Check the contact form",
    "Plan the summer outing",
    "Photograph the new products",
    "Translate the price list",
    "Renew the insurance",
    "Write the annual report",
    "Tidy the picture archive",
    "Test the booking page",
    "Prepare the trade fair",
)


def fill(store: Store) -> None:
    """Insert the initial data into an empty database."""
    for table, first in (("revision", FIRST_REVISION), ("file", FIRST_FILE), ("hook", FIRST_HOOK)):
        store.run("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", table, first - 1)
    _clients_and_people(store)
    store.insert(
        "org", org_id=ORG, name="Example Works", url_label="example-works", created_on=CREATED_ON, created_by=DEMO_USER
    )
    _space(store, TEAM_SPACE, "Team", {DEMO_USER: "admin", OTHER_USER: "regular"}, privacy="open")
    _space(store, PRIVATE_SPACE, "Private", {DEMO_USER: "admin"}, privacy="closed")
    _apps(store)
    _items(store)
    store.insert(
        "saved_view",
        view_id=OPEN_VIEW,
        app_id=TASKS_APP,
        name="Open tasks",
        private=0,
        sort_by="title",
        sort_desc=0,
        filters=json.dumps([["status", [1, 2]]]),
        layout="table",
        created_on=CREATED_ON,
        created_by=f"user:{DEMO_USER}",
    )
    _comments(store)


def _clients_and_people(store: Store) -> None:
    for client_id, number, secret, domain, name in _CLIENTS:
        store.insert("client", client_id=client_id, number=number, secret=digest(secret), domain=domain, name=name)
    for user_id, profile_id, mail, name, password, activation_code, timezone in _PEOPLE:
        store.insert(
            "person",
            user_id=user_id,
            profile_id=profile_id,
            mail=mail,
            password=digest(password),
            activation_code=activation_code and digest(activation_code),
            name=name,
            locale="en_US",
            timezone=timezone,
            status="active" if activation_code is None else "inactive",
            created_on=CREATED_ON,
            profile=json.dumps({"title": ["Colleague"], "phone": ["+1 555 0100"], "city": "Example Town"}),
        )


def _apps(store: Store) -> None:
    _app(store, TASKS_APP, TEAM_SPACE, "Tasks", "Task", "tasks", _TASK_FIELDS)
    # Podio returns HTML-escaped names, so this one is escaped.
    _app(store, CLIENTS_APP, TEAM_SPACE, "Clients &amp; Partners", "Client", "clients-partners", _CLIENT_FIELDS)
    _app(store, NOTES_APP, PRIVATE_SPACE, "Notes", "Note", "notes", _NOTE_FIELDS)
    _app(store, TYPES_APP, TEAM_SPACE, "Every type", "Sample", "every-type", FIELDS)
    for name in DELETED_FIELDS:
        store.run("UPDATE field SET status = 'deleted' WHERE app_id = ? AND external_id = ?", TYPES_APP, name)


def _items(store: Store) -> None:
    for n, name in enumerate(_NAMES):
        _item(store, 6001 + n, CLIENTS_APP, n + 1, name, _client_contents(store, n, name))
    for n in range(36):
        title = _TASKS[n % len(_TASKS)] + ("" if n < len(_TASKS) else f", part {n // len(_TASKS) + 1}")
        _item(store, 6101 + n, TASKS_APP, n + 1, title, _task_contents(n, title))
    for n, title in enumerate(("Ideas", "Reading list", "Gifts")):
        contents = {"title": [{"value": title}], "body": [{"value": f"*{title}* for later"}]}
        _item(store, 6201 + n, NOTES_APP, n + 1, title, contents)
    for n, contents in enumerate(ITEMS):
        _item(store, 6301 + n, TYPES_APP, n + 1, contents["text"][0]["value"], contents)


def _space(store: Store, space_id: int, name: str, members: dict[int, str], privacy: str) -> None:
    store.insert(
        "space",
        space_id=space_id,
        org_id=ORG,
        name=name,
        url_label=name.lower(),
        privacy=privacy,
        auto_join=0,
        post_on_new_app=0,
        post_on_new_member=0,
        description=f"The {name.lower()} space",
        created_on=CREATED_ON,
        created_by=DEMO_USER,
    )
    for user_id, role in members.items():
        store.insert("member", space_id=space_id, user_id=user_id, role=role)


def _app(
    store: Store, app_id: int, space_id: int, name: str, item_name: str, url_label: str, app_fields: _Fields
) -> None:
    config = {"name": name, "item_name": item_name, "description": f"{name} of Example Works", "icon": "251.png"}
    store.insert(
        "app",
        app_id=app_id,
        space_id=space_id,
        url_label=url_label,
        token=f"{app_id:032x}",
        status="active",
        config=json.dumps(config),
        created_on=CREATED_ON,
        created_by=DEMO_USER,
    )
    for n, (external_id, kind, label, required, settings) in enumerate(app_fields):
        store.insert(
            "field",
            field_id=(app_id - 3000) * 100 + 4001 + n,
            app_id=app_id,
            position=n,
            external_id=external_id,
            type=kind,
            label=label,
            required=int(required),
            settings=json.dumps(settings),
        )


def _item(
    store: Store, item_id: int, app_id: int, app_item_id: int, title: str, contents: dict[str, list[dict[str, Any]]]
) -> None:
    ids = {
        row["external_id"]: row["field_id"]
        for row in store.all("SELECT external_id, field_id FROM field WHERE app_id = ?", app_id)
    }
    stored = json.dumps({str(ids[key]): values for key, values in contents.items()})
    author = DEMO_USER if item_id % 3 else OTHER_USER
    if app_id == NOTES_APP:
        author = DEMO_USER
    created_on = f"2026-02-{1 + item_id % 28:02d} {8 + item_id % 9:02d}:15:00"
    origin = {"created_on": created_on, "created_by": f"user:{author}", "created_via": "demo-client"}
    store.insert(
        "item",
        item_id=item_id,
        app_id=app_id,
        app_item_id=app_item_id,
        external_id=f"seed-{app_item_id}" if app_id == TASKS_APP else None,
        revision=0,
        title=title,
        contents=stored,
        tags=json.dumps(["sample"] if app_item_id % 5 == 0 else []),
        last_edit_on=created_on,
        last_edit_by=f"user:{author}",
        last_edit_via="demo-client",
        last_event_on=created_on,
        **origin,
    )
    store.insert("revision", item_id=item_id, revision=0, type="creation", contents=stored, **origin)


def _client_contents(store: Store, n: int, name: str) -> dict[str, list[dict[str, Any]]]:
    host = name.lower().replace(" & ", "-").replace(" ", "-")
    embed_id = store.insert("embed", embed_id=9001 + n, url=f"https://{host}.example.com/", created_by="user:1001")
    address = f"{n + 1} Market Street, Example Town"
    return {
        "name": [{"value": name}],
        "phone": [{"type": "work", "value": f"+1 555 01{n:02d}"}],
        "email": [{"type": "work", "value": f"hello@{host}.example.com"}],
        "address": [{"value": address}],
        "website": [{"embed": embed_id}],
        "customer-since": [{"start_date": f"20{18 + n}-05-01"}],
    }


def _task_contents(n: int, title: str) -> dict[str, list[dict[str, Any]]]:
    contents: dict[str, list[dict[str, Any]]] = {
        "title": [{"value": title}],
        "description": [{"value": f"<p>{title}, in a few <b>simple</b> steps.</p>"}],
        "status": [{"value": n % 3 + 1}],
        "hours": [{"value": f"{1 + n * 0.25:.4f}"}],
        "rate": [{"value": f"{40 + n % 7:.4f}", "currency": "EUR" if n % 2 else "USD"}],
        "progress": [{"value": min(100, n * 3)}],
        "time-spent": [{"value": 900 * n}],
        "client": [{"value": 6001 + n % 6}],
    }
    if n % 2 == 0:
        contents["due"] = [{"start_utc": f"2026-03-{1 + n % 28:02d} 09:00:00"}]
        contents["responsible"] = [{"value": DEMO_PROFILE if n % 4 else OTHER_PROFILE}]
    else:
        contents["due"] = [{"start_date": f"2026-04-{1 + n % 28:02d}"}]
    if n % 3 == 0:
        contents["labels"] = [{"value": 1}, {"value": 2}]
        contents["place"] = [
            {
                "value": "1 Market Street",
                "street_address": "1 Market Street",
                "city": "Example Town",
                "country": "Denmark",
            }
        ]
    if n % 6 == 0:
        contents["keywords"] = [{"value": "quick"}, {"value": "fun"}]
        contents["link"] = [{"embed": 9001}]
    return contents


def _comments(store: Store) -> None:
    texts = ("Shall we start this week?", "Yes, @[Other Person](user:1002) has time.", "Then let us begin.")
    for n, text in enumerate(texts):
        store.insert(
            "comment",
            comment_id=7001 + n,
            item_id=6101,
            value=text,
            created_on=f"2026-02-10 10:0{n}:00",
            created_by=f"user:{OTHER_USER if n % 2 else DEMO_USER}",
            created_via="demo-client",
        )
    store.insert("notification", user_id=DEMO_USER, item_id=6101)
