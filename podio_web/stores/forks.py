"""Let a process fork only while no thread is inside SQLite.

SQLite has locks of its own. If another thread holds one during a fork, nobody releases it in the new process, and its
first use of SQLite never returns (https://sqlite.org/howtocorrupt.html#_carrying_an_open_database_connection_across_a_fork_).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 10.0
"""Seconds that a fork waits for the other threads."""

_changed = threading.Condition()
_inside = 0
_is_forking = False


@contextmanager
def no_fork() -> Iterator[None]:
    """Keep this process from forking while the block runs. Blocks of several threads run at the same time.

    Examples:
        >>> import sqlite3
        >>> with no_fork():
        ...     sqlite3.connect(":memory:").close()
    """
    global _inside
    with _changed:
        _changed.wait_for(lambda: not _is_forking, PATIENCE)
        _inside += 1
    try:
        yield
    finally:
        with _changed:
            _inside -= 1
            _changed.notify_all()


def _before_fork() -> None:
    global _is_forking
    _changed.acquire()
    _is_forking = True
    _changed.wait_for(lambda: not _inside, PATIENCE)


def _after_fork() -> None:
    global _is_forking
    _is_forking = False
    _changed.notify_all()
    _changed.release()


def _in_child() -> None:
    global _changed, _inside, _is_forking
    # Only this thread is left.
    _changed, _inside, _is_forking = threading.Condition(), 0, False


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_in_child)
