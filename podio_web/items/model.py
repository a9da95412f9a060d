"""Write the class of an app from its definition, formatted as Black and Ruff do.

The same definition always gives the same text. ``podio_web.items.model_check`` compares a class with its app.
"""

from __future__ import annotations

import inspect
import keyword
import textwrap
from typing import Any
from unicodedata import east_asian_width, normalize

from podio_web.items import fields
from podio_web.items.declared import DeclaredField
from podio_web.items.definition import CATEGORIES, Definition, Field
from podio_web.items.item import Item, SyncItem

WIDTH = 88
"""The longest line, in columns."""

_INDENT = "    "


def class_text(definition: Definition, *, sync: bool = False) -> str:
    """Return the module that declares the class of an app. Deleted fields are left out.

    Args:
        definition: The app's.
        sync: Whether the items belong to a ``SyncApp``.

    >>> field = {"field_id": 4110, "external_id": "time-spent", "type": "duration", "label": "Time spent"}
    >>> app = {"app_id": 3001, "config": {"item_name": "Task"}, "fields": [field]}
    >>> print(class_text(Definition(app)).splitlines()[-1])
        time_spent = fields.Duration()  # "Time spent"
    """
    base = "SyncItem" if sync else "Item"
    command = f"podio-web model {definition.app_id}{' --sync' if sync else ''}"
    names = f"{base}, fields" if definition.keys else base
    name = one_line(definition.name.replace("\\", "/").replace('"', "'"))
    lines = [
        f'"""The items of app {definition.app_id}. Written by: {command}"""',
        "",
        f"from podio_web.items import {names}",
        "",
        "",
        f"class {class_name(definition)}({base}, app={definition.app_id}):",
        f'{_INDENT}"""An item of the app{" " if name else ""}{name}."""',
    ]
    attributes = attribute_names(definition)
    if attributes:
        lines.append("")
    for name, field in attributes.items():
        lines += _declaration(name, field, key_in(definition, field))
    return "\n".join([*lines, ""])


def class_name(definition: Definition) -> str:
    """Return a name for the class, from what an item of the app is called.

    >>> class_name(Definition({"app_id": 3001, "config": {"item_name": "Sales lead"}}))
    'SalesLead'
    """
    words = _identifier(definition.item_name).split("_")
    name = _identifier("".join(word[:1].upper() + word[1:] for word in words)).replace("_", "")
    if not name.isidentifier():
        name = f"App{name or definition.app_id}"
    taken = keyword.iskeyword(name) or name in ("Item", "SyncItem")
    return f"{name}_" if taken else name


def attribute_names(definition: Definition) -> dict[str, Field]:
    """Return the active fields by the attributes that declare them, in the order of the app.

    An attribute is the external ID with ``_`` for what Python does not allow in names. Keywords and the members of
    ``Item`` get a ``_`` at the end, and a second field of the same name gets a number. Names do not depend on the order
    of the fields.

    >>> field = {"field_id": 4110, "external_id": "time-spent", "type": "duration"}
    >>> attribute_names(Definition({"fields": [field]}))
    {'time_spent': <Field time-spent duration>}
    """
    found: dict[Field, str] = {}
    # The class body calls the module ``fields``.
    reserved = members() | {"fields"}
    taken = set(reserved)
    for field in sorted(definition, key=lambda each: each.field_id or 0):
        name = _identifier(field.key).strip("_")
        if not name.isidentifier():
            name = f"field_{name or field.field_id}"
        first, number = name, 2
        if keyword.iskeyword(name) or name in reserved:
            name += "_"
        while name in taken:
            name, number = f"{first}_{number}", number + 1
        taken.add(name)
        found[field] = name
    return {found[field]: field for field in definition}


def members() -> set[str]:
    """Return the members of items that a field must not hide.

    >>> "save" in members(), "title" in members()
    (True, False)
    """
    bases = (*Item.__mro__, *SyncItem.__mro__)
    return {name for base in bases for name in (*vars(base), *inspect.get_annotations(base))} - {"title"}


