"""Signing in through a popup: from opening it to its one outcome."""

from podio_web.compat import spawn
from podio_web.errors import PodioError, PopupBlocked, PopupCancelled, PopupClosed, PopupTimeout, SignInError
from podio_web.oauth.attempt import judge
from podio_web.oauth.relay import CHANNEL_PREFIX, acknowledgement, read_delivery
from podio_web.session.flight import Flight
from podio_web.session.popup_watch import CLOSED, TIMEOUT, UNKNOWN, PopupWatch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.oauth.attempt import Attempt
    from podio_web.oauth.identity import ClientIdentity
    from podio_web.oauth.token import Token
    from podio_web.session.attempts import Attempts
    from podio_web.session.events import Events
    from podio_web.session.platform import PopupOpener
    from podio_web.session.session import Session


class PopupSignIn:
    """Opens one popup at a time for a client; whoever asks while it is open waits for the same outcome.

    ``limit``: seconds that a person has. A popup that seems to have been closed may still be answered until then, for
    ``closed`` is only a hint; what it brings is announced, though nobody waits for it any more.
    """

    def __init__(
        self,
        identity: "ClientIdentity",
        session: "Session",
        attempts: "Attempts",
        events: "Events",
        platform: "PopupOpener",
        limit: float,
    ) -> None:
        self._limit = limit
        self._identity = identity
        self._session = session
        self._attempts = attempts
        self._events = events
        self._platform = platform
        self._running: _RunningPopup | None = None
        self._given_up: _RunningPopup | None = None

    def start(self) -> Flight:
        """Open the popup now, or bring the open one to the front; return the flight that ends with its token.

        Nothing is awaited before the window opens: browsers allow popups only while a click is being handled. The
        flight fails with PopupBlocked at once when they do not.
        """
        if self._running is not None:
            self._running.focus()
            return self._running.flight
        self._forget_given_up()
        self._running = _RunningPopup(self, self._attempts.begin())
        return self._running.flight

    def abandon(self, flight: Flight) -> None:
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
    """One popup, its attempt, and its flight."""

    def __init__(self, owner: PopupSignIn, attempt: "Attempt") -> None:
        self.flight = Flight()
        self._owner = owner
        self._attempt = attempt
        self._generation = owner._session.generation
        self._listening = True
        self._announced = False
        self._watch = PopupWatch(owner._platform.now(), observable=not owner._platform.isolated, limit=owner._limit)
        self._popup = owner._platform.open_popup(
            owner._identity.authorization_url(state=attempt.state),
            CHANNEL_PREFIX + attempt.state,
            self._heard,
            self._looked,
            self._blocked,
        )

    def focus(self) -> None:
        """Bring the window to the front."""
        self._popup.focus()

    def end(self, error: PodioError) -> None:
        """Give everybody who waits ``error``."""
        self.release()
        self.flight.fail(error)

    def _blocked(self) -> None:
        self.end(PopupBlocked("The browser blocked the sign-in window. Sign in from a click, or allow popups here."))

    def _heard(self, data: object, own_popup: bool) -> None:
        """Judge the first answer; later ones find nobody listening."""
        delivery = read_delivery(data) if self._listening else None
        if delivery is None or not (own_popup or delivery.attempt == self._attempt.state):
            return
        self._popup.acknowledge(acknowledgement(delivery.attempt))
        owner = self._owner
        attempt = owner._attempts.take(self._attempt.state)
        try:
            token = judge(
                delivery.redirect,
                attempt,
                client_id=owner._identity.client_id,
                now=owner._platform.now(),
                own_popup=own_popup,
            )
        except SignInError as problem:
            self.end(problem)
            return
        self.release()
        spawn(self._commit(token))

    async def _commit(self, token: "Token") -> None:
        """Make ``token`` the session, unless the person signed out or in some other way in between."""
        session = self._owner._session
        await session.identify(token)
        if session.generation == self._generation:
            await session.save(token)
        if session.token is token:
            self.flight.succeed(token)
        else:
            self.flight.fail(PopupCancelled("The session changed while signing in. Sign in again."))

    def _looked(self, closed: bool, focused: bool) -> None:
        if not self._listening:
            return
        verdict = self._watch.look(self._owner._platform.now(), closed=closed, focused=focused)
        if verdict == CLOSED:
            if self._owner._running is self:
                self._owner._running, self._owner._given_up = None, self
                self.flight.fail(PopupClosed("The sign-in window was closed before signing in. Sign in again."))
        elif verdict == TIMEOUT:
            self.end(PopupTimeout("Nobody signed in within the time allowed. Sign in again."))
        elif verdict == UNKNOWN and not self._announced:
            self._announced = True
            self._owner._events.emit("login_waiting", self._owner.cancel)

    def release(self) -> None:
        """Let go of the window, the attempt, and everything that listens."""
        self._listening = False
        self._owner._attempts.take(self._attempt.state)
        if self._owner._running is self:
            self._owner._running = None
        if self._owner._given_up is self:
            self._owner._given_up = None
        self._popup.close()
