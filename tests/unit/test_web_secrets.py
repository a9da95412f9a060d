"""A canary for everything secret in a web application's sign-in, looked for everywhere but in its place."""

import logging
import re
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from itsdangerous import URLSafeTimedSerializer

from podio_web import ConnectionFailed, Podio, PodioError, SyncPodio
from podio_web.runtime.run_blocking import drive
from podio_web.testing import SandboxControl
from podio_web.web.asgi import PodioSignIn as ASGISignIn
from podio_web.web.messages import Request
from podio_web.web.wsgi import PodioSignIn as WSGISignIn
from tests.examples_support import WebExample
from tests.unit.web_support import (
    ACCESS_TOKEN,
    CALLBACK,
    CLIENT_SECRET,
    CODE,
    LOGOUT,
    REFRESH_TOKEN,
    SECRETS,
    Browser,
    answer_tokens,
    browser_with,
    header,
    options,
)


def inside(set_cookie: str) -> object:
    """Return what a signed cookie holds, as anybody can read it."""
    value = set_cookie.partition("=")[2].partition(";")[0]
    return URLSafeTimedSerializer("").loads_unsafe(value)[1]


def succeed(browser: Browser, transport: Any) -> None:
    answer_tokens(transport)
    browser.sign()


def be_refused(browser: Browser, transport: Any) -> None:
    said = {"error": "invalid_grant", "error_description": f"{CODE} and {CLIENT_SECRET} are refused"}
    transport.answer("POST", "/oauth/token", said, status=400)
    browser.sign()


def be_answered_with_rubbish(browser: Browser, transport: Any) -> None:
    transport.answer("POST", "/oauth/token", text=f"<h1>{CODE} {CLIENT_SECRET} {ACCESS_TOKEN}</h1>", status=502)
    browser.sign()


def be_answered_with_an_echo(browser: Browser, transport: Any) -> None:
    transport.answer(
        "POST", "/oauth/token", {"error": CODE, "error_description": f"{CODE} {CLIENT_SECRET}"}, status=500
    )
    browser.sign()


def be_answered_with_a_broken_token(browser: Browser, transport: Any) -> None:
    transport.answer("POST", "/oauth/token", {"access_token": ACCESS_TOKEN, "expires_in": REFRESH_TOKEN})
    browser.sign()


def be_offline(browser: Browser, transport: Any) -> None:
    transport.fail("POST", "/oauth/token", ConnectionFailed("offline"))
    browser.sign()


def meet_a_fault(browser: Browser, transport: Any) -> None:
    transport.fail("POST", "/oauth/token", ValueError(f"bad header {CODE} {CLIENT_SECRET}"))
    browser.sign()


def be_denied(browser: Browser, transport: Any) -> None:
    browser.get(f"{CALLBACK}?error=access_denied&code={CODE}&state={browser.begin()}")


def bring_what_nobody_asked_for(browser: Browser, transport: Any) -> None:
    browser.get(f"{CALLBACK}?code={CODE}&state={CODE}&access_token={ACCESS_TOKEN}&error=server_error")
    browser.get(f"{CALLBACK}?code={CODE * 1000}")


