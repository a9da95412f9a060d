"""``Files``: upload, show, download and attach files.

https://developers.podio.com/doc/files
"""

from podio_web.errors import AccountChanged, APIError, ConnectionFailed, LoginRequired, PodioError, TimedOut
from podio_web.files.file import File, file_id_of
from podio_web.files.links import content_request, files_origin
from podio_web.files.queue import Queue
from podio_web.files.sinks import BytesSink, WatchedSink
from podio_web.files.stream import FileStream
from podio_web.files.transfers import file_transport
from podio_web.files.watch import STALLED_AFTER, TIMEOUT, UploadStalled, Watch
from podio_web.http import build_request, check_timeout
from podio_web.http.response import error_of
from podio_web.runtime.interpreter import IN_PAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from os import PathLike
    from typing import Any

    from podio_web.client import Podio
    from podio_web.http import Request, Response
    from podio_web.types import FileSink, FileSource, FileTransport, PerformRequest, ThumbnailSize

    Progress = Callable[[int, int | None], object]

AT_ONCE = 5
"""The uploads of one ``Files`` that run at the same time. A browser opens six connections to a host."""

LONGEST = 86_400.0
"""Seconds after which the largest transfer ends. Its watch ends it sooner if it does not move."""

LARGEST = 10_000_000
"""The largest file that ``read`` returns by default, in bytes."""

_SLOWEST = 100_000
"""Bytes per second of a slow connection, to judge how long a token must last."""

_SPARE = 120.0
_LONGEST_LEAD = 3_600.0

_AGAIN = " Upload the file again: a file that is attached to nothing is seen by nobody."
_IN_PAGES_ONLY = "works in a web page only. Here, use read(file) or download(file, path)."


