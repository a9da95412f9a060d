"""A popup window: opening it, hearing from it, looking at it, letting go of it.

https://html.spec.whatwg.org/#window-open-steps
"""

import js

from podio_web.browser.bridge import Callback, or_none, same_object
from podio_web.session.popup_watch import TICK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

WIDTH = 500
HEIGHT = 680


class PopupWindow:
    """A popup that is being listened to; ``close`` lets go of everything."""

    def __init__(
        self,
        js_window: "Any",
        channel: str,
        on_message: "Callable[[object, bool], None]",
        on_tick: "Callable[[bool, bool], None]",
    ) -> None:
        self._js_window = js_window
        self._on_message = on_message
        self._on_tick = on_tick
        self._callbacks = [Callback(self._posted), Callback(self._broadcast), Callback(self._tick)]
        posted, broadcast, tick = (callback.js_function for callback in self._callbacks)
        self._js_posted = posted
        # The channel works even where Cross-Origin-Opener-Policy has cut the link between the windows.
        self._js_channel = js.BroadcastChannel.new(channel)
        self._js_channel.addEventListener("message", broadcast)
        js.window.addEventListener("message", posted)
        self._timer = js.setInterval(tick, int(TICK * 1000))
        self._open = True

    def focus(self) -> None:
        """Bring the window to the front."""
        self._js_window.focus()

    def acknowledge(self, text: str) -> None:
        """Answer on both ways that the message may have come."""
        self._js_channel.postMessage(text)
        if not self._js_window.closed:
            self._js_window.postMessage(text, js.location.origin)

    def close(self) -> None:
        """Close the window; stop listening and ticking. Closing twice is fine."""
        if not self._open:
            return
        self._open = False
        js.clearInterval(self._timer)
        js.window.removeEventListener("message", self._js_posted)
        self._js_channel.close()
        self._js_window.close()
        for callback in self._callbacks:
            callback.release()

    def _posted(self, js_event: "Any") -> None:
        # Any window may post here: nothing of the event is looked at before its origin.
        if js_event.origin == js.location.origin:
            self._on_message(js_event.data, same_object(js_event.source, self._js_window))

    def _broadcast(self, js_event: "Any") -> None:
        self._on_message(js_event.data, False)

    def _tick(self, *ignored: object) -> None:
        self._on_tick(bool(self._js_window.closed), bool(js.document.hasFocus()))


def open_popup(
    url: str,
    channel: str,
    on_message: "Callable[[object, bool], None]",
    on_tick: "Callable[[bool, bool], None]",
) -> "PopupWindow | None":
    """Open ``url`` over the middle of this window; None when the browser blocked it."""
    left = js.window.screenX + max(0, (js.window.outerWidth - WIDTH) // 2)
    top = js.window.screenY + max(0, (js.window.outerHeight - HEIGHT) // 2)
    features = f"popup=yes,width={WIDTH},height={HEIGHT},left={int(left)},top={int(top)}"
    js_window = or_none(js.window.open(url, "_blank", features))
    if js_window is None or js_window.closed:
        return None
    return PopupWindow(js_window, channel, on_message, on_tick)
