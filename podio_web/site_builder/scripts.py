"""The scripts of a site: files of ``static/`` with the addresses of the other files, minified by terser."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .interpreters import TERSER, BuildError
from .node import written_by_node
from .static_files import static_file

SCRIPT = Path(__file__).with_name("minify.mjs")

EMPTY = re.compile(r"^( *)const FILES = null;.*$", re.MULTILINE)
"""The line of a loader that is replaced by the addresses of the site's files."""

Minify = Callable[..., str]


def loader(name: str, files: dict[str, Any], minify: Minify) -> bytes:
    """Return a loader of ``static/`` that knows the site's files.

    Args: ``name`` is ``podio-web.js`` or ``fast-pyodide.mjs``; ``files`` becomes its ``FILES``; ``minify`` makes a
    script smaller, given its name and its text. Raises BuildError if the file is not there or not ours.

    >>> b"const FILES = {" in loader("podio-web.js", {"version": "0.1.0"}, as_it_is)
    True
    """
    return minify(name, filled_in(name, static_text(name), files)).encode()


def filled_in(name: str, text: str, files: dict[str, Any]) -> str:
    """Return the text of a loader with the site's files in it.

    Raises BuildError if the text has no line, or several lines, to fill in. ``name`` is for the error.

    >>> filled_in("podio-web.js", "const FILES = null; // filled in", {"version": "0.1.0"})
    'const FILES = {"version": "0.1.0"};'
    """
    text, count = EMPTY.subn(lambda line: f"{line[1]}const FILES = {json.dumps(files)};", text)
    if count != 1:
        raise BuildError(f"static/{name} has no line `const FILES = null;`: install podio-web again")
    return text


def pyscript_loader(core: str, minify: Minify) -> bytes:
    """Return ``pyscript.mjs`` of ``static/`` for the site's own PyScript.

    Args: ``core`` is the address of ``core.js``, relative to the site; ``minify`` makes a script smaller, given its
    name and its text. Raises BuildError if the file is not there or not ours.

    >>> b'"./assets/pyscript/core.js"' in pyscript_loader("assets/pyscript/core.js", as_it_is)
    True
    """
    name, before = "pyscript.mjs", '"./pyscript/core.js"'
    text = static_text(name)
    if text.count(before) != 1:
        raise BuildError(f"static/{name} does not import {before}: install podio-web again")
    return minify(name, text.replace(before, json.dumps(f"./{core}"))).encode()


def static_text(name: str) -> str:
    """Return the text of a file of ``static/``; raises BuildError, naming the remedy, if it is not there.

    >>> static_text("callback.html")[:15]
    '<!doctype html>'
    """
    return static_file(name).read_text(encoding="utf-8")


def as_it_is(name: str, text: str, checks: Sequence[str] = ()) -> str:
    """Return a script unchanged. It replaces the minifier if a site is built without snapshots.

    >>> as_it_is("a.js", "alert(1); // why")
    'alert(1); // why'
    """
    return text


def minifier(node_modules: Path) -> Minify:
    """Return what minifies a script with terser (https://terser.org), given its file name and its text.

    The function keeps the names of properties and classes, and comments with a license. Its third argument names
    functions whose calls are left out if nothing takes their results. It raises BuildError if the script is not
    JavaScript. Raises BuildError if terser or node is missing, or if terser's files are not those that npm has.

    >>> minifier(Path("node_modules"))("a.js", "const answer = 40 + 2; alert(answer);")
    'const answer=42;alert(42);'
    """
    TERSER.read(node_modules)
    if shutil.which("node") is None:
        raise BuildError("scripts are minified with node, which is not installed: install it, or add --no-snapshot")

    def minify(name: str, text: str, checks: Sequence[str] = ()) -> str:
        files = {name: text, "checks.json": json.dumps(checks)}
        return written_by_node(
            SCRIPT, [TERSER.find(node_modules)], files, what="minified script", remedy="mend the script"
        ).decode()

    return minify
