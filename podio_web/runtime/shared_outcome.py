"""An operation that runs once, while all its callers wait for the same outcome.

Each waiter has its own future. asyncio cancels the future that a cancelled task waits for, so with a shared future one
cancelled caller would cancel all the others.
"""

import asyncio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from podio_web.runtime.protocols import Runtime


class SharedOutcome:
    """An outcome with many waiters, which continue in the order of their numbers.

    >>> outcome = SharedOutcome()
    >>> outcome.succeed("new token")      # or outcome.fail(error), while others wait
    >>> await outcome.wait(order=3)
    'new token'
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._settled = False
        self._value: Any = None
        self._error: Exception | None = None

    @property
    def is_led_here(self) -> bool:
        """Whether the running thread settles the outcome. Only ``ThreadOutcome`` knows this."""
        return False

    @property
    def settled(self) -> bool:
        """Whether the outcome is known."""
        return self._settled

    @property
    def waiters(self) -> int:
        """The number of waiters."""
        return len(self._waiting)

    async def wait(self, order: int = 0) -> "Any":
        """Return the outcome or raise its error. Waiters with a lower ``order`` continue first."""
        if not self._settled:
            entry: tuple[int, asyncio.Future[None]] = (order, asyncio.Future())
            self._waiting.append(entry)
            try:
                await entry[1]
            finally:
                self._waiting.remove(entry)
        if self._error is not None:
            raise self._error
        return self._value

    def succeed(self, value: "Any") -> None:
        """Return ``value`` to all waiters. Only the first outcome counts."""
        self._settle(value, None)

    def fail(self, error: Exception) -> None:
        """Raise ``error`` in all waiters. Only the first outcome counts."""
        self._settle(None, error)

    def _settle(self, value: "Any", error: "Exception | None") -> None:
        if self._settled:
            return
        self._settled = True
        self._value = value
        self._error = error
        for _, future in sorted(self._waiting, key=_order_of):
            if not future.done():
                future.set_result(None)


async def told(outcome: SharedOutcome, awaitable: "Awaitable[Any]") -> None:
    """Settle ``outcome`` with the result of an awaitable, or its error.

    >>> outcome = SharedOutcome()
    >>> task = runtime.start(told(outcome, session.load()))
    >>> await outcome.wait()
    """
    try:
        outcome.succeed(await awaitable)
    except Exception as problem:
        outcome.fail(problem)


async def within(
    seconds: float,
    awaitable: "Awaitable[Any]",
    late: Exception,
    runtime: "Runtime",
    may_go_on: "Callable[[], bool]" = bool,
    outcome: "SharedOutcome | None" = None,
) -> "Any":
    """Return the result of an awaitable. After ``seconds`` it is cancelled and ``late`` is raised.

    - ``may_go_on``: if it returns True after ``seconds``, the waiting continues for as long again.
    - ``outcome``: can be settled to end the waiting early.

    >>> await within(10.0, session.load(), TimedOut("The store did not respond."), runtime)
    """
    over = outcome or SharedOutcome()
    stops: list[Callable[[], None]] = []

    def begin() -> None:
        stops.append(runtime.after(seconds, ring))

    def ring() -> None:
        if may_go_on():
            begin()
        else:
            over.fail(late)

    begin()
    task = runtime.start(told(over, awaitable))
    try:
        return await over.wait()
    except BaseException:
        cancel(task)
        raise
    finally:
        stops[-1]()


def cancel(task: "Any") -> None:
    """Cancel the result of ``Runtime.start``: a task, or None if the coroutine has ended.

    >>> cancel(runtime.start(session.load()))
    """
    if task is not None:
        task.cancel()


def _order_of(entry: "tuple[int, asyncio.Future[None]]") -> int:
    return entry[0]
