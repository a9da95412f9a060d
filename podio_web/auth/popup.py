"""Signing in through a popup: from opening it to its one outcome."""

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
from podio_web.oauth.state import AuthorizationRequest, judge
from podio_web.runtime.interpreter import spawn
from podio_web.runtime.shared_outcome import SharedOutcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from podio_web.auth.session import Session
    from podio_web.events import Events
    from podio_web.oauth.identity import ClientIdentity
    from podio_web.oauth.token import Token
    from podio_web.runtime.protocols import Popup, PopupOpener


class PopupSignIn:
    """Opens one popup at a time for a client; whoever asks while it is open waits for the same outcome.

    ``limit``: seconds that a person has, None for no limit. A popup that seems to have been closed may still be
    answered until then, because ``closed`` is only a hint; what it brings is announced, though nobody waits for it.
    """

    def __init__(
        self,
        identity: "ClientIdentity",
        session: "Session",
        events: "Events",
        platform: "PopupOpener",
        limit: "float | None",
    ) -> None:
        self._limit = limit
        self._identity = identity
        self._session = session
        self._events = events
        self._platform = platform
        self._running: _RunningPopup | None = None
        self._given_up: _RunningPopup | None = None

    @property
    def is_open(self) -> bool:
        """Whether a popup is waiting for its answer."""
        return self._running is not None

    def start(self, attempt: "AuthorizationRequest | None" = None) -> SharedOutcome:
        """Open the popup now, or bring the open one to the front; return the flight that ends with its token.

        Nothing is awaited before the window opens: browsers allow popups only while a click is being handled. The
        flight fails with PopupBlocked at once when they do not. ``attempt`` is made here unless it is given.
        """
        if self._running is not None:
            self._running.show()
            return self._running.flight
        self._forget_given_up()
        if attempt is None:
            # In memory only: the answer comes to this page, or to nobody.
            attempt = AuthorizationRequest(
                self._platform.random_text(),
                client=self._identity.key,
                redirect_uri=self._identity.chosen_redirect_uri(None),
            )
        running = self._running = _RunningPopup(self, attempt)
        running.open()
        return running.flight

    def abandon(self, flight: SharedOutcome) -> None:
        """Close the popup when nobody waits for ``flight`` any more."""
        if self._running is not None and self._running.flight is flight and not flight.waiters:
            self.cancel()

    def cancel(self) -> None:
        """Stop waiting: close the popup, and end its flight with PopupCancelled."""
        self._forget_given_up()
        if self._running is not None:
            self._running.end(PopupCancelled("Signing in was cancelled. Sign in again when you are ready."))

    def adopt(self, token: "Token | None") -> None:
        """Close the popup, and end its flight with the token of another tab's sign-in."""
        if self._running is not None:
            flight = self._running.flight
            self._running.release()
            flight.succeed(token)

    def _forget_given_up(self) -> None:
        if self._given_up is not None:
            self._given_up.release()


