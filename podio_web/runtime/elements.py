"""The page's elements that files need: a picture, a canvas to make it smaller, a link to save a file.

https://html.spec.whatwg.org/multipage/
"""

import js

from podio_web.errors import PodioError
from podio_web.runtime.blobs import promised
from podio_web.runtime.js_bridge import Callback, guarded, look, of_document, or_none, put, quietly, read, same_object
from podio_web.runtime.shared_outcome import SharedOutcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Pictures:
    """Puts pictures into ``img`` elements. If two are on their way to one element, it gets the one that was asked last.

    Example::

        pictures = Pictures()
        turn = pictures.ask(js_image)
        if pictures.is_last(js_image, turn):
            pictures.put(js_image, url, revoke)
    """

    def __init__(self) -> None:
        self._js_turns: Any = js.WeakMap.new()

    def ask(self, js_image: "Any") -> "Any":
        """Return the turn of a picture that is about to be fetched. Raises TypeError if it is not an image element."""
        if not isinstance(look(js_image, "naturalWidth"), int):
            raise TypeError("image must be an <img> element of the page")
        js_turn = js.Object.new()
        self._js_turns.set(js_image, js_turn)
        return js_turn

    def is_last(self, js_image: "Any", js_turn: "Any") -> bool:
        """Return whether no other picture was asked for since."""
        return same_object(self._js_turns.get(js_image), js_turn)

    def put(self, js_image: "Any", url: str, done: "Callable[[], object]") -> None:
        """Let an element show a URL, and call ``done`` when it shows it or has failed."""
        events = ("load", "error")

        def heard(*ignored: object) -> None:
            for event in events:
                quietly(js_image, "removeEventListener", event, callback.js_function)
            callback.release()
            done()

        callback = Callback(heard)
        for event in events:
            quietly(js_image, "addEventListener", event, callback.js_function)
        # A lazy one might look at its URL after that was revoked.
        put(js_image, "loading", "eager")
        put(js_image, "src", url)


async def drawn(js_blob: "Any", smaller: "Callable[[int, int], tuple[int, int] | None]", kind: str) -> "Any":
    """Return a picture as a smaller Blob of the type ``kind``, or as it is if ``smaller`` returns None for its size.

    Raises an exception if the browser cannot read the picture.

    Example::

        js_small = await drawn(js_blob, lambda width, height: (80, 60), "image/png")
    """
    js_bitmap = await promised(guarded(read(js.globalThis, "createImageBitmap"), None, js_blob))
    try:
        size = smaller(read(js_bitmap, "width"), read(js_bitmap, "height"))
        if size is None:
            return js_blob
        js_canvas = guarded(of_document("createElement"), js.document, "canvas")
        js_canvas.width, js_canvas.height = size
        js_context = guarded(read(js_canvas, "getContext"), js_canvas, "2d")
        js_context.imageSmoothingQuality = "high"
        guarded(read(js_context, "drawImage"), js_context, js_bitmap, 0, 0, size[0], size[1])
        outcome = SharedOutcome()
        callback = Callback(outcome.succeed)
        try:
            guarded(read(js_canvas, "toBlob"), js_canvas, callback.js_function, kind)
            js_small = or_none(await outcome.wait())
        finally:
            callback.release()
        if js_small is None:
            raise RuntimeError("the canvas is empty")
        return js_small
    finally:
        quietly(js_bitmap, "close")


def save_link(url: str, name: str) -> None:
    """Let the browser save what is at a ``blob:`` URL, under a name. Raises PodioError if it cannot.

    Example::

        save_link(url, "report.pdf")
    """
    try:
        js_link = guarded(of_document("createElement"), js.document, "a")
        js_link.href = url
        js_link.download = name
        guarded(read(js_link, "click"), js_link)
    except Exception:
        raise PodioError("The file cannot be saved, because this page has replaced the browser's links.") from None
