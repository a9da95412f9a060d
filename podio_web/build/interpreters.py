"""The interpreters that a site is built with: their versions, the files that a page loads, and where those are."""

from __future__ import annotations

import json
from pathlib import Path

CDN = "https://cdn.jsdelivr.net/npm"
"""The public CDN that serves npm packages as they are, without changing a byte."""

PACKAGES_CDN = "https://cdn.jsdelivr.net/pyodide/v{version}/full/"
"""Where Pyodide's own documentation has its packages; npm holds the core only."""


class BuildError(Exception):
    """The site cannot be built; the text says what to do about it."""


class NpmPackage:
    """One package of npm, in the version that this project is tested with.

    Args: ``name`` and ``version`` are npm's; ``folder`` is where the files are inside the package; ``files`` are the
    ones that a page loads, with their SHA-256 in hexadecimal digits and their size in bytes.

    >>> PYODIDE.version
    '314.0.7'
    """

    def __init__(self, name: str, version: str, files: dict[str, tuple[str, int]], *, folder: str = "") -> None:
        self.name = name
        self.version = version
        self.files = files
        self.folder = folder

    @property
    def address(self) -> str:
        """Where the public CDN has the files, with a slash at the end."""
        return f"{CDN}/{self.name}@{self.version}/{self.folder}"

    def find(self, node_modules: Path) -> Path:
        """Return the folder of the files below ``node_modules``.

        Raises BuildError, naming the remedy, if the package is not there or has another version.

        >>> PYODIDE.find(Path("node_modules"))
        PosixPath('node_modules/pyodide')
        """
        package = node_modules / self.name
        remedy = f"run `npm install {self.name}@{self.version}`"
        try:
            found = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
        except FileNotFoundError:
            raise BuildError(f"{package} is missing: {remedy}, or name the folder with --node-modules") from None
        if found != self.version:
            raise BuildError(f"{package} has version {found}, but the site needs {self.version}: {remedy}")
        return package / self.folder if self.folder else package


PYODIDE = NpmPackage(
    "pyodide",
    "314.0.7",
    {
        "pyodide.mjs": ("6f1d60f7bf529beb300f0f47983c921d3982363640ba20af0e38efdddbc66109", 17931),
        "pyodide.asm.mjs": ("f7cdc8ece80678ceb712f8e65ebe6d3a83203a180c399865f49612a051693635", 1250344),
        "pyodide.asm.wasm": ("cc36e3cab04fdfc9a63ff13eb52eae2b911bf46c025cc7b281f394bd3de1d5e6", 9598218),
        "python_stdlib.zip": ("fa1957e5777068fc4f7437f96d860ae2fbe9c19732ba06c84e004ec16dd7dd7a", 2545637),
        "pyodide-lock.json": ("5dc2fc119108bc148c7457dc86e7675b5c87e1cafd420b9c34c1eaef7b36c010", 119077),
    },
)

MICROPYTHON = NpmPackage(
    "@micropython/micropython-webassembly-pyscript",
    "1.28.0-6",
    {
        "micropython.mjs": ("8c4067836ce5b71aeddac0315c25f73b642399fdb2e2e94acea612f60747b21a", 108321),
        "micropython.wasm": ("3f705482c97498cb24c90275b33038d9a2d1868439d8216002d90a75bdd28997", 446411),
    },
)

# Its entry points; what they load besides has names that PyScript's own build makes.
PYSCRIPT = NpmPackage("@pyscript/core", "0.7.31", {}, folder="dist/")
