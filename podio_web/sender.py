"""Send requests with a token, renew the session, and retry.

``podio_web.http.exchange`` decides what the next step is. It does no I/O.
"""

from podio_web.errors import ConnectionFailed, LoginRequired, RateLimitError
from podio_web.http import MAY_SAY_WHEN, Budget, Perform, Refused, Renew, advance, check_timeout, exchange, rate_limit
from podio_web.runtime.interpreter import bring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from podio_web.auth.context import Context
    from podio_web.auth.grant_auth import GrantAuth
    from podio_web.auth.page_auth import PageAuth
    from podio_web.http import RateLimit, Request, Retry, Wait
    from podio_web.http.exchange import Steps
    from podio_web.types import PerformRequest

CLOSED = "This Podio client is closed. Create a new one."

LONGEST_SLEEP = 1.0
"""Seconds between two checks of a waiting request: it ends if the session ends."""


class Sender:
    """Sends the requests of one client. ``rate_limit`` is that of the last response that had one.

    >>> sender = Sender(context, auth)
    >>> me = await sender.send(request, sender.budget(None, Retry(), safe=True))
    """

    def __init__(self, context: "Context", auth: "PageAuth | GrantAuth") -> None:
        self.rate_limit: RateLimit | None = None
        self._context = context
        self._auth = auth
        self._sent = 0

    def budget(self, timeout: "float | None", retry: "Retry | None", *, safe: bool) -> Budget:
        """Return the limits of a request: ``timeout`` seconds, or the client's, and the retries of ``retry``."""
        limit = self._context.timeout if timeout is None else check_timeout(timeout)
        clock, with_renewal = self._context.runtime.monotonic, self._auth.renews_silently
        return Budget(limit, retry, clock, self._chance, safe=safe, with_renewal=with_renewal)

    async def send(
        self, request: "Request", budget: Budget, perform: "PerformRequest | None" = None, fresh_for: float = 0.0
    ) -> "Any":
        """Send a request with the session's token, and return its data.

        - ``perform``: performs the request instead of the transport.
        - ``fresh_for``: seconds that the token must still be valid; otherwise it is renewed first, if that is possible.

        Raises LoginRequired, before any I/O, if nobody is signed in.
        """
        auth: Any = self._auth
        sent = self._send(request, budget, perform, fresh_for)
        return await (auth.in_time(budget.left, request, sent) if auth.renews_silently else sent)

    async def send_with_secret(self, request: "Request", budget: Budget) -> "Any":
        """Send a request with the client's ID and secret instead of a token. Raises ValueError without a secret."""
        auth: Any = self._auth
        if not auth.renews_silently:
            raise ValueError("basic_auth needs a client_secret, which a client of auth_type 'client' must not have")
        auth.enter_loop()
        return await self._follow(auth.basic_auth(request, budget))

    async def _send(
        self, request: "Request", budget: Budget, perform: "PerformRequest | None", fresh_for: float
    ) -> "Any":
        """Send a request with the session's token."""
        self._sent += 1
        order, auth = self._sent, self._auth
        token, has_ended = await auth.token(order)
        if fresh_for and auth.can_renew:
            has_ended = self._context.runtime.now() + fresh_for >= token.expires_at
        return await self._follow(exchange(request, token, budget, has_ended=has_ended), order, perform)

    async def _follow(self, steps: "Steps", order: int = 0, perform: "PerformRequest | None" = None) -> "Any":
        """Take the steps of a request, and return its data. ``order`` is its number if it uses the session's token."""
        try:
            step, data = advance(steps, None)
            while step is not None:
                try:
                    outcome = await self._take(step, order, perform or self._context.transport.perform)
                except ConnectionFailed as problem:
                    outcome = problem
                step, data = advance(steps, outcome)
        except RateLimitError as problem:
            self._context.events.emit("rate_limited", problem.retry_after)
            raise
        return data

    async def _take(self, step: "Perform | Renew | Wait | Refused", order: int, perform: "PerformRequest") -> "Any":
        if isinstance(step, Perform):
            response = await perform(step.request, step.timeout)
            if response.status in MAY_SAY_WHEN:
                await bring("retry_after")
            self.rate_limit = rate_limit(response) or self.rate_limit
            return response
        if isinstance(step, Renew):
            return await self._auth.renew(step.stale, order)
        if isinstance(step, Refused):
            return await self._auth.refuse(step.token)
        return await self._pause(step, order)

    async def _pause(self, step: "Wait", order: int) -> None:
        """Wait in short slices, so that a sign-out ends the request soon."""
        context, session, left = self._context, self._auth.session, step.seconds
        # First: a handler may sign the person out.
        endings = session.endings
        if isinstance(step.problem, RateLimitError):
            context.events.emit("rate_limited", step.seconds)
        while left > 0:
            await context.runtime.sleep(min(left, LONGEST_SLEEP))
            left -= LONGEST_SLEEP
            if context.is_closed:
                raise RuntimeError(CLOSED)
            if order and session.endings != endings:
                raise LoginRequired(f"The session ended while a request was waiting. {context.identity.how_to_sign_in}")

    def _chance(self) -> float:
        """Return a random number in [0, 1)."""
        return int(self._context.runtime.random_text()[-8:], 16) / 0x1_0000_0000
