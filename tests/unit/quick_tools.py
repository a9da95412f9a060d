"""npm packages with which MicroPython is built soon, for tests of everything but its size."""

import json
import shutil
from pathlib import Path

from podio_web.site_builder.interpreters import BINARYEN, MICROPYTHON

# One of binaryen's tools that does everything but make code smaller, which takes fifteen seconds. What runs for a
# moment is not worth V8's second compiler.
UNOPTIMIZED = """
const { execFileSync } = require("node:child_process");
const given = process.argv.slice(2).filter((option) => option !== "-Oz");
execFileSync(process.execPath, ["--liftoff-only", %s, ...given]);
"""


def quick_node_modules(node_modules: Path, folder: Path) -> Path:
    """Make a folder node_modules with MicroPython's package and such tools; return it.

    Args: ``node_modules`` holds the packages as npm has them; ``folder`` is made.
    """
    micropython = folder / MICROPYTHON.name
    micropython.parent.mkdir(parents=True)
    micropython.symlink_to((node_modules / MICROPYTHON.name).resolve())
    known = BINARYEN.find(node_modules).resolve()
    tools = folder / BINARYEN.name / BINARYEN.folder
    tools.mkdir(parents=True)
    shutil.copy(node_modules / BINARYEN.name / "package.json", folder / BINARYEN.name)
    shutil.copy(known / "package.json", tools)
    for tool in ("wasm-opt", "wasm-merge"):
        (tools / tool).write_text(UNOPTIMIZED % json.dumps(str(known / tool)), encoding="utf-8")
    return folder
