"""The network and the other tabs of a page or a worker, for live updates."""

import js

from podio_web.runtime.held_lock import HeldLock, has_locks
from podio_web.runtime.js_bridge import Callback, is_offline, look, of_document, quietly
from podio_web.runtime.page import random_text
from podio_web.runtime.tab_channel import TabLine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class PageNetwork:
    """The network and the other tabs of this page or worker: the browser's implementation of ``Network``.

    Example::

        PageNetwork().is_offline()  # False
    """

    can_share = True
    is_offline: "staticmethod[[], bool]" = staticmethod(is_offline)
    hold_lock: "type[HeldLock]" = HeldLock

    def open_line(self, name: str, on_text: "Callable[[object], None]") -> TabLine:
        """Listen to the other tabs. Without locks each tab polls for itself, so they must not hear each other."""
        return TabLine(name if has_locks() else f"{name}:{random_text()}", on_text)

    def is_hidden(self) -> bool:
        """Return whether nobody sees this page. A worker does not know."""
        if look(js.globalThis, "document") is None:
            return True
        try:
            return bool(of_document("visibilityState") != "visible")
        except Exception:
            return True

    def on_online(self, callback: "Callable[[], object]") -> "Callable[[], None]":
        """Call ``callback`` when the device goes online. Returns a function that ends this."""
        return _listen("online", callback)

    def on_offline(self, callback: "Callable[[], object]") -> "Callable[[], None]":
        """Call ``callback`` when the device goes offline. Returns a function that ends this."""
        return _listen("offline", callback)


def _listen(event: str, callback: "Callable[[], object]") -> "Callable[[], None]":
    function = Callback(lambda js_event: callback())
    # A worker has no window.
    quietly(js.globalThis, "addEventListener", event, function.js_function)

    def stop() -> None:
        quietly(js.globalThis, "removeEventListener", event, function.js_function)
        function.release()

    return stop
