"""Bent redirects by the thousand; ``python -m tests.unit.fuzz_redirect 1000000`` runs a million."""

import pytest

from podio_web import errors
from podio_web.errors import SignInError
from tests.unit.answers import STATE, auth_request, podio_answer
from tests.unit.fuzz_redirect import Given, lawful_token, make, run

INPUTS = 20_000


def test_every_redirect_ends_in_a_lawful_session_or_a_documented_error() -> None:
    report = run(INPUTS)
    assert not report.faults
    assert sum(report.outcomes.values()) == INPUTS
    # A generator that only makes rubbish, or only lawful answers, would show nothing.
    kinds = {"session", "AccessDenied", "MalformedResponse", "SignInError", "StateMismatch", "UnsolicitedResponse"}
    assert set(report.outcomes) == kinds
    assert min(report.outcomes.values()) > INPUTS // 100
    assert all(issubclass(getattr(errors, kind), SignInError) for kind in kinds - {"session"})


def test_an_input_is_known_by_its_number() -> None:
    assert [make(number) for number in range(100)] == [make(number) for number in range(100)]
    assert len({make(number).fragment for number in range(1000)}) > 800


@pytest.mark.parametrize(
    ("fragment", "query", "token"),
    [
        (podio_answer(), "", "a1" * 16),
        (podio_answer(), "?page=2", "a1" * 16),
        ("", "?" + podio_answer()[1:], None),
        (podio_answer(error="x"), "", None),
        (podio_answer(), "?error=x", None),
        (podio_answer(state="other"), "", None),
        (podio_answer(state=None), f"?state={STATE}", None),
        (podio_answer(access_token="a b"), "", None),
        (podio_answer(expires_in="0"), "", None),
        (podio_answer() + "&access_token=last", "", "last"),
        (podio_answer() + "&x=" + "x" * 16_384, "", None),
    ],
)
def test_the_oracle_knows_the_rules(fragment: str, query: str, token: str | None) -> None:
    assert lawful_token(Given(fragment, query, auth_request())) == token
    assert lawful_token(Given(fragment, query, auth_request(client="other"))) is None
    assert lawful_token(Given(fragment, query, auth_request(created_at=0))) is None
    assert lawful_token(Given(fragment, query, None)) is None
