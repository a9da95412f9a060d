"""Write files into a folder that may contain anything, without changing files that are not ours.

A file is ours if one of our records names it, it is a regular file that no symbolic link leads to, and it has the
hash that was recorded. Nothing else is replaced or removed. Each file is written beside its place and then renamed, in
an order in which the old site works until the new one is complete:

1. the record of the build that is under way, 2. new files in ``assets/``, 3. the files with stable names, 4. the
manifest, and only then 5. old files in ``assets/`` are removed, and the record with them.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import secrets
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from .disk import Disk, locked
from .hashes import integrity
from .headers import headers_file, joined_rules, read_headers_file
from .interpreters import BuildError
from .record import (
    ASSET_NAME,
    ASSETS,
    MANIFEST,
    OWN_NAME,
    UNFINISHED,
    asset_record,
    read_assets,
    read_owned,
    text_of,
    unfinished,
)
from .static_files import SHIPPED_CALLBACK_PAGES

LARGEST = 256_000_000  # bytes; no file of ours is larger

_CALLBACK = "static/callback.html"
_TEMPORARY = re.compile(r"\.podio-web-([0-9a-f]{16})-([0-9a-f]{16})\.tmp")


class FolderRefusedError(BuildError):
    """A file that is not ours is in the way. Nothing was written."""


def put_site(
    target: Path, files: Mapping[str, bytes], manifest: Mapping[str, Any], *, disk: Disk | None = None
) -> None:
    """Write a site into a folder, and remove what an earlier build left there.

    Args:

    - ``target``: the folder; made if it is absent.
    - ``files``: contents by names, with ``/`` below ``assets``.
    - ``manifest``: a sealed record of them (``podio_web.site_builder.record``).
    - ``disk``: the file system; tests hand in one that fails.

    Files of ``podio-web assets`` that have the same names are replaced. Raises FolderRefusedError before anything is
    written if something there is not ours, and OSError if the folder cannot be written. Either way, and if the process
    is killed, what was there works on and the next build succeeds.

    >>> put_site(Path("site"), {"callback.html": page}, sealed({"files": entries, "headers": headers}))
    """
    with _opened(target, disk, files, OWN_NAME) as folder:
        owned = folder.read_records()
        _, assets = folder.read_assets()
        for name in files:
            owned.setdefault(name, set()).update(assets.get(name, ()))
        folder.refuse_foreign([*files, MANIFEST, UNFINISHED], owned)
        folder.remove_temporary_files([*files, *owned])
        _exchange(folder, dict(files), manifest, owned)


def put_assets(target: Path, files: Mapping[str, bytes], *, disk: Disk | None = None) -> None:
    """Write what a page needs beside it into the page's folder. Nothing is removed.

    Args:

    - ``target``: the folder; made if it is absent.
    - ``files``: contents by names, as of ``podio_web.site_builder.assets``.
    - ``disk``: the file system; tests hand in one that fails.

    Files that an earlier call wrote are replaced, and so is a callback page of any version that podio-web has shipped.
    Files of ``podio-web build`` stay as they are. Raises FolderRefusedError before anything is written if another file
    or a link is in the way, and OSError if the folder cannot be written.

    >>> put_assets(Path("my-site"), page_assets())
    """
    with _opened(target, disk, files, ASSET_NAME) as folder:
        built = folder.read_records()
        files = {name: content for name, content in files.items() if not folder.has(name, built.get(name, ()))}
        known, owned = folder.read_assets()
        for name, content in files.items():
            owned.setdefault(name, set()).add(integrity(content))
        may_be = {**owned, ASSETS: known, _CALLBACK: owned.get(_CALLBACK, set()) | SHIPPED_CALLBACK_PAGES}
        folder.refuse_foreign([*files, ASSETS], may_be)
        folder.remove_temporary_files(may_be)
        # First what the files may be, so that a killed run does not disown one.
        known |= folder.write_changed(ASSETS, asset_record(owned), known)
        for name, content in files.items():
            folder.write_changed(name, content, may_be[name])
            owned[name] = {integrity(content)}
        folder.write_changed(ASSETS, asset_record(owned), known)


def check_target(target: Path, disk: Disk) -> None:
    """Raise FolderRefusedError unless a path is a folder, or free for one.

    >>> check_target(Path("site"), Disk())
    """
    found = disk.status(target)
    if found is not None and stat.S_ISLNK(found.st_mode):
        raise FolderRefusedError(f"{target} is a symbolic link: name the folder that it leads to")
    if found is not None and not stat.S_ISDIR(found.st_mode):
        raise FolderRefusedError(f"{target} is not a folder: choose another name")
    place = target.resolve()
    if place in (place.parent, _home()):
        raise FolderRefusedError(f"{target} is not a folder for a site: name one inside it, such as {target / 'site'}")


def _home() -> Path | None:
    """Return the user's home folder; None if the system does not know it, as in some containers."""
    try:
        return Path.home().resolve()
    except RuntimeError:
        return None


