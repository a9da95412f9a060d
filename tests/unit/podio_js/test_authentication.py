"""Signing in at the token endpoint: podio-js's auth spec, for every flow."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from podio_web import APIError, ConnectionFailed, LoginRequired, PodioError, RateLimitError, SignInError, Token
from podio_web.errors import (
    GrantRefused,
    MalformedResponse,
    SecondFactorRequired,
    ServerError,
    TimedOut,
    TokenRefused,
    UnavailableError,
    UnknownClient,
    UnknownUser,
    WrongClientSecret,
    WrongPassword,
)
from podio_web.http import Response
from tests.unit.fake_page import FakePage
from tests.unit.fake_podio import make_podio
from tests.unit.podio_js.support import GRANT_REFUSED, SECRET, Clients, FakeAPI, Recorder, session

CALLBACK = "https://www.myapp.example/oauth"


class Flow(NamedTuple):
    auth_type: str
    sign_in: Callable[[Any], Any]
    fields: dict[str, str]


FLOWS = {
    "code": Flow(
        "server",
        lambda client: client.get_access_token("canary-code", CALLBACK),
        {"grant_type": "authorization_code", "code": "canary-code", "redirect_uri": CALLBACK},
    ),
    "password": Flow(
        "password",
        lambda client: client.authenticate_with_credentials("user@example.com", "canary &=word"),
        {"grant_type": "password", "username": "user@example.com", "password": "canary &=word"},
    ),
    "password for an offering": Flow(
        "password",
        lambda client: client.authenticate_with_credentials("user@example.com", "canary", offering_id=7),
        {"grant_type": "password", "username": "user@example.com", "password": "canary", "offering_id": "7"},
    ),
    "app": Flow(
        "app",
        lambda client: client.authenticate_with_app(123, "canary-app"),
        {"grant_type": "app", "app_id": "123", "app_token": "canary-app"},
    ),
    "activation code": Flow(
        "server",
        lambda client: client.authenticate_with_activation_code("canary-code"),
        {"grant_type": "activation_code", "activation_code": "canary-code"},
    ),
    "activation code for an offering": Flow(
        "password",
        lambda client: client.authenticate_with_activation_code("canary-code", offering_id=7),
        {"grant_type": "activation_code", "activation_code": "canary-code", "offering_id": "7"},
    ),
}


@pytest.fixture(params=FLOWS)
def flow(request: pytest.FixtureRequest) -> Flow:
    """Each flow in turn."""
    return FLOWS[request.param]


def test_a_flow_sends_its_grant_with_the_client_to_the_token_endpoint(
    clients: Clients, api: FakeAPI, flow: Flow
) -> None:
    """getAccessToken, authenticateWith…, _authenticate: the grant's fields, client id and secret, to /oauth/token."""
    client = clients.open(flow.auth_type, client_id="my-app", api_url="https://sub.example")
    flow.sign_in(client)
    assert api.forms == [{"client_id": "my-app", "client_secret": SECRET, **flow.fields}]
    (call,) = clients.page.transport.calls
    assert (call.method, call.url) == ("POST", "https://sub.example/oauth/token")
    assert call.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Authorization" not in call.headers
    assert clients.page.transport.timeouts == [30.0]


def test_a_flow_ends_with_a_session_that_is_returned_stored_and_used(
    clients: Clients, api: FakeAPI, flow: Flow
) -> None:
    """_onAccessTokenAcquired is called with the response and the callback when signing in succeeds."""
    store = Recorder()
    client = clients.open(flow.auth_type, session_store=store)
    heard: list[Token] = []
    client.on("authenticated", heard.append)
    token = flow.sign_in(client)
    assert (token.access_token, token.refresh_token) == ("access-1", "refresh-1")
    assert token.expires_at == clients.page.time + 3600
    assert store.asked == [("set", "access-1", flow.auth_type)]
    assert heard == [token]
    assert client.token is token
    client.get("/user/status")
    assert api.sent == [("/user/status", "access-1")]


def test_a_flow_finishes_with_a_store_that_takes_its_time(flow: Flow) -> None:
    """_onAccessTokenAcquired. Wrong there: a set() that never calls back hangs, and one that does hands on no token."""

    class Slow(Recorder):
        async def set(self, token: Token | None, auth_type: str) -> None:  # type: ignore[override]
            await asyncio.sleep(0)
            super().set(token, auth_type)

    async def main() -> None:
        page, store = FakePage(), Slow()
        FakeAPI(page)
        podio = make_podio(page, auth_type=flow.auth_type, client_secret=SECRET, session_store=store)
        token = await flow.sign_in(podio)
        assert token.access_token == "access-1"
        assert store.held is token

    asyncio.run(main())


