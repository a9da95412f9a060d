"""A session store in Redis, for web applications with workers on several machines.

Keys: ``podio-web:session:…`` holds a token as JSON, ``podio-web:lock:…`` the owner of a lock. What follows is API
origin, client id, user and kind of sign-in, each percent-encoded.
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
"""Seconds to wait for Redis; a URL may say others, as ``?socket_timeout=2``."""

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
    """Keeps sessions in Redis: ``client`` is a URL, a ``redis.Redis`` or a ``redis.asyncio.Redis``.

    With the asyncio client every method returns an awaitable of what is said here. A session is forgotten ``ttl``
    seconds after it was last written, 28 days when left out: Podio's refresh token lives no longer. None keeps it for
    ever. Raises ModuleNotFoundError without the redis package, ValueError for a URL or a time that is none.

    >>> store = RedisStore("redis://127.0.0.1:6379/0")
    >>> podio = Podio("server", "my-app", secret, session_store=store.for_user(session_id))
    """

    def __init__(self, client: str | redis.Redis | redis.asyncio.Redis, *, ttl: float | None = LIFETIME) -> None:
        check_ttl(ttl)
        self._client: Any = _connect(client) if isinstance(client, str) else client
        if not hasattr(self._client, "eval"):
            raise TypeError("RedisStore wants a URL, a redis.Redis or a redis.asyncio.Redis")
        self._ttl = ttl
        self.blocks = not iscoroutinefunction(self._client.execute_command)

    def __repr__(self) -> str:
        # Not the client's: it may show a password.
        return f"<RedisStore {PREFIX!r}>"

    def get(self, auth_type: str) -> Any:
        """Return the token that was set last, or None. Raises ``redis.RedisError`` when Redis does not answer.

        >>> await store.for_user("alice").get("server")
        <Token of user 1001, expires_at=1790000000, scope='global:all'>
        """
        return _then(read_token, self._client.get(self._session_key(auth_type)))

    def set(self, token: Token, auth_type: str) -> Any:
        """Keep the token. Raises ``redis.RedisError`` when Redis does not answer.

        >>> _ = await store.for_user("alice").set(token, "server")
        """
        ends_in = None if self._ttl is None else int(self._ttl * 1000)
        return self._client.set(self._session_key(auth_type), write_token(token), px=ends_in)

    def replace(self, old: Token, new: Token, auth_type: str) -> Any:
        """Keep ``new`` in the place of ``old``, in one step; False, and nothing done, when something else is there.

        Raises ``redis.RedisError`` when Redis does not answer.

        >>> await store.for_user("alice").replace(old, new, "server")
        True
        """
        key, ends_in = self._session_key(auth_type), "" if self._ttl is None else int(self._ttl * 1000)
        tokens = (old.access_token, new.access_token)
        return _then(bool, self._client.eval(_REPLACE, 1, key, *tokens, write_token(new), ends_in))

    def clear(self, auth_type: str) -> Any:
        """Forget the token, and no other one. Raises ``redis.RedisError`` when Redis does not answer.

        >>> _ = await store.for_user("alice").clear("server")
        """
        return self._client.delete(self._session_key(auth_type))

    def acquire(self, auth_type: str, owner: str, seconds: float) -> Any:
        """Take the session's lock for ``seconds`` (at most 3600), or go on holding it; False when another has it.

        Raises ValueError for an empty owner and other times, ``redis.RedisError`` when Redis does not answer.

        >>> await store.for_user("alice").acquire("server", owner="worker-1", seconds=30)
        True
        """
        check_lock(owner, seconds)
        milliseconds = max(1, int(seconds * 1000))
        return _then(bool, self._client.eval(_ACQUIRE, 1, self._lock_key(auth_type), owner, milliseconds))

    def release(self, auth_type: str, owner: str) -> Any:
        """Give the session's lock back; False, and nothing done, when it is not the owner's any more.

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
        raise ModuleNotFoundError("RedisStore needs the redis package: pip install podio-web[redis]") from None
    try:
        return redis.Redis.from_url(url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE)
    except ValueError:
        # Not redis's text: a password with a slash in it is taken for a port there, and shown.
        raise ValueError(
            "RedisStore wants a URL such as redis://user:password@127.0.0.1:6379/0 or unix:///run/redis.sock, with"
            " every special character of the password percent-encoded."
        ) from None


def _then(change: Callable[[Any], Any], answer: Any) -> Any:
    """Return what ``change`` makes of the answer, or an awaitable of it when the answer is one."""
    if not is_awaitable(answer):
        return change(answer)

    async def changed() -> Any:
        return change(await answer)

    return changed()
