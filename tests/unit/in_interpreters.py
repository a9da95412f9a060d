"""Run a program in Pyodide or MicroPython, under Node.js, with the modules of a page."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

INTERPRETERS = {
    "pyodide": ROOT / "node_modules" / "pyodide" / "pyodide.mjs",
    "mpy": ROOT / "node_modules" / "@micropython" / "micropython-webassembly-pyscript" / "micropython.mjs",
}


def told_by(
    folder: Path,
    interpreter: str,
    program: str,
    sources: Mapping[str, str],
    places: Mapping[str, str],
    options: Mapping[str, Any] | None = None,
    timeout: float = 60,
) -> list[Any]:
    """Return what a program prints as JSON, a line for each of ``places``.

    A place is the JavaScript that makes it. ``sources`` are modules by their paths, ``options`` are those of the
    interpreter, ``folder`` is empty, and ``timeout`` is in seconds.
    """
    contents = {"sources": json.dumps(sources), "program": program, "places": json.dumps(places)}
    for name, text in contents.items():
        (folder / name).write_text(text, encoding="utf-8")
    script = Path(__file__).with_name("run_in_place.mjs")
    ran = subprocess.run(
        ["node", script, INTERPRETERS[interpreter], json.dumps(options or {}), *(folder / name for name in contents)],
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return [json.loads(line) for line in ran.stdout.splitlines()]
