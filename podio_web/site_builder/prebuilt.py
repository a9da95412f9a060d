"""A site that was built before, such as the one in the distribution podio-web-assets.

It lets ``podio-web new``, ``build`` and ``assets`` work on a machine that has neither Node.js nor npm.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import podio_web

from .hashes import integrity
from .interpreters import BuildError
from .record import MANIFEST, MARK, read_owned

DISTRIBUTION = "podio-web-assets"
"""The distribution that ``scripts/assets_wheel.py`` makes."""

MODULE = "podio_web_assets"
SITE = "site"
"""The folder of the site, inside the module's."""

INSTALL = "pip install 'podio-web[assets]'"

_HEADERS = "_headers"
_NOT_PARTS = {*MARK, "checksum", "files", "headers"}


class Prebuilt:
    """A folder that ``podio-web build`` has written. Each file is checked against its hash when it is read.

    Args: ``folder`` has the site; ``version`` is the version of podio-web that it must be for. Raises BuildError,
    naming the remedy, if the folder does not have a site of this version.

    >>> from podio_web.site_builder import build_site
    >>> built = build_site(Path("site"), snapshot=False)
    >>> "callback.html" in Prebuilt(Path("site")).names
    True
    """

    def __init__(self, folder: Path, version: str = podio_web.__version__) -> None:
        self._folder = folder
        try:
            content = (folder / MANIFEST).read_bytes()
        except OSError:
            content = b""
        owned = read_owned(content)
        if owned is None:
            raise self._damaged(MANIFEST)
        self._manifest: dict[str, Any] = json.loads(content)
        if self._manifest["version"] != version:
            raise BuildError(
                f"{DISTRIBUTION} has version {self._manifest['version']}, but podio-web has version {version}. "
                f"Run: {INSTALL} --upgrade"
            )
        del owned[_HEADERS]
        self._hashes = owned

    @property
    def names(self) -> Sequence[str]:
        """The names of the site's files, except ``_headers`` and the manifest."""
        return list(self._hashes)

    def parts(self) -> dict[str, Any]:
        """Return the entries of the manifest that say which file is which."""
        return {name: entry for name, entry in self._manifest.items() if name not in _NOT_PARTS}

    def read(self, name: str) -> bytes:
        """Return the content of a file. Raises BuildError if the file is missing or has changed."""
        try:
            content = (self._folder / name).read_bytes()
        except OSError:
            content = b""
        if integrity(content) not in self._hashes[name]:
            raise self._damaged(name)
        return content

    def interpreter(self, name: str) -> dict[str, bytes]:
        """Return the files of PyScript and of ``"pyodide"`` or ``"micropython"``, by their names beside a page."""
        module, core = (self._manifest[part][key]["url"] for part, key in ((name, "module"), ("pyscript", "core")))
        if name == "micropython":
            wasm = self._manifest["micropython"]["wasm"]["url"]
            files = {"micropython/micropython.mjs": module, "micropython/micropython.wasm": wasm}
        else:
            files = self._below(module, name)
        return {
            page_name: self.read(own_name) for page_name, own_name in {**files, **self._below(core, "pyscript")}.items()
        }

    def _below(self, file: str, folder: str) -> dict[str, str]:
        """Return the names of everything beside a file, by the names that they have in another folder."""
        parent = file.rpartition("/")[0]
        return {f"{folder}{each.removeprefix(parent)}": each for each in self.names if each.startswith(f"{parent}/")}

    def _damaged(self, name: str) -> BuildError:
        return BuildError(
            f"{self._folder / name} is missing or has changed. Run: pip install --force-reinstall {DISTRIBUTION}"
        )


def find_prebuilt() -> Prebuilt | None:
    """Return the site of podio-web-assets, or None if it is not installed. Raises BuildError if it cannot be used.

    >>> find_prebuilt() is None
    True
    """
    spec = find_spec(MODULE)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Prebuilt(Path(spec.submodule_search_locations[0]) / SITE)


def need_prebuilt() -> Prebuilt:
    """Return the site of podio-web-assets. Raises BuildError, naming the extra, if it is not installed."""
    prebuilt = find_prebuilt()
    if prebuilt is None:
        raise BuildError(f"The interpreters for pages are not installed. Run: {INSTALL}")
    return prebuilt