@contextlib.contextmanager
def _opened(target: Path, disk: Disk | None, files: Iterable[str], names: re.Pattern[str]) -> Iterator[_Folder]:
    """Hold a folder's lock during the block, after making it if it is absent. ``names`` are those that a file may have.

    Raises ValueError if a file has another name.
    """
    unknown = [name for name in files if not names.fullmatch(name)]
    if unknown:
        raise ValueError(f"{unknown[0]} is not a name that podio_web/site_builder/record.py knows")
    folder = _Folder(target, disk or Disk())
    check_target(target, folder.disk)
    folder.make(target)
    with locked(target) as alone:
        if not alone:
            raise FolderRefusedError(f"{target} is being written by another podio-web: wait until it has ended")
        yield folder


class _Folder:
    """A folder, and what in it is ours."""

    def __init__(self, target: Path, disk: Disk) -> None:
        self.target = target
        self.disk = disk

    def make(self, path: Path) -> None:
        """Make a folder and those around it, where they are absent."""
        missing = [each for each in (path, *path.parents) if self.disk.status(each) is None]
        for each in reversed(missing):
            self.disk.make_folder(each)

    def read_records(self) -> dict[str, set[str]]:
        """Return the hashes that our files may have, by name: those of the manifest and of an interrupted build."""
        owned: dict[str, set[str]] = {}
        for name in (MANIFEST, UNFINISHED):
            content, _ = self._look(name)
            found = None if content is None else read_owned(content)
            if content is None or found is None:
                continue
            for ours, hashes in {**found, name: {integrity(content)}}.items():
                owned.setdefault(ours, set()).update(hashes)
        return owned

    def read_assets(self) -> tuple[set[str], dict[str, set[str]]]:
        """Return the hash of the record of assets, if it is ours, and the hashes that it gives by name."""
        content, _ = self._look(ASSETS)
        found = None if content is None else read_assets(content)
        return (set(), {}) if content is None or found is None else ({integrity(content)}, found)

    def has(self, name: str, hashes: Collection[str]) -> bool:
        """Tell whether a file is there and has one of the hashes."""
        return self.ours(name, hashes)[0] is not None

    def refuse_foreign(self, names: Iterable[str], owned: Mapping[str, Collection[str]]) -> None:
        """Raise FolderRefusedError with the list of everything in the way of ``names``."""
        in_the_way = {}
        for name in names:
            _, problem = self.ours(name, owned.get(name, ()))
            if problem:
                path, reason = problem
                in_the_way[path] = reason
        if in_the_way:
            lines = "\n".join(f"  {path}: {reason}" for path, reason in in_the_way.items())
            raise FolderRefusedError(
                f"{self.target} holds what podio-web did not make, so nothing was written:\n{lines}\n"
                "Choose an empty folder, or move these elsewhere and try again."
            )

    def remove_temporary_files(self, names: Iterable[str]) -> None:
        """Remove what a killed build left beside the places of ``names``."""
        for folder in filter(None, {self._parent(name)[0] for name in names}):
            for name in self.disk.names(folder):
                found = _TEMPORARY.fullmatch(name)
                if found and found[2] == _tag(found[1]):
                    status = self.disk.status(folder / name)
                    if status is not None and stat.S_ISREG(status.st_mode):
                        self.disk.remove(folder / name)

    def ours(self, name: str, hashes: Collection[str]) -> tuple[bytes | None, tuple[Path, str] | None]:
        """Return the content of a file of ours, None if there is none, and what is in its way."""
        content, problem = self._look(name)
        if content is not None and integrity(content) not in hashes:
            return None, (self.target / name, "not made by podio-web, or changed since")
        return content, problem

    def write(self, name: str, content: bytes, hashes: Collection[str]) -> None:
        """Put a file in its place, in one step; ``hashes`` are those that a file may have that is replaced."""
        self.make((self.target / name).parent)
        parent, problem = self._parent(name)
        _need_no(problem)
        # In the same folder, because a folder can be a file system of its own.
        temporary = (parent or self.target) / _temporary_name()
        try:
            self.disk.write(temporary, content)
            _need_no(self.ours(name, hashes)[1])
            self.disk.replace(temporary, self.target / name)
        except BaseException:
            with contextlib.suppress(OSError):
                self.disk.remove(temporary)
            raise

    def write_changed(self, name: str, content: bytes, hashes: Collection[str]) -> set[str]:
        """Put a file in its place unless it is there already, and return its hash."""
        new = integrity(content)
        if not self.has(name, {new}):
            self.write(name, content, hashes)
        return {new}

    def remove(self, name: str, hashes: Collection[str]) -> None:
        """Remove a file if it is ours, and its folder if it is empty then."""
        content, problem = self.ours(name, hashes)
        if content is not None:
            self.disk.remove(self.target / name)
        parent = (self.target / name).parent
        if problem is None and parent != self.target and self.disk.status(parent) and not self.disk.names(parent):
            self.disk.remove_folder(parent)

    def _look(self, name: str) -> tuple[bytes | None, tuple[Path, str] | None]:
        """Return the content of a regular file, None if nothing is there, and what is in the way of one."""
        path = self.target / name
        parent, problem = self._parent(name)
        if parent is None:
            return None, problem
        found = self.disk.status(path)
        if found is None:
            return None, None
        if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST:
            kinds = {stat.S_IFLNK: "a symbolic link", stat.S_IFDIR: "a folder"}
            return None, (path, kinds.get(stat.S_IFMT(found.st_mode), "not made by podio-web"))
        try:
            return self.disk.read(path), None
        except PermissionError:
            return None, (path, "not readable")

    def _parent(self, name: str) -> tuple[Path | None, tuple[Path, str] | None]:
        """Return the folder that a file is in, None if there is none, and what is in the way of one."""
        folder = self.target
        for part in PurePosixPath(name).parts[:-1]:
            folder /= part
            found = self.disk.status(folder)
            if found is None:
                return None, None
            if not stat.S_ISDIR(found.st_mode):
                return None, (folder, "a symbolic link" if stat.S_ISLNK(found.st_mode) else "not a folder")
        return folder, None


