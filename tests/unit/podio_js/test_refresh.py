"""Silent refresh: podio-js's _refreshToken, _onTokenRefreshed, and what _onResponse does about a 401."""

import json
from typing import Any

import pytest

from podio_web import (
    AuthorizationError,
    ConnectionFailed,
    LoginRequired,
    MemoryStore,
    PodioError,
    RateLimitError,
    Token,
)
from podio_web.errors import ServerError, TokenRefused, WrongClientSecret
from podio_web.http import Request, Response
from tests.unit.fake_page import FakePage
from tests.unit.fake_podio import EXPIRED
from tests.unit.podio_js.support import GRANT_REFUSED, SECRET, Clients, FakeAPI, Recorder, ended, session

WITH_REFRESH = ("server", "password", "app")


@pytest.mark.parametrize("auth_type", WITH_REFRESH)
def test_a_refresh_sends_the_refresh_token_and_the_client(
    clients: Clients, fake_page: FakePage, api: FakeAPI, auth_type: str
) -> None:
    """_refreshToken: calls _authenticate with the refresh grant."""
    client = clients.open(auth_type, session_store=Recorder(ended(fake_page)))
    client.get("/user/status")
    assert api.forms == [
        {
            "client_id": "my-app",
            "client_secret": SECRET,
            "grant_type": "refresh_token",
            "refresh_token": "refresh-0",
        }
    ]
    assert "Authorization" not in fake_page.transport.calls[0].headers


@pytest.mark.parametrize("auth_type", WITH_REFRESH)
def test_an_ended_session_is_renewed_before_the_call_is_sent(
    clients: Clients, fake_page: FakePage, api: FakeAPI, auth_type: str
) -> None:
    """_refreshToken. Wrong there: the time is never looked at, and each ended session costs a call that fails."""
    client = clients.open(auth_type, session_store=Recorder(ended(fake_page)))
    assert client.get("/user/status") == {"path": "/user/status"}
    assert api.sent == [("/user/status", "access-1")]


@pytest.mark.parametrize(
    "body",
    [
        {"error": "unauthorized", "error_description": "expired_token"},
        {"error": "invalid_token", "error_description": None},
        {"error": "expired_token"},
    ],
)
@pytest.mark.parametrize("auth_type", WITH_REFRESH)
def test_a_401_that_names_the_token_is_renewed_and_repeated(
    clients: Clients, fake_page: FakePage, api: FakeAPI, auth_type: str, body: dict[str, Any]
) -> None:
    """_onResponse: refreshes when a 401 says that the token expired, and repeats the call."""
    store = Recorder()
    client = clients.open(auth_type, session_store=store)
    client.set_access_token(session())
    good = fake_page.transport.respond

    def respond(call: Request) -> Response:
        if call.headers.get("Authorization") == "OAuth2 access-0":
            api.calls.append(call)
            return Response(401, {}, json.dumps(body))
        return good(call)

    fake_page.transport.respond = respond
    assert client.get("/user/status") == {"path": "/user/status"}
    assert api.token_calls == ["refresh_token"]
    assert api.sent == [("/user/status", "access-0"), ("/user/status", "access-1")]
    assert store.held is client.token


@pytest.mark.parametrize(
    "body", ['{"error": "unauthorized", "error_description": "invalid_request"}', "{}", "", "<h1>401</h1>"]
)
def test_any_other_401_is_an_error_and_renews_nothing(
    clients: Clients, fake_page: FakePage, api: FakeAPI, body: str
) -> None:
    """_onResponse: a 401 that is not about an expired token is only an error."""
    client = clients.open()
    client.set_access_token(session())
    fake_page.transport.respond = lambda call: Response(401, {}, body)
    with pytest.raises(AuthorizationError):
        client.get("/user/status")
    assert len(fake_page.transport.calls) == 1


@pytest.mark.parametrize("seconds", [0, 7200], ids=["Podio says so", "the clock says so"])
def test_without_a_refresh_token_the_person_has_to_come_back(
    clients: Clients, fake_page: FakePage, api: FakeAPI, seconds: float
) -> None:
    """_onResponse: an expired token without a refresh token is an error, without a call to the token endpoint."""
    client = clients.open()
    client.set_access_token(session(refresh_token=None))
    api.end_token()
    fake_page.time += seconds
    with pytest.raises(LoginRequired) as ended_session:
        client.get("/user/status")
    assert "get_authorization_url()" in str(ended_session.value)
    assert api.forms == []


def test_a_session_that_podio_refuses_and_nothing_renews_is_over(clients: Clients, api: FakeAPI) -> None:
    """_handleTransportError clears the authentication after such a 401: nobody is told that they are signed in."""
    store = Recorder()
    client = clients.open(session_store=store)
    client.set_access_token(session(refresh_token=None))
    api.end_token()
    with pytest.raises(LoginRequired):
        client.get("/user/status")
    assert not client.is_authenticated()


