"""Is a popup given up, or only out of sight?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podio_web.session.popup_watch import (
    CLOSED,
    FOCUS_RETURNS,
    GRACE,
    LIMIT,
    TICK,
    TIMEOUT,
    UNKNOWN,
    WAITING,
    PopupWatch,
)


def look_until(watch: PopupWatch, start: float, end: float, *, closed: bool, focused: bool) -> tuple[str, float]:
    """Look every tick; return the first verdict that is not WAITING and when it came."""
    now = start
    while now <= end:
        verdict = watch.look(now, closed=closed, focused=focused)
        if verdict != WAITING:
            return verdict, now
        now += TICK
    return WAITING, now


def test_a_closed_popup_is_reported_within_two_and_a_half_seconds() -> None:
    watch = PopupWatch(0, observable=True)
    assert look_until(watch, 0, 30, closed=False, focused=False)[0] == WAITING
    closed_at = 30 + 0.01  # just after a look
    verdict, reported_at = look_until(watch, 30 + TICK, 40, closed=True, focused=True)
    assert verdict == CLOSED
    assert reported_at - closed_at < 2.5
    assert reported_at - closed_at >= GRACE - TICK


def test_closed_without_the_focus_coming_back_is_a_cut_link_not_a_closed_popup() -> None:
    watch = PopupWatch(0, observable=True)
    verdict, _ = look_until(watch, 0, 10, closed=True, focused=False)
    assert verdict == UNKNOWN
    # The person clicks on the opener later: still no false alarm.
    assert look_until(watch, 10, LIMIT - 1, closed=True, focused=True)[0] == UNKNOWN


def test_the_countdown_starts_anew_when_the_focus_leaves_the_opener() -> None:
    watch = PopupWatch(0, observable=True)
    assert watch.look(1, closed=True, focused=True) == WAITING
    assert watch.look(2, closed=True, focused=False) == WAITING
    assert watch.look(2.5, closed=True, focused=True) == WAITING
    assert look_until(watch, 2.75, 10, closed=True, focused=True) == (CLOSED, 2.5 + GRACE)


def test_a_glance_at_the_opener_while_typing_in_the_popup_is_no_closed_popup() -> None:
    watch = PopupWatch(0, observable=True)
    assert watch.look(1, closed=True, focused=True) == WAITING, "the link was cut before the focus had moved"
    assert look_until(watch, 1.25, 30, closed=True, focused=False) == (UNKNOWN, 1.25 + FOCUS_RETURNS)
    assert look_until(watch, 30, LIMIT - 1, closed=True, focused=True)[0] == UNKNOWN


def test_an_isolated_page_never_says_closed() -> None:
    watch = PopupWatch(0, observable=False)
    assert look_until(watch, 0, 30, closed=True, focused=True) == (UNKNOWN, 0)


def test_a_popup_that_is_open_again_was_never_closed() -> None:
    watch = PopupWatch(0, observable=True)
    assert watch.look(1, closed=True, focused=True) == WAITING
    assert watch.look(2, closed=False, focused=True) == WAITING
    assert watch.look(3.5, closed=True, focused=True) == WAITING


@pytest.mark.parametrize("observable", [True, False])
def test_the_hard_limit_ends_the_waiting(observable: bool) -> None:
    watch = PopupWatch(100, observable=observable, limit=10)
    assert watch.look(109.9, closed=False, focused=False) != TIMEOUT
    assert watch.look(110, closed=False, focused=False) == TIMEOUT


@given(st.lists(st.tuples(st.floats(0.01, 5), st.booleans(), st.booleans()), max_size=50))
def test_closed_is_never_said_of_an_open_popup_and_nobody_waits_beyond_the_limit(
    looks: list[tuple[float, bool, bool]],
) -> None:
    watch, now = PopupWatch(0, observable=True), 0.0
    for wait, closed, focused in looks:
        now += wait
        verdict = watch.look(now, closed=closed, focused=focused)
        assert verdict in (WAITING, CLOSED, UNKNOWN, TIMEOUT)
        assert verdict != CLOSED or (closed and focused)
        assert (verdict == TIMEOUT) == (now >= LIMIT)
