"""A lock among the tabs of an origin that one of them holds, while the others wait for it.

https://w3c.github.io/web-locks/
"""

import random

import js

from podio_web.runtime.js_bridge import Callback, construct, js_object, look, or_none, quietly, without_python
from podio_web.runtime.timers import after

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

JITTER = 1.0
"""Seconds within which the tabs of a browser without locks begin, so that they do not all begin at once."""


def has_locks() -> bool:
    """Return whether the browser has Web Locks. A page on plain http has none.

    Example::

        has_locks()  # True
    """
    return look(look(js.globalThis, "navigator"), "locks") is not None


class HeldLock:
    """A place in the queue for the lock ``name``. A tab that is closed or crashes leaves the queue, or the lock.

    - ``on_held()``: called when this tab has the lock. Without Web Locks, or if the browser refuses them, it is called
      too, after a moment that is not the same in all tabs.
    - ``on_lost()``: called when another tab has stolen the lock.
    - ``steal``: whether to take the lock from the tab that has it.

    Example::

        lock = HeldLock("podio-web:live", begin, end)
        lock.release()
    """

    def __init__(
        self, name: str, on_held: "Callable[[], object]", on_lost: "Callable[[], object]", *, steal: bool = False
    ) -> None:
        self._on_held = on_held
        self._on_lost = on_lost
        self._is_held = False
        self._is_over = False
        self._js_give_back: Any = None
        # A lock cannot be stolen with a signal.
        self._js_abort: Any = None if steal else construct("AbortController")
        self._callbacks = [Callback(self._keep), Callback(self._granted), Callback(self._ended)]
        executor, granted, ended = (callback.js_function for callback in self._callbacks)
        self._js_held: Any = js.Promise.new(executor)
        js_options = js_object({"steal": True} if steal else {"signal": look(self._js_abort, "signal")})
        js_locks = look(look(js.globalThis, "navigator"), "locks")
        try:
            without_python(look(js_locks, "request").bind(js_locks, name, js_options, granted), None, ended)
        except Exception:
            after(random.random() * JITTER, self._ended)  # noqa: S311 - no secret

    def release(self) -> None:
        """Release the lock, or leave the queue. Releasing twice has no effect."""
        if self._is_over:
            return
        self._is_over = True
        if self._is_held:
            self._js_give_back()
            self._free()
        else:
            quietly(self._js_abort, "abort")  # the browser then calls _ended

    def _keep(self, js_resolve: "Any", js_reject: "Any") -> None:
        self._js_give_back = js_resolve

    def _granted(self, js_lock: "Any" = None) -> "Any":
        if self._is_over or or_none(js_lock) is None:
            return None
        self._is_held = True
        self._on_held()
        return self._js_held

    def _ended(self, *ignored: object) -> None:
        """The browser has given the lock to another tab, has ended the place in the queue, or gives no locks."""
        if self._is_over:
            self._free()
        elif self._is_held:
            self._is_over = True
            self._free()
            self._on_lost()
        else:
            self._is_held = True
            self._on_held()

    def _free(self) -> None:
        for callback in self._callbacks:
            callback.release()