def test_after_a_refresh_the_new_token_is_handed_out_once(clients: Clients, fake_page: FakePage, api: FakeAPI) -> None:
    """afterTokenRefreshed is called once. Wrong there: with a store it is given undefined instead of the token."""
    heard: list[Token] = []
    store = Recorder(ended(fake_page))

    def hear(token: Token) -> None:
        heard.append(token)
        assert store.held is token, "it is stored already"

    client = clients.open(session_store=store, after_token_refreshed=hear)
    client.get("/user/status")
    client.get("/user/status")
    (token,) = heard
    assert token is client.token
    assert (token.access_token, token.refresh_token) == ("access-1", "refresh-1")


def test_after_a_sign_in_or_a_refused_refresh_nothing_is_handed_out(
    clients: Clients, fake_page: FakePage, api: FakeAPI
) -> None:
    """afterTokenRefreshed. Wrong there: it is called after a refused refresh as well."""
    heard: list[Token] = []
    client = clients.open("app", after_token_refreshed=heard.append)
    client.authenticate_with_app(3001, "app-token")
    api.refusal = GRANT_REFUSED
    fake_page.time += 7200
    with pytest.raises(LoginRequired):
        client.get("/app/3001")
    assert heard == []


def test_the_old_session_is_kept_until_the_new_one_is_there(
    clients: Clients, fake_page: FakePage, api: FakeAPI
) -> None:
    """_refreshToken. Wrong there: memory and store are emptied before Podio was even asked."""
    old = ended(fake_page)
    store = Recorder(old)
    client = clients.open(session_store=store)
    during: list[object] = []
    good = fake_page.transport.respond

    def respond(call: Request) -> Response:
        during.append((store.held, client.token))
        return good(call)

    fake_page.transport.respond = respond
    client.get("/user/status")
    assert during[0] == (old, old)
    written = [asked[1] for asked in store.asked if asked[0] == "set"]
    assert written == ["access-0", "access-1"], "the first finds out whether the store can be written"


TROUBLE: list[tuple[Response | Exception, type[PodioError]]] = [
    (ConnectionFailed("offline"), ConnectionFailed),
    (Response(420, {"retry-after": "60"}, '{"error": "rate_limit"}'), RateLimitError),
    (Response(500, {}, "<h1>oops</h1>"), ServerError),
    (Response(200, {}, "<h1>captive portal</h1>"), PodioError),
    (Response(200, {}, "{}"), PodioError),
    (
        Response(400, {}, '{"error": "invalid_client", "error_detail": "oauth.client.invalid_secret"}'),
        WrongClientSecret,
    ),
    (Response(400, {}, "<h1>bad request</h1>"), TokenRefused),
]


@pytest.mark.parametrize(("refusal", "kind"), TROUBLE)
def test_a_refresh_that_fails_for_another_reason_costs_nobody_the_session(
    clients: Clients, fake_page: FakePage, api: FakeAPI, refusal: Response | Exception, kind: type[PodioError]
) -> None:
    """_refreshToken. Wrong there: its error is ignored, the answer is read from undefined, the session is gone."""
    old = ended(fake_page)
    store = Recorder(old)
    client = clients.open(session_store=store)
    api.refusal = refusal
    with pytest.raises(kind) as failed:
        client.get("/user/status")
    assert not isinstance(failed.value, LoginRequired)
    assert (client.token, store.held) == (old, old)
    assert api.calls == []
    api.refusal = None
    client.get("/user/status")
    assert api.sent == [("/user/status", "access-1")]


@pytest.mark.parametrize(
    "body",
    [
        {"error": "invalid_grant"},
        {"error": "invalid_grant", "error_detail": "oauth.refresh_token.expired"},
        {"error": "invalid_grant", "error_detail": "user.invalid.username"},
    ],
)
def test_a_refused_refresh_ends_the_session_once_and_repeats_nothing(
    clients: Clients, fake_page: FakePage, api: FakeAPI, body: dict[str, str]
) -> None:
    """_onResponse. Wrong there: after a refused refresh it goes on and repeats the call."""
    store = MemoryStore()
    store.set(ended(fake_page), "server")
    client = clients.open(session_store=store)
    heard: list[object] = []
    client.on("logged_out", heard.append)
    api.refusal = Response(400, {}, json.dumps(body))
    for _ in range(3):
        with pytest.raises(LoginRequired) as over:
            client.get("/user/status")
        assert "get_authorization_url()" in str(over.value)
        assert "refresh-0" not in str(over.value)
    assert api.token_calls == ["refresh_token"]
    assert api.calls == []
    assert len(heard) == 1
    assert client.token is None
    assert store.get("server") is None
    assert not client.is_authenticated()


