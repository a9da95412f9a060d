"""Compare the source of a declared class with its app. The source is read and never run."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from podio_web.items import fields
from podio_web.items.declared import DeclaredField, SchemaMismatch, check_declared
from podio_web.items.definition import Definition, Field
from podio_web.items.model import comment_of, one_line


class ModelError(ValueError):
    """The source does not declare the app. The text says what is wrong."""


@dataclass(frozen=True)
class Found:
    """A field that a source declares, and its comment without line ends."""

    field: DeclaredField[object, object]
    comment: str


def differences(source: str, definition: Definition) -> list[str]:
    """Return what has changed in an app since the source of its class was written, one line for each change.

    Renamed attributes, more methods and other comments do not count. The label and the options of a field are compared
    if its comment begins as ``podio-web model`` writes it.

    Raises ModelError if the source is not Python or does not declare the app.

    >>> definition = Definition({"app_id": 3001, "fields": [{"field_id": 1, "external_id": "due", "type": "date"}]})
    >>> differences("class Task(Item, app=3001):\\n    title = fields.Text()", definition)
    ['title: deleted', 'due: new, of type date']
    """
    found = declared_in(source, definition.app_id)
    gone: list[str] = []
    new: list[str] = []
    changed: dict[str, str] = {}
    try:
        check_declared("", {name: each.field for name, each in found.items()}, definition)
    except SchemaMismatch as problem:
        gone, new, changed = problem.gone, problem.new, problem.changed
    lines = [f"{key}: deleted" for key in gone]
    for field in definition:
        if field.key in new:
            lines.append(f"{field.key}: new, of type {field.type}")
        lines += [f"{field.key}: {changed[field.key]}"] if field.key in changed else []
        for each in found.values():
            if definition.find(each.field.key) is field:
                lines += [f"{field.key}: {text}" for text in _changes(each, field)]
    return [one_line(line) for line in lines]


def declared_in(source: str, app_id: int | None) -> dict[str, Found]:
    """Return the fields that the source of a class declares, by attribute. Base classes in the same source count too.

    Raises ModelError.

    >>> declared_in("class Task(Item, app=3001):\\n    time_spent = fields.Duration()", 3001)["time_spent"].field
    <Duration time-spent>
    """
    try:
        tree = ast.parse(source)
        comments = _comments(source)
    except (SyntaxError, ValueError) as problem:
        # Python 3.11 raises ValueError for a NUL.
        raise ModelError(f"it is not Python: {problem}") from None
    except (RecursionError, MemoryError):
        raise ModelError("it is nested too deeply for Python") from None
    classes = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    apps = {name: _app_of(node) for name, node in classes.items()}
    fitting = [classes[name] for name, app in apps.items() if app == app_id]
    if not fitting:
        others = ", ".join(str(app) for app in apps.values() if app is not None)
        raise ModelError(
            f"it declares app {others}, not app {app_id}"
            if others
            else f"it has no class of app {app_id}, such as class Task(Item, app={app_id})"
        )
    if len(fitting) > 1:
        raise ModelError(f"several classes declare app {app_id}: {', '.join(node.name for node in fitting)}")
    found: dict[str, Found] = {}
    for node in _lineage(fitting[0], classes):
        for name, call in _assignments(node):
            field = _field(name, call)
            if field is not None:
                found[name] = Found(field, _comment_at(call, comments))
    return found


def _changes(found: Found, field: Field) -> Iterator[str]:
    if found.field.required is not field.is_required:
        yield "required" if field.is_required else "no longer required"
    comment = comment_of(field)
    if not found.comment.startswith('"') or found.comment == comment:
        return
    (label, choices), (current, now) = _parts(found.comment), _parts(comment)
    lines = [f'the label is "{current}" now, not "{label}"'] if label != current else []
    lines += [f"{each} is new" for each in now if each not in choices]
    lines += [f"{each} is gone" for each in choices if each not in now]
    yield from lines or ["the order has changed"]


def _parts(comment: str) -> tuple[str, list[str]]:
    """Return the label and the choices in a comment."""
    label, _, choices = comment.removeprefix('"').partition('": ')
    return label.removesuffix('"'), choices.split(" | ") if choices else []


def _app_of(node: ast.ClassDef) -> object:
    values = [each.value for each in node.keywords if each.arg == "app"]
    return values[0].value if values and isinstance(values[0], ast.Constant) else None


def _lineage(node: ast.ClassDef, classes: dict[str, ast.ClassDef]) -> list[ast.ClassDef]:
    """Return a class and its base classes in the same source, the bases first."""
    found = [node]
    for each in found:
        names = [base.id for base in each.bases if isinstance(base, ast.Name)]
        found += [classes[name] for name in names if name in classes and classes[name] not in found]
    return found[::-1]


def _assignments(node: ast.ClassDef) -> Iterator[tuple[str, ast.Call]]:
    for each in node.body:
        if isinstance(each, (ast.Assign, ast.AnnAssign)) and isinstance(each.value, ast.Call):
            targets = each.targets if isinstance(each, ast.Assign) else [each.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    yield target.id, each.value


def _field(name: str, call: ast.Call) -> DeclaredField[object, object] | None:
    """Return the field that a call makes, or None if it is another call."""
    kind = ast.unparse(call.func).rpartition(".")[2]
    if kind not in fields.__all__:
        return None
    values = [each.value for each in call.args if isinstance(each, ast.Constant)]
    values += [each.value.value for each in call.keywords if each.arg == "key" and isinstance(each.value, ast.Constant)]
    required = any(each.arg == "required" and ast.unparse(each.value) == "True" for each in call.keywords)
    key = values[0] if values and isinstance(values[0], (str, int)) else name.replace("_", "-")
    made: DeclaredField[object, object] = getattr(fields, kind)(key, required=required)
    return made


def _comments(source: str) -> dict[int, tuple[bool, str]]:
    """Return the comments by line, and whether each is alone in its line."""
    found = {}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            found[token.start[0]] = (not token.line[: token.start[1]].strip(), token.string[1:].strip())
    return found


def _comment_at(call: ast.Call, comments: dict[int, tuple[bool, str]]) -> str:
    """Return the comment behind a declaration, or the one above it."""
    is_alone, text = comments.get(call.end_lineno or call.lineno, (True, ""))
    if not is_alone:
        return text
    lines: list[str] = []
    above = call.lineno - 1
    while comments.get(above, (False, ""))[0]:
        lines.insert(0, comments[above][1])
        above -= 1
    # What is above the label may be somebody's own comment.
    starts = [number for number, line in enumerate(lines) if line.startswith('"')]
    return " ".join(lines[starts[0] :]) if starts else ""
