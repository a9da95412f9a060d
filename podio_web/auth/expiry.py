"""Telling a page ahead that its session is about to end."""

from podio_web.errors import PodioError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from podio_web.auth.session import Session
    from podio_web.events import Events
    from podio_web.oauth.token import Token
    from podio_web.runtime.protocols import Runtime


class ExpiryWatch:
    """Emits ``expiring`` once for each token, ``ahead`` seconds before it ends; 0 means never.

    Timers stop while a laptop sleeps and are slowed in hidden tabs, so the time is looked at again whenever the page
    comes back into sight (https://html.spec.whatwg.org/#page-visibility).
    """

    def __init__(self, session: "Session", events: "Events", platform: "Runtime", ahead: float) -> None:
        self._session = session
        self._events = events
        self._platform = platform
        self._ahead = ahead
        self._told: Token | None = None
        self._stop_timer: Callable[[], None] = _nothing
        self._ends = [_nothing]
        if ahead:
            looks = [events.on(event, self._look) for event in ("authenticated", "logged_out")]
            self._ends = looks + [platform.on_wake(self._look)]  # noqa: RUF005 - MicroPython has no [*looks]

    def close(self) -> None:
        """Stop watching."""
        self._stop_timer()
        for end in self._ends:
            end()

    def catch_up(self) -> None:
        """Look at the time where a timer may have been lost, as a call is made: it may be the first in its loop."""
        if self._ahead and not self._platform.timers_last:
            self._look()

    def _look(self, *ignored: object) -> None:
        self._stop_timer()
        self._stop_timer = _nothing
        token = self._session.token
        if token is None or token is self._told:
            return
        left = token.expires_at - self._platform.now() - self._ahead
        if left > 0:
            # Browsers keep a timer's milliseconds in 32 bits: a longer wait would be over at once.
            try:
                self._stop_timer = self._platform.after(min(left, 1_000_000.0), self._look)
            except PodioError:  # the page has no timers: it may look when it comes back into sight
                return
        else:
            self._told = token
            self._events.emit("expiring", token)


def _nothing() -> None:
    """End nothing."""
