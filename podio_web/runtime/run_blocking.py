"""Run coroutines that never suspend, and wait for a user if that is possible.

``Podio`` awaits its transport and its store. If these block, nothing suspends, and one ``send`` runs a coroutine to its
end.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from podio_web.errors import LoginRequired
from podio_web.runtime.interpreter import IN_PAGE, report

T = TypeVar("T")


def drive(coroutine: Coroutine[Any, Any, T]) -> T:
    """Return the result of a coroutine that never suspends.

    Raises RuntimeError if it suspends, because a store, a hook or a handler waits for an event loop.

    >>> me = drive(podio.get("/user/status"))
    """
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    coroutine.close()
    raise RuntimeError(
        "SyncPodio cannot wait for an event loop. Use plain functions in session stores, hooks and handlers, or use "
        "Podio with await"
    )


def start(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine to its end now. Its exceptions are reported.

    >>> start(session.load())
    """
    try:
        drive(coroutine)
    except Exception as problem:
        report(problem)


def wait_for_person(begin: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Return the result of ``begin()``, which waits for a user, if the interpreter can wait for a promise.

    Raises LoginRequired if the browser or the caller does not allow that. Then ``begin`` is not called.

    >>> try:
    ...     wait_for_person(podio.login)
    ... except LoginRequired:
    ...     print("The user must sign in first.")
    The user must sign in first.
    """
    if IN_PAGE:
        from podio_web.runtime.page_blocking import can_wait, wait

        if can_wait():
            return wait(begin())  # type: ignore[no-any-return]
    raise LoginRequired(
        "Python cannot wait for the user here. Call login(method='redirect'), or sign in with Podio and await "
        "login(). SyncPodio then finds the session in the store"
    )
