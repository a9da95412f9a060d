"""Write the pages of the reference: each public module, the commands, the script tag's types."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import griffe

from docs_site.docstrings import Fences
from podio_web import PodioError, errors
from podio_web.items import fields

_MODULE = re.compile(r"reference/(podio_web[\w.]*)\.md")
_COMMAND = re.compile(r"^    (\w+) ", re.MULTILINE)


def modules_of(pages: list[str]) -> dict[str, str]:
    """Return the module that a page of the navigation is about, by the pages that are about one.

    >>> modules_of(["items.md", "reference/podio_web.items.md"])
    {'reference/podio_web.items.md': 'podio_web.items'}
    """
    return {page: match[1] for page in pages if (match := _MODULE.fullmatch(page))}


def reference_pages(root: Path, pages: list[str]) -> dict[str, str]:
    """Return the reference in Markdown for zensical, whose mkdocstrings puts in the modules.

    Args:
        root: The checkout.
        pages: The pages of the navigation.
    """
    made = {page: f"# {name}\n\n{_table(name)}::: {name}\n" for page, name in modules_of(pages).items()}
    return {**made, **_without_modules(root)}


def reference_texts(root: Path, pages: list[str]) -> dict[str, str]:
    """Return the reference in plain Markdown: the signatures and docstrings of each module.

    The arguments are those of ``reference_pages``.
    """
    made = {page: module_text(_package(root), name) for page, name in modules_of(pages).items()}
    return {**made, **_without_modules(root)}


def _without_modules(root: Path) -> dict[str, str]:
    return {"reference/commands.md": _commands(root), "reference/javascript.md": _javascript(root)}


def _table(module: str) -> str:
    """Return the table in front of a module's members, if it has one."""
    if module == errors.__name__:
        rows = [(kind.__name__, kind.__base__, kind.__dict__.get("code"), kind) for kind in _errors()]
        head = "| Exception | Base | `code` | When |\n|---|---|---|---|\n"
        lines = [
            f"| [`{name}`][{module}.{name}] | `{base.__name__ if base else ''}` | {_code(code)} | {_summary(kind)} |"
            for name, base, code, kind in rows
        ]
        return head + "\n".join(lines) + "\n\n"
    if module == fields.__name__:
        head = "| Field | Types at Podio | What it holds |\n|---|---|---|\n"
        kinds = {name: getattr(fields, name) for name in fields.__all__}
        lines = [
            f"| [`{name}`][{module}.{name}] | {', '.join(map(_code, kind.types))} | {_summary(kind)} |"
            for name, kind in kinds.items()
        ]
        return head + "\n".join(lines) + "\n\n"
    return ""


def _errors() -> list[type[PodioError]]:
    return [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, PodioError)]


def _code(text: str | None) -> str:
    return f"`{text}`" if text else ""


def _summary(documented: Any) -> str:
    return str(documented.__doc__).partition("\n\n")[0].replace("\n    ", " ")


def _commands(root: Path) -> str:
    parts = ["# Commands", "What `podio-web` prints with `--help`. [Command line](../command-line.md) explains it."]
    for name in ("", *_COMMAND.findall(_help(root))):
        title = f"podio-web {name}".strip()
        parts += [f"## `{title}`", f"```text\n{_help(root, *name.split())}```"]
    return "\n\n".join(parts) + "\n"


@cache
def _help(root: Path, *command: str) -> str:
    environment = {**os.environ, "COLUMNS": "90", "NO_COLOR": "1", "PYTHONPATH": str(root)}
    asked = [sys.executable, "-m", "podio_web.cli", *command, "--help"]
    return subprocess.run(asked, capture_output=True, check=True, text=True, env=environment).stdout


def _javascript(root: Path) -> str:
    types = (root / "static" / "podio-web.d.ts").read_text(encoding="utf-8")
    intro = "The types of the script tag. [Script tag](../script-tag.md) says how to use it."
    return f"# JavaScript\n\n{intro}\n\n```ts\n{types}```\n"


@cache
def _package(root: Path) -> griffe.Object:
    extensions = griffe.load_extensions(Fences)
    package = griffe.load("podio_web", search_paths=[root], extensions=extensions, resolve_aliases=True)
    assert isinstance(package, griffe.Object)
    return package


def module_text(package: griffe.Object, name: str) -> str:
    """Return a module's public names in Markdown: each with its signature and its docstring."""
    module = package[".".join(name.split(".")[1:])] if "." in name else package
    parts = [f"# {name}", *_docstring(module)]
    for each in module.members.values():
        if each.is_public and not each.is_module:
            parts += _texts(each, each.name, "##")
    return "\n\n".join(parts) + "\n"


def _texts(member: griffe.Object | griffe.Alias, name: str, level: str) -> list[str]:
    parts = [f"{level} {name}"]
    if member.is_function or member.is_class:
        parts += [f"```python\n{member.signature()}\n```"] if member.signature() else []  # type: ignore[union-attr]
    parts += _docstring(member)
    if member.is_class:
        for each in member.members.values():
            if each.is_public and each.docstring:
                parts += _texts(each, f"{name}.{each.name}", level + "#")
    return parts


def _docstring(of: griffe.Object | griffe.Alias) -> list[str]:
    return [of.docstring.value] if of.docstring else []
