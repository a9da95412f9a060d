"""Sessions by a grant: signing in at the token endpoint, and renewing silently with a refresh token.

https://developers.podio.com/authentication
"""

from binascii import b2a_base64

from podio_web.api.answer import clean
from podio_web.api.call import authorized
from podio_web.api.exchange import attempts
from podio_web.errors import ConnectionFailed, GrantRefused, LoginRequired, PodioError, TimedOut
from podio_web.grants.fields import refresh_grant
from podio_web.grants.token_call import forms_of, issued_at, judge_token, secrets_of_form, token_call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.api.call import Call
    from podio_web.api.exchange import Budget, Steps
    from podio_web.grants.fields import Fields
    from podio_web.oauth.identity import ClientIdentity
    from podio_web.oauth.token import Token
    from podio_web.session.platform import Platform, Transport
    from podio_web.session.session import Session

LONGEST_CALL = 60.0
"""Seconds that a call to the token endpoint may take, however patient the client is with others: others wait for it."""

LOCK_MARGIN = 5.0
"""Seconds that a refresh may hold the store's lock beyond the time-out of its one call."""

SHORTEST_PAUSE = 0.03
LONGEST_PAUSE = 0.5


class Grants:
    """Gets the sessions of one client from the token endpoint; ``timeout`` is the client's, in seconds."""

    def __init__(
        self,
        identity: "ClientIdentity",
        session: "Session",
        transport: "Transport",
        platform: "Platform",
        timeout: float,
    ) -> None:
        self._identity = identity
        self._session = session
        self._transport = transport
        self._platform = platform
        self._timeout = min(timeout, LONGEST_CALL)

    def attempts(self, call: "Call", budget: "Budget") -> "Steps":
        """Yield the steps of a call with the client's own id and secret, for operations that need no person.

        https://www.rfc-editor.org/rfc/rfc7617
        """
        secret = str(self._identity.client_secret)
        pair = b2a_base64(f"{self._identity.client_id}:{secret}".encode(), newline=False).decode()
        try:
            return (yield from attempts(authorized(call, pair, "Basic"), budget))
        except PodioError as problem:
            clean(problem, forms_of([pair.rstrip("="), secret]))
            raise

    async def sign_in(self, fields: "Fields") -> "Token":
        """Exchange a grant for a session and store it; the present one stays until the new one is there."""
        endings = self._session.endings
        token = await self._redeem(fields)
        if self._session.endings != endings:
            raise LoginRequired(f"The session was ended while signing in. {self._identity.how_to_sign_in}")
        await self._session.save(token)
        return token

    async def refresh(self, stale: "Token") -> bool:
        """Renew the session with its refresh token, once across all processes that share its store.

        Returns whether it was renewed here; False when another process did it meanwhile. Raises LoginRequired when the
        session has no refresh token or Podio does not accept it, which ends the session; whatever else goes wrong
        leaves the session as it is.
        """
        owner = self._platform.random_text()
        seconds = self._timeout + LOCK_MARGIN
        give_up = self._platform.monotonic() + 2 * seconds
        pause = SHORTEST_PAUSE
        while not await self._session.acquire(owner, seconds):
            if await self._session.adopt(stale):
                return False
            if self._platform.monotonic() >= give_up:
                raise TimedOut("Another process is renewing this session and did not finish in time. Try again.")
            await self._platform.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        try:
            # The one that held the lock before may have renewed already.
            if await self._session.adopt(stale):
                return False
            return await self._refresh(stale)
        finally:
            await self._session.release(owner)

    async def _refresh(self, stale: "Token") -> bool:
        session = self._session
        newest, generation = session.token, session.generation
        if newest is None:
            return False
        if newest.refresh_token is None:
            await session.end(newest)
            raise LoginRequired(f"The session has ended and cannot be renewed. {self._identity.how_to_sign_in}")
        was_stored = await session.stored() is not None
        try:
            token = await self._redeem(refresh_grant(newest.refresh_token))
        except GrantRefused:
            # With rotation, the refresh token of somebody who has overtaken this process.
            if await session.adopt(stale):
                return False
            await session.end(newest)
            raise LoginRequired(
                f"Podio does not renew this session any more. {self._identity.how_to_sign_in}"
            ) from None
        # Podio may answer with a new refresh token or without one; then the old one goes on (RFC 6749 section 6).
        token.refresh_token = token.refresh_token or newest.refresh_token
        token.scope = token.scope or newest.scope
        token.ref = token.ref or newest.ref
        if session.generation != generation or (was_stored and await session.ended_elsewhere()):
            # The person signed out, or signed in anew: either counts for more than this.
            return False
        await session.save(token)
        return True

    async def _redeem(self, fields: "Fields") -> "Token":
        call = token_call(self._identity, fields)
        sent = self._platform.now()
        try:
            answer = await self._transport.perform(call, self._timeout)
        except ConnectionFailed as problem:
            clean(problem, secrets_of_form(call))
            raise
        return judge_token(call, fields, answer, issued_at(answer, sent, self._platform.now()))
