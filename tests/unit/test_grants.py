"""What each grant sends to the token endpoint."""

from enum import Enum
from typing import Any

import pytest

from podio_web.oauth import grants


def test_a_code_is_exchanged_with_its_redirect_uri() -> None:
    assert grants.code_grant("c1", "https://app.example/callback") == [
        ("grant_type", "authorization_code"),
        ("code", "c1"),
        ("redirect_uri", "https://app.example/callback"),
    ]


def test_a_password_goes_with_its_username_and_what_is_signed_up_for() -> None:
    fields = [("grant_type", "password"), ("username", "demo@example.com"), ("password", "demo")]
    assert grants.password_grant("demo@example.com", "demo") == fields
    assert grants.password_grant("demo@example.com", "demo", 7) == [*fields, ("offering_id", "7")]


class Number(int, Enum):
    APP = 5001


class Text(str, Enum):  # noqa: UP042 - str() of its members is their name
    APP = "5001"


@pytest.mark.parametrize("app_id", [5001, "5001", Number.APP, Text.APP])
def test_an_app_signs_in_with_its_number_and_token(app_id: int | str) -> None:
    assert grants.app_grant(app_id, "t1") == [("grant_type", "app"), ("app_id", "5001"), ("app_token", "t1")]


@pytest.mark.parametrize("offering_id", [5001, "5001", Number.APP, Text.APP])
def test_an_offering_is_sent_by_its_value(offering_id: int | str) -> None:
    assert grants.activation_grant("a1", offering_id)[2:] == [("offering_id", "5001")]


@pytest.mark.parametrize("offering_id", [True, "", 1.5, [7]])
def test_an_offering_that_is_no_id_is_refused(offering_id: Any) -> None:
    with pytest.raises(ValueError, match=r"^offering_id must be a whole number or a text that is not empty$"):
        grants.password_grant("demo@example.com", "demo", offering_id)


@pytest.mark.parametrize("app_id", [True, "", "chores", -1, 1.5, None])
def test_an_app_id_that_is_no_number_says_where_to_find_it(app_id: Any) -> None:
    with pytest.raises(ValueError, match=r"^app_id must be the number from the app's Developer page"):
        grants.app_grant(app_id, "t1")


def test_an_activation_code_is_exchanged() -> None:
    assert grants.activation_grant("a1", "7") == [
        ("grant_type", "activation_code"),
        ("activation_code", "a1"),
        ("offering_id", "7"),
    ]


def test_a_session_is_renewed_with_its_refresh_token() -> None:
    assert grants.refresh_grant("r1") == [("grant_type", "refresh_token"), ("refresh_token", "r1")]


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda value: grants.code_grant(value, "https://app.example/"), "code"),
        (lambda value: grants.password_grant(value, "demo"), "username"),
        (lambda value: grants.password_grant("demo@example.com", value), "password"),
        (lambda value: grants.app_grant(5001, value), "app_token"),
        (grants.activation_grant, "code"),
    ],
)
@pytest.mark.parametrize("value", ["", None, 7, b"secret"])
def test_what_is_missing_is_named_and_not_repeated(make: Any, name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be a text that is not empty$"):
        make(value)
