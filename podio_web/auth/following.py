"""Doing what the steps of a call say: perform it, renew the session, wait.

``podio_web.http.exchange`` decides which step comes next, without any I/O.
"""

from podio_web.errors import ConnectionFailed, LoginRequired, RateLimitError
from podio_web.http import Perform, Refused, Renew, advance, rate_limit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from podio_web.auth.renewal import Renewal
    from podio_web.auth.session import Session
    from podio_web.events import Events
    from podio_web.http import RateLimit, Wait
    from podio_web.http.exchange import Steps
    from podio_web.oauth.identity import ClientIdentity
    from podio_web.runtime.protocols import Runtime, Transport

LONGEST_SLEEP = 1.0
"""Seconds after which a call that waits looks whether it still has to."""


class Following:
    """Takes the steps of the calls of one client; ``rate_limit`` holds the last figures that were readable."""

    def __init__(
        self,
        identity: "ClientIdentity",
        session: "Session",
        renewal: "Renewal",
        events: "Events",
        platform: "Runtime",
        transport: "Transport",
        check_open: "Callable[[], None]",
    ) -> None:
        self.rate_limit: RateLimit | None = None
        self._identity = identity
        self._session = session
        self._renewal = renewal
        self._events = events
        self._platform = platform
        self._transport = transport
        self._check_open = check_open

    async def follow(self, steps: "Steps", order: int = 0) -> "Any":
        """Do what the steps of one call say, and return its data; without an ``order`` it is not the session's."""
        try:
            step, data = advance(steps, None)
            while step is not None:
                try:
                    outcome = await self._take(step, order)
                except ConnectionFailed as problem:
                    outcome = problem
                step, data = advance(steps, outcome)
        except RateLimitError as problem:
            self._events.emit("rate_limited", problem.retry_after)
            raise
        return data

    def chance(self) -> float:
        """Return a number from 0 to 1."""
        return int(self._platform.random_text()[-8:], 16) / 0x1_0000_0000

    async def _take(self, step: "Perform | Renew | Wait | Refused", order: int) -> "Any":
        if isinstance(step, Perform):
            answer = await self._transport.perform(step.request, step.timeout)
            self.rate_limit = rate_limit(answer) or self.rate_limit
            return answer
        if isinstance(step, Renew):
            return await self._renewal.fresh(step.stale, order)
        if isinstance(step, Refused):
            held = self._session.token
            # What can be renewed without the person is not thrown away because of one answer.
            if held is not None and held.access_token == step.token.access_token and held.refresh_token is None:
                await self._session.end(held)
            return None
        # First: a handler may sign the person out.
        endings, left = self._session.endings, step.seconds
        if isinstance(step.problem, RateLimitError):
            self._events.emit("rate_limited", step.seconds)
        while left > 0:
            # In slices, so that whoever waits soon learns of a log-out.
            await self._platform.sleep(min(left, LONGEST_SLEEP))
            left -= LONGEST_SLEEP
            self._check_open()
            if order and self._session.endings != endings:
                raise LoginRequired(f"The session ended while a request was waiting. {self._identity.how_to_sign_in}")
        return None
