"""What an application is told of: who has signed in, and who has signed out."""

import asyncio
from typing import Any

import pytest

from podio_web import AccessDenied, LoginRequired, Podio, SyncPodio
from podio_web.runtime.run_blocking import drive
from podio_web.testing import FakeTransport
from podio_web.web import asgi, wsgi
from tests.unit.web_support import ACCESS_TOKEN, LOGOUT, Browser, answer_tokens, browser_with, options

PERSON = {"type": "user", "id": 1001}


def browser_of(kind: Any, **changes: Any) -> tuple[Browser, Any, Any]:
    """Return a browser, the transport and the store of a middleware."""
    transport = FakeTransport()
    answer_tokens(transport, times=None)
    chosen = options(transport=transport, **changes)
    return Browser(kind(None, **chosen)), transport, chosen["store"]


def test_the_application_is_told_who_signed_in_and_out() -> None:
    told: list[Any] = []

    def signed_in(podio: Podio, ref: Any) -> None:
        assert type(podio) is Podio
        told.append(("in", ref, podio))

    browser, transport, _ = browser_with(on_signed_in=signed_in, on_signed_out=lambda ref: told.append(("out", ref)))
    answer_tokens(transport)
    browser.sign()
    assert told[0][:2] == ("in", PERSON)
    with pytest.raises(RuntimeError, match="closed"):
        drive(told[0][2].get("/user/status"))
    browser.send("POST", LOGOUT)
    assert told[1:] == [("out", PERSON)]
    # Nobody is left to sign out.
    browser.send("POST", LOGOUT)
    assert len(told) == 2


def test_hooks_may_wait_and_call_podio_under_asgi() -> None:
    told: list[Any] = []

    async def signed_in(podio: Podio, ref: Any) -> None:
        await asyncio.sleep(0)
        told.append((ref, await podio.get("/user/status")))

    async def signed_out(ref: Any) -> None:
        await asyncio.sleep(0)
        told.append(ref)

    browser, transport, store = browser_of(asgi.PodioSignIn, on_signed_in=signed_in, on_signed_out=signed_out)
    transport.answer("GET", "/user/status", {"user_id": 1001})

    browser.sign()
    browser.send("POST", LOGOUT)
    assert told == [(PERSON, {"user_id": 1001}), PERSON]
    assert store.signed_in() == []


def test_hooks_are_plain_functions_with_a_blocking_client_under_wsgi() -> None:
    told: list[Any] = []

    def signed_in(podio: SyncPodio, ref: Any) -> None:
        told.append((ref, podio.get("/user/status")))

    browser, transport, _ = browser_of(wsgi.PodioSignIn, on_signed_in=signed_in, on_signed_out=told.append)
    transport.answer("GET", "/user/status", {"user_id": 1001})
    browser.sign()
    browser.send("POST", LOGOUT)
    assert told == [(PERSON, {"user_id": 1001}), PERSON]


@pytest.mark.parametrize("option", ["on_signed_in", "on_signed_out"])
def test_wsgi_refuses_a_hook_that_waits(option: str) -> None:
    async def hook(*arguments: Any) -> None:
        """Do nothing."""

    with pytest.raises(ValueError, match=f"{option} must be a plain function"):
        wsgi.PodioSignIn(None, **options(**{option: hook}))


@pytest.mark.parametrize("kind", [asgi.PodioSignIn, wsgi.PodioSignIn])
def test_a_hook_that_fails_stops_nobody(kind: Any, caplog: pytest.LogCaptureFixture) -> None:
    def fail(*arguments: Any) -> None:
        raise LookupError(f"a fault that quotes {ACCESS_TOKEN}")

    browser, _, store = browser_of(kind, on_signed_in=fail, on_signed_out=fail)
    browser.sign()
    assert browser.error() is None
    assert store.signed_in() == [browser.session_id()]
    browser.send("POST", LOGOUT)
    assert (browser.cookies, store.signed_in()) == ({}, [])
    assert "LookupError while calling on_signed_in" in caplog.text
    assert "LookupError while calling on_signed_out" in caplog.text
    assert "in fail" in caplog.text
    assert ACCESS_TOKEN not in caplog.text


@pytest.mark.parametrize("kind", [asgi.PodioSignIn, wsgi.PodioSignIn])
@pytest.mark.parametrize(
    ("refusal", "code"),
    [(AccessDenied(f"not with {ACCESS_TOKEN}"), "access_denied"), (LoginRequired("ended already"), "login_required")],
)
def test_a_hook_may_refuse_a_person_and_the_session_before_stays(
    kind: Any, refusal: Exception, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    refused: list[Any] = []

    def refuse_later(podio: Any, ref: Any) -> None:
        refused.append(ref)
        if len(refused) > 1:
            raise refusal

    browser, _, store = browser_of(kind, on_signed_in=refuse_later)
    browser.sign()
    before = browser.session_id()
    browser.sign()
    assert browser.error() == code
    assert browser.session_id() == before
    assert store.signed_in() == [before]
    assert ACCESS_TOKEN not in caplog.text


def test_a_new_sign_in_is_not_a_sign_out() -> None:
    told: list[Any] = []
    browser, transport, _ = browser_with(on_signed_out=told.append)
    answer_tokens(transport)
    browser.sign()
    browser.sign()
    assert told == []
