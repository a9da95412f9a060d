"""Is a popup given up, only out of sight, or at the wrong place?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podio_web.auth.popup_closed import (
    ARRIVAL,
    ASTRAY,
    CLOSED,
    FOCUS_RETURNS,
    GRACE,
    TICK,
    UNKNOWN,
    WAITING,
    PopupWatch,
)


def look_until(
    watch: PopupWatch, start: float, end: float, *, closed: bool, focused: bool, is_back: bool = False
) -> tuple[str, float]:
    """Look every tick; return the first verdict that is not WAITING and when it came."""
    now = start
    while now <= end:
        verdict = watch.look(now, closed=closed, focused=focused, is_back=is_back)
        if verdict != WAITING:
            return verdict, now
        now += TICK
    return WAITING, now


def test_a_closed_popup_is_reported_within_two_and_a_half_seconds() -> None:
    watch = PopupWatch(observable=True)
    assert look_until(watch, 0, 30, closed=False, focused=False)[0] == WAITING
    closed_at = 30 + 0.01  # just after a look
    verdict, reported_at = look_until(watch, 30 + TICK, 40, closed=True, focused=True)
    assert verdict == CLOSED
    assert reported_at - closed_at < 2.5
    assert reported_at - closed_at >= GRACE - TICK


def test_closed_without_the_focus_coming_back_is_a_cut_link_not_a_closed_popup() -> None:
    watch = PopupWatch(observable=True)
    verdict, _ = look_until(watch, 0, 10, closed=True, focused=False)
    assert verdict == UNKNOWN
    # The person clicks on the opener later: still no false alarm.
    assert look_until(watch, 10, 299, closed=True, focused=True)[0] == UNKNOWN


def test_the_countdown_starts_anew_when_the_focus_leaves_the_opener() -> None:
    watch = PopupWatch(observable=True)
    assert watch.look(1, closed=True, focused=True, is_back=False) == WAITING
    assert watch.look(2, closed=True, focused=False, is_back=False) == WAITING
    assert watch.look(2.5, closed=True, focused=True, is_back=False) == WAITING
    assert look_until(watch, 2.75, 10, closed=True, focused=True) == (CLOSED, 2.5 + GRACE)


def test_a_glance_at_the_opener_while_typing_in_the_popup_is_no_closed_popup() -> None:
    watch = PopupWatch(observable=True)
    assert watch.look(1, closed=True, focused=True, is_back=False) == WAITING, (
        "the link was cut before the focus had moved"
    )
    assert look_until(watch, 1.25, 30, closed=True, focused=False) == (UNKNOWN, 1.25 + FOCUS_RETURNS)
    assert look_until(watch, 30, 299, closed=True, focused=True)[0] == UNKNOWN


def test_an_isolated_page_never_says_closed() -> None:
    watch = PopupWatch(observable=False)
    assert look_until(watch, 0, 30, closed=True, focused=True) == (UNKNOWN, 0)


def test_a_popup_that_is_open_again_was_never_closed() -> None:
    watch = PopupWatch(observable=True)
    assert watch.look(1, closed=True, focused=True, is_back=False) == WAITING
    assert watch.look(2, closed=False, focused=True, is_back=False) == WAITING
    assert watch.look(3.5, closed=True, focused=True, is_back=False) == WAITING


@pytest.mark.parametrize("observable", [True, False])
@pytest.mark.parametrize("closed", [True, False])
def test_a_popup_that_came_back_and_sends_nothing_has_gone_astray(observable: bool, closed: bool) -> None:
    watch = PopupWatch(observable=observable)
    # Without the focus a closed window is never taken for one that was given up.
    now = 5.0
    while (verdict := watch.look(now, closed=closed, focused=False, is_back=True)) != ASTRAY:
        now += TICK
        assert verdict in (WAITING, UNKNOWN)
    assert now == 5 + ARRIVAL


def test_a_popup_that_goes_on_to_podio_has_not_gone_astray() -> None:
    watch = PopupWatch(observable=True)
    assert look_until(watch, 0, ARRIVAL - TICK, closed=False, focused=False, is_back=True)[0] == WAITING
    assert look_until(watch, ARRIVAL, 30, closed=False, focused=False)[0] == WAITING
    assert look_until(watch, 30, 30 + ARRIVAL - TICK, closed=False, focused=False, is_back=True)[0] == WAITING


@given(st.lists(st.tuples(st.floats(0.01, 5), st.booleans(), st.booleans(), st.booleans()), max_size=50))
def test_no_verdict_is_said_without_its_reason(looks: list[tuple[float, bool, bool, bool]]) -> None:
    watch, now = PopupWatch(observable=True), 0.0
    for wait, closed, focused, is_back in looks:
        now += wait
        verdict = watch.look(now, closed=closed, focused=focused, is_back=is_back)
        assert verdict in (WAITING, CLOSED, UNKNOWN, ASTRAY)
        assert verdict != CLOSED or (closed and focused)
        assert verdict != ASTRAY or is_back
