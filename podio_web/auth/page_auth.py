"""The auth of a page: sign-in through a popup or a redirect, and one session for all tabs of an origin.

https://developers.podio.com/authentication/client_side
"""

from podio_web.auth.base import Auth
from podio_web.auth.expiry import ExpiryWatch
from podio_web.auth.other_tabs import OtherTabs
from podio_web.auth.page_sign_in import PageSignIn
from podio_web.auth.session import Session
from podio_web.errors import TimedOut
from podio_web.runtime.interpreter import bring, is_awaitable
from podio_web.runtime.shared_outcome import within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from podio_web.auth.context import Context
    from podio_web.errors import SignInError
    from podio_web.oauth.token import Token
    from podio_web.types import SessionStore

STORE_TIMEOUT = 10.0
"""Seconds after which a store that does not respond counts as failed."""


class PageAuth(Auth):
    """Gets tokens by signing a person in.

    >>> auth = PageAuth(context, LocalStorageStore())
    """

    def __init__(self, context: "Context", store: "SessionStore") -> None:
        runtime = context.runtime
        session = Session("client", store, context.events, runtime.now)
        super().__init__(context, session, None if context.will_refresh is None else self._ask_person)
        self._is_open = True
        self._sign_in = PageSignIn(context, session)
        self._other_tabs = OtherTabs(context, session, self._signed_out_elsewhere, self._sign_in.adopt)
        session.identify = self._identify
        session.on_stored = self._stored
        session.wait = self._wait_for_store
        self._expiry = ExpiryWatch(context, session)
        # Now, before a router changes the address.
        self._sign_in.receive()
        if self._sign_in.token is not None:
            # Now, because the person may reload the page before it sends a request.
            runtime.start(self.load())

    @property
    def error(self) -> "SignInError | None":
        """Why the last redirect response was refused, or None."""
        return self._sign_in.error

    async def load(self) -> None:
        """Store the token of a redirect response, or read the store the first time."""
        if self._expiry.needs_look:
            self._expiry.look()
        # If this client is closed already, the next one takes the response.
        token = self._sign_in.take_token() if self._is_open else None
        if token is not None:
            self._loaded = True
            await self.session.save(token)
            self._context.runtime.start(self.session.learn_user(token))
        elif not self._loaded:
            await self.session.load()
            self._loaded = True

    async def token(self, order: int) -> "tuple[Token, bool]":
        """Return the token for the request number ``order``, and whether it has expired and must be renewed first.

        Raises LoginRequired if nobody is signed in.
        """
        if self._expiry.needs_look or not self._loaded:
            await self.load()
        token = self.session.token
        if token is None:
            raise self._nobody()
        if self._renewal.is_running:
            token = await self._renewal.instead_of(token, order)
        return token, self._context.runtime.now() >= token.expires_at

    def login(self, method: str) -> "Coroutine[Any, Any, None]":
        """Open the popup now, or leave the page. Returns a coroutine that ends when somebody is signed in.

        ``method`` is ``popup`` or ``redirect``. Raises ValueError for any other method.
        """
        return self._sign_in.login(method)

    def sign_out(self) -> "Coroutine[Any, Any, None]":
        """Forget the session now, in all tabs. Returns a coroutine that ends when the store is cleared."""
        self._other_tabs.tell_sign_out()
        return super().sign_out()

    def close(self) -> None:
        """Close the popup, the timers and the channel to the other tabs."""
        self._is_open = False
        self._sign_in.close()
        self._expiry.close()
        self._other_tabs.close()
        super().close()

    def _end_waiting(self) -> None:
        self._sign_in.end()
        super()._end_waiting()

    async def _ask_person(self, stale: "Token") -> bool:
        hook = self._context.will_refresh
        assert hook is not None, "without it nothing is renewed"
        return await self._sign_in.renew(stale, lambda: self._renewal.run_hook(hook, stale))

    async def _identify(self, token: "Token") -> None:
        """Look up a token's user. Podio nearly always includes it with the token."""
        if token.ref is None:
            await bring("sign_in")
            from podio_web.auth.token_user import look_up_user

            await look_up_user(token, self._context)

    async def _wait_for_store(self, result: "Any") -> "Any":
        if not is_awaitable(result):
            return result
        late = TimedOut(f"The session store did not respond within {STORE_TIMEOUT:g} seconds.")
        return await within(STORE_TIMEOUT, result, late, self._context.runtime)

    def _stored(self) -> None:
        """Forget the redirect response, and notify the other tabs."""
        self._sign_in.settle()
        self._other_tabs.tell_sign_in()

    def _signed_out_elsewhere(self) -> None:
        self._end_waiting()
        self._context.runtime.start(self.session.clear_after_other_tab())
