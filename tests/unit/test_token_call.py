"""The call to the token endpoint, and every way it can be answered."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podio_web.auth.token_request import issued_at, read_token_response, token_request
from podio_web.errors import (
    APIError,
    AuthorizationError,
    GrantRefused,
    MalformedResponse,
    NotFoundError,
    PodioError,
    RateLimitError,
    SecondFactorRequired,
    ServerError,
    TokenRefused,
    UnknownClient,
    UnknownUser,
    WrongClientSecret,
    WrongPassword,
)
from podio_web.http import Response
from podio_web.oauth.encoding import parse_form
from podio_web.oauth.grants import activation_grant, app_grant, code_grant, password_grant, refresh_grant
from podio_web.oauth.identity import ClientIdentity

NOW = 1_800_000_000.0
CANARY = "canary-5f0e"
FIELDS = password_grant("demo@example.com", CANARY)
GRANTS = [
    code_grant(CANARY, "https://app.example/callback"),
    FIELDS,
    app_grant(5001, CANARY),
    activation_grant(CANARY),
    refresh_grant(CANARY),
]


def identity() -> ClientIdentity:
    return ClientIdentity("password", "my-app", CANARY, api_url="https://api.podio.com")


def refused(body: object, status: int = 400, fields: list[tuple[str, str]] = FIELDS) -> PodioError:
    with pytest.raises(PodioError) as raised:
        read_token_response(token_request(identity(), fields), fields, Response(status, {}, json.dumps(body)), NOW)
    return raised.value


@pytest.mark.parametrize("fields", GRANTS)
def test_a_grant_goes_to_the_token_endpoint_as_a_form_with_the_client(fields: list[tuple[str, str]]) -> None:
    call = token_request(identity(), fields)
    assert (call.method, call.url) == ("POST", "https://api.podio.com/oauth/token")
    assert call.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Authorization" not in call.headers
    assert isinstance(call.body, str)
    assert parse_form(call.body) == {"client_id": "my-app", "client_secret": CANARY, **dict(fields)}
    assert CANARY not in repr(call) + repr(identity())


def test_a_good_answer_is_a_token_with_its_refresh_token() -> None:
    body = {"access_token": "a1", "refresh_token": "r1", "expires_in": 60, "ref": {"type": "app", "id": 5001}}
    call = token_request(identity(), FIELDS)
    token = read_token_response(call, FIELDS, Response(200, {}, json.dumps(body)), NOW)
    assert (token.access_token, token.refresh_token, token.expires_at) == ("a1", "r1", NOW + 60)
    assert token.ref == {"type": "app", "id": 5001}


@pytest.mark.parametrize(
    ("error", "detail", "kind", "code"),
    [
        ("invalid_client", "oauth.client.invalid_id", UnknownClient, "unknown_client"),
        ("invalid_client", "oauth.client.invalid_secret", WrongClientSecret, "wrong_client_secret"),
        ("invalid_client", None, TokenRefused, "token_refused"),
        ("invalid_grant", "user.invalid.username", UnknownUser, "unknown_user"),
        ("invalid_grant", "user.invalid.password", WrongPassword, "wrong_password"),
        ("invalid_grant", None, GrantRefused, "grant_refused"),
        ("invalid_second_factor", None, SecondFactorRequired, "second_factor_required"),
        ("nonce_validation_error", None, SecondFactorRequired, "second_factor_required"),
        ("unsupported_grant_type", None, TokenRefused, "token_refused"),
        (None, None, TokenRefused, "token_refused"),
    ],
)
def test_the_failures_are_told_apart(
    error: str | None, detail: str | None, kind: type[TokenRefused], code: str
) -> None:
    problem = refused({"error": error, "error_detail": detail, "error_description": f"not {CANARY}"})
    assert type(problem) is kind
    assert isinstance(problem, TokenRefused)
    assert problem.code == code
    assert CANARY not in str(problem) + repr(problem) + repr(vars(problem))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (GRANTS[0], "code"),
        (GRANTS[1], "username"),
        (GRANTS[2], "app_token"),
        (GRANTS[3], "activation code"),
        (GRANTS[4], "refresh token"),
    ],
)
def test_a_refused_grant_says_which_it_was(fields: list[tuple[str, str]], said: str) -> None:
    assert said in str(refused({"error": "invalid_grant"}, fields=fields))


def test_a_second_factor_may_also_be_asked_for_in_a_good_answer() -> None:
    assert isinstance(refused({"server_nonce": CANARY}, 200), SecondFactorRequired)


@pytest.mark.parametrize("body", [{}, [], None, "text", {"access_token": ""}, {"access_token": "a b"}])
def test_a_good_answer_without_a_token_is_malformed(body: object) -> None:
    problem = refused(body, 200)
    assert isinstance(problem, MalformedResponse)
    assert "a b" not in str(problem)


@pytest.mark.parametrize(
    ("status", "kind"), [(420, RateLimitError), (500, ServerError), (401, AuthorizationError), (404, NotFoundError)]
)
def test_what_has_nothing_to_do_with_the_grant_stays_what_it_is(status: int, kind: type[PodioError]) -> None:
    body = {"error": "some_code", "error_description": f"wait 5 seconds, {CANARY}", "error_parameters": {"a": CANARY}}
    problem = refused(body, status)
    assert type(problem) is kind
    assert str(problem) == f"{status} for POST /oauth/token: some_code"
    assert CANARY not in repr(problem) + repr(vars(problem))
    assert isinstance(problem, APIError)
    assert problem.retry_after == (5 if status == 420 else None)


SENT = {
    "client_secret": "canary/secret+0123",
    "code": "canary code&0123",
    "password": "canary-pässwörd%0123",
    "refresh_token": "canary.refresh~0123",
    "app_token": 'canary"app"0123',
    "activation_code": "canary\\activation0123",
}


@pytest.mark.parametrize("status", [400, 401, 403, 420, 500, 503])
@pytest.mark.parametrize(
    "fields",
    [
        code_grant(SENT["code"], "https://app.example/callback"),
        password_grant("demo@example.com", SENT["password"]),
        app_grant(5001, SENT["app_token"]),
        activation_grant(SENT["activation_code"]),
        refresh_grant(SENT["refresh_token"]),
    ],
)
@pytest.mark.parametrize("error", ["{}", "bad_{}", "invalid_grant"])
def test_what_was_sent_and_comes_back_is_in_no_error(status: int, fields: list[tuple[str, str]], error: str) -> None:
    client = ClientIdentity("password", "my-app", SENT["client_secret"], api_url="https://api.podio.com")
    call = token_request(client, fields)
    for sent in [SENT["client_secret"], *(text for name, text in fields if name in SENT)]:
        for form in (sent, quote(sent, safe=""), json.dumps(sent)[1:-1]):
            code = error.format(form)
            body = {
                "error": code,
                "error_detail": f"x.{form}",
                "error_description": form,
                "error_parameters": {"a": form},
            }
            with pytest.raises(PodioError) as raised:
                read_token_response(call, fields, Response(status, {}, json.dumps(body)), NOW)
            told = str(raised.value) + repr(raised.value) + repr(list(vars(raised.value).values()))
            assert "canary" not in told
            assert raised.value.error_detail == "x.[removed]"


def test_a_secret_that_looks_like_a_code_does_not_hide_what_was_refused() -> None:
    fields = password_grant("demo@example.com", "invalid")
    problem = refused({"error": "invalid_grant", "error_detail": "user.invalid.password"}, fields=fields)
    assert isinstance(problem, WrongPassword)


@given(
    status=st.sampled_from([200, 201, 204, 400, 401, 403, 420, 500, 502]),
    text=st.one_of(
        st.text(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(max_size=20),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["access_token", "refresh_token", "error", "error_detail", "expires_in", "ref"]),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=8,
        ).map(json.dumps),
    ),
)
def test_any_answer_is_a_token_or_one_of_our_errors(status: int, text: str) -> None:
    call = token_request(identity(), FIELDS)
    answer: Any = Response(status, {}, text)
    try:
        token = read_token_response(call, FIELDS, answer, NOW)
    except PodioError:
        return
    assert token.access_token


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Fri, 15 Jan 2027 08:00:03 GMT", NOW + 3),
        ("Friday, 15-Jan-27 08:00:03 GMT", NOW + 3),
        ("Fri, 15 Jan 2027 07:59:59 GMT", NOW),
        ("Fri, 15 Jan 2027 08:00:10 GMT", NOW + 9),
        ("Fri, 15 Jan 2100 08:00:00 GMT", NOW + 9),
        ("Thu, 01 Jan 1970 00:00:00 GMT", NOW),
        ("soon", NOW + 9),
        ("", NOW + 9),
    ],
)
def test_a_token_is_as_old_as_the_date_of_its_answer_tells(date: str, expected: float) -> None:
    assert issued_at(Response(200, {"date": date}, ""), NOW, NOW + 9) == expected


def test_without_a_date_a_token_is_new_when_it_is_received() -> None:
    assert issued_at(Response(200, {}, ""), NOW, NOW + 9) == NOW + 9


DATE_PARTS = ["Fri, ", "15 ", "Jan ", "2027 ", "08:00:03 ", "GMT", "-0000", "+9999", "99:99:99 ", "0 ", "(", ","]


@given(st.text(max_size=30) | st.lists(st.sampled_from(DATE_PARTS), max_size=8).map("".join))
def test_any_date_leaves_the_moment_between_sending_and_receiving(date: str) -> None:
    assert NOW <= issued_at(Response(200, {"date": date}, ""), NOW, NOW + 9) <= NOW + 9
