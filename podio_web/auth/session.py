"""The session: one token, in memory and in a store."""

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
"""The access token of the placeholder for a store without ``clear``. If ``get`` returns it, nobody is signed in."""

_PLACEHOLDER_LIFETIME = 60.0


class Session:
    """Holds the token of one client. A store that fails is replaced by memory, with one warning.

    A failed store is still cleared when the session changes, so that it does not return an older session later.

    - ``now``: returns seconds since 1970.
    - ``generation``: counts the changes. A long operation compares it before and after, so that a late response does
      not restore a session that has ended.
    - ``endings``: counts only the times that a session was ended.
    - ``is_kept``: whether the token is in the store; False if the page has set it.
    - ``identify``: looks up a token's user.
    - ``wait``: awaits the result of a store. A page limits the time.

    >>> session = Session("client", MemoryStore(), Events(runtime.start), time.time)
    >>> await session.load()
    """

    def __init__(self, auth_type: str, store: "SessionStore", events: "Events", now: "Callable[[], float]") -> None:
        self.token: Token | None = None
        self.generation: int = 0
        self.endings: int = 0
        self._auth_type = auth_type
        # A page cannot use a refresh token, and anyone could steal it.
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
        """Whether other tabs share the store."""
        return bool(getattr(self._store, "is_shared", True))

    @property
    def alive(self) -> bool:
        """Whether there is a token that has not expired."""
        return self.token is not None and not self.token.is_expired(self.now())

    @property
    def usable(self) -> bool:
        """Whether there is a token that has not expired, or can be renewed without the person."""
        return self.alive or (self.token is not None and self.token.refresh_token is not None)

    def put(self, token: Token) -> None:
        """Keep ``token`` in memory, without storing it."""
        self.generation += 1
        self._number(token)
        self._hold(token)
        self.is_kept = False

    async def save(self, token: Token) -> None:
        """Keep ``token`` and store it. A sign-out while the store is writing takes precedence."""
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
        """Look up the user of ``token``, and store it with the session."""
        if token.ref is None:
            await self.identify(token)
            if token.ref is not None and self.token is token:
                await self._with_store("set", token, self._auth_type)

    async def load(self) -> None:
        """Take over the stored token, unless the current one is valid or newer.

        An empty store does not remove the current token: it may be read-only, or slow.
        """
        if self.alive:
            return
        stored = await self.stored()
        if stored is not None and (self.token is None or stored.is_newer(self.token)):
            self._take_over(stored)

    async def reload(self) -> None:
        """Take over the stored token. An empty store changes nothing."""
        stored = await self.stored()
        if stored is not None and (self.token is None or stored.access_token != self.token.access_token):
            self._take_over(stored)

    async def stored(self) -> "Token | None":
        """Return the stored token. None if there is none, it is invalid, or the session changed during the read."""
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
            # The text of a JSON error may quote the record.
            told = "not JSON" if isinstance(stored, (str, bytes)) else problem
            warn(f"The session store returned an invalid session: {told}")
            return None

    async def adopt(self, stale: Token) -> bool:
        """Take over the token that another process stored instead of ``stale``. Returns whether it is valid.

        A stored token is taken over even if it has expired, because its refresh token is the current one.
        """
        stored = await self.stored()
        held = self.token
        if stored is not None and held is not None and not held.is_newer(stored):
            self._take_over(stored)
        return self.alive and self.token is not None and self.token.access_token != stale.access_token

    async def end(self, refused: Token) -> None:
        """Forget a session that Podio refuses and that cannot be renewed. A newer one in the store stays."""
        stored = await self.stored()
        self._drop()
        if stored is None or stored.access_token == refused.access_token:
            await self._clear_store()

    async def was_emptied(self) -> bool:
        """Return whether the current session was in the store, but is no longer there."""
        return self.is_kept and self.token is not None and not await self._with_store("get", self._auth_type)

    def clear(self) -> "Coroutine[Any, Any, None]":
        """Forget the token now. Returns a coroutine that ends when the store is cleared."""
        self._drop()
        return self._after_clearing(self._clear_store())

    async def clear_after_other_tab(self) -> None:
        """Forget the token because another tab has signed out.

        The message may be late if this tab slept. If the store has a newer session by then, that stays.
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
        """Clear the store, and the failed one. Synchronous stores are cleared before this returns."""
        cleared = [self._begin(*self._clearing(self._store))]
        if self._failed_store is not None:
            cleared.append(self._forget_in(self._failed_store))
        return _all_of(cleared)

    def _clearing(self, store: "SessionStore") -> "tuple[Any, ...]":
        if hasattr(store, "clear"):
            return "clear", self._auth_type
        # The store may accept nothing but a Token, and may expect one that has not expired.
        return "set", Token(SIGNED_OUT, expires_at=self.now() + _PLACEHOLDER_LIFETIME), self._auth_type

    async def _after_clearing(self, cleared: "Awaitable[None]") -> None:
        await cleared
        if self.token is not None and self.is_kept:
            # Somebody signed in while a slow store was being cleared.
            await self._with_store("set", self.token, self._auth_type)

    def _number(self, token: Token) -> None:
        """Give a token a greater version than the last one, even if the clock of another process was ahead."""
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
        """Call the store now. Returns a coroutine with its result; if the store fails, memory replaces it."""
        try:
            result, failure = getattr(self._store, operation)(*arguments), None
        except Exception as problem:
            result, failure = None, problem
        return self._end(self._store, operation, result, failure)

    async def _end(self, store: "SessionStore", operation: str, result: "Any", failure: "Exception | None") -> "Any":
        if failure is None:
            try:
                return await self.wait(result)
            except Exception as problem:
                failure = problem
        if store is not self._store:
            return None  # this failure was reported already
        return await self._go_on(store, operation, failure)

    async def _go_on(self, store: "SessionStore", operation: str, failure: Exception) -> "Any":
        """Keep the session in memory from now on, because its store has failed."""
        # The text of the store's error might have the token, so only its type is shown.
        told = f"The session store failed ({type(failure).__name__}). The session is kept in memory from now on"
        memory = self._store = MemoryStore()
        if self.token is not None:
            memory.set(self.token, self._auth_type)
        self._failed_store = store
        # A session that stays in the store would return at the next visit: another user's, or one that has ended.
        is_left = operation == "clear" or (operation == "set" and not (self._is_renewal and self.token is not None))
        if is_left and not await self._forget_in(store):
            told += ". The store may still have the previous session: clear it by hand"
        warn(told)
        self._events.emit("storage_degraded", PodioError(told))
        return None

    async def _forget_in(self, store: "SessionStore") -> bool:
        """Clear a store that has failed. Returns whether that worked."""
        operation, *arguments = self._clearing(store)
        try:
            await self.wait(getattr(store, operation)(*arguments))
        except Exception:
            return False
        return True


async def _leave_as_it_is(token: Token) -> None:
    """Look up nothing."""


async def _all_of(awaitables: "Iterable[Awaitable[Any]]") -> None:
    for each in awaitables:
        await each
