"""The constructor, the token, the session store: podio-js's specs podio-js, PodioOAuth, and half of auth and utils."""

import json
import re
from typing import Any

import pytest

import podio_web
from podio_web import LoginRequired, StateMismatch, Token, UnsolicitedResponse
from podio_web.auth.session import SIGNED_OUT
from podio_web.testing import FakeTransport
from tests.unit.fake_page import TOKEN_TEXT, FakePage, token_fragment
from tests.unit.podio_js.support import SECRET, Clients, FakeAPI, Recorder, session

AUTH_TYPES = ("client", "server", "password", "app")


def test_the_version_can_be_asked_for() -> None:
    """Constructor: VERSION is the package's."""
    assert re.fullmatch(r"\d+\.\d+\.\d+\w*", podio_web.__version__)


@pytest.mark.parametrize("auth_type", ["server", "password", "app"])
def test_the_options_say_who_the_client_is(clients: Clients, api: FakeAPI, auth_type: str) -> None:
    """Constructor: keeps authType, clientId and clientSecret."""
    client = clients.open(auth_type, client_id="chosen-id", client_secret="chosen-secret")
    client.set_access_token(session(expires_in=1))
    clients.page.time += 2
    client.get("/user/status")
    assert (api.forms[0]["client_id"], api.forms[0]["client_secret"]) == ("chosen-id", "chosen-secret")
    assert auth_type in repr(client)
    assert "chosen-id" in repr(client)
    assert "chosen-secret" not in repr(client)


@pytest.mark.parametrize(
    ("auth_type", "options", "named"),
    [
        ("", {}, "auth_type"),
        (None, {}, "auth_type"),
        ("client", {"client_id": None}, "client_id"),
        ("server", {"client_id": ""}, "client_id"),
        ("server", {"client_secret": None}, "client_secret"),
        ("password", {"client_secret": None}, "client_secret"),
        ("app", {"client_secret": ""}, "client_secret"),
    ],
)
def test_a_missing_option_is_named_at_once(
    clients: Clients, auth_type: Any, options: dict[str, Any], named: str
) -> None:
    """Constructor: throws for a missing auth property."""
    with pytest.raises(ValueError, match=named):
        clients.open(auth_type, **options)


def test_a_page_needs_no_secret_and_may_not_have_one(clients: Clients) -> None:
    """Constructor: clientSecret may be missing for client auth. Wrong there: one that is given is kept in the page."""
    clients.open("client")
    with pytest.raises(ValueError, match="client_secret") as refused:
        clients.open("client", client_secret=SECRET)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("store", [None, Recorder()])
def test_calls_go_to_podio_when_no_api_is_named(clients: Clients, store: Recorder | None) -> None:
    """Constructor: the default API URL, with and without a store. Wrong there: it spells out the port 443."""
    transport = FakeTransport()
    transport.answer("GET", "/user/status", {})
    clients.open_on(transport, session_store=store).get("/user/status")
    assert transport.calls[0].url == "https://api.podio.com/user/status"


def test_calls_go_to_the_api_that_is_named(clients: Clients) -> None:
    """Constructor: the API URL of the options."""
    transport = FakeTransport()
    transport.answer("GET", "/user/status", {})
    clients.open_on(transport, api_url="https://api2.example").get("/user/status")
    assert transport.calls[0].url == "https://api2.example/user/status"


@pytest.mark.parametrize("auth_type", AUTH_TYPES)
def test_a_stored_session_is_used_by_the_next_client(clients: Clients, api: FakeAPI, auth_type: str) -> None:
    """Constructor and _getAuthFromStore: takes the session of this kind of sign-in from the store."""
    store = Recorder(Token("access-0", expires_at=clients.page.time + 60))
    client = clients.open(auth_type, session_store=store)
    assert client.get("/user/status") == {"path": "/user/status"}
    assert api.sent == [("/user/status", "access-0")]
    assert store.asked == [("get", auth_type)]


@pytest.mark.parametrize("form", ["Token", "dict", "text", "bytes"])
def test_a_store_may_keep_the_session_in_its_own_form(clients: Clients, form: str) -> None:
    """_getAuthFromStore: whatever the store gives is the session."""
    token = Token("access-0", expires_at=clients.page.time + 60, refresh_token="refresh-0")
    text = json.dumps(token.to_dict())
    held = {"Token": token, "dict": token.to_dict(), "text": text, "bytes": text.encode()}[form]
    client = clients.open(session_store=Recorder(held))
    assert client.is_authenticated()
    assert (client.token.access_token, client.token.refresh_token) == ("access-0", "refresh-0")


