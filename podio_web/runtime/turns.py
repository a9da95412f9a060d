"""Taking turns: one thread at a time runs a client's own code, and the others run while it waits.

A thread gives its turn up while it waits for the network, for a pause, for a hook or for another thread's renewal, as
Python's own threads give up the GIL. So threads meet each other only where coroutines would.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from podio_web.errors import TimedOut


class OutOfTime(TimedOut):
    """The time-out of a call has passed while it was waiting on this machine."""

    def __init__(self) -> None:
        super().__init__(
            "The time for this call is over: it was waiting for the session, which another thread or process was "
            "renewing, or for a slow session store. Try again, or give the call a longer timeout."
        )


class _Thread(threading.local):
    """What one thread does at the moment."""

    def __init__(self) -> None:
        self.held: list[Turns] = []
        self.end: float | None = None
        self.limit: float | None = None


_thread = _Thread()


class Turns:
    """The turns of the threads that share one client.

    A turn may be taken again by the thread that has it, as when a hook calls the client. In a process that was forked,
    the turns of the threads that exist only in the parent are over; then ``on_fork`` is called.

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
        """Have the turn while the ``with`` block runs.

        ``seconds`` are for the whole block, the waiting for the turn included; ``seconds_left`` tells it. None: as long
        as the block around it has. Raises OutOfTime when the turn does not come in time.
        """
        before = _thread.end, _thread.limit
        if seconds is not None:
            _thread.end, _thread.limit = time.monotonic() + seconds, seconds
        try:
            self.acquire(seconds_left())
            try:
                yield
            finally:
                self.release()
        finally:
            _thread.end, _thread.limit = before

    def acquire(self, seconds: float | None) -> None:
        """Take the turn, and wait for it no longer than ``seconds``, or without end. Raises OutOfTime."""
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
def let_go() -> Iterator[None]:
    """Let other threads have the turns that this thread has, while the ``with`` block runs.

    >>> with let_go():
    ...     time.sleep(1)
    """
    held = list(_thread.held)
    for turns in reversed(held):
        turns.release()
    try:
        yield
    finally:
        # Without a limit: the answer is there, and those who have a turn do not wait for the network.
        for turns in held:
            turns.acquire(None)


def seconds_left() -> float | None:
    """Return what is left of this thread's running call, 0.0 when its time is over; None when it has no limit.

    >>> seconds_left()
    """
    return None if _thread.end is None else max(0.0, _thread.end - time.monotonic())


def limit_of_call() -> float | None:
    """Return how many seconds this thread's running call was given; None when it has no limit.

    >>> limit_of_call()
    """
    return _thread.limit


def turns_held() -> Turns | None:
    """Return the turns that this thread has taken last, or None.

    >>> turns_held()
    """
    return _thread.held[-1] if _thread.held else None


def _nothing() -> None:
    """Nobody wants to know."""
