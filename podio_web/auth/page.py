"""The auth of a page: a person signs in through a popup or a redirect, and the tabs of an origin share the session.

https://developers.podio.com/authentication/client_side
"""

from podio_web.auth.base import Auth
from podio_web.auth.expiry import ExpiryWatch
from podio_web.auth.page_sign_in import PageSignIn, bring_sign_in
from podio_web.auth.session import Session
from podio_web.errors import TimedOut
from podio_web.runtime.interpreter import is_awaitable
from podio_web.runtime.shared_outcome import within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from podio_web.auth.context import Context
    from podio_web.errors import SignInError
    from podio_web.oauth.token import Token
    from podio_web.types import SessionStore

MESSAGE_DELAYS = (0.0, 0.2, 1.0, 3.0)
"""Seconds between looks into the store: between a browser's processes a message may overtake what was stored before."""

STORE_TIMEOUT = 10.0
"""Seconds after which a store that does not answer counts as one that fails."""

_LOGGED_OUT = "logged_out"
_SIGNED_IN = "signed_in"


class PageAuth(Auth):
    """Gets tokens by signing a person in from a page.

    >>> auth = PageAuth(context, LocalStorageStore())
    """

    def __init__(self, context: "Context", store: "SessionStore") -> None:
        identity, runtime = context.identity, context.runtime
        session = Session("client", store, context.events, runtime.now)
        super().__init__(context, session, None if context.will_refresh is None else self._ask_person)
        self._is_open = True
        self._sign_in = PageSignIn(context, session)
        name = f"podio-web:tabs:{identity.api_origin}:{identity.client_id}:{identity.auth_type}"
        self._other_tabs = runtime.open_line(name, self._heard)
        self._stop_watching = runtime.on_emptied(self._look_into_store)
        session.identify = self._identify
        session.on_stored = self._stored
        session.wait = self._wait_for_store
        self._expiry = ExpiryWatch(context, session)
        # At once, before a router rewrites the address.
        self._sign_in.receive()
        if self._sign_in.token is not None:
            # Now: the person may reload the page before it makes a request.
            runtime.start(self.load())

    @property
    def error(self) -> "SignInError | None":
        """Why the last redirect response was refused, or None."""
        return self._sign_in.error

    async def load(self) -> None:
        """Store what a redirect brought, and read the store once."""
        if self._context.runtime.now() >= self._expiry.due:
            self._expiry.look()
        # A client that was closed at once leaves the response to the next one.
        token = self._sign_in.take_token() if self._is_open else None
        if token is not None:
            self._loaded = True
            await self.session.save(token)
            self._context.runtime.start(self.session.learn_user(token))
        elif not self._loaded:
            await self.session.load()
            self._loaded = True

    async def token(self, order: int) -> "tuple[Token, bool]":
        """Return the token for the request number ``order``, and whether it has ended and must be renewed first.

        Raises LoginRequired if nobody is signed in.
        """
        now = self._context.runtime.now()
        if now >= self._expiry.due:
            self._expiry.look()
        if not self._loaded:
            await self.load()
        token = self.session.token
        if token is None:
            raise self._nobody()
        if self._renewal.is_running:
            token = await self._renewal.instead_of(token, order)
        return token, now >= token.expires_at

    def login(self, method: str) -> "Coroutine[Any, Any, None]":
        """Open the popup now, or leave the page; return what ends when a session is held."""
        return self._sign_in.login(method)

    def sign_out(self) -> "Coroutine[Any, Any, None]":
        """Forget the session now, here and in the other tabs; return what ends when the store has forgotten it too."""
        self._other_tabs.send(_LOGGED_OUT)
        return super().sign_out()

    def close(self) -> None:
        """Close the popup, stop the timers, and let go of the other tabs."""
        self._is_open = False
        self._sign_in.close()
        self._expiry.close()
        self._stop_watching()
        self._other_tabs.close()
        super().close()

    def _end_waiting(self) -> None:
        self._sign_in.end()
        super()._end_waiting()

    async def _ask_person(self, stale: "Token") -> bool:
        hook = self._context.will_refresh
        assert hook is not None, "without it nothing is renewed"
        return await self._sign_in.renew(stale, lambda: self._renewal.run_hook(hook))

    async def _identify(self, token: "Token") -> None:
        """Find out whose a token is. Podio nearly always says so with it."""
        if token.ref is None:
            await bring_sign_in()
            from podio_web.auth.token_user import look_up_user

            await look_up_user(token, self._context)

    async def _wait_for_store(self, answer: "Any") -> "Any":
        if not is_awaitable(answer):
            return answer
        late = TimedOut(f"The session store did not answer within {STORE_TIMEOUT:g} seconds.")
        return await within(STORE_TIMEOUT, answer, late, self._context.runtime)

    def _stored(self) -> None:
        """Let go of a redirect response, and tell the other tabs."""
        self._sign_in.settle()
        if self.session.is_shared:
            self._other_tabs.send(_SIGNED_IN)

    def _look_into_store(self) -> None:
        """Follow another tab in which the site's data was cleared: that signs out, and says so to nobody."""
        if self.session.is_shared:
            self._context.runtime.start(self._follow_store())

    async def _follow_store(self) -> None:
        if await self.session.was_emptied():
            self._signed_out_elsewhere()

    def _signed_out_elsewhere(self) -> None:
        self._end_waiting()
        self._context.runtime.start(self.session.clear_after_other_tab())

    def _heard(self, text: object) -> None:
        if text == _LOGGED_OUT:
            self._signed_out_elsewhere()
        elif text == _SIGNED_IN and self.session.is_shared:
            self._context.runtime.start(self._adopt())

    async def _adopt(self) -> None:
        """Take over what another tab has stored; then nobody here has to wait for a person any more."""
        session = self.session
        held = session.token
        for delay in MESSAGE_DELAYS:
            await self._context.runtime.sleep(delay)
            await session.reload()
            if session.token is not held:
                break
        self._sign_in.adopt(session.token if session.alive and session.token is not held else None)
