"""Reading a redirect beside oauthlib: the same answer, or one of the differences of the table.

https://oauthlib.readthedocs.io/en/latest/oauth2/clients/mobileapplicationclient.html
"""

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from oauthlib.oauth2.rfc6749.parameters import parse_implicit_response  # type: ignore[import-untyped]

from podio_web.errors import SignInError
from podio_web.oauth.redirect_response import LONGEST_REDIRECT, parse_redirect
from podio_web.oauth.state import validate_response
from podio_web.oauth.token import LONGEST_LIFETIME, LONGEST_TOKEN, Token
from tests.unit.answers import CLIENT, NOW, STATE, auth_request, fragments, podio_answer, words
from tests.unit.fuzz_redirect import make

Read = dict[str, str]


class Difference(NamedTuple):
    """Where oauthlib accepts and we do not: why, how to tell it from what oauthlib read, and an example."""

    why: str
    applies: Callable[[Read, str], bool]
    example: str


DIFFERENCES = [
    Difference(
        "oauthlib takes any text for a token: empty, with spaces, with line ends; RFC 6750 section 2.1 does not",
        lambda read, fragment: not all("!" <= letter <= "~" for letter in read["access_token"] or " "),
        podio_answer(access_token="a b\n"),
    ),
    Difference(
        "a # in a token is the rest of a second fragment, as routers make them",
        lambda read, fragment: "#" in read["access_token"],
        podio_answer(access_token="a#b"),
    ),
    Difference(
        "oauthlib takes a token of any type; RFC 6749 section 7.1 wants one that is understood",
        lambda read, fragment: read.get("token_type", "bearer").lower() != "bearer",
        podio_answer(token_type="mac"),
    ),
    Difference(
        "oauthlib has no limit to a token's length",
        lambda read, fragment: len(read["access_token"]) > LONGEST_TOKEN,
        podio_answer(access_token="a" * (LONGEST_TOKEN + 1)),
    ),
    Difference(
        "oauthlib reads the lifetime with int(): signs, blanks, underscores, the digits of all scripts",
        lambda read, fragment: "expires_in" in read and not _is_digits(read["expires_in"]),
        podio_answer(expires_in=" +1_0 "),
    ),
    Difference(
        "oauthlib has no limit to a lifetime, and zero is one",
        lambda read, fragment: (
            _is_digits(read.get("expires_in", "")) and not 0 < int(read["expires_in"]) <= LONGEST_LIFETIME
        ),
        podio_answer(expires_in=0),
    ),
    Difference(
        "fifteen digits are enough for a lifetime, and leading zeros count",
        lambda read, fragment: _is_digits(read.get("expires_in", "")) and len(read["expires_in"]) > 15,
        podio_answer(expires_in="0" * 15 + "7"),
    ),
    Difference(
        "oauthlib has no limit to a fragment's length",
        lambda read, fragment: len(fragment) > LONGEST_REDIRECT,
        podio_answer() + "&x=" + "x" * LONGEST_REDIRECT,
    ),
]


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def as_oauthlib_reads(fragment: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = parse_implicit_response("https://app.example/cb#" + fragment, state=STATE)
    except Exception:
        return None
    return found


def as_we_read(fragment: str) -> Token | None:
    try:
        return validate_response(parse_redirect("#" + fragment), auth_request(), client=CLIENT, now=NOW)
    except SignInError:
        return None


def check_both(fragment: str) -> str:
    """Compare the two readers; return what they said of the fragment."""
    mine, theirs = as_we_read(fragment), as_oauthlib_reads(fragment)
    if mine is None:
        if theirs is None:
            return "both refuse"
        read = dict(parse_qsl(fragment, keep_blank_values=True))
        assert any(difference.applies(read, fragment) for difference in DIFFERENCES)
        return "we refuse"
    assert theirs is not None, "nothing is accepted that oauthlib refuses"
    assert mine.access_token == theirs["access_token"]
    assert mine.expires_at == NOW + int(str(theirs.get("expires_in", 28_800)))
    # Where a scope is not UTF-8 oauthlib puts replacement characters, and we none.
    scope = " ".join(str(one) for one in theirs.get("scope", []))
    assert mine.scope.split(" ") == scope.split(" ") or "\ufffd" in scope or not mine.scope.strip()
    return "both accept"


def is_for_both(fragment: str) -> bool:
    """Tell whether a browser's address could hold the fragment.

    urlsplit drops raw tabs and line ends from the whole URL; a browser has escaped them long before. Lone surrogates
    become replacement characters there.
    """
    return not any(letter < " " or "\ud800" <= letter <= "\udfff" for letter in fragment)


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: difference.why.replace(" ", "-")[:60])
def test_each_difference_is_there(difference: Difference) -> None:
    fragment = difference.example[1:]
    assert check_both(fragment) == "we refuse"
    read = dict(parse_qsl(fragment, keep_blank_values=True))
    assert [each for each in DIFFERENCES if each.applies(read, fragment)] == [difference]


@given(fragments)
@example(podio_answer()[1:])
@example(podio_answer(access_token="")[1:])
@example(podio_answer(expires_in="-5")[1:])
@example(podio_answer(error="")[1:])
@example(podio_answer(state="other")[1:])
@example(podio_answer()[1:] + "&access_token=last&expires_in=5")
def test_any_fragment_is_read_alike_or_the_table_says_why(fragment: str) -> None:
    assume(is_for_both(fragment))
    check_both(fragment)


def test_bent_answers_are_read_alike_or_the_table_says_why() -> None:
    found = [make(number).fragment.removeprefix("#") for number in range(5000)]
    said = {check_both(fragment) for fragment in found if is_for_both(fragment)}
    assert said == {"both accept", "both refuse", "we refuse"}


@given(
    token=st.text("0123456789abcdef", min_size=1, max_size=64),
    lifetime=st.integers(1, LONGEST_LIFETIME) | st.none(),
    state=st.sampled_from([STATE, STATE, "", "other", None]),
    error=st.none() | st.none() | words,
)
def test_of_lawful_answers_oauthlib_thinks_the_same(
    token: str, lifetime: int | None, state: str | None, error: str | None
) -> None:
    fragment = podio_answer(access_token=token, expires_in=lifetime, state=state, error=error)[1:]
    lawful = state == STATE and error is None
    assert check_both(fragment) == ("both accept" if lawful else "both refuse")
    mine = as_we_read(fragment)
    assert mine is None or mine.access_token == token
