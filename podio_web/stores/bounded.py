"""Session stores in programs with an event loop: none of them holds it up, and none is waited for without end.

A store that blocks, such as SQLiteStore, works in threads meanwhile. They are our own: asyncio's are for looking up
host names too, and a hanging store would hold up every connection.
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
"""Seconds that a store may take for one operation."""

THREADS = 16
"""Operations at once; more wait for their turn."""

_OPERATIONS = ("get", "set", "clear", "acquire", "release", "replace")

_pools: dict[int, ThreadPoolExecutor] = {}


class BoundedStore:
    """A session store whose operations are awaited, for ``LIMIT`` seconds at most; then TimeoutError is raised.

    It has the operations that ``store`` has. One that blocks and is not podio_web's own is called in the event loop's
    thread, as it was written for.

    >>> store = BoundedStore(SQLiteStore("sessions.sqlite"))
    >>> token = await store.get("server")
    """

    def __init__(self, store: Any) -> None:
        self._store = store
        self._blocks = isinstance(store, KeyedStore) and store.blocks

    def __repr__(self) -> str:
        return repr(self._store)

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
                # Nobody is there any more who would give the lock back.
                auth_type, owner, _ = arguments
                future.add_done_callback(lambda _: _pool().submit(self._store.release, auth_type, owner))
            raise


def _begin(operation: Callable[..., Any], *arguments: Any) -> Any:
    answer = operation(*arguments)
    return _in_time(answer) if is_awaitable(answer) else answer


async def _in_time(answer: Awaitable[Any]) -> Any:
    # Unlike wait_for, this needs no task of its own.
    async with asyncio.timeout(LIMIT):
        return await answer


def _pool() -> ThreadPoolExecutor:
    """Return this process's threads: a fork has none of its parent's."""
    pid = os.getpid()
    if pid not in _pools:
        _pools[pid] = ThreadPoolExecutor(THREADS, thread_name_prefix="podio-web-store")
    return _pools[pid]
