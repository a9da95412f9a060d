"""The client-side flow, as a page has it: a popup or a redirect, and the other tabs.

https://developers.podio.com/authentication/client_side
"""

import asyncio

from podio_web.session.attempts import Attempts
from podio_web.session.popup_sign_in import PopupSignIn
from podio_web.session.redirect_sign_in import RedirectSignIn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from podio_web.errors import SignInError
    from podio_web.oauth.identity import ClientIdentity
    from podio_web.oauth.token import Token
    from podio_web.session.events import Events
    from podio_web.session.flight import Flight
    from podio_web.session.platform import Platform
    from podio_web.session.session import Session

_LOGGED_OUT = "logged_out"


class PageSignIn:
    """Signs a person in from a page; ``on_other_log_out`` is called when another tab signs them out."""

    def __init__(
        self,
        identity: "ClientIdentity",
        session: "Session",
        events: "Events",
        platform: "Platform",
        on_other_log_out: "Callable[[], object]",
    ) -> None:
        platform.check_redirect_uri(identity.chosen_redirect_uri(None))
        self._attempts = Attempts(identity, platform)
        self._popup = PopupSignIn(identity, session, self._attempts, events, platform)
        self._redirect = RedirectSignIn(identity, self._attempts, platform)
        self._on_other_log_out = on_other_log_out
        self._other_tabs = platform.open_line(
            f"podio-web:tabs:{identity.api_origin}:{identity.client_id}:{identity.auth_type}", self._heard
        )
        # At once, before a router rewrites the address.
        self._redirect.receive()

    @property
    def error(self) -> "SignInError | None":
        """Why the last redirect response was refused, or None."""
        return self._redirect.error

    def take_token(self) -> "Token | None":
        """Return what a redirect brought, once."""
        token, self._redirect.token = self._redirect.token, None
        return token

    def login(self, method: str) -> "Coroutine[Any, Any, None]":
        """Open the popup now, or leave the page; return what ends when a session is held."""
        if method == "redirect":
            return self._leave()
        if method != "popup":
            raise ValueError(f"method must be 'popup' or 'redirect', not {method!r}")
        return self._await_popup(self._popup.start())

    def announce_log_out(self) -> None:
        """Tell the other tabs that the person has signed out."""
        self._other_tabs.send(_LOGGED_OUT)

    def end(self) -> None:
        """End every attempt, and forget what a redirect brought."""
        self._popup.cancel()
        self._attempts.clear()
        self._redirect.token = self._redirect.error = None

    def close(self) -> None:
        """Close the popup and the line to the other tabs."""
        self._popup.cancel()
        self._other_tabs.close()

    async def _await_popup(self, flight: "Flight") -> None:
        try:
            await flight.wait()
        except asyncio.CancelledError:
            self._popup.abandon(flight)
            raise

    async def _leave(self) -> None:
        self._redirect.leave()

    def _heard(self, text: object) -> None:
        if text == _LOGGED_OUT:
            self._on_other_log_out()
