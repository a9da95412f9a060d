"""``Files``: upload, show, download and attach files.

https://developers.podio.com/doc/files
"""

from podio_web.errors import AccountChanged, LoginRequired, TimedOut
from podio_web.files.file import File, file_id_of
from podio_web.files.queue import Queue
from podio_web.files.transfers import file_transport
from podio_web.files.watch import STALLED_AFTER, TIMEOUT, UploadStalled, Watch
from podio_web.http import build_request, check_timeout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from podio_web.client import Podio
    from podio_web.http import Request, Response
    from podio_web.types import FileTransport

    Progress = Callable[[int, int | None], object]

AT_ONCE = 5
"""The uploads of one ``Files`` that run at the same time. A browser opens six connections to a host."""

LONGEST = 86_400.0
"""Seconds after which the largest transfer ends. Its watch ends it sooner if it does not move."""

_SLOWEST = 100_000
"""Bytes per second of a slow connection, to judge how long a token must last."""

_SPARE = 120.0
_LONGEST_LEAD = 3_600.0


class Files:
    """The files of a client's person.

    Args:
        podio: The client.
        transport: Sends and receives the files. By default it is the client's; in a page, the browser's.

    Raises TypeError if the client's transport cannot send files.

    >>> files = Files(podio)
    >>> file = await files.upload(Path("report.pdf"), on_progress=print)
    """

    def __init__(self, podio: "Podio", *, transport: "FileTransport | None" = None) -> None:
        self._podio = podio
        self._context = podio.context
        self._transport: FileTransport = file_transport(podio) if transport is None else transport
        self._queue = Queue(AT_ONCE, self._context.runtime)

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
                open binary file.
            name: The file name; that of the source by default. Paths and control characters are removed.
            on_progress: Called with the bytes sent and the size. The last call comes when Podio has the file.
            largest: The largest size in bytes.
            stalled_after: Seconds without any progress after which the upload ends.
            timeout: Seconds that Podio may take to respond after everything was sent.

        Raises ValueError or TypeError if the source cannot be sent or is too large, UploadStalled, TimedOut,
        ConnectionFailed, LoginRequired if the person signs out meanwhile, and APIError if Podio refuses the file.

        >>> file = await files.upload(b"a,b\\n1,2\\n", name="data.csv")
        """
        given = self._transport.source(source, name)
        size = given.size
        if largest is not None and (size is None or size > largest):
            raise ValueError(f"This file has {'an unknown size' if size is None else size}, the limit is {largest}.")
        request = build_request(self._context.identity.api_origin, "POST", "/file/")
        watch = self._watch(request, on_progress, stalled_after, timeout)
        lead = min(_SPARE + (size or 0) / _SLOWEST, _LONGEST_LEAD)

        async def perform(request: "Request", ignored: "float | None") -> "Response":
            watch.begin(size)
            return await self._transport.upload(request, given, watch)

        async with self._queue.place():
            data = await self._watched(watch, request, perform, lead)
        watch.finish()
        return File(data)

    async def attach(self, file: "File | int", ref_type: str, ref_id: int) -> None:
        """Attach a file to an ``item``, ``comment``, ``status``, ``space`` or ``task``.

        >>> await files.attach(file, "item", 6101)
        """
        await self._podio.post(f"/file/{file_id_of(file)}/attach", {"ref_type": ref_type, "ref_id": ref_id})

    async def copy(self, file: "File | int") -> int:
        """Copy a file, and return the number of the copy.

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

    def _watch(self, request: "Request", on_progress: "Progress | None", stalled_after: float, timeout: float) -> Watch:
        where: Any = {"method": request.method, "path": request.path}
        return Watch(
            self._context.runtime.monotonic,
            lambda: UploadStalled(f"Nothing moved for {stalled_after:g} seconds. Upload the file again.", **where),
            lambda: TimedOut(f"Podio did not answer within {timeout:g} seconds after the whole file.", **where),
            on_progress,
            stalled_after=check_timeout(stalled_after),
            timeout=check_timeout(timeout),
        )

    async def _watched(self, watch: Watch, request: "Request", perform: "Any", lead: float = 0.0) -> "Any":
        """Send a request, and stop it when the person signs out or changes."""
        events = self._context.events

        def signed_out(detail: object) -> None:
            how = self._context.identity.how_to_sign_in
            watch.stop(LoginRequired(f"The person signed out during a transfer. {how}"))

        def changed(detail: object) -> None:
            watch.stop(AccountChanged("Somebody else signed in during a transfer. It was ended."))

        removes = events.on("logged_out", signed_out), events.on("account_changed", changed)
        try:
            return await self._podio.send(request, perform, timeout=LONGEST, fresh_for=lead)
        finally:
            for remove in removes:
                remove()
