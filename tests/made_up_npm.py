"""What npm would have put into `node_modules`, made up and small, with the hashes that the build then expects."""

import hashlib
import json
from pathlib import Path

import pytest

from podio_web.site_builder.interpreters import MICROPYTHON, PYODIDE, PYSCRIPT, NpmPackage

PACKAGES = (PYODIDE, MICROPYTHON, PYSCRIPT)


class MadeUpNpm:
    """A folder `node_modules` below another, in which each package has its version and its files."""

    def __init__(self, parent: Path, monkeypatch: pytest.MonkeyPatch, *, repeat: int = 1) -> None:
        self.folder = parent / "node_modules"
        for package in PACKAGES:
            known = package.files
            monkeypatch.setattr(package, "files", dict.fromkeys(known, ("", 0)))
            (self.folder / package.name / package.folder).mkdir(parents=True)
            (self.folder / package.name / "package.json").write_text(json.dumps({"version": package.version}))
            for name in known:
                self.change(package, name, f"{package.name} {name} " * repeat)
        self.change(MICROPYTHON, "micropython.mjs", "let Module={locateFile:1};" * repeat)

    def change(self, package: NpmPackage, name: str, text: str) -> None:
        """Let npm have another content for a file, and podio-web know of it."""
        path = self.folder / package.name / package.folder / name
        path.write_text(text, encoding="utf-8")
        content = path.read_bytes()
        package.files[name] = (hashlib.sha256(content).hexdigest(), len(content))
