"""Every flow for real: both clients, each with its own transport, against the sandbox."""

from __future__ import annotations

import asyncio
import io
import logging
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import pytest

from podio_web import (
    AuthorizationError,
    ForbiddenError,
    LoginRequired,
    MemoryStore,
    Podio,
    PodioError,
    RateLimitError,
    SyncPodio,
    Token,
)
from podio_web.errors import (
    GrantRefused,
    TokenRefused,
    UnknownClient,
    UnknownUser,
    WrongClientSecret,
    WrongPassword,
)
from podio_web.sandbox import Sandbox
from podio_web.stores.file import FileStore
from podio_web.stores.sqlite import SQLiteStore
from podio_web.testing import SandboxControl
from tests.sandbox.sandbox_support import DEMO, Caller, authorize_path
from tests.waited import Waited

CLIENT_ID, SECRET = "demo-client", "demo-secret"
CALLBACK = "http://localhost:4200/callback.html"
APP_ID, APP_TOKEN = 3001, f"{3001:032x}"


Open = Callable[..., Any]


@pytest.fixture(params=["Podio", "SyncPodio"])
def open_client(request: pytest.FixtureRequest, podio: Caller) -> Iterator[Open]:
    """Opens clients of each kind, which are closed at the end."""
    opened: list[Any] = []
    with asyncio.Runner() as runner:

        def opening(auth_type: str, client_id: str = CLIENT_ID, secret: str | None = SECRET, **options: Any) -> Any:
            options.setdefault("api_url", podio.url)
            client: Any = SyncPodio if request.param == "SyncPodio" else Podio
            client = client(auth_type, client_id, secret, **options)
            opened.append(client if request.param == "SyncPodio" else Waited(client, runner))
            return opened[-1]

        yield opening
        for client in opened:
            client.close()


@pytest.fixture
def control(sandbox: Sandbox, podio: Caller) -> SandboxControl:
    """The switches of a sandbox that is as at its start."""
    return SandboxControl(sandbox.url)


def code(podio: Caller, url: str, username: str = DEMO) -> str:
    """Return the code that a person brings back who allows what the authorization URL asks for."""
    podio.settings(consent="allow", sign_in_as=username)
    answer = podio.get(url.removeprefix(podio.url))
    assert answer.location.startswith(CALLBACK + "?code="), answer.text
    return str(dict(answer.query)["code"])


def token_calls(control: SandboxControl) -> int:
    return len(control.calls("/oauth/token"))


def test_a_person_signs_in_with_their_password(open_client: Open, control: SandboxControl) -> None:
    client = open_client("password")
    token = client.authenticate_with_credentials(DEMO, "demo")
    assert (token.ref, token.scope) == ({"type": "user", "id": 1001}, "global:all")
    assert token.refresh_token is not None
    assert client.get("/user/status")["user"]["user_id"] == 1001
    assert client.is_authenticated()


@pytest.mark.parametrize(
    ("username", "password", "kind"),
    [("nobody@example.com", "demo", UnknownUser), (DEMO, "wrong", WrongPassword)],
)
def test_a_wrong_name_and_a_wrong_password_are_told_apart(
    open_client: Open, control: SandboxControl, username: str, password: str, kind: type[PodioError]
) -> None:
    client = open_client("password")
    with pytest.raises(kind) as refused:
        client.authenticate_with_credentials(username, password)
    assert type(refused.value) is kind
    assert refused.value.status == 400
    assert not client.is_authenticated()
    assert token_calls(control) == 1


def test_an_app_signs_in_with_its_token_and_reaches_itself_only(open_client: Open) -> None:
    client = open_client("app")
    assert client.authenticate_with_app(APP_ID, APP_TOKEN).ref == {"type": "app", "id": APP_ID}
    assert client.get(f"/app/{APP_ID}")["app_id"] == APP_ID
    created = client.post(f"/item/app/{APP_ID}/", {"fields": {"title": "From a script"}})
    assert client.get(f"/item/{created['item_id']}")["title"] == "From a script"
    with pytest.raises(ForbiddenError):
        client.get("/user/status")


