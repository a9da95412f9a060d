"""Read what Podio sends to a webhook. No I/O.

Podio signs nothing, so everything in a delivery is untrusted input (https://developers.podio.com/doc/hooks).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

LONGEST_BODY = 65_536
"""The most bytes of a body."""

VERIFY = "hook.verify"
"""The type of the delivery that asks whether an address wants a hook."""

REMEMBERED = 72 * 3600.0
"""Seconds for which a delivery that names an event is recognized as a duplicate."""

SAME_BODY = 10.0
"""Seconds for which a delivery that names no event is recognized by its body."""

NUMBERS = frozenset(
    {
        *("app_id", "comment_id", "file_id", "form_id", "hook_id", "item_id", "item_revision_id", "org_id"),
        *("profile_id", "space_id", "status_id", "task_id", "user_id"),
    }
)
"""The fields that hold a whole number."""

_TYPE = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)
_MOST_FIELDS = 200
# Databases store whole numbers in 64 bits.
_LARGEST = 2**63 - 1


class BadDelivery(ValueError):
    """The body is not a delivery. The answer is 400."""


@dataclass(frozen=True)
class Delivery:
    """What Podio sent: the type, the hook's ID, and the IDs of what has changed.

    ``data`` has all fields. Its ``repr`` leaves them out, because a ``hook.verify`` has a secret code.

    >>> Delivery("item.update", 12, {"item_id": 6101}).item_id
    6101
    """

    type: str
    hook_id: int
    data: Mapping[str, int | str] = field(repr=False)

    @property
    def item_id(self) -> int | None:
        """The item that changed, or that the comment or the file belongs to."""
        return self._number("item_id")

    @property
    def item_revision_id(self) -> int | None:
        """The ID of the item's revision."""
        return self._number("item_revision_id")

    @property
    def comment_id(self) -> int | None:
        """The comment."""
        return self._number("comment_id")

    @property
    def external_id(self) -> str | None:
        """The item's external ID."""
        value = self.data.get("external_id")
        return value if isinstance(value, str) and value else None

    @property
    def key(self) -> str:
        """A text that is the same for duplicates."""
        return _key(self)[0]

    @property
    def remembered(self) -> float:
        """Seconds for which a delivery with the same key is a duplicate."""
        return _key(self)[1]

    def _number(self, name: str) -> int | None:
        value = self.data.get(name)
        return value if isinstance(value, int) else None


@dataclass(frozen=True)
class Event(Delivery):
    """What a handler is given.

    - ``stale``: whether a newer revision of the item was delivered already.
    - ``attempt``: 1, or more if the handler failed before.

    >>> Event("comment.create", 12, {"item_id": 6101, "comment_id": 31}).comment_id
    31
    """

    stale: bool = False
    attempt: int = 1


def read_delivery(body: bytes, content_type: str = "") -> Delivery:
    """Return the delivery in a body, which is a form or a JSON object. The last value of a repeated key counts.

    Raises BadDelivery. Its message has nothing of the body.

    >>> read_delivery(b"type=item.update&hook_id=12&item_id=6101").item_id
    6101
    """
    if len(body) > LONGEST_BODY:
        raise BadDelivery("The body is too long.")
    is_json = "json" in content_type.lower() or body[:1] == b"{"
    data = _checked(_read_json(body) if is_json else _read_form(body))
    type_, hook_id = data.get("type"), data.get("hook_id")
    if not isinstance(type_, str) or not _TYPE.fullmatch(type_):
        raise BadDelivery("The body has no type of an event.")
    if not isinstance(hook_id, int):
        raise BadDelivery("The body has no hook_id.")
    if type_.startswith("item.") and "item_id" not in data:
        raise BadDelivery("The body has no item_id.")
    if type_ == VERIFY and not data.get("code"):
        raise BadDelivery("The body has no code.")
    return Delivery(type_, hook_id, data)


def _read_form(body: bytes) -> Mapping[str, Any]:
    try:
        return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise BadDelivery("The form has too many fields.") from None


def _read_json(body: bytes) -> Mapping[str, Any]:
    try:
        data = json.loads(body)
        # Half of a surrogate pair cannot be stored.
        json.dumps(data, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise BadDelivery("The body is not valid JSON.") from None
    if not isinstance(data, dict) or len(data) > _MOST_FIELDS:
        raise BadDelivery("The body is not a JSON object with at most 200 members.")
    return data


def _checked(raw: Mapping[str, Any]) -> dict[str, int | str]:
    """Return the fields as numbers and texts. Lists, such as ``file_ids``, become texts with commas."""
    data: dict[str, int | str] = {}
    for name, value in raw.items():
        if value is None:
            continue
        text = ",".join(map(_text, value)) if isinstance(value, list) else _text(value)
        if name not in NUMBERS:
            data[name] = text
        # An empty number says the same as none.
        elif text:
            data[name] = _whole(text)
    return data


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise BadDelivery("The body has a value that is neither a text nor a whole number.")
    return str(value)


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and int(text) <= _LARGEST):
        raise BadDelivery("The body has an ID that is not a whole number.")
    return int(text)


def _key(delivery: Delivery) -> tuple[str, float]:
    """Return what identifies the event of a delivery, and for how many seconds."""
    family = delivery.type.partition(".")[0]
    ids: tuple[object, ...] = ()
    if family == "item" and (delivery.item_revision_id is not None or delivery.type != "item.update"):
        ids = (delivery.item_id, delivery.item_revision_id)
    elif family == "comment" and delivery.comment_id is not None:
        ids = (delivery.comment_id,)
    elif delivery.type == "file.change" and delivery.data.get("file_ids"):
        ids = (delivery.item_id, delivery.data.get("action_type"), delivery.data["file_ids"])
    seconds = REMEMBERED
    if not ids:
        ids, seconds = tuple(sorted(delivery.data.items())), SAME_BODY
    # A digest, because the texts may be long.
    text = json.dumps([delivery.hook_id, delivery.type, ids])
    return hashlib.sha256(text.encode()).hexdigest(), seconds