def test_a_flow_replaces_an_older_session(clients: Clients, api: FakeAPI, flow: Flow) -> None:
    """_onAccessTokenAcquired: the new session takes the old one's place."""
    store = Recorder(Token("old", expires_at=clients.page.time + 60))
    client = clients.open(flow.auth_type, session_store=store)
    assert client.is_authenticated()
    flow.sign_in(client)
    assert client.token.access_token == "access-1"
    assert store.held is client.token


def test_a_refused_flow_raises_and_stores_nothing(clients: Clients, api: FakeAPI, flow: Flow) -> None:
    """authenticateWithApp: no session when signing in failed, and the caller is told."""
    api.refusal = GRANT_REFUSED
    store = Recorder()
    client = clients.open(flow.auth_type, session_store=store)
    with pytest.raises(GrantRefused):
        flow.sign_in(client)
    assert client.token is None
    assert store.asked == []
    assert len(api.forms) == 1


@pytest.mark.parametrize("known", [True, False], ids=["session in memory", "session in the store only"])
def test_a_refused_flow_leaves_the_session_that_was_there(
    clients: Clients, api: FakeAPI, flow: Flow, known: bool
) -> None:
    """Signing in again: an attempt that fails costs nobody the session they had."""
    store = Recorder(Token("access-0", expires_at=clients.page.time + 60))
    client = clients.open(flow.auth_type, session_store=store)
    if known:
        assert client.is_authenticated()
    api.refusal = GRANT_REFUSED
    with pytest.raises(GrantRefused):
        flow.sign_in(client)
    assert client.get("/user/status") == {"path": "/user/status"}
    assert [asked for asked in store.asked if asked[0] == "set"] == []


@pytest.mark.parametrize(
    ("auth_type", "wrong", "right"),
    [
        ("client", "code", "login()"),
        ("client", "password", "login()"),
        ("client", "app", "login()"),
        ("client", "activation code", "login()"),
        ("server", "password", "get_authorization_url()"),
        ("server", "app", "get_authorization_url()"),
        ("password", "code", "authenticate_with_credentials()"),
        ("password", "app", "authenticate_with_credentials()"),
        ("app", "code", "authenticate_with_app()"),
        ("app", "password", "authenticate_with_app()"),
        ("app", "activation code", "authenticate_with_app()"),
    ],
)
def test_a_flow_of_another_kind_is_refused_before_any_io_and_the_right_one_named(
    clients: Clients, api: FakeAPI, auth_type: str, wrong: str, right: str
) -> None:
    """getAccessToken: an error unless the kind is server. Wrong there: no other flow looks at the kind."""
    client = clients.open(auth_type)
    with pytest.raises(ValueError) as refused:
        FLOWS[wrong].sign_in(client)
    assert right in str(refused.value)
    assert repr(auth_type) in str(refused.value)
    assert api.forms == []


def test_the_redirect_uri_of_the_client_goes_with_the_code(clients: Clients, api: FakeAPI) -> None:
    """getAccessToken: sends the redirect URL; here the client's own when none is given."""
    clients.open("server", redirect_uri=CALLBACK).get_access_token("code-1")
    assert api.forms[0]["redirect_uri"] == CALLBACK
    with pytest.raises(ValueError, match="redirect_uri is missing"):
        clients.open("server").get_access_token("code-1")
    assert len(api.forms) == 1


def refusal(error: str | None = None, detail: str | None = None, status: int = 400) -> Response:
    body = {"error": error, "error_description": "canary-said", "error_detail": detail}
    return Response(status, {}, json.dumps({key: value for key, value in body.items() if value is not None}))


FAILURES: list[tuple[Response | Exception, type[PodioError], str]] = [
    (refusal("invalid_client", "oauth.client.invalid_id"), UnknownClient, "unknown_client"),
    (refusal("invalid_client", "oauth.client.invalid_secret"), WrongClientSecret, "wrong_client_secret"),
    (refusal("invalid_client"), TokenRefused, "token_refused"),
    (refusal("invalid_grant", "user.invalid.username"), UnknownUser, "unknown_user"),
    (refusal("invalid_grant", "user.invalid.password"), WrongPassword, "wrong_password"),
    (refusal("invalid_grant"), GrantRefused, "grant_refused"),
    (refusal("invalid_second_factor"), SecondFactorRequired, "second_factor_required"),
    (refusal("nonce_validation_error"), SecondFactorRequired, "second_factor_required"),
    (Response(200, {}, '{"server_nonce": "canary"}'), SecondFactorRequired, "second_factor_required"),
    (refusal("unsupported_grant_type"), TokenRefused, "token_refused"),
    (Response(400, {}, "{}"), TokenRefused, "token_refused"),
    (Response(400, {}, "<h1>canary</h1>"), TokenRefused, "token_refused"),
    (Response(200, {}, "{}"), MalformedResponse, "malformed_response"),
    (Response(200, {}, '{"access_token": "canary with spaces"}'), MalformedResponse, "malformed_response"),
]

