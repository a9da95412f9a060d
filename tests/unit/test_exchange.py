"""One call from token to data: renewed at most once, repeated as the policy says, always as the very same call."""

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podio_web.errors import (
    AuthorizationError,
    ConnectionFailed,
    LoginRequired,
    NotFoundError,
    PodioError,
    RateLimitError,
    TimedOut,
    UnavailableError,
)
from podio_web.http import (
    RETRY,
    Budget,
    Perform,
    Refused,
    Renew,
    Request,
    Response,
    Retry,
    Wait,
    advance,
    build_request,
    exchange,
    tries,
)
from podio_web.http.exchange import SHORTEST_ATTEMPT
from podio_web.oauth.token import Token
from tests.unit.answers import NOW

if TYPE_CHECKING:
    from podio_web.http.exchange import Steps

CALL = build_request(
    "https://api.podio.com", "POST", "/item/app/3001/", {"fields": {"title": "A"}}, params={"silent": True}
)
OLD = Token("old-token", expires_at=NOW + 60)
NEW = Token("new-token", expires_at=NOW + 28_800)
ENDED = Token("ended-token", expires_at=NOW)

GOOD = Response(200, {}, '{"item_id": 4}')
EXPIRED = Response(401, {}, '{"error": "unauthorized", "error_description": "expired_token"}')
UNAUTHORIZED = Response(401, {}, '{"error": "unauthorized", "error_description": "invalid_request"}')
MISSING = Response(404, {}, '{"error": "not_found"}')
AWAY = Response(502, {"content-type": "text/html"}, "<html>Bad Gateway</html>")
LIMITED = Response(
    420, {}, '{"error": "rate_limit", "error_description": "Please wait 5 seconds before trying again."}'
)
LOST = ConnectionFailed("No answer.")

READ = build_request("https://api.podio.com", "GET", "/item/4")