class _RunningPopup:
    """One popup, its attempt, its deadline, and its flight, which has exactly one outcome."""

    def __init__(self, owner: PopupSignIn, attempt: AuthorizationRequest) -> None:
        self.flight = SharedOutcome()
        self._owner = owner
        self._attempt = attempt
        self._generation = owner._session.generation
        self._listening = True
        self._announced = False
        self._popup: Popup | None = None
        self._stop_timer: Callable[[], None] = _nothing
        self._begin_waiting()

    def open(self) -> None:
        """Open the window. Whatever keeps it from opening ends the flight."""
        owner = self._owner
        try:
            self._popup = owner._platform.open_popup(
                owner._identity.authorization_url(self._attempt.redirect_uri, state=self._attempt.state),
                CHANNEL_PREFIX + self._attempt.state,
                self._heard,
                self._looked,
                self._blocked,
            )
        except Exception:
            self._blocked()

    def show(self) -> None:
        """Bring the window to the front; open another where nobody can tell whether it is still there."""
        assert self._popup is not None, "a popup that did not open has ended"
        if self._watch.observable:
            self._popup.focus()
        elif self._now() - self._opened_at >= GRACE:  # a double click is one click
            self._begin_waiting()
            self._popup.open_again()

    def end(self, error: PodioError) -> None:
        """Give everybody who waits ``error``."""
        self.release()
        self.flight.fail(error)

    def release(self) -> None:
        """Let go of the window and everything that listens."""
        self._listening = False
        self._stop_timer()
        if self._owner._running is self:
            self._owner._running = None
        if self._owner._given_up is self:
            self._owner._given_up = None
        if self._popup is not None:
            self._popup.close()

    def _begin_waiting(self) -> None:
        """Begin the time that a person has."""
        owner = self._owner
        self._stop_timer()
        self._opened_at = self._now()
        self._watch = PopupWatch(observable=not owner._platform.isolated)
        if owner._limit is not None:
            self._stop_timer = owner._platform.after(owner._limit, self._out_of_time)

    def _now(self) -> float:
        return self._owner._platform.monotonic()

    def _blocked(self) -> None:
        self.end(
            PopupBlocked(
                "The browser did not open the sign-in window. Sign in from a click, or allow popups here. In an app's "
                "own browser, where there are none, sign in with method='redirect'."
            )
        )

    def _out_of_time(self) -> None:
        self.end(PopupTimeout("Nobody signed in within the time allowed. Sign in again."))

    def _heard(self, data: object, own_popup: bool) -> None:
        """Judge the first answer; later ones find nobody listening."""
        delivery = read_delivery(data) if self._listening else None
        if delivery is None or not (own_popup or delivery.attempt == self._attempt.state):
            return
        assert self._popup is not None, "nothing is heard before it is there"
        self._popup.acknowledge(acknowledgement(delivery.attempt))
        if self._owner._limit is None:
            # Somebody has followed an address that was handed out long ago; only from now on does a log-out count.
            self._generation = self._owner._session.generation
        try:
            token = judge(
                delivery.redirect,
                self._attempt,
                client=self._attempt.client,
                now=self._owner._platform.now(),
                expected=own_popup,
            )
        except SignInError as problem:
            self.end(problem)
            return
        self.release()
        spawn(self._commit(token))

    async def _commit(self, token: "Token") -> None:
        """Make ``token`` the session, unless the person signed out or in some other way in between."""
        session = self._owner._session
        try:
            await session.identify(token)
            if session.generation == self._generation:
                await session.save(token)
        except Exception as problem:
            self.flight.fail(problem)
            return
        if session.token is token:
            self.flight.succeed(token)
        else:
            self.flight.fail(PopupCancelled("The session changed while signing in. Sign in again."))

    def _looked(self, closed: bool, focused: bool, page: str) -> None:
        if not self._listening:
            return
        owner = self._owner
        verdict = self._watch.look(self._now(), closed=closed, focused=focused, is_back=self._is_back(page))
        if verdict == CLOSED:
            if owner._running is self:
                owner._running, owner._given_up = None, self
                self.flight.fail(PopupClosed("The sign-in window was closed before signing in. Sign in again."))
        elif verdict == ASTRAY:
            self.end(
                CallbackMissing(
                    f"The sign-in came back to {page}, which is not podio_web's callback.html: it sent no answer. "
                    f"Put that file at redirect_uri, {self._attempt.redirect_uri}, and let nothing else answer there."
                )
            )
        elif verdict == UNKNOWN and not self._announced:
            self._announced = True
            owner._events.emit("login_waiting", owner.cancel)

    def _is_back(self, page: str) -> bool:
        """Tell whether the popup shows a page of this origin that Podio has sent it to."""
        is_podio = page.startswith(f"{self._owner._identity.auth_origin}/")
        return page == self._attempt.redirect_uri.partition("?")[0] if is_podio else bool(page)


def _nothing() -> None:
    """Stop nothing."""
