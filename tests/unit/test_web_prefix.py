"""Signing in to an application below a path of the host, in each of the ways that servers and proxies have."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
import uvicorn
from flask import Flask, jsonify, request
from starlette.applications import Starlette
from starlette.routing import Mount
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import Client

from podio_web.testing import FakeTransport
from podio_web.web import asgi, wsgi
from podio_web.web.messages import Request
from podio_web.web.prefix import address, below, clean_prefix, possible_paths
from tests.unit.web_support import CALLBACK, CODE, ORIGIN, answer_tokens, options, sign_in_with, state_in

# Paths


@pytest.mark.parametrize(
    ("root_path", "prefix"), [("", ""), ("/", ""), ("/app", "/app"), ("/app/", "/app"), ("app", "/app"), ("//a", "/a")]
)
def test_a_prefix_begins_with_one_slash_and_ends_with_none(root_path: str, prefix: str) -> None:
    assert clean_prefix(root_path) == prefix


def test_a_path_is_below_a_prefix_by_whole_segments() -> None:
    assert below("/app", "/apples") == "/app/apples"
    assert below("/app", "/app") == "/app"
    assert below("", "/items") == "/items"


@pytest.mark.parametrize(
    ("path", "root_path", "prefix"),
    [
        ("/app/in", "/app", "/app"),
        ("/in", "/app", "/app"),
        ("/app/app/in", "/app", "/app"),
        ("/app//in", "/app/", "/app"),
        ("/in", "", "/app"),
        ("/app/in", "", "/app"),
        ("/internal/in", "/internal", "/app"),
        ("/in", "/internal", "/app"),
    ],
)
def test_whatever_a_server_makes_of_a_path_the_public_one_is_among_the_possible_paths(
    path: str, root_path: str, prefix: str
) -> None:
    assert "/app/in" in possible_paths(path, root_path, prefix)


def test_a_path_without_a_prefix_has_one_reading() -> None:
    assert possible_paths("/app/in", "", "") == ("/app/in",)
    assert "/app/les/in" not in possible_paths("/apples/in", "/app", "/app")


def test_an_address_is_encoded() -> None:
    assert address("/søg/a b?#%\\\ud800") == "/s%C3%B8g/a%20b%3F%23%25%5C%3F"


# ASGI


async def page(scope: Any, receive: Any, send: Any) -> None:
    """Answer with what a page below a prefix would show."""
    podio = scope["podio"]
    told = {
        "login": sign_in_of[scope["sign-in"]].login_url(scope["query_string"].decode() or "/"),
        "logout": sign_in_of[scope["sign-in"]].logout_url(),
        "is_in": await podio.is_authenticated(),
        "error": podio.has_auth_error(),
    }
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(told).encode()})


sign_in_of: dict[int, asgi.PodioSignIn] = {}


def asgi_sign_in(**changes: Any) -> asgi.PodioSignIn:
    transport = FakeTransport()
    answer_tokens(transport)

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        scope["sign-in"] = id(sign_in)
        await page(scope, receive, send)

    sign_in = asgi.PodioSignIn(inner, **options(redirect_uri=f"{ORIGIN}/app{CALLBACK}", transport=transport, **changes))
    sign_in_of[id(sign_in)] = sign_in
    return sign_in


def scoped(app: Any, root_path: str, path: Callable[[str], str]) -> Any:
    """Return an application that is given such a scope for the public path `/app{path}`."""

    async def proxy(scope: Any, receive: Any, send: Any) -> None:
        assert scope["path"].startswith("/app/"), f"{scope['path']} leads away from the application"
        await app({**scope, "root_path": root_path, "path": path(scope["path"][4:])}, receive, send)

    return proxy


ASGI_SETUPS: dict[str, Callable[[], Any]] = {
    "uvicorn --root-path, the proxy strips": lambda: scoped(asgi_sign_in(), "/app", lambda path: "/app" + path),
    "hypercorn --root-path, the proxy strips": lambda: scoped(asgi_sign_in(), "/app", lambda path: path),
    "uvicorn --root-path, the proxy does not strip": lambda: scoped(
        asgi_sign_in(), "/app", lambda path: "/app/app" + path
    ),
    "FastAPI(root_path), the proxy does not strip": lambda: scoped(asgi_sign_in(), "/app", lambda path: "/app" + path),
    "a slash at the end": lambda: scoped(asgi_sign_in(), "/app/", lambda path: "/app/" + path),
    "mounted with Starlette": lambda: Starlette(routes=[Mount("/app", asgi_sign_in())]),
    "mounted by an old Starlette": lambda: scoped(asgi_sign_in(), "/app", lambda path: path),
    "mounted, with full paths": lambda: Starlette(
        routes=[Mount("/app", asgi_sign_in(login_path="/app/podio/login", logout_path="/app/podio/logout"))]
    ),
    "the server does not know, the proxy strips": lambda: scoped(asgi_sign_in(root_path="/app"), "", lambda path: path),
    "the server does not know, the proxy does not strip": lambda: scoped(
        asgi_sign_in(root_path="/app/"), "", lambda path: "/app" + path
    ),
    "the proxy has another name for it": lambda: scoped(
        asgi_sign_in(root_path="/app"), "/internal", lambda path: "/internal" + path
    ),
}


@pytest.mark.parametrize("setup", ASGI_SETUPS)
def test_an_asgi_application_is_signed_in_to_below_a_prefix(setup: str) -> None:
    async def walk() -> None:
        transport = httpx2.ASGITransport(ASGI_SETUPS[setup]())
        async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            told = (await client.get("/app/")).json()
            assert (told["login"], told["logout"]) == ("/app/podio/login?return_to=%2F", "/app/podio/logout")
            # A return to a path of the application, to a public path, and to nowhere.
            for wanted, location in [("/items/4", "/app/items/4"), ("/app/items/4", "/app/items/4"), ("", "/app/")]:
                told = (await client.get(f"/app/?{wanted}")).json()
                response = await client.get(told["login"])
                answer = {"code": CODE, "state": state_in(response.headers["location"])}
                assert (await client.get("/app" + CALLBACK, params=answer)).headers["location"] == location
                assert (await client.get("/app/")).json()["is_in"]
                response = await client.post(told["logout"])
                assert (response.status_code, response.headers["location"]) == (303, "/app/")
                assert not (await client.get("/app/")).json()["is_in"]
            # What nobody asked for leads to the application too.
            assert (await client.get("/app" + CALLBACK)).headers["location"] == "/app/"
            assert (await client.get("/app/")).json()["error"]

    asyncio.run(walk())


@pytest.fixture
def served() -> Iterator[Callable[..., str]]:
    """Serve applications with uvicorn; each call returns the address of a server."""
    running: list[tuple[uvicorn.Server, threading.Thread]] = []

    def serve(app: Any, **changes: Any) -> str:
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", **changes))
        thread = threading.Thread(target=server.run)
        thread.start()
        running.append((server, thread))
        give_up = time.monotonic() + 60
        while not server.started and time.monotonic() < give_up:
            time.sleep(0.01)
        return f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"

    yield serve
    for server, thread in running:
        server.should_exit = True
        thread.join(10)


@pytest.mark.parametrize("strips", [True, False])
def test_uvicorn_s_own_root_path_is_understood(strips: bool, served: Callable[..., str]) -> None:
    url = served(asgi_sign_in(), root_path="/app")

    def sent(path: str) -> str:
        """Return what a proxy makes of a public path."""
        assert path.startswith("/app/")
        return path[4:] if strips else path

    with httpx2.Client(base_url=url) as client:
        login = client.get(sent("/app/")).json()["login"]
        assert login == "/app/podio/login?return_to=%2F"
        state = state_in(client.get(sent(login)).headers["location"])
        response = client.get(sent("/app" + CALLBACK), params={"code": CODE, "state": state})
        assert response.headers["location"] == "/app/"
        assert client.get(sent("/app/")).json()["is_in"]


def test_a_prefix_is_the_request_s_own_and_ends_with_it() -> None:
    first, second = asgi_sign_in(), asgi_sign_in()

    async def walk(name: str) -> None:
        app = scoped(first, f"/{name}", lambda path: path)
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=ORIGIN) as client:
            told = (await client.get("/app/")).json()
            assert told["login"].startswith(f"/{name}/podio/login")
        assert first.logout_url() == second.logout_url() == "/podio/logout"

    async def everybody() -> None:
        await asyncio.gather(walk("one"), walk("two"))

    asyncio.run(everybody())
    leave = first.addresses.enter(Request("GET", "/", "", {}, "/app"))
    assert (first.logout_url(), second.logout_url()) == ("/app/podio/logout", "/podio/logout")
    leave()
    assert first.logout_url() == "/podio/logout"
    assert sign_in_with(root_path="/app").logout_url() == "/app/podio/logout"


# WSGI


def flask_app() -> Flask:
    app = Flask(__name__)
    app.testing = True

    @app.get("/")
    def home() -> Any:
        sign_in = request.environ["sign-in"]
        podio = request.environ["podio"]
        return jsonify(
            login=sign_in.login_url("/"),
            logout=sign_in.logout_url(),
            is_in=podio.is_authenticated(),
            error=podio.has_auth_error(),
        )

    return app


def wsgi_sign_in(prefix: str = "/app", **changes: Any) -> wsgi.PodioSignIn:
    transport = FakeTransport()
    answer_tokens(transport)
    app = flask_app()

    def inner(environ: Any, start_response: Any) -> Any:
        return app(environ | {"sign-in": sign_in}, start_response)

    sign_in = wsgi.PodioSignIn(
        inner, **options(redirect_uri=ORIGIN + address(prefix) + CALLBACK, transport=transport, **changes)
    )
    return sign_in


def in_environ(app: Any, script_name: str, path: Callable[[str], str]) -> Any:
    """Return an application that is given such an environ for the public path `/app{path}`."""

    def proxy(environ: Any, start_response: Any) -> Any:
        assert environ["PATH_INFO"].startswith("/app/")
        changes = {"SCRIPT_NAME": script_name, "PATH_INFO": path(environ["PATH_INFO"][4:])}
        return app({**environ, **changes}, start_response)

    return proxy


def proxied(app: Any, path: Callable[[str], str]) -> Any:
    """Return an application behind a proxy that sends X-Forwarded-Prefix."""
    fixed = ProxyFix(in_environ_after(app), x_prefix=1)

    def proxy(environ: Any, start_response: Any) -> Any:
        changes = {"PATH_INFO": path(environ["PATH_INFO"][4:]), "HTTP_X_FORWARDED_PREFIX": "/app"}
        return fixed({**environ, **changes}, start_response)

    return proxy


def in_environ_after(app: Any) -> Any:
    def passed(environ: Any, start_response: Any) -> Any:
        assert environ["SCRIPT_NAME"] == "/app"
        return app(environ, start_response)

    return passed


WSGI_SETUPS: dict[str, Callable[[], Any]] = {
    "werkzeug's DispatcherMiddleware": lambda: DispatcherMiddleware(Flask("other"), {"/app": wsgi_sign_in()}),
    "gunicorn's SCRIPT_NAME": lambda: in_environ(wsgi_sign_in(), "/app", lambda path: path),
    "ProxyFix, the proxy strips": lambda: proxied(wsgi_sign_in(), lambda path: path),
    "Django's FORCE_SCRIPT_NAME, the proxy strips": lambda: in_environ(
        wsgi_sign_in(root_path="/app"), "", lambda path: path
    ),
    "FORCE_SCRIPT_NAME over another SCRIPT_NAME": lambda: in_environ(
        wsgi_sign_in(root_path="/app"), "/internal", lambda path: path
    ),
    "FORCE_SCRIPT_NAME and the same SCRIPT_NAME": lambda: in_environ(
        wsgi_sign_in(root_path="/app"), "/app", lambda path: path
    ),
}


@pytest.mark.parametrize("setup", WSGI_SETUPS)
def test_a_wsgi_application_is_signed_in_to_below_a_prefix(setup: str) -> None:
    client: Any = Client(WSGI_SETUPS[setup]())
    told = client.get("/app/", base_url=ORIGIN).json
    assert (told["login"], told["logout"]) == ("/app/podio/login?return_to=%2F", "/app/podio/logout")
    state = state_in(client.get(told["login"], base_url=ORIGIN).location)
    response = client.get("/app" + CALLBACK, base_url=ORIGIN, query_string={"code": CODE, "state": state})
    assert response.location == "/app/"
    assert client.get("/app/", base_url=ORIGIN).json["is_in"]
    assert client.post(told["logout"], base_url=ORIGIN).location == "/app/"
    assert not client.get("/app/", base_url=ORIGIN).json["is_in"]
    assert client.get("/app" + CALLBACK, base_url=ORIGIN).location == "/app/"
    assert client.get("/app/", base_url=ORIGIN).json["error"]


@pytest.mark.parametrize("prefix", ["/podio", "/podio/app", "/søg"])
def test_any_prefix_will_do(prefix: str) -> None:
    sign_in = wsgi_sign_in(prefix)
    # PEP 3333: paths are bytes read as Latin-1.
    client: Any = Client(DispatcherMiddleware(Flask("other"), {prefix.encode().decode("latin-1"): sign_in}))
    root = address(prefix) + "/"
    told = client.get(root, base_url=ORIGIN, buffered=True).json
    state = state_in(client.get(told["login"], base_url=ORIGIN).location)
    response = client.get(address(prefix) + CALLBACK, base_url=ORIGIN, query_string={"code": CODE, "state": state})
    assert response.location == root
    assert client.get(root, base_url=ORIGIN, buffered=True).json["is_in"]
    assert client.post(told["logout"], base_url=ORIGIN).location == root
    assert sign_in.logout_url() == "/podio/logout"


def test_a_prefix_that_a_request_made_up_leads_to_no_other_site() -> None:
    for root_path in ("//evil.example", "/\\evil.example", "https://evil.example", "/\r\nSet-Cookie: a=1"):
        sign_in = asgi_sign_in()
        response = sign_in.addresses.local(Request("GET", "/", "", {}, root_path), None)
        assert response.startswith("/")
        assert not response.startswith("//")
        assert "\\" not in response
        assert response.isprintable()


def local(path: str, prefix: str) -> str:
    return asgi_sign_in().addresses.local(Request("GET", "/", "", {}, prefix), path)


@pytest.mark.parametrize(
    "return_to", ["/podio/login", "/app/podio/login", "/app/app/podio/logout", "/app/podio/callback"]
)
def test_a_return_below_a_prefix_leads_to_no_circle(return_to: str) -> None:
    assert local(return_to, "/app") == "/app/"


def test_what_is_below_a_prefix_by_another_spelling_stays() -> None:
    assert local("/s%c3%b8g/a?b#c", "/søg") == "/s%c3%b8g/a?b#c"
    assert local("/app?a=1", "/app") == "/app?a=1"
    assert local("/?a=1", "/app") == "/app/?a=1"
