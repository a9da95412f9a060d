"""Search for items and apps, and for the values that a reference field accepts.

https://developers.podio.com/doc/search and https://developers.podio.com/doc/reference.
"""

from __future__ import annotations

import json
import sqlite3
from html import unescape
from typing import Any

from .apps import app_in_item, find_app
from .orgs import find_org, find_space, space_in_item
from .refusals import not_found, not_imitated
from .routing import Call, Operations
from .validation import as_boolean, as_choice, as_integer, as_object, as_string
from .values import Reader, mini_item, plain_text, stored

table: Operations = Operations()

# The limit of 20 is documented for the older operations. Clients ask the newer ones for 25 and 50.
_MOST, _MOST_V2 = 20, 50
_REF_TYPES = ("item", "task", "conversation", "app", "status", "file", "profile")
TARGETS = ("item_field", "apps", "spaces", "task_responsible", "alert", "item_created_by")

_PLACES = ("/search", "/search/org/{org_id}", "/search/space/{space_id}", "/search/app/{app_id}")


@table.add("POST", *_PLACES, body="required", heavy=True, permission="read")
def search(call: Call) -> list[dict[str, Any]]:
    """Return the apps and items that contain the words of the query. Matches in the title come first."""
    body = as_object(call.body)
    limit, offset = as_integer(body.get("limit", _MOST), 1, _MOST), as_integer(body.get("offset", 0), 0)
    ref_type = body.get("ref_type")
    kind = None if ref_type is None else as_choice(ref_type, _REF_TYPES)
    as_boolean(body.get("counts", False))
    found = _found(call, as_string(body.get("query"), 1000, blank=False), kind)
    return found[offset : offset + limit]


@table.add("GET", *(f"{place}/v2" for place in _PLACES), heavy=True)
def search_v2(call: Call) -> dict[str, Any]:
    """Return the apps and items that contain the words of the query and, on request, the number of each type."""
    limit, offset = call.integer("limit", _MOST, 1, _MOST_V2), call.integer("offset", 0)
    kind = as_choice(call.query["ref_type"], _REF_TYPES) if "ref_type" in call.query else None
    found = _found(call, as_string(call.query.get("query"), 1000, blank=False), kind)
    answer: dict[str, Any] = {"results": found[offset : offset + limit]}
    if call.flag("counts", False):
        answer["counts"] = {name: sum(each["type"] == name for each in found) for name in ("item", "app")}
    return answer


def _found(call: Call, query: str, kind: str | None) -> list[dict[str, Any]]:
    words = query.casefold().split()
    reader = Reader(call)
    found = []
    for app in _apps(call):
        title = unescape(json.loads(app["config"])["name"])
        if kind in (None, "app") and _has(words, title):
            found.append(_result(reader, app, "app", app["app_id"], title, app_in_item(app)["link"], app))
        if kind not in (None, "item"):
            continue
        sql = "SELECT * FROM item WHERE app_id = ? AND deleted = 0 ORDER BY item_id DESC"
        for row in call.world.store.all(sql, app["app_id"]):
            if _has(words, _text(row)):
                link = mini_item(reader, row)["link"]
                found.append(_result(reader, app, "item", row["item_id"], row["title"], link, row))
    # Matches in the title come first.
    found.sort(key=lambda each: not _has(words, each["title"]))
    return [{**each, "rank": rank} for rank, each in enumerate(found)]


def _apps(call: Call) -> list[sqlite3.Row]:
    """Return the apps in the searched org, space or app that the caller may access."""
    store, path = call.world.store, call.path
    if "app_id" in path:
        return [find_app(call, path["app_id"])]
    condition, values = "1", list[int]()
    if "space_id" in path:
        condition, values = "space_id = ?", [find_space(call, path["space_id"])["space_id"]]
    elif "org_id" in path:
        condition, values = "org_id = ?", [find_org(call, path["org_id"])["org_id"]]
    # The condition is one of the texts above.
    sql = f"SELECT app_id FROM app JOIN space USING (space_id) JOIN member USING (space_id) WHERE {condition}"  # noqa: S608
    rows = store.all(f"{sql} AND user_id = ? ORDER BY app_id", *values, call.user_id)
    return [find_app(call, row["app_id"]) for row in rows]


def _text(row: sqlite3.Row) -> str:
    values = [value for each in stored(row).values() for value in each]
    texts = [text for value in values for text in value.values() if isinstance(text, str)]
    return plain_text(" ".join([row["title"], *texts]))


def _has(words: list[str], text: str) -> bool:
    lowered = text.casefold()
    return all(word in lowered for word in words)


def _result(
    reader: Reader, app: sqlite3.Row, kind: str, ref_id: int, title: str, link: str, row: sqlite3.Row
) -> dict[str, Any]:
    author = row["created_by"]
    space = space_in_item(reader.call, app["space_id"])
    return {
        "type": kind,
        "id": ref_id,
        "title": title,
        "link": link,
        "created_on": row["created_on"],
        "created_by": reader.people.byline(author if isinstance(author, str) else f"user:{author}"),
        "app": reader.app(app["app_id"]),
        "space": space,
        "org": None if space is None else {"org_id": space["org_id"]},
    }


@table.add("POST", "/reference/search", body="required", permission="read")
def search_references(call: Call) -> list[dict[str, Any]]:
    """Return suggestions for a reference field, in groups."""
    body = as_object(call.body)
    target = as_string(body.get("target"), 100)
    if target not in TARGETS:
        raise not_imitated("POST", f"/reference/search with the target {target}")
    text = as_string(body.get("text", ""), 1000).casefold()
    limit = as_integer(body.get("limit", 13), 1, 100)
    parameters = as_object(body.get("target_params") or {})
    groups = {"item_field": _items, "apps": _choices, "spaces": _choices}.get(target, _people)(call, target, parameters)
    chosen = []
    for name, entries in groups.items():
        # Items have a title. People, spaces and apps have a name.
        contents = [each for each in entries if text in unescape(each.get("name") or each["title"]).casefold()]
        if contents:
            chosen.append({"name": name, "data": None, "contents": contents[:limit]})
    return chosen


def _items(call: Call, target: str, parameters: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    field_id = as_integer(parameters.get("field_id"), 1)
    row = call.world.store.one("SELECT * FROM field WHERE field_id = ? AND type = 'app'", field_id)
    if row is None:
        raise not_found()
    find_app(call, row["app_id"])
    reader, groups = Reader(call), {}
    for referenced in (json.loads(row["settings"]) or {}).get("referenced_apps", []):
        app = find_app(call, referenced["app_id"])
        rows = call.world.store.all("SELECT * FROM item WHERE app_id = ? AND deleted = 0", app["app_id"])
        groups[reader.app(app["app_id"])["name"]] = [mini_item(reader, each) for each in rows]
    return groups


def _choices(call: Call, target: str, parameters: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    apps = _apps(call)
    if target == "apps":
        return {"apps": [app_in_item(each) for each in apps]}
    spaces = {each["space_id"]: space_in_item(call, each["space_id"]) for each in apps}
    return {"spaces": [space for space in spaces.values() if space is not None]}


def _people(call: Call, target: str, parameters: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    reader = Reader(call)
    rows = call.world.store.all(
        "SELECT DISTINCT profile_id FROM person JOIN member USING (user_id) WHERE space_id IN "
        "(SELECT space_id FROM member WHERE user_id = ?) ORDER BY user_id",
        call.user_id,
    )
    contacts = [reader.contact(row["profile_id"]) for row in rows]
    return {"profiles": [each for each in contacts if each is not None]}
