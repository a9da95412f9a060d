"""Events: what a page may want to know without having asked.

| event | handler is given | when |
|---|---|---|
| ``authenticated`` | the ``Token`` | a new session is held: signed in, renewed, or put in |
| ``expiring`` | the ``Token`` | the session is about to end; a good moment to renew it with ``login()`` |
| ``logged_out`` | None | the session was forgotten, here or in another tab |
| ``login_needed`` | ``resume``, to be called in a click | requests wait, and the browser blocked the popup |
| ``login_waiting`` | ``cancel``, a function | the popup can no longer be watched; offer a way out of waiting |
| ``account_changed`` | the new ``Token`` | a renewal came back as somebody else |
| ``rate_limited`` | the seconds to wait, None if unknown | a call met Podio's limit; it waits, or gives up |
| ``storage_degraded`` | a ``PodioError`` that says so | the store failed; the session lives in memory from now on |
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
    """Handlers by event name; ``start`` runs what an ``async def`` handler returns beside the caller."""

    def __init__(self, start: "Callable[[Coroutine[Any, Any, None]], object]" = spawn) -> None:
        self._start = start
        self._handlers: dict[str, list[Callable[[Any], object]]] = {name: [] for name in EVENTS}

    def on(self, event: str, handler: "Callable[[Any], object]") -> "Callable[[], None]":
        """Call ``handler`` (``def`` or ``async def``) at each ``event``; returns a function that removes it.

        Raises ValueError for an unknown event, so that a typing error is not silence.

        >>> remove = events.on("logged_out", lambda detail: show_sign_in())
        """
        if event not in self._handlers:
            raise ValueError(f"there is no event {event!r}; events are {', '.join(EVENTS)}")
        handlers = self._handlers[event]
        handlers.append(handler)

        def remove() -> None:
            if handler in handlers:
                handlers.remove(handler)

        return remove

    def has_handlers(self, event: str) -> bool:
        """Tell whether anybody listens to ``event``."""
        return bool(self._handlers[event])

    def emit(self, event: str, detail: "Any" = None) -> None:
        """Call the handlers of ``event`` in the order in which they came; their errors are reported, not raised."""
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
