"""A popup window: open it, receive its messages, watch it and close it.

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
    """A popup that is opened, watched and listened to until ``close``.

    The arguments are those of ``PopupOpener.open_popup``. Raises RuntimeError or TypeError if the page has no
    ``window.open``.

    >>> popup = PopupWindow(url, channel, on_message, on_tick, on_blocked)
    >>> popup.close()
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
        # The channel works even if Cross-Origin-Opener-Policy has cut the link between the windows.
        self._line = TabLine(channel, lambda data: on_message(data, False))
        quietly(js.window, "addEventListener", "message", self._js_posted)
        try:
            self.open_again()
        except Exception:
            self.close()
            raise

    def open_again(self) -> None:
        """Open a window. A window that was opened before is no longer watched."""
        # Firefox runs other events while a window opens, so no Python may be on the stack. The window is blank at
        # first, so that it is of this origin while Python checks it.
        js_open = js.window.open.bind(js.window, "", "_blank", _features())
        without_python(js_open, self._js_opened, self._js_failed)
        self._asked += 1

    def focus(self) -> None:
        """Bring the window to the front."""
        quietly(self._js_window, "focus")

    def acknowledge(self, text: str) -> None:
        """Send an acknowledgement through the channel and to the window."""
        self._line.send(text)
        quietly(self._js_window, "postMessage", text, own_origin())

    def close(self) -> None:
        """Close the window and stop listening. Closing twice has no effect."""
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
        """Receive the result of ``window.open``. The callbacks must exist until then."""
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
        """Handle an exception: the ``window.open`` of a page or an extension may throw instead of returning null."""
        self._opened(None)

    def _posted(self, js_event: "Any") -> None:
        # Any window can post messages here, so the origin is checked first.
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
        """Return the window's URL without query and fragment, or an empty text if its origin is another one."""
        try:
            address = read(read(self._js_window, "location"), "href")
        except Exception:  # a page of another origin
            return ""
        is_ours = isinstance(address, str) and address.startswith(f"{own_origin()}/")
        return address.partition("#")[0].partition("?")[0] if is_ours else ""


def _new_window(js_value: "Any") -> "Any":
    """Return the new window, or None if ``window.open`` returned anything else.

    Because of extensions and wrappers, it may return another object, or the window of a frame. In the browsers of some
    apps, and in Firefox with ``browser.link.open_newwindow`` 1, it returns the current window.
    """
    try:
        # If it is a Proxy around a window, this is the window itself.
        js_window = read(js_value, "window")
        is_window = same_object(read(js_window, "window"), js_window)
        is_on_top = same_object(read(js_window, "parent"), js_window)
        is_new = read(read(js_window, "location"), "href") == "about:blank"
        return js_window if is_window and is_on_top and is_new and not read(js_window, "closed") else None
    except Exception:
        return None


def _features() -> str:
    """Return the features of the window: centered over the current one."""
    try:
        left = read(js.window, "screenX") + max(0, (read(js.window, "outerWidth") - WIDTH) // 2)
        top = read(js.window, "screenY") + max(0, (read(js.window, "outerHeight") - HEIGHT) // 2)
        return f"popup=yes,width={WIDTH},height={HEIGHT},left={int(left)},top={int(top)}"
    except Exception:  # the page has variables of these names
        return f"popup=yes,width={WIDTH},height={HEIGHT}"


def _nothing() -> None:
    """Do nothing."""
