"""Renewal: when a token has expired, renew it once for all requests, which then continue in order."""

from podio_web.errors import AccountChanged, LoginRequired
from podio_web.runtime.interpreter import TaskMark, settle
from podio_web.runtime.shared_outcome import SharedOutcome, cancel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from podio_web.auth.context import Context
    from podio_web.auth.session import Session
    from podio_web.oauth.token import Token


MOST_FAILURES = 3
COOL_DOWN = 60.0
"""Seconds without another renewal after MOST_FAILURES failures in a row."""

# Marks the tasks of a renewal. A request from them would wait for itself.
_inside = TaskMark()


class Renewal:
    """Gets a new token once for all requests of a client whose token has expired.

    - ``renew``: renews the session, with or without the person; None if it cannot be renewed.
    - ``asks_person``: whether ``renew`` asks the person. Then there is a pause after a few failures.

    >>> renewal = Renewal(context, session, renew)
    >>> token = await renewal.fresh(stale, order=3)
    >>> token.access_token == stale.access_token
    False
    """

    def __init__(
        self,
        context: "Context",
        session: "Session",
        renew: "Callable[[Token], Awaitable[object]] | None",
        *,
        asks_person: bool = True,
    ) -> None:
        self.is_running: bool = False
        self._session = session
        self._events = context.events
        self._renew = renew
        self._how_to_sign_in = context.identity.how_to_sign_in
        self._runtime = context.runtime
        self._asks_person = asks_person
        self._outcome: SharedOutcome | None = None
        self._stale: Token | None = None
        self._task: object = None
        self._failures = 0
        self._failed: Token | None = None
        self._cool_until = 0.0

    async def fresh(self, stale: "Token", order: int) -> "Token":
        """Return a token other than ``stale``. Waiting requests continue in the order of their ``order``.

        Raises LoginRequired if there is no other token, AccountChanged if another person signed in, and the error of
        the renewal if that fails.
        """
        if self._session.token is None:
            raise LoginRequired(f"Nobody is signed in. {self._how_to_sign_in}")
        if self._outcome is None:
            if self._is_fresh(stale):
                return await self._of_same_person(self._session.token, stale)
            self._check_cool(stale)
            outcome, self._stale = self._runtime.shared_outcome(), stale
            self._outcome, self.is_running = outcome, True
            self._task = self._runtime.lead(self._run(stale, outcome), outcome)
        elif _inside.is_set(self._outcome):
            raise LoginRequired(
                "on_token_will_refresh made a request during the renewal, and that request would wait for itself. "
                f"{self._how_to_sign_in}"
            )
        else:
            outcome = self._outcome
        return await outcome.wait(order)  # type: ignore[no-any-return]

    async def instead_of(self, token: "Token", order: int) -> "Token":
        """Return the token to send: ``token``, or a new one if ``token`` is being renewed."""
        if self._outcome is None or self._stale is None or token.access_token != self._stale.access_token:
            return token
        return await self.fresh(token, order)

    async def run_hook(self, hook: "Callable[[], object]", stale: "Token") -> None:
        """Run the page's renewal hook, with a mark that identifies its own requests.

        If a sign-in has replaced ``stale`` meanwhile, nobody is asked again.
        """
        if self._is_fresh(stale):
            return
        _inside.set(self._outcome)
        await settle(hook())

    def cancel(self, error: Exception) -> None:
        """Raise ``error`` in every waiting request."""
        outcome = self._outcome
        self._end()
        if outcome is not None:
            outcome.fail(error)
            # The task may hold a lock that other tabs wait for.
            cancel(self._task)

    def forget(self) -> None:
        """Forget a renewal that cannot continue: its event loop has ended, or its thread is in another process."""
        if self._outcome is not None and not self._outcome.is_led_here:
            self._end()

    def _end(self) -> None:
        self._outcome, self.is_running = None, False

    async def _run(self, stale: "Token", outcome: SharedOutcome) -> None:
        try:
            token = await self._renewed(stale)
        except Exception as problem:
            self._count_failure(stale)
            outcome.fail(problem)
        else:
            self._failures = 0
            outcome.succeed(token)
        finally:
            if self._outcome is outcome:
                self._end()

    async def _renewed(self, stale: "Token") -> "Token":
        session = self._session
        # Another tab may have renewed the session.
        stored = await session.stored()
        if stored is not None and stored.is_newer(stale):
            await session.reload()
        if not self._is_fresh(stale):
            if self._renew is None:
                await session.end(stale)
                raise LoginRequired(f"The session has ended. {self._how_to_sign_in}")
            await self._renew(stale)
            if not self._is_fresh(stale):
                # As with podio-js, the page's own popup may have stored the new session.
                await session.reload()
        token = session.token
        if token is None or not self._is_fresh(stale):
            raise LoginRequired(f"The session has ended and was not renewed. {self._how_to_sign_in}")
        return await self._of_same_person(token, stale)

    def _count_failure(self, stale: "Token") -> None:
        self._failures = self._failures + 1 if stale is self._failed else 1
        self._failed = stale
        if self._asks_person and self._failures >= MOST_FAILURES:
            self._failures = 0
            self._cool_until = self._runtime.monotonic() + COOL_DOWN

    def _check_cool(self, stale: "Token") -> None:
        """Raise LoginRequired during the pause after several failures. A sign-in ends the pause."""
        left = self._cool_until - self._runtime.monotonic()
        if stale is self._failed and left > 0:
            raise LoginRequired(
                f"The renewal has failed {MOST_FAILURES} times. The next one is possible in {int(left) + 1} seconds. "
                + self._how_to_sign_in
            )

    async def _of_same_person(self, token: "Token", stale: "Token") -> "Token":
        """Return ``token`` if its user is that of ``stale``. Raises AccountChanged otherwise.

        If a person signed in and the user is unknown, it counts as another user.
        """
        if stale.ref is not None and token.ref is None:
            await self._session.identify(token)
        is_unknown = stale.ref is None or token.ref is None
        if stale.ref == token.ref and not is_unknown:
            return token
        # The page is responsible for a token that it has set itself.
        if is_unknown and not (self._asks_person and self._session.is_kept):
            return token
        self._events.emit("account_changed", token)
        who = "An unknown user" if is_unknown else "Another user"
        raise AccountChanged(f"{who} signed in while requests were waiting. None of them was sent. Start over.")

    def _is_fresh(self, stale: "Token") -> bool:
        token = self._session.token
        return token is not None and self._session.alive and token.access_token != stale.access_token
