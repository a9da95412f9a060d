"""What a page needs beside it: the page archives, the callback page, and the interpreter with PyScript."""

from __future__ import annotations

from pathlib import Path

from .interpreters import MICROPYTHON, PYODIDE, PYSCRIPT, need_packages
from .page_archive import archive_name, page_archive
from .page_modules import OPTIONAL_PARTS
from .prebuilt import INSTALL, Prebuilt
from .scripts import static_text

_INTERPRETERS = {"pyodide": PYODIDE, "micropython": MICROPYTHON}


def page_assets(
    interpreter: str | None = None, node_modules: Path = Path("node_modules"), *, prebuilt: Prebuilt | None = None
) -> dict[str, bytes]:
    """Return the contents of the files by the names that a page knows them by, relative to itself.

    Args:

    - ``interpreter``: ``"pyodide"`` or ``"micropython"``, to have that interpreter and PyScript too.
    - ``node_modules``: where npm has put their packages.
    - ``prebuilt``: a site to take them from, instead of npm's packages.

    Raises PackagesMissingError if they are not there, and BuildError if they are not what this version needs.

    >>> list(page_assets())[1:]
    ['podio_web_files-0.1.0-py3-none-any.whl', 'podio_web_live-0.1.0-py3-none-any.whl', 'static/callback.html']
    """
    files = {archive_name(part=part): page_archive(part=part) for part in (None, *OPTIONAL_PARTS)}
    files["static/callback.html"] = static_text("callback.html").encode()
    if interpreter is None:
        return files
    if prebuilt is not None:
        return {**files, **prebuilt.interpreter(interpreter)}
    packages = {interpreter: _INTERPRETERS[interpreter], "pyscript": PYSCRIPT}
    need_packages(node_modules, list(packages.values()), instead=INSTALL)
    for folder, package in packages.items():
        files |= {f"{folder}/{name}": content for name, content in package.read(node_modules).items()}
    return files
