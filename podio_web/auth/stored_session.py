"""A session that processes share through their store: what the store says counts, and its faults are faults.

A web application has many of these at once, one per request, and several processes may refresh the same session. So
nothing is ever kept in memory instead of the store: one process would go on with a session that all the others lack.
"""

from podio_web.auth.session import SIGNED_OUT, Session
from podio_web.errors import StoreUnavailable
from podio_web.runtime.interpreter import IN_PAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from podio_web.oauth.token import Token
    from podio_web.types import SessionStore

LOOK_EVERY = 1.0
"""Seconds for which a client goes on with what it has read: one that lives long looks again before a call."""

_FAILED = {"get": "be read", "clear": "be emptied, and may still hold the session,"}


class StoredSession(Session):
    """A ``Session`` whose store is the only place where it is; a store that fails raises StoreUnavailable.

    In a page, memory stands in for the store as in every ``Session``.
    """

    _has_read = False
    _looked_at = 0.0

    async def look_again(self) -> None:
        """Learn of a log-out or a renewal by another process, unless that was looked for a moment ago."""
        if self.token is not None and not 0 <= self.now() - self._looked_at < LOOK_EVERY:
            await self.adopt(self.token)

    @property
    def has_lock(self) -> bool:
        """Whether the store can lock other processes out."""
        return hasattr(self._store, "acquire")

    async def acquire(self, owner: str, seconds: float) -> bool:
        """Take the store's lock for ``seconds``, and so find out whether the store can be written.

        A store without a lock locks nobody out; what it holds is written once more.
        """
        if self.has_lock:
            return await self._with_store("acquire", self._auth_type, owner, seconds) is not False
        stored = await self.stored() if self.is_kept else None
        if stored is not None:
            await self._with_store("set", stored, self._auth_type)
        return True

    async def release(self, owner: str) -> None:
        """Let go of the store's lock, if it has one."""
        if self.has_lock:
            await self._with_store("release", self._auth_type, owner)

    async def adopt(self, stale: "Token") -> bool:
        """Take over what another process stored instead of ``stale``; tell whether the session is alive with it.

        A session that was in the store and is there no more was ended by another process: then it has ended here too.
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
        """Hold ``new`` and store it in the place of ``old``; False when another process has changed the session.

        Then what the store holds counts: nothing, after a log-out.
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
        """Store ``new`` in the place of ``old``; False when something else is there by now, or nothing."""
        if hasattr(self._store, "replace"):
            return bool(await self._with_store("replace", old, new, self._auth_type))
        stored = await self.stored()
        if stored is None or stored.access_token not in (old.access_token, new.access_token):
            return False
        await self._with_store("set", new, self._auth_type)
        return True

    def hold(self, new: "Token") -> None:
        """Hold a token that is in the store, or on its way there."""
        self.generation += 1
        self._hold(new)

    async def stored(self) -> "Token | None":
        """Return what the store holds; None when that is nothing, rubbish, or overtaken while it was read."""
        self._looked_at = self.now()
        return await super().stored()

    @property
    def _was_stored(self) -> bool:
        """Whether the store held the session, as far as it can be known: some stores never give back what they get."""
        return self.is_kept and (self._has_read or hasattr(self._store, "replace"))

    def _token_in(self, stored: "Any") -> "Token | None":
        self._has_read = True
        return super()._token_in(stored)

    async def _go_on(self, store: "SessionStore", operation: str, failure: Exception) -> "Any":
        if IN_PAGE:
            return await super()._go_on(store, operation, failure)
        if isinstance(failure, StoreUnavailable):
            raise failure
        what = _FAILED.get(operation, "be written")
        # The texts of somebody else's store might hold secrets: the kind of the error says enough.
        why = str(failure) if getattr(store, "tells_no_secrets", False) else type(failure).__name__
        problem = StoreUnavailable(f"The session store cannot {what} at the moment ({why}). Try again.")
        problem.reason = why
        raise problem from None
