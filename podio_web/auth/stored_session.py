"""A session that processes share through a store.

A web application has one of these per request, and several processes may renew the same session. So memory never
replaces the store: one process would use a session that the others do not have. If the store fails, that is an error.
"""

from podio_web.auth.session import SIGNED_OUT, Session
from podio_web.errors import StoreUnavailable
from podio_web.runtime.interpreter import IN_PAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from podio_web.events import Events
    from podio_web.oauth.token import Token
    from podio_web.types import SessionStore

LOOK_EVERY = 1.0
"""Seconds after which a client reads the store again before a request."""

_FAILED = {"get": "be read", "clear": "be cleared, and may still have the session,"}


class StoredSession(Session):
    """A ``Session`` that is kept only in its store. If the store fails, StoreUnavailable is raised.

    In a page, memory replaces a store that fails, as in every ``Session``.

    >>> session = StoredSession("app", FileStore("session.json"), events, time.time)
    """

    _has_read = False
    _looked_at = 0.0

    def __init__(
        self,
        auth_type: str,
        store: "SessionStore",
        events: "Events",
        now: "Callable[[], float]",
        *,
        in_page: bool = IN_PAGE,
    ) -> None:
        super().__init__(auth_type, store, events, now)
        self._in_page = in_page

    async def look_again(self) -> None:
        """Check for a sign-out or a renewal by another process, at most once per second."""
        if self.token is not None and not 0 <= self.now() - self._looked_at < LOOK_EVERY:
            await self.adopt(self.token)

    @property
    def has_lock(self) -> bool:
        """Whether the store has a lock for all processes."""
        return hasattr(self._store, "acquire")

    async def acquire(self, owner: str, seconds: float) -> bool:
        """Take the store's lock for ``seconds``. Returns whether it was free.

        This also finds out whether the store can be written. If it has no lock, its token is written once more.
        """
        if self.has_lock:
            return await self._with_store("acquire", self._auth_type, owner, seconds) is not False
        stored = await self.stored() if self.is_kept else None
        if stored is not None:
            await self._with_store("set", stored, self._auth_type)
        return True

    async def release(self, owner: str) -> None:
        """Release the store's lock, if it has one."""
        if self.has_lock:
            await self._with_store("release", self._auth_type, owner)

    async def adopt(self, stale: "Token") -> bool:
        """Take over the token that another process stored instead of ``stale``. Returns whether it is valid.

        If the session is no longer in the store, another process has ended it. Then it ends here too.
        """
        generation, held = self.generation, self.token
        self._looked_at = self.now()
        record = await self._with_store("get", self._auth_type)
        if held is not None and generation == self.generation:
            stored = self._token_in(record) if record else None
            if stored is not None and stored.access_token != SIGNED_OUT:
                if not held.is_newer(stored):
                    self._take_over(stored)
            elif self._was_stored and (stored is not None or not record):
                self._drop()
        return self.alive and self.token is not None and self.token.access_token != stale.access_token

    async def replace(self, old: "Token", new: "Token") -> bool:
        """Keep ``new`` and store it in place of ``old``. Returns False if another process has changed the session.

        Then the stored token is taken over, or the session ends if there is none.
        """
        if not self._was_stored:
            await self.save(new)
            return True
        self._number(new)
        if await self.swap(old, new):
            self.hold(new)
            return True
        stored = await self.stored()
        if stored is None:
            self._drop()
        else:
            self._take_over(stored)
        return False

    async def swap(self, old: "Token", new: "Token") -> bool:
        """Store ``new`` in place of ``old``. Returns False if the store has another token, or none."""
        if hasattr(self._store, "replace"):
            return bool(await self._with_store("replace", old, new, self._auth_type))
        stored = await self.stored()
        if stored is None or stored.access_token not in (old.access_token, new.access_token):
            return False
        await self._with_store("set", new, self._auth_type)
        return True

    def hold(self, new: "Token") -> None:
        """Keep a token that is in the store, or is being stored."""
        self.generation += 1
        self._hold(new)

    async def stored(self) -> "Token | None":
        """Return the stored token. None if there is none, it is invalid, or the session changed during the read."""
        self._looked_at = self.now()
        return await super().stored()

    @property
    def _was_stored(self) -> bool:
        """Whether the store is known to have had the session. Some stores never return what they are given."""
        return self.is_kept and (self._has_read or hasattr(self._store, "replace"))

    def _token_in(self, stored: "Any") -> "Token | None":
        self._has_read = True
        return super()._token_in(stored)

    async def _go_on(self, store: "SessionStore", operation: str, failure: Exception) -> "Any":
        if self._in_page:
            return await super()._go_on(store, operation, failure)
        if isinstance(failure, StoreUnavailable):
            raise failure
        what = _FAILED.get(operation, "be written")
        # The errors of other stores might have secrets, so only their type is shown.
        why = str(failure) if getattr(store, "tells_no_secrets", False) else type(failure).__name__
        problem = StoreUnavailable(f"The session store cannot {what} at the moment ({why}). Try again.")
        problem.reason = why
        raise problem from None
