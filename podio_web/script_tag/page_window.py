"""Signing in through a window that the page opens itself, as pages on podio-js do: hearing what comes of it."""

from podio_web.session.popup_sign_in import PopupSignIn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from podio_web.oauth.identity import ClientIdentity
    from podio_web.session.attempts import Attempts
    from podio_web.session.events import Events
    from podio_web.session.flight import Flight
    from podio_web.session.platform import Line, Platform
    from podio_web.session.session import Session

LATE = 1.0
"""Seconds after the limit at which it is looked at: a browser's timer may come a little early."""


class PageWindow:
    """The sign-in of whoever follows ``url``; ``limit``: seconds that a person has.

    It is the popup sign-in of this package in everything but the window: the answer is told by the attempt's ``state``
    that ``url`` holds, and comes over the callback page's channel.

    >>> window = PageWindow(identity, session, attempts, events, platform, 300.0)
    >>> flight = window.expect()
    >>> window.url
    'https://podio.com/oauth/authorize?…'
    """

    def __init__(
        self,
        identity: "ClientIdentity",
        session: "Session",
        attempts: "Attempts",
        events: "Events",
        platform: "Platform",
        limit: float,
    ) -> None:
        self.url = ""
        self.isolated = False
        self._platform = platform
        self._limit = limit
        # The clock and the window that it wants are here: a PopupOpener.
        self._sign_in = PopupSignIn(identity, session, attempts, events, self, limit)

    def expect(self) -> "Flight":
        """Return the flight that ends with the token; the same one, for the same URL, as long as nobody answered."""
        return self._sign_in.start()

    def now(self) -> float:
        """Return seconds since 1970."""
        return self._platform.now()

    def open_popup(
        self,
        url: str,
        channel: str,
        on_message: "Callable[[object, bool], None]",
        on_tick: "Callable[[bool, bool], None]",
        on_blocked: "Callable[[], None]",
    ) -> "_Unseen":
        """Open nothing: listen to the channel, and look at the clock when the time is over."""
        self.url = url
        line = self._platform.open_line(channel, lambda data: on_message(data, False))
        return _Unseen(line, self._platform.after(self._limit + LATE, lambda: on_tick(False, False)))


class _Unseen:
    """A window of which only the answer is known."""

    def __init__(self, line: "Line", stop_timer: "Callable[[], None]") -> None:
        self._line = line
        self._stop_timer = stop_timer
        self._open = True

    def focus(self) -> None:
        """Do nothing: the page has the window."""

    def acknowledge(self, text: str) -> None:
        """Tell the callback page that its answer has arrived."""
        self._line.send(text)

    def close(self) -> None:
        """Stop listening. Closing twice is fine."""
        if self._open:
            self._open = False
            self._line.close()
            self._stop_timer()