@pytest.mark.parametrize("held", [None, {}, "", "not JSON", {"access_token": 5}, [1]])
def test_an_empty_or_broken_store_takes_no_session_away(clients: Clients, held: object) -> None:
    """_getAuthFromStore. Wrong there: what an empty store gives replaces the session that is held."""
    client = clients.open(session_store=Recorder(held))
    client.set_access_token(session())
    assert client.is_authenticated()
    client.refresh_auth_from_store()
    assert client.token.access_token == "access-0"


def test_the_store_can_be_read_again(clients: Clients) -> None:
    """isAuthenticated calls refreshAuthFromStore: another page of this person may have signed in."""
    store = Recorder()
    client = clients.open(session_store=store)
    assert not client.is_authenticated()
    store.held = Token("access-1", expires_at=clients.page.time + 60)
    assert client.is_authenticated()
    store.held = Token("access-2", expires_at=clients.page.time + 90)
    client.refresh_auth_from_store()
    assert client.token.access_token == "access-2"


def test_a_client_without_a_session_is_not_authenticated(clients: Clients) -> None:
    """isAuthenticated: rejects without an auth object, resolves with one."""
    client = clients.open()
    assert client.is_authenticated() is False
    client.set_access_token(session())
    assert client.is_authenticated() is True


@pytest.mark.parametrize(("refresh_token", "usable"), [("refresh-0", True), (None, False)])
def test_an_ended_session_counts_only_when_it_can_be_renewed(
    clients: Clients, refresh_token: str | None, usable: bool
) -> None:
    """isAuthenticated. Wrong there: it never looks at the time, and an ended session counts."""
    client = clients.open()
    client.set_access_token(session(refresh_token=refresh_token))
    clients.page.time += 3601
    assert client.is_authenticated() is usable


def test_a_token_response_becomes_a_token_in_memory(clients: Clients) -> None:
    """setAccessToken and PodioOAuth: sets every property. Wrong there: when the token ends is never computed."""
    store = Recorder()
    client = clients.open(session_store=store)
    client.set_access_token(session(expires_in="4434"))
    token = client.token
    assert (token.access_token, token.refresh_token) == ("access-0", "refresh-0")
    assert token.expires_at == clients.page.time + 4434
    assert (token.ref, token.scope, token.token_type) == ({"type": "user", "id": 1001}, "global:all", "bearer")
    assert store.asked == []


def test_a_response_without_an_access_token_is_refused(clients: Clients) -> None:
    """PodioOAuth: throws when the access token is missing."""
    client = clients.open()
    client.set_access_token(session())
    with pytest.raises(ValueError, match="access token"):
        client.set_access_token({"refresh_token": "refresh-1", "expires_in": 3600})
    assert client.token.access_token == "access-0"


def test_a_response_without_a_refresh_token_or_a_lifetime_is_fine(clients: Clients) -> None:
    """PodioOAuth. Wrong there: it throws when either is missing, though OAuth requires neither."""
    client = clients.open()
    client.set_access_token({"access_token": "access-1"})
    assert client.token.refresh_token is None
    assert client.token.expires_at == clients.page.time + 28_800


def test_a_page_keeps_no_refresh_token(clients: Clients) -> None:
    """setAccessToken and _getAuthFromStore. Wrong there: a refresh token that a page cannot use is kept in it."""
    stored = Token("access-1", expires_at=clients.page.time + 60, refresh_token="refresh-1")
    client = clients.open("client", session_store=Recorder(stored))
    assert client.is_authenticated()
    assert (client.token.access_token, client.token.refresh_token) == ("access-1", None)
    client.set_access_token(session())
    assert (client.token.access_token, client.token.refresh_token) == ("access-0", None)


def test_a_new_session_is_stored_once_under_its_kind_of_sign_in(clients: Clients, api: FakeAPI) -> None:
    """_onAccessTokenAcquired: stores the session. Wrong there: without the store's callback it never finishes."""
    store = Recorder()
    client = clients.open("app", session_store=store)
    token = client.authenticate_with_app(3001, "app-token")
    assert store.asked == [("set", "access-1", "app")]
    assert client.token is token
    assert store.held is token


