"""What ``Files`` does in a page only: show thumbnails, hand out Blobs, and save files through the browser."""

from podio_web.errors import ConnectionFailed, LoginRequired, NotFoundError, TimedOut
from podio_web.files.blob_urls import BlobURLs
from podio_web.files.file import File, file_id_of
from podio_web.files.links import check_size
from podio_web.files.names import safe_name
from podio_web.files.pictures import FIRST, OCTETS, picture_type, smaller
from podio_web.files.queue import Queue
from podio_web.http.response import error_of
from podio_web.runtime.blobs import BlobSink, bytes_of, object_url, revoke_url, with_type
from podio_web.runtime.elements import Pictures, drawn, save_link
from podio_web.runtime.shared_outcome import within
from podio_web.transports.page_files import PageFileTransport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from podio_web.auth.context import Context
    from podio_web.files.files import Files, Progress
    from podio_web.http import Request, Response
    from podio_web.types import ThumbnailSize

AT_ONCE = 5
"""The downloads that run at the same time. The time limits would count while the browser lets others wait."""

MOST_KEPT = 100
"""The thumbnails that are kept. With one more, the oldest is forgotten."""

DRAWN_WITHIN = 30.0
"""Seconds that the browser may need to make a picture smaller."""

SAVED_AFTER = 60.0
"""Seconds after which the ``blob:`` URL of a saved file is revoked. The browser has begun to read it then."""


class PageFiles:
    """The files of one client in a page: its transport, ``blob:`` URLs and thumbnails.

    They are given up when the user signs out or changes, and when the client is closed.

    Example::

        PageFiles(context).transport
    """

    def __init__(self, context: "Context") -> None:
        self.transport: PageFileTransport = PageFileTransport(context.runtime)
        self.urls: BlobURLs = BlobURLs(object_url, revoke_url)
        self.pictures: Pictures = Pictures()
        self.queue: Queue = Queue(AT_ONCE, context.runtime)
        # Whether the origin of file links answers this page.
        self.has_thumbnails: bool = True
        # By number and size, the oldest first. MicroPython's dicts have no order. Each session has a list of its own.
        self.kept: list[tuple[tuple[int, str], Any]] = []
        context.events.on("logged_out", self._forget)
        context.events.on("account_changed", self._forget)

    def close(self) -> None:
        """Revoke every URL."""
        self._forget()

    def keep(self, key: "tuple[int, str]", js_blob: "Any") -> None:
        """Keep a thumbnail."""
        self.kept.append((key, js_blob))
        if len(self.kept) > MOST_KEPT:
            self.kept.pop(0)

    def _forget(self, detail: object = None) -> None:
        self.urls.revoke_all()
        self.kept = []


def page_files(context: "Context") -> PageFiles:
    """Return the files of a client in a page. They are made once.

    Example::

        page_files(podio.context).transport
    """
    if context.files is None:
        context.files = PageFiles(context)
    found: PageFiles = context.files
    return found


async def show(files: "Files", file: "File | int", image: "Any", size: "ThumbnailSize") -> None:
    """Fetch a thumbnail, and let an ``<img>`` element show it.

    Its ``blob:`` URL is revoked when the element has loaded it. Raises ValueError if the file is not a picture.

    Example::

        await show(files, file, js_image, "medium")
    """
    page = page_files(files.podio.context)
    file_id = file_id_of(file)
    js_turn = page.pictures.ask(image)
    js_blob = await thumbnail(files, file_id, size)
    if page.pictures.is_last(image, js_turn):
        url = page.urls.make(js_blob)
        page.pictures.put(image, url, lambda: page.urls.revoke(url))


async def thumbnail(files: "Files", file: "File | int", size: "ThumbnailSize") -> "Any":
    """Return a Blob with a thumbnail, a picture that may be shown. Raises ValueError if the file is not a picture.

    It is fetched from the origin of file links. If that does not answer pages, the original is made smaller here.
    Raises LoginRequired if the session ends meanwhile.

    Example::

        js_blob = await thumbnail(files, file, "medium")
    """
    context = files.podio.context
    page = page_files(context)
    key, kept = (file_id_of(file), check_size(size)), page.kept
    for known, js_kept in kept:
        if known == key:
            return js_kept
    try:
        js_blob = await _small(files, key[0], size)
    except TimedOut:
        raise
    except (ConnectionFailed, NotFoundError) as problem:
        js_blob = await _made_small(files, key[0], size)
        page.has_thumbnails = isinstance(problem, NotFoundError)
    if page.kept is not kept:
        # Nobody else may see it.
        raise LoginRequired(f"The session ended while a thumbnail was made. {context.identity.how_to_sign_in}")
    page.keep(key, js_blob)
    return js_blob


