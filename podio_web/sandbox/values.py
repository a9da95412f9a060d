"""Convert stored field values to the form that clients read (https://developers.podio.com/doc/items)."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from .apps import Field, app_in_item, fields_of
from .fields import LOCATION_PARTS, Contents, Value
from .file_values import show_file
from .orgs import space_in_item
from .people import People
from .refusals import not_found
from .routing import Call
from .zones import zone

# Every item of Podio has these keys for the ShareFile service. They are mostly empty.
SHAREFILE = {"sharefile_vault_url": None, "sharefile_vault_folder_id": None}
# The types of fields that a calculation may use, by the type of its result.
_CALCULATED_FROM = {"number": ("number", "money", "progress", "duration"), "text": ("text", "state"), "date": ("date",)}
_TAGS = re.compile(r"<[^>]*>")


class Reader:
    """Returns field values for one response. Each object is looked up at most once.

    Args:
        call: The call that the response is for.
    """

    def __init__(self, call: Call) -> None:
        self.call = call
        self.people: People = People(call.world)
        self.zone: tzinfo = caller_zone(call)
        self._fields: dict[int, list[Field]] = {}
        self._apps: dict[int, dict[str, Any]] = {}
        self._contacts: dict[int, dict[str, Any] | None] = {}
        self._spaces: dict[int, dict[str, Any] | None] = {}
        self._references: dict[int, dict[str, Any] | None] = {}

    def fields(self, app_id: int) -> list[Field]:
        """Return the fields of an app."""
        if app_id not in self._fields:
            self._fields[app_id] = fields_of(self.call, app_id)
        return self._fields[app_id]

    def app(self, app_id: int) -> dict[str, Any]:
        """Return an app as it appears inside an item."""
        if app_id not in self._apps:
            row = self.call.world.store.one("SELECT * FROM app WHERE app_id = ?", app_id)
            self._apps[app_id] = {} if row is None else app_in_item(row)
        return self._apps[app_id]

    def show(self, app_id: int, contents: Contents) -> list[dict[str, Any]]:
        """Return the ``fields`` of an item in the order of the app's layout. Fields without a value are left out."""
        shown = []
        for field in self.fields(app_id):
            values = self.values(field, contents)
            if values:
                shown.append({**field.envelope(), "values": values})
        return shown

    def values(self, field: Field, contents: Contents) -> list[Any]:
        """Return the values of one field."""
        if field.type == "calculation":
            result = calculated(field, self.fields(field.app_id), contents)
            is_date = field.value_type == "date"
            return [_date(self, field, each) if is_date else each for each in result]
        read = _READERS.get(field.type)
        stored = contents.get(str(field.field_id), [])
        if read is None:
            return list(stored)
        return [value for each in stored if (value := read(self, field, each)) is not None]

    def space(self, space_id: int) -> dict[str, Any] | None:
        """Return a space as it appears inside an item, or None if there is no such space."""
        if space_id not in self._spaces:
            self._spaces[space_id] = space_in_item(self.call, space_id)
        return self._spaces[space_id]

    def reference(self, item_id: int) -> dict[str, Any] | None:
        """Return an item as it appears inside another item, or None if there is no such item."""
        if item_id not in self._references:
            row = self.call.world.store.one("SELECT * FROM item WHERE item_id = ? AND deleted = 0", item_id)
            self._references[item_id] = None if row is None else mini_item(self, row)
        return self._references[item_id]

    def contact(self, profile_id: int) -> dict[str, Any] | None:
        """Return a contact object, or None if there is no such profile."""
        if profile_id not in self._contacts:
            self._contacts[profile_id] = self.people.contact(profile_id)
        return self._contacts[profile_id]


def caller_zone(call: Call) -> tzinfo:
    """Return the time zone of the dates that the caller writes and reads: the user's, or UTC for an app."""
    if call.identity.user_id is None:
        return UTC
    row = call.world.store.one("SELECT timezone FROM person WHERE user_id = ?", call.identity.user_id)
    if row is None:
        raise not_found()
    return zone(row["timezone"])


def calculated(field: Field, fields: list[Field], contents: Contents) -> list[Value]:
    """Return the result of a calculation field in stored form. It is empty if a field that it uses is empty.

    The expression consists of external IDs of numeric fields, separated by ``*``. A calculation that returns a text or
    a date copies the value of one field.
    """
    types = _CALCULATED_FROM.get(field.value_type, ())
    by_name = {each.external_id: str(each.field_id) for each in fields if each.type in types}
    used = [contents.get(by_name.get(name, ""), []) for name in field.settings.get("expression", "").split(" * ")]
    if not all(used):
        return []
    if field.value_type != "number":
        return used[0][:1]
    result = Decimal(1)
    for values in used:
        result *= Decimal(str(values[0]["value"]))
    return [{"value": f"{result:.4f}"}]


def plain_text(html: str) -> str:
    """Return HTML without its tags.

    Examples:
        >>> plain_text("<p>Paint the <b>fence</b></p>")
        'Paint the fence'
    """
    return unescape(_TAGS.sub("", html))


def title_of(fields: list[Field], contents: Contents, item_name: str, number: int) -> str:
    """Return an item's title: its first text, else its first number or progress, else the item name and number."""
    for field in fields:
        is_text = field.type == "text" and field.status != "deleted"
        values = contents.get(str(field.field_id), []) if is_text else []
        if values:
            text = str(values[0]["value"])
            if field.settings.get("format") == "html":
                text = plain_text(text)
            if text.strip():
                return text.strip()
    for field in fields:
        is_number = field.type in ("number", "progress") and field.status != "deleted"
        values = contents.get(str(field.field_id), []) if is_number else []
        if values:
            return f"{Decimal(str(values[0]['value'])).normalize():f}"
    return f"{item_name} {number}"


