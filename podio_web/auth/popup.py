"""Sign-in through a popup, from opening it to its outcome."""

from podio_web.auth.popup_closed import ASTRAY, CLOSED, GRACE, UNKNOWN, PopupWatch
from podio_web.errors import (
    CallbackMissing,
    PodioError,
    PopupBlocked,
    PopupCancelled,
    PopupClosed,
    PopupTimeout,
    SignInError,
)
from podio_web.oauth.popup_message import CHANNEL_PREFIX, acknowledgement, read_delivery
from podio_web.oauth.state import AuthorizationRequest, validate_response
from podio_web.runtime.interpreter import spawn
from podio_web.runtime.shared_outcome import SharedOutcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from podio_web.auth.context import Context
    from podio_web.auth.session import Session
    from podio_web.oauth.token import Token
    from podio_web.runtime.protocols import Popup, PopupOpener


class PopupSignIn:
    """Opens one popup at a time for a client. All callers wait for the same outcome while it is open.

    ``closed`` is only a hint. So a popup that seems closed may still deliver a response until the time to sign in ends.
    Its session is then announced, even if no caller waits.

    - ``opener``: opens the window; the runtime by default.
    - ``limited``: False if the window has no time limit.

    >>> sign_in = PopupSignIn(context, session)
    >>> await sign_in.start().wait()
    <Token of user 1001, expires_at=1800028800, scope='global:all'>
    """

    def __init__(
        self, context: "Context", session: "Session", opener: "PopupOpener | None" = None, *, limited: bool = True
    ) -> None:
        self.context = context
        self.limit: float | None = context.login_timeout if limited else None
        self.session = session
        self.opener: PopupOpener = context.runtime if opener is None else opener
        self._running: _RunningPopup | None = None
        self._given_up: _RunningPopup | None = None
        self._saving: SharedOutcome | None = None

    @property
    def is_open(self) -> bool:
        """Whether a popup is waiting for its redirect response."""
        return self._running is not None

    def start(self, request: "AuthorizationRequest | None" = None) -> SharedOutcome:
        """Open the popup now, or bring the open one to the front. Returns the outcome, which has its token.

        Nothing is awaited before the window opens, because browsers allow popups only during a click. If the browser
        blocks the popup, the outcome fails with PopupBlocked at once. Without ``request``, a new one is made.
        """
        if self._running is not None:
            self._running.show()
            return self._running.outcome
        if self._saving is not None and not self._saving.settled:
            return self._saving
        self._forget_given_up()
        if request is None:
            # In memory only: the response arrives in this page or not at all.
            request = AuthorizationRequest(
                self.opener.random_text(),
                client=self.context.identity.key,
                redirect_uri=self.context.identity.chosen_redirect_uri(None),
            )
        running = self._running = _RunningPopup(self, request)
        running.open()
        return running.outcome

    def abandon(self, outcome: SharedOutcome) -> None:
        """Close the popup if no caller waits for ``outcome`` any more."""
        if self._running is not None and self._running.outcome is outcome and not outcome.waiters:
            self.cancel()

    def cancel(self) -> None:
        """Close the popup, and fail its outcome with PopupCancelled."""
        self._forget_given_up()
        self._saving = None
        if self._running is not None:
            self._running.end(PopupCancelled("Signing in was cancelled. Sign in again when you are ready."))

    def adopt(self, token: "Token | None") -> None:
        """Close the popup, and end its outcome with the token of another tab's sign-in."""
        if self._running is not None:
            outcome = self._running.outcome
            self._running.release()
            outcome.succeed(token)

    def answered(self, outcome: SharedOutcome) -> None:
        """Let callers wait for ``outcome`` until its session is stored, instead of opening another popup."""
        self._saving = outcome

    def ended(self, popup: "_RunningPopup") -> None:
        """Forget a popup that has ended."""
        if self._running is popup:
            self._running = None
        if self._given_up is popup:
            self._given_up = None

    def give_up(self, popup: "_RunningPopup") -> bool:
        """Keep listening to a popup that seems closed. Returns whether callers waited for it."""
        if self._running is not popup:
            return False
        self._running, self._given_up = None, popup
        return True

    def _forget_given_up(self) -> None:
        if self._given_up is not None:
            self._given_up.release()


