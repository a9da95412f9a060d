"""Notify a page before its session ends."""

from podio_web.errors import PodioError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from podio_web.auth.context import Context
    from podio_web.auth.session import Session
    from podio_web.oauth.token import Token


class ExpiryWatch:
    """Emits ``expiring`` once for each token, ``context.expiring_before`` seconds before it ends; 0 means never.

    Timers stop while a laptop sleeps, and are slow in hidden tabs. So the time is checked again when the page becomes
    visible (https://html.spec.whatwg.org/#page-visibility).

    ``needs_look`` tells whether each request has to call ``look()``, because the timers of an event loop end with it.

    >>> watch = ExpiryWatch(context, session)
    >>> watch.close()
    """

    def __init__(self, context: "Context", session: "Session") -> None:
        self._session = session
        self._events = context.events
        self._runtime = context.runtime
        self._ahead = context.expiring_before
        self.needs_look: bool = bool(self._ahead) and not self._runtime.timers_last
        self._told: Token | None = None
        self._stop_timer: Callable[[], None] = _nothing
        self._ends = [_nothing]
        if self._ahead:
            looks = [self._events.on(event, self.look) for event in ("authenticated", "logged_out")]
            self._ends = looks + [self._runtime.on_wake(self.look)]  # noqa: RUF005 - MicroPython has no [*looks]

    def close(self) -> None:
        """Stop watching."""
        self.needs_look = False
        self._stop_timer()
        for end in self._ends:
            end()

    def look(self, *ignored: object) -> None:
        """Emit ``expiring`` if it is time, else set a timer."""
        self._stop_timer()
        self._stop_timer = _nothing
        token = self._session.token
        if token is None or token is self._told:
            return
        left = token.expires_at - self._runtime.now() - self._ahead
        if left <= 0:
            self._told = token
            self._events.emit("expiring", token)
            return
        # Browsers keep a timer's milliseconds in 32 bits. A longer timer would end at once.
        try:
            self._stop_timer = self._runtime.after(min(left, 1_000_000.0), self.look)
        except PodioError:  # the page has no timers: look() is called when it becomes visible
            return


def _nothing() -> None:
    """Do nothing."""
