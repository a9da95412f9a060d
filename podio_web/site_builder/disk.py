"""The file system operations of a build, one method each. Tests hand in a disk that fails."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

# Open without following a link and without waiting for a pipe. Windows has neither flag, but needs one for bytes.
_CAREFUL = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Disk:
    """The file system. No method follows a symbolic link at the end of a path, and each raises OSError.

    >>> Disk().status(Path("absent")) is None
    True
    """

    def status(self, path: Path) -> os.stat_result | None:
        """Return what is at a path; None if nothing is."""
        try:
            return path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def names(self, folder: Path) -> list[str]:
        """Return the names in a folder."""
        return sorted(path.name for path in folder.iterdir())

    def read(self, path: Path) -> bytes:
        """Return the content of a regular file."""
        with os.fdopen(os.open(path, os.O_RDONLY | _CAREFUL), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise OSError(f"{path} is not a regular file")
            return file.read()

    def make_folder(self, path: Path, *, new: bool = False) -> None:
        """Make one folder; its parent is there. If ``new``, the folder itself must not be there."""
        path.mkdir(exist_ok=not new)

    def write(self, path: Path, content: bytes) -> None:
        """Write a file that is not there yet."""
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _CAREFUL, 0o666), "wb") as file:
            file.write(content)
            file.flush()
            self.settle(file.fileno())

    def settle(self, descriptor: int) -> None:
        """Wait until a file's content would survive a power failure."""
        os.fsync(descriptor)

    def replace(self, source: Path, target: Path) -> None:
        """Give a file another name, in one step; the file that had it is gone."""
        source.replace(target)

    def remove(self, path: Path) -> None:
        """Remove a file."""
        path.unlink()

    def remove_folder(self, path: Path) -> None:
        """Remove an empty folder."""
        path.rmdir()


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Hold a folder's lock during the block; yield False if another process holds it.

    The system frees the lock when the process ends, however it ends. Where a system has no such locks, nothing is
    locked and True is yielded.

    >>> with locked(Path(".")) as alone:
    ...     alone
    True
    """
    if sys.platform == "win32":
        yield True
        return
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        except OSError:
            pass  # a network file system without locks
        yield True
    finally:
        os.close(descriptor)
