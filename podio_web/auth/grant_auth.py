"""Sign-in at the token endpoint with a grant, and renewal with a refresh token.

https://developers.podio.com/authentication
"""

from binascii import b2a_base64

from podio_web.auth.base import Auth
from podio_web.auth.grants_in_page import InPage
from podio_web.auth.stored_session import StoredSession
from podio_web.auth.token_request import forms_of, issued_at, read_token_response, secrets_of_form, token_request
from podio_web.errors import ConnectionFailed, GrantRefused, LoginRequired, PodioError, StoreUnavailable, TimedOut
from podio_web.http.exchange import tries
from podio_web.http.request import authorized
from podio_web.http.response import clean
from podio_web.oauth.grants import activation_grant, app_grant, code_grant, password_grant, refresh_grant
from podio_web.runtime.interpreter import IN_PAGE, warn
from podio_web.runtime.shared_outcome import SharedOutcome, told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from podio_web.auth.context import Context
    from podio_web.errors import SignInError
    from podio_web.http.exchange import Budget, Steps
    from podio_web.http.request import Request
    from podio_web.oauth.grants import Fields
    from podio_web.oauth.token import Token
    from podio_web.runtime.protocols import ServerRuntime
    from podio_web.types import SessionStore

LONGEST_CALL = 60.0
"""The longest timeout of a token request, in seconds, because other requests wait for it."""

LOCK_MARGIN = 20.0
"""Seconds that a renewal holds the store's lock beyond the timeout of its request, to store the new token."""

SHORTEST_PAUSE = 0.03
LONGEST_PAUSE = 0.5


