"""Write down which files of npm's packages a site is built with: ``python scripts/npm_files.py``.

Run it after ``npm install`` with another version in ``package.json``. Each file gets its integrity hash, and its size
in bytes.
"""

import json
from pathlib import Path

from podio_web.site_builder.hashes import integrity

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "podio_web" / "site_builder" / "npm_files.json"

# Patterns of the files that a site uses, by package; the patterns' folder is where they are inside the package.
FILES = {
    "pyodide": ("", ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json"]),
    "@micropython/micropython-webassembly-pyscript": ("", ["micropython.mjs", "micropython.wasm"]),
    "@pyscript/core": ("dist/", ["*.js", "*.css"]),
    "terser": ("dist/", ["bundle.min.js"]),
    "binaryen": ("bin/", ["wasm-merge", "wasm-opt"]),
}


def described(name: str, folder: str, patterns: list[str]) -> dict[str, object]:
    """Return a package's version, the folder of its files, and the files' hashes and sizes."""
    package = ROOT / "node_modules" / name
    paths = [path for pattern in patterns for path in sorted((package / folder).glob(pattern))]
    files = {path.name: [integrity(path.read_bytes()), path.stat().st_size] for path in paths}
    version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    return {"version": version, "folder": folder, "files": files}


def text() -> str:
    """Return the text of ``npm_files.json``."""
    return json.dumps({name: described(name, *files) for name, files in FILES.items()}, indent=1) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
