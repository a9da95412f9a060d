"""Minify the scripts of a site with terser, if npm has put it there (https://terser.org)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from .interpreters import TERSER
from .node import written_by_node

SCRIPT = Path(__file__).with_name("minify.mjs")


def minifier(node_modules: Path) -> Callable[[str, str], str] | None:
    """Return what minifies a script, given its file name and its text; None without node, or without this terser.

    The function keeps the names of properties and classes, and comments with a licence. It raises BuildError if the
    script is not JavaScript. The minifier raises BuildError if terser's own files are not those that npm has.

    >>> minifier(Path("node_modules"))("a.js", "const answer = 40 + 2; alert(answer);")
    'alert(42);'
    """
    try:
        package = json.loads((node_modules / TERSER.name / "package.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    if package["version"] != TERSER.version or shutil.which("node") is None:
        return None
    TERSER.read(node_modules)  # checks the file
    folder = TERSER.find(node_modules)

    def minify(name: str, text: str) -> str:
        remedy = f"run `npm install {TERSER.name}@{TERSER.version}` anew"
        return written_by_node(SCRIPT, folder, {name: text}, what="minified script", remedy=remedy).decode()

    return minify
