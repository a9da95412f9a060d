"""The npm packages that a site is built with: their versions, their files, and where the files are.

``npm_files.json`` has them. ``python scripts/npm_files.py`` writes it anew after another version was installed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .hashes import integrity

CDN = "https://cdn.jsdelivr.net/npm"
"""The public CDN that serves npm packages as they are, without changing a byte."""

PACKAGES_CDN = "https://cdn.jsdelivr.net/pyodide/v{version}/full/"
"""Where Pyodide's documentation loads packages from. npm has only the core."""

_KNOWN = json.loads(Path(__file__).with_name("npm_files.json").read_text(encoding="utf-8"))


class BuildError(Exception):
    """The site cannot be built. The text says what to do about it."""


class PackagesMissingError(BuildError):
    """Packages of npm are missing. The text ends with commands; the last one, podio-web again, is the caller's."""


class NpmPackage:
    """One package of npm, in the version that this project is tested with.

    Args: ``name`` is the name on npm. ``files`` are the files that a site uses, with their integrity hash and size in
    bytes. ``folder`` is where they are inside the package, and ``address`` is that folder on the public CDN.

    >>> PYODIDE.version
    '314.0.7'
    """

    def __init__(self, name: str) -> None:
        known = _KNOWN[name]
        self.name = name
        self.version: str = known["version"]
        self.folder: str = known["folder"]
        self.files: dict[str, tuple[str, int]] = {file: (sha, size) for file, (sha, size) in known["files"].items()}
        self.address: str = f"{CDN}/{name}@{self.version}/{self.folder}"
        self._remedy = f"run `npm install {name}@{self.version}`"

    def on_cdn(self) -> dict[str, dict[str, Any]]:
        """Return the entries of the files on the public CDN, by name, with the hashes that they are known to have."""
        return {
            name: {"url": f"{self.address}{name}", "integrity": known, "bytes": size}
            for name, (known, size) in self.files.items()
        }

    def find(self, node_modules: Path) -> Path:
        """Return the folder of the files below ``node_modules``.

        Raises BuildError, naming the remedy, if the package is not there, cannot be read, or has another version.

        >>> PYODIDE.find(Path("node_modules"))
        PosixPath('node_modules/pyodide')
        """
        package = node_modules / self.name
        try:
            found = json.loads((package / "package.json").read_bytes())["version"]
        except FileNotFoundError:
            raise BuildError(f"{package} is missing: {self._remedy}, or name the folder with --node-modules") from None
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise self._unusable(node_modules, package / "package.json", "cannot be read") from problem
        if found != self.version:
            raise BuildError(f"{package} has version {found}, but the site needs {self.version}: {self._remedy}")
        return package / self.folder

    def read(self, node_modules: Path) -> dict[str, bytes]:
        """Return the contents of the files by name, after checking their hashes.

        Raises BuildError like ``find``, and if a file is missing or is not the one that npm has under this version.

        >>> list(MICROPYTHON.read(Path("node_modules")))
        ['micropython.mjs', 'micropython.wasm']
        """
        folder = self.find(node_modules)
        contents = {}
        for name, (known, _) in self.files.items():
            try:
                contents[name] = (folder / name).read_bytes()
            except FileNotFoundError:
                raise BuildError(f"{folder / name} is missing: {self._remedy} anew") from None
            except OSError as problem:
                raise self._unusable(node_modules, folder / name, "cannot be read") from problem
            if integrity(contents[name]) != known:
                reason = f"is not the file of {self.name}@{self.version}: its hash differs"
                raise self._unusable(node_modules, folder / name, reason)
        return contents

    def _unusable(self, node_modules: Path, file: Path, reason: str) -> BuildError:
        return BuildError(f"{file} {reason}. Remove {node_modules / self.name}, then {self._remedy}")


def need_packages(node_modules: Path, packages: Sequence[NpmPackage], *, instead: str | None = None) -> None:
    """Raise PackagesMissingError unless all packages are there. ``instead`` is a command that makes them needless.

    >>> need_packages(Path("node_modules"), [PYODIDE, PYSCRIPT])
    """
    missing = [package.name for package in packages if not (node_modules / package.name).exists()]
    if missing:
        names = " and ".join(filter(None, [", ".join(missing[:-1]), missing[-1]]))
        wanted = " ".join(f"{package.name}@{package.version}" for package in packages)
        run = f"Run {instead}, name" if instead else "Name"
        raise PackagesMissingError(
            f"{node_modules} does not have {names}. {run} another folder with --node-modules, or run:\n"
            f"  npm init --yes\n  npm install {wanted}"
        )


PYODIDE = NpmPackage("pyodide")
MICROPYTHON = NpmPackage("@micropython/micropython-webassembly-pyscript")
PYSCRIPT = NpmPackage("@pyscript/core")
TERSER = NpmPackage("terser")
BINARYEN = NpmPackage("binaryen")

_OF_EACH_PAGE = ("core", "deprecations", "donkey", "error", "py-editor", "py-game", "py-terminal", "toml", "zip")
PYSCRIPT_SCRIPTS = [name for name in PYSCRIPT.files if name.startswith(_OF_EACH_PAGE) and name.endswith(".js")]
"""What pages with ``<script type="py">`` or ``"mpy"`` load of it. Pages with editors or terminals load more."""
