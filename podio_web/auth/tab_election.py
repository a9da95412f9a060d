"""Elect one tab that renews a session for all tabs. The others take over the result.

This is an election, not a queue of locks: in a queue, one suspended tab would block all the others.
"""

from podio_web.runtime.shared_outcome import SharedOutcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from podio_web.auth.session import Session
    from podio_web.oauth.token import Token
    from podio_web.runtime.protocols import Runtime

PAUSE = 2.0
"""Seconds until the next election if the elected tab does not report: it may be closed."""


class Election:
    """The elections among the tabs of one client. ``name`` is the same in all tabs.

    >>> election = Election(session, runtime, "podio-web:renewal")
    >>> await election.run(stale, renew)      # whether this tab has renewed the session
    True
    """

    def __init__(self, session: "Session", runtime: "Runtime", name: str) -> None:
        self._session = session
        self._runtime = runtime
        self._name = name
        self._waiting: list[SharedOutcome] = []

    async def run(self, stale: "Token", renew: "Callable[[], Awaitable[object]]") -> bool:
        """Run ``renew()`` if this tab is elected. Otherwise wait for the session that another tab stores.

        Returns whether this tab renewed the session. Raises the errors of ``renew``. If another tab fails, this one may
        be elected next.
        """
        session = self._session
        while session.token is not None:
            release = await self._runtime.try_lock(self._name) if session.is_shared else _nothing
            if release is not None:
                try:
                    if session.is_shared and await session.adopt(stale):
                        return False
                    await renew()
                    return True
                finally:
                    release()
            await self._word_or_pause()
            if await session.adopt(stale):
                break
        return False

    def wake(self) -> None:
        """Read the store again now, because another tab has stored something."""
        for outcome in self._waiting:
            outcome.succeed(None)

    async def _word_or_pause(self) -> None:
        outcome = SharedOutcome()
        self._waiting.append(outcome)
        stop = self._runtime.after(PAUSE, lambda: outcome.succeed(None))
        try:
            await outcome.wait()
        finally:
            stop()
            self._waiting.remove(outcome)


def _nothing() -> None:
    """Release nothing: no other tab shares this session."""
