"""Make the memory snapshot that ``static/fast-pyodide.mjs`` boots Pyodide from.

What the snapshot holds has been imported already when a page starts: what every page with PyScript or podio_web needs,
and podio_web itself.
"""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from .interpreters import PYODIDE, BuildError

SCRIPT = Path(__file__).with_name("snapshot.mjs")
TIMEOUT = 120  # seconds; it takes about five

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

    Args: ``node_modules`` holds the npm package ``pyodide``; ``bundle`` is the JSON text of ``podio_web.build.bundle``.
    Raises BuildError, naming the remedy, if node or Pyodide is missing or does not do it.

    >>> snapshot = make_snapshot(Path("node_modules"), bundle())
    """
    node = shutil.which("node")
    if node is None:
        raise BuildError("a snapshot is made with node, which is not installed: install it, or add --no-snapshot")
    pyodide = PYODIDE.find(node_modules).resolve()
    modules = [*EVERY_PAGE, *page_modules(json.loads(bundle))]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "bundle.json").write_text(bundle, encoding="utf-8")
        (folder / "imports.py").write_text(PYTHON.format(modules=modules), encoding="utf-8")
        target = folder / "snapshot.bin"
        command: list[str | Path] = [node, SCRIPT, pyodide, folder / "bundle.json", folder / "imports.py", target]
        try:
            ran = subprocess.run(  # noqa: S603 - our own script, and no shell
                command, capture_output=True, text=True, timeout=TIMEOUT, check=False
            )
        except subprocess.TimeoutExpired:
            raise BuildError(
                f"node made no snapshot within {TIMEOUT} seconds: try again, or add --no-snapshot"
            ) from None
        if ran.returncode != 0 or not target.is_file():
            said = (ran.stderr or ran.stdout).strip()[-2000:]
            raise BuildError(f"node made no snapshot; --no-snapshot builds the site without. It said:\n{said}")
        return target.read_bytes()


def page_modules(paths: Iterable[str]) -> list[str]:
    """Return the names of a bundle's modules by their paths.

    >>> page_modules(["podio_web/__init__.py", "podio_web/client.py"])
    ['podio_web', 'podio_web.client']
    """
    return [path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in paths]


def pack(snapshot: bytes) -> bytes:
    """Return the snapshot as pages download it: gzip, which every browser's ``DecompressionStream`` knows.

    The same snapshot always gives the same bytes. https://compression.spec.whatwg.org/#supported-formats

    >>> len(pack(snapshot)) / len(snapshot)
    0.2
    """
    return gzip.compress(snapshot, 9, mtime=0)
