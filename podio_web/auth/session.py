"""The session: one token, kept in memory and in a store, and what happens to it."""

from podio_web.errors import PodioError
from podio_web.oauth.encoding import read_record
from podio_web.oauth.token import Token
from podio_web.runtime.interpreter import settle, warn
from podio_web.stores.memory import MemoryStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable
    from typing import Any

    from podio_web.events import Events
    from podio_web.types import SessionStore

SIGNED_OUT = "signed-out"
"""The access token of what a store without ``clear`` is given instead of a session: ``get`` of it means nobody."""

_PLACEHOLDER_LIFETIME = 60.0


class Session:
    """Holds the token of one client; a store that fails is replaced by memory, once, with one warning.

    A store that has failed is cleared all the same when the session changes: it must not bring an older one back.
    ``now`` returns seconds since 1970. ``generation`` counts the changes: whoever starts something long reads it
    before and compares it after, so that a late answer never brings back a session that was ended. ``endings`` counts
    only the times that a session was ended: a new sign-in wins over everything else. ``identify`` fills in whose a
    token is, where that can be found out. ``wait`` awaits what a store returns; a page puts a limit to that.
    ``is_kept`` tells whether the token that is held came from the store or went there; else the page has put it in.
    """

    def __init__(self, auth_type: str, store: "SessionStore", events: "Events", now: "Callable[[], float]") -> None:
        self.token: Token | None = None
        self.generation: int = 0
        self.endings: int = 0
        self._auth_type = auth_type
        # In a page nothing could use a refresh token, and anybody could steal it.
        self._keeps_refresh = auth_type != "client"
        self._store = store
        self._failed_store: SessionStore | None = None
        self.is_kept: bool = False
        self._is_renewal = False
        self.on_stored: Callable[[], None] | None = None
        self.identify: Callable[[Token], Awaitable[None]] = _leave_as_it_is
        self.wait: Callable[[Any], Awaitable[Any]] = settle
        self._events = events
        self.now = now

    @property
    def is_shared(self) -> bool:
        """Whether other tabs see what is stored here."""
        return bool(getattr(self._store, "is_shared", True))

    @property
    def alive(self) -> bool:
        """Whether a token is held that has not ended."""
        return self.token is not None and not self.token.is_expired(self.now())

    @property
    def usable(self) -> bool:
        """Whether a token is held that has not ended, or that can be renewed without the person."""
        return self.alive or (self.token is not None and self.token.refresh_token is not None)

    def put(self, token: Token) -> None:
        """Hold ``token`` in memory, without storing it."""
        self.generation += 1
        self._number(token)
        self._hold(token)
        self.is_kept = False

    async def save(self, token: Token) -> None:
        """Hold ``token`` and store it; a log-out while a slow store is still writing wins."""
        held = self.token
        self._is_renewal = held is not None and held.ref is not None and held.ref == token.ref
        self.put(token)
        await self._with_store("set", token, self._auth_type)
        self.is_kept = True
        if self.token is None:
            await self._clear_store()
        elif self.on_stored is not None:
            self.on_stored()

    async def learn_user(self, token: Token) -> None:
        """Find out whose ``token`` is, and remember it with the session."""
        if token.ref is None:
            await self.identify(token)
            if token.ref is not None and self.token is token:
                await self._with_store("set", token, self._auth_type)

    async def load(self) -> None:
        """Take over what the store holds, unless what is held already is usable or ends later.

        An empty store never takes away a token that is held: it may be read-only, or slow to learn of it.
        """
        if self.alive:
            return
        stored = await self.stored()
        if stored is not None and (self.token is None or stored.is_newer(self.token)):
            self._take_over(stored)

    async def reload(self) -> None:
        """Take over what the store holds, whatever is held now; an empty store changes nothing."""
        stored = await self.stored()
        if stored is not None and (self.token is None or stored.access_token != self.token.access_token):
            self._take_over(stored)

    async def stored(self) -> "Token | None":
        """Return what the store holds; None when that is nothing, rubbish, or overtaken while it was read."""
        generation = self.generation
        stored = await self._with_store("get", self._auth_type)
        token = self._token_in(stored) if stored and generation == self.generation else None
        return None if token is None or token.access_token == SIGNED_OUT else token

    def _token_in(self, stored: "Any") -> "Token | None":
        try:
            if isinstance(stored, (str, bytes)):
                stored = read_record(stored)
            token = stored if isinstance(stored, Token) else Token.from_dict(stored)
            return token if self._keeps_refresh else token.without_refresh()
        except ValueError as problem:
            # A JSON error's text may quote the record.
            told = "not JSON" if isinstance(stored, (str, bytes)) else problem
            warn(f"the session store returned something that is no session: {told}")
            return None

    async def adopt(self, stale: Token) -> bool:
        """Take over what another process stored instead of ``stale``; tell whether the session is alive with it.

        A stored session that has ended too is taken over all the same: its refresh token is the one that counts.
        """
        stored = await self.stored()
        held = self.token
        if stored is not None and held is not None and not held.is_newer(stored):
            self._take_over(stored)
        return self.alive and self.token is not None and self.token.access_token != stale.access_token

    async def end(self, refused: Token) -> None:
        """Forget a session that Podio refuses and nothing can renew; one that was stored meanwhile stays."""
        stored = await self.stored()
        self._drop()
        if stored is None or stored.access_token == refused.access_token:
            await self._clear_store()

    async def was_emptied(self) -> bool:
        """Tell whether the session that is held was in the store, and is there no more."""
        return self.is_kept and self.token is not None and not await self._with_store("get", self._auth_type)

    def clear(self) -> "Coroutine[Any, Any, None]":
        """Forget the token now; return what ends when the store has forgotten it too."""
        self._drop()
        return self._after_clearing(self._clear_store())

    async def clear_after_other_tab(self) -> None:
        """Forget the token because another tab signed out.

        A tab that slept may hear of it late: a store that several tabs share may hold a newer session by then, which
        is left alone.
        """
        held = self.token
        if held is not None:
            self._drop()
        stored = await self.stored()
        if held is None or stored is None or stored.access_token == held.access_token:
            await self._clear_store()

    def _drop(self) -> None:
        self.generation += 1
        self.endings += 1
        self.token = None
        self._events.emit("logged_out")

    def _clear_store(self) -> "Coroutine[Any, Any, None]":
        """Clear the store, and one that has failed; what needs no waiting is done before this returns."""
        cleared = [self._begin(*self._clearing(self._store))]
        if self._failed_store is not None:
            cleared.append(self._forget_in(self._failed_store))
        return _all_of(cleared)

    def _clearing(self, store: "SessionStore") -> "tuple[Any, ...]":
        if hasattr(store, "clear"):
            return "clear", self._auth_type
        # A store may be able to keep a Token and nothing else, and may reckon with one that has not ended yet.
        return "set", Token(SIGNED_OUT, expires_at=self.now() + _PLACEHOLDER_LIFETIME), self._auth_type

    async def _after_clearing(self, cleared: "Awaitable[None]") -> None:
        await cleared
        if self.token is not None and self.is_kept:
            # Somebody signed in while a slow store was still forgetting.
            await self._with_store("set", self.token, self._auth_type)

    def _number(self, token: Token) -> None:
        """Give a token a version above that of the one before; clocks of other processes may be a little ahead."""
        before = 0 if self.token is None else self.token.version
        token.version = max(int(self.now() * 1000), before + 1)

    def _take_over(self, stored: Token) -> None:
        self._hold(stored)
        self.is_kept = True

    def _hold(self, token: Token) -> None:
        is_new = self.token is None or self.token.access_token != token.access_token
        self.token = token
        if is_new and self.usable:
            self._events.emit("authenticated", token)

    async def _with_store(self, operation: str, *arguments: "Any") -> "Any":
        return await self._begin(operation, *arguments)

    def _begin(self, operation: str, *arguments: "Any") -> "Coroutine[Any, Any, Any]":
        """Ask the store now, and return what ends with its answer; when it fails, go on in memory and say so once."""
        try:
            answer, failure = getattr(self._store, operation)(*arguments), None
        except Exception as problem:
            answer, failure = None, problem
        return self._end(self._store, operation, answer, failure)

    async def _end(self, store: "SessionStore", operation: str, answer: "Any", failure: "Exception | None") -> "Any":
        if failure is None:
            try:
                return await self.wait(answer)
            except Exception as problem:
                failure = problem
        if store is not self._store:
            return None  # that was told already
        return await self._go_on(store, operation, failure)

    async def _go_on(self, store: "SessionStore", operation: str, failure: Exception) -> "Any":
        """Keep the session in memory from now on, because its store has failed."""
        # The problem's text is the store's own and might hold the token: its kind says enough.
        told = f"the session store failed ({type(failure).__name__}); the session is kept in memory from now on"
        memory = self._store = MemoryStore()
        if self.token is not None:
            memory.set(self.token, self._auth_type)
        self._failed_store = store
        # What was not replaced would be the session again at the next visit: somebody else's, or one that was ended.
        is_left = operation == "clear" or (operation == "set" and not (self._is_renewal and self.token is not None))
        if is_left and not await self._forget_in(store):
            told += ". It may still hold the session before: clear it by hand"
        warn(told)
        self._events.emit("storage_degraded", PodioError(told))
        return None

    async def _forget_in(self, store: "SessionStore") -> bool:
        """Clear a store that has failed; tell whether that worked."""
        operation, *arguments = self._clearing(store)
        try:
            await self.wait(getattr(store, operation)(*arguments))
        except Exception:
            return False
        return True


async def _leave_as_it_is(token: Token) -> None:
    """Find out nothing."""


async def _all_of(awaitables: "Iterable[Awaitable[Any]]") -> None:
    for each in awaitables:
        await each
