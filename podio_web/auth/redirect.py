"""Signing in by leaving the page: going away, and reading the answer when the person is back."""

import json

from podio_web.errors import SignInError, StateMismatch
from podio_web.oauth.encoding import read_record
from podio_web.oauth.popup_message import HANDOVER_KEY, read_handover
from podio_web.oauth.redirect_response import find_redirect, needed, parse_redirect, scrubbed
from podio_web.oauth.state import AuthorizationRequest, validate_response

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.auth.context import Context
    from podio_web.auth.pending_requests import PendingRequests
    from podio_web.oauth.token import Token

ANSWER_KEY = "podio-web:answer"
"""Where the answer waits in the page's memory for the client that asked, until its token is stored."""


class RedirectSignIn:
    """Sends the person to Podio and judges what came back with them.

    ``error`` is what the last answer refused, ``token`` what it brought and nobody has taken yet.
    """

    def __init__(self, context: "Context", requests: "PendingRequests") -> None:
        self.error: SignInError | None = None
        self.token: Token | None = None
        self._identity = context.identity
        self._runtime = context.runtime
        self._requests = requests
        self._answer: str | None = None

    def leave(self) -> None:
        """Go to Podio; the person comes back to the route that the page shows now.

        Raises SignInError when the tab cannot remember the attempt: its answer could not be told from a forged one.
        """
        route = "".join(self._runtime.address())
        request = self._requests.begin(
            self._identity.chosen_redirect_uri(None), return_to=route if route.startswith("/") else "/"
        )
        # Asked after the attempt has been written down: storage may be full by now.
        if not self._runtime.tab_survives:
            self._requests.take(request.state)
            raise SignInError(
                "The browser blocks this page's storage, or it is full, so signing in by redirect is not possible. "
                "Sign in through the popup, or allow storage for this page."
            )
        self._runtime.leave_for(self._identity.authorization_url(state=request.state))

    def receive(self) -> None:
        """Read the answer that waits, if one does, and take it out of sight before anything else looks at it.

        Whoever is made first takes it out of sight, and only the client that asked judges it. The session of the moment
        is not touched: an answer that nobody asked for must not end it.
        """
        self._bring_in()
        self._answer = self._runtime.page_texts.get(ANSWER_KEY)
        try:
            answer = read_record(self._answer or "null")
            request = AuthorizationRequest.from_text(answer["state"], answer["attempt"])
            redirect = parse_redirect(answer["fragment"], answer["query"])
        except (ValueError, KeyError, TypeError, AttributeError):
            return
        if request is not None and request.client != self._identity.key:
            self._answer = None
            return
        try:
            if request is None and self._requests.waiting():
                raise StateMismatch("The sign-in answer belongs to another attempt and was refused. Sign in again.")
            client, now = self._identity.key, self._runtime.now()
            self.token = validate_response(redirect, request, client=client, now=now, expected=True)
        except SignInError as problem:
            self.error = problem

    def settle(self) -> None:
        """Forget the answer for good: a token is stored, or the person has signed out."""
        texts = self._runtime.page_texts
        if self._answer is not None and texts.get(ANSWER_KEY) == self._answer:
            texts.remove(ANSWER_KEY)
        self._answer = self.token = None

    def _bring_in(self) -> None:
        """Move the answer and its attempt into the page's memory, which outlives a client, but not the page."""
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
        answer = {"state": state, "attempt": record, "fragment": needed(fragment), "query": query}
        self._runtime.page_texts.set(ANSWER_KEY, json.dumps(answer))
        if request is not None and request.return_to is not None:
            self._show_route(request.return_to)

    def _expects(self, state: str) -> bool:
        """Tell whether a refusal with this ``state`` answers an attempt of this tab."""
        return self._requests.knows(state) if state else bool(self._refused())

    def _refused(self) -> str:
        """Return the state of the attempt that an answer without one refuses in this place, or ''."""
        path = self._runtime.address()[0]
        for request in self._requests.all_waiting():
            here = request.redirect_uri.partition("?")[0].endswith(path)
            if here and request.return_to is not None:
                return request.state
        return ""

    def _show_route(self, route: str) -> None:
        """Show where the person came from, when it is this page (the callback page has gone there already)."""
        path = self._runtime.address()[0]
        if route.partition("#")[0].partition("?")[0] == path:
            self._runtime.show_address(route)
