"""Bytecode for Pyodide: where CPython finds it beside a module, nothing has to be compiled in the page.

Compiling takes four fifths of the time of an import there.
https://docs.python.org/3/reference/import.html#cached-bytecode-invalidation
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path

from .interpreters import PYODIDE
from .node import written_by_node

SCRIPT = Path(__file__).with_name("pyc.mjs")

# Unchecked: what unpacks a wheel sets the times of its files, and the bytecode of a wheel is that of its sources.
PYTHON = """
import base64, json, py_compile
compiled = {}
for path in json.loads(%r):
    cached = py_compile.compile(path, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    with open(cached, "rb") as file:
        compiled[cached] = base64.b64encode(file.read()).decode()
json.dumps(compiled)
"""


def pyodide_bytecode(node_modules: Path, sources: Mapping[str, str]) -> dict[str, bytes]:
    """Return compiled modules by the paths at which CPython looks for them; any other version of it passes them by.

    Args: ``node_modules`` holds the npm package ``pyodide``; ``sources`` are texts by paths, as of ``page_sources``.
    The same sources always give the same bytes. Raises BuildError, naming the remedy, if node or Pyodide is missing or
    does not do it.

    >>> list(pyodide_bytecode(Path("node_modules"), {"podio_web/__init__.py": ""}))
    ['podio_web/__pycache__/__init__.cpython-314.pyc']
    """
    files = {"sources.json": json.dumps(dict(sources)), "compile.py": PYTHON % json.dumps(list(sources))}
    compiled = json.loads(written_by_node(SCRIPT, PYODIDE.find(node_modules), files))
    return {path: base64.b64decode(content) for path, content in compiled.items()}