async def blob(
    files: "Files", file: "File | int", size: "ThumbnailSize | None" = None, on_progress: "Progress | None" = None
) -> "Any":
    """Return a JavaScript Blob with a file, or with its thumbnail if there is a ``size``.

    Its type is that of the picture which it contains, and ``application/octet-stream`` for everything else.
    ``on_progress`` is called with the bytes received and the size of the file.

    Example::

        js_blob = await blob(files, file)
    """
    if size is not None:
        return await thumbnail(files, file, size)
    js_blob, _ = await _typed(await _received(files, file_id_of(file), on_progress=on_progress))
    return js_blob


async def read(files: "Files", file: "File | int", size: "ThumbnailSize") -> bytes:
    """Return the bytes of a thumbnail. Raises ValueError if the file is not a picture.

    Example::

        content = await read(files, file, "small")
    """
    return await bytes_of(await thumbnail(files, file, size))


async def save(files: "Files", file: "File | int", size: "ThumbnailSize | None" = None, **options: "Any") -> None:
    """Download a file, or its thumbnail of a ``size``, and let the browser save it under the name of the file.

    It is never opened in the page. ``options`` are those of ``Files.download``. A thumbnail may be kept already, so it
    has none.

    Example::

        await save(files, file)
    """
    context = files.podio.context
    page = page_files(context)
    if not isinstance(file, File):
        file = File(await files.podio.get(f"/file/{file_id_of(file)}"))
    js_blob = await (_received(files, file.file_id, **options) if size is None else thumbnail(files, file, size))
    url = page.urls.make(with_type(js_blob, OCTETS))
    context.runtime.after(SAVED_AFTER, lambda: page.urls.revoke(url))
    save_link(url, safe_name(file.name))


async def _received(
    files: "Files",
    file_id: int,
    size: "ThumbnailSize | None" = None,
    check: "Callable[[Request, Response], object] | None" = None,
    **options: "Any",
) -> "Any":
    """Download a file, or its thumbnail of a ``size``, into a Blob. ``options`` are those of ``Files.receive``."""
    sink = BlobSink()
    async with page_files(files.podio.context).queue.place():
        await files.receive(file_id, sink, size=size, check=check, **options)
    return sink.blob()


async def _typed(js_blob: "Any") -> "tuple[Any, str]":
    """Return a Blob with the type that its content has, and that type."""
    kind = picture_type(await bytes_of(js_blob, FIRST))
    return with_type(js_blob, kind), kind


async def _small(files: "Files", file_id: int, size: "ThumbnailSize") -> "Any":
    """Return a thumbnail from the origin of file links. Raises ConnectionFailed or NotFoundError without one."""
    page = page_files(files.podio.context)
    if files.links is None or not page.has_thumbnails:
        raise ConnectionFailed("The origin of file links does not answer pages.")
    js_blob, kind = await _typed(await _received(files, file_id, size, _check_link))
    if kind == OCTETS:
        raise ConnectionFailed("This thumbnail is not a picture.")
    return js_blob


def _check_link(request: "Request", response: "Response") -> None:
    """Refuse an unsuccessful response before it ends the session: only the API knows whether the token is valid."""
    if response.status == 404:
        raise error_of(request, response)
    if not 200 <= response.status < 300:
        raise ConnectionFailed(f"{response.status} for the thumbnail.", method=request.method, path=request.path)


async def _made_small(files: "Files", file_id: int, size: "ThumbnailSize") -> "Any":
    """Return a thumbnail that is made of the original here. Raises ValueError if that is not a picture."""
    js_blob, kind = await _typed(await _received(files, file_id))
    try:
        if kind == OCTETS:
            raise ValueError(kind)
        drawing = drawn(js_blob, lambda width, height: smaller(width, height, size), kind)
        js_small = await within(DRAWN_WITHIN, drawing, ValueError("late"), files.podio.context.runtime)
    except Exception:
        raise ValueError(f"File {file_id} is not a picture that this browser can show") from None
    # A browser that cannot write this type writes PNG instead.
    js_blob, _ = await _typed(js_small)
    return js_blob
