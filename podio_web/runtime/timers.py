"""The page's timers and clock, and its coming into sight and going.

https://html.spec.whatwg.org/#timers
"""

import asyncio
import time

import js

from podio_web.errors import PodioError
from podio_web.runtime.js_bridge import Callback, guarded, look, quietly, read
from podio_web.stores.text import KEY_PREFIX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def monotonic_clock() -> "Callable[[], float]":
    """Return a clock that nobody puts back, in seconds (https://www.w3.org/TR/hr-time-3/).

    Whether the browser's works is found out here, once: a call looks at it several times, and care takes long.

    >>> monotonic = monotonic_clock()
    >>> monotonic() <= monotonic()
    True
    """
    works = isinstance(quietly(look(js.globalThis, "performance"), "now"), (int, float))
    return (lambda: float(js.performance.now() / 1000)) if works else time.time


def after(seconds: float, callback: "Callable[[], object]") -> "Callable[[], None]":
    """Call ``callback`` once, later; returns a function that prevents it. Raises PodioError where there is no timer.

    >>> stop = after(2.0, print)
    """
    timer = _Timer(callback)
    try:
        timer.js_id = guarded(js.setTimeout, js.globalThis, timer.callback.js_function, int(seconds * 1000))
    except Exception:
        raise PodioError("This page's setTimeout does not work, and without it nothing would end in time.") from None
    return timer.stop


class _Timer:
    """One timer, whose function is let go of when it has been called or prevented."""

    def __init__(self, callback: "Callable[[], object]") -> None:
        self.callback = Callback(self._over)
        self.js_id: object = None
        self._call = callback
        self._waiting = True

    def stop(self) -> None:
        """Prevent the call."""
        if self._waiting:
            self._waiting = False
            try:
                guarded(read(js.globalThis, "clearTimeout"), js.globalThis, self.js_id)
            except Exception:
                return  # it rings all the same
            self.callback.release()

    def _over(self, *ignored: object) -> None:
        was_waiting, self._waiting = self._waiting, False
        self.callback.release()
        if was_waiting:
            self._call()


def on_wake(callback: "Callable[[], object]") -> "Callable[[], None]":
    """Call ``callback`` whenever the page comes back into sight, also out of the back-forward cache.

    https://html.spec.whatwg.org/#page-visibility

    >>> stop = on_wake(look_at_the_clock)
    """
    # Both reach the window. An element with such a name would replace the document's own addEventListener.
    return _listen(("visibilitychange", "pageshow"), lambda js_event: callback())


def on_leave(callback: "Callable[[], object]") -> "Callable[[], None]":
    """Call ``callback`` whenever the page is about to be left (https://html.spec.whatwg.org/#event-pagehide).

    >>> stop = on_leave(write_down)
    """
    return _listen(("pagehide",), lambda js_event: callback())


def on_emptied(callback: "Callable[[], object]") -> "Callable[[], None]":
    """Call ``callback`` when another tab removes a session from localStorage, or everything.

    https://html.spec.whatwg.org/multipage/webstorage.html#the-storage-event

    >>> stop = on_emptied(look_into_the_store)
    """

    def heard(js_event: "Any") -> None:
        key = look(js_event, "key")
        if look(js_event, "newValue") is None and (not isinstance(key, str) or key.startswith(KEY_PREFIX)):
            callback()

    return _listen(("storage",), heard)


def _listen(events: "tuple[str, ...]", callback: "Callable[[Any], object]") -> "Callable[[], None]":
    function = Callback(callback)
    for event in events:
        quietly(js.window, "addEventListener", event, function.js_function)

    def stop() -> None:
        for event in events:
            quietly(js.window, "removeEventListener", event, function.js_function)
        function.release()

    return stop


def go_on_at_once() -> None:
    """Let MicroPython continue a task when it can, not in a timer's task: a page that starts has others before that.

    For an interpreter that is ours, before it has any task. Others keep their timers.
    https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#microtask-queuing

    >>> go_on_at_once()
    """
    core: Any = getattr(asyncio, "core", None)
    if hasattr(core, "TaskQueue"):
        core._task_queue = core.TaskQueue(lambda _: js.queueMicrotask(core._run_iter))