@pytest.mark.parametrize(("app_id", "app_token"), [(APP_ID, "wrong"), (3002, APP_TOKEN), (999_999, APP_TOKEN)])
def test_an_app_and_a_token_that_do_not_belong_together_are_refused(
    open_client: Open, app_id: int, app_token: str
) -> None:
    client = open_client("app")
    with pytest.raises(GrantRefused, match="Developer page"):
        client.authenticate_with_app(app_id, app_token)
    assert not client.is_authenticated()


def test_a_person_comes_back_with_a_code(open_client: Open, podio: Caller, control: SandboxControl) -> None:
    client = open_client("server", redirect_uri=CALLBACK, scope="user:read space:all")
    brought = code(podio, client.get_authorization_url(state="s1"), "other@example.com")
    token = client.get_access_token(brought)
    assert (token.ref, token.scope) == ({"type": "user", "id": 1002}, "user:read space:all")
    assert client.get("/user/status")["user"]["user_id"] == 1002


def test_a_code_works_once_and_the_session_it_gave_goes_on(open_client: Open, podio: Caller) -> None:
    client = open_client("server", redirect_uri=CALLBACK)
    brought = code(podio, client.get_authorization_url())
    client.get_access_token(brought)
    with pytest.raises(GrantRefused, match="used already"):
        client.get_access_token(brought)
    assert client.get("/user/status")["user"]["user_id"] == 1001


def test_a_code_expires(open_client: Open, podio: Caller, control: SandboxControl) -> None:
    client = open_client("server", redirect_uri=CALLBACK)
    brought = code(podio, client.get_authorization_url())
    control.advance_clock(601)
    with pytest.raises(GrantRefused, match="has expired"):
        client.get_access_token(brought)
    assert not client.is_authenticated()


def test_a_code_belongs_to_its_redirect_uri_and_its_client(open_client: Open, podio: Caller) -> None:
    client = open_client("server", redirect_uri=CALLBACK)
    brought = code(podio, client.get_authorization_url())
    with pytest.raises(GrantRefused, match="redirect_uri"):
        client.get_access_token(brought, "http://localhost:4200/elsewhere")
    stranger = open_client("server", "other-client", "other-secret", redirect_uri=CALLBACK)
    with pytest.raises(GrantRefused, match="another client"):
        stranger.get_access_token(brought)
    assert client.get_access_token(brought, CALLBACK).ref == {"type": "user", "id": 1001}


def test_an_unknown_code_is_refused(open_client: Open) -> None:
    with pytest.raises(GrantRefused):
        open_client("server", redirect_uri=CALLBACK).get_access_token("0" * 32)


@pytest.mark.parametrize("auth_type", ["server", "password"])
def test_an_activation_code_works_once(open_client: Open, auth_type: str) -> None:
    client = open_client(auth_type)
    assert client.authenticate_with_activation_code("demo-activation").ref == {"type": "user", "id": 1003}
    assert client.get("/user/status")["user"]["user_id"] == 1003
    with pytest.raises(GrantRefused, match="activation code"):
        open_client(auth_type).authenticate_with_activation_code("demo-activation")


FLOWS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "code": ("server", lambda client: client.get_access_token("canary" * 5, CALLBACK)),
    "password": ("password", lambda client: client.authenticate_with_credentials(DEMO, "canary-password")),
    "app": ("app", lambda client: client.authenticate_with_app(APP_ID, "canary-app-token")),
    "activation code": ("server", lambda client: client.authenticate_with_activation_code("canary-activation")),
}


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize(
    ("client_id", "secret", "kind", "code"),
    [
        ("nobody", "canary-secret", UnknownClient, "unknown_client"),
        (CLIENT_ID, "canary-secret", WrongClientSecret, "wrong_client_secret"),
        ("other-client", SECRET, WrongClientSecret, "wrong_client_secret"),
    ],
)
def test_a_wrong_client_and_a_wrong_secret_are_told_apart_in_every_flow(
    open_client: Open, flow: str, client_id: str, secret: str, kind: type[TokenRefused], code: str
) -> None:
    auth_type, sign_in = FLOWS[flow]
    with pytest.raises(TokenRefused) as refused:
        sign_in(open_client(auth_type, client_id, secret))
    assert type(refused.value) is kind
    assert refused.value.code == code


