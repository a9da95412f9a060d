"""Sign-in by redirect: leave the page, and read the redirect response when the person returns."""

import json

from podio_web.auth.pending_requests import PendingRequests
from podio_web.errors import SignInError, StateMismatch
from podio_web.oauth.encoding import read_record
from podio_web.oauth.popup_message import HANDOVER_KEY, read_handover
from podio_web.oauth.redirect_response import find_redirect, needed, parse_redirect, scrubbed
from podio_web.oauth.state import AuthorizationRequest, validate_response

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.auth.context import Context
    from podio_web.oauth.token import Token

RESPONSE_KEY = "podio-web:answer"
"""Where the redirect response waits in the page's memory until the client that requested it stores the token."""


class RedirectSignIn:
    """Sends the person to Podio, and validates the redirect response.

    ``error`` is the error of the last response. ``token`` is its token, until it is taken.

    >>> redirect = RedirectSignIn(context)
    >>> redirect.receive()
    >>> redirect.token
    <Token of user 1001, expires_at=1800028800, scope='global:all'>
    """

    def __init__(self, context: "Context") -> None:
        self.error: SignInError | None = None
        self.token: Token | None = None
        self._identity = context.identity
        self._runtime = context.runtime
        self._requests = PendingRequests(context.identity, context.runtime)
        self._response: str | None = None

    def leave(self) -> None:
        """Go to Podio. The person comes back to the route that the page shows now.

        Raises SignInError if the tab cannot store the request, because a forged response could not be detected.
        """
        route = "".join(self._runtime.address())
        request = self._requests.begin(
            self._identity.chosen_redirect_uri(None), return_to=route if route.startswith("/") else "/"
        )
        # Checked after the request is stored, because that may fill the storage.
        if not self._runtime.tab_survives:
            self._requests.take(request.state)
            raise SignInError(
                "This page's storage is blocked or full, so a sign-in by redirect is not possible. "
                "Sign in through the popup, or allow storage for this page."
            )
        self._runtime.leave_for(self._identity.authorization_url(state=request.state))

    def receive(self) -> None:
        """Read the redirect response, if there is one, and remove it from the address.

        The first client of a page removes it. Only the client that requested it validates it. The current session
        stays: an unsolicited response must not end it.
        """
        self._bring_in()
        self._response = self._runtime.page_texts.get(RESPONSE_KEY)
        try:
            response = read_record(self._response or "null")
            request = AuthorizationRequest.from_text(response["state"], response["attempt"])
            redirect = parse_redirect(response["fragment"], response["query"])
        except (ValueError, KeyError, TypeError, AttributeError):
            return
        if request is not None and request.client != self._identity.key:
            self._response = None
            return
        try:
            if request is None and self._requests.waiting():
                raise StateMismatch("The redirect response belongs to another sign-in and was refused. Sign in again.")
            client, now = self._identity.key, self._runtime.now()
            self.token = validate_response(redirect, request, client=client, now=now, expected=True)
        except SignInError as problem:
            self.error = problem

    def take_token(self) -> "Token | None":
        """Return the token once, then None."""
        token, self.token = self.token, None
        return token

    def settle(self) -> None:
        """Forget the response, because its token is stored, and the requests that have expired."""
        self._forget_response()
        self._requests.sweep()

    def end(self) -> None:
        """Forget the response, its error and the requests of this client, because the person has signed out."""
        self._forget_response()
        self._requests.clear()
        self.error = None

    def _forget_response(self) -> None:
        texts = self._runtime.page_texts
        if self._response is not None and texts.get(RESPONSE_KEY) == self._response:
            texts.remove(RESPONSE_KEY)
        self._response = self.token = None

    def _bring_in(self) -> None:
        """Move the response and its request into the page's memory, which outlives a client but not the page."""
        handed_over = self._runtime.tab.get(HANDOVER_KEY)
        if handed_over is not None:
            self._runtime.tab.remove(HANDOVER_KEY)
            message = read_handover(handed_over, self._runtime.now())
            if message is not None:
                self._keep(message["attempt"], message["fragment"], message["query"])
                return
        path, query, fragment = self._runtime.address()
        redirect = find_redirect(fragment, query, self._expects)
        if redirect is not None:
            self._runtime.show_address(scrubbed(path, query, redirect))
            self._keep(redirect.state or self._refused(), fragment, query)

    def _keep(self, state: str, fragment: str, query: str) -> None:
        request = self._requests.take(state)
        record = "" if request is None else request.to_text()
        response = {"state": state, "attempt": record, "fragment": needed(fragment), "query": query}
        self._runtime.page_texts.set(RESPONSE_KEY, json.dumps(response))
        if request is not None and request.return_to is not None:
            self._show_route(request.return_to)

    def _expects(self, state: str) -> bool:
        """Return whether an error response with this ``state`` belongs to a request of this tab."""
        return self._requests.knows(state) if state else bool(self._refused())

    def _refused(self) -> str:
        """Return the state of the request that an error response without a state belongs to, or an empty text."""
        path = self._runtime.address()[0]
        for request in self._requests.all_waiting():
            here = request.redirect_uri.partition("?")[0].endswith(path)
            if here and request.return_to is not None:
                return request.state
        return ""

    def _show_route(self, route: str) -> None:
        """Show the route that the person came from, if it is in this page. The callback page goes there itself."""
        path = self._runtime.address()[0]
        if route.partition("#")[0].partition("?")[0] == path:
            self._runtime.show_address(route)
