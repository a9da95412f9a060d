"""The access token: what counts as one, and that it is never shown."""

import copy
import json
import math
from collections import ChainMap, UserDict
from collections.abc import Callable
from enum import Enum
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from podio_web.oauth.token import (
    DEFAULT_LIFETIME,
    LONGEST_LIFETIME,
    LONGEST_TOKEN,
    Token,
    is_legal_token,
    read_integer,
    read_lifetime,
    read_ref,
)
from tests.unit.answers import CANARY, NOW, json_values, lawful_tokens

RECORD: dict[str, object] = {
    "access_token": CANARY,
    "expires_at": NOW + 60,
    "scope": "global:all",
    "ref": {"type": "user", "id": 1001},
    "token_type": "bearer",
}
RESPONSE: dict[str, object] = {
    "access_token": CANARY,
    "expires_in": 28_800,
    "ref": {"type": "user", "id": 1001},
    "refresh_token": "b2" * 16,
    "scope": "global:all",
    "token_type": "bearer",
}
PODIO_JS_RECORD: dict[str, object] = {
    "accessToken": CANARY,
    "expiresIn": "28800",
    "ref": {"type": "user", "id": "1001"},
    "refreshToken": "b2" * 16,
    "scope": "global:all",
}


def records_like(record: dict[str, object]) -> st.SearchStrategy[Any]:
    """Return strategies for anything that JSON can hold, and for `record` with such values in it."""
    return json_values | st.dictionaries(st.sampled_from(sorted(record)), json_values).map(
        lambda odd: {**record, **odd}
    )


@pytest.mark.parametrize("text", ["a", "0f1e" * 8, "!\"$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "x" * LONGEST_TOKEN])
def test_a_legal_token(text: str) -> None:
    assert is_legal_token(text)
    assert Token(text, expires_at=NOW).access_token == text


@pytest.mark.parametrize(
    "text",
    [
        None,
        7,
        b"abc",
        ["abc"],
        "",
        " ",
        "a b",
        "a\tb",
        "a\nb",
        "a\r\nX-Header: 1",
        "a\0",
        "a\x7f",
        "a#b",
        "ä",
        "x" * 4097,
    ],
)
def test_a_token_that_no_server_gives_is_refused_and_not_repeated(text: str) -> None:
    assert not is_legal_token(text)
    with pytest.raises(ValueError, match=r"^the access token is empty, too long, or has invalid characters$"):
        Token(text, expires_at=NOW)


def test_a_token_is_not_shown() -> None:
    token = Token(CANARY, expires_at=NOW + 0.5, scope="global:all", ref={"type": "user", "id": 1001})
    assert repr(token) == str(token) == "<Token of user 1001, expires_at=1790000000, scope='global:all'>"
    assert CANARY not in f"{token} {token!r} {[token]} {copy.copy(token)!r}"


def test_a_token_of_nobody_known_is_not_shown_either() -> None:
    assert repr(Token(CANARY, expires_at=NOW)) == "<Token of an unknown user, expires_at=1790000000, scope=''>"


def test_a_token_ends_at_its_moment() -> None:
    token = Token("abc", expires_at=NOW)
    assert not token.is_expired(NOW - 0.001)
    assert token.is_expired(NOW)
    assert token.is_expired(NOW + 1)


def test_a_record_is_read_back_as_it_was() -> None:
    assert Token.from_dict(json.loads(json.dumps(RECORD))).to_dict() == RECORD


def test_a_token_of_an_enumeration_of_settings_is_sent_by_its_value() -> None:
    class Setting(str, Enum):  # noqa: UP042 - a format of its members is their name
        TOKEN = "abc"

    assert f"{Token.from_response({'access_token': Setting.TOKEN}, NOW).access_token}" == "abc"


@pytest.mark.parametrize("kind", [MappingProxyType, ChainMap, UserDict])
def test_a_record_may_be_any_mapping(kind: Callable[[Any], Any]) -> None:
    """Such as the row of a database that a store returns."""
    record = {**RECORD, "ref": kind(RECORD["ref"])}
    assert Token.from_dict(kind(record)).to_dict() == RECORD


def test_a_short_record_is_enough() -> None:
    token = Token.from_dict({"access_token": "abc", "expires_at": 5})
    assert token.to_dict() == {"access_token": "abc", "expires_at": 5, "scope": "", "ref": None, "token_type": "bearer"}


@pytest.mark.parametrize(
    "expires_at", [None, True, "1790000000", [], 0, -1, 1e11, 10**400, math.inf, -math.inf, math.nan]
)
def test_a_record_without_a_moment_is_refused(expires_at: object) -> None:
    with pytest.raises(ValueError, match="expires_at"):
        Token.from_dict({**RECORD, "expires_at": expires_at})


@pytest.mark.parametrize("record", [None, [], "{}", 7])
def test_what_is_no_object_is_no_record(record: Any) -> None:
    for read in (
        Token.from_dict,
        lambda record: Token.from_response(record, NOW),
        lambda record: Token.from_podio_js(record, NOW),
    ):
        with pytest.raises(ValueError, match="must be an object"):
            read(record)


def test_a_response_is_read_and_its_refresh_token_dropped() -> None:
    token = Token.from_response(RESPONSE, NOW)
    assert token.to_dict() == {**RECORD, "expires_at": NOW + 28_800}
    assert token.refresh_token is None


def test_a_refresh_token_is_kept_where_it_is_wanted() -> None:
    token = Token.from_response(RESPONSE, NOW, keep_refresh=True)
    assert token.refresh_token == RESPONSE["refresh_token"]
    assert Token.from_dict(token.to_dict()).to_dict() == token.to_dict()
    assert str(RESPONSE["refresh_token"]) not in repr(token)
    assert "refresh_token" not in token.without_refresh().to_dict()
    assert Token.from_response({**RESPONSE, "refresh_token": ""}, NOW, keep_refresh=True).refresh_token is None


def test_an_illegal_refresh_token_is_refused_and_not_repeated() -> None:
    with pytest.raises(ValueError, match=r"^the refresh token is empty") as refused:
        Token.from_response({**RESPONSE, "refresh_token": "se cret"}, NOW, keep_refresh=True)
    assert "se cret" not in str(refused.value)


def test_a_response_may_leave_out_what_podio_does_not_promise() -> None:
    token = Token.from_response({"access_token": "abc"}, NOW)
    assert token.expires_at == NOW + DEFAULT_LIFETIME == NOW + 28_800
    assert (token.scope, token.ref, token.token_type) == ("", None, "bearer")


def test_a_token_that_is_no_bearer_token_is_refused() -> None:
    for read in (
        lambda: Token.from_dict({**RECORD, "token_type": "mac"}),
        lambda: Token("abc", expires_at=NOW, token_type=""),
    ):
        with pytest.raises(ValueError, match="bearer"):
            read()
    with pytest.raises(ValueError, match="bearer"):
        Token.from_response({**RESPONSE, "token_type": "mac"}, NOW)
    assert Token.from_response({**RESPONSE, "token_type": "Bearer"}, NOW).token_type == "bearer"


def test_a_podio_js_session_is_read() -> None:
    token = Token.from_podio_js(PODIO_JS_RECORD, NOW)
    assert token.to_dict() == {**RECORD, "expires_at": NOW + 28_800}


@given(records_like(RECORD))
@example({**RECORD, "expires_at": 10**400})
def test_any_record_is_a_token_or_a_value_error(record: Any) -> None:
    reads_or_refuses(lambda: Token.from_dict(record))


@given(records_like(RESPONSE))
@example({**RESPONSE, "expires_in": 10**400})
@example({**RESPONSE, "expires_in": "9" * 5000})
def test_any_response_is_a_token_or_a_value_error(response: Any) -> None:
    reads_or_refuses(lambda: Token.from_response(response, NOW))


@given(records_like(PODIO_JS_RECORD))
def test_any_podio_js_session_is_a_token_or_a_value_error(record: Any) -> None:
    reads_or_refuses(lambda: Token.from_podio_js(record, NOW))


def reads_or_refuses(read: Any) -> None:
    """Check that `read` gives a whole token or raises ValueError, and shows the token either way to nobody."""
    refused = None
    try:
        token = read()
    except ValueError as problem:
        refused = problem
    if refused is not None:
        assert CANARY not in f"{refused} {refused!r}"
        return
    assert is_legal_token(token.access_token)
    assert CANARY not in repr(token)
    assert isinstance(token.scope, str)
    assert token.ref is None or set(token.ref) == {"type", "id"}
    assert math.isfinite(token.expires_at)
    assert Token.from_dict(json.loads(json.dumps(token.to_dict()))).to_dict() == token.to_dict()


@given(lawful_tokens)
def test_every_lawful_token_survives_the_store(text: str) -> None:
    token = Token(text, expires_at=NOW)
    assert Token.from_dict(json.loads(json.dumps(token.to_dict()))).access_token == text


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(None, 28_800), (1, 1), ("1", 1), (28_800, 28_800), ("28800", 28_800), ("007", 7), (LONGEST_LIFETIME, 31_622_400)],
)
def test_a_lifetime(value: object, seconds: int) -> None:
    assert read_lifetime(value) == seconds