class _RunningPopup:
    """One popup with its authorization request, its deadline and its outcome."""

    def __init__(self, sign_in: PopupSignIn, request: AuthorizationRequest) -> None:
        self.outcome: SharedOutcome = SharedOutcome()
        self._sign_in = sign_in
        self._opener = sign_in.opener
        self._session = sign_in.session
        self._identity = sign_in.context.identity
        self._limit = sign_in.limit
        self._request = request
        self._generation = self._session.generation
        self._listening = True
        self._announced = False
        self._popup: Popup | None = None
        self._stop_timer: Callable[[], None] = _nothing
        self._begin_waiting()

    def open(self) -> None:
        """Open the window. If that fails, the outcome is PopupBlocked."""
        try:
            self._popup = self._opener.open_popup(
                self._identity.authorization_url(self._request.redirect_uri, state=self._request.state),
                CHANNEL_PREFIX + self._request.state,
                self._heard,
                self._looked,
                self._blocked,
            )
        except Exception:
            self._blocked()

    def show(self) -> None:
        """Bring the window to the front. If it is unknown whether the window still exists, open another one."""
        assert self._popup is not None, "a popup that did not open has ended"
        if self._watch.observable:
            self._popup.focus()
        elif self._now() - self._opened_at >= GRACE:  # a double click is one click
            self._begin_waiting()
            self._popup.open_again()

    def end(self, error: PodioError) -> None:
        """Raise ``error`` for all callers that wait."""
        self.release()
        self.outcome.fail(error)

    def release(self) -> None:
        """Close the window and stop listening."""
        self._listening = False
        self._stop_timer()
        self._sign_in.ended(self)
        if self._popup is not None:
            self._popup.close()

    def _begin_waiting(self) -> None:
        """Start the time limit of the person."""
        self._stop_timer()
        self._opened_at = self._now()
        self._watch = PopupWatch(observable=not self._opener.isolated)
        if self._limit is not None:
            self._stop_timer = self._opener.after(self._limit, self._out_of_time)

    def _now(self) -> float:
        return self._opener.monotonic()

    def _blocked(self) -> None:
        self.end(
            PopupBlocked(
                "The popup was blocked. Call login() from a click handler, or allow popups for this site. In an app's "
                "own browser, which has no popups, call login(method='redirect')."
            )
        )

    def _out_of_time(self) -> None:
        self.end(PopupTimeout("Nobody signed in within the time allowed. Sign in again."))

    def _heard(self, data: object, own_popup: bool) -> None:
        """Validate the first response. Later ones are ignored."""
        delivery = read_delivery(data) if self._listening else None
        if delivery is None or not (own_popup or delivery.state == self._request.state):
            return
        assert self._popup is not None, "no message arrives before the popup opens"
        self._popup.acknowledge(acknowledgement(delivery.state))
        if self._limit is None:
            # The URL may have been opened long after it was made: only a sign-out from now on counts.
            self._generation = self._session.generation
        try:
            token = validate_response(
                delivery.redirect,
                self._request,
                client=self._request.client,
                now=self._opener.now(),
                expected=own_popup,
            )
        except SignInError as problem:
            self.end(problem)
            return
        self.release()
        self._sign_in.answered(self.outcome)
        spawn(self._commit(token))

    async def _commit(self, token: "Token") -> None:
        """Make ``token`` the session, unless the person has signed out, or signed in another way, in the meantime."""
        session = self._session
        try:
            await session.identify(token)
            if session.generation == self._generation:
                await session.save(token)
        except Exception as problem:
            self.outcome.fail(problem)
            return
        if session.token is token:
            self.outcome.succeed(token)
        else:
            self.outcome.fail(PopupCancelled("The session changed while signing in. Sign in again."))

    def _looked(self, closed: bool, focused: bool, page: str) -> None:
        if not self._listening:
            return
        verdict = self._watch.look(self._now(), closed=closed, focused=focused, is_back=self._is_back(page))
        if verdict == CLOSED:
            if self._sign_in.give_up(self):
                self.outcome.fail(PopupClosed("The sign-in window was closed before signing in. Sign in again."))
        elif verdict == ASTRAY:
            self.end(
                CallbackMissing(
                    f"The sign-in came back to {page}, which sent no response: it is not podio_web's callback.html. "
                    f"Serve that file, and nothing else, at redirect_uri, {self._request.redirect_uri}."
                )
            )
        elif verdict == UNKNOWN and not self._announced:
            self._announced = True
            self._sign_in.context.events.emit("login_waiting", self._sign_in.cancel)

    def _is_back(self, page: str) -> bool:
        """Return whether the popup shows a page of this origin that Podio redirected it to."""
        is_podio = page.startswith(f"{self._identity.auth_origin}/")
        return page == self._request.redirect_uri.partition("?")[0] if is_podio else bool(page)


def _nothing() -> None:
    """Do nothing."""
