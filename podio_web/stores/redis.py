"""A session store in Redis, for web applications with workers on several machines.

The key ``podio-web:session:…`` holds a token as JSON, and ``podio-web:lock:…`` holds the owner of a lock. Each key ends
with API origin, client ID, user and auth type, percent-encoded and separated by colons.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

from podio_web.oauth.token import Token
from podio_web.runtime.interpreter import is_awaitable
from podio_web.stores.records import LIFETIME, KeyedStore, check_lock, check_ttl, read_token, write_token

if TYPE_CHECKING:
    import redis
    import redis.asyncio

PREFIX = "podio-web:"

_PATIENCE = 5.0
"""Seconds to wait for Redis. A URL can set another time, such as ``?socket_timeout=2``."""

# Redis runs a script as one step (https://redis.io/docs/latest/develop/programmability/eval-intro/).
_ACQUIRE = """
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_REPLACE = """
local kept = redis.call('GET', KEYS[1])
local is_json, token = pcall(cjson.decode, kept or '')
if not is_json or token.access_token ~= ARGV[1] and token.access_token ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[3], unpack(ARGV[4] == '' and {} or {'PX', ARGV[4]}))
return 1
"""
_RELEASE = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1]) or 0"


class RedisStore(KeyedStore):
    """A session store in Redis.

    With an asyncio client, each method returns an awaitable of the documented result.

    Args:
        client: A URL, a ``redis.Redis`` or a ``redis.asyncio.Redis``.
        ttl: How long a session is kept after the last write, in seconds. The default is 28 days, like Podio's refresh
            token. None means without limit.

    Raises:
        ModuleNotFoundError: ``client`` is a URL, and the redis package is not installed.
        TypeError: ``client`` is of another type.
        ValueError: The URL is invalid, or ``ttl`` is less than 1.

    Examples:
        >>> store = RedisStore("redis://127.0.0.1:6379/0")
        >>> podio = Podio("server", "my-app", secret, session_store=store.for_user(session_id))
    """

    def __init__(self, client: str | redis.Redis | redis.asyncio.Redis, *, ttl: float | None = LIFETIME) -> None:
        check_ttl(ttl)
        self._client: Any = _connect(client) if isinstance(client, str) else client
        if not hasattr(self._client, "eval"):
            raise TypeError("RedisStore needs a URL, a redis.Redis or a redis.asyncio.Redis")
        self._ttl = ttl
        self.blocks: bool = not iscoroutinefunction(self._client.execute_command)

    def __repr__(self) -> str:
        # Without the client, whose repr may show a password.
        return f"<RedisStore {PREFIX!r}>"

    def get(self, auth_type: str) -> Any:
        """Return the stored token.

        Args:
            auth_type: The client's auth type, such as ``"server"``.

        Returns:
            The token that was set last, or None.

        Raises:
            redis.RedisError: Redis does not answer.

        Examples:
            >>> await store.for_user("alice").get("server")
            <Token of user 1001, expires_at=1790000000, scope='global:all'>
        """
        return _then(read_token, self._client.get(self._session_key(auth_type)))

    def set(self, token: Token, auth_type: str) -> Any:
        """Store a token.

        Args:
            token: The token.
            auth_type: The client's auth type.

        Raises:
            redis.RedisError: Redis does not answer.

        Examples:
            >>> _ = await store.for_user("alice").set(token, "server")
        """
        ends_in = None if self._ttl is None else int(self._ttl * 1000)
        return self._client.set(self._session_key(auth_type), write_token(token), px=ends_in)

    def replace(self, old: Token, new: Token, auth_type: str) -> Any:
        """Replace a token in one step, but only if the store still holds it.

        Args:
            old: The token that the store should hold.
            new: The token to store.
            auth_type: The client's auth type.

        Returns:
            True if the store now holds ``new``. False if it held neither ``old`` nor ``new``; then nothing changed.

        Raises:
            redis.RedisError: Redis does not answer.

        Examples:
            >>> await store.for_user("alice").replace(old, new, "server")
            True
        """
        key, ends_in = self._session_key(auth_type), "" if self._ttl is None else int(self._ttl * 1000)
        tokens = (old.access_token, new.access_token)
        return _then(bool, self._client.eval(_REPLACE, 1, key, *tokens, write_token(new), ends_in))

    def clear(self, auth_type: str) -> Any:
        """Remove the token of one auth type.

        Args:
            auth_type: The client's auth type.

        Raises:
            redis.RedisError: Redis does not answer.

        Examples:
            >>> _ = await store.for_user("alice").clear("server")
        """
        return self._client.delete(self._session_key(auth_type))

    def acquire(self, auth_type: str, owner: str, seconds: float) -> Any:
        """Take the session's lock, or extend it.

        Args:
            auth_type: The client's auth type.
            owner: A text that only this caller uses.
            seconds: How long the lock is held, at most 3600 seconds.

        Returns:
            True if ``owner`` now holds the lock. False if another owner holds it.

        Raises:
            ValueError: ``owner`` is empty, or ``seconds`` is out of range.
            redis.RedisError: Redis does not answer.

        Examples:
            >>> await store.for_user("alice").acquire("server", owner="worker-1", seconds=30)
            True
        """
        check_lock(owner, seconds)
        milliseconds = max(1, int(seconds * 1000))
        return _then(bool, self._client.eval(_ACQUIRE, 1, self._lock_key(auth_type), owner, milliseconds))

    def release(self, auth_type: str, owner: str) -> Any:
        """Release the session's lock.

        Args:
            auth_type: The client's auth type.
            owner: The owner that took the lock.

        Returns:
            True if the lock was released. False if ``owner`` no longer held it; then nothing changed.

        Raises:
            redis.RedisError: Redis does not answer.

        Examples:
            >>> await store.for_user("alice").release("server", owner="worker-1")
            True
        """
        return _then(bool, self._client.eval(_RELEASE, 1, self._lock_key(auth_type), owner))

    def _session_key(self, auth_type: str) -> str:
        return f"{PREFIX}session:{self._key(auth_type)}"

    def _lock_key(self, auth_type: str) -> str:
        return f"{PREFIX}lock:{self._key(auth_type)}"


def _connect(url: str) -> redis.Redis:
    try:
        import redis
    except ModuleNotFoundError:
        raise ModuleNotFoundError("The redis package is missing. Install it: pip install 'podio-web[redis]'") from None
    try:
        return redis.Redis.from_url(url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE)
    except ValueError:
        # Without redis's message: it takes a password with a slash for a port, and shows it.
        raise ValueError(
            "RedisStore needs a URL such as redis://user:password@127.0.0.1:6379/0 or unix:///run/redis.sock. "
            "Percent-encode the special characters of the password."
        ) from None


def _then(change: Callable[[Any], Any], reply: Any) -> Any:
    """Apply ``change`` to Redis's reply. If the reply is an awaitable, return an awaitable."""
    if not is_awaitable(reply):
        return change(reply)

    async def changed() -> Any:
        return change(await reply)

    return changed()