class Clock:
    """Time that passes only when a test says so."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> float:
        return self.time


def begin(
    call: Request, token: Token, retry: Retry | None = RETRY, *, timeout: float = 30.0, clock: Clock | None = None
) -> "Steps":
    budget = Budget(timeout, retry, clock or Clock(), lambda: 0.5, safe=call is READ)
    return exchange(call, token, budget, has_ended=token is ENDED)


def run(
    steps: "Steps",
    answers: list[Any],
    renew: Callable[[Token], Token] | None = None,
    *,
    clock: Clock | None = None,
    each_takes: float = 0.0,
) -> tuple[Any, list[Any]]:
    """Drive an exchange; return its data and what it did: calls made, tokens renewed, seconds waited.

    An exception among the answers is thrown in. On the `clock` each call takes `each_takes` seconds.
    """
    clock = clock or Clock()
    done: list[Any] = []
    step, data = advance(steps, None)
    while step is not None:
        outcome = None
        if isinstance(step, Perform):
            done.append(step.request)
            clock.time += each_takes
            outcome = answers.pop(0)
        elif isinstance(step, Wait):
            done.append(step.seconds)
            clock.time += step.seconds
        elif isinstance(step, Refused):
            done.append(("refused", step.token))
        else:
            done.append(step.stale)
            assert renew is not None, "nothing was to be renewed"
            outcome = renew(step.stale)
        step, data = advance(steps, outcome)
    assert answers == []
    return data, done


def tokens_of(done: list[Any]) -> list[Any]:
    """Replace each call by the token that it carried."""
    return [each.headers["Authorization"] if isinstance(each, Request) else each for each in done]


def sent_with(call: Any) -> str:
    """Check that `call` is the very same call but for the token, and return that."""
    assert isinstance(call, Request)
    assert (call.method, call.url, call.path, call.body) == (CALL.method, CALL.url, CALL.path, CALL.body)
    others = {name: value for name, value in call.headers.items() if name != "Authorization"}
    assert others == CALL.headers
    return call.headers["Authorization"]


def test_a_good_answer_is_the_end() -> None:
    data, done = run(begin(CALL, OLD), [GOOD])
    assert data == {"item_id": 4}
    assert [sent_with(call) for call in done] == ["OAuth2 old-token"]


def test_an_empty_answer_is_none() -> None:
    assert run(begin(CALL, OLD), [Response(204, {}, "")])[0] is None


def test_nothing_happens_before_the_first_step() -> None:
    begin(CALL, ENDED).close()
    assert "Authorization" not in CALL.headers


def test_an_expired_token_is_renewed_and_the_same_call_replayed() -> None:
    data, done = run(begin(CALL, OLD), [EXPIRED, GOOD], lambda stale: NEW)
    assert data == {"item_id": 4}
    first, stale, second = done
    assert (sent_with(first), stale, sent_with(second)) == ("OAuth2 old-token", OLD, "OAuth2 new-token")


def test_a_token_that_has_ended_is_renewed_before_any_call() -> None:
    data, done = run(begin(CALL, ENDED), [GOOD], lambda stale: NEW)
    assert data == {"item_id": 4}
    stale, call = done
    assert (stale, sent_with(call)) == (ENDED, "OAuth2 new-token")


@pytest.mark.parametrize(("token", "answers"), [(OLD, [EXPIRED, EXPIRED]), (ENDED, [EXPIRED])])
def test_a_401_with_a_fresh_token_is_an_error_and_not_another_renewal(token: Token, answers: list[Response]) -> None:
    renewed: list[Token] = []

    def renew(stale: Token) -> Token:
        renewed.append(stale)
        return NEW

    with pytest.raises(AuthorizationError) as raised:
        run(begin(CALL, token), answers, renew)
    assert renewed == [token]
    assert answers == []
    assert raised.value.__context__ is None


@pytest.mark.parametrize(("last", "refused"), [(EXPIRED, [NEW]), (UNAUTHORIZED, []), (GOOD, [])])
def test_only_a_token_that_has_just_been_renewed_and_is_expired_is_the_end_of_the_session(
    last: Response, refused: list[Token]
) -> None:
    steps, answers, found = begin(CALL, OLD), [EXPIRED, last], []
    step, _ = advance(steps, None)
    with contextlib.suppress(AuthorizationError):
        while step is not None:
            if isinstance(step, Refused):
                found.append(step.token)
            step, _ = advance(steps, answers.pop(0) if isinstance(step, Perform) else NEW)
    assert found == refused


def test_a_401_that_no_new_token_cures_is_an_error_at_once() -> None:
    with pytest.raises(AuthorizationError):
        run(begin(CALL, OLD), [UNAUTHORIZED])


@pytest.mark.parametrize("answers", [[MISSING], [EXPIRED, MISSING]])
def test_other_errors_are_raised_before_and_after_a_renewal(answers: list[Response]) -> None:
    with pytest.raises(NotFoundError):
        run(begin(CALL, OLD), answers, lambda stale: NEW)


@pytest.mark.parametrize("token", [OLD, ENDED])
def test_a_renewal_that_fails_is_the_call_s_error(token: Token) -> None:
    steps = begin(CALL, token)
    step = next(steps)
    if isinstance(step, Perform):
        step = steps.send(EXPIRED)
    assert isinstance(step, Renew)
    with pytest.raises(LoginRequired):
        steps.throw(LoginRequired("Sign in."))
    with pytest.raises(StopIteration):
        next(steps)


@pytest.mark.parametrize("problem", [LOST, TimedOut("Late."), AWAY])
def test_a_read_is_repeated_until_it_is_answered(problem: Any) -> None:
    data, done = run(begin(READ, OLD), [problem, problem, GOOD])
    assert data == {"item_id": 4}
    assert tokens_of(done) == ["OAuth2 old-token", 0.25, "OAuth2 old-token", 0.5, "OAuth2 old-token"]


def test_the_last_failure_is_the_call_s_error() -> None:
    last = ConnectionFailed("The last one.")
    with pytest.raises(ConnectionFailed) as raised:
        run(begin(READ, OLD, Retry(1)), [AWAY, last])
    assert raised.value is last
    assert raised.value.__context__ is None
    with pytest.raises(UnavailableError) as refused:
        run(begin(READ, OLD, Retry(1)), [LOST, AWAY])
    assert refused.value.__context__ is None


@pytest.mark.parametrize(("problem", "kind"), [(LOST, ConnectionFailed), (AWAY, UnavailableError)])
def test_a_write_is_not_repeated_when_podio_may_have_done_it(problem: Any, kind: type[PodioError]) -> None:
    with pytest.raises(kind):
        run(begin(CALL, OLD), [problem])


def test_a_write_over_the_rate_limit_waits_as_podio_says_and_is_the_very_same_call() -> None:
    data, done = run(begin(CALL, OLD), [LIMITED, GOOD])
    first, seconds, second = done
    assert (data, seconds) == ({"item_id": 4}, 5.25)
    assert sent_with(first) == sent_with(second) == "OAuth2 old-token"


def test_a_pause_says_why() -> None:
    steps = begin(READ, OLD)
    next(steps)
    step = steps.throw(LOST)
    assert isinstance(step, Wait)
    assert step.problem is LOST


def test_without_a_policy_nothing_is_repeated() -> None:
    for answers in ([LOST], [AWAY], [LIMITED]):
        with pytest.raises(PodioError):
            run(begin(READ, OLD, None), answers)


def test_a_repeat_after_a_renewal_has_the_new_token_and_the_repeats_are_counted_on() -> None:
    _, done = run(begin(READ, OLD, Retry(2)), [LOST, EXPIRED, AWAY, GOOD], lambda stale: NEW)
    assert tokens_of(done) == [
        *("OAuth2 old-token", 0.25, "OAuth2 old-token"),
        OLD,
        *("OAuth2 new-token", 0.5, "OAuth2 new-token"),
    ]
    with pytest.raises(UnavailableError):
        run(begin(READ, OLD, Retry(1)), [LOST, EXPIRED, AWAY], lambda stale: NEW)


def test_a_connection_lost_while_renewing_is_the_call_s_error_and_renewed_no_second_time() -> None:
    steps = begin(READ, ENDED)
    assert isinstance(next(steps), Renew)
    with pytest.raises(ConnectionFailed) as raised:
        steps.throw(LOST)
    assert raised.value is LOST


def test_what_attempts_and_pauses_took_is_taken_off_the_time_out() -> None:
    clock = Clock()
    steps = begin(READ, OLD, clock=clock, timeout=10.0)
    step = next(steps)
    assert isinstance(step, Perform)
    assert step.timeout == 10.0
    clock.time += 3
    step = steps.throw(LOST)
    assert isinstance(step, Wait)
    clock.time += step.seconds + 1  # a busy machine wakes up late
    step = next(steps)
    assert isinstance(step, Perform)
    assert step.timeout == pytest.approx(10 - 3 - 0.25 - 1)


def test_the_time_of_a_renewal_is_not_counted() -> None:
    clock = Clock()

    def renew(stale: Token) -> Token:
        clock.time += 200
        return NEW

    steps = begin(READ, OLD, clock=clock, timeout=10.0)
    next(steps)
    clock.time += 2
    step = steps.send(EXPIRED)
    assert isinstance(step, Renew)
    step = steps.send(renew(step.stale))
    assert isinstance(step, Perform)
    assert step.timeout == pytest.approx(8)


def test_when_the_time_is_over_a_renewal_is_not_followed_by_a_call() -> None:
    clock = Clock()
    steps = begin(CALL, OLD, clock=clock, timeout=10.0)
    next(steps)
    clock.time += 10
    assert isinstance(steps.send(EXPIRED), Renew)
    with pytest.raises(TimedOut, match="POST /item/app/3001/ ran out of time"):
        steps.send(NEW)


def test_a_pause_that_leaves_no_time_for_an_attempt_is_not_begun() -> None:
    with pytest.raises(RateLimitError):
        run(begin(CALL, OLD, timeout=5.25 + SHORTEST_ATTEMPT - 0.01), [LIMITED])
    run(begin(CALL, OLD, timeout=5.25 + SHORTEST_ATTEMPT), [LIMITED, GOOD])
    clock = Clock()
    with pytest.raises(TimedOut):
        run(begin(READ, OLD, clock=clock, timeout=10), [TimedOut("Late.")], clock=clock, each_takes=10)


def test_a_machine_that_slept_through_the_pause_makes_no_late_attempt() -> None:
    clock = Clock()
    steps = begin(READ, OLD, clock=clock)
    next(steps)
    steps.throw(LOST)
    clock.time += 8 * 3600
    with pytest.raises(ConnectionFailed) as raised:
        next(steps)
    assert raised.value is LOST


def test_a_clock_that_is_put_back_gives_no_time() -> None:
    clock = Clock()
    steps = begin(READ, OLD, clock=clock)
    next(steps)
    clock.time -= 3600
    steps.throw(LOST)
    step = next(steps)
    assert isinstance(step, Perform)
    assert step.timeout == 30.0


def test_a_call_in_the_client_s_own_name_is_repeated_but_never_renewed() -> None:
    call = Request("GET", READ.url, path=READ.path, headers={"Authorization": "Basic bXktYXBwOmh1c2g="})
    clock = Clock()
    _, done = run(tries(call, Budget(30.0, RETRY, clock, lambda: 0.5, safe=True)), [AWAY, GOOD])
    assert done == [call, 0.25, call]
    with pytest.raises(AuthorizationError):
        run(tries(call, Budget(30.0, RETRY, clock, lambda: 0.5, safe=True)), [EXPIRED])


@given(
    st.lists(st.sampled_from([GOOD, EXPIRED, UNAUTHORIZED, MISSING, AWAY, LIMITED, LOST]), min_size=20, max_size=20),
    st.sampled_from([READ, CALL]),
    st.booleans(),
    st.floats(0.1, 60),
    st.floats(0, 10),
)
def test_it_ends_within_its_time_out_with_one_renewal_and_few_calls(
    answers: list[Any], call: Request, ended: bool, timeout: float, each_takes: float
) -> None:
    clock = Clock()
    steps = begin(call, ENDED if ended else OLD, clock=clock, timeout=timeout)
    done: list[Any] = []
    outcome: Any = None
    try:
        while True:
            step, _ = advance(steps, outcome)
            if step is None:
                break
            done.append(step)
            if isinstance(step, Perform):
                assert 0 < step.timeout <= timeout
                assert clock.time - NOW + step.timeout <= timeout + 1e-3
                clock.time += min(each_takes, step.timeout)
                outcome = answers[len(done) - 1] if each_takes < step.timeout else TimedOut("Late.")
            elif isinstance(step, Wait):
                assert step.seconds >= 0
                assert call is READ or isinstance(step.problem, RateLimitError)
                clock.time += step.seconds
                outcome = None
            else:
                outcome = NEW
    except PodioError:
        pass
    assert clock.time - NOW <= timeout + 1e-3
    assert sum(isinstance(step, Renew) for step in done) <= 1
    assert sum(isinstance(step, Wait) for step in done) <= RETRY.repeats
    assert sum(isinstance(step, Perform) for step in done) <= 2 + RETRY.repeats


def test_a_call_that_is_safe_is_repeated_whatever_its_method() -> None:
    for answers in ([AWAY, GOOD], [LOST, GOOD], [TimedOut("Late."), GOOD]):
        data, done = run(exchange(CALL, OLD, Budget(30.0, RETRY, Clock(), lambda: 0.5, safe=True)), answers)
        assert data == {"item_id": 4}
        assert len([each for each in done if isinstance(each, Request)]) == 2
    with pytest.raises(UnavailableError):
        run(exchange(READ, OLD, Budget(30.0, RETRY, Clock(), lambda: 0.5, safe=False)), [AWAY])
    run(exchange(READ, OLD, Budget(30.0, RETRY, Clock(), lambda: 0.5, safe=False)), [LIMITED, GOOD])


def test_what_a_transport_says_is_told_without_the_token() -> None:
    token = Token("canary/0123+4567=", expires_at=NOW + 60)
    said = "No answer to https://a/?t=canary%2F0123%2B4567%3D with 'OAuth2 canary/0123+4567='"
    for kind in (ConnectionFailed, TimedOut):
        with pytest.raises(kind) as raised:
            run(begin(READ, token, None), [kind(said, path="/x/canary%2F0123%2B4567%3D")])
        problem = raised.value
        assert problem.path == "/x/[removed]"
        assert str(problem) == "No answer to https://a/?t=[removed] with 'OAuth2 [removed]'"
        assert "canary" not in repr(problem) + repr(vars(problem)) + repr(problem.args)
