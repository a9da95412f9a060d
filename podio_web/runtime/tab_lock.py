"""A lock among the tabs of an origin: the browser's Web Locks, or a lease in localStorage without them.

https://w3c.github.io/web-locks/
"""

import asyncio
import json
import time

import js

from podio_web.oauth.encoding import read_record
from podio_web.runtime.browser_storage import WebStorage
from podio_web.runtime.interpreter import spawn
from podio_web.runtime.js_bridge import Callback, look, or_none, without_python
from podio_web.runtime.shared_outcome import SharedOutcome
from podio_web.runtime.timers import after

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

LEASE = 8.0
"""Seconds that a lease lasts without a renewal. If a tab crashes, the others wait this long."""

PATIENCE = 5.0
"""Seconds that the browser has to say whether the lock is free. After that it counts as free."""

_BEAT = 2.0
_SETTLING = 0.05


async def try_lock(name: str, owner: str) -> "Callable[[], None] | None":
    """Take the lock ``name``. Returns a function that releases it, or None if another tab has it.

    ``owner`` is a text that only this tab has.

    >>> release = await try_lock("podio-web:renewal", owner)
    >>> if release is not None:
    ...     release()
    """
    js_locks = look(look(js.globalThis, "navigator"), "locks")
    if js_locks is not None:
        return await _web_lock(js_locks, name)
    return await _lease(name, owner)


async def _web_lock(js_locks: "Any", name: str) -> "Callable[[], None] | None":
    """Ask for the lock once, without queueing. The browser releases it if the tab is closed."""
    granted = SharedOutcome()
    give_back: list[Any] = []
    executor = Callback(lambda js_resolve, js_reject: give_back.append(js_resolve))
    js_held = js.Promise.new(executor.js_function)

    def hold(js_lock: "Any") -> "Any":
        is_ours = or_none(js_lock) is not None
        granted.succeed(is_ours)
        return js_held if is_ours else None

    callbacks = [executor, Callback(hold), Callback(lambda *ignored: granted.succeed(None))]
    on_granted, on_refusal = (callback.js_function for callback in callbacks[1:])
    js_options = js.Object.new()
    js_options.ifAvailable = True
    stop_timer = after(PATIENCE, lambda: granted.succeed(None))
    # The browser refuses if storage is blocked. Then no other tab shares the session.
    try:
        js_request = js.Reflect.get(js_locks, "request").bind(js_locks, name, js_options, on_granted)
        without_python(js_request, None, on_refusal)
    except Exception:
        granted.succeed(None)

    def release() -> None:
        give_back[0]()
        for callback in callbacks:
            callback.release()

    async def give_up() -> None:
        await granted.wait()
        stop_timer()
        release()

    try:
        is_ours = await granted.wait()
    except asyncio.CancelledError:
        spawn(give_up())  # the browser may still grant the lock
        raise
    stop_timer()
    if is_ours is False:
        release()
        return None
    return release


async def _lease(name: str, owner: str) -> "Callable[[], None] | None":
    """Keep a record with the owner and a deadline, because pages on plain http have no Web Locks."""
    try:
        storage = WebStorage("localStorage")
        if _owner(storage, name) not in (None, owner):
            return None
        _write(storage, name, owner)
        # If two tabs have written at the same time, the later record counts.
        await asyncio.sleep(_SETTLING)
        if _owner(storage, name) != owner:
            return None
    except Exception:
        return _nothing  # without storage no other tab shares the session
    beat = _Beat(storage, name, owner)
    return beat.stop


class _Beat:
    """Renews a lease until it is stopped."""

    def __init__(self, storage: WebStorage, name: str, owner: str) -> None:
        self._lease = (storage, name, owner)
        self._running = True
        self._stop_timer = after(_BEAT, self._go_on)

    def stop(self) -> None:
        """Release the lease."""
        self._running = False
        self._stop_timer()
        storage, name, owner = self._lease
        try:
            if _owner(storage, name) == owner:
                storage.remove(name)
        except Exception:
            return  # the lease ends by itself

    def _go_on(self) -> None:
        if self._running:
            spawn(self._renew())

    async def _renew(self) -> None:
        storage, name, owner = self._lease
        if _owner(storage, name) == owner:
            _write(storage, name, owner)
            self._stop_timer = after(_BEAT, self._go_on)


def _owner(storage: WebStorage, name: str) -> "str | None":
    """Return the owner of a lease, or None if it has ended, is invalid, or ends too far in the future."""
    try:
        record = read_record(storage.get(name) or "{}")
        owner, until = record.get("owner"), record.get("until")
    except (ValueError, AttributeError):
        return None
    ahead = until - time.time() if isinstance(until, (int, float)) else 0
    return owner if isinstance(owner, str) and 0 < ahead <= LEASE else None


def _write(storage: WebStorage, name: str, owner: str) -> None:
    storage.set(name, json.dumps({"owner": owner, "until": time.time() + LEASE}))


def _nothing() -> None:
    """Release nothing."""
