"""Retries, crashes, and what is put aside."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podio_web import RateLimitError
from podio_web.hooks import Entry, MemoryInbox
from podio_web.hooks.router import Route
from podio_web.hooks.schedule import CRASHES, LONGEST_PAUSE, event_of, finish, has_crashed, pause, unfinished
from tests.unit.hooks_support import delivery

ROUTES = [Route("a", print, ("*",), {}), Route("b", print, ("*",), {})]


def leased(inbox: MemoryInbox, now: float = 0.0) -> Entry:
    entry = inbox.lease(now, 60.0)
    assert entry is not None
    return entry


def test_success_ends_an_entry() -> None:
    inbox = MemoryInbox()
    inbox.put(delivery(), 0.0)
    assert finish(inbox, leased(inbox), {}, now=1.0, retries=3, chance=0.5)
    assert inbox.waiting() == 0


def test_failures_are_retried_later_and_then_put_aside() -> None:
    inbox = MemoryInbox()
    inbox.put(delivery(), 0.0)
    problem = ValueError("secret")
    now = 0.0
    for pause_ in (1.0, 10.0, 60.0):
        entry = leased(inbox, now)
        assert finish(inbox, entry, {"b": problem}, now=now, retries=3, chance=0.5)
        assert inbox.lease(now + pause_ - 0.1, 60.0) is None
        now += pause_
    entry = leased(inbox, now)
    assert (entry.failures, entry.left, event_of(entry).attempt) == (3, ("b",), 4)
    assert finish(inbox, entry, {"b": problem}, now=now, retries=3, chance=0.5)
    assert inbox.waiting() == 0
    (failed,) = inbox.failed()
    assert (failed.failures, failed.problem) == (4, "ValueError")


def test_only_handlers_that_failed_run_again() -> None:
    entry = Entry(1, delivery(), 0.0, left=("b",))
    assert [route.name for route in unfinished(entry, ROUTES)] == ["b"]
    assert unfinished(Entry(1, delivery(), 0.0), ROUTES) == ROUTES
    assert unfinished(Entry(1, delivery(), 0.0, left=("renamed",)), ROUTES) == ROUTES


@given(st.integers(1, 100), st.floats(0, 1, exclude_max=True))
def test_a_pause_is_about_the_one_of_its_failure(failures: int, chance: float) -> None:
    average = {1: 1.0, 2: 10.0}.get(failures, 60.0)
    assert average / 2 <= pause(failures, [ValueError()], chance) <= average * 1.5


@pytest.mark.parametrize(("asked", "expected"), [(None, 1.0), (300, 300.0), (10**9, LONGEST_PAUSE)])
def test_a_rate_limit_says_how_long(asked: int | None, expected: float) -> None:
    assert pause(1, [RateLimitError("420", retry_after=asked)], 0.5) == expected


def test_too_many_ended_workers_are_noticed() -> None:
    assert not has_crashed(Entry(1, delivery(), 0.0, leases=CRASHES + 3, failures=3))
    assert has_crashed(Entry(1, delivery(), 0.0, leases=CRASHES + 4, failures=3))
