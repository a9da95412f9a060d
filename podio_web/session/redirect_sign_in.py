"""Signing in by leaving the page: going away, and reading the answer when the person is back."""

from podio_web.errors import MalformedResponse, SignInError, StateMismatch
from podio_web.oauth.attempt import judge
from podio_web.oauth.origin import is_local_path
from podio_web.oauth.redirect import find_redirect, scrubbed
from podio_web.oauth.relay import HANDOVER_KEY, read_delivery

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.oauth.identity import ClientIdentity
    from podio_web.oauth.redirect import Redirect
    from podio_web.oauth.token import Token
    from podio_web.session.attempts import Attempts
    from podio_web.session.platform import Platform


class RedirectSignIn:
    """Sends the person to Podio and judges what came back with them.

    ``error`` is what the last answer refused, ``token`` what it brought and nobody has taken yet.
    """

    def __init__(self, identity: "ClientIdentity", attempts: "Attempts", platform: "Platform") -> None:
        self.error: SignInError | None = None
        self.token: Token | None = None
        self._identity = identity
        self._attempts = attempts
        self._platform = platform

    def leave(self) -> None:
        """Go to Podio; the person comes back to the route that the page shows now.

        Raises SignInError when the tab cannot remember the attempt: its answer could not be told from a forged one.
        """
        route = "".join(self._platform.address())
        attempt = self._attempts.begin(return_to=route if is_local_path(route) else "/")
        # Asked after the attempt has been written down: storage may be full by now.
        if not self._platform.tab_survives:
            self._attempts.take(attempt.state)
            raise SignInError(
                "The browser blocks this page's storage, or it is full, so signing in by redirect is not possible. "
                "Sign in through the popup, or allow storage for this page."
            )
        self._platform.leave_for(self._identity.authorization_url(state=attempt.state))

    def receive(self) -> None:
        """Read the answer that waits, if one does, and take it out of sight before anything else looks at it.

        The session of the moment is not touched: an answer that nobody asked for must not end it.
        """
        try:
            redirect = self._handed_over() or self._in_address()
            if redirect is not None:
                self.token = self._judged(redirect)
        except SignInError as problem:
            self.error = problem

    def _handed_over(self) -> "Redirect | None":
        """Return what the callback page left in the tab for this page."""
        text = self._platform.tab.get(HANDOVER_KEY)
        if text is None:
            return None
        self._platform.tab.remove(HANDOVER_KEY)
        delivery = read_delivery(text)
        if delivery is None:
            raise MalformedResponse("The sign-in answer cannot be read. Sign in again.")
        return delivery.redirect

    def _in_address(self) -> "Redirect | None":
        path, query, fragment = self._platform.address()
        redirect = find_redirect(fragment, query, self._attempts.knows)
        if redirect is not None:
            self._platform.show_address(scrubbed(path, query, redirect))
        return redirect

    def _judged(self, redirect: "Redirect") -> "Token":
        attempt = self._attempts.take(redirect.state)
        if attempt is None and self._attempts.waiting():
            raise StateMismatch("The sign-in answer belongs to another attempt and was refused. Sign in again.")
        if attempt is not None and attempt.return_to is not None:
            self._show_route(attempt.return_to)
        return judge(redirect, attempt, client_id=self._identity.client_id, now=self._platform.now())

    def _show_route(self, route: str) -> None:
        """Show where the person came from, when it is this page (the callback page has gone there already)."""
        path = self._platform.address()[0]
        if is_local_path(route) and route.partition("#")[0].partition("?")[0] == path:
            self._platform.show_address(route)
