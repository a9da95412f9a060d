"""The files of a client, for JavaScript: ``static/podio-web-files.mjs`` calls it."""

import asyncio
import json

from podio_web.files.file import file_id_of
from podio_web.files.files import Files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from podio_web.client import Podio
    from podio_web.files.blob_urls import BlobURLs
    from podio_web.script_tag.js_client import WebClient
    from podio_web.script_tag.podio_js import PodioJS
    from podio_web.types import ThumbnailSize

_UPLOAD = {"name": "name", "largest": "largest", "stalledAfter": "stalled_after", "timeout": "timeout"}
_DOWNLOAD = {"size": "size"}


class JSFiles:
    """The files of a client that JavaScript calls through ``podio_web.script_tag.calls``.

    JavaScript gives each transfer a number. ``js_host`` hands the browser's ``File`` over under that number, and keeps
    the Blob of a download under it.

    - ``client``: the client, as ``calls`` has it.
    - ``js_host``: the functions of the page.

    ``calls`` makes one::

        files = JSFiles(client, js_host)
    """

    def __init__(self, client: "WebClient | PodioJS", js_host: "Any") -> None:
        self.explain: Callable[[BaseException], dict[str, Any]] = client.explain
        podio: Any = client.podio  # there is one: JavaScript has called it before
        self._podio: Podio = podio
        self._files: Files = Files(podio)
        self._js_host = js_host
        self._tasks: dict[int, asyncio.Task[Any]] = {}

    def upload(self, number: int, options: "dict[str, Any]", tells: bool) -> "asyncio.Task[Any]":
        """Upload the page's file ``number``, and return what Podio says of it.

        ``options`` may have ``name``, ``largest`` in bytes, and ``stalledAfter`` and ``timeout`` in seconds. If
        ``tells`` is true, the page is told the progress.
        """
        wanted = _named(options, _UPLOAD, "uploadFile")
        return self._begin(number, self._upload(number, wanted, tells))

    def thumbnail(self, number: int, file_id: int, size: "ThumbnailSize | None" = None) -> "asyncio.Task[Any]":
        """Return a ``blob:`` URL of a thumbnail, "medium" by default. Release it when it has been shown."""
        return self._begin(number, self._thumbnail(file_id_of(file_id), size or "medium"))

    def download(self, number: int, file_id: int, options: "dict[str, Any]", tells: bool) -> "asyncio.Task[Any]":
        """Leave a file, or its thumbnail of the option ``size``, with the page as a Blob."""
        wanted = _named(options, _DOWNLOAD, "download")
        return self._begin(number, self._download(number, file_id_of(file_id), wanted, tells))

    def cancel(self, number: int) -> None:
        """End a transfer, if it is running."""
        if number in self._tasks:
            self._tasks[number].cancel()

    def release(self, url: str) -> None:
        """Revoke a ``blob:`` URL of ``thumbnail``."""
        self._urls().revoke(url)

    async def _upload(self, number: int, options: "dict[str, Any]", tells: bool) -> "Any":
        file = await self._files.upload(
            self._js_host.takeFile(number), on_progress=self._teller(number, tells), **options
        )
        return file.data

    async def _thumbnail(self, file_id: int, size: "ThumbnailSize") -> str:
        js_blob = await self._files.blob(file_id, size=size)
        return self._urls().make(js_blob)

    async def _download(self, number: int, file_id: int, options: "dict[str, Any]", tells: bool) -> None:
        js_blob = await self._files.blob(file_id, on_progress=self._teller(number, tells), **options)
        self._js_host.keepBlob(number, js_blob)

    def _urls(self) -> "BlobURLs":
        # Imported late: the module works in pages only.
        from podio_web.files.page_files import page_files

        return page_files(self._podio.context).urls

    def _teller(self, number: int, tells: bool) -> "Callable[[int, int | None], object] | None":
        """Return a function that tells the page the progress. It is a text, because numbers would be cut to 32 bits."""
        if not tells:
            return None
        return lambda sent, size: self._js_host.progress(number, json.dumps({"sent": sent, "size": size}))

    def _begin(self, number: int, work: "Coroutine[Any, Any, Any]") -> "asyncio.Task[Any]":
        self._tasks[number] = task = asyncio.create_task(self._run(number, work))
        return task

    async def _run(self, number: int, work: "Coroutine[Any, Any, Any]") -> "Any":
        try:
            return await work
        finally:
            del self._tasks[number]


JSPart = JSFiles
"""The name by which ``calls`` finds the class of an optional part."""


def _named(options: "dict[str, Any]", names: "dict[str, str]", method: str) -> "dict[str, Any]":
    unknown = [name for name in options if name not in names]
    if unknown:
        raise ValueError(
            f"{method} has no option {unknown[0]!r}. Use {', '.join(sorted(names))}, onProgress and signal"
        )
    return {names[name]: value for name, value in options.items() if value is not None}
