"""A channel to the other tabs of this origin.

https://html.spec.whatwg.org/multipage/web-messaging.html#broadcasting-to-other-browsing-contexts
"""

from podio_web.runtime.js_bridge import Callback, construct, look, quietly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class TabLine:
    """A BroadcastChannel for texts. If the browser does not allow one, such as without cookies, no message arrives.

    >>> line = TabLine("podio-web:tabs", print)
    >>> line.send("logged_out")
    >>> line.close()
    """

    def __init__(self, name: str, on_text: "Callable[[object], None]") -> None:
        self._on_text = on_text
        self._callback = Callback(self._heard)
        self._js_channel = construct("BroadcastChannel", name)
        quietly(self._js_channel, "addEventListener", "message", self._callback.js_function)

    def send(self, text: str) -> None:
        """Send ``text`` to every other tab."""
        quietly(self._js_channel, "postMessage", text)

    def close(self) -> None:
        """Stop listening."""
        # A closed channel keeps its listeners.
        quietly(self._js_channel, "removeEventListener", "message", self._callback.js_function)
        quietly(self._js_channel, "close")
        self._callback.release()

    def _heard(self, js_event: "Any") -> None:
        self._on_text(look(js_event, "data"))