class GrantAuth(Auth):
    """Gets tokens from the token endpoint, for a client that has a secret.

    >>> auth = GrantAuth(context, FileStore("session.json"))
    """

    renews_silently = True

    def __init__(self, context: "Context", store: "SessionStore") -> None:
        runtime: Any = InPage(context.runtime) if IN_PAGE else context.runtime
        self._runtime: ServerRuntime = runtime
        identity = self._identity = context.identity
        session = StoredSession(identity.auth_type, runtime.unblocked(store), context.events, runtime.now)
        self._stored = session
        super().__init__(context, session, self.refresh)
        self.error: SignInError | None = None
        self._timeout = min(context.timeout, LONGEST_CALL)

    async def load(self) -> None:
        """Read the store the first time, and check it for changes by other processes later."""
        self.enter_loop()
        if self._loaded:
            await self._stored.look_again()
        else:
            await self._stored.load()
            self._loaded = True

    async def token(self, order: int) -> "tuple[Token, bool]":
        """Return the token for the request number ``order``, and whether it has expired and must be renewed first.

        Raises LoginRequired if nobody is signed in.
        """
        await self.load()
        token = self._stored.token
        if token is None:
            raise self._nobody()
        if self._renewal.is_running:
            token = await self._renewal.instead_of(token, order)
        return token, self._runtime.now() >= token.expires_at

    def enter_loop(self) -> None:
        """Forget a renewal whose event loop has ended. Raises RuntimeError if the client's other loop still runs."""
        if self._runtime.enter_loop():
            self.forget_renewal()

    async def in_time(self, seconds: float, request: "Request", coroutine: "Coroutine[Any, Any, Any]") -> "Any":
        """Return the result of a request's coroutine, renewal and pauses included.

        Raises TimedOut after ``seconds``.
        """
        late = TimedOut(
            f"{request.method} {request.path} did not finish within {seconds:g} seconds.",
            method=request.method,
            path=request.path,
        )
        return await self._runtime.in_time(seconds, coroutine, late)

    def basic_auth(self, request: "Request", budget: "Budget") -> "Steps":
        """Yield the steps of a request with the client's ID and secret, for operations without a user.

        https://www.rfc-editor.org/rfc/rfc7617
        """
        request = authorized(request, self._pair(), "Basic")
        try:
            return (yield from tries(request, budget))
        except PodioError as problem:
            clean(problem, forms_of([self._pair().rstrip("="), self._identity.client_secret or ""]))
            raise

    def _pair(self) -> str:
        pair = ":".join([self._identity.client_id, self._identity.client_secret or ""])
        return b2a_base64(pair.encode(), newline=False).decode()

    async def sign_in(self, fields: "Fields") -> "Token":
        """Exchange a grant for a token and store it. The old session stays until then.

        ``fields`` is the body of the token request. Raises StoreUnavailable if the store cannot be written, if possible
        before the grant is used.
        """
        self.enter_loop()
        session, owner = self._stored, self._runtime.random_text()
        endings = session.endings
        is_held = session.has_lock and await session.acquire(owner, self._timeout + LOCK_MARGIN)
        try:
            token = await self._redeem(fields)
            if session.endings != endings:
                raise LoginRequired(f"The session was ended while signing in. {self._identity.how_to_sign_in}")
            await session.save(token)
        finally:
            if is_held:
                await self._release(owner)
        self._loaded = True
        self.error = None
        return token

    async def sign_in_with_code(self, auth_code: str, redirect_uri: "str | None") -> "Token":
        """Sign in with the code of a redirect response."""
        return await self.sign_in(code_grant(auth_code, self._identity.chosen_redirect_uri(redirect_uri)))

    async def sign_in_with_password(self, username: str, password: str, offering_id: "int | str | None") -> "Token":
        """Sign in with an e-mail address and a password."""
        return await self.sign_in(password_grant(username, password, offering_id))

    async def sign_in_with_app(self, app_id: "int | str", app_token: str) -> "Token":
        """Sign in as a Podio app."""
        return await self.sign_in(app_grant(app_id, app_token))

    async def sign_in_with_activation_code(self, code: str, offering_id: "int | str | None") -> "Token":
        """Sign in with the activation code of an invitation."""
        return await self.sign_in(activation_grant(code, offering_id))

    def _end_waiting(self) -> None:
        self.error = None
        super()._end_waiting()

    async def refresh(self, stale: "Token") -> bool:
        """Renew the session with its refresh token, once for all processes that share its store.

        Returns True if it was renewed here, False if another process has renewed or ended it. Raises LoginRequired and
        ends the session if it has no refresh token, or Podio refuses that. Raises StoreUnavailable before the refresh
        token is used if the store cannot be written. Any other error leaves the session as it is.
        """
        outcome = SharedOutcome()
        # In a task of its own: if the caller gave up, the refresh token would be used and the response lost.
        self._runtime.start(told(outcome, self._refresh_once(stale)))
        return await outcome.wait()  # type: ignore[no-any-return]

    async def _refresh_once(self, stale: "Token") -> bool:
        session, owner = self._stored, self._runtime.random_text()
        limit = min(self._timeout, self._runtime.time_left())
        seconds = limit + LOCK_MARGIN
        give_up = self._runtime.monotonic() + min(2 * seconds, self._runtime.time_left())
        pause = SHORTEST_PAUSE
        while not await session.acquire(owner, seconds):
            if await session.adopt(stale) or session.token is None:
                return False
            if self._runtime.monotonic() >= give_up:
                raise TimedOut("Another process is renewing this session and did not finish in time. Try again.")
            await self._runtime.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        is_written_later = False
        try:
            # The process that held the lock before may have renewed the session.
            if await session.adopt(stale) or session.token is None:
                return False
            old, generation = session.token, session.generation
            new = await self._next_token(stale, old, limit)
            if new is None or session.generation != generation:
                # The user has signed out or signed in again, which takes precedence.
                return False
            try:
                return await session.replace(old, new)
            except StoreUnavailable as problem:
                is_written_later = True
                self._write_later(old, new, owner, problem)
                return True
        finally:
            if not is_written_later:
                await self._release(owner)

    async def _next_token(self, stale: "Token", old: "Token", limit: float) -> "Token | None":
        """Return the session's next token within ``limit`` seconds, or None if another process was first."""
        session = self._stored
        if old.refresh_token is None:
            await session.end(old)
            raise LoginRequired(f"The session has ended and cannot be renewed. {self._identity.how_to_sign_in}")
        try:
            new = await self._redeem(refresh_grant(old.refresh_token), limit)
        except GrantRefused:
            # If refresh tokens rotate, another process may have used this one.
            if await session.adopt(stale):
                return None
            await session.end(old)
            raise LoginRequired(f"Podio no longer renews this session. {self._identity.how_to_sign_in}") from None
        # If the response has no new refresh token, the old one stays valid (RFC 6749 section 6).
        new.refresh_token = new.refresh_token or old.refresh_token
        new.scope = new.scope or old.scope
        new.ref = new.ref or old.ref
        return new

    def _write_later(self, old: "Token", new: "Token", owner: str, problem: StoreUnavailable) -> None:
        """Use a token that could not be stored, and keep trying to store it.

        The lock is held until then so that no process uses the old refresh token, which may be invalid by now.
        """
        warn(f"{problem} The session was renewed and will be stored as soon as possible.")
        self._stored.hold(new)
        self._runtime.beside(self._write(old, new, owner, self._runtime.monotonic() + LOCK_MARGIN))

    async def _write(self, old: "Token", new: "Token", owner: str, give_up: float) -> None:
        while True:
            await self._runtime.sleep(LONGEST_PAUSE)
            try:
                await self._stored.swap(old, new)
                break
            except StoreUnavailable:
                if self._runtime.monotonic() >= give_up:
                    warn("A renewed session could not be stored. The user must sign in again.")
                    return
        await self._release(owner)

    async def _release(self, owner: str) -> None:
        """Release the lock. If the store fails, the lock ends at its deadline."""
        try:
            await self._stored.release(owner)
        except StoreUnavailable as problem:
            warn(str(problem))

    async def _redeem(self, fields: "Fields", limit: "float | None" = None) -> "Token":
        request = token_request(self._identity, fields)
        sent = self._runtime.now()
        try:
            response = await self._context.transport.perform(request, self._timeout if limit is None else limit)
        except ConnectionFailed as problem:
            clean(problem, secrets_of_form(request))
            raise
        return read_token_response(request, fields, response, issued_at(response, sent, self._runtime.now()))
