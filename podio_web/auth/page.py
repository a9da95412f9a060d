"""The client-side flow, as a page has it: a popup or a redirect, renewal, and the other tabs.

https://developers.podio.com/authentication/client_side
"""

import asyncio

from podio_web.auth.expiry import ExpiryWatch
from podio_web.auth.pending_requests import Attempts
from podio_web.auth.redirect import RedirectSignIn
from podio_web.errors import (
    ConnectionFailed,
    LoginRequired,
    PodioError,
    PopupBlocked,
    PopupTimeout,
    SignInError,
    TimedOut,
)
from podio_web.runtime import interpreter
from podio_web.runtime.interpreter import is_awaitable
from podio_web.runtime.shared_outcome import SharedOutcome, within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from typing import Any

    from podio_web.auth.popup import PopupSignIn
    from podio_web.auth.session import Session
    from podio_web.auth.tab_election import Election
    from podio_web.events import Events
    from podio_web.oauth.identity import ClientIdentity
    from podio_web.oauth.token import Token
    from podio_web.runtime.protocols import Runtime

OVERTAKEN = (0.0, 0.2, 1.0, 3.0)
"""Seconds between looks into the store: between a browser's processes a message may overtake what was stored before."""

STORE_PATIENCE = 10.0
"""Seconds after which a store that does not answer counts as one that fails."""

RELEASE = 1.0
"""Seconds that a renewal has to end by itself when the session has become fresh."""

_LOGGED_OUT = "logged_out"
_SIGNED_IN = "signed_in"


