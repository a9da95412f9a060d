"""The authorization URL: podio-js's getAuthorizationURL and _getDomain."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.unit.podio_js.support import SECRET, Clients

CALLBACK = "https://www.myapp.example/oauth"


@pytest.mark.parametrize(("auth_type", "response_type"), [("client", "token"), ("server", "code")])
def test_the_url_leads_to_podios_page_and_back(clients: Clients, auth_type: str, response_type: str) -> None:
    """getAuthorizationURL for client and server: host, path, and three parameters."""
    url = clients.open(auth_type, client_id="123").get_authorization_url("https://app.example/oauth")
    assert url == (
        "https://podio.com/oauth/authorize?client_id=123"
        f"&redirect_uri=https%3A%2F%2Fapp.example%2Foauth&response_type={response_type}"
    )


def test_the_redirect_uri_of_the_client_is_used_when_none_is_given(clients: Clients) -> None:
    """getAuthorizationURL. Wrong there: without a redirect URL the parameter is left out, and Podio shows an error."""
    url = clients.open("server", redirect_uri=CALLBACK).get_authorization_url()
    assert dict(parse_qsl(urlsplit(url).query))["redirect_uri"] == CALLBACK
    with pytest.raises(ValueError, match="redirect_uri is missing"):
        clients.open("server").get_authorization_url()


@pytest.mark.parametrize("auth_type", ["password", "app"])
def test_the_flows_without_a_person_have_no_such_url(clients: Clients, auth_type: str) -> None:
    """getAuthorizationURL: throws for password. Wrong there: for app it returns a URL without a response type."""
    with pytest.raises(ValueError, match=rf"get_authorization_url.*'server'.*{auth_type}"):
        clients.open(auth_type).get_authorization_url(CALLBACK)


@pytest.mark.parametrize("auth_type", ["client", "server"])
def test_scope_and_state_can_be_asked_for(clients: Clients, auth_type: str) -> None:
    """getAuthorizationURL. Wrong there: neither can be passed, so that any link could sign a person in."""
    client = clients.open(auth_type, redirect_uri="https://app.example/oauth", scope="user:read")
    query = dict(parse_qsl(urlsplit(client.get_authorization_url(state="s p&ce")).query))
    assert (query["scope"], query["state"]) == ("user:read", "s p&ce")
    query = dict(parse_qsl(urlsplit(client.get_authorization_url(scope=["space:all", "app_5:read"])).query))
    assert query["scope"] == "space:all app_5:read"
    assert "state" not in query


def test_the_url_holds_no_secret(clients: Clients) -> None:
    """getAuthorizationURL: the client's id, and not its secret."""
    assert SECRET not in clients.open("server", redirect_uri=CALLBACK).get_authorization_url()


@pytest.mark.parametrize(
    ("api_url", "origin"),
    [
        ("https://api.podio.com", "https://podio.com"),
        ("https://api.podio.com:443", "https://podio.com"),
        ("https://podio.com", "https://podio.com"),
        ("https://api.eu.podio.example", "https://eu.podio.example"),
        ("http://127.0.0.1:8001", "http://127.0.0.1:8001"),
        ("http://localhost:8001", "http://localhost:8001"),
    ],
)
def test_people_sign_in_on_the_apis_domain(clients: Clients, api_url: str, origin: str) -> None:
    """_getDomain. Wrong there: every subdomain is cut off, which no address of a sandbox survives."""
    client = clients.open("server", api_url=api_url, redirect_uri=CALLBACK)
    assert client.get_authorization_url().startswith(f"{origin}/oauth/authorize?")


def test_where_people_sign_in_can_be_named(clients: Clients) -> None:
    """getAuthorizationURL. Wrong there: the host is always guessed from the API's."""
    client = clients.open("server", auth_url="https://sign-in.example", redirect_uri=CALLBACK)
    assert client.get_authorization_url().startswith("https://sign-in.example/oauth/authorize?")
