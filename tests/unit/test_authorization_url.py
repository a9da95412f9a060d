"""The URL that a person is sent to."""

from collections.abc import Iterable
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from hypothesis import given

from podio_web.oauth.authorization_url import authorization_url, scope_text
from tests.unit.answers import words


@pytest.mark.parametrize(
    ("scope", "text"),
    [
        (None, ""),
        ("", ""),
        ("   ", ""),
        ([], ""),
        ("global:all", "global:all"),
        ("  user:read \t space:all\n", "user:read space:all"),
        (["user:read", "space:all"], "user:read space:all"),
        (("user:read",), "user:read"),
        ((one for one in ["user:read", "app_12:write"]), "user:read app_12:write"),
    ],
)
def test_a_scope_is_written_with_one_space_between(scope: str | Iterable[str] | None, text: str) -> None:
    assert scope_text(scope) == text


@pytest.mark.parametrize(
    "scope", ["read", "user:read write", ["user:read space:all"], ["user:read", ""], [b"user:read"], [1]]
)
def test_what_is_no_scope_is_refused(scope: str | Iterable[str]) -> None:
    with pytest.raises(ValueError, match=r"^scope must be like"):
        scope_text(scope)


def test_the_url_asks_for_a_token() -> None:
    url = authorization_url(
        "https://podio.com",
        client_id="demo-client",
        redirect_uri="https://app.example/callback.html",
        scope=["user:read", "space:all"],
        state="s1",
    )
    assert url == (
        "https://podio.com/oauth/authorize?client_id=demo-client"
        "&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback.html&response_type=token"
        "&scope=user%3Aread%20space%3Aall&state=s1"
    )


def test_what_is_not_wanted_is_left_out() -> None:
    url = authorization_url("https://podio.com", client_id="c", redirect_uri="https://a.example/", response_type="code")
    assert parse_qs(urlsplit(url).query) == {
        "client_id": ["c"],
        "redirect_uri": ["https://a.example/"],
        "response_type": ["code"],
    }


@given(client_id=words, redirect_uri=words, state=words)
def test_no_value_breaks_out_of_its_parameter(client_id: str, redirect_uri: str, state: str) -> None:
    url = authorization_url("https://podio.com", client_id=client_id, redirect_uri=redirect_uri, state=state)
    assert url.startswith("https://podio.com/oauth/authorize?")
    assert parse_qsl(urlsplit(url).query, keep_blank_values=True) == [
        ("client_id", client_id),
        ("redirect_uri", redirect_uri),
        ("response_type", "token"),
        ("state", state),
    ]
