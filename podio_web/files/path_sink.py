"""Write a download to the disk: completely, or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from podio_web.transports.in_thread import directly, in_thread

if TYPE_CHECKING:
    from io import FileIO
    from os import PathLike


class PathSink:
    """Writes a download next to ``path``, and puts it there when it is complete.

    Args:
        path: The file.
        in_threads: Whether to write in a thread, so that the event loop goes on.

    Raises:
        TypeError: ``path`` is not a path.
        ValueError: ``path`` is a folder, or not a regular file.

    Examples:
        >>> sink = PathSink(Path("copy.csv"), in_threads=False)
        >>> await sink.begin(3, "text/csv")
        >>> await sink.write(b"a,b")
        >>> await sink.finish()
        >>> Path("copy.csv").read_bytes()
        b'a,b'
    """

    def __init__(self, path: str | PathLike[str] | None, *, in_threads: bool) -> None:
        if not isinstance(path, (str, os.PathLike)) or not os.fspath(path):
            raise TypeError(f"download() needs a path to write to, such as Path('copy.pdf'), not {path!r}")
        # The target of a symbolic link is replaced, not the link.
        self._path = Path(path).resolve()
        if self._path.is_dir() or os.fspath(path).endswith(("/", os.sep)):
            raise ValueError(
                f"{os.fspath(path)} is a folder. Add a file name of your own choice. Podio's name is not safe to use: "
                "it comes from whoever uploaded the file."
            )
        if self._path.exists() and not self._path.is_file():
            raise ValueError(f"{os.fspath(path)} is not a regular file. Use open(), and write the parts yourself.")
        self._draft = self._path.with_name(f".podio-web-{secrets.token_hex(8)}.part")
        self._file: FileIO | None = None
        self._run = in_thread if in_threads else directly

    async def begin(self, size: int | None, mimetype: str) -> None:
        """Start, or start again."""
        await self._run(self._begin)

    async def write(self, part: bytes) -> None:
        """Write the next bytes."""
        await self._run(self._write, part)

    async def finish(self) -> None:
        """Put the complete file in its place."""
        await self._run(self._finish)

    def discard(self) -> None:
        """Remove what is not complete."""
        if self._file is not None:
            self._file.close()
            self._draft.unlink(missing_ok=True)

    def _begin(self) -> None:
        if self._file is None:
            self._file = self._draft.open("xb", buffering=0)
            if self._path.exists():
                # That file may be private. At the end, this one gets its mode.
                self._draft.chmod(0o600)
        self._file.seek(0)
        self._file.truncate()

    def _write(self, part: bytes) -> None:
        assert self._file is not None, "begin() comes first"
        view = memoryview(part)
        while view:
            view = view[self._file.write(view) :]

    def _finish(self) -> None:
        if self._file is None:
            # The response had no body.
            self._begin()
        assert self._file is not None
        os.fsync(self._file.fileno())
        self._file.close()
        if self._path.exists():
            self._draft.chmod(self._path.stat().st_mode & 0o777)
        self._draft.replace(self._path)
        self._file = None