@pytest.mark.parametrize(
    "walk",
    [
        succeed,
        be_refused,
        be_answered_with_rubbish,
        be_answered_with_an_echo,
        be_answered_with_a_broken_token,
        be_offline,
        meet_a_fault,
        be_denied,
        bring_what_nobody_asked_for,
    ],
)
def test_no_walk_shows_a_secret(
    walk: Callable[[Browser, Any], None], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    browser, transport, _ = browser_with()
    states: list[str] = []
    answers = []
    send = browser.send

    def recorded(method: str, url: str, **headers: str) -> Any:
        states.extend(re.findall(r"state=([\w-]{43})", url))
        answers.append(send(method, url, **headers))
        return answers[-1]

    browser.send = recorded  # type: ignore[method-assign]
    walk(browser, transport)
    visit = browser.sign_in.visit(browser.request("GET", "/"))
    recorded("POST", LOGOUT)

    places = {
        "logs": caplog.text,
        "output": str(capfd.readouterr()),
        # A state belongs into the address that leads to Podio, and into no other.
        "addresses": str(
            [address for answer in answers if "/oauth/" not in (address := header(answer, "location") or "")]
        ),
        "bodies": str([answer.body for answer in answers]),
        "cookies": str(browser.set_cookies)
        + str([inside(cookie) for cookie in browser.set_cookies if "=;" not in cookie]),
        "errors": f"{visit.error!r} {visit.error}",
        "repr": repr([browser.sign_in, visit, answers, browser.request("GET", f"/?code={CODE}")]),
    }
    for place, text in places.items():
        assert not [secret for secret in (*SECRETS, *states) if secret in text], place
    assert CODE not in str([header(answer, "location") for answer in answers])


@pytest.mark.parametrize("kind", [ASGISignIn, WSGISignIn])
def test_no_object_shows_a_secret(kind: Any) -> None:
    sign_in = kind(None, **options())
    client = (SyncPodio if kind is WSGISignIn else Podio)(**sign_in.client_options("canary-session"))
    shown = repr([sign_in, client, Request("GET", CALLBACK, f"code={CODE}", {"cookie": "canary-cookie"})])
    assert "canary" not in shown
    assert "canary" not in str(vars(sign_in)["_identity"])


def test_no_traceback_shows_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    browser, transport, _ = browser_with()
    transport.answer("POST", "/oauth/token", {"error": "invalid_grant", "error_description": CODE}, status=400)
    podio = Podio(**browser.sign_in.client_options("a session"))
    with pytest.raises(PodioError) as caught:
        drive(podio.get_access_token(CODE))
    shown = "".join(traceback.format_exception(caught.value))
    assert not [secret for secret in SECRETS if secret in shown]


@pytest.mark.parametrize("name", ["starlette_app", "flask_app", "fastapi_app", "quart_app", "django_app"])
def test_no_error_page_of_an_example_shows_a_secret(name: str, podio_sandbox: SandboxControl, tmp_path: Path) -> None:
    podio_sandbox.reset()
    podio_sandbox.settings(consent="allow", sign_in_as="demo@example.com")
    other_path = tmp_path / "wrong"
    other_path.mkdir()
    shown: list[str] = []
    addresses: list[str] = []

    def note(response: httpx2.Response) -> None:
        response.read()
        addresses.append(str(response.url))
        if response.url.port == httpx2.URL(example.url).port:
            headers = [(key, value) for key, value in response.headers.items() if "/oauth/authorize" not in value]
            shown.append(f"{headers} {response.text}")

    with (
        WebExample(name, tmp_path, podio_sandbox.url, SECRET_KEY=SECRETS[0]) as example,
        WebExample(
            name, other_path, podio_sandbox.url, SECRET_KEY=SECRETS[0], PODIO_CLIENT_SECRET=CLIENT_SECRET
        ) as wrong,
        httpx2.Client(follow_redirects=True, event_hooks={"response": [note]}) as client,
    ):
        assert "sign-in" in client.get(example.url).text
        notice = client.get(f"{example.url}{CALLBACK}?code={CODE}&state={CODE}").text
        assert 'data-code="unsolicited"' in notice
        assert 'data-code="wrong_client_secret"' in client.get(f"{wrong.url}/podio/login").text
        podio_sandbox.fail_next("unavailable", path_prefix="/oauth/token")
        assert 'data-code="sign_in_failed"' in client.get(f"{example.url}/podio/login").text
        podio_sandbox.settings(consent="deny")
        assert 'data-code="access_denied"' in client.get(f"{example.url}/podio/login").text
        podio_sandbox.settings(consent="allow")
        assert "Demo Person" in client.get(f"{example.url}/podio/login").text
        for kind in ("unavailable", "server_error", "drop"):
            podio_sandbox.fail_next(kind, count=10, path_prefix="/user/status")
            response = client.get(example.url)
            podio_sandbox.clear_faults()
            assert (response.status_code, "That did not work" in response.text) == (502, True)
        assert client.get(f"{example.url}/items/999999").status_code == 404
        shown.append(example.log + wrong.log)

    codes = {code for address in addresses for code in re.findall(r"[?&](?:code|state)=([\w-]{32,})", address)}
    assert len(codes) >= 6
    stored = re.findall(rb'"([0-9a-f]{32})"', example.sessions.read_bytes())
    assert len(stored) >= 2
    secrets = {*SECRETS, *codes, *(token.decode() for token in stored), "demo-secret"}
    for text in shown:
        assert not [secret for secret in secrets if secret in text]
