"""Options of the wrong kind are refused when a client is made, with what to write instead."""

import asyncio
from collections import UserDict
from pathlib import Path
from typing import Any

import httpx2
import pytest

from podio_web import FileStore, MemoryStore, Podio, SQLiteStore, SyncPodio
from podio_web.testing import FakeTransport
from podio_web.transports.httpx import HttpxTransport
from podio_web.web.asgi import PodioSignIn as AsgiSignIn
from podio_web.web.wsgi import PodioSignIn as WsgiSignIn
from tests.unit import web_support

CANARY = "hunter2-canary"
SECRET = "canary-client-secret"


def store_with(**members: Any) -> Any:
    """Return a store that has these members besides ``get`` and ``set``."""
    return type("OwnStore", (), {"get": lambda self, kind: None, "set": lambda self, token, kind: None, **members})()


WRITE = r"FileStore\(path\) in a script, SQLiteStore\(path\) or RedisStore\(url\) on a server, LocalStorageStore\(\)"
NO_STORES = [
    ("session.json", f"^session_store must be a store, not str. Write {WRITE}"),
    ("", f"^session_store must be a store, not str. Write {WRITE}"),
    (f"redis://user:{CANARY}@127.0.0.1", f"^session_store must be a store, not str. Write {WRITE}"),
    (b"session.json", f"^session_store must be a store, not bytes. Write {WRITE}"),
    (Path("session.json"), f"^session_store must be a store, not PosixPath. Write {WRITE}"),
    ({}, f"dict does not have both. Write {WRITE}"),
    (UserDict(), f"UserDict does not have both. Write {WRITE}"),
    (object(), "get.*set.*object does not have both"),
    (True, "bool does not have both"),
    (lambda: None, "function does not have both"),
    (MemoryStore, r"^session_store must be an object, not a class. Write MemoryStore\(\.\.\.\)"),
    (SQLiteStore, r"^session_store must be an object, not a class. Write SQLiteStore\(\.\.\.\)"),
    (store_with(get="a token"), "does not have both"),
    (store_with(set=None), "does not have both"),
    (store_with(clear=None), "session_store.clear must be a method"),
    (store_with(for_client="my-app"), "session_store.for_client must be a method"),
    (store_with(acquire=1, release=print), "session_store.acquire must be a method"),
    (store_with(acquire=print), "both acquire and release, or neither"),
    (store_with(release=print), "both acquire and release, or neither"),
]


def make(kind: Any, **wrong: Any) -> Any:
    return kind("app", "my-app", SECRET, **wrong)


@pytest.mark.parametrize("kind", [Podio, SyncPodio])
@pytest.mark.parametrize(("store", "says"), NO_STORES)
def test_what_is_not_a_store_is_refused_with_what_to_write(kind: Any, store: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says) as refused:
        make(kind, session_store=store)
    assert CANARY not in str(refused.value)


@pytest.mark.parametrize("store", [MemoryStore(), store_with(), store_with(clear=print, acquire=print, release=print)])
def test_a_store_is_taken_whatever_class_it_has(store: Any) -> None:
    assert make(SyncPodio, session_store=store).is_authenticated() is False


def test_the_stores_that_the_refusal_names_are_taken(tmp_path: Path) -> None:
    for store in (FileStore(tmp_path / "session.json"), SQLiteStore(tmp_path / "sessions.sqlite")):
        make(SyncPodio, session_store=store).set_access_token({"access_token": "a", "expires_in": 60})


@pytest.mark.parametrize("kind", [Podio, SyncPodio])
@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"transport": "httpx2"}, r"transport must have a method perform\(call, timeout\), and str has none"),
        ({"transport": HttpxTransport}, r"transport must be an object, not a class. Write HttpxTransport\(\.\.\.\)"),
        ({"transport": httpx2.Client}, "transport must be an object, not a class"),
        (
            {"transport": httpx2.MockTransport(lambda request: httpx2.Response(200))},
            r"transport must .* For a client of httpx2 write HttpxTransport\(client\)$",
        ),
        ({"transport": False}, "transport must have a method perform.*bool has none"),
        ({"after_token_refreshed": "save"}, "after_token_refreshed must be a function, or None, not str"),
        ({"after_token_refreshed": []}, "after_token_refreshed must be a function, or None, not list"),
        ({"on_token_will_refresh": "popup"}, "on_token_will_refresh is for auth_type 'client'"),
        ({"on_token_will_refresh": print}, "on_token_will_refresh is for auth_type 'client'"),
        ({"scope": 5}, "scope must be a text.*not int"),
        ({"scope": 0}, "scope must be a text.*not int"),
        ({"scope": False}, "scope must be a text.*not bool"),
        ({"scope": b""}, "scope must be a text.*not bytes"),
        ({"scope": {"user": "read"}}, "scope must be a text.*not dict"),
        ({"retry": True}, "retry must be a Retry"),
        ({"retry": 0}, "retry must be a Retry"),
        ({"timeout": None}, "timeout must be a positive number"),
        ({"login_timeout": "300"}, "login_timeout must be a positive number"),
        ({"login_timeout": 0}, "login_timeout must be a positive number"),
        ({"login_timeout": float("nan")}, "login_timeout must be a positive number"),
        ({"login_timeout": True}, "login_timeout must be a positive number"),
        ({"expiring_before": None}, "expiring_before must be a number of seconds"),
        ({"expiring_before": -1}, "expiring_before must be a number of seconds"),
        ({"expiring_before": float("nan")}, "expiring_before must be a number of seconds"),
        ({"allow_http": "0"}, "allow_http must be True or False, not str"),
        ({"allow_http": None}, "allow_http must be True or False, not NoneType"),
        ({"allow_http": 1}, "allow_http must be True or False, not int"),
    ],
)
def test_an_option_of_the_wrong_kind_is_refused_by_its_name(kind: Any, wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=f"^{says}"):
        make(kind, **wrong)


