"""Check the field values that clients write, and convert them to the form in which they are stored.

A value may be a scalar, an object of sub IDs, a list of scalars, or a list of objects
(https://developers.podio.com/doc/items). Numbers are stored as texts with four decimals, and dates in UTC.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import tzinfo
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from .apps import Field, find_field
from .date_values import write_date
from .file_values import has_file
from .refusals import Refusal
from .routing import Call
from .validation import as_boolean, as_choice, as_integer, as_list, as_string, invalid

Value = dict[str, Any]
Contents = dict[str, list[Value]]
_Element = Callable[[Call, Field, Any, tzinfo], Value]

# A made-up type that no client knows.
FUTURE = "future"
_LARGEST = Decimal(10) ** 15
_DECIMAL = re.compile(r"[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?[0-9]{1,3})?")
_PHONE_TYPES = ("mobile", "work", "home", "main", "work_fax", "private_fax", "other")
_EMAIL_TYPES = ("home", "work", "other")
LOCATION_PARTS = (
    *("formatted", "street_address", "street_name", "street_number"),
    *("city", "state", "postal_code", "country"),
)


def write_fields(call: Call, fields: list[Field], body: object, zone: tzinfo) -> Contents:
    """Check the ``fields`` of a request and return them in stored form, by field ID.

    Args:
        call: The request.
        fields: The app's fields.
        body: The values, by external ID or field ID.
        zone: The time zone of dates without ``_utc``.

    Raises:
        Refusal: 400 if a field is unknown or a value is invalid.
    """
    if not isinstance(body, dict):
        raise invalid(body, "must be object or must be object")
    written: Contents = {}
    for key, value in body.items():
        field = find_field(fields, key)
        if field is None:
            raise invalid(key, "No field found")
        written[str(field.field_id)] = write_field(call, field, value, zone)
    return written


def write_field(call: Call, field: Field, value: object, zone: tzinfo) -> list[Value]:
    """Check a field's value and return it in stored form. An empty list means that the field has no value.

    Args:
        call: The request.
        field: The field.
        value: The value that the client sent.
        zone: The time zone of dates without ``_utc``.

    Raises:
        Refusal: 400 if the value is invalid for the field.
    """
    element = _ELEMENTS.get(field.type)
    if element is None:
        raise invalid(value, "must not be set")
    if field.status == "deleted" and call.world.settings.deleted_values == "refuse":
        raise invalid(field.external_id, "No field found")
    elements = value if isinstance(value, list) else [] if value is None else [value]
    if len(elements) > 1 and field.type not in _SEVERAL and not field.settings.get("multiple"):
        raise invalid(value, "must not have more than 1 element")
    written = [element(call, field, each, zone) for each in elements]
    if field.type in ("category", "question"):
        written = [each for n, each in enumerate(written) if each not in written[:n]]
    # Podio omits empty fields, so an empty text means that the field has no value.
    written = [each for each in written if each.get("value", 1) != ""]
    if field.required and not written and field.status != "deleted":
        raise invalid(value, "must not be empty")
    return written


def require_all(fields: list[Field], contents: Contents) -> None:
    """Check that all required fields of an item have a value.

    Raises:
        Refusal: 400 if a required field has no value.
    """
    for field in fields:
        if field.required and field.status != "deleted" and not contents.get(str(field.field_id)):
            raise invalid(None, "must not be empty")


def _inner(value: object, allowed: tuple[str, ...] = ("value",)) -> object:
    """Return the value itself, or the sub ID ``value`` of an object."""
    if not isinstance(value, dict):
        return value
    for key in value:
        if key not in allowed:
            raise invalid(key, "No sub field found")
    return value.get("value")


def _text(call: Call, field: Field, value: object, zone: tzinfo) -> Value:
    text = as_string(_inner(value, ("value", "format")))
    is_html = field.settings.get("size") == "large" and field.settings.get("format") == "html"
    if is_html and text and not text.lstrip().startswith("<"):
        text = f"<p>{text}</p>"
    return {"value": text}


def _decimal(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise invalid(value, "must be decimal")
    text = str(value).strip()
    if not _DECIMAL.fullmatch(text):
        raise invalid(value, "must be decimal")
    number = Decimal(text)
    if abs(number) >= _LARGEST:
        raise invalid(value, f"must not be greater than {_LARGEST}")
    return f"{number:.4f}"


def _number(call: Call, field: Field, value: object, zone: tzinfo) -> Value:
    return {"value": _decimal(_inner(value))}


def _money(call: Call, field: Field, value: object, zone: tzinfo) -> Value:
    currencies = field.settings.get("allowed_currencies") or ["EUR"]
    currency = currencies[0]
    if isinstance(value, dict) and "currency" in value:
        currency = as_choice(value["currency"], currencies)
    return {"value": _decimal(_inner(value, ("value", "currency"))), "currency": currency}


def _progress(call: Call, field: Field, value: object, zone: tzinfo) -> Value:
    return {"value": as_integer(_inner(value), 0, 100)}


def _duration(call: Call, field: Field, value: object, zone: tzinfo) -> Value:
    return {"value": as_integer(_inner(value), 0)}


def _category(call: Call, field: Field, value: object, zone: tzinfo) -> Value:
    chosen = _inner(value)
    options = field.settings.get("options", [])
    if isinstance(chosen, dict):
        # Clients may write back the object that a read returns.
        chosen = chosen.get("id", chosen.get("text"))
    if isinstance(chosen, str) and call.world.settings.category_text == "accept":
        chosen = _option_by_text(options, chosen)
    if call.world.settings.deleted_values == "refuse":
        options = [option for option in options if option["status"] != "deleted"]
    if as_integer(chosen) not in [option["id"] for option in options]:
        raise invalid(chosen, "No option found")
    return {"value": chosen}


def _option_by_text(options: list[dict[str, Any]], text: str) -> int:
    """Return the ID of the option with a text. Case is ignored unless several options differ only in case.

    An option that has been deleted cannot be found by its text.
    """
    options = [option for option in options if option["status"] != "deleted"]
    exact = [option["id"] for option in options if option["text"] == text]
    alike = [option["id"] for option in options if option["text"].casefold() == text.casefold()]
    for found in (exact, alike):
        if len(found) == 1:
            return int(found[0])
    raise invalid(text, "No option found")


def _contact(call: Call, field: Field, value: object, zone: tzinfo) -> Value:
    inner = _inner(value, ("value", "type", "id")) if not _is_reference(value) else value
    store = call.world.store
    if isinstance(inner, dict) and "profile_id" in inner:
        # Clients may write back the object that a read returns.
        inner = inner["profile_id"]
    if not isinstance(inner, dict):
        row = store.one("SELECT profile_id FROM person WHERE profile_id = ?", as_integer(inner, 1))
    else:
        kind = as_choice(inner.get("type"), ("user", "profile", "mail", "space", "external"))
        if kind == "user":
            row = store.one("SELECT profile_id FROM person WHERE user_id = ?", as_integer(inner.get("id"), 1))
        elif kind == "profile":
            row = store.one("SELECT profile_id FROM person WHERE profile_id = ?", as_integer(inner.get("id"), 1))
        elif kind == "mail":
            row = store.one("SELECT profile_id FROM person WHERE mail = ?", as_string(inner.get("id"), 200).lower())
        else:
            # The initial data has no contacts of these types.
            row = None
    if row is None:
        raise invalid(value, "No contact found")
    return {"value": row["profile_id"]}


def _member(call: Call, field: Field, value: object, zone: tzinfo) -> Value:
    user_id = as_integer(_inner(value), 1)
    if call.world.store.one("SELECT 1 FROM person WHERE user_id = ?", user_id) is None:
        raise invalid(user_id, "No user found")
    return {"value": user_id}


def _file(call: Call, field: Field, value: object, zone: tzinfo) -> Value:
    inner = _inner(value)
    # Clients may write back the object that a read returns.
    file_id = as_integer(inner.get("file_id") if isinstance(inner, dict) else inner, 1)
    if not has_file(call.world.store, file_id):
        raise invalid(file_id, "No file found")
    return {"value": file_id}


def _state(call: Call, field: Field, value: object, zone: tzinfo) -> Value:
    return {"value": as_choice(_inner(value), field.settings.get("allowed_values", []))}


def _future(call: Call, field: Field, value: object, zone: tzinfo) -> Value:
    # No client can know what this type accepts, so everything is kept as it is.
    return value if isinstance(value, dict) else {"value": value}


def _is_reference(value: object) -> bool:
    return isinstance(value, dict) and "type" in value and "id" in value


def _app(call: Call, field: Field, value: object, zone: tzinfo) -> Value:
    inner = _inner(value)
    item_id = as_integer(inner.get("item_id") if isinstance(inner, dict) else inner, 1)
    row = call.world.store.one("SELECT app_id FROM item WHERE item_id = ? AND deleted = 0", item_id)
    if row is None or row["app_id"] not in [each["app_id"] for each in field.settings.get("referenced_apps", [])]:
        raise invalid(item_id, "No item found")
    return {"value": item_id}


def _location(call: Call, field: Field, value: object, zone: tzinfo) -> Value:
    if not isinstance(value, dict):
        text = as_string(value, 1000)
        return {"value": text}
    written: Value = {}
    for key, part in value.items():
        if part is None and key in ("value", *LOCATION_PARTS, "lat", "lng"):
            continue
        if key in ("value", *LOCATION_PARTS):
            written[key] = as_string(part, 1000)
        elif key in ("lat", "lng"):
            if isinstance(part, bool) or not isinstance(part, int | float) or abs(part) > 180:
                raise invalid(part, "must be decimal")
            written[key] = part
        elif key == "map_in_sync":
            # Reads show false if nothing is stored.
            written |= {key: True} if as_boolean(part) else {}
        else:
            raise invalid(key, "No sub field found")
    street = " ".join(written[key] for key in ("street_name", "street_number") if written.get(key))
    lines = [written.get("street_address") or street, *(written.get(key) for key in LOCATION_PARTS[4:])]
    written.setdefault("value", written.get("formatted") or ", ".join(line for line in lines if line))
    if written.get("formatted") == written["value"]:
        # Reads show the value if nothing is stored.
        del written["formatted"]
    return written


def _typed(types: tuple[str, ...], default: str, check: Callable[[str], bool], rule: str) -> _Element:
    def element(call: Call, field: Field, value: object, zone: tzinfo) -> Value:
        kind = default
        if isinstance(value, dict) and "type" in value:
            kind = as_choice(value["type"], field.settings.get("possible_types") or types)
        text = as_string(_inner(value, ("value", "type")), 200)
        if text and not check(text):
            raise invalid(text, rule)
        return {"type": kind, "value": text}

    return element


def _tag(call: Call, field: Field, value: object, zone: tzinfo) -> Value:
    return {"value": as_string(_inner(value), 200)}


def _embed(call: Call, field: Field, value: object, zone: tzinfo) -> Value:
    if isinstance(value, dict) and "url" in value and "embed" not in value:
        return {"embed": new_embed(call, value["url"])}
    inner = value.get("embed") if isinstance(value, dict) else value
    embed_id = as_integer(inner.get("embed_id") if isinstance(inner, dict) else inner, 1)
    if call.world.store.one("SELECT 1 FROM embed WHERE embed_id = ?", embed_id) is None:
        raise invalid(embed_id, "No embed found")
    return {"embed": embed_id}


def new_embed(call: Call, url: object) -> int:
    """Store a link and return its ``embed_id``.

    Raises:
        Refusal: 400 if ``url`` is not an http or https URL.
    """
    text = as_string(url, 2000)
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and text.isprintable()
    except ValueError:
        sound = False
    if not sound:
        raise invalid(text, "must be a URL")
    return call.world.store.insert("embed", url=text, created_by=call.identity.author)


def write_tags(value: object) -> list[str]:
    """Check an item's ``tags`` and return them. Raise Refusal if one is invalid."""
    return [as_string(each, 200, blank=False) for each in as_list(value)]


def _read_only(call: Call, field: Field, value: object, zone: tzinfo) -> Value:
    raise Refusal(400, "invalid_value", "A calculation field cannot be written")


_ELEMENTS: dict[str, _Element] = {
    "text": _text,
    "number": _number,
    "money": _money,
    "progress": _progress,
    "duration": _duration,
    "category": _category,
    "date": write_date,
    "contact": _contact,
    "app": _app,
    "location": _location,
    "phone": _typed(_PHONE_TYPES, "other", lambda text: any(c.isdigit() for c in text), "must be a phone number"),
    "email": _typed(_EMAIL_TYPES, "other", lambda text: bool(re.fullmatch(r"[^@\s]+@[^@\s]+", text)), "must be email"),
    "embed": _embed,
    "tag": _tag,
    "question": _category,
    "member": _member,
    "image": _file,
    "file": _file,
    "video": _file,
    "state": _state,
    FUTURE: _future,
    "calculation": _read_only,
}
TYPES = (*_ELEMENTS, "separator")
"""The types of fields that the sandbox imitates."""
_SEVERAL = ("contact", "phone", "email", "embed", "tag", "member", "image", "file", "video", FUTURE)
