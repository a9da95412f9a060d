"""What npm would have put into `node_modules`, made up and small, with the hashes that the build then expects."""

import json
from pathlib import Path

import pytest

from podio_web.site_builder.hashes import integrity
from podio_web.site_builder.interpreters import BINARYEN, MICROPYTHON, PYODIDE, PYSCRIPT, TERSER, NpmPackage
from tests.conftest import ROOT

PACKAGES = (PYODIDE, MICROPYTHON, PYSCRIPT, TERSER, BINARYEN)


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
        # What is changed in this one is looked for.
        loader = ROOT / "node_modules" / MICROPYTHON.name / "micropython.mjs"
        self.change(MICROPYTHON, "micropython.mjs", loader.read_text(encoding="utf-8"))

    def change(self, package: NpmPackage, name: str, text: str) -> None:
        """Let npm have another content for a file, and podio-web know of it."""
        path = self.folder / package.name / package.folder / name
        path.write_text(text, encoding="utf-8")
        content = path.read_bytes()
        package.files[name] = (integrity(content), len(content))
