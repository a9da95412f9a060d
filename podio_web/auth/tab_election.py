"""One tab for all: the one that is elected renews a session that several tabs share; the others take over the result.

An election, not a queue: a queue of locks has brought pages to a standstill when one of its tabs did not go on.
"""

from podio_web.runtime.shared_outcome import SharedOutcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from podio_web.auth.session import Session
    from podio_web.oauth.token import Token
    from podio_web.runtime.protocols import Runtime

PAUSE = 2.0
"""Seconds between two elections, unless the elected tab is heard of before: a dead one holds up nobody for long."""


class Election:
    """The elections among the tabs of one client; ``name`` is the same in all of them."""

    def __init__(self, session: "Session", platform: "Runtime", name: str) -> None:
        self._session = session
        self._platform = platform
        self._name = name
        self._waiting: list[SharedOutcome] = []

    async def run(self, stale: "Token", renew: "Callable[[], Awaitable[object]]") -> bool:
        """Let ``renew()`` make the session fresh if this tab is elected; else wait for what another one stores.

        Returns whether it was this tab. Raises what ``renew`` raises; when another tab fails, this one may be elected.
        """
        session = self._session
        while session.token is not None:
            release = await self._platform.try_lock(self._name) if session.is_shared else _nothing
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
        """Look again at once: another tab has stored something."""
        for outcome in self._waiting:
            outcome.succeed(None)

    async def _word_or_pause(self) -> None:
        outcome = SharedOutcome()
        self._waiting.append(outcome)
        stop = self._platform.after(PAUSE, lambda: outcome.succeed(None))
        try:
            await outcome.wait()
        finally:
            stop()
            self._waiting.remove(outcome)


def _nothing() -> None:
    """Release nothing: nobody shares this session."""