def test_a_call_that_is_refused_with_every_token_is_tried_twice_and_no_more(
    clients: Clients, fake_page: FakePage, api: FakeAPI
) -> None:
    """_onTokenRefreshed. Wrong there: the repeat has no counter, and such a call goes on for ever."""
    client = clients.open()
    client.set_access_token(session())
    good = fake_page.transport.respond

    def respond(call: Request) -> Response:
        answer = good(call)
        return answer if call.path == "/oauth/token" else EXPIRED

    fake_page.transport.respond = respond
    with pytest.raises(AuthorizationError):
        client.get("/user/status")
    assert api.token_calls == ["refresh_token"]
    assert api.sent == [("/user/status", "access-0"), ("/user/status", "access-1")]


def test_a_call_after_a_renewal_by_the_clock_is_not_renewed_again(
    clients: Clients, fake_page: FakePage, api: FakeAPI
) -> None:
    """_onTokenRefreshed: one refresh for one call, whichever way the end of the session was noticed."""
    client = clients.open(session_store=Recorder(ended(fake_page)))
    good = fake_page.transport.respond
    fake_page.transport.respond = lambda call: good(call) if call.path == "/oauth/token" else EXPIRED
    with pytest.raises(AuthorizationError):
        client.get("/user/status")
    assert api.token_calls == ["refresh_token"]


@pytest.mark.parametrize(
    ("method", "data", "options"),
    [
        ("GET", {"limit": 5}, {"params": {"offset": 10}}),
        ("POST", {"title": "a & b"}, {"form": True}),
        ("POST", {"fields": {"title": "x"}}, {"params": {"hook": False}, "timeout": 7}),
        ("PUT", [], {}),
        ("DELETE", None, {"params": {"silent": True}}),
    ],
)
def test_the_repeated_call_is_the_same_but_for_its_token(
    clients: Clients, fake_page: FakePage, api: FakeAPI, method: str, data: Any, options: dict[str, Any]
) -> None:
    """_onTokenRefreshed: same method, path and data. Wrong there: the options, such as the form, are lost."""
    client = clients.open()
    client.set_access_token(session())
    api.end_token()
    client.request(method, "/item/4", data, **options)
    first, second = api.calls
    assert (first.method, first.url, first.body) == (second.method, second.url, second.body)
    assert first.headers | {"Authorization": ""} == second.headers | {"Authorization": ""}
    assert [call.headers["Authorization"] for call in api.calls] == ["OAuth2 access-0", "OAuth2 access-2"]
    limit = options.get("timeout", 30.0)
    # SyncPodio counts what has passed.
    assert fake_page.transport.timeouts == pytest.approx([limit, 30.0, limit], abs=1)


def test_a_call_as_the_client_renews_nobodys_session(clients: Clients, fake_page: FakePage, api: FakeAPI) -> None:
    """_onResponse. Wrong there: a 401 of a call with basicAuth refreshes the person's session and drops the option."""
    client = clients.open()
    client.set_access_token(session())
    fake_page.transport.respond = lambda call: EXPIRED
    with pytest.raises(AuthorizationError):
        client.request("GET", "/user/status", basic_auth=True)
    assert len(fake_page.transport.calls) == 1
    assert client.token.access_token == "access-0"


@pytest.mark.parametrize(("rotation", "last"), [("new", "refresh-3"), ("same", "refresh-0"), ("none", "refresh-0")])
def test_refresh_tokens_may_change_stay_or_not_be_repeated(
    clients: Clients, fake_page: FakePage, api: FakeAPI, rotation: str, last: str
) -> None:
    """_refreshToken and _onAccessTokenAcquired. Wrong there: an answer without a refresh token throws."""
    api.rotation = rotation
    store = Recorder(ended(fake_page))
    client = clients.open(session_store=store)
    for number in (1, 2, 3):
        client.get("/user/status")
        assert api.sent[-1] == ("/user/status", f"access-{number}")
        fake_page.time += 7200
    assert api.token_calls == ["refresh_token"] * 3
    assert isinstance(store.held, Token)
    assert store.held.refresh_token == last


def test_the_next_client_goes_on_with_the_renewed_session(clients: Clients, fake_page: FakePage, api: FakeAPI) -> None:
    """_refreshToken, then a new process: what was stored is good, although the first refresh token is dead."""
    store = Recorder(ended(fake_page))
    clients.open(session_store=store).get("/user/status")
    fake_page.time += 7200
    clients.open(session_store=store).get("/user/status")
    assert [form["refresh_token"] for form in api.forms] == ["refresh-0", "refresh-1"]
