"""Blobs: the files of a page's JavaScript, which Python holds without a copy of their bytes.

https://w3c.github.io/FileAPI/
"""

import js

from podio_web.errors import PodioError
from podio_web.runtime.interpreter import MICROPYTHON
from podio_web.runtime.js_bridge import construct, guarded, look, quietly, read, then
from podio_web.runtime.shared_outcome import SharedOutcome

try:
    from pyodide.ffi import JsProxy
except ImportError:
    from jsffi import JsProxy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_BROKEN = "Files do not work in this page, because it has replaced the browser's Blob or URL."

# Chunks that wait in JavaScript's memory. A Blob's bytes may be on disk.
_TOGETHER = 8 << 20


def is_blob(value: object) -> bool:
    """Return whether a value is a JavaScript ``Blob`` or ``File``, of this window or of another.

    Example::

        is_blob(js.document.querySelector("#file").files.item(0))  # True
    """
    return kind_of(value) in ("[object File]", "[object Blob]")


def kind_of(value: object) -> str:
    """Return what JavaScript calls an object, such as ``[object FileList]``; an empty text for a value of Python's.

    Example::

        kind_of(js.Object.new())  # '[object Object]'
    """
    if not isinstance(value, JsProxy):
        return ""
    try:
        kind: str = guarded(js.Object.prototype.toString, value)
    except Exception:
        return ""
    return kind


def number_of(js_object: "Any", name: str) -> int:
    """Return a number that may be larger than 32 bits, to which MicroPython cuts it. It crosses as text.

    Raises RuntimeError or ValueError if there is no such number.

    Example::

        number_of(js_file, "size")  # 3000000000
    """
    js_property, js_holder = js.Object.new(), js.Object.new()
    js_property.get = js.Reflect.get.bind(None, js_object, name)
    js_property.enumerable = True
    js.Object.defineProperty(js_holder, "n", js_property)
    # MicroPython's json would read 32 bits too.
    return int(str(guarded(js.JSON.stringify, None, js_holder))[5:-1])


def blob_of(content: "str | bytes") -> "Any":
    """Return a Blob with a copy of Python's text or bytes; None if the page's Blob does not work.

    Example::

        js_blob = blob_of(b"a,b\\n1,2\\n")
    """
    if isinstance(content, str):
        # MicroPython ends a text for JavaScript at the first NUL, and drops a byte order mark.
        if not MICROPYTHON or ("\0" not in content and content[:1] != "\ufeff"):
            return construct("Blob", js.Array.of(content))
        content = content.encode()
    return construct("Blob", js.Array.of(*js_arrays(content)))


def js_arrays(content: "bytes") -> "list[Any]":
    """Return JavaScript's arrays with a copy of bytes.

    Example::

        js_arrays(b"ab")[0].byteLength  # 2
    """
    if not MICROPYTHON:
        js_array = js.Uint8Array.new(len(content))
        js_array.assign(content)
        return [js_array]
    # JavaScript fetches each element, so four bytes are one.
    from array import array

    end = len(content) // 4 * 4
    return [js.Int32Array.new(array("i", content[:end])), js.Uint8Array.new(content[end:])]


async def bytes_of(js_blob: "Any", end: "int | None" = None) -> bytes:
    """Return the bytes of a Blob, or those before ``end``. Raises PodioError if they cannot be read.

    Example::

        await bytes_of(js_blob, 4)  # b'GIF8'
    """
    try:
        js_part = js_blob if end is None else guarded(read(js_blob, "slice"), js_blob, 0, end)
        js_bytes = js.Uint8Array.new(await promised(guarded(read(js_part, "arrayBuffer"), js_part)))
    except Exception:
        raise PodioError(_BROKEN) from None
    return to_bytes(js_bytes)


async def promised(js_promise: "Any") -> "Any":
    """Return what a promise resolves to. Raises an exception if it is rejected, or not a promise.

    MicroPython would wait for ever for an object that is not a promise.

    Example::

        js_bitmap = await promised(js.createImageBitmap(js_blob))
    """
    outcome = SharedOutcome()
    then(js_promise, outcome.succeed, lambda *ignored: outcome.fail(RuntimeError("the promise was rejected")))
    return await outcome.wait()


def to_bytes(js_bytes: "Any") -> bytes:
    """Return a copy of a JavaScript Uint8Array. MicroPython needs a second for two megabytes.

    Example::

        to_bytes(js.Uint8Array.of(1, 2))  # b'\x01\x02'
    """
    if not MICROPYTHON:
        content: bytes = js_bytes.to_bytes()
        return content
    from array import array

    # The time to fill an array grows with the square of its size.
    copies = []
    for js_piece in pieces_of(js_bytes, 1 << 14):
        js_buffer, size = js_piece.buffer, js_piece.byteLength
        copies.append(bytes(array("i", js.Int32Array.new(js_buffer, 0, size // 4))))
        copies.append(bytes(js.Uint8Array.new(js_buffer, size // 4 * 4)))
    return b"".join(copies)


def pieces_of(js_bytes: "Any", size: int) -> "Iterator[Any]":
    """Yield a Uint8Array in copies of ``size`` bytes each.

    Example::

        [js_piece.byteLength for js_piece in pieces_of(js.Uint8Array.of(1, 2, 3), 2)]  # [2, 1]
    """
    for start in range(0, js_bytes.byteLength, size):
        yield js_bytes.slice(start, start + size)


def with_type(js_blob: "Any", kind: str) -> "Any":
    """Return the same Blob with another type; None if the page's Blob does not work.

    Example::

        with_type(js_file, "application/octet-stream").type  # 'application/octet-stream'
    """
    js_options = js.Object.new()
    js_options.type = kind
    return construct("Blob", js.Array.of(js_blob), js_options)


def object_url(js_blob: "Any") -> str:
    """Return a new ``blob:`` URL. Raises PodioError if the page's URL does not work.

    Example::

        url = object_url(js_blob)
    """
    url = quietly(look(js.globalThis, "URL"), "createObjectURL", js_blob)
    if not isinstance(url, str):
        raise PodioError(_BROKEN)
    return url


def revoke_url(url: str) -> None:
    """Revoke a ``blob:`` URL.

    Example::

        revoke_url(url)
    """
    quietly(look(js.globalThis, "URL"), "revokeObjectURL", url)


class BlobSink:
    """Collects a download in a Blob. ``size`` is what was received so far, in bytes.

    Example::

        sink = BlobSink()
        await files.receive(7001, sink)
        js_blob = sink.blob()
    """

    takes_js_arrays = True

    def __init__(self) -> None:
        self.size: int = 0
        self._waiting = 0
        self._js_parts: Any = js.Array.new()

    async def begin(self, size: "int | None", mimetype: str) -> None:
        """Start, or start again: what was written so far is dropped."""
        self.size = self._waiting = 0
        self._js_parts = js.Array.new()

    async def write(self, part: "Any") -> None:
        """Take the next bytes, a JavaScript Uint8Array."""
        size = part.byteLength
        self.size += size
        self._waiting += size
        self._js_parts.push(part)
        if self._waiting >= _TOGETHER:
            self._waiting = 0
            self._js_parts = js.Array.of(self.blob())

    def blob(self) -> "Any":
        """Return the Blob; None if the page's Blob does not work."""
        return construct("Blob", self._js_parts)
