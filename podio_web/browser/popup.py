"""A popup window: opening it, hearing from it, looking at it, letting go of it.

https://html.spec.whatwg.org/#window-open-steps
"""

import js

from podio_web.browser.bridge import Callback, of_document, or_none, same_object, without_python
from podio_web.session.popup_watch import TICK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

WIDTH = 500
HEIGHT = 680


class PopupWindow:
    """A popup that is being opened and listened to; ``close`` lets go of everything."""

    def __init__(
        self,
        url: str,
        channel: str,
        on_message: "Callable[[object, bool], None]",
        on_tick: "Callable[[bool, bool], None]",
        on_blocked: "Callable[[], None]",
    ) -> None:
        self._url = url
        self._on_message = on_message
        self._on_tick = on_tick
        self._on_blocked = on_blocked
        self._js_window: Any = None
        self._timer: Any = None
        self._open = True
        self._asked = False
        heard = (self._opened, self._failed, self._posted, self._broadcast, self._tick)
        self._callbacks = [Callback(each) for each in heard]
        opened, failed, self._js_posted, broadcast, self._js_tick = (each.js_function for each in self._callbacks)
        # The channel works even where Cross-Origin-Opener-Policy has cut the link between the windows.
        self._js_channel = js.BroadcastChannel.new(channel)
        self._js_channel.addEventListener("message", broadcast)
        js.window.addEventListener("message", self._js_posted)
        # Firefox lets other events run while a window opens, and what they call must not find Python in the middle of
        # something. Blank first, so that the new window is of this origin while Python looks at it.
        without_python(js.window.open.bind(js.window, "", "_blank", _features())).then(opened, failed)

    def focus(self) -> None:
        """Bring the window to the front."""
        if self._js_window is not None:
            self._js_window.focus()

    def acknowledge(self, text: str) -> None:
        """Answer on both ways that the message may have come."""
        self._js_channel.postMessage(text)
        if self._js_window is not None and not self._js_window.closed:
            self._js_window.postMessage(text, js.location.origin)

    def close(self) -> None:
        """Close the window; stop listening and ticking. Closing twice is fine."""
        if not self._open:
            return
        self._open = False
        if self._timer is not None:
            js.clearInterval(self._timer)
        js.window.removeEventListener("message", self._js_posted)
        self._js_channel.close()
        if self._js_window is not None:
            self._js_window.close()
        if self._asked:
            self._release()

    def _release(self) -> None:
        for callback in self._callbacks:
            callback.release()
        self._js_posted = self._js_tick = self._js_channel = self._js_window = None

    def _opened(self, js_window: "Any") -> None:
        """Learn what the browser made of the wish for a window; until then the callbacks must stay."""
        self._asked = True
        is_there = or_none(js_window) is not None and not js_window.closed
        if not self._open:
            if is_there:
                js_window.close()
            self._release()
            return
        if not is_there:
            self._on_blocked()
            return
        self._js_window = js_window
        js_window.location.replace(self._url)
        self._timer = js.setInterval(self._js_tick, int(TICK * 1000))

    def _failed(self, *ignored: object) -> None:
        """A page's own ``window.open``, or an extension's, may throw where the browser's returns null."""
        self._opened(None)

    def _posted(self, js_event: "Any") -> None:
        # Any window may post here: nothing of the event is looked at before its origin.
        if js_event.origin == js.location.origin:
            own = self._js_window is not None and same_object(js_event.source, self._js_window)
            self._on_message(js_event.data, own)

    def _broadcast(self, js_event: "Any") -> None:
        self._on_message(js_event.data, False)

    def _tick(self, *ignored: object) -> None:
        self._on_tick(bool(self._js_window.closed), bool(of_document("hasFocus").call(js.document)))


def _features() -> str:
    """Return where the window opens: over the middle of this one."""
    left = js.window.screenX + max(0, (js.window.outerWidth - WIDTH) // 2)
    top = js.window.screenY + max(0, (js.window.outerHeight - HEIGHT) // 2)
    return f"popup=yes,width={WIDTH},height={HEIGHT},left={int(left)},top={int(top)}"