def key_in(definition: Definition, field: Field) -> str | int:
    """Return what the definition finds a field by: the external ID, or the field ID if another field has that.

    >>> definition = Definition({"fields": [{"field_id": 4110, "type": "duration"}]})
    >>> key_in(definition, definition[4110])
    4110
    """
    is_found = definition.find(field.key) is field and field.key != str(field.field_id)
    return field.key if is_found or field.field_id is None else field.field_id


def kind_of(field: Field) -> type[DeclaredField[Any, Any]]:
    """Return the class in ``podio_web.items.fields`` that declares a field.

    >>> kind_of(Field({"type": "category", "config": {"settings": {"multiple": True}}})).__name__
    'Categories'
    """
    kinds: list[type[DeclaredField[Any, Any]]] = [getattr(fields, name) for name in fields.__all__]
    fitting = [kind for kind in kinds if field.type in kind.types and kind.is_list is field.is_list]
    return fitting[0] if fitting else fields.Other


def comment_of(field: Field) -> str:
    """Return the comment of a field: its label, and its options or the apps that it refers to.

    The label is in quotes because tools read comments such as ``# type: ...`` as instructions.

    >>> field = Field({"type": "app", "label": "Client", "config": {"settings": {"referenced_apps": [{"app_id": 5}]}}})
    >>> comment_of(field)
    '"Client": app 5'
    """
    label = f'"{one_line(field.label)}"'
    choices = choices_of(field)
    return f"{label}: {' | '.join(choices)}" if choices else label


def choices_of(field: Field) -> list[str]:
    """Return the texts of a field's options, or the apps that it refers to.

    >>> choices_of(Field({"type": "text"}))
    []
    """
    if field.type in CATEGORIES:
        texts = [one_line(option) for option in field.options.values() if option.status != "deleted"]
        return [text for text in texts if text]
    apps = field.settings.get("referenced_apps")
    if field.type != "app" or not isinstance(apps, list):
        return []
    return [f"app {each.get('app_id')}" for each in apps if isinstance(each, dict)]


def one_line(text: str) -> str:
    """Return a text for a comment: in one line, without control characters.

    >>> one_line("To" + chr(10) + "do")
    'To do'
    """
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def _declaration(name: str, field: Field, key: str | int) -> list[str]:
    arguments = [] if key == name.replace("_", "-") else [_literal(key)]
    if field.is_required:
        arguments.append("required=True")
    call = f"fields.{kind_of(field).__name__}("
    line = f"{_INDENT}{name} = {call}{', '.join(arguments)})"
    comment = f"# {comment_of(field)}"
    if _width(f"{line}  {comment}") <= WIDTH:
        return [f"{line}  {comment}"]
    # A long word is not broken, and a hyphen does not end a line: the check joins the lines again.
    room = WIDTH - len(_INDENT) - 2
    wrapped = textwrap.wrap(comment[2:], room, break_long_words=False, break_on_hyphens=False)
    return [*(f"{_INDENT}# {each}" for each in wrapped), *_split(name, call, arguments)]


def _split(name: str, call: str, arguments: list[str]) -> list[str]:
    """Return a declaration in as many lines as formatters give it."""
    inner, listed = f"{_INDENT}{_INDENT}", ", ".join(arguments)
    line, start = f"{_INDENT}{name} = {call}{listed})", f"{_INDENT}{name} = {call}"
    if _width(line) <= WIDTH:
        return [line]
    in_parentheses = f"{inner}{call}{listed})"
    if (not arguments or _width(start) > WIDTH) and _width(in_parentheses) <= WIDTH:
        return [f"{_INDENT}{name} = (", in_parentheses, f"{_INDENT})"]
    split = [f"{inner}{listed}"] if _width(f"{inner}{listed}") <= WIDTH else [f"{inner}{each}," for each in arguments]
    return [start, *split, f"{_INDENT})"]


def _identifier(text: str) -> str:
    """Return a text with ``_`` for all that cannot be in a name. Python itself normalizes names like this."""
    return "".join(each if f"a{each}".isidentifier() else "_" for each in normalize("NFKC", text))


def _literal(key: str | int) -> str:
    shown = repr(key)
    # Formatters prefer double quotes unless there are some in the text.
    return f'"{shown[1:-1]}"' if shown.startswith("'") and '"' not in shown else shown


def _width(text: str) -> int:
    return sum(2 if east_asian_width(each) in "WF" else 1 for each in text)
