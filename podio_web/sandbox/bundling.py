"""``fields=`` in the query selects the keys of a response (https://developers.podio.com/index/api).

``view(name)`` returns a smaller view of an object, and ``fields(a,b)`` adds keys of the full object. Both apply to the
whole object, or to a part if they follow its name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .validation import invalid

_VIEWS = {
    "micro": [
        "item_id",
        "app_item_id",
        "title",
        "link",
        "revision",
        "external_id",
        "app_id",
        "space_id",
        "name",
        "item_name",
        "icon",
        "url",
    ],
    "mini": [
        "item_id",
        "app_item_id",
        "app_item_id_formatted",
        "title",
        "link",
        "revision",
        "external_id",
        "created_on",
        "created_by",
        "created_via",
        "app",
        "initial_revision",
        "app_id",
        "space_id",
        "name",
        "item_name",
        "icon",
        "url",
        "url_label",
        "status",
        "config",
    ],
}
_DEEPEST = 20


@dataclass
class Selection:
    """The selected view and keys of an object, and the selections of its parts.

    Examples:
        >>> Selection.parse("items.fields(files,comments)").parts["items"].parts.keys()
        dict_keys(['files', 'comments'])
    """

    view: str | None = None
    parts: dict[str, Selection] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Selection:
        """Parse the query parameter. An empty text selects the default.

        Raises:
            Refusal: 400 if the brackets do not match.
        """
        selection = cls()
        for part in _split(text, ",", text, 0):
            selection._add(part.strip(), text, 0)
        return selection

    def _add(self, path: str, whole: str, depth: int) -> None:
        current = self
        for step in _split(path, ".", whole, depth):
            name, bracket, inner = step.partition("(")
            if not bracket:
                if name:
                    current = current.parts.setdefault(name, Selection())
                continue
            if not inner.endswith(")"):
                raise invalid(whole, "must be a list of fields")
            if name == "view":
                current.view = inner[:-1]
            elif name == "fields":
                for part in _split(inner[:-1], ",", whole, depth + 1):
                    current._add(part.strip(), whole, depth + 1)


def _split(text: str, mark: str, whole: str, nested: int) -> list[str]:
    """Split a text at a separator outside of brackets."""
    depth, start, parts = 0, 0, []
    for place, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0 or depth + nested > _DEEPEST:
            raise invalid(whole, "must be a list of fields")
        if character == mark and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    if depth:
        raise invalid(whole, "must be a list of fields")
    return [*parts, text[start:]]


def widened(selection: Selection, shown: dict[str, Any], full: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return an object with the keys that are selected.

    Args:
        selection: The selection.
        shown: The object with its default keys.
        full: Returns the object with all keys. It is called only if one of them is needed.
    """
    result = shown
    names = _VIEWS.get(selection.view or "")
    if selection.view == "full":
        result = full()
    elif names is not None:
        result = {key: value for key, value in shown.items() if key in names}
    missing = [name for name in selection.parts if name not in result]
    if missing:
        everything = full()
        result = {**result, **{name: everything[name] for name in missing if name in everything}}
    for name, part in selection.parts.items():
        value = result.get(name)
        if isinstance(value, dict):
            result = {**result, name: widened(part, value, lambda value=value: value)}  # type: ignore[misc]
    return result