def _category(reader: Reader, field: Field, value: Value) -> Value | None:
    for option in field.settings.get("options", []):
        if option["id"] == value["value"]:
            return {"value": option}
    return None


def _contact(reader: Reader, field: Field, value: Value) -> Value | None:
    contact = reader.contact(value["value"])
    return None if contact is None else {"value": contact}


def _reference(reader: Reader, field: Field, value: Value) -> Value | None:
    item = reader.reference(value["value"])
    return None if item is None else {"value": item}


def mini_item(reader: Reader, row: sqlite3.Row) -> dict[str, Any]:
    """Return an item as it appears inside another item."""
    app = reader.app(row["app_id"])
    return {**item_head(reader, row), "app": app, "space": reader.space(app["space_id"]), "files": []}


def item_head(reader: Reader, row: sqlite3.Row) -> dict[str, Any]:
    """Return the keys that an item has wherever it appears."""
    app = reader.app(row["app_id"])
    revision = reader.call.world.store.one(
        "SELECT * FROM revision WHERE item_id = ? ORDER BY revision LIMIT 1", row["item_id"]
    )
    return {
        "item_id": row["item_id"],
        "app_item_id": row["app_item_id"],
        "app_item_id_formatted": str(row["app_item_id"]),
        "external_id": row["external_id"],
        "title": row["title"],
        "link": f"{app['link']}/items/{row['app_item_id']}",
        "revision": row["revision"],
        "created_on": row["created_on"],
        "created_by": reader.people.byline(row["created_by"]),
        "created_via": reader.people.via(row["created_via"]),
        "initial_revision": None if revision is None else show_revision(reader, revision),
        **SHAREFILE,
    }


def show_revision(reader: Reader, row: sqlite3.Row) -> dict[str, Any]:
    """Return a revision as Podio lists it."""
    author = reader.people.byline(row["created_by"])
    return {
        "item_revision_id": row["item_revision_id"],
        "revision": row["revision"],
        "app_revision": 0,
        "type": row["type"],
        "created_on": row["created_on"],
        "created_by": author,
        "created_via": reader.people.via(row["created_via"]),
        "user": author,
    }


def _date(reader: Reader, field: Field, value: Value) -> Value:
    shown: Value = {}
    has_end = value.get("end_date") is not None or value.get("end_utc") is not None
    for side in ("start", "end"):
        if side == "end" and not has_end and reader.call.world.settings.empty_end == "absent":
            continue
        shown.update(_side(side, value.get(f"{side}_date"), value.get(f"{side}_utc"), reader.zone))
    return shown


def _side(side: str, day: str | None, moment: str | None, zone: tzinfo) -> Value:
    local, local_day, local_time = day and f"{day} 00:00:00", day, None
    utc, utc_day, utc_time = day, day, None
    if moment is not None:
        local = in_zone(moment, zone)
        local_day, _, local_time = local.partition(" ")
        utc = moment
        utc_day, _, utc_time = moment.partition(" ")
    return {
        side: local,
        f"{side}_date": local_day,
        f"{side}_time": local_time,
        f"{side}_utc": utc,
        f"{side}_date_utc": utc_day,
        f"{side}_time_utc": utc_time,
    }


def in_zone(moment: str, zone: tzinfo) -> str:
    """Convert a time in UTC to another time zone.

    Args:
        moment: The time in UTC as ``YYYY-MM-DD HH:MM:SS``.
        zone: The time zone.
    """
    local = datetime.fromisoformat(moment).replace(tzinfo=UTC).astimezone(zone)
    return local.strftime("%Y-%m-%d %H:%M:%S").rjust(19, "0")


def _location(reader: Reader, field: Field, value: Value) -> Value:
    shown = {"value": value["value"], **{name: value.get(name) for name in (*LOCATION_PARTS, "lat", "lng")}}
    shown["formatted"] = shown["formatted"] or value["value"]
    return {**shown, "map_in_sync": value.get("map_in_sync", False)}


def _embed(reader: Reader, field: Field, value: Value) -> Value | None:
    row = reader.call.world.store.one("SELECT * FROM embed WHERE embed_id = ?", value["embed"])
    return None if row is None else {"embed": show_embed(row), "file": None}


def show_embed(row: sqlite3.Row) -> dict[str, Any]:
    """Return a link object. The page is not fetched, so the title is the host name."""
    url = row["url"]
    host = urlsplit(url).hostname
    return {
        "embed_id": row["embed_id"],
        "url": url,
        "original_url": url,
        "resolved_url": url,
        "title": host,
        "description": None,
        "type": "link",
        "hostname": host,
        "embed_html": None,
        "embed_width": None,
        "embed_height": None,
        "files": [],
    }


def _file(reader: Reader, field: Field, value: Value) -> Value | None:
    file = show_file(reader, value["value"])
    return None if file is None else {"value": file}


def _tag(reader: Reader, field: Field, value: Value) -> Any:
    return value["value"]


def stored(row: sqlite3.Row) -> Contents:
    """Return the stored values of an item or a revision."""
    contents: Contents = json.loads(row["contents"])
    return contents


_READERS: dict[str, Callable[[Reader, Field, Value], Any]] = {
    "category": _category,
    "question": _category,
    "image": _file,
    "file": _file,
    "video": _file,
    "contact": _contact,
    "app": _reference,
    "date": _date,
    "location": _location,
    "embed": _embed,
    "tag": _tag,
}
