"""The base class of all auths: a session, and one renewal that all waiting requests share."""

from podio_web.auth.renewal import Renewal
from podio_web.errors import LoginRequired, PodioError
from podio_web.oauth.token import Token
from podio_web.runtime.interpreter import settle
from podio_web.runtime.shared_outcome import SharedOutcome, told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping
    from typing import Any

    from podio_web.auth.context import Context
    from podio_web.auth.session import Session


class Auth:
    """How a client gets and renews its token.

    ``renew(stale)`` renews the session and returns whether it was renewed here, not by another tab or process. It is
    None if the session cannot be renewed. A subclass has ``load``, ``token``, ``login`` or ``sign_in``, and ``error``.

    >>> auth = open_auth(context, store)
    >>> await auth.load()
    >>> token = await auth.renew(stale, order=3)
    """

    renews_silently = False
    """Whether a session is renewed without the user."""

    def __init__(
        self, context: "Context", session: "Session", renew: "Callable[[Token], Awaitable[bool]] | None"
    ) -> None:
        self.session = session
        self._context = context
        self._loaded = False
        self._refresh = renew
        self._renewal = Renewal(
            context, session, None if renew is None else self._renew, asks_person=not self.renews_silently
        )

    @property
    def can_renew(self) -> bool:
        """Whether the session can be renewed, by the user or without."""
        return self._refresh is not None

    def put(self, response: "Mapping[str, Any]") -> None:
        """Keep the token of a token response in memory. Raises ValueError if the response has no valid token."""
        now = self._context.runtime.now()
        self.session.put(Token.from_response(response, now, keep_refresh=self.renews_silently))

    async def renew(self, stale: "Token", order: int) -> "Token":
        """Return a token other than ``stale``. Waiting requests continue in the order of their ``order``."""
        return await self._renewal.fresh(stale, order)

    async def refuse(self, token: "Token") -> None:
        """End the session because Podio refused a token that was just renewed.

        A session that can be renewed without the user is kept: one response is not enough to end it.
        """
        held = self.session.token
        if held is not None and held.access_token == token.access_token and held.refresh_token is None:
            await self.session.end(held)

    def sign_out(self) -> "Coroutine[Any, Any, None]":
        """Forget the session now. Returns a coroutine that ends when the store is cleared."""
        self._end_waiting()
        return self._finish(self.session.clear())

    def close(self) -> None:
        """End a renewal that is running."""
        self._renewal.cancel(PodioError("The client was closed while a request was waiting."))

    def forget_renewal(self) -> None:
        """Forget a renewal that cannot continue: its event loop has ended, or its thread is in another process."""
        self._renewal.forget()

    def _nobody(self) -> LoginRequired:
        return LoginRequired(f"Nobody is signed in. {self._context.identity.how_to_sign_in}")

    def _end_waiting(self) -> None:
        """End everything that waits for a session."""
        self._loaded = True
        self._renewal.cancel(
            LoginRequired(f"The user signed out while a request was waiting. {self._context.identity.how_to_sign_in}")
        )

    async def _finish(self, clearing: "Awaitable[None]") -> None:
        outcome = SharedOutcome()
        # In a task of its own: if the caller gave up, a slow store would keep the session.
        self._context.runtime.start(told(outcome, clearing))
        await outcome.wait()

    async def _renew(self, stale: "Token") -> None:
        """Renew the session, and call the page's hook if it was renewed here."""
        assert self._refresh is not None, "without it nothing is renewed"
        if not await self._refresh(stale):
            return
        token, refreshed = self.session.token, self._context.refreshed
        if refreshed is not None and token is not None and token is not stale:
            await settle(refreshed(token))
