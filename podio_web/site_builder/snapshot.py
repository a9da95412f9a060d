"""Make the memory snapshot that ``static/fast-pyodide.mjs`` boots Pyodide from.

What the snapshot holds has been imported already when a page starts: what every page with PyScript or podio_web needs,
and podio_web itself.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from .bytecode import module_name
from .interpreters import PYODIDE
from .node import written_by_node

SCRIPT = Path(__file__).with_name("snapshot.mjs")

# What PyScript's own Python and a page's first lines import, beside what Pyodide imports itself.
EVERY_PAGE = ("asyncio", "base64", "collections", "functools", "html", "inspect", "io", "json", "re", "sys", "time")

PYTHON = """
import gc, importlib, sys
for name in {modules}:
    importlib.import_module(name)
# The folders that were seen here are not the ones of a page, and Pyodide puts this one in front once more.
sys.path_importer_cache.clear()
sys.path.remove("")
del name
gc.collect()
"""


def make_snapshot(node_modules: Path, bundle: str) -> bytes:
    """Return the memory of a Pyodide that has started and imported what a page needs, 31 MB.

    Args: ``node_modules`` holds the npm package ``pyodide``; ``bundle`` is the JSON text that
    ``podio_web.site_builder.bundle`` makes.
    Raises BuildError, naming the remedy, if node or Pyodide is missing or does not do it.

    >>> snapshot = make_snapshot(Path("node_modules"), bundle())
    """
    modules = [*EVERY_PAGE, *map(module_name, json.loads(bundle))]
    files = {"bundle.json": bundle, "imports.py": PYTHON.format(modules=modules)}
    return written_by_node(SCRIPT, PYODIDE.find(node_modules), files)


def pack(snapshot: bytes) -> bytes:
    """Return the snapshot as pages download it: gzip, which every browser's ``DecompressionStream`` knows.

    The same snapshot always gives the same bytes. https://compression.spec.whatwg.org/#supported-formats

    >>> len(pack(snapshot)) / len(snapshot)
    0.2
    """
    return gzip.compress(snapshot, 9, mtime=0)
