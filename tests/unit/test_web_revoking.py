"""Signing out may end the grant at Podio, and never fails because of that."""

import time

import pytest

from podio_web import ConnectionFailed
from tests.unit.web_support import ACCESS_TOKEN, LOGOUT, Browser, answer_tokens, at, browser_with, token_response

PATH = "/oauth/grant/invalidate"


def signed_out(browser: Browser, store: object) -> bool:
    response = browser.send("POST", LOGOUT)
    return response.status == 303 and browser.cookies == {} and not store.signed_in()  # type: ignore[attr-defined]


def test_the_grant_is_ended_with_the_person_s_own_token() -> None:
    browser, transport, store = browser_with(revoke=True)
    answer_tokens(transport)
    transport.answer("POST", PATH, None)
    browser.sign()
    assert signed_out(browser, store)
    call = transport.calls[-1]
    assert (call.method, call.path) == ("POST", PATH)
    assert call.headers["Authorization"] == f"OAuth2 {ACCESS_TOKEN}"
    # Nobody is left: nothing is called.
    browser.send("POST", LOGOUT)
    assert len(transport.calls) == 2


def test_podio_is_not_called_unless_that_was_asked_for() -> None:
    browser, transport, store = browser_with()
    answer_tokens(transport)
    browser.sign()
    assert signed_out(browser, store)
    assert [call.path for call in transport.calls] == ["/oauth/token"]


def test_a_new_sign_in_ends_no_grant_for_that_may_be_the_same_one() -> None:
    browser, transport, _ = browser_with(revoke=True)
    answer_tokens(transport)
    browser.sign()
    browser.sign()
    assert [call.path for call in transport.calls] == ["/oauth/token"] * 2


def test_an_expired_token_is_refreshed_first_and_the_store_stays_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    browser, transport, store = browser_with(revoke=True)
    answer_tokens(transport, times=1)
    browser.sign()
    monkeypatch.setattr(time, "time", at(time.time() + 30_000))
    transport.answer("POST", "/oauth/token", token_response(access_token="another"))
    transport.answer("POST", PATH, None)
    assert signed_out(browser, store)
    assert transport.calls[-1].headers["Authorization"] == "OAuth2 another"


@pytest.mark.parametrize(
    ("status", "problem", "told"),
    [
        (401, None, "AuthorizationError"),
        (500, None, "ServerError"),
        (503, None, "UnavailableError"),
        (None, ConnectionFailed("offline"), "ConnectionFailed"),
        (None, LookupError(f"it was {ACCESS_TOKEN}"), "LookupError"),
    ],
)
def test_whatever_podio_says_the_person_is_signed_out(
    status: int | None, problem: Exception | None, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    browser, transport, store = browser_with(revoke=True)
    answer_tokens(transport, times=1)
    browser.sign()
    if problem is not None:
        transport.fail("POST", PATH, problem)
    else:
        transport.answer("POST", PATH, {"error_description": ACCESS_TOKEN}, status=status, times=None)
    assert signed_out(browser, store)
    assert told in caplog.text
    assert ACCESS_TOKEN not in caplog.text


def test_a_call_that_hangs_is_given_up_soon() -> None:
    browser, transport, store = browser_with(revoke=True)
    answer_tokens(transport)
    transport.answer("POST", PATH, None)
    browser.sign()
    limits: list[float] = []
    perform = transport.perform

    async def timed(call: object, timeout: float) -> object:
        limits.append(timeout)
        return await perform(call, timeout)

    transport.perform = timed
    assert signed_out(browser, store)
    assert limits
    assert max(limits) <= 5
