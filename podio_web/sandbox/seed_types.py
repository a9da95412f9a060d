"""The initial data's app "Every type": a field of each type, and items with all, few and unusual values."""

from __future__ import annotations

from typing import Any

from .file_values import DOCUMENT, DRAWING, FILM, PHOTO

_CLIENTS_APP, _TYPES_APP = 3002, 3004
_DEMO_USER, _OTHER_USER, _DEMO_PROFILE, _OTHER_PROFILE = 1001, 1002, 8001, 8002
_COLOUR = "DCEBD8"

# External ID, type, label, required, settings.
_Fields = list[tuple[str, str, str, bool, dict[str, Any] | None]]


def _options(*texts: str, deleted: str | None = None) -> list[dict[str, Any]]:
    return [
        {"id": n, "text": text, "color": _COLOUR, "status": "deleted" if text == deleted else "active"}
        for n, text in enumerate(texts, 1)
    ]


def _calculation(expression: str, return_type: str) -> dict[str, Any]:
    return {
        "script": None,
        "expression": expression,
        "return_type": return_type,
        "unit": None,
        "decimals": 2,
        "time": None,
        "calendar": None,
        "color": None,
    }


FIELDS: _Fields = [
    ("text", "text", "Text", False, {"size": "small", "format": "plain"}),
    ("html", "text", "Formatted text", False, {"size": "large", "format": "html"}),
    ("markdown", "text", "Markdown", False, {"size": "large", "format": "markdown"}),
    ("number", "number", "Number", False, {"decimals": 4}),
    ("money", "money", "Money", False, {"allowed_currencies": ["EUR", "USD"]}),
    ("one-currency", "money", "Money in one currency", False, {"allowed_currencies": ["DKK"]}),
    ("progress", "progress", "Progress", False, None),
    ("duration", "duration", "Duration", False, {"fields": ["days", "hours", "minutes", "seconds"]}),
    ("category", "category", "Category", False, {
        "options": _options("Small", "Medium", "Large", "Huge", deleted="Huge"), "multiple": False, "display": "inline",
    }),
    ("categories", "category", "Categories", False, {
        "options": _options("Red", "red", "Green &amp; Blue", "Grey", deleted="Grey"), "multiple": True,
        "display": "list",
    }),
    ("question", "question", "Question", False, {"options": _options("Yes", "No", "Perhaps"), "multiple": False}),
    ("date", "date", "Date", False, {"time": "enabled", "end": "enabled", "calendar": True, "color": _COLOUR}),
    ("day", "date", "Day", False, {"time": "disabled", "end": "disabled", "calendar": False, "color": _COLOUR}),
    ("period", "date", "Period", False, {"time": "required", "end": "required", "calendar": True, "color": _COLOUR}),
    ("reference", "app", "Reference", False, {
        "multiple": False, "referenced_apps": [{"app_id": _CLIENTS_APP, "view_id": None}],
        "referenceable_types": [_CLIENTS_APP],
    }),
    ("references", "app", "References", False, {
        "multiple": True, "referenced_apps": [{"app_id": _TYPES_APP, "view_id": None}],
        "referenceable_types": [_TYPES_APP],
    }),
    ("contact", "contact", "Contact", False, {"type": "space_users", "valid_types": ["user"]}),
    ("member", "member", "Member", False, None),
    ("location", "location", "Location", False, {"structured": False, "has_map": True}),
    ("address", "location", "Address", False, {"structured": True, "has_map": False}),
    ("phone", "phone", "Phone", False, {
        "possible_types": ["mobile", "work", "home", "main", "work_fax", "private_fax", "other"],
        "call_link_scheme": "callto",
    }),
    ("email", "email", "E-mail", False, {
        "possible_types": ["home", "work", "other"], "include_in_cc": False, "include_in_bcc": False,
    }),
    ("link", "embed", "Link", False, None),
    ("image", "image", "Image", False, {"allowed_mimetypes": ["image/png", "image/jpeg"]}),
    ("file", "file", "File", False, None),
    ("video", "video", "Video", False, None),
    ("tags", "tag", "Tags", False, None),
    ("state", "state", "State", False, {"allowed_values": ["draft", "sent", "paid"]}),
    ("heading", "separator", "Heading", False, None),
    ("future", "future", "Future", False, {"dimensions": 3}),
    ("product", "calculation", "Product", False, _calculation("number * progress", "number")),
    ("copy", "calculation", "Copy", False, _calculation("text", "text")),
    ("start", "calculation", "Start", False, _calculation("date", "date")),
    ("remark", "text", "Remark", True, {"size": "small", "format": "plain"}),
]  # fmt: skip
"""The fields. No other field is required, so that an item may have any one value, or none."""

