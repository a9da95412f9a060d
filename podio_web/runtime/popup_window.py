"""A popup window: opening it, hearing from it, looking at it, letting go of it.

https://html.spec.whatwg.org/#window-open-steps
"""

import js

from podio_web.auth.popup_closed import TICK
from podio_web.runtime.js_bridge import (
    Callback,
    guarded,
    look,
    of_document,
    own_origin,
    quietly,
    read,
    same_object,
    without_python,
)
from podio_web.runtime.tab_channel import TabLine
from podio_web.runtime.timers import after

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

WIDTH = 500
HEIGHT = 680


class PopupWindow:
    """A popup that is being opened and listened to; ``close`` lets go of everything.

    Raises RuntimeError or TypeError when the page has no ``window.open`` at all.
    """

    def __init__(
        self,
        url: str,
        channel: str,
        on_message: "Callable[[object, bool], None]",
        on_tick: "Callable[[bool, bool, str], None]",
        on_blocked: "Callable[[], None]",
    ) -> None:
        self._url = url
        self._on_message = on_message
        self._on_tick = on_tick
        self._on_blocked = on_blocked
        self._js_window: Any = None
        self._stop_ticking = _nothing
        self._open = True
        self._asked = 0
        self._callbacks = [Callback(each) for each in (self._opened, self._failed, self._posted)]
        self._js_opened, self._js_failed, self._js_posted = (each.js_function for each in self._callbacks)
        # The channel works even where Cross-Origin-Opener-Policy has cut the link between the windows.
        self._line = TabLine(channel, lambda data: on_message(data, False))
        quietly(js.window, "addEventListener", "message", self._js_posted)
        try:
            self.open_again()
        except Exception:
            self.close()
            raise

    def open_again(self) -> None:
        """Open a window; one that was opened before is no longer looked at."""
        # Firefox lets other events run while a window opens, and what they call must not find Python in the middle of
        # something. Blank first, so that the new window is of this origin while Python looks at it.
        js_open = js.window.open.bind(js.window, "", "_blank", _features())
        without_python(js_open, self._js_opened, self._js_failed)
        self._asked += 1

    def focus(self) -> None:
        """Bring the window to the front."""
        quietly(self._js_window, "focus")

    def acknowledge(self, text: str) -> None:
        """Answer on both ways that the message may have come."""
        self._line.send(text)
        quietly(self._js_window, "postMessage", text, own_origin())

    def close(self) -> None:
        """Close the window; stop listening and ticking. Closing twice is fine."""
        if not self._open:
            return
        self._open = False
        self._stop_ticking()
        quietly(js.window, "removeEventListener", "message", self._js_posted)
        self._line.close()
        quietly(self._js_window, "close")
        if not self._asked:
            self._release()

    def _release(self) -> None:
        for callback in self._callbacks:
            callback.release()
        self._js_posted = self._js_opened = self._js_failed = self._js_window = None

    def _opened(self, js_value: "Any" = None) -> None:
        """Learn what the browser made of the wish for a window; until then the callbacks must stay."""
        self._asked -= 1
        js_window = _new_window(js_value)
        if not self._open:
            quietly(js_window, "close")
            if not self._asked:
                self._release()
        elif js_window is not None:
            self._js_window = js_window
            self._stop_ticking()
            self._stop_ticking = after(TICK, self._tick)
            quietly(look(js_window, "location"), "replace", self._url)
        elif self._js_window is None:
            self._on_blocked()

    def _failed(self, *ignored: object) -> None:
        """A page's own ``window.open``, or an extension's, may throw where the browser's returns null."""
        self._opened(None)

    def _posted(self, js_event: "Any") -> None:
        # Any window may post here: nothing of the event is looked at before its origin.
        if look(js_event, "origin") == own_origin():
            own = self._js_window is not None and same_object(look(js_event, "source"), self._js_window)
            self._on_message(look(js_event, "data"), own)

    def _tick(self) -> None:
        self._stop_ticking = after(TICK, self._tick)
        try:
            closed = bool(read(self._js_window, "closed"))
            focused = bool(guarded(of_document("hasFocus"), js.document))
        except Exception:
            return
        self._on_tick(closed, focused, self._page())

    def _page(self) -> str:
        """Return the address, without query and fragment, of a page of this origin in the window; else ''."""
        try:
            address = read(read(self._js_window, "location"), "href")
        except Exception:  # another origin's
            return ""
        is_ours = isinstance(address, str) and address.startswith(f"{own_origin()}/")
        return address.partition("#")[0].partition("?")[0] if is_ours else ""


def _new_window(js_value: "Any") -> "Any":
    """Return the window that has just been opened; None for anything else that comes out of ``window.open``.

    Extensions and wrappers make it return objects of their own, or a frame's window; the browsers of some apps, and
    Firefox with ``browser.link.open_newwindow`` 1, this very window.
    """
    try:
        # Of a Proxy around a window, the window itself.
        js_window = read(js_value, "window")
        is_window = same_object(read(js_window, "window"), js_window)
        is_on_top = same_object(read(js_window, "parent"), js_window)
        is_new = read(read(js_window, "location"), "href") == "about:blank"
        return js_window if is_window and is_on_top and is_new and not read(js_window, "closed") else None
    except Exception:
        return None


def _features() -> str:
    """Return where the window opens: over the middle of this one."""
    try:
        left = read(js.window, "screenX") + max(0, (read(js.window, "outerWidth") - WIDTH) // 2)
        top = read(js.window, "screenY") + max(0, (read(js.window, "outerHeight") - HEIGHT) // 2)
        return f"popup=yes,width={WIDTH},height={HEIGHT},left={int(left)},top={int(top)}"
    except Exception:  # the page has variables of these names
        return f"popup=yes,width={WIDTH},height={HEIGHT}"


def _nothing() -> None:
    """Stop nothing."""
