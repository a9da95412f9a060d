"""Signing in through a window that the page opens itself, as pages on podio-js do: hearing what comes of it."""

from podio_web.auth.popup import PopupSignIn
from podio_web.oauth.state import AuthorizationRequest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from podio_web.auth.context import Context
    from podio_web.auth.pending_requests import PendingRequests
    from podio_web.auth.session import Session
    from podio_web.runtime.protocols import Line
    from podio_web.runtime.shared_outcome import SharedOutcome


class PageWindow:
    """The sign-in of whoever follows ``url``, in another window or in this tab, as long as this page lives.

    It is the popup sign-in of this package in everything but the window: the answer is told by the attempt's ``state``
    that ``url`` holds, and comes over the callback page's channel. If ``url`` is followed in this tab, the answer comes
    to the next page, so the attempt is in the tab's storage too, and begins when this page is left.

    >>> window = PageWindow(identity, session, requests, events, platform)
    >>> outcome = window.expect()
    >>> window.url
    'https://podio.com/oauth/authorize?…'
    """

    def __init__(self, context: "Context", session: "Session", requests: "PendingRequests") -> None:
        runtime = context.runtime
        self.url: str = ""
        self.isolated = False
        self.now: Callable[[], float] = runtime.now
        self.monotonic: Callable[[], float] = runtime.monotonic
        self.after: Callable[[float, Callable[[], object]], Callable[[], None]] = runtime.after
        self.random_text: Callable[[], str] = runtime.random_text
        self._runtime = runtime
        self._requests = requests
        self._request = requests.begin(context.identity.chosen_redirect_uri(None))
        # The clock and the window that it wants are here: a PopupOpener.
        self._sign_in = PopupSignIn(context, session, self, limited=False)

    def expect(self) -> "SharedOutcome":
        """Return the flight that ends with the token; the same one, for the same URL, as long as nobody answered."""
        kept = self._request
        # The one in the tab's storage grows old, this one does not.
        return self._sign_in.start(AuthorizationRequest(kept.state, client=kept.client, redirect_uri=kept.redirect_uri))

    def open_popup(
        self,
        url: str,
        channel: str,
        on_message: "Callable[[object, bool], None]",
        on_tick: "Callable[[bool, bool, str], None]",
        on_blocked: "Callable[[], None]",
    ) -> "_Unseen":
        """Open nothing: listen to the channel."""
        self.url = url
        line = self._runtime.open_line(channel, lambda data: on_message(data, False))
        return _Unseen(line, self._runtime.on_leave(self._write_down), self._forget)

    def _write_down(self) -> None:
        self._requests.keep(self._request)

    def _forget(self) -> None:
        self._requests.take(self._request.state)


class _Unseen:
    """A window of which only the answer is known."""

    def __init__(self, line: "Line", *on_close: "Callable[[], None]") -> None:
        self._line = line
        self._on_close = on_close
        self._open = True

    def focus(self) -> None:
        """Do nothing: the page has the window."""

    def open_again(self) -> None:
        """Do nothing: the page has the window."""

    def acknowledge(self, text: str) -> None:
        """Tell the callback page that its answer has arrived."""
        self._line.send(text)

    def close(self) -> None:
        """Stop listening. Closing twice is fine."""
        if self._open:
            self._open = False
            self._line.close()
            for each in self._on_close:
                each()
