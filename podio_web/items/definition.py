"""The definition of an app: its fields, with their types and settings.

https://developers.podio.com/doc/applications
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any

from podio_web.items.decode import Decoder, decoder_of
from podio_web.items.values import Option

LISTS = frozenset({"contact", "phone", "email", "tel", "embed", "image", "file", "video", "tag"})
"""The field types whose value is always a list."""

CATEGORIES = frozenset({"category", "question"})

READ_ONLY = frozenset({"calculation", "separator"})
"""The field types that clients cannot write."""


class UnknownField(KeyError):
    """The app has no field with this external ID or field ID. The message names similar ones."""

    def __str__(self) -> str:
        return str(self.args[0])


class Field:
    """A field of an app.

    - ``key``: the external ID, which never changes; the field ID as a text if there is none.
    - ``field_id``, ``type``, ``label``: its ID, its type such as ``"category"``, and its label as people see it.
    - ``status``: ``"active"`` or ``"deleted"``.
    - ``is_required``: whether people must fill it in.
    - ``is_list``: whether its value is a list.
    - ``settings``: what the type needs, such as the options of a category.

    >>> Field({"field_id": 4003, "external_id": "status", "type": "category", "config": {"settings": {}}}).is_list
    False
    """

    __slots__ = (
        "_options",
        "decode",
        "field_id",
        "is_list",
        "is_required",
        "key",
        "label",
        "settings",
        "status",
        "type",
    )

    def __init__(self, data: Mapping[str, Any]) -> None:
        config = _mapping(data.get("config"))
        settings = _mapping(config.get("settings"))
        field_id = data.get("field_id")
        label = data.get("label") or config.get("label")
        self.field_id: int | None = field_id if type(field_id) is int else None
        self.key: str = key_of(data)
        self.type: str = str(data.get("type"))
        self.label: str = unescape(label) if isinstance(label, str) else self.key
        self.status: str = str(data.get("status") or "active")
        self.is_required: bool = config.get("required") is True
        self.settings: Mapping[str, Any] = settings
        self.is_list: bool = _is_list(self.type, settings)
        self.decode: Decoder = decoder_of(self.type)
        self._options: dict[int, Option] | None = None

    def __repr__(self) -> str:
        return f"<Field {self.key} {self.type}>"

    @property
    def is_active(self) -> bool:
        """Whether the field was not deleted."""
        return self.status != "deleted"

    @property
    def can_be_written(self) -> bool:
        """Whether clients may write the field."""
        return self.is_active and self.type not in READ_ONLY

    @property
    def options(self) -> dict[int, Option]:
        """The options of a category or question by their IDs, deleted ones included."""
        if self._options is None:
            listed = self.settings.get("options")
            found = [self.option(each) for each in (listed if isinstance(listed, list) else ()) if _is_option(each)]
            self._options = {option.id: option for option in found}
        return self._options

    def option(self, data: Mapping[str, Any]) -> Option:
        """Return an option of this field from its JSON, which has an ``id`` and a ``text``."""
        return Option(
            unescape(data["text"]),
            id=data["id"],
            color=data.get("color"),
            status=str(data.get("status") or "active"),
            field_id=self.field_id,
        )


class Definition:
    """The fields of an app, and its names. The app's ``token``, which is a credential, is not kept.

    ``fields`` are all of them, also ``by_key``; ``keys`` are the external IDs of the active ones that can have a value.
    ``replaced`` are the deleted ones whose external ID is in use again, by field ID. Their key is the field ID.

    >>> field = {"field_id": 4003, "external_id": "status", "type": "category"}
    >>> definition = Definition({"app_id": 3001, "fields": [field]})
    >>> definition["status"]
    <Field status category>
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        config = _mapping(data.get("config"))
        self.app_id: int | None = data.get("app_id")
        self.name: str = unescape(str(config.get("name") or data.get("name") or ""))
        self.item_name: str = unescape(str(config.get("item_name") or data.get("item_name") or ""))
        listed = data.get("fields")
        found = [Field(each) for each in (listed if isinstance(listed, list) else ()) if isinstance(each, dict)]
        self.fields: tuple[Field, ...] = tuple(found)
        self.by_key: dict[str | int, Field] = {str(each.field_id): each for each in found}
        self.by_key |= {each.field_id: each for each in found if each.field_id is not None}
        # Deleted first: the external ID of a deleted field may be in use again.
        self.by_key |= {each.key: each for each in sorted(found, key=lambda each: each.is_active)}
        replaced = [each for each in found if not each.is_active and self.by_key[each.key] is not each]
        for each in replaced:
            each.key = str(each.field_id)
        self.replaced: dict[int | None, Field] = {each.field_id: each for each in replaced}
        self._active = tuple(each for each in found if each.is_active and each.type != "separator")
        self.keys: dict[str, None] = dict.fromkeys(each.key for each in self._active)

    def __repr__(self) -> str:
        return f"<Definition {self.app_id}>"

    def __iter__(self) -> Iterator[Field]:
        """Iterate over the active fields that can have a value, in the order of the layout."""
        return iter(self._active)

    def find(self, key: Any) -> Field | None:
        """Return the field with an external ID or a field ID, or None."""
        return self.by_key.get(key)

    def __getitem__(self, key: Any) -> Field:
        """Return the field with an external ID or a field ID. Raises UnknownField, which is a KeyError."""
        found = self.find(key)
        if found is None:
            raise UnknownField(self._unknown(key))
        return found

    def named(self, name: str) -> Field:
        """Return the field of a keyword argument: its external ID, in which ``_`` may stand for ``-``.

        Raises UnknownField.
        """
        return self.find(name) or self.find(name.replace("_", "-")) or self[name]

    def _unknown(self, key: Any) -> str:
        from difflib import get_close_matches

        keys = list(self.keys)
        text = str(key)
        near = [each.key for each in self if each.label.casefold() == text.casefold()]
        near += [each for each in get_close_matches(text, keys, 3, 0.5) if each not in near]
        hint = f"Did you mean {' or '.join(map(repr, near))}?" if near else f"It has {', '.join(map(repr, keys))}."
        return f"app {self.app_id} has no field {key!r}. {hint}"


def key_of(data: Mapping[str, Any]) -> str:
    """Return the key of a field from its JSON: the external ID, or the field ID if there is none.

    >>> key_of({"field_id": 4003, "external_id": "status"})
    'status'
    """
    external_id = data.get("external_id")
    return external_id if isinstance(external_id, str) and external_id else str(data.get("field_id"))


def _is_list(kind: str, settings: Mapping[str, Any]) -> bool:
    if kind in CATEGORIES:
        return settings.get("multiple") is True
    # Old apps lack the setting. Their references may be several.
    return kind in LISTS or (kind == "app" and settings.get("multiple") is not False)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_option(value: Any) -> bool:
    return isinstance(value, dict) and type(value.get("id")) is int and isinstance(value.get("text"), str)
