"""``SyncFiles``: the members of ``Files`` without ``await``, for scripts."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from podio_web.files.files import LARGEST, Files
from podio_web.files.stream import OPENED_BEFORE
from podio_web.files.watch import STALLED_AFTER, TIMEOUT
from podio_web.runtime.interpreter import IN_PAGE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike
    from typing import Self

    from podio_web.client import Podio
    from podio_web.files.file import File
    from podio_web.files.files import Progress
    from podio_web.sync_client import SyncPodio
    from podio_web.types import FileTransport, ThumbnailSize


class SyncFiles:
    """The files of a client's user.

    Args:
        podio: The client.
        files_url: The origin of file links, for thumbnails. By default it is the API's with ``files.`` for ``api.``.
            The token is sent to these two origins and to no other.
        transport: Sends and receives the files. By default it is the client's.

    Raises TypeError if the client's transport cannot send files, ValueError if ``files_url`` is not an origin, and
    RuntimeError in a page, which cannot wait for a file: use ``Files`` there.

    >>> files = SyncFiles(podio)
    >>> file = files.upload(Path("report.pdf"), on_progress=show)
    """

    def __init__(
        self, podio: SyncPodio, *, files_url: str | None = None, transport: FileTransport | None = None
    ) -> None:
        if IN_PAGE:
            raise RuntimeError("SyncFiles cannot wait for a file in a page. Use Files(Podio(...)) with await.")
        if not hasattr(podio, "run"):
            raise TypeError(f"SyncFiles needs a SyncPodio, not {type(podio).__name__}. For a Podio, use Files")
        self._podio = podio

        async def driven(client: Podio) -> _DrivenFiles:
            return _DrivenFiles(client, files_url=files_url, transport=transport)

        self._files: _DrivenFiles = podio.run(driven)

    def upload(
        self,
        source: Any,
        *,
        name: str | None = None,
        on_progress: Progress | None = None,
        largest: int | None = None,
        stalled_after: float = STALLED_AFTER,
        timeout: float = TIMEOUT,
    ) -> File:
        """Upload a file (https://developers.podio.com/doc/files/upload-file-1004361). Attach it to something next.

        A file that is attached to nothing is seen by nobody, so after an error you may upload it again.

        Args:
            source: A ``Path``, ``bytes`` or an open binary file, which is sent from its beginning.
            name: The file name; that of the source by default. Paths and control characters are removed.
            on_progress: Called with the bytes sent and the size. The last call comes when Podio has the file.
            largest: The largest size in bytes.
            stalled_after: Seconds without any progress after which the upload ends.
            timeout: Seconds that Podio may take to respond after everything was sent.

        Raises ValueError or TypeError if the source cannot be sent or is too large, UploadStalled, TimedOut,
        ConnectionFailed, LoginRequired if another thread signs the user out meanwhile, and APIError if Podio refuses
        the file.

        >>> file = files.upload(b"a,b\\n1,2\\n", name="data.csv")
        """
        return self._podio.run(
            lambda driven: self._files.upload(
                source,
                name=name,
                on_progress=on_progress,
                largest=largest,
                stalled_after=stalled_after,
                timeout=timeout,
            )
        )

    def download(
        self,
        file: File | int,
        path: str | PathLike[str],
        *,
        size: ThumbnailSize | None = None,
        on_progress: Progress | None = None,
        stalled_after: float = STALLED_AFTER,
        timeout: float = TIMEOUT,
    ) -> None:
        """Write a file to ``path``: completely, or not at all.

        The content is written next to ``path`` first. A file that exists is replaced when the new one is complete.

        Args:
            file: The file or its ID.
            path: Where to write it. It never comes from Podio: choose the name yourself.
            size: Write a thumbnail of this size instead: ``tiny``, ``small``, ``medium``, ``large``, ``extra_large``,
                ``badge`` or ``preview``.
            on_progress: Called with the bytes received and the size, which is None if Podio did not say.
            stalled_after: Seconds without any progress after which the download ends.
            timeout: Seconds that Podio may take to respond.

        Raises ValueError if ``path`` is a folder, OSError if it cannot be written, TimedOut, ConnectionFailed, and
        APIError if Podio refuses the request.

        >>> files.download(7001, Path("copy.pdf"))
        """
        self._podio.run(
            lambda driven: self._files.download(
                file, path, size=size, on_progress=on_progress, stalled_after=stalled_after, timeout=timeout
            )
        )

    def open(self, file: File | int, *, size: ThumbnailSize | None = None) -> SyncFileStream:
        """Return a stream of a file, or of its thumbnail of a ``size``. Open it with ``with``.

        >>> with files.open(7001) as stream:
        ...     for part in stream:
        ...         handle(part)
        """
        stream = SyncFileStream()
        stream.steps = self._podio.steps(lambda driven: self._files.receive(file, stream, size=size))
        return stream

    def read(self, file: File | int, *, largest: int = LARGEST, size: ThumbnailSize | None = None) -> bytes:
        """Return the content of a file, or of its thumbnail of a ``size``.

        Raises PodioError if it has more than ``largest`` bytes, whatever Podio says of its size.

        >>> thumbnail = files.read(7001, size="small")
        """
        return self._podio.run(lambda driven: self._files.read(file, largest=largest, size=size))

    def attach(self, file: File | int, ref_type: str, ref_id: int) -> None:
        """Attach a file to an ``item``, ``comment``, ``status``, ``space`` or ``task``.

        >>> files.attach(file, "item", 6101)
        """
        self._podio.run(lambda driven: self._files.attach(file, ref_type, ref_id))

    def copy(self, file: File | int) -> int:
        """Copy a file, and return the ID of the copy.

        >>> copy_id = files.copy(file)
        """
        return self._podio.run(lambda driven: self._files.copy(file))

    def replace(self, old: File | int, new: File | int) -> None:
        """Let the file ``new`` take the place of ``old``, wherever that is attached.

        >>> files.replace(old, new)
        """
        self._podio.run(lambda driven: self._files.replace(old, new))

    def delete(self, file: File | int) -> None:
        """Delete a file.

        >>> files.delete(file)
        """
        self._podio.run(lambda driven: self._files.delete(file))


class SyncFileStream:
    """A file that is read while it is downloaded. ``SyncFiles.open`` returns it.

    It holds one part at a time: if you read slowly, Podio waits.

    - ``size``: the size in bytes, or None if Podio did not say.
    - ``mimetype``: the media type that Podio sent. The user who uploaded the file chose it.

    >>> with files.open(7001) as stream:
    ...     for part in stream:
    ...         handle(part)
    """

    def __init__(self) -> None:
        self.size: int | None = None
        self.mimetype: str = ""
        self.steps: Iterator[bytes] = iter(())
        self._is_open = False
        self._was_opened = False

    def __enter__(self) -> Self:
        if self._was_opened:
            raise RuntimeError(OPENED_BEFORE)
        self._was_opened = True
        # Up to ``begin``, or to the end of an empty response.
        next(self.steps, b"")
        self._is_open = True
        return self

    def __exit__(self, *problem: object) -> None:
        self._is_open = False
        if isinstance(self.steps, Generator):
            self.steps.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        if not self._is_open:
            raise RuntimeError("Open the stream first: with files.open(file) as stream")
        return next(self.steps)

    # What follows is the sink of the download. It suspends the download, and the thread goes on with the caller.

    async def begin(self, size: int | None, mimetype: str) -> None:
        """Take note that the content comes next."""
        self.size = size
        self.mimetype = mimetype
        await _HandedOut(b"")

    async def write(self, part: bytes) -> None:
        """Hand out a part."""
        if part:
            await _HandedOut(part)


class _HandedOut:
    """Suspends a coroutine and hands a part to its driver."""

    def __init__(self, part: bytes) -> None:
        self._part = part

    def __await__(self) -> Generator[bytes, None, None]:
        yield self._part


class _DrivenFiles(Files):
    """``Files`` in a runtime where everything blocks."""

    writes_in_threads = False
