"""A client's options, checked before anything is done with them."""

from enum import Enum
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from podio_web.oauth.identity import AUTH_TYPES, ClientIdentity, check_redirect_uri

CALLBACK = "https://app.example/static/callback.html"


def identity(auth_type: str = "client", client_id: str = "demo-client", **changes: Any) -> ClientIdentity:
    options: dict[str, Any] = {"redirect_uri": CALLBACK, "api_url": "https://api.podio.com", **changes}
    return ClientIdentity(auth_type, client_id, **options)


def test_a_client_talks_to_the_configured_places() -> None:
    client = identity(scope=["user:read", "space:all"], api_url="https://API.podio.com/")
    assert client.api_origin == "https://api.podio.com"
    assert client.auth_origin == "https://podio.com"
    assert client.redirect_uri == CALLBACK
    assert client.scope == "user:read space:all"
    assert repr(client) == "<client 'demo-client' at https://api.podio.com>"


def test_settings_may_be_members_of_an_enumeration() -> None:
    class Setting(str, Enum):  # noqa: UP042 - a format of its members is their name
        TYPE = "server"
        CLIENT = "my-app"
        SECRET = "s1"
        CALLBACK = CALLBACK

    client = identity(Setting.TYPE, Setting.CLIENT, client_secret=Setting.SECRET, redirect_uri=Setting.CALLBACK)
    assert parse_qs(urlsplit(client.authorization_url(state=Setting.SECRET)).query) == {
        "client_id": ["my-app"],
        "redirect_uri": [CALLBACK],
        "response_type": ["code"],
        "state": ["s1"],
    }
    assert client.name_in_tabs == "https://api.podio.com:my-app:server"
    assert client.key == f"https://api.podio.com my-app {CALLBACK}"


def test_people_may_sign_in_somewhere_else() -> None:
    assert identity(auth_url="http://127.0.0.1:8001/").auth_origin == "http://127.0.0.1:8001"


def test_an_unknown_kind_of_sign_in_is_named() -> None:
    with pytest.raises(ValueError, match=r"^auth_type must be one of client, server, password, app, not 'implicit'$"):
        identity("implicit")


@pytest.mark.parametrize("auth_type", [kind for kind in AUTH_TYPES if kind != "client"])
@pytest.mark.parametrize("secret", [None, "", " ", 7])
def test_kinds_that_need_a_secret_point_to_the_one_that_does_not(auth_type: str, secret: Any) -> None:
    with pytest.raises(ValueError, match=f"^client_secret is missing: auth_type '{auth_type}' .*auth_type 'client'"):
        identity(auth_type, client_secret=secret)


@pytest.mark.parametrize("secret", ["hunter2", ""])
def test_a_page_must_not_hold_a_secret_and_the_refusal_does_not_repeat_it(secret: str) -> None:
    with pytest.raises(ValueError, match=r"^client_secret must not be given") as refused:
        identity(client_secret=secret)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("client_id", ["", "  ", None, 7])
def test_a_client_id_is_needed(client_id: str) -> None:
    with pytest.raises(ValueError, match=r"^client_id is missing"):
        identity(client_id=client_id)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("api_url", "http://api.podio.com"),
        ("api_url", "https://api.podio.com/v2"),
        ("auth_url", "podio.com"),
        ("redirect_uri", "/static/callback.html"),
        ("scope", "everything"),
    ],
)
def test_a_wrong_option_is_named(option: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"^{option} "):
        identity(**{option: value})


@pytest.mark.parametrize(
    "uri", [CALLBACK, "http://localhost:8000/cb?page=1", "http://127.0.0.1:8000/", "https://a.example"]
)
def test_a_redirect_uri_is_an_absolute_url(uri: str) -> None:
    assert check_redirect_uri(uri) == uri


@pytest.mark.parametrize(
    "uri",
    [
        *(None, 7, "", "callback.html", "/callback.html", "//app.example/callback.html", "ftp://app.example/"),
        *(
            "javascript:alert(1)",
            "https:/app.example",
            CALLBACK + "#",
            CALLBACK + "#top",
            CALLBACK + "\n",
            CALLBACK + " x",
        ),
        *("https://", "https:///callback.html", "https://?page=1", "http://\\callback.html"),
    ],
)
def test_what_is_no_redirect_uri_is_refused(uri: str) -> None:
    with pytest.raises(ValueError, match=r"^redirect_uri must be an absolute URL without a fragment"):
        check_redirect_uri(uri)


def test_the_url_to_sign_in_at_has_the_client_s_own_options() -> None:
    url = urlsplit(identity(scope="user:read").authorization_url(state="s1"))
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://podio.com/oauth/authorize"
    assert parse_qs(url.query) == {
        "client_id": ["demo-client"],
        "redirect_uri": [CALLBACK],
        "response_type": ["token"],
        "scope": ["user:read"],
        "state": ["s1"],
    }


def test_the_url_to_sign_in_at_takes_other_options_for_once() -> None:
    client = identity(scope="user:read")
    query = parse_qs(urlsplit(client.authorization_url("https://b.example/", scope=["app:all"])).query)
    assert (query["redirect_uri"], query["scope"]) == (["https://b.example/"], ["app:all"])
    assert "scope" not in parse_qs(urlsplit(client.authorization_url(scope="")).query)


def test_another_redirect_uri_is_checked_too() -> None:
    with pytest.raises(ValueError, match=r"^redirect_uri "):
        identity().authorization_url("javascript:alert(1)")
