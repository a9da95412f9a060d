"""What happens to an entry after its handlers have run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from podio_web.hooks.delivery import Event
from podio_web.hooks.inbox import Entry, Inbox, problem_text
from podio_web.hooks.router import Route

POLL = 1.0
"""Seconds between two looks into an inbox. Other processes may have put something into it."""

PAUSES = (1.0, 10.0, 60.0)
"""Seconds before the first, the second and each further retry, on average."""

LONGEST_PAUSE = 3600.0
"""The most seconds before a retry, even if Podio asks for more."""

CRASHES = 5
"""How many workers may end while they handle one delivery, before it is put aside."""


def event_of(entry: Entry) -> Event:
    """Return what handlers are given.

    >>> from podio_web.hooks.delivery import Delivery
    >>> event_of(Entry(1, Delivery("item.update", 12, {"item_id": 6101}), 0.0, stale=True)).stale
    True
    """
    delivery = entry.delivery
    return Event(delivery.type, delivery.hook_id, delivery.data, stale=entry.stale, attempt=entry.failures + 1)


def unfinished(entry: Entry, routes: Sequence[Route]) -> Sequence[Route]:
    """Return the handlers that have not succeeded yet.

    >>> from podio_web.hooks.delivery import Delivery
    >>> routes = [Route("main.changed", print, ("*",), {}), Route("main.noted", print, ("*",), {})]
    >>> entry = Entry(1, Delivery("item.update", 12, {"item_id": 6101}), 0.0, left=("main.noted",))
    >>> [route.name for route in unfinished(entry, routes)]
    ['main.noted']
    """
    left = [route for route in routes if route.name in entry.left]
    # A handler that was renamed in the meantime is not found. Then all run again.
    return left or routes


def has_crashed(entry: Entry) -> bool:
    """Return whether this delivery has ended too many workers."""
    return entry.leases - entry.failures > CRASHES


def pause(failures: int, problems: Sequence[BaseException], chance: float) -> float:
    """Return the seconds before a retry. Some chance keeps retries from coming all at once.

    - ``failures``: how often handlers have failed, at least 1.
    - ``chance``: a random number in [0, 1).

    >>> pause(2, [ValueError()], 0.5)
    10.0
    """
    wanted = PAUSES[min(failures, len(PAUSES)) - 1] * (0.5 + chance)
    # A rate limit says how long to wait.
    asked = [getattr(problem, "retry_after", None) or 0.0 for problem in problems]
    return min(max([wanted, *asked]), LONGEST_PAUSE)


def finish(
    inbox: Inbox, entry: Entry, problems: Mapping[str, BaseException], *, now: float, retries: int, chance: float
) -> bool:
    """Take an entry out of the inbox, or let it be retried. Return False if the lease was lost meanwhile.

    - ``problems``: what handlers raised, by the names of the handlers.
    - ``retries``: how often a failure is retried.
    - ``chance``: a random number in [0, 1).
    """
    if not problems:
        return inbox.done(entry)
    raised = list(problems.values())
    entry = replace(entry, failures=entry.failures + 1, left=tuple(problems), problem=problem_text(raised))
    if entry.failures > retries:
        return inbox.fail(entry, now)
    return inbox.retry(entry, now + pause(entry.failures, raised, chance))
