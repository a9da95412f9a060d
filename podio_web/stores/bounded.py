"""Session stores for programs with an event loop: an operation never blocks the loop, and has a time limit.

The operations of a blocking store, such as SQLiteStore, run in threads. These threads are separate from asyncio's,
which also look up host names: a store that hangs must not block new connections.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from podio_web.runtime.interpreter import is_awaitable
from podio_web.stores.records import KeyedStore

LIMIT = 10.0
"""The time limit of one operation, in seconds."""

THREADS = 16
"""How many blocking operations may run at the same time. More operations wait."""

_OPERATIONS = ("get", "set", "clear", "acquire", "release", "replace")

_pools: dict[int, ThreadPoolExecutor] = {}


class BoundedStore:
    """A session store whose operations can be awaited and have a time limit.

    It has the same operations as ``store``, and each raises TimeoutError after ``LIMIT`` seconds. A blocking store of
    podio_web works in threads. Any other blocking store is called in the event loop's thread and has no time limit.

    Args:
        store: The session store.

    Examples:
        >>> store = BoundedStore(SQLiteStore("sessions.sqlite"))
        >>> token = await store.get("server")
    """

    def __init__(self, store: Any) -> None:
        self._store = store
        self._blocks = isinstance(store, KeyedStore) and store.blocks

    def __repr__(self) -> str:
        return repr(self._store)

    def __reduce__(self) -> Any:
        # Without this, a copy would end in a RecursionError: it has no _store yet when it is asked for a method.
        raise TypeError("A Podio client cannot be copied or pickled. Create another one: both can share a store.")

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if name not in _OPERATIONS:
            return found
        begin = self._begin_in_thread if self._blocks else _begin
        return lambda *arguments: begin(found, *arguments)

    def _begin_in_thread(self, operation: Callable[..., Any], *arguments: Any) -> Any:
        future = _pool().submit(operation, *arguments)
        return self._outcome(future, operation, arguments)

    async def _outcome(self, future: Future[Any], operation: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        try:
            async with asyncio.timeout(LIMIT):
                return await asyncio.wrap_future(future)
        except (TimeoutError, asyncio.CancelledError):
            if operation.__name__ == "acquire":
                # The caller is gone and cannot release the lock.
                auth_type, owner, _ = arguments
                future.add_done_callback(lambda _: _pool().submit(self._store.release, auth_type, owner))
            raise


def _begin(operation: Callable[..., Any], *arguments: Any) -> Any:
    result = operation(*arguments)
    return _in_time(result) if is_awaitable(result) else result


async def _in_time(result: Awaitable[Any]) -> Any:
    # Unlike wait_for, this needs no extra task.
    async with asyncio.timeout(LIMIT):
        return await result


def _pool() -> ThreadPoolExecutor:
    """Return this process's threads. A forked process does not inherit its parent's."""
    pid = os.getpid()
    if pid not in _pools:
        _pools[pid] = ThreadPoolExecutor(THREADS, thread_name_prefix="podio-web-store")
    return _pools[pid]
