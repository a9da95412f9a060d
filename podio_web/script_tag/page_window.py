"""Sign-in through a window that the page opens itself, as pages on podio-js do."""

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
    """The sign-in through ``url``, which the page opens in another window or in this tab.

    It works like the popup sign-in, except for the window. The redirect response has the ``state`` of ``url``, and
    arrives through the callback page's channel. If ``url`` is opened in this tab, the next page receives the response.
    So the authorization request is in the tab's storage too, created when this page is left.

    >>> window = PageWindow(context, session, requests)
    >>> outcome = window.expect()
    >>> window.url
    'https://podio.com/oauth/authorize?...'
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
        # This object is the PopupOpener: it has the clock and the window.
        self._sign_in = PopupSignIn(context, session, self, limited=False)

    def expect(self) -> "SharedOutcome":
        """Return the outcome, which has the token. It is the same one, with the same URL, until a response arrives."""
        kept = self._request
        # The request in the tab's storage expires, this one does not.
        return self._sign_in.start(AuthorizationRequest(kept.state, client=kept.client, redirect_uri=kept.redirect_uri))

    def open_popup(
        self,
        url: str,
        channel: str,
        on_message: "Callable[[object, bool], None]",
        on_tick: "Callable[[bool, bool, str], None]",
        on_blocked: "Callable[[], None]",
    ) -> "_Unseen":
        """Open no window, but listen to the channel."""
        self.url = url
        line = self._runtime.open_line(channel, lambda data: on_message(data, False))
        return _Unseen(line, self._runtime.on_leave(self._write_down), self._forget)

    def _write_down(self) -> None:
        self._requests.keep(self._request)

    def _forget(self) -> None:
        self._requests.take(self._request.state)


class _Unseen:
    """A window that the page opened. Only its response is known."""

    def __init__(self, line: "Line", *on_close: "Callable[[], None]") -> None:
        self._line = line
        self._on_close = on_close
        self._open = True

    def focus(self) -> None:
        """Do nothing: the page controls the window."""

    def open_again(self) -> None:
        """Do nothing: the page controls the window."""

    def acknowledge(self, text: str) -> None:
        """Tell the callback page that its redirect response has arrived."""
        self._line.send(text)

    def close(self) -> None:
        """Stop listening. Closing twice has no effect."""
        if self._open:
            self._open = False
            self._line.close()
            for each in self._on_close:
                each()
