"""Check the commands that the documentation shows: their programs, options, targets, extras and files."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import tomllib
from collections.abc import Collection
from importlib.util import find_spec
from pathlib import Path

from podio_web.cli import build_parser
from tests.conftest import ROOT

# Programs that are not ours. What they do is not checked.
OTHERS = frozenset(
    {
        *(".", "cd", "cp", "curl", "docker", "export", "git", "jupyter", "mkdir"),
        *("node", "playwright", "pytest", "sha256sum", "unzip"),
    }
)
# Apps of podio-web new have these files.
IN_APPS = {path.name.removesuffix("-tpl") for path in (ROOT / "podio_web" / "new_app" / "templates").rglob("*.py-tpl")}
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
TARGETS = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
NPM = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
PINNED = {**NPM["dependencies"], **NPM["devDependencies"]}


def check_shell(text: str, place: str, folder: Path, written: Collection[str] = ()) -> None:
    """Check each command of a block.

    - ``place``: where the block is, for messages.
    - ``folder``: where the reader is, if the block belongs to an example.
    - ``written``: names of files that the page has shown before.
    """
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        for command in _commands(words):
            problem = _problem(command, folder, written)
            assert problem is None, f"{place}: {line.strip()!r}: {problem}"


def _commands(words: list[str]) -> list[list[str]]:
    """Divide a line at ``&&`` and ``|``, and leave out variables before a command and where its output goes."""
    commands: list[list[str]] = [[]]
    words = [*words]
    while words:
        word = words.pop(0)
        if word in ("&&", "||", "|", ";", "&"):
            commands.append([])
        elif word in (">", ">>", "2>"):
            words.pop(0)
        elif commands[-1] or not re.match(r"[A-Z_]+=", word):
            commands[-1].append(word)
    return [command for command in commands if command]


def _problem(command: list[str], folder: Path, written: Collection[str]) -> str | None:
    """Return what is wrong with a command, or None."""
    program, *arguments = command
    program = program.removeprefix(".venv/bin/")
    if program == "podio-web":
        return _wrong_arguments(arguments)
    if program == "make":
        unknown = [each for each in arguments if "=" not in each and each not in TARGETS]
        return f"no target {unknown[0]}" if unknown else None
    if program == "python":
        return _wrong_program(arguments, folder, written)
    if program == "pip":
        return _wrong_packages(arguments)
    if program in ("npm", "npx"):
        return _wrong_versions(arguments)
    if program in OTHERS or find_spec(program.replace("-", "_")):
        return None
    return "say in tests/shell_lines.py how this program is checked"


def _wrong_arguments(arguments: list[str]) -> str | None:
    """Let ``podio-web`` read its arguments. The texts ``ID`` and ``APP_ID`` stand for numbers."""
    numbered = ["1" if re.fullmatch(r"[A-Z_]*ID", each) else each for each in arguments]
    with contextlib.redirect_stderr(io.StringIO()) as said:
        try:
            build_parser().parse_args(numbered)
        except SystemExit:
            return said.getvalue()
    return None


def _wrong_program(arguments: list[str], folder: Path, written: Collection[str]) -> str | None:
    first = arguments[0]
    if first == "-m":
        if arguments[1] == "pip":
            return _wrong_packages(arguments[2:])
        return None if find_spec(arguments[1]) else f"no module {arguments[1]}"
    if first == "-c":
        compile(arguments[1], "-c", "exec")
        return None
    there = any((start / first).is_file() for start in (ROOT, folder)) or first in IN_APPS or first in written
    return None if there else f"no file {first}"


def _wrong_packages(arguments: list[str]) -> str | None:
    """Look for the extras of podio-web that are installed."""
    for each in arguments:
        name, extras = re.match(r"([^\[=<>]*)(?:\[([\w,-]*)\])?", each).groups()  # type: ignore[union-attr]
        unknown = set(extras.split(",")) - set(EXTRAS) if name == "podio-web" and extras else set()
        if unknown:
            return f"no extra {', '.join(sorted(unknown))}"
    return None


def _wrong_versions(arguments: list[str]) -> str | None:
    """Compare versions of npm packages with those that the tests use."""
    for each in arguments:
        name, at, version = each.rpartition("@")
        if at and name in PINNED and version != PINNED[name]:
            return f"the tests use {name}@{PINNED[name]}"
    return None