def sign_in(client: Any) -> Token:
    token: Token = client.authenticate_with_credentials(DEMO, "demo")
    return token


@pytest.mark.parametrize("rotates", [True, False])
@pytest.mark.parametrize("how", ["the clock", "Podio"])
def test_an_ended_session_is_renewed_as_often_as_needed(
    open_client: Open, control: SandboxControl, rotates: bool, how: str
) -> None:
    control.settings(rotate_refresh_tokens=rotates, expires_in=3600)
    told: list[Token] = []
    client = open_client("password", after_token_refreshed=told.append)
    before = sign_in(client)
    for number in (1, 2, 3):
        if how == "Podio":
            control.expire_tokens()
        else:
            # As if an hour had gone by here too.
            assert client.token is not None
            client.token.expires_at -= 3600
        assert client.get("/user/status")["user"]["user_id"] == 1001
        assert len(told) == number
        assert token_calls(control) == 1 + number
    after = client.token
    assert told[-1] is after
    assert after.access_token != before.access_token
    assert (after.refresh_token != before.refresh_token) is rotates
    refused = [call["status"] for call in control.calls("/user/status")].count(401)
    assert refused == (3 if how == "Podio" else 0)


@pytest.mark.parametrize("auth_type", ["server", "app"])
def test_the_other_sessions_are_renewed_too(
    open_client: Open, podio: Caller, control: SandboxControl, auth_type: str
) -> None:
    client = open_client(auth_type, redirect_uri=CALLBACK)
    if auth_type == "app":
        client.authenticate_with_app(APP_ID, APP_TOKEN)
    else:
        client.get_access_token(code(podio, client.get_authorization_url()))
    control.expire_tokens()
    path = f"/app/{APP_ID}" if auth_type == "app" else "/user/status"
    assert client.get(path)
    assert token_calls(control) == 2


def test_a_call_that_changes_something_is_repeated_once_and_whole(open_client: Open, control: SandboxControl) -> None:
    client = open_client("password")
    sign_in(client)
    control.expire_tokens()
    created = client.post(f"/item/app/{APP_ID}/", {"fields": {"title": "Wäsche"}}, params={"hook": False})
    assert client.get(f"/item/{created['item_id']}")["title"] == "Wäsche"
    assert [(call["status"], call["query"]) for call in control.calls(f"/item/app/{APP_ID}/")] == [
        (401, "hook=0"),
        (200, "hook=0"),
    ]


def test_a_dead_refresh_token_ends_the_session_with_one_request(open_client: Open, control: SandboxControl) -> None:
    store = MemoryStore()
    client = open_client("password", session_store=store)
    sign_in(client)
    control.revoke_tokens()
    control.clear_calls()
    for _ in range(3):
        with pytest.raises(LoginRequired, match="authenticate_with_credentials"):
            client.get("/user/status")
    assert token_calls(control) == 1
    assert len(control.calls("/user/status")) == 1
    assert store.get("password") is None
    assert not client.is_authenticated()
    sign_in(client)
    assert client.get("/user/status")["user"]["user_id"] == 1001


def test_a_refresh_token_that_has_expired_ends_the_session(open_client: Open, control: SandboxControl) -> None:
    client = open_client("password")
    sign_in(client)
    control.advance_clock(29 * 86_400)
    with pytest.raises(LoginRequired):
        client.get("/user/status")
    assert not client.is_authenticated()


def test_a_call_that_no_token_helps_ends_after_one_refresh(open_client: Open, control: SandboxControl) -> None:
    client = open_client("password")
    sign_in(client)
    control.fail_next("unauthorized", count=10, path_prefix="/user/status")
    with pytest.raises(AuthorizationError):
        client.get("/user/status")
    assert token_calls(control) == 2
    assert len(control.calls("/user/status")) == 2


