"""Start Pyodide, import podio_web and compile it, once and under node, so that pages do not have to."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from pathlib import Path

from ..interpreters import PYODIDE
from ..node import written_by_node
from ..page_modules import module_name

FOLDER = Path(__file__).parent

# What PyScript's own Python and a page's first lines import, in addition to what Pyodide imports itself.
EVERY_PAGE = ("asyncio", "base64", "collections", "functools", "html", "inspect", "io", "json", "re", "sys", "time")


def make_snapshot(node_modules: Path, bundle: str) -> bytes:
    """Return the memory of a Pyodide that has started and imported what a page needs. It has 31 MB.

    ``static/fast-pyodide.mjs`` boots from it. Args: ``node_modules`` holds the npm package ``pyodide``. ``bundle`` is
    the JSON text that ``podio_web.site_builder.bundle`` makes. Raises BuildError, which says what to do, if node or
    Pyodide is missing or fails.

    >>> snapshot = make_snapshot(Path("node_modules"), bundle())
    """
    modules = json.dumps([*EVERY_PAGE, *map(module_name, json.loads(bundle))])
    files = {"bundle.json": bundle, "modules.json": modules}
    return written_by_node(FOLDER / "snapshot.mjs", [PYODIDE.find(node_modules)], files)


def pack(snapshot: bytes) -> bytes:
    """Return the snapshot as pages download it, in gzip, which every browser's ``DecompressionStream`` knows.

    The same snapshot always gives the same bytes. https://compression.spec.whatwg.org/#supported-formats

    >>> len(pack(bytes(1_000_000))) < 10_000
    True
    """
    return gzip.compress(snapshot, 9, mtime=0)


def pyodide_bytecode(node_modules: Path, sources: Mapping[str, str]) -> dict[str, bytes]:
    """Return compiled modules by the paths at which CPython looks for them. Other versions of CPython ignore them.

    Compiling takes four fifths of the time of an import in Pyodide. Args: ``node_modules`` holds the npm package
    ``pyodide``. ``sources`` are texts by paths, as from ``page_sources``. The same sources always give the same bytes.
    Raises BuildError, which says what to do, if node or Pyodide is missing or fails.

    >>> list(pyodide_bytecode(Path("node_modules"), {"podio_web/__init__.py": ""}))
    ['podio_web/__pycache__/__init__.cpython-314.pyc']
    """
    files = {"sources.json": json.dumps(dict(sources))}
    compiled = json.loads(written_by_node(FOLDER / "bytecode.mjs", [PYODIDE.find(node_modules)], files))
    return {path: base64.b64decode(content) for path, content in compiled.items()}