OTHER_FAILURES: list[tuple[Response | Exception, type[PodioError], int | None]] = [
    (refusal("rate_limit", status=420), RateLimitError, 420),
    (Response(500, {}, "<h1>oops</h1>"), ServerError, 500),
    (Response(503, {}, ""), UnavailableError, 503),
    (Response(302, {"location": "https://elsewhere.example/"}, ""), APIError, 302),
    (Response(200, {}, "<h1>captive portal</h1>"), PodioError, 200),
    (ConnectionFailed("offline"), ConnectionFailed, None),
    (TimedOut("slow"), TimedOut, None),
]


@pytest.mark.parametrize(("answer", "kind", "code"), FAILURES)
def test_failures_at_the_token_endpoint_are_told_apart(
    clients: Clients, api: FakeAPI, answer: Response, kind: type[SignInError], code: str
) -> None:
    """_onAuthResponse. Wrong there: one authorization error for all of them, "Reason: undefined" without a text."""
    api.refusal = answer
    client = clients.open("password")
    with pytest.raises(SignInError) as refused:
        FLOWS["password"].sign_in(client)
    assert type(refused.value) is kind
    assert refused.value.code == code
    assert str(refused.value).endswith(".")
    assert "None" not in str(refused.value)
    assert client.token is None


@pytest.mark.parametrize(("answer", "kind", "status"), OTHER_FAILURES)
def test_what_says_nothing_about_the_person_is_no_sign_in_error(
    clients: Clients, api: FakeAPI, flow: Flow, answer: Response | Exception, kind: type[PodioError], status: int | None
) -> None:
    """_onAuthResponse. Wrong there: no answer ends in a TypeError, a fault at Podio in an authorization error."""
    api.refusal = answer
    with pytest.raises(PodioError) as refused:
        flow.sign_in(clients.open(flow.auth_type))
    assert type(refused.value) is kind
    assert refused.value.status == status
    assert len(api.forms) == 1, "nothing is tried again by itself"


def held_by(problem: BaseException | None) -> str:
    """Return all that an error holds, and those behind it."""
    if problem is None:
        return ""
    return f"{problem} {problem!r} {vars(problem)} {held_by(problem.__cause__)} {held_by(problem.__context__)}"


@pytest.mark.parametrize("answer", [answer for answer, _, _ in FAILURES])
def test_no_failure_repeats_what_was_sent_or_said(clients: Clients, api: FakeAPI, flow: Flow, answer: Response) -> None:
    """_onAuthResponse. Wrong there: the message repeats what the endpoint said, which may be what was sent."""
    api.refusal = answer
    with pytest.raises(SignInError) as refused:
        flow.sign_in(clients.open(flow.auth_type))
    held = held_by(refused.value)
    assert "canary" not in held
    assert SECRET not in held


def test_a_new_sign_in_wins_over_a_refresh_that_ends_meanwhile() -> None:
    """Two answers for one session: what the person did counts, and the old session's refresh does not end it."""

    async def main() -> None:
        page = FakePage()
        api = FakeAPI(page)
        podio = make_podio(page, auth_type="password", client_secret=SECRET)
        podio.set_access_token(session(expires_in=1))
        page.time += 2
        go_on = asyncio.Event()

        async def perform(call: Any, timeout: float | None) -> Response:
            answer = api.respond(call)
            if "grant_type=password" in str(call.body):
                await go_on.wait()
            return answer

        page.transport.perform = perform  # type: ignore[method-assign]
        signing_in = asyncio.create_task(podio.authenticate_with_credentials("user@example.com", "word"))
        await asyncio.sleep(0)
        api.refresh_token = "refresh-0"
        await asyncio.gather(podio.get("/user/status"), return_exceptions=True)
        go_on.set()
        token = await signing_in
        assert podio.token is token

    asyncio.run(main())


def test_signing_in_after_log_out_works_again(clients: Clients, api: FakeAPI, flow: Flow) -> None:
    """_clearAuthentication, then a flow: a client can be used by one person after another."""
    client = clients.open(flow.auth_type)
    flow.sign_in(client)
    client.logout()
    with pytest.raises(LoginRequired):
        client.get("/user/status")
    flow.sign_in(client)
    client.get("/user/status")
    assert api.sent == [("/user/status", "access-2")]
