"""An authorization request and its response: only its own, only in time, only with its state."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podio_web.errors import AccessDenied, MalformedResponse, SignInError, StateMismatch, UnsolicitedResponse
from podio_web.oauth.redirect_response import LONGEST_REDIRECT, parse_redirect
from podio_web.oauth.state import KEY_PREFIX, REQUEST_LIFETIME, AuthorizationRequest, validate_response
from podio_web.oauth.token import Token
from tests.unit.answers import CLIENT, NOW, REDIRECT_URI, STATE, auth_request, fragment_of, json_values, podio_answer

DENIAL = "?error_reason=user_denied&error=access_denied&error_description=The+user+denied+your+request."


def validated(
    fragment: str = podio_answer(),
    query: str = "",
    waiting: AuthorizationRequest | None = None,
    *,
    expected: bool = False,
) -> Token:
    redirect = parse_redirect(fragment, query)
    return validate_response(redirect, waiting or auth_request(), client=CLIENT, now=NOW, expected=expected)


# --- The record ---


def test_rule_1_each_request_has_a_key_of_its_own() -> None:
    assert auth_request("s1").key == KEY_PREFIX + "s1" == "podio-web:attempt:s1"


def test_a_record_holds_client_redirect_uri_and_time_but_no_state() -> None:
    record = json.loads(auth_request(return_to="/items?page=2").to_text())
    assert record == {
        "client": CLIENT,
        "redirect_uri": REDIRECT_URI,
        "created_at": NOW - 10,
        "return_to": "/items?page=2",
    }
    assert STATE not in auth_request().to_text()


@pytest.mark.parametrize("return_to", [None, "/", "/items?page=2#top"])
def test_a_record_is_read_back_as_it_was(return_to: str | None) -> None:
    before = auth_request(return_to=return_to)
    after = AuthorizationRequest.from_text(STATE, before.to_text())
    assert after is not None
    assert all(getattr(after, name) == getattr(before, name) for name in AuthorizationRequest.__slots__)


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "null", "7", "[]", '"x"', "{}", "[" * 100_000, '{"client": "c"}'),
        '{"client": 1, "redirect_uri": "r", "created_at": 1}',
        '{"client": "c", "redirect_uri": null, "created_at": 1}',
        '{"client": "c", "redirect_uri": "r"}',
        '{"client": "c", "redirect_uri": "r", "created_at": "1"}',
        '{"client": "c", "redirect_uri": "r", "created_at": 1, "return_to": 7}',
    ],
)
def test_a_broken_record_is_none(text: str) -> None:
    assert AuthorizationRequest.from_text("s", text) is None


def test_a_record_with_a_creation_time_beyond_reason_is_not_current() -> None:
    text = '{"client": "c", "redirect_uri": "r", "created_at": 1' + "0" * 400 + "}"
    broken = AuthorizationRequest.from_text("s", text)
    assert broken is None or not broken.is_current(NOW)


@given(json_values | st.fixed_dictionaries({"client": st.text(), "redirect_uri": st.text(), "created_at": json_values}))
def test_any_record_is_a_request_or_none(record: object) -> None:
    read = AuthorizationRequest.from_text("s", json.dumps(record))
    assert read is None or isinstance(read.is_current(NOW), bool)


def test_rule_1_a_request_is_at_most_15_minutes_old() -> None:
    assert REQUEST_LIFETIME == 15 * 60
    waiting = auth_request(created_at=NOW)
    assert waiting.is_current(NOW)
    assert waiting.is_current(NOW + 900)
    assert not waiting.is_current(NOW + 900.1)


@pytest.mark.parametrize("seconds", [1, 61, 120, 900])
def test_a_clock_that_was_put_back_meanwhile_is_forgiven(seconds: float) -> None:
    assert auth_request(created_at=NOW + seconds).is_current(NOW)


def test_a_request_of_a_far_future_is_not_current() -> None:
    assert not auth_request(created_at=NOW + 901).is_current(NOW)
    assert not auth_request(created_at=math.inf).is_current(NOW)
    assert not auth_request(created_at=math.nan).is_current(NOW)


def test_a_request_in_memory_has_no_age() -> None:
    assert auth_request(created_at=None).is_current(NOW)
    assert validated(waiting=auth_request(created_at=None)).access_token == "a1" * 16


# --- The validation ---


def test_the_answer_to_the_request_is_its_token() -> None:
    assert validated().access_token == "a1" * 16


@pytest.mark.parametrize(
    "fragment", [podio_answer(), "#", "#error=access_denied", "#access_token=" + "a" * LONGEST_REDIRECT]
)
@pytest.mark.parametrize("expected", [True, False])
def test_an_answer_that_nobody_asked_for_is_unsolicited(fragment: str, expected: bool) -> None:
    with pytest.raises(UnsolicitedResponse):
        validate_response(parse_redirect(fragment), None, client=CLIENT, now=NOW, expected=expected)


@pytest.mark.parametrize("state", [None, "", "other", STATE + " ", STATE.upper(), STATE[:-1], "x" + STATE])
@pytest.mark.parametrize("expected", [True, False])
def test_rule_1_a_missing_empty_or_different_state_is_refused(state: str | None, expected: bool) -> None:
    with pytest.raises(StateMismatch, match="another sign-in"):
        validated(podio_answer(state=state), expected=expected)


def test_a_state_in_the_query_does_not_vouch_for_a_token_in_the_fragment() -> None:
    with pytest.raises(StateMismatch):
        validated(podio_answer(state=None), f"?state={STATE}")


@pytest.mark.parametrize("fragment", [podio_answer(state=""), podio_answer(state=None)])
def test_a_request_without_a_state_is_never_answered(fragment: str) -> None:
    with pytest.raises(StateMismatch):
        validated(fragment, waiting=auth_request(""))


def test_a_request_of_another_client_is_not_answered() -> None:
    with pytest.raises(StateMismatch, match="another client"):
        validated(waiting=auth_request(client="other-client"))


@pytest.mark.parametrize("created_at", [NOW - 901, NOW + 901, 0])
def test_a_request_that_is_too_old_is_not_answered(created_at: float) -> None:
    with pytest.raises(StateMismatch, match="longer than 15 minutes"):
        validated(waiting=auth_request(created_at=created_at))


def test_an_answer_that_is_too_long_is_malformed() -> None:
    with pytest.raises(MalformedResponse, match="too long"):
        validated(podio_answer() + "&x=" + "x" * LONGEST_REDIRECT)
    with pytest.raises(MalformedResponse, match="too long"):
        validated(podio_answer(), "?" + "x" * (LONGEST_REDIRECT + 1))


@pytest.mark.parametrize(("fragment", "query"), [(f"#{DENIAL[1:]}&state={STATE}", ""), ("", f"{DENIAL}&state={STATE}")])
@pytest.mark.parametrize("expected", [True, False])
def test_a_denial_ends_its_request(fragment: str, query: str, expected: bool) -> None:
    with pytest.raises(AccessDenied):
        validated(fragment, query, expected=expected)


@pytest.mark.parametrize("end", ["", "&state="])
def test_a_denial_without_state_counts_from_the_expected_only(end: str) -> None:
    with pytest.raises(AccessDenied):
        validated("", DENIAL + end, expected=True)
    with pytest.raises(StateMismatch):
        validated("", DENIAL + end)


def test_a_denial_with_another_state_does_not_count_even_from_the_expected() -> None:
    with pytest.raises(StateMismatch):
        validated("", DENIAL + "&state=other", expected=True)


def test_a_denial_without_state_comes_too_late_like_any_answer() -> None:
    with pytest.raises(StateMismatch, match="longer than 15 minutes"):
        validated("", DENIAL, auth_request(created_at=0), expected=True)


def test_a_token_beside_a_denial_without_state_is_not_taken() -> None:
    with pytest.raises(AccessDenied):
        validated(podio_answer(state=None, error="access_denied"), expected=True)


@given(
    state=st.none() | st.sampled_from([STATE, "", "other"]) | st.text(st.characters(exclude_categories=["Cs"])),
    age=st.floats(-2000, 2000),
    client=st.sampled_from([CLIENT, "other-client"]),
    expected=st.booleans(),
    error=st.none() | st.sampled_from(["access_denied", "server_error"]),
)
def test_there_is_no_session_without_state_time_and_client(
    state: str | None, age: float, client: str, expected: bool, error: str | None
) -> None:
    waiting = auth_request(created_at=NOW - age, client=client)
    good = state == STATE and abs(age) <= 900 and client == CLIENT and error is None
    try:
        token = validated(podio_answer(state=state, error=error), waiting=waiting, expected=expected)
    except SignInError:
        assert not good
    else:
        assert good
        assert token.access_token == "a1" * 16


@pytest.mark.parametrize(
    ("fragment", "query", "kind"),
    [
        (fragment_of(state=STATE), "", MalformedResponse),
        (podio_answer(access_token="a b"), "", MalformedResponse),
        (podio_answer(expires_in="soon"), "", MalformedResponse),
        ("", f"?error=invalid_scope&state={STATE}", SignInError),
    ],
)
def test_the_right_state_alone_makes_no_session(fragment: str, query: str, kind: type[SignInError]) -> None:
    with pytest.raises(SignInError) as refused:
        validated(fragment, query)
    assert type(refused.value) is kind
