"""The page's timers, and its coming back into sight.

https://html.spec.whatwg.org/#timers
"""

import asyncio

import js

from podio_web.browser.bridge import Callback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def after(seconds: float, callback: "Callable[[], object]") -> "Callable[[], None]":
    """Call ``callback`` once, later; returns a function that prevents it.

    >>> stop = after(2.0, print)
    """
    timer = _Timer(callback)
    timer.js_id = js.setTimeout(timer.callback.js_function, int(seconds * 1000))
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
            js.clearTimeout(self.js_id)
            self.callback.release()

    def _over(self, *ignored: object) -> None:
        self._waiting = False
        self.callback.release()
        self._call()


def on_wake(callback: "Callable[[], object]") -> "Callable[[], None]":
    """Call ``callback`` whenever the page comes back into sight, also out of the back-forward cache.

    https://html.spec.whatwg.org/#page-visibility

    >>> stop = on_wake(look_at_the_clock)
    """
    function = Callback(lambda *ignored: callback())
    # Both reach the window. An element with such a name would replace the document's own addEventListener.
    for event in ("visibilitychange", "pageshow"):
        js.window.addEventListener(event, function.js_function)

    def stop() -> None:
        for event in ("visibilitychange", "pageshow"):
            js.window.removeEventListener(event, function.js_function)
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