@pytest.mark.parametrize(
    "value",
    [
        *(0, "0", -1, "-1", "+1", "", " 1", "1 ", "1.0", 1.0, "1e3", "1_000", "٣", "²", "0x10", True, [], {}, b"1"),
        *(LONGEST_LIFETIME + 1, str(LONGEST_LIFETIME + 1), 10**400, "9" * 5000, math.nan, math.inf),
    ],
)
def test_a_lifetime_is_a_positive_integer_within_reason(value: object) -> None:
    with pytest.raises(ValueError, match=r"^expires_in must be a whole number of seconds, from 1 to 366 days$"):
        read_lifetime(value)


@pytest.mark.parametrize(
    ("value", "number"),
    [(0, 0), ("0", 0), ("00012", 12), (10**15 - 1, 10**15 - 1), ("9" * 15, 10**15 - 1)],
)
def test_an_integer(value: object, number: int) -> None:
    assert read_integer(value) == number


@pytest.mark.parametrize("value", [None, True, False, -1, 10**15, "1" * 16, "", "1a", 1.0, [1]])
def test_no_integer(value: object) -> None:
    assert read_integer(value) is None


@pytest.mark.parametrize(
    ("value", "ref"),
    [
        ({"type": "user", "id": 7}, {"type": "user", "id": 7}),
        ({"type": "app", "id": "7", "more": 1}, {"type": "app", "id": 7}),
        ({"id": 7}, {"type": "user", "id": 7}),
        ({"type": "u" * 20, "id": 7}, {"type": "u" * 20, "id": 7}),
    ],
)
def test_whom_a_token_belongs_to(value: object, ref: dict[str, object]) -> None:
    assert read_ref(value) == ref


@pytest.mark.parametrize(
    "value",
    [
        *(None, [], "user", 7, {}, {"type": "user"}, {"type": "user", "id": "x"}, {"type": "user", "id": True}),
        *({"type": "", "id": 7}, {"type": None, "id": 7}, {"type": 5, "id": 7}, {"type": "u" * 21, "id": 7}),
    ],
)
def test_a_vague_ref_says_nothing(value: object) -> None:
    assert read_ref(value) is None
