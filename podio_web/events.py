"""The events of a client.

| Event | Argument of the handler | When |
|---|---|---|
| ``authenticated`` | the ``Token`` | There is a new session: after a sign-in, a renewal or ``set_access_token``. |
| ``expiring`` | the ``Token`` | The session is about to expire. Offer to renew it with ``login()``. |
| ``logged_out`` | None | The session was forgotten, here or in another tab. |
| ``login_needed`` | ``resume``, to be called in a click | Requests wait, and the browser blocked the popup. |
| ``login_waiting`` | ``cancel`` | It cannot be known whether the popup is open. Offer to stop waiting. |
| ``account_changed`` | the new ``Token`` | Somebody else signed in at a renewal. |
| ``rate_limited`` | the seconds to wait, or None | A request met Podio's rate limit. It waits or fails. |
| ``storage_degraded`` | a ``PodioError`` | The session store failed. The session is in memory from now on. |
"""

from podio_web.runtime.interpreter import is_awaitable, report, settle, spawn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from podio_web.types import EventName

EVENTS: "tuple[EventName, ...]" = (
    "account_changed",
    "authenticated",
    "expiring",
    "logged_out",
    "login_needed",
    "login_waiting",
    "rate_limited",
    "storage_degraded",
)


class Events:
    """The handlers of each event. ``start`` runs the coroutine of an ``async def`` handler."""

    def __init__(self, start: "Callable[[Coroutine[Any, Any, None]], object]" = spawn) -> None:
        self._start = start
        self._handlers: dict[str, list[Callable[[Any], object]]] = {name: [] for name in EVENTS}

    def on(self, event: str, handler: "Callable[[Any], object]") -> "Callable[[], None]":
        """Call ``handler``, ``def`` or ``async def``, at each ``event``. Return a function that removes it.

        Raises ValueError if there is no such event.

        >>> remove = events.on("logged_out", lambda detail: show_sign_in())
        """
        if event not in self._handlers:
            raise ValueError(f"There is no event {event!r}. Events are {', '.join(EVENTS)}.")
        handlers = self._handlers[event]
        handlers.append(handler)

        def remove() -> None:
            if handler in handlers:
                handlers.remove(handler)

        return remove

    def has_handlers(self, event: str) -> bool:
        """Return whether ``event`` has a handler."""
        return bool(self._handlers[event])

    def emit(self, event: str, detail: "Any" = None) -> None:
        """Call the handlers of ``event`` in order. Their exceptions are reported, not raised."""
        for handler in list(self._handlers[event]):
            try:
                result = handler(detail)
            except Exception as problem:
                report(problem)
            else:
                if is_awaitable(result):
                    self._start(settle(result))

    def clear(self) -> None:
        """Remove every handler."""
        for handlers in self._handlers.values():
            handlers.clear()