def _exchange(
    folder: _Folder, files: dict[str, bytes], manifest: Mapping[str, Any], owned: Mapping[str, set[str]]
) -> None:
    """Make the old site the new one."""
    before = {name: folder.ours(name, owned.get(name, ()))[0] for name in files}
    steps = [(name, files[name]) for name in sorted(files, key=_order) if before[name] != files[name]]
    old_headers, new_headers = before.get("_headers"), files.get("_headers")
    if old_headers is not None and new_headers is not None and old_headers != new_headers:
        # Until every file is in place, pages need what either policy allows.
        rules = (read_headers_file(text.decode()) for text in (old_headers, new_headers))
        assets = sum("/" in name for name, _ in steps)
        steps.insert(assets, ("_headers", headers_file(joined_rules(*rules)).encode()))
    may_be = {name: set(hashes) for name, hashes in owned.items() if name not in (MANIFEST, UNFINISHED)}
    for name, content in [*files.items(), *steps]:
        may_be.setdefault(name, set()).add(integrity(content))
    record = unfinished(may_be)
    folder.write(UNFINISHED, record, owned.get(UNFINISHED, ()))
    for name, content in steps:
        folder.write(name, content, may_be[name])
    folder.write(MANIFEST, text_of(manifest), owned.get(MANIFEST, ()))
    for name in sorted(set(may_be) - set(files)):
        folder.remove(name, may_be[name])
    folder.remove(UNFINISHED, {integrity(record)})


def _need_no(problem: tuple[Path, str] | None) -> None:
    """Raise FolderRefusedError if something came into the way of a file."""
    if problem:
        raise FolderRefusedError(f"{problem[0]} is {problem[1]}: it came while the site was written; try again")


def _order(name: str) -> tuple[int, str]:
    """Return the order in which files are written: a file comes after the files that it loads."""
    late = {"podio-web.js": 2, "_headers": 3}
    return (0 if "/" in name else late.get(name, 1), name)


def _temporary_name() -> str:
    nonce = secrets.token_hex(8)
    return f".podio-web-{nonce}-{_tag(nonce)}.tmp"


def _tag(nonce: str) -> str:
    """Return the second half of a temporary file's name, by which it is recognized as ours."""
    return hashlib.sha256(f"podio-web temporary file {nonce}".encode()).hexdigest()[:16]
