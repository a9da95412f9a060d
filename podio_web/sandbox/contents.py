"""The contents of uploaded files. They are kept on disk under random names, never under names that clients send."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection
from pathlib import Path
from tempfile import TemporaryDirectory

_HEAD = 16
_INCOMPLETE = ".part"
# Files of other names are not the sandbox's, and it leaves them alone.
_NAME = re.compile(r"[0-9a-f]{32}")
_LEFT_BEHIND = re.compile(r"[0-9a-f]{32}\.part")


class Incoming:
    """A content that is being received. It is removed unless ``keep`` is called.

    Args:
        folder: The folder to write to.

    Examples:
        >>> incoming = Incoming(Path.cwd())
        >>> incoming.write(b"hello")
        >>> incoming.size
        5
        >>> incoming.discard()
    """

    def __init__(self, folder: Path) -> None:
        self.name: str = secrets.token_hex(16)
        self.size: int = 0
        # The first bytes, which tell pictures from other files.
        self.head: bytes = b""
        self._hash = hashlib.sha256()
        self._path = folder / f"{self.name}{_INCOMPLETE}"
        self._file = self._path.open("xb", buffering=0)

    @property
    def sha256(self) -> str:
        """The SHA-256 of what was written, as hexadecimal digits."""
        return self._hash.hexdigest()

    def write(self, data: bytes) -> None:
        """Append bytes."""
        self._file.write(data)
        self._hash.update(data)
        self.size += len(data)
        if len(self.head) < _HEAD:
            self.head = (self.head + data)[:_HEAD]

    def keep(self) -> str:
        """Finish the content and return its name. ``Contents.path`` finds it."""
        self._file.close()
        self._path.rename(self._path.with_suffix(""))
        return self.name

    def discard(self) -> None:
        """Remove the content, unless it was kept."""
        self._file.close()
        self._path.unlink(missing_ok=True)


class Contents:
    """The contents of all files of a sandbox.

    Args:
        folder: The folder that keeps them. None uses a temporary folder, which ``close`` removes.

    Examples:
        >>> contents = Contents()
        >>> incoming = contents.receive()
        >>> incoming.write(b"hello")
        >>> contents.path(incoming.keep()).read_bytes()
        b'hello'
        >>> contents.close()
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._temporary: TemporaryDirectory[str] | None = None

    def receive(self) -> Incoming:
        """Return a new content to write to. The folder is created when it is first needed."""
        if self._folder is None:
            self._temporary = TemporaryDirectory(prefix="podio-sandbox-", ignore_cleanup_errors=True)
            self._folder = Path(self._temporary.name)
        self._folder.mkdir(exist_ok=True)
        return Incoming(self._folder)

    def path(self, name: str) -> Path:
        """Return the path of a content.

        Raises:
            FileNotFoundError: There is no such content.
        """
        if self._folder is None or not (self._folder / name).is_file():
            raise FileNotFoundError(name)
        return self._folder / name

    def remove(self, name: str) -> None:
        """Remove a content."""
        if self._folder is not None:
            (self._folder / name).unlink(missing_ok=True)

    def keep_only(self, names: Collection[str], *, is_start: bool = False) -> None:
        """Remove all other contents.

        Args:
            names: The contents to keep.
            is_start: Whether nothing is being received yet, so that incomplete contents are from an earlier run.
        """
        if self._folder is None or not self._folder.is_dir():
            return
        for path in self._folder.iterdir():
            is_unused = _NAME.fullmatch(path.name) is not None and path.name not in names
            if is_unused or (is_start and _LEFT_BEHIND.fullmatch(path.name)):
                path.unlink()

    def close(self) -> None:
        """Remove the temporary folder."""
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = self._folder = None
