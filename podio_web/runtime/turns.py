"""Turns: one thread at a time runs a client's code, and other threads run while it waits.

A thread releases its turn while it waits for the network, a pause, a hook or another thread's renewal, as Python's
threads release the GIL. So the client switches between threads only where it would switch between coroutines.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from podio_web.errors import TimedOut


class OutOfTime(TimedOut):
    """The timeout of a request has passed while it was waiting for the session or a store.

    >>> problem = OutOfTime()
    """

    def __init__(self) -> None:
        super().__init__(
            "This request ran out of time while it was waiting for another thread or process to renew the session, "
            "or for a slow session store. Try again, or pass a longer timeout."
        )


class _Thread(threading.local):
    """The turns and the deadline of one thread."""

    def __init__(self) -> None:
        self.held: list[Turns] = []
        self.end: float | None = None
        self.limit: float | None = None


_thread = _Thread()


class Turns:
    """The turns of the threads that share one client.

    A thread that has the turn may take it again, such as when a hook calls the client. After a fork, the turns of
    threads that exist only in the parent end, and ``on_fork`` is called.

    >>> turns = Turns()
    >>> with turns.take(30.0):
    ...     with let_go():
    ...         time.sleep(1)
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._process = os.getpid()
        self.on_fork: Callable[[], None] = _nothing

    @contextmanager
    def take(self, seconds: float | None = None) -> Iterator[None]:
        """Take the turn for a ``with`` block.

        ``seconds`` is the limit for the whole block, including the wait for the turn. ``seconds_left`` returns the
        rest. With None, the limit of the enclosing block counts. Raises OutOfTime if the turn does not come in time.
        """
        with limited(seconds):
            self.acquire(seconds_left())
            try:
                yield
            finally:
                self.release()

    def acquire(self, seconds: float | None) -> None:
        """Take the turn. Raises OutOfTime after ``seconds``; None waits without a limit."""
        if self._process != os.getpid():
            self._process = os.getpid()
            if self not in _thread.held:
                self._lock = threading.RLock()
            self.on_fork()
        if not self._lock.acquire(timeout=-1 if seconds is None else max(seconds, 0)):
            raise OutOfTime
        _thread.held.append(self)

    def release(self) -> None:
        """Give the turn to another thread."""
        _thread.held.pop()
        self._lock.release()


@contextmanager
def limited(seconds: float | None) -> Iterator[None]:
    """Limit what this thread does in a ``with`` block to ``seconds``. With None, the limit of the enclosing one counts.

    >>> with limited(30.0):
    ...     29 < seconds_left() <= 30
    True
    """
    before = _thread.end, _thread.limit
    if seconds is not None:
        _thread.end, _thread.limit = time.monotonic() + seconds, seconds
    try:
        yield
    finally:
        _thread.end, _thread.limit = before


@contextmanager
def let_go() -> Iterator[None]:
    """Release the turns of this thread while the ``with`` block runs.

    >>> with let_go():
    ...     time.sleep(1)
    """
    held = list(_thread.held)
    for turns in reversed(held):
        turns.release()
    try:
        yield
    finally:
        # Without a limit: the response has arrived, and a thread with a turn does not wait for the network.
        for turns in held:
            turns.acquire(None)


def seconds_left() -> float | None:
    """Return the seconds that this thread's request has left, 0.0 if its time has passed, None without a limit.

    >>> seconds_left()
    """
    return None if _thread.end is None else max(0.0, _thread.end - time.monotonic())


def limit_of_call() -> float | None:
    """Return the timeout of this thread's request in seconds, or None if it has no limit.

    >>> limit_of_call()
    """
    return _thread.limit


def turns_held() -> Turns | None:
    """Return the turns that this thread took last, or None.

    >>> turns_held()
    """
    return _thread.held[-1] if _thread.held else None


def _nothing() -> None:
    """Do nothing."""
