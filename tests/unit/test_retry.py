"""The retry policy: how long to wait, and when to give up."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podio_web import Retry
from podio_web.errors import (
    APIError,
    AuthorizationError,
    BadRequestError,
    ConflictError,
    ConnectionFailed,
    PodioError,
    RateLimitError,
    ServerError,
    TimedOut,
    UnavailableError,
)
from podio_web.http import RETRY, check_retry, is_safe

LOST: list[PodioError] = [ConnectionFailed("lost"), TimedOut("late"), UnavailableError("away")]
FINAL: list[PodioError] = [
    *(kind("no") for kind in (BadRequestError, AuthorizationError, ConflictError, ServerError, APIError)),
    RateLimitError("too many"),
]

seconds = st.floats(0, 86_400)
chances = st.floats(0, 1, exclude_max=True)
methods = st.sampled_from(["GET", "POST", "PUT", "DELETE"])
policies = st.builds(
    Retry, st.integers(0, 200), first_pause=seconds, longest_pause=seconds, overall=st.floats(0, 86_400)
)
problems = st.one_of(
    st.sampled_from(LOST + FINAL),
    st.builds(RateLimitError, st.just("too many"), retry_after=st.none() | st.integers(0, 86_400)),
    st.builds(UnavailableError, st.just("away"), retry_after=st.none() | st.integers(0, 86_400)),
)


def pause(policy: Retry, method: str, problem: PodioError, repeats: int = 0, **more: float) -> float | None:
    return policy.pause(is_safe(method, "/item/4"), problem, repeats=repeats, **{"waited": 0.0, "chance": 0.5, **more})


@pytest.mark.parametrize("problem", LOST, ids=repr)
def test_a_read_that_found_nobody_is_repeated_after_pauses_that_double(problem: PodioError) -> None:
    policy = Retry(5, first_pause=1, longest_pause=4)
    found = [pause(policy, "GET", problem, repeats) for repeats in range(6)]
    assert found == [0.5, 1.0, 2.0, 2.0, 2.0, None]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("problem", [*LOST, UnavailableError("away", retry_after=1)], ids=repr)
def test_a_write_whose_fate_is_unknown_is_never_repeated(method: str, problem: PodioError) -> None:
    assert pause(RETRY, method, problem) is None


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_what_podio_refused_undone_is_repeated_after_podio_s_own_seconds(method: str) -> None:
    assert pause(RETRY, method, RateLimitError("too many", retry_after=7)) == 7.25
    assert pause(RETRY, method, RateLimitError("too many", retry_after=0), chance=0.0) == 0.0


@pytest.mark.parametrize(
    ("retry_after", "waited", "found"),
    [(30, 0, 30.0), (31, 0, None), (3600, 0, None), (None, 0, None), (5, 24.9, 5.1), (5, 25.1, None)],
)
def test_podio_s_seconds_must_be_told_and_fit(retry_after: int | None, waited: float, found: float | None) -> None:
    given_up = pause(RETRY, "GET", RateLimitError("too many", retry_after=retry_after), waited=waited)
    assert given_up == (None if found is None else pytest.approx(found))


def test_a_server_that_says_when_it_is_back_is_not_asked_before() -> None:
    assert pause(RETRY, "GET", UnavailableError("away", retry_after=20)) == 20.25
    assert pause(RETRY, "GET", UnavailableError("away", retry_after=60)) is None


@pytest.mark.parametrize("problem", FINAL, ids=repr)
def test_everything_else_is_final(problem: PodioError) -> None:
    assert pause(RETRY, "GET", problem) is None


def test_no_repeats_is_off() -> None:
    assert pause(Retry(0), "GET", LOST[0]) is None


@given(policies, methods, problems, st.integers(0, 10_000), seconds, chances)
def test_no_pause_is_negative_or_above_its_limits(
    policy: Retry, method: str, problem: PodioError, repeats: int, waited: float, chance: float
) -> None:
    found = pause(policy, method, problem, repeats, waited=waited, chance=chance)
    if found is None:
        return
    asked = getattr(problem, "retry_after", None) or 0
    assert asked <= found <= asked + policy.longest_pause
    assert 0 <= found <= policy.overall - waited
    assert math.isfinite(found)
    assert repeats < policy.repeats
    assert method == "GET" or isinstance(problem, RateLimitError)


@given(policies, methods, problems, st.lists(chances, min_size=201, max_size=201))
def test_it_ends_within_its_repeats_and_its_overall_limit(
    policy: Retry, method: str, problem: PodioError, luck: list[float]
) -> None:
    waited = 0.0
    repeats = 0
    while (found := pause(policy, method, problem, repeats, waited=waited, chance=luck[repeats])) is not None:
        waited += found
        repeats += 1
    assert repeats <= policy.repeats
    assert waited <= policy.overall * (1 + 1e-9)


@given(problems, methods, chances, chances)
def test_more_luck_is_never_a_longer_pause(problem: PodioError, method: str, one: float, other: float) -> None:
    short, long = (pause(RETRY, method, problem, 2, chance=chance) for chance in sorted((one, other)))
    assert (short is None) == (long is None)
    assert short is None or long is None or short <= long


@pytest.mark.parametrize("name", ["repeats", "first_pause", "longest_pause", "overall"])
@pytest.mark.parametrize("value", [-1, True, "3", None, float("nan"), float("inf"), 86_401])
def test_a_wrong_limit_is_refused_and_named(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=name):
        Retry(**{name: value})


def test_repr_shows_the_limits_as_they_are_written() -> None:
    policy = Retry(2, first_pause=0.1, longest_pause=5.0, overall=60.0)
    assert repr(policy) == "Retry(2, first_pause=0.1, longest_pause=5.0, overall=60.0)"


@pytest.mark.parametrize("wrong", [3, "often", {"repeats": 3}, Retry, True])
def test_only_a_policy_or_none_is_one(wrong: Any) -> None:
    assert check_retry(RETRY) is RETRY
    assert check_retry(None) is None
    with pytest.raises(ValueError, match="retry must be a Retry"):
        check_retry(wrong)


READS_BY_POST = [
    "/item/app/3001/filter/",
    "/item/app/3001/filter",
    "/item/app/3001/filter/77/",
    "/item/app/3001/calculate",
    "/search/",
    "/search/app/3001/",
    "/search/org/7/v2",
    "/search/space/7/",
    "/reference/search",
]


@pytest.mark.parametrize("path", READS_BY_POST)
@pytest.mark.parametrize("data", [None, {}, [], {"limit": 500}, {"remember": False}])
def test_what_podio_reads_by_post_is_safe(path: str, data: Any) -> None:
    assert is_safe("POST", path, data)
    assert not is_safe("PUT", path, data)
    assert not is_safe("DELETE", path, data)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/item/app/3001/",
        "/item/app/3001",
        "/item/app/",
        "/item/app/3001/delete",
        "/item/app/filter/",
        "/item/4/clone",
        "/item/filter/",
        "/itemapp/3001/filter/",
        "/comment/item/4/",
        "/reference/app/3001",
        "/searching/",
        "/hook/app/3001/",
        "/file/search",
    ],
)
def test_any_other_post_may_change_something(path: str) -> None:
    assert not is_safe("POST", path, {"limit": 30})
    assert is_safe("GET", path)


def test_a_filter_that_podio_is_to_remember_changes_something() -> None:
    assert not is_safe("POST", "/item/app/3001/filter/", {"remember": True})