def test_without_a_store_the_session_lives_in_memory(clients: Clients, api: FakeAPI) -> None:
    """_onAccessTokenAcquired: works without a store, and without a callback."""
    client = clients.open("app")
    client.authenticate_with_app(3001, "app-token")
    assert client.get("/app/3001") == {"path": "/app/3001"}
    assert api.sent == [("/app/3001", "access-1")]


def test_log_out_forgets_the_session_here_and_in_the_store(clients: Clients, api: FakeAPI) -> None:
    """_clearAuthentication: drops the session and empties the store."""
    store = Recorder(Token("access-0", expires_at=clients.page.time + 60))
    client = clients.open(session_store=store)
    assert client.is_authenticated()
    client.logout()
    assert client.token is None
    operation, placeholder, auth_type = store.asked[-1]
    assert (operation, auth_type) == ("set", "server")
    assert placeholder == SIGNED_OUT
    assert not client.is_authenticated()
    assert not clients.open(session_store=store).is_authenticated()
    with pytest.raises(LoginRequired):
        client.get("/user/status")
    assert api.calls == []


def come_back(page: FakePage, fragment: str, query: str = "") -> None:
    page.location = ("/app", query, fragment)


def leave(clients: Clients, page: FakePage) -> str:
    """Start signing in by leaving the page; return the state that Podio is to send back."""
    clients.open("client", page=page).login(method="redirect")
    (key,) = page.tab.keys()
    return key.rpartition(":")[2]


def test_a_token_in_the_fragment_signs_in_and_is_stored(clients: Clients, fake_page: FakePage, api: FakeAPI) -> None:
    """_hasClientSideRedirect and _getHashParams. Wrong there: nothing is decoded, and the address keeps the token."""
    come_back(fake_page, token_fragment(leave(clients, fake_page)))
    client = clients.open("client")
    assert client.is_authenticated()
    token = client.token
    assert (token.access_token, token.refresh_token) == (TOKEN_TEXT, None)
    assert (token.scope, token.ref) == ("global:all", {"type": "user", "id": 1001})
    assert token.expires_at == fake_page.time + 28_800
    assert fake_page.store.get("client") is token
    assert TOKEN_TEXT not in "".join(fake_page.location)
    assert not client.has_auth_error()


@pytest.mark.parametrize("fragment", ["", "#items", "#/route?page=2"])
def test_a_page_without_a_response_in_its_address_is_not_signed_in(
    clients: Clients, fake_page: FakePage, fragment: str
) -> None:
    """_hasClientSideRedirect and _getHashParams: nothing in the hash, nothing saved."""
    come_back(fake_page, fragment)
    client = clients.open("client")
    assert not client.is_authenticated()
    assert fake_page.store.get("client") is None
    assert fake_page.location == ("/app", "", fragment)
    assert not client.has_auth_error()


@pytest.mark.parametrize("auth_type", ["server", "password", "app"])
def test_only_a_page_reads_tokens_from_its_address(clients: Clients, fake_page: FakePage, auth_type: str) -> None:
    """_hasClientSideRedirect: false for every other kind of sign-in."""
    come_back(fake_page, token_fragment("any"))
    client = clients.open(auth_type)
    assert not client.is_authenticated()
    assert client.token is None


def test_a_token_that_nobody_asked_for_changes_nothing(clients: Clients, fake_page: FakePage) -> None:
    """_hasClientSideRedirect. Wrong there: no state is made or checked, any link signs in as its author."""
    fake_page.store.set(Token("mine", expires_at=fake_page.time + 60), "client")
    come_back(fake_page, token_fragment("planted"))
    client = clients.open("client")
    assert client.is_authenticated()
    assert client.token.access_token == "mine"
    assert isinstance(client.get_auth_error(), (UnsolicitedResponse, StateMismatch))
    assert TOKEN_TEXT not in "".join(fake_page.location)


def test_a_denial_in_the_address_can_be_asked_for(clients: Clients, fake_page: FakePage) -> None:
    """hasAuthError and getAuthError are documented. Wrong there: they do not exist."""
    state = leave(clients, fake_page)
    come_back(fake_page, "", f"?error=access_denied&error_description=No&state={state}")
    client = clients.open("client")
    assert not client.is_authenticated()
    assert client.has_auth_error()
    assert client.get_auth_error().code == "access_denied"