@pytest.mark.parametrize("kind", ["server_error", "bad_gateway", "unavailable", "drop", "drop_body", "rate_limit"])
def test_a_refresh_that_podio_could_not_answer_costs_nobody_the_session(
    open_client: Open, control: SandboxControl, kind: str
) -> None:
    control.settings(rotate_refresh_tokens=False)
    store = MemoryStore()
    client = open_client("password", session_store=store)
    before = sign_in(client)
    control.expire_tokens()
    control.fail_next(kind, path_prefix="/oauth/token")
    with pytest.raises(PodioError) as failed:
        client.get("/user/status")
    assert not isinstance(failed.value, LoginRequired)
    assert client.token is before
    assert store.get("password") is before
    assert client.get("/user/status")["user"]["user_id"] == 1001


def test_a_script_that_runs_again_signs_in_no_more(open_client: Open, control: SandboxControl, tmp_path: Any) -> None:
    store = FileStore(tmp_path / "session.json")
    first = open_client("password", session_store=store)
    assert not first.is_authenticated()
    sign_in(first)
    first.get("/user/status")
    second = open_client("password", session_store=FileStore(tmp_path / "session.json"))
    assert second.is_authenticated()
    second.get("/user/status")
    assert token_calls(control) == 1
    control.expire_tokens()
    third = open_client("password", session_store=FileStore(tmp_path / "session.json"))
    assert third.is_authenticated()
    third.get("/user/status")
    assert token_calls(control) == 2


def test_basic_auth_needs_nobody_and_is_judged_by_podio(open_client: Open, control: SandboxControl) -> None:
    with pytest.raises(ForbiddenError, match="trust level"):
        open_client("server").request("GET", "/user/status", basic_auth=True)
    with pytest.raises(AuthorizationError):
        open_client("server", secret="wrong").request("GET", "/user/status", basic_auth=True)
    assert token_calls(control) == 0
    assert len(control.calls("/user/status")) == 2


def test_a_rate_limit_at_the_token_endpoint_says_how_long_to_wait(open_client: Open, control: SandboxControl) -> None:
    client = open_client("password")
    control.fail_next("rate_limit", seconds=120, path_prefix="/oauth/token")
    with pytest.raises(RateLimitError) as limited:
        sign_in(client)
    assert (limited.value.status, limited.value.retry_after) == (420, 120)
    control.settings(general_limit=0)
    with pytest.raises(RateLimitError):
        sign_in(client)
    control.settings(general_limit=1000)
    assert not client.is_authenticated()
    assert token_calls(control) == 2, "nothing is tried again by itself"


def test_log_out_is_final_and_a_new_sign_in_works(open_client: Open, control: SandboxControl) -> None:
    client = open_client("password")
    sign_in(client)
    client.logout()
    control.clear_calls()
    with pytest.raises(LoginRequired):
        client.get("/user/status")
    assert control.calls() == []
    sign_in(client)
    assert client.get("/user/status")["user"]["user_id"] == 1001


