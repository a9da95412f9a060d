"""One call from token to data: renewed at most once, replayed as the very same call."""

from collections.abc import Callable, Generator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podio_web.api import Answer, Call, Perform, Renew, build_call, exchange
from podio_web.errors import AuthorizationError, LoginRequired, NotFoundError, PodioError
from podio_web.oauth.token import Token
from tests.unit.answers import NOW

CALL = build_call(
    "https://api.podio.com", "POST", "/item/app/3001/", {"fields": {"title": "A"}}, params={"silent": True}
)
OLD = Token("old-token", expires_at=NOW + 60)
NEW = Token("new-token", expires_at=NOW + 28_800)
ENDED = Token("ended-token", expires_at=NOW)

GOOD = Answer(200, {}, '{"item_id": 4}')
EXPIRED = Answer(401, {}, '{"error": "unauthorized", "error_description": "expired_token"}')
UNAUTHORIZED = Answer(401, {}, '{"error": "unauthorized", "error_description": "invalid_request"}')
MISSING = Answer(404, {}, '{"error": "not_found"}')

Steps = Generator[Perform | Renew, Any, Any]


def run(steps: Steps, answers: list[Answer], renew: Callable[[Token], Token] | None = None) -> tuple[Any, list[object]]:
    """Drive an exchange; return its data and what it did: the calls that it made and the tokens that it renewed."""
    done: list[object] = []
    sent: object = None
    while True:
        try:
            step = steps.send(sent)
        except StopIteration as ended:
            return ended.value, done
        if isinstance(step, Perform):
            done.append(step.call)
            sent = answers.pop(0)
        else:
            done.append(step.stale)
            assert renew is not None, "nothing was to be renewed"
            sent = renew(step.stale)


def sent_with(call: object) -> str:
    """Check that `call` is the very same call but for the token, and return that."""
    assert isinstance(call, Call)
    assert (call.method, call.url, call.path, call.body) == (CALL.method, CALL.url, CALL.path, CALL.body)
    others = {name: value for name, value in call.headers.items() if name != "Authorization"}
    assert others == CALL.headers
    return call.headers["Authorization"]


def test_a_good_answer_is_the_end() -> None:
    data, done = run(exchange(CALL, OLD, NOW), [GOOD])
    assert data == {"item_id": 4}
    assert [sent_with(call) for call in done] == ["OAuth2 old-token"]


def test_an_empty_answer_is_none() -> None:
    assert run(exchange(CALL, OLD, NOW), [Answer(204, {}, "")])[0] is None


def test_nothing_happens_before_the_first_step() -> None:
    exchange(CALL, ENDED, NOW).close()
    assert "Authorization" not in CALL.headers


def test_an_expired_token_is_renewed_and_the_same_call_replayed() -> None:
    data, done = run(exchange(CALL, OLD, NOW), [EXPIRED, GOOD], lambda stale: NEW)
    assert data == {"item_id": 4}
    first, stale, second = done
    assert (sent_with(first), stale, sent_with(second)) == ("OAuth2 old-token", OLD, "OAuth2 new-token")


def test_a_token_that_has_ended_is_renewed_before_any_call() -> None:
    data, done = run(exchange(CALL, ENDED, NOW), [GOOD], lambda stale: NEW)
    assert data == {"item_id": 4}
    stale, call = done
    assert (stale, sent_with(call)) == (ENDED, "OAuth2 new-token")


@pytest.mark.parametrize(("token", "answers"), [(OLD, [EXPIRED, EXPIRED]), (ENDED, [EXPIRED])])
def test_a_401_with_a_fresh_token_is_an_error_and_not_another_renewal(token: Token, answers: list[Answer]) -> None:
    renewed: list[Token] = []

    def renew(stale: Token) -> Token:
        renewed.append(stale)
        return NEW

    with pytest.raises(AuthorizationError) as raised:
        run(exchange(CALL, token, NOW), answers, renew)
    assert renewed == [token]
    assert answers == []
    assert raised.value.__context__ is None


def test_a_401_that_no_new_token_cures_is_an_error_at_once() -> None:
    with pytest.raises(AuthorizationError):
        run(exchange(CALL, OLD, NOW), [UNAUTHORIZED])


@pytest.mark.parametrize("answers", [[MISSING], [EXPIRED, MISSING]])
def test_other_errors_are_raised_before_and_after_a_renewal(answers: list[Answer]) -> None:
    with pytest.raises(NotFoundError):
        run(exchange(CALL, OLD, NOW), answers, lambda stale: NEW)


@pytest.mark.parametrize("token", [OLD, ENDED])
def test_a_renewal_that_fails_is_the_call_s_error(token: Token) -> None:
    steps = exchange(CALL, token, NOW)
    step = next(steps)
    if isinstance(step, Perform):
        step = steps.send(EXPIRED)
    assert isinstance(step, Renew)
    with pytest.raises(LoginRequired):
        steps.throw(LoginRequired("Sign in."))
    with pytest.raises(StopIteration):
        next(steps)


@given(st.lists(st.sampled_from([GOOD, EXPIRED, UNAUTHORIZED, MISSING]), min_size=2, max_size=2), st.booleans())
def test_there_are_never_more_than_two_calls_and_one_renewal(answers: list[Answer], ended: bool) -> None:
    steps = exchange(CALL, ENDED if ended else OLD, NOW)
    done: list[Perform | Renew] = []
    left = list(answers)
    try:
        step = next(steps)
        while True:
            done.append(step)
            step = steps.send(left.pop(0) if isinstance(step, Perform) else NEW)
    except (StopIteration, PodioError):
        pass
    assert sum(isinstance(step, Renew) for step in done) <= 1
    assert sum(isinstance(step, Perform) for step in done) == (1 if ended or answers[0] is not EXPIRED else 2)
