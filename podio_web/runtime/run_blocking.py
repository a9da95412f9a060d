"""Running coroutines that never wait, and waiting where that is possible.

``Podio`` awaits its transport and its store; with ones that block, nothing in it ever suspends, and one ``send`` takes
a coroutine to its end.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from podio_web.errors import LoginRequired
from podio_web.runtime.interpreter import IN_PAGE, report

T = TypeVar("T")


def drive(coroutine: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine returns that never suspends.

    Raises:
        RuntimeError: It did suspend: a store, a hook or a handler waits for an event loop, which is not there.

    >>> me = drive(podio.get("/user/status"))
    """
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    coroutine.close()
    raise RuntimeError(
        "SyncPodio cannot wait for an event loop: give it session stores, hooks and handlers that are plain functions, "
        "or use Podio with await"
    )


def start(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine to its end now; what it raises is reported."""
    try:
        drive(coroutine)
    except Exception as problem:
        report(problem)


def wait_for_person(begin: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Return what ``begin()`` ends with, which waits for a person, where the interpreter can wait for a promise.

    Raises:
        LoginRequired: It cannot here: the browser or the caller does not allow it; nothing was begun.
    """
    if IN_PAGE:
        from podio_web.runtime.page_blocking import can_wait, wait

        if can_wait():
            return wait(begin())  # type: ignore[no-any-return]
    raise LoginRequired(
        "Python cannot wait for the person here. Sign in with login(method='redirect'), or with Podio and "
        "await login(): SyncPodio finds the session in the store"
    )