DELETED_FIELDS = ("remark",)
"""External IDs of the fields that have been deleted. Items still have their values."""

ITEMS: list[dict[str, list[dict[str, Any]]]] = [
    {
        "text": [{"value": "All values"}],
        "html": [{"value": "<p>Tea &amp; <b>biscuits</b></p>"}],
        "markdown": [{"value": "Tea & *biscuits*"}],
        "number": [{"value": "12.5000"}],
        "money": [{"value": "99.9000", "currency": "EUR"}],
        "one-currency": [{"value": "250.0000", "currency": "DKK"}],
        "progress": [{"value": 40}],
        "duration": [{"value": 93_784}],
        "category": [{"value": 2}],
        "categories": [{"value": 1}, {"value": 3}],
        "question": [{"value": 1}],
        "date": [{"start_utc": "2026-03-01 08:00:00", "end_utc": "2026-03-01 10:30:00"}],
        "day": [{"start_date": "2026-12-24"}],
        "period": [{"start_utc": "2026-06-01 08:00:00", "end_utc": "2026-06-05 15:00:00"}],
        "reference": [{"value": 6002}],
        "references": [{"value": 6302}, {"value": 6303}],
        "contact": [{"value": _DEMO_PROFILE}, {"value": _OTHER_PROFILE}],
        "member": [{"value": _OTHER_USER}],
        "location": [{"value": "1 Market Street, Example Town"}],
        "address": [
            {
                "value": "2 Market Street, Example Town",
                "street_address": "2 Market Street",
                "city": "Example Town",
                "postal_code": "1000",
                "country": "Denmark",
                "lat": 55.5,
                "lng": 12.25,
                "map_in_sync": True,
            }
        ],
        "phone": [{"type": "work", "value": "+1 555 0101"}, {"type": "mobile", "value": "+1 555 0102"}],
        "email": [{"type": "home", "value": "someone@example.com"}],
        "link": [{"embed": 9001}],
        "image": [{"value": PHOTO}, {"value": DRAWING}],
        "file": [{"value": DOCUMENT}],
        "video": [{"value": FILM}],
        "tags": [{"value": "quick"}, {"value": "fun"}],
        "state": [{"value": "sent"}],
        "future": [{"value": {"shape": "cube", "sides": [1, 2, 3]}, "unit": "m"}],
        "remark": [{"value": "Written before the field was deleted"}],
    },
    # Nearly empty.
    {"text": [{"value": "One value"}]},
    # Zeros, which are values, and options that have been deleted.
    {
        "text": [{"value": "Zeros"}],
        "number": [{"value": "0.0000"}],
        "money": [{"value": "0.0000", "currency": "USD"}],
        "progress": [{"value": 0}],
        "duration": [{"value": 0}],
        "category": [{"value": 4}],
        "categories": [{"value": 2}, {"value": 4}],
        "date": [{"start_date": "2026-03-29", "end_date": "2026-03-30"}],
        "future": [{"value": 0}],
        "remark": [{"value": "Also kept"}],
    },
    {
        "text": [{"value": "Unusual values"}],
        "number": [{"value": "-0.0001"}],
        "money": [{"value": "123456789012.3456", "currency": "EUR"}],
        "progress": [{"value": 100}],
        "duration": [{"value": 3_000_000_000}],
        # In Copenhagen, this moment is in the hour that the clock repeats.
        "date": [{"start_utc": "2026-10-25 00:30:00"}],
        "member": [{"value": _DEMO_USER}],
        "phone": [{"type": "private_fax", "value": "0085"}],
        "tags": [{"value": "007"}],
        "future": [{"parts": ["a", "b"]}, {"value": None}],
    },
]
"""The items' stored values."""
