"""Save many items: a few at the same time, with one outcome for each.

If Podio refuses calls because there were too many, no more are sent. When few calls are left, they are sent one by one,
so that one call finds out, and the others wait for it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from podio_web.errors import LoginRequired, RateLimitError
from podio_web.items.item import BaseItem
from podio_web.items.state import Saved

if TYPE_CHECKING:
    from podio_web.http import RateLimit

T = TypeVar("T", bound=BaseItem)

AT_ONCE = 4
"""The saves that run at the same time."""


@dataclass(frozen=True)
class SaveResult(Generic[T]):
    """The outcome of one save: what was ``saved``, or the ``error``.

    ``was_sent`` is False if the item was not tried, because an earlier one found that Podio takes no more calls for now
    or that nobody is signed in. The error is then that one's.

    >>> results = await tasks.save_all(changed)
    >>> results[0].saved.changed
    ('status',)
    """

    item: T
    saved: Saved | None = None
    error: Exception | None = None
    was_sent: bool = True


class Outcomes(Generic[T]):
    """The outcomes of the saves so far, in the order of the items. Threads may share it.

    >>> outcomes = Outcomes([task], 4)
    >>> outcomes.items[outcomes.next()] is task
    True
    """

    def __init__(self, items: Iterable[T], at_once: int) -> None:
        if isinstance(at_once, bool) or not isinstance(at_once, int) or at_once < 1:
            raise ValueError("at_once must be a whole number of at least 1")
        self.items: Sequence[T] = list(items)
        self.at_once: int = min(at_once, len(self.items))
        self._found: dict[int, SaveResult[T]] = {}
        self._left: Iterator[int] = iter(range(len(self.items)))
        self._stop: Exception | None = None

    def next(self) -> int | None:
        """Return the number of the next item, or None. What is not tried any more gets its outcome."""
        for number in self._left:
            if self._stop is None:
                return number
            self._found[number] = SaveResult(self.items[number], error=self._stop, was_sent=False)
        return None

    def stop(self) -> None:
        """Let no more items be tried, because the caller does not wait for the outcomes any more."""
        self._left = iter(())

    def add(self, number: int, outcome: Saved | Exception) -> None:
        """Take note of an outcome. After a rate limit or a sign-out, no more items are tried."""
        item = self.items[number]
        if isinstance(outcome, Saved):
            self._found[number] = SaveResult(item, outcome)
            return
        self._found[number] = SaveResult(item, error=outcome)
        if isinstance(outcome, (RateLimitError, LoginRequired)):
            self._stop = self._stop or outcome

    def are_few(self, rate_limit: RateLimit | None) -> bool:
        """Return whether so few calls are left that they must be sent one by one."""
        return rate_limit is not None and rate_limit.remaining <= self.at_once

    def results(self) -> list[SaveResult[T]]:
        """Return one outcome for each item, in order."""
        return [self._found[number] for number in range(len(self.items))]


async def save_each(
    outcomes: Outcomes[T], save: Callable[[T], Awaitable[Saved]], rate_limit: Callable[[], RateLimit | None]
) -> list[SaveResult[T]]:
    """Save the items in tasks, and return one outcome for each.

    >>> results = await save_each(Outcomes(changed, 4), tasks.save, lambda: podio.rate_limit)
    >>> [each.item for each in results if each.error]
    []
    """
    alone = asyncio.Lock()

    async def one(number: int) -> None:
        try:
            outcomes.add(number, await save(outcomes.items[number]))
        except Exception as problem:
            outcomes.add(number, problem)

    async def work() -> None:
        while True:
            # Who waits for others takes its item later: there may be none to try by then.
            async with alone if outcomes.are_few(rate_limit()) else nullcontext():
                number = outcomes.next()
                if number is None:
                    return
                await one(number)

    await asyncio.gather(*(work() for _ in range(outcomes.at_once)))
    return outcomes.results()


def save_each_blocking(
    outcomes: Outcomes[T],
    save: Callable[[T], Saved],
    rate_limit: Callable[[], RateLimit | None],
    *,
    with_threads: bool = True,
) -> list[SaveResult[T]]:
    """Save the items in threads, and return one outcome for each.

    >>> results = save_each_blocking(Outcomes(changed, 4), tasks.save, lambda: podio.rate_limit)
    >>> [each.item for each in results if each.error]
    []
    """
    alone, turns = threading.Lock(), threading.Lock()

    def work() -> None:
        while True:
            outcome: Saved | Exception
            with alone if outcomes.are_few(rate_limit()) else nullcontext():
                with turns:
                    number = outcomes.next()
                if number is None:
                    return
                try:
                    outcome = save(outcomes.items[number])
                except Exception as problem:
                    outcome = problem
                with turns:
                    outcomes.add(number, outcome)

    if not with_threads or outcomes.at_once < 2:
        work()
        return outcomes.results()
    with ThreadPoolExecutor(outcomes.at_once) as threads:
        try:
            for each in [threads.submit(work) for _ in range(outcomes.at_once)]:
                each.result()
        except BaseException:
            # Ctrl+C comes here, and the other threads would save all the rest.
            outcomes.stop()
            raise
    return outcomes.results()
