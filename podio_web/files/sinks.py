"""Where a download goes: into memory, or through the watch that limits it."""

from podio_web.errors import PodioError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.files.watch import Watch
    from podio_web.types import FileSink


class BytesSink:
    """Collects a file of at most ``largest`` bytes.

    >>> sink = BytesSink(10)
    >>> await sink.begin(3, "text/csv")
    >>> await sink.write(b"a,b")
    >>> sink.content()
    b'a,b'
    """

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._parts: list[bytes] = []
        self._size = 0

    async def begin(self, size: "int | None", mimetype: str) -> None:
        """Start, or start again. Raises PodioError if the file is too large."""
        self._parts = []
        self._size = 0
        self._check(size or 0)

    async def write(self, part: bytes) -> None:
        """Take the next bytes. Raises PodioError if the file is too large: its size may have been wrong or missing."""
        self._size += len(part)
        self._check(self._size)
        self._parts.append(part)

    def content(self) -> bytes:
        """Return the whole file."""
        return b"".join(self._parts)

    def _check(self, size: int) -> None:
        if size > self._largest:
            raise PodioError(
                f"The file is larger than {self._largest} bytes. Use download() or open(), which do not hold it in "
                "memory, or pass a larger limit: read(file, largest=...)."
            )


class WatchedSink:
    """Passes a download on to ``sink``, and tells ``watch`` when it begins.

    ``takes_js_arrays``: whether the sink takes the arrays of a page's JavaScript; see ``PageFileTransport.download``.

    >>> sink = WatchedSink(BytesSink(10), watch)
    """

    def __init__(self, sink: "FileSink", watch: "Watch") -> None:
        self.takes_js_arrays: bool = getattr(sink, "takes_js_arrays", False)
        self._watch = watch
        self._sink = sink

    async def begin(self, size: "int | None", mimetype: str) -> None:
        """Start, or start again."""
        self._watch.begin(size)
        await self._sink.begin(size, mimetype)

    async def write(self, part: bytes) -> None:
        """Take the next bytes, unless the transfer was stopped: a session may have ended meanwhile."""
        self._watch.confirm()
        await self._sink.write(part)