class PageSignIn:
    """Signs a person in from a page; ``on_other_log_out`` is called when another tab signs them out.

    ``login_timeout``: seconds that a person has; ``expiring_before``: seconds ahead that ``expiring`` is emitted.
    """

    def __init__(
        self,
        identity: "ClientIdentity",
        session: "Session",
        events: "Events",
        platform: "Runtime",
        on_other_log_out: "Callable[[], object]",
        login_timeout: float,
        expiring_before: float,
    ) -> None:
        platform.check_redirect_uri(identity.chosen_redirect_uri(None))
        self._identity = identity
        self._session = session
        self._events = events
        self._platform = platform
        self._limit = login_timeout
        self._attempts = Attempts(identity, platform)
        self._popup: PopupSignIn | None = None
        self._redirect = RedirectSignIn(identity, self._attempts, platform)
        self._person: SharedOutcome | None = None
        self._on_other_log_out = on_other_log_out
        self._election: Election | None = None
        self._client = f"{identity.api_origin}:{identity.client_id}:{identity.auth_type}"
        self._other_tabs = platform.open_line(f"podio-web:tabs:{self._client}", self._heard)
        self._stop_watching = platform.on_emptied(self._look_into_store)
        session.on_stored = self._stored
        session.wait = self._wait_for_store
        self._expiry = ExpiryWatch(session, events, platform, expiring_before)
        # At once, before a router rewrites the address.
        self._redirect.receive()

    @property
    def error(self) -> "SignInError | None":
        """Why the last redirect response was refused, or None."""
        return self._redirect.error

    @property
    def has_token(self) -> bool:
        """Whether a redirect brought a token that nobody has taken yet."""
        return self._redirect.token is not None

    def take_token(self) -> "Token | None":
        """Return what a redirect brought, once; look at the time, because a call is about to be made."""
        self._expiry.catch_up()
        token, self._redirect.token = self._redirect.token, None
        return token

    def login(self, method: str) -> "Coroutine[Any, Any, None]":
        """Open the popup now, or leave the page; return what ends when a session is held."""
        if method not in ("popup", "redirect"):
            raise ValueError(f"method must be 'popup' or 'redirect', not {method!r}")
        if self._platform.how_to_sign_in:
            kind = PopupBlocked if method == "popup" else SignInError
            raise kind(self._platform.how_to_sign_in)
        if method == "redirect":
            return self._leave()
        try:
            popup = self._popup_sign_in()
        except ImportError:
            return self._login_late()
        return self._await_popup(popup, popup.start())

    async def _login_late(self) -> None:
        await bring_sign_in()
        popup = self._popup_sign_in()
        await self._await_popup(popup, popup.start())

    async def renew(self, stale: "Token", renew: "Callable[[], Awaitable[object]]") -> bool:
        """Let ``renew()`` make the session fresh, in one tab of all; tell whether it was this one.

        A browser blocks a popup that no click asked for. Where the page listens to ``login_needed``, the requests then
        wait for the person; elsewhere PopupBlocked is raised.
        """
        if self._election is None:
            await bring_sign_in()
            from podio_web.auth.tab_election import Election

            self._election = Election(self._session, self._platform, f"podio-web:renewal:{self._client}")
        try:
            return await self._election.run(stale, lambda: self._until_fresh(renew()))
        except PopupBlocked:
            if not self._events.has_handlers("login_needed"):
                raise
        await self._wait_for_person()
        return True

    def announce_log_out(self) -> None:
        """Tell the other tabs that the person has signed out."""
        self._other_tabs.send(_LOGGED_OUT)

    def end(self) -> None:
        """End every attempt, and forget what a redirect brought."""
        self._stop_signing_in(LoginRequired("The person signed out."))
        self._attempts.clear()
        self._redirect.settle()
        self._redirect.error = None

    def close(self) -> None:
        """Close the popup, stop the timers, and hang up on the other tabs."""
        self._stop_signing_in(PodioError("The client was closed."))
        self._expiry.close()
        self._stop_watching()
        self._other_tabs.close()

    def _stop_signing_in(self, problem: PodioError) -> None:
        if self._popup is not None:
            self._popup.cancel()
        if self._person is not None:
            self._person.fail(problem)

    def _popup_sign_in(self) -> "PopupSignIn":
        if self._popup is None:
            # Late, like the election: a page whose session is good starts without either, and is there the sooner.
            from podio_web.auth.popup import PopupSignIn

            self._popup = PopupSignIn(self._identity, self._session, self._events, self._platform, self._limit)
        return self._popup

    async def _wait_for_person(self) -> None:
        """Ask for a click, and wait until there is a session, by that click, another sign-in, or another tab."""
        person = self._person = SharedOutcome()
        stop_listening = self._events.on("authenticated", person.succeed)
        self._events.emit("login_needed", self._resume)
        try:
            await self._in_time(person.wait())
        finally:
            stop_listening()
            self._person = None

    async def _until_fresh(self, renewing: "Awaitable[object]") -> None:
        """Wait for a renewal, but not longer than until the session is fresh, whoever brought it."""
        over = SharedOutcome()
        stops: list[Callable[[], None]] = []

        def release(token: "Token") -> None:
            # A renewal that brought it has something to do still, such as to store it.
            stops.append(self._platform.after(RELEASE, lambda: over.succeed(None)))

        stops.append(self._events.on("authenticated", release))
        try:
            await self._in_time(renewing, over)
        finally:
            for stop in stops:
                stop()

    async def _in_time(self, signing_in: "Awaitable[object]", over: "SharedOutcome | None" = None) -> None:
        """Wait as long as a person may take; a popup of ours that is still open then ends by itself."""
        late = PopupTimeout("Nobody signed in within the time allowed. Sign in again.")
        await within(self._limit, signing_in, late, self._platform, self._is_popup_open, over)

    def _is_popup_open(self) -> bool:
        return self._popup is not None and self._popup.is_open

    def _resume(self, *ignored: object) -> None:
        """Open the popup, in the click that calls this."""
        if self._person is not None:
            self._platform.start(self._follow(self._popup_sign_in().start(), self._person))

    async def _follow(self, flight: SharedOutcome, person: SharedOutcome) -> None:
        try:
            await flight.wait()
        except PopupBlocked:
            # It was no click after all: ask again.
            self._events.emit("login_needed", self._resume)
        except Exception as problem:
            person.fail(problem)

    async def _await_popup(self, popup: "PopupSignIn", flight: SharedOutcome) -> None:
        try:
            await flight.wait()
        except asyncio.CancelledError:
            popup.abandon(flight)
            raise

    async def _leave(self) -> None:
        self._redirect.leave()

    async def _wait_for_store(self, answer: "Any") -> "Any":
        if not is_awaitable(answer):
            return answer
        late = TimedOut(f"The session store did not answer within {STORE_PATIENCE:g} seconds.")
        return await within(STORE_PATIENCE, answer, late, self._platform)

    def _stored(self) -> None:
        """Let go of a redirect's answer, and tell the other tabs."""
        self._redirect.settle()
        self._attempts.sweep()
        if self._session.is_shared:
            self._other_tabs.send(_SIGNED_IN)

    def _look_into_store(self) -> None:
        """Follow another tab in which the site's data was cleared: that signs out, and says so to nobody."""
        if self._session.is_shared:
            self._platform.start(self._follow_store())

    async def _follow_store(self) -> None:
        if await self._session.was_emptied():
            self._on_other_log_out()

    def _heard(self, text: object) -> None:
        if text == _LOGGED_OUT:
            self._on_other_log_out()
        elif text == _SIGNED_IN and self._session.is_shared:
            self._platform.start(self._adopt())

    async def _adopt(self) -> None:
        """Take over what another tab has stored; then nobody here has to wait for a person any more."""
        session = self._session
        held = session.token
        for pause in OVERTAKEN:
            await self._platform.sleep(pause)
            await session.reload()
            if session.token is not held:
                break
        if self._popup is not None and session.alive and session.token is not held:
            self._popup.adopt(session.token)
        if self._election is not None:
            self._election.wake()


async def bring_sign_in() -> None:
    """Bring the modules that a start does without. Raises ConnectionFailed if they do not come.

    >>> await bring_sign_in()
    """
    if interpreter.bring_sign_in is None:
        return  # they are all there
    try:
        await interpreter.bring_sign_in()
    except Exception:
        raise ConnectionFailed("The part of podio_web that signs in did not load. Load the page again.") from None
