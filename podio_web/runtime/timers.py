"""The page's timers and clock, and its events.

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
    """Return a monotonic clock in seconds (https://www.w3.org/TR/hr-time-3/).

    The browser's clock is checked here once, because a request reads it several times and the check is slow.

    >>> monotonic = monotonic_clock()
    >>> monotonic() <= monotonic()
    True
    """
    works = isinstance(quietly(look(js.globalThis, "performance"), "now"), (int, float))
    return (lambda: float(js.performance.now() / 1000)) if works else time.time


def after(seconds: float, callback: "Callable[[], object]") -> "Callable[[], None]":
    """Call ``callback`` once after ``seconds``. Returns a function that prevents it.

    Raises PodioError if the page's ``setTimeout`` does not work.

    >>> stop = after(2.0, print)
    >>> stop()
    """
    timer = _Timer(callback)
    try:
        timer.js_id = guarded(js.setTimeout, js.globalThis, timer.callback.js_function, int(seconds * 1000))
    except Exception:
        raise PodioError("This page's setTimeout does not work. Without it, timeouts are not possible.") from None
    return timer.stop


class _Timer:
    """A timer. Its function is released after it was called or prevented."""

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
                return  # the timer fires all the same
            self.callback.release()

    def _over(self, *ignored: object) -> None:
        was_waiting, self._waiting = self._waiting, False
        self.callback.release()
        if was_waiting:
            self._call()


def on_wake(callback: "Callable[[], object]") -> "Callable[[], None]":
    """Call ``callback`` whenever the page becomes visible, also from the back-forward cache.

    Returns a function that ends this.

    https://html.spec.whatwg.org/#page-visibility

    >>> stop = on_wake(look_at_the_clock)
    """
    # Both events reach the window. An element with that name could replace the document's addEventListener.
    return _listen(("visibilitychange", "pageshow"), lambda js_event: callback())


def on_leave(callback: "Callable[[], object]") -> "Callable[[], None]":
    """Call ``callback`` whenever the page is about to be left. Returns a function that ends this.

    https://html.spec.whatwg.org/#event-pagehide

    >>> stop = on_leave(write_down)
    """
    return _listen(("pagehide",), lambda js_event: callback())


def on_emptied(callback: "Callable[[], object]") -> "Callable[[], None]":
    """Call ``callback`` when another tab removes a session from localStorage, or clears it.

    Returns a function that ends this.

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
    """Let MicroPython continue a task in a microtask instead of a timer, which is slow while a page starts.

    Call it before the interpreter has any task, and only if the interpreter belongs to podio_web.
    https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#microtask-queuing

    >>> go_on_at_once()
    """
    core: Any = getattr(asyncio, "core", None)
    if hasattr(core, "TaskQueue"):
        core._task_queue = core.TaskQueue(lambda _: js.queueMicrotask(core._run_iter))
