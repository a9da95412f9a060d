"""Small made-up sites, disks that fail, and what must be true of a folder whenever a build ends."""

import base64
import errno
import hashlib
import json
import os
import re
import stat
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from podio_web.site_builder.disk import Disk
from podio_web.site_builder.hashes import integrity, short_hash
from podio_web.site_builder.headers import callback_headers, headers_file, page_headers, read_headers_file
from podio_web.site_builder.record import MANIFEST, sealed

STABLE = ("podio-web.js", "fast-pyodide.mjs", "callback.html", "podio-web.d.ts")
REFERENCE = re.compile(r'"(assets/[^"]+)": "(sha256-[^"]+)"')


def small_site(edition: str) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Return the contents of a site of a few bytes, and its manifest; editions differ in most files."""
    assets = {}
    for stem, text in {"podio_web": "shared", "fast": edition, "snapshot": edition}.items():
        assets[f"assets/{stem}-{short_hash(text.encode())}.bin"] = text.encode()
    interpreter = f"assets/pyodide-1.0-{short_hash(edition.encode())}"
    assets |= {f"{interpreter}/{name}": f"{name} {edition}".encode() for name in ("pyodide.mjs", "pyodide.asm.wasm")}
    told = json.dumps({name: integrity(content) for name, content in assets.items()})
    page = f"<script>answer('{edition}')</script>"
    files = {
        **assets,
        "podio-web.js": f"const FILES = {told};".encode(),
        "fast-pyodide.mjs": f"const FILES = {told}; export {{}};".encode(),
        "callback.html": page.encode(),
        "podio-web.d.ts": b"the same in each edition",
        f"podio_web-{edition}-py3-none-any.whl": edition.encode(),
    }
    page_rule = page_headers(scripts=[f"https://cdn.example/{edition}.mjs"])
    rules = {"/site/callback.html": callback_headers(page), "/": page_rule}
    headers = headers_file(rules).encode()
    entries = {name: {"integrity": integrity(content), "bytes": len(content)} for name, content in files.items()}
    told_of_headers = {"url": "_headers", "integrity": integrity(headers), "bytes": len(headers)}
    manifest = sealed({"version": edition, "headers": told_of_headers, "files": entries})
    return {**files, "_headers": headers}, manifest


def assert_works(target: Path) -> None:
    """Check that pages work: what a stable file refers to is there, and the callback page's script may run."""
    for name in STABLE:
        content = (target / name).read_text(encoding="utf-8")
        for asset, expected in REFERENCE.findall(content):
            assert integrity((target / asset).read_bytes()) == expected, f"{name} needs {asset}"
    rules = read_headers_file((target / "_headers").read_text())
    page = (target / "callback.html").read_text()
    script = re.search("<script>(.*)</script>", page)
    assert script is not None
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in rules["/site/callback.html"]["Content-Security-Policy"]
    edition = re.search(r"answer\('(\w+)'\)", page)
    assert edition is not None
    # Pages of the same edition load an interpreter from here.
    assert f"https://cdn.example/{edition[1]}.mjs" in rules["/"]["Content-Security-Policy"]


def assert_is(
    target: Path, files: dict[str, bytes], manifest: dict[str, Any], *, besides: Collection[str] = ()
) -> None:
    """Check that a folder holds a site and nothing that a build has left behind."""
    found = {path.relative_to(target).as_posix() for path in target.rglob("*") if not path.is_dir()}
    assert found - set(besides) == {*files, MANIFEST}
    assert {name: (target / name).read_bytes() for name in files} == files
    assert json.loads((target / MANIFEST).read_text()) == manifest
    assert not [path for path in target.rglob("*") if path.is_dir() and not any(path.iterdir())]


class QuickDisk(Disk):
    """A disk that would not survive a power failure, which no test brings about."""

    def settle(self, descriptor: int) -> None:
        pass


class StoppingDisk(QuickDisk):
    """A disk that is stopped before its operation number `at`, or halfway through its write number `at`.

    Args: `fail` ends the process, or raises; `halfway` counts writes only, which leave half a file. Only operations
    that change something count. With `once`, those after the failed one work again, as after an error; without it
    none does, as after a kill. To stop after an operation is to stop before the next one.
    """

    def __init__(self, at: int, fail: Callable[[], None], *, halfway: bool = False, once: bool = False) -> None:
        self.at = at
        self.fail = fail
        self.halfway = halfway
        self.once = once
        self.count = 0

    def make_folder(self, path: Path, *, new: bool = False) -> None:
        self._step()
        super().make_folder(path, new=new)

    def write(self, path: Path, content: bytes) -> None:
        if self.halfway and self.count + 1 == self.at:
            super().write(path, content[: len(content) // 2])
        self._step(is_write=True)
        super().write(path, content)

    def replace(self, source: Path, target: Path) -> None:
        self._step()
        super().replace(source, target)

    def remove(self, path: Path) -> None:
        self._step()
        super().remove(path)

    def remove_folder(self, path: Path) -> None:
        self._step()
        super().remove_folder(path)

    def _step(self, *, is_write: bool = False) -> None:
        if self.halfway and not is_write:
            return
        self.count += 1
        if self.count == self.at or (self.count > self.at and not self.once):
            self.fail()


class OrdinaryDisk(QuickDisk):
    """The disk of a person who is not root: for root the system lets nobody's mode stand in the way, and CI is root."""

    def read(self, path: Path) -> bytes:
        self._need(path, stat.S_IRUSR)
        return super().read(path)

    def make_folder(self, path: Path, *, new: bool = False) -> None:
        self._need(path.parent, stat.S_IWUSR)
        super().make_folder(path, new=new)

    def write(self, path: Path, content: bytes) -> None:
        self._need(path.parent, stat.S_IWUSR)
        super().write(path, content)

    def replace(self, source: Path, target: Path) -> None:
        self._need(target.parent, stat.S_IWUSR)
        super().replace(source, target)

    def remove(self, path: Path) -> None:
        self._need(path.parent, stat.S_IWUSR)
        super().remove(path)

    def remove_folder(self, path: Path) -> None:
        self._need(path.parent, stat.S_IWUSR)
        super().remove_folder(path)

    def _need(self, path: Path, mode: int) -> None:
        if not path.lstat().st_mode & mode:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def everything_below(root: Path) -> dict[str, tuple[object, ...]]:
    """Return what is in a folder, byte for byte, without opening what is not a regular file."""
    found: dict[str, tuple[object, ...]] = {}
    for folder, folders, files in os.walk(root):
        for name in [*folders, *files]:
            path = Path(folder) / name
            status = path.lstat()
            more: object = None
            if stat.S_ISLNK(status.st_mode):
                more = path.readlink()
            elif stat.S_ISREG(status.st_mode):
                more = path.read_bytes()
            found[path.relative_to(root).as_posix()] = (status.st_mode, more)
    return found
