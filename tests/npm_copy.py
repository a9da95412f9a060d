"""A folder ``node_modules`` with what npm brought, in which a test may change files."""

import os
import shutil
from pathlib import Path

from podio_web.site_builder.interpreters import BINARYEN, MICROPYTHON, PYODIDE, PYSCRIPT, TERSER, NpmPackage
from tests.conftest import ROOT

PACKAGES = (PYODIDE, MICROPYTHON, PYSCRIPT, TERSER, BINARYEN)


class NpmCopy:
    """A folder ``node_modules`` below another, with the packages that a site is built with.

    Its files are the real ones, with a second name. Change them with ``change`` only.
    """

    def __init__(self, parent: Path) -> None:
        self.folder = parent / "node_modules"
        for package in PACKAGES:
            for name in ("package.json", *(f"{package.folder}{name}" for name in package.files)):
                _link(ROOT / "node_modules" / package.name / name, self.folder / package.name / name)

    def path(self, package: NpmPackage, name: str) -> Path:
        """Return the path of one of a package's files."""
        return self.folder / package.name / package.folder / name

    def change(self, path: Path, text: str) -> None:
        """Put another file in the place of one."""
        path.unlink()
        path.write_text(text, encoding="utf-8")


def _link(file: Path, link: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(file, link)
    except OSError:  # another file system
        shutil.copy(file, link)
