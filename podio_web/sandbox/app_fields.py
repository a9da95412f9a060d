"""Add, change and delete the fields of an app (https://developers.podio.com/doc/applications)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from .apps import Field, fields_of, find_app, find_field
from .fields import TYPES
from .refusals import not_found
from .routing import Call, Operations
from .validation import as_boolean, as_choice, as_integer, as_list, as_object, as_string
from .values import stored

table: Operations = Operations()

_FIRST_NEW = 900_001


@table.add("POST", "/app/{app_id}/field", body="required")
def add_field(call: Call) -> dict[str, Any]:
    """Add a field at the end of an app. Its external ID is made from the label and never changes."""
    app_id, body, store = find_app(call, call.path["app_id"])["app_id"], as_object(call.body), call.world.store
    fields, config = fields_of(call, app_id), as_object(body.get("config") or {})
    label = as_string(config.get("label"), 255, blank=False)
    kind = as_choice(body.get("type"), TYPES)
    # IDs of deleted fields are not used again, because no field is ever removed from the table.
    field_id = max(_FIRST_NEW, store.number("SELECT max(field_id) FROM field") + 1)
    store.insert(
        "field",
        field_id=field_id,
        app_id=app_id,
        position=max((field.position for field in fields), default=-1) + 1,
        external_id=_external_id(label, {field.external_id for field in fields}),
        type=kind,
        label=label,
        required=int(as_boolean(config.get("required", False))),
        settings=json.dumps(_settings({}, config.get("settings"))),
    )
    _changed(call, app_id)
    return {"field_id": field_id}


@table.add("PUT", "/app/{app_id}/field/{field:text}", body="required")
def change_field(call: Call) -> dict[str, Any]:
    """Change the label, the settings and ``required`` of a field. Options that the settings omit become deleted."""
    field, body = _field(call), as_object(call.body)
    config = {**body, **as_object(body.get("config") or {})}
    settings = field.settings
    if "settings" in config:
        settings = _settings(field.settings, config["settings"])
    call.world.store.run(
        "UPDATE field SET label = ?, required = ?, settings = ? WHERE field_id = ?",
        as_string(config.get("label", field.label), 255, blank=False),
        int(as_boolean(config.get("required", field.required))),
        json.dumps(settings),
        field.field_id,
    )
    return _changed(call, field.app_id)


@table.add("DELETE", "/app/{app_id}/field/{field:text}")
def delete_field(call: Call) -> dict[str, Any]:
    """Delete a field. Items keep its values unless ``delete_values`` is true."""
    field, store = _field(call), call.world.store
    store.run("UPDATE field SET status = 'deleted' WHERE field_id = ?", field.field_id)
    if call.flag("delete_values", False):
        for row in store.all("SELECT item_id, contents FROM item WHERE app_id = ?", field.app_id):
            kept = {key: values for key, values in stored(row).items() if key != str(field.field_id)}
            store.run("UPDATE item SET contents = ? WHERE item_id = ?", json.dumps(kept), row["item_id"])
    return _changed(call, field.app_id)


def _field(call: Call) -> Field:
    field = find_field(fields_of(call, find_app(call, call.path["app_id"])["app_id"]), call.path["field"])
    if field is None or field.status == "deleted":
        raise not_found()
    return field


def _changed(call: Call, app_id: int) -> dict[str, Any]:
    """Increase the app's revision and return it."""
    call.record("app.update", app_id=app_id)
    call.world.store.run("UPDATE app SET revision = revision + 1 WHERE app_id = ?", app_id)
    return {"revision": call.world.store.number("SELECT revision FROM app WHERE app_id = ?", app_id)}


def _external_id(label: str, taken: set[str]) -> str:
    name = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-") or "field"
    names = (name if n == 1 else f"{name}-{n}" for n in range(1, len(taken) + 2))
    return next(each for each in names if each not in taken)


def _settings(held: dict[str, Any], value: object) -> dict[str, Any]:
    settings = {**held, **as_object(value or {})}
    for name, check in _CHECKS.items():
        if settings.get(name) is None:
            settings.pop(name, None)
        else:
            check(settings[name])
    if "options" in settings:
        settings["options"] = _options(held.get("options", []), settings["options"])
    return settings


def _texts(value: object) -> list[str]:
    return [as_string(each, 255) for each in as_list(value)]


def _apps(value: object) -> list[int]:
    return [as_integer(as_object(each).get("app_id"), 1) for each in as_list(value)]


# The settings that the sandbox reads. It keeps the others as they are.
_CHECKS: dict[str, Callable[[object], object]] = {
    "options": as_list,
    "multiple": as_boolean,
    "allowed_currencies": _texts,
    "allowed_values": _texts,
    "possible_types": _texts,
    "referenced_apps": _apps,
    "expression": as_string,
    "return_type": lambda value: as_choice(value, ("number", "text", "date")),
}


def _options(held: list[dict[str, Any]], written: list[Any]) -> list[dict[str, Any]]:
    """Return the options of a field after a change. An option without a known ID is new."""
    by_id = {option["id"]: option for option in held}
    last = max(by_id, default=0)
    options: list[dict[str, Any]] = []
    for each in written:
        option = {"text": each} if isinstance(each, str) else as_object(each)
        known = by_id.pop(as_integer(option["id"], 1), None) if option.get("id") is not None else None
        if known is None:
            last += 1
            known = {"id": last, "text": "", "color": "DCEBD8", "status": "active"}
        options.append(
            {
                "id": known["id"],
                "text": as_string(option.get("text", known["text"]), 255, blank=False),
                "color": as_string(option.get("color", known["color"]), 20),
                "status": as_choice(option.get("status", "active"), ("active", "deleted")),
            }
        )
    return [*options, *({**option, "status": "deleted"} for option in by_id.values())]