def told_by(problem: BaseException | None) -> str:
    """Return what an error says and holds, and those behind it."""
    if problem is None:
        return ""
    behind = told_by(problem.__cause__) + told_by(problem.__context__)
    return f"{''.join(traceback.format_exception_only(problem))} {problem!r} {vars(problem)} {behind}"


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("trouble", ["refused", "client", "server_error", "bad_gateway", "drop", "rate_limit"])
def test_no_error_log_or_repr_tells_a_secret(
    open_client: Open, control: SandboxControl, flow: str, trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    auth_type, sign_in_by = FLOWS[flow]
    printed = io.StringIO()
    caplog.set_level(logging.DEBUG)
    with redirect_stdout(printed), redirect_stderr(printed):
        client = open_client(auth_type, secret="canary-secret" if trouble == "client" else SECRET)
        if trouble not in ("refused", "client"):
            control.fail_next(trouble, path_prefix="/oauth/token")
        with pytest.raises(PodioError) as failed:
            sign_in_by(client)
    found = f"{told_by(failed.value)} {client!r} {caplog.text} {printed.getvalue()}"
    assert "canary" not in found
    assert SECRET not in found
    assert all("canary" not in f"{call['path']}?{call['query']}" for call in control.calls())


@pytest.mark.parametrize("trouble", ["revoked", "server_error", "drop", "unauthorized"])
def test_no_error_of_a_refresh_tells_a_token(
    open_client: Open, control: SandboxControl, trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = open_client("password")
    token = sign_in(client)
    secrets = [SECRET, token.access_token, str(token.refresh_token)]
    if trouble == "revoked":
        control.revoke_tokens()
    elif trouble == "unauthorized":
        control.fail_next(trouble, count=10, path_prefix="/user/status")
    else:
        control.expire_tokens()
        control.fail_next(trouble, path_prefix="/oauth/token")
    with pytest.raises(PodioError) as failed:
        client.get("/user/status")
    if client.token is not None:
        secrets += [client.token.access_token, str(client.token.refresh_token)]
    found = f"{told_by(failed.value)} {client!r} {token!r} {token} {caplog.text}"
    assert [secret for secret in secrets if secret in found] == []


STORES: dict[str, Callable[[Any], Any]] = {
    "memory": lambda path: MemoryStore(),
    "file": lambda path: FileStore(path / "sessions.json"),
    "SQLite": lambda path: SQLiteStore(path / "sessions.sqlite"),
}


def scoped(store: Any, api_url: str) -> Any:
    """Return a store as a client sees it."""
    return store.for_client(api_url, CLIENT_ID) if hasattr(store, "for_client") else store


@pytest.mark.parametrize("how", ["the clock", "Podio"])
def test_100_calls_of_one_client_that_meet_an_ended_session_make_one_refresh(
    podio: Caller, control: SandboxControl, how: str
) -> None:
    control.settings(rotate_refresh_tokens=True)

    async def main() -> None:
        async with Podio("password", CLIENT_ID, SECRET, api_url=podio.url) as client:
            token = await client.authenticate_with_credentials(DEMO, "demo")
            await asyncio.to_thread(control.expire_tokens)
            if how == "the clock":
                token.expires_at = 1
            answers = await asyncio.gather(*(client.get("/user/status") for _ in range(100)))
            assert {answer["user"]["user_id"] for answer in answers} == {1001}

    asyncio.run(main())
    assert token_calls(control) == 2


@pytest.mark.parametrize("how", ["the clock", "Podio"])
@pytest.mark.parametrize("kind", STORES)
def test_20_clients_that_share_a_store_make_one_refresh(
    podio: Caller, control: SandboxControl, tmp_path: Any, kind: str, how: str
) -> None:
    control.settings(rotate_refresh_tokens=True)
    store = STORES[kind](tmp_path)

    async def main() -> None:
        first = Podio("password", CLIENT_ID, SECRET, api_url=podio.url, session_store=store)
        token = await first.authenticate_with_credentials(DEMO, "demo")
        await asyncio.to_thread(control.expire_tokens)
        if how == "the clock":
            token.expires_at = 1
            scoped(store, podio.url).set(token, "password")
        await first.aclose()
        clients = [Podio("password", CLIENT_ID, SECRET, api_url=podio.url, session_store=store) for _ in range(20)]
        answers = await asyncio.gather(*(client.get("/user/status") for client in clients))
        assert {answer["user"]["user_id"] for answer in answers} == {1001}
        for client in clients:
            await client.aclose()

    asyncio.run(main())
    assert token_calls(control) == 2


@pytest.mark.parametrize("kind", STORES)
def test_8_threads_with_a_blocking_client_each_make_one_refresh(
    podio: Caller, control: SandboxControl, tmp_path: Any, kind: str
) -> None:
    control.settings(rotate_refresh_tokens=True)
    store = STORES[kind](tmp_path)
    with SyncPodio("password", CLIENT_ID, SECRET, api_url=podio.url, session_store=store) as first:
        sign_in(first)
    control.expire_tokens()
    together = threading.Barrier(8)

    def ask(_: int) -> int:
        with SyncPodio("password", CLIENT_ID, SECRET, api_url=podio.url, session_store=store) as client:
            together.wait()
            return int(client.get("/user/status")["user"]["user_id"])

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(ask, range(8))) == [1001] * 8
    assert token_calls(control) == 2


def test_the_client_side_page_and_the_server_side_url_lead_to_the_same_place(open_client: Open, podio: Caller) -> None:
    url = open_client("server", redirect_uri=CALLBACK).get_authorization_url(state="abc")
    assert url == podio.url + authorize_path(response_type="code", state="abc")