@pytest.mark.parametrize("hook", ["popup", False, 0, ("login",)])
def test_a_hook_of_the_client_side_must_be_a_function_or_none(hook: Any) -> None:
    with pytest.raises(ValueError, match=r"^on_token_will_refresh must be a function, or None, not "):
        Podio("client", "my-app", on_token_will_refresh=hook)


def test_what_is_right_is_taken() -> None:
    scopes: list[Any] = [None, "", "user:read", ("user:read",), {"user:read"}, iter(["user:read", "space:all"])]
    for scope in scopes:
        make(Podio, scope=scope, transport=FakeTransport(), after_token_refreshed=print, expiring_before=0)
    Podio("client", "my-app", on_token_will_refresh=None)


def test_a_given_scope_is_not_used_up_by_the_check() -> None:
    scopes = iter(["user:read", "space:all"])
    podio = Podio("server", "my-app", SECRET, scope=scopes, redirect_uri="https://app.example/callback")
    assert podio.get_authorization_url().endswith("scope=user%3Aread%20space%3Aall")


# http inside a network

SANDBOX = "http://sandbox:8001"


@pytest.mark.parametrize("kind", [Podio, SyncPodio])
@pytest.mark.parametrize("url", [SANDBOX, "http://10.0.0.5", "http://host.docker.internal:8001/"])
@pytest.mark.parametrize("option", ["api_url", "auth_url"])
def test_http_elsewhere_is_refused_with_the_option_that_allows_it(kind: Any, url: str, option: str) -> None:
    with pytest.raises(
        ValueError, match=f"^{option} must use https.*In a network that you trust, pass allow_http=True"
    ):
        make(kind, **{option: url})
    assert make(kind, **{option: url}, allow_http=True)


@pytest.mark.parametrize(
    "url", ["ftp://sandbox", "http://sandbox/v2", "http://user@sandbox", "http://", "sandbox:8001"]
)
def test_allow_http_allows_nothing_else(url: str) -> None:
    with pytest.raises(ValueError, match=r"^api_url must"):
        make(Podio, api_url=url, allow_http=True)


def test_calls_and_people_go_where_the_urls_say() -> None:
    transport = FakeTransport()
    transport.answer("GET", "/user/status", {"user": {}})
    podio = Podio(
        "server",
        "my-app",
        SECRET,
        api_url=SANDBOX,
        auth_url="http://localhost:8001",
        redirect_uri="http://app:8000/podio/callback",
        allow_http=True,
        transport=transport,
    )
    podio.set_access_token({"access_token": "a", "expires_in": 60})
    asyncio.run(podio.get("/user/status"))
    assert transport.calls[0].url == f"{SANDBOX}/user/status"
    assert podio.get_authorization_url().startswith("http://localhost:8001/oauth/authorize?")


def test_a_secret_is_not_warned_about_outside_of_pages(caplog: pytest.LogCaptureFixture) -> None:
    make(Podio)
    assert not caplog.records


# The sign-in of web applications


@pytest.mark.parametrize("kind", [AsgiSignIn, WsgiSignIn])
@pytest.mark.parametrize(
    "store", ["sessions.sqlite", Path("sessions.sqlite"), {}, None, SQLiteStore, MemoryStore(), object()]
)
def test_what_does_not_keep_people_apart_is_refused_with_what_to_write(kind: Any, store: Any) -> None:
    with pytest.raises(ValueError, match=r"^store must be .*Use SQLiteStore\(path\) or RedisStore\(url\)\.$"):
        kind(None, **web_support.options(store=store))


@pytest.mark.parametrize("kind", [AsgiSignIn, WsgiSignIn])
@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"transport": HttpxTransport}, "transport must be an object, not a class"),
        ({"transport": "httpx2"}, "transport must have a method perform"),
        ({"scope": 0}, "scope must be a text"),
        ({"login_path": None}, "login_path must be a text, not NoneType"),
        ({"logout_path": 5}, "logout_path must be a text, not int"),
        ({"cookie_name": b"podio"}, "cookie_name must be a text, not bytes"),
        ({"allow_http": "yes"}, "allow_http must be True or False"),
        ({"api_url": SANDBOX}, "api_url must use https.*allow_http=True"),
        ({"auth_url": SANDBOX}, "auth_url must use https.*allow_http=True"),
        ({"redirect_uri": "http://app:8000/podio/callback"}, "redirect_uri must use https.*allow_http=True"),
    ],
)
def test_a_wrong_option_of_the_sign_in_is_refused_by_its_name(kind: Any, wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=f"^{says}"):
        kind(None, **web_support.options(**wrong))


@pytest.mark.parametrize(("kind", "client"), [(AsgiSignIn, Podio), (WsgiSignIn, SyncPodio)])
def test_a_web_application_may_live_in_a_network_of_containers(kind: Any, client: Any) -> None:
    sign_in = kind(
        None,
        **web_support.options(
            api_url=SANDBOX, auth_url="http://sandbox:9001", redirect_uri="http://app:8000/in", allow_http=True
        ),
    )
    assert client(**sign_in.client_options("a session"))
