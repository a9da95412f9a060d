"""Sign-in from a page, through a popup or a redirect, and renewal by asking the user.

https://developers.podio.com/authentication/client_side
"""

import asyncio

from podio_web.errors import LoginRequired, PodioError, PopupBlocked, PopupTimeout, SignInError
from podio_web.runtime.interpreter import bring
from podio_web.runtime.shared_outcome import SharedOutcome, within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from typing import Any

    from podio_web.auth.context import Context
    from podio_web.auth.popup import PopupSignIn
    from podio_web.auth.redirect import RedirectSignIn
    from podio_web.auth.session import Session
    from podio_web.auth.tab_election import Election
    from podio_web.oauth.token import Token

RELEASE = 1.0
"""Seconds that a renewal has to end by itself once there is a new session."""


class PageSignIn:
    """Signs a user in from a page, and keeps the token of a redirect response.

    >>> sign_in = PageSignIn(context, session)
    >>> await sign_in.login("popup")
    >>> session.token
    <Token of user 1001, expires_at=1800028800, scope='global:all'>
    """

    def __init__(self, context: "Context", session: "Session") -> None:
        context.runtime.check_redirect_uri(context.identity.chosen_redirect_uri(None))
        self._context = context
        self._session = session
        self._redirect: RedirectSignIn | None = None
        self._popup: PopupSignIn | None = None
        self._person: SharedOutcome | None = None
        self._election: Election | None = None

    @property
    def error(self) -> "SignInError | None":
        """Why the last redirect response was refused, or None."""
        return None if self._redirect is None else self._redirect.error

    @property
    def token(self) -> "Token | None":
        """The token of a redirect response, until ``take_token`` is called."""
        return None if self._redirect is None else self._redirect.token

    def receive(self) -> None:
        """Read the redirect response, if there is one."""
        redirect = self._redirect_if_needed()
        if redirect is not None:
            redirect.receive()

    def take_token(self) -> "Token | None":
        """Return the token of a redirect response once, then None."""
        return None if self._redirect is None else self._redirect.take_token()

    def settle(self) -> None:
        """Forget the redirect response, because its token is stored."""
        if self._redirect is not None:
            self._redirect.settle()

    def adopt(self, token: "Token | None") -> None:
        """End the popup with the token that another tab stored, if any, and wake the election."""
        if self._popup is not None and token is not None:
            self._popup.adopt(token)
        if self._election is not None:
            self._election.wake()

    def login(self, method: str) -> "Coroutine[Any, Any, None]":
        """Open the popup now, or leave the page. Returns a coroutine that ends when somebody is signed in.

        Raises ValueError if ``method`` is neither ``popup`` nor ``redirect``, and PopupBlocked or SignInError if a
        sign-in is not possible here.
        """
        if method not in ("popup", "redirect"):
            raise ValueError(f"method must be 'popup' or 'redirect', not {method!r}")
        if self._context.runtime.how_to_sign_in:
            kind = PopupBlocked if method == "popup" else SignInError
            raise kind(self._context.runtime.how_to_sign_in)
        if method == "redirect":
            return self._leave()
        try:
            popup = self._popup_sign_in()
        except ImportError:
            return self._login_late()
        return self._await_popup(popup, popup.start())

    async def _login_late(self) -> None:
        await bring("sign_in")
        popup = self._popup_sign_in()
        await self._await_popup(popup, popup.start())

    async def renew(self, stale: "Token", renew: "Callable[[], Awaitable[object]]") -> bool:
        """Run ``renew()`` in one of all tabs. Returns whether it was this tab.

        A browser blocks a popup without a click. If the page has a handler for ``login_needed``, the requests then wait
        for the user. Otherwise PopupBlocked is raised.
        """
        if self._election is None:
            await bring("sign_in")
            from podio_web.auth.tab_election import Election

            name = f"podio-web:renewal:{self._context.identity.name_in_tabs}"
            self._election = Election(self._session, self._context.runtime, name)
        try:
            return await self._election.run(stale, lambda: self._until_fresh(renew()))
        except PopupBlocked:
            if not self._context.events.has_handlers("login_needed"):
                raise
        await self._wait_for_person()
        return True

    def end(self) -> None:
        """End every sign-in of this client, and forget the redirect response."""
        self._stop_signing_in(LoginRequired("The user signed out."))
        # Another page of this tab may have left a request since the start.
        redirect = self._redirect_if_needed()
        if redirect is not None:
            redirect.end()

    def close(self) -> None:
        """Close the popup, and stop waiting for the user."""
        self._stop_signing_in(PodioError("The client was closed."))

    def _stop_signing_in(self, problem: PodioError) -> None:
        if self._popup is not None:
            self._popup.cancel()
        if self._person is not None:
            self._person.fail(problem)

    def _popup_sign_in(self) -> "PopupSignIn":
        if self._popup is None:
            # Imported late, like the redirect and the election: a page with a valid session starts faster without.
            from podio_web.auth.popup import PopupSignIn

            self._popup = PopupSignIn(self._context, self._session)
        return self._popup

    def _may_have_response(self) -> bool:
        """Return whether there may be a redirect response. If not, its modules need no time at startup."""
        runtime = self._context.runtime
        found = runtime.address()[2] + " ".join(runtime.tab.keys())
        if "podio-web:attempt" in found or "podio-web:handover" in found:
            return True
        return "access_token" in found or "%" in found or runtime.page_texts.get("podio-web:answer") is not None

    def _redirect_if_needed(self) -> "RedirectSignIn | None":
        if self._redirect is None and not self._may_have_response():
            return None
        try:
            return self._redirect_sign_in()
        except ImportError:
            return None  # podio-web.js loads the module first if the tab has a request, or there may be a response

    def _redirect_sign_in(self) -> "RedirectSignIn":
        if self._redirect is None:
            from podio_web.auth.redirect import RedirectSignIn

            self._redirect = RedirectSignIn(self._context)
        return self._redirect

    async def _wait_for_person(self) -> None:
        """Ask for a click, and wait for a session from that click, from another sign-in or from another tab."""
        person = self._person = SharedOutcome()
        stop_listening = self._context.events.on("authenticated", person.succeed)
        self._context.events.emit("login_needed", self._resume)
        try:
            await self._in_time(person.wait())
        finally:
            stop_listening()
            self._person = None

    async def _until_fresh(self, renewing: "Awaitable[object]") -> None:
        """Wait for a renewal, or until there is a new session from another source."""
        over = SharedOutcome()
        stops: list[Callable[[], None]] = []

        def release(token: "Token") -> None:
            # If the renewal brought it, it still has to store it.
            stops.append(self._context.runtime.after(RELEASE, lambda: over.succeed(None)))

        stops.append(self._context.events.on("authenticated", release))
        try:
            await self._in_time(renewing, over)
        finally:
            for stop in stops:
                stop()

    async def _in_time(self, signing_in: "Awaitable[object]", over: "SharedOutcome | None" = None) -> None:
        """Wait up to ``login_timeout`` seconds. A popup that is open then has a timer of its own."""
        late = PopupTimeout("Nobody signed in within the time allowed. Sign in again.")
        await within(self._context.login_timeout, signing_in, late, self._context.runtime, self._is_popup_open, over)

    def _is_popup_open(self) -> bool:
        return self._popup is not None and self._popup.is_open

    def _resume(self, *ignored: object) -> None:
        """Open the popup. The page calls this from a click handler."""
        if self._person is not None:
            self._context.runtime.start(self._follow(self._popup_sign_in().start(), self._person))

    async def _follow(self, outcome: SharedOutcome, person: SharedOutcome) -> None:
        try:
            await outcome.wait()
        except PopupBlocked:
            # It was not called from a click: ask again.
            self._context.events.emit("login_needed", self._resume)
        except Exception as problem:
            person.fail(problem)

    async def _await_popup(self, popup: "PopupSignIn", outcome: SharedOutcome) -> None:
        try:
            await outcome.wait()
        except asyncio.CancelledError:
            popup.abandon(outcome)
            raise

    async def _leave(self) -> None:
        await bring("sign_in")
        self._redirect_sign_in().leave()
