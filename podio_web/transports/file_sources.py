"""What an upload sends on CPython: a file on the disk, bytes, or an open binary file."""

from __future__ import annotations

import io
import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from podio_web.transports.in_thread import in_thread

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from podio_web.types import FileSource

PART = 131_072
"""The largest part that is given to the network at a time, in bytes. Progress is reported between two parts.

Larger parts would make a slow connection look as if it had stalled.
"""

_BLOCK = 8 * PART
"""Bytes that a thread reads at a time. Smaller blocks would cost more for the threads than for the reading."""

_KINDS = "Pass a Path, bytes with a name, or a file that is open in binary mode."


class OwnFailure(Exception):
    """Wraps an exception of a source or a sink, so that it is not taken for a lost connection.

    Args:
        problem: The exception. It is what the caller gets.
    """

    def __init__(self, problem: Exception) -> None:
        super().__init__()
        self.problem = problem


@contextmanager
def own_failures() -> Iterator[None]:
    """Wrap the exceptions of a ``with`` block in ``OwnFailure``.

    Examples:
        >>> with own_failures():
        ...     pass
    """
    try:
        yield
    except OwnFailure:
        raise
    except Exception as problem:
        raise OwnFailure(problem) from None


class LocalSource:
    """What an upload sends.

    Args:
        name: The file name. It is made safe to send.
        size: The size in bytes. None if it is not known.
        opened: Returns a context whose value is a function that reads at most so many bytes.
        repeatable: Whether it can be read again from the beginning.
        in_memory: Whether reading never waits.

    Examples:
        >>> source = file_source(b"a,b\\n1,2\\n", "data.csv")
        >>> source.name, source.size, list(parts(source))
        ('data.csv', 8, [b'a,b\\n1,2\\n'])
    """

    def __init__(
        self,
        name: str,
        size: int | None,
        opened: Callable[[], AbstractContextManager[Callable[[int], bytes]]],
        *,
        repeatable: bool = True,
        in_memory: bool = False,
    ) -> None:
        # Imported late: most clients send no files.
        from podio_web.files.names import safe_name

        self.name: str = safe_name(name)
        self.size: int | None = size
        self.opened = opened
        self.repeatable = repeatable
        self.in_memory = in_memory


def file_source(given: Any, name: str | None) -> LocalSource:
    """Return what an upload sends.

    Args:
        given: A ``Path``, ``bytes``, ``bytearray`` or ``memoryview``, or a file that is open in binary mode. An open
            file is sent from its beginning if it can seek, otherwise from where it is.
        name: The file name. None means the name of the file.

    Returns:
        The source.

    Raises:
        TypeError: ``given`` cannot be sent, or ``name`` is not a text.
        ValueError: There is no name, or the path does not lead to a file.
        OSError: The file cannot be read.

    Examples:
        >>> file_source(b"a,b\\n", "data.csv").size
        4
    """
    if name is not None and not isinstance(name, str):
        raise TypeError(f"name must be a text, not {type(name).__name__}")
    if isinstance(given, str):
        raise TypeError(
            "A str may be a path or a content. Pass Path(...) for a file on the disk, or the content as bytes with "
            "name='notes.txt'."
        )
    if isinstance(given, (bytes, bytearray, memoryview)):
        return _of_bytes(given, name)
    if isinstance(given, os.PathLike):
        return _of_path(Path(given), name)
    if callable(getattr(given, "read", None)):
        return _of_stream(given, name)
    if isinstance(given, Iterable):
        raise TypeError(
            f"A {type(given).__name__} cannot be sent: it has no size and cannot be read again. {_KINDS} "
            "tempfile.TemporaryFile() can hold what you generate."
        )
    raise TypeError(f"A {type(given).__name__} cannot be sent. {_KINDS}")


class LocalFiles:
    """The base of transports that send what ``file_source`` takes."""

    def source(self, given: Any, name: str | None) -> LocalSource:
        """Return what an upload sends. See ``podio_web.transports.file_sources``.

        Args:
            given: A ``Path``, bytes, or a file that is open in binary mode.
            name: The file name. None means the name of the file.

        Returns:
            The source.

        Raises:
            TypeError: ``given`` cannot be sent.
            ValueError: There is no name, or the path does not lead to a file.

        Examples:
            >>> UrllibTransport().source(b"a,b\\n", "data.csv").size
            4
        """
        return file_source(given, name)


