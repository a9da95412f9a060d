"""The two loaders, filled in: JavaScript modules of ``static/`` that are told where everything is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from .interpreters import BuildError
from .static_files import static_file

EMPTY = re.compile(r"^( *)const FILES = null;.*$", re.MULTILINE)
"""The line of a loader that says where everything is."""

_BLOCK_COMMENT = re.compile(r"^[ \t]*/\*.*?\*/[ \t]*\n", re.MULTILINE | re.DOTALL)
_LINE_COMMENT = re.compile(r"^[ \t]*//.*\n", re.MULTILINE)
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)


def loader(name: str, files: dict[str, Any], minify: Callable[[str, str], str] | None = None) -> bytes:
    """Return a loader of ``static/`` that knows the site's files.

    Args: ``name`` is ``podio-web.js`` or ``fast-pyodide.mjs``; ``files`` becomes its ``FILES``; ``minify`` makes a
    script smaller, given its name and its text, and only comments and indentation go without it. Raises BuildError if
    the file is not there or not ours.

    >>> b"const FILES = {" in loader("podio-web.js", {"version": "0.1.0"})
    True
    """
    text, count = EMPTY.subn(lambda line: f"{line[1]}const FILES = {json.dumps(files)};", static_text(name))
    if count != 1:
        raise BuildError(f"static/{name} has no line `const FILES = null;`: install podio-web again")
    return (minify(name, text) if minify else slim(text)).encode()


def slim(script: str) -> str:
    """Return JavaScript without the lines that hold only a comment, and without indentation.

    No parser is at work: a text over several lines could hold what looks like either, so a script with one is returned
    as it is.

    >>> slim("// why\\nif (late) {\\n  wait();\\n}\\n")
    'if (late) {\\nwait();\\n}\\n'
    """
    without_comments = _LINE_COMMENT.sub("", _BLOCK_COMMENT.sub("", script))
    if any(line.count("`") % 2 for line in without_comments.splitlines()):
        return script
    return _INDENT.sub("", without_comments)


def static_text(name: str) -> str:
    """Return the text of a file of ``static/``; raises BuildError, naming the remedy, if it is not there.

    >>> static_text("callback.html")[:15]
    '<!doctype html>'
    """
    try:
        return static_file(name).read_text(encoding="utf-8")
    except FileNotFoundError as missing:
        raise BuildError(str(missing)) from None