class Files:
    """The files of a client's user.

    Args:
        podio: The client.
        files_url: The origin of file links, for thumbnails. By default it is the API's with ``files.`` for ``api.``.
            The token is sent to these two origins and to no other.
        transport: Sends and receives the files. By default it is the client's. In a page, it is the browser's if the
            client's cannot send files.

    Raises TypeError if the client's transport cannot send files, and ValueError if ``files_url`` is not an origin.

    >>> files = Files(podio)
    >>> file = await files.upload(Path("report.pdf"), on_progress=show)
    """

    writes_in_threads = True
    """Whether ``download`` writes in a thread, so that the event loop goes on."""

    def __init__(
        self, podio: "Podio", *, files_url: "str | None" = None, transport: "FileTransport | None" = None
    ) -> None:
        if not hasattr(podio, "send"):
            raise TypeError(f"Files needs a Podio, not {type(podio).__name__}. For a SyncPodio, use SyncFiles")
        self._podio = podio
        self._context = podio.context
        self._link_origin = files_origin(self._context.identity.api_origin, files_url)
        given: Any = transport
        # A client that blocks lets other threads run during a transfer.
        given = file_transport(podio) if given is None else self._context.runtime.adapted(given)
        self._transport: FileTransport = given
        self._queue = Queue(AT_ONCE, self._context.runtime)

    @property
    def podio(self) -> "Podio":
        """The client."""
        return self._podio

    @property
    def links(self) -> "str | None":
        """The origin of file links, or None if it is not known."""
        return self._link_origin

    async def upload(
        self,
        source: "Any",
        *,
        name: "str | None" = None,
        on_progress: "Progress | None" = None,
        largest: "int | None" = None,
        stalled_after: float = STALLED_AFTER,
        timeout: float = TIMEOUT,
    ) -> File:
        """Upload a file (https://developers.podio.com/doc/files/upload-file-1004361). Attach it to something next.

        In a page, the browser's ``File`` is sent without a copy in Python. Cancelling the task aborts the upload. A
        file that is attached to nothing is seen by nobody, so after an error you may upload it again.

        Args:
            source: In a page a ``File``, a ``Blob``, a text or small ``bytes``; elsewhere a ``Path``, ``bytes`` or an
                open binary file, which is sent from its beginning.
            name: The file name; that of the source by default. Paths and control characters are removed.
            on_progress: Called with the bytes sent and the size. The last call comes when Podio has the file.
            largest: The largest size in bytes.
            stalled_after: Seconds without any progress after which the upload ends.
            timeout: Seconds that Podio may take to respond after everything was sent.

        Raises ValueError or TypeError if the source cannot be sent or is too large, UploadStalled, TimedOut,
        ConnectionFailed, LoginRequired if the user signs out meanwhile, and APIError if Podio refuses the file.

        >>> file = await files.upload(b"a,b\\n1,2\\n", name="data.csv")
        """
        given = self._transport.source(source, name)
        size = given.size
        if largest is not None and (size is None or size > largest):
            had = "an unknown size" if size is None else f"{size} bytes"
            raise ValueError(f"This file has {had}, and the limit is {largest} bytes.")
        request = build_request(self._context.identity.api_origin, "POST", "/file/")
        where: Any = {"method": request.method, "path": request.path}
        watch = self._watch(
            on_progress,
            lambda: UploadStalled(f"Nothing was sent for {stalled_after:g} seconds.{_AGAIN}", **where),
            lambda: TimedOut(
                f"Podio did not answer within {timeout:g} seconds after the whole file was sent.{_AGAIN}", **where
            ),
            stalled_after,
            timeout,
        )
        sending = _Sending(self._transport, given, watch)
        lead = min(_SPARE + (size or 0) / _SLOWEST, _LONGEST_LEAD)
        data = await self._stoppable(watch, self._queued(watch, request, sending.perform, lead))
        if not isinstance(data, dict) or "file_id" not in data:
            raise PodioError("Podio's response to the upload has no file_id.", method="POST", path="/file/")
        watch.finish()
        return File(data)

    async def download(
        self,
        file: "File | int",
        path: "str | PathLike[str] | None" = None,
        *,
        size: "ThumbnailSize | None" = None,
        on_progress: "Progress | None" = None,
        stalled_after: float = STALLED_AFTER,
        timeout: float = TIMEOUT,
    ) -> None:
        """Write a file to ``path``: completely, or not at all. In a page, leave ``path`` out: the browser saves it.

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

        >>> await files.download(7001, Path("copy.pdf"))
        """
        options: Any = {"on_progress": on_progress, "stalled_after": stalled_after, "timeout": timeout}
        if IN_PAGE:
            if path is not None:
                raise ValueError("A page has no folders. Call download(file): the browser asks where to save it.")
            from podio_web.files.page_files import save

            return await save(self, file, size, **options)
        # Imported late: pages do not have the module.
        from podio_web.files.path_sink import PathSink

        sink = PathSink(path, in_threads=self.writes_in_threads)
        try:
            await self.receive(file, sink, size=size, **options)
            await sink.finish()
        finally:
            sink.discard()

    def open(self, file: "File | int", *, size: "ThumbnailSize | None" = None) -> FileStream:
        """Return a stream of a file, or of its thumbnail of a ``size``. Open it with ``async with``.

        >>> async with files.open(7001) as stream:
        ...     async for part in stream:
        ...         handle(part)
        """
        return FileStream(lambda sink: self.receive(file, sink, size=size), self._context.runtime)

    async def read(self, file: "File | int", *, largest: int = LARGEST, size: "ThumbnailSize | None" = None) -> bytes:
        """Return the content of a file, or of its thumbnail of a ``size``.

        Raises PodioError if it has more than ``largest`` bytes, whatever Podio says of its size.

        >>> thumbnail = await files.read(7001, size="small")
        """
        if IN_PAGE and size is not None:
            from podio_web.files.page_files import read

            return await read(self, file, size)
        sink = BytesSink(largest)
        await self.receive(file, sink, size=size)
        return sink.content()

    async def show(self, file: "File | int", image: "Any", *, size: "ThumbnailSize" = "medium") -> None:
        """Show a thumbnail in an ``<img>`` of the page.

        Raises RuntimeError outside a page. In a page::

            await files.show(7001, image, size="small")
        """
        if not IN_PAGE:
            raise RuntimeError(f"show() {_IN_PAGES_ONLY}")
        from podio_web.files.page_files import show

        await show(self, file, image, size)

    async def blob(
        self, file: "File | int", *, size: "ThumbnailSize | None" = None, on_progress: "Progress | None" = None
    ) -> "Any":
        """Return a file, or its thumbnail of a ``size``, as the browser's ``Blob``.

        ``on_progress`` is called with the bytes received and the size of the file. Raises RuntimeError outside a page.
        In a page::

            js_blob = await files.blob(7001)
        """
        if not IN_PAGE:
            raise RuntimeError(f"blob() {_IN_PAGES_ONLY}")
        from podio_web.files.page_files import blob

        return await blob(self, file, size, on_progress)

    async def attach(self, file: "File | int", ref_type: str, ref_id: int) -> None:
        """Attach a file to an ``item``, ``comment``, ``status``, ``space`` or ``task``.

        >>> await files.attach(file, "item", 6101)
        """
        await self._podio.post(f"/file/{file_id_of(file)}/attach", {"ref_type": ref_type, "ref_id": ref_id})

    async def copy(self, file: "File | int") -> int:
        """Copy a file, and return the ID of the copy.

        >>> copy_id = await files.copy(file)
        """
        copied = await self._podio.post(f"/file/{file_id_of(file)}/copy")
        number: int = copied["file_id"]
        return number

    async def replace(self, old: "File | int", new: "File | int") -> None:
        """Let the file ``new`` take the place of ``old``, wherever that is attached.

        >>> await files.replace(old, new)
        """
        await self._podio.post(f"/file/{file_id_of(new)}/replace", {"old_file_id": file_id_of(old)})

    async def delete(self, file: "File | int") -> None:
        """Delete a file.

        >>> await files.delete(file)
        """
        await self._podio.delete(f"/file/{file_id_of(file)}")

    async def receive(
        self,
        file: "File | int",
        sink: "FileSink",
        *,
        size: "ThumbnailSize | None" = None,
        check: "Callable[[Request, Response], object] | None" = None,
        on_progress: "Progress | None" = None,
        stalled_after: float = STALLED_AFTER,
        timeout: float = TIMEOUT,
    ) -> None:
        """Put the content of a file into ``sink``. The other methods use it; the arguments are those of ``download``.

        ``check`` may raise an exception for a response, before that can renew or end the session.

        >>> await files.receive(7001, BytesSink(1_000))
        """
        request = content_request(self._context.identity.api_origin, self._link_origin, file_id_of(file), size)
        where: Any = {"method": request.method, "path": request.path}
        watch = self._watch(
            on_progress,
            lambda: TimedOut(f"Nothing arrived for {stalled_after:g} seconds. Download the file again.", **where),
            lambda: TimedOut(f"Podio did not answer within {timeout:g} seconds.", **where),
            stalled_after,
            timeout,
        )

        async def perform(request: "Request", ignored: "float | None") -> "Response":
            watch.sent()
            response = await self._transport.download(request, WatchedSink(sink, watch), watch)
            if check is not None:
                check(request, response)
            return response

        await self._stoppable(watch, self._podio.send(request, perform, timeout=LONGEST))
        watch.finish()

    def _watch(
        self,
        on_progress: "Progress | None",
        stalled: "Callable[[], PodioError]",
        silent: "Callable[[], PodioError]",
        stalled_after: float,
        timeout: float,
    ) -> Watch:
        if on_progress is not None and not callable(on_progress):
            raise TypeError(f"on_progress must be a function, or None, not {type(on_progress).__name__}")
        return Watch(
            self._context.runtime.monotonic,
            stalled,
            silent,
            on_progress,
            stalled_after=check_timeout(stalled_after),
            timeout=check_timeout(timeout),
        )

    async def _queued(self, watch: Watch, request: "Request", perform: "PerformRequest", lead: float) -> "Any":
        """Send an upload when it is its turn."""
        async with self._queue.place():
            # Somebody else may be signed in by now.
            watch.confirm()
            return await self._podio.send(request, perform, timeout=LONGEST, fresh_for=lead)

    async def _stoppable(self, watch: Watch, transfer: "Coroutine[Any, Any, Any]") -> "Any":
        """Return what a transfer returns. Stop it when the user signs out or changes, or the client is closed."""
        events, running = self._context.events, self._context.running

        def signed_out(detail: object) -> None:
            how = self._context.identity.how_to_sign_in
            watch.stop(LoginRequired(f"The user signed out during a transfer. {how}"))

        def changed(detail: object) -> None:
            watch.stop(AccountChanged("Somebody else signed in during a transfer. It was ended."))

        removes = events.on("logged_out", signed_out), events.on("account_changed", changed)
        running.append(watch)
        try:
            data = await transfer
            # What was sent in one user's name is not handed to another.
            watch.confirm()
            return data
        finally:
            running.remove(watch)
            for remove in removes:
                remove()


class _Sending:
    """Performs the request of one upload, again after a renewal."""

    def __init__(self, transport: "FileTransport", source: "FileSource", watch: Watch) -> None:
        self._transport = transport
        self._source = source
        self._watch = watch
        self._refusal: Response | None = None

    async def perform(self, request: "Request", ignored: "float | None") -> "Response":
        """Send the file. Raises the error of the first response if the source cannot be read twice."""
        if self._refusal is not None and not getattr(self._source, "repeatable", True):
            refused = error_of(request, self._refusal)
            _add(
                refused,
                " The session was renewed, but this source can be read only once. Open it again, and upload it.",
            )
            raise refused
        self._watch.begin(self._source.size)
        try:
            response = await self._transport.upload(request, self._source, self._watch)
        except TimedOut:
            raise
        except ConnectionFailed as problem:
            _add(problem, _AGAIN)
            raise
        if response.status == 413:
            too_large = error_of(request, response)
            _add(too_large, ". The file is too large for Podio.")
            raise too_large
        self._refusal = response
        return response


def _add(problem: "APIError | ConnectionFailed", text: str) -> None:
    problem.message += text
    problem.args = (problem.message,)