def local(source: FileSource) -> LocalSource:
    """Return a source as what it is. Raises TypeError if another transport made it.

    Args:
        source: What ``source`` of a transport of CPython returned.

    Returns:
        The same object.

    Examples:
        >>> local(file_source(b"abc", "abc.txt")).name
        'abc.txt'
    """
    if not isinstance(source, LocalSource):
        raise TypeError(f"This transport cannot send a {type(source).__name__}. Make the source with its source()")
    return source


def parts(source: LocalSource, block: int = PART) -> Iterator[bytes]:
    """Yield the content of a source. Exceptions of the source are wrapped in ``OwnFailure``.

    Args:
        source: The source.
        block: How many bytes are read at a time.

    Examples:
        >>> list(parts(file_source(b"abc", "abc.txt"), block=2))
        [b'ab', b'c']
    """
    left = source.size
    with own_failures(), source.opened() as read:
        while left is None or left > 0:
            # A file that grows meanwhile is sent as long as it was at the beginning.
            part = read(block if left is None else min(block, left))
            if not isinstance(part, bytes):
                raise TypeError(f"read() of the open file returned {type(part).__name__}, not bytes. {_KINDS}")
            if not part:
                break
            if left is not None:
                left -= len(part)
            yield part
        if left:
            raise ValueError(f"{source.name} became shorter while it was sent. Upload it again.")


async def parts_in_thread(source: LocalSource) -> AsyncIterator[bytes]:
    """Yield the content of a source. Files are read in a thread.

    Args:
        source: The source.

    Examples:
        >>> async for part in parts_in_thread(file_source(b"abc", "abc.txt")):
        ...     print(part)
        b'abc'
    """
    if source.in_memory:
        for part in parts(source):
            yield part
        return
    blocks = parts(source, _BLOCK)
    try:
        while block := await in_thread(next, blocks, b""):
            for start in range(0, len(block), PART):
                yield block[start : start + PART]
    finally:
        blocks.close()  # type: ignore[attr-defined]


def _of_bytes(given: bytes | bytearray | memoryview, name: str | None) -> LocalSource:
    if name is None:
        raise ValueError("Bytes have no file name. Pass one, such as name='data.csv'.")
    view = memoryview(given)
    view = view.cast("B") if view.c_contiguous else memoryview(view.tobytes())

    @contextmanager
    def opened() -> Iterator[Callable[[int], bytes]]:
        yield io.BytesIO(view).read if len(view) <= PART else _reader(view)

    return LocalSource(name, len(view), opened, in_memory=True)


def _reader(view: memoryview) -> Callable[[int], bytes]:
    """Return a function that copies the next bytes. ``BytesIO`` would copy all of them at once."""
    start = 0

    def read(size: int) -> bytes:
        nonlocal start
        part = bytes(view[start : start + size])
        start += len(part)
        return part

    return read


def _of_path(path: Path, name: str | None) -> LocalSource:
    if path.is_dir():
        raise ValueError(f"{path.name or path} is a folder. Upload its files one by one, or an archive of it.")
    size = path.stat().st_size
    if not path.is_file():
        raise ValueError(f"{path.name} is not a regular file. Open it in binary mode, and pass the open file.")

    @contextmanager
    def opened() -> Iterator[Callable[[int], bytes]]:
        with path.open("rb", buffering=0) as file:
            yield file.read

    return LocalSource(path.name if name is None else name, size, opened)


def _of_stream(file: Any, name: str | None) -> LocalSource:
    if isinstance(file, io.TextIOBase) or hasattr(file, "encoding"):
        raise TypeError("The file is open in text mode. Open it with mode 'rb'.")
    if name is None:
        name = getattr(file, "name", None)
        # The name of an open descriptor is a number, that of a temporary file may be one too.
        if not isinstance(name, (str, os.PathLike)):
            raise ValueError("This open file has no name. Pass one, such as name='data.csv'.")
    seekable = callable(getattr(file, "seekable", None)) and file.seekable()

    @contextmanager
    def opened() -> Iterator[Callable[[int], bytes]]:
        if seekable:
            file.seek(0)
        yield file.read

    size = file.seek(0, os.SEEK_END) if seekable else None
    return LocalSource(os.fspath(name), size, opened, repeatable=seekable)
