"""While the session store is away nobody is told that they are signed out: 503, and the cookie stays."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any
from wsgiref.handlers import SimpleHandler

import httpx2
import pytest
from flask import Flask
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from werkzeug.test import Client

from podio_web import MemoryStore, PodioError, Token
from podio_web.errors import StoreUnavailable
from podio_web.testing import FakeTransport
from podio_web.web import asgi, wsgi
from tests.unit.web_support import (
    ACCESS_TOKEN,
    CALLBACK,
    CODE,
    HTTPS_ORIGIN,
    LOGOUT,
    ORIGIN,
    People,
    answer_tokens,
    browser_with,
    header,
    options,
)


class Away(StoreUnavailable):
    """A fault that has more to wait for, and a text that nobody should read."""

    retry_after = 12.5  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__(f"the record was {ACCESS_TOKEN}")


class Leaving(People):
    """A store of which one method fails while it is ``away``."""

    away = ""

    def for_user(self, user: str) -> MemoryStore:
        return self.stores.setdefault(user, LeavingSession(self))

    def ask(self, method: str) -> None:
        if method == self.away:
            raise Away


class LeavingSession(MemoryStore):
    """One session of such a store."""

    def __init__(self, people: Leaving) -> None:
        super().__init__()
        self.people = people

    def get(self, auth_type: str) -> Token | None:
        self.people.ask("get")
        return super().get(auth_type)

    def set(self, token: Token, auth_type: str) -> None:
        self.people.ask("set")
        super().set(token, auth_type)

    def clear(self, auth_type: str) -> None:
        self.people.ask("clear")
        super().clear(auth_type)


@pytest.mark.parametrize("method", ["clear", "get"])
def test_signing_out_waits_for_the_store(method: str, caplog: pytest.LogCaptureFixture) -> None:
    told: list[Any] = []
    store = Leaving()
    browser, transport, _ = browser_with(on_signed_out=told.append, store=store)
    answer_tokens(transport)
    browser.sign()
    session_id = browser.session_id()
    store.away = method
    response = browser.send("POST", LOGOUT)
    store.away = ""
    assert (response.status, header(response, "retry-after")) == (503, "13")
    assert header(response, "set-cookie") is None
    assert header(response, "cache-control") == "no-store"
    assert b"Try again soon" in response.body
    assert browser.session_id() == session_id
    assert told == []
    assert "store is unavailable" in caplog.text
    assert ACCESS_TOKEN not in caplog.text + str(response.body)
    browser.send("POST", LOGOUT)
    assert (store.signed_in(), len(told)) == ([], 1)


@pytest.mark.parametrize("method", ["set", "clear"])
def test_signing_in_waits_for_the_store(method: str) -> None:
    store = Leaving()
    browser, transport, _ = browser_with(store=store)
    answer_tokens(transport)
    browser.sign()
    session_id = browser.session_id()
    state = browser.begin()
    cookies = dict(browser.cookies)
    store.away = method
    response = browser.come_back(state)
    store.away = ""
    assert (response.status, header(response, "retry-after")) == (503, "13")
    assert browser.cookies == cookies
    assert browser.session_id() == session_id
    # The browser may try the same address again.
    assert browser.come_back(state).status == 303
    assert browser.session_id() != session_id


def test_any_other_fault_of_podio_s_is_shown_as_before() -> None:
    browser, transport, _ = browser_with()
    transport.fail("POST", "/oauth/token", PodioError("something else"))
    assert browser.sign().status == 303
    assert browser.error() == "sign_in_failed"


# ASGI


async def at_once(scope: Any, receive: Any, send: Any) -> None:
    raise Away


async def after_beginning(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200})
    raise Away


async def endpoint(request: Any) -> PlainTextResponse:
    raise Away


async def begun(request: Any) -> StreamingResponse:
    async def pieces() -> Any:
        yield b"a piece"
        raise Away

    return StreamingResponse(pieces())


async def other(request: Any) -> PlainTextResponse:
    raise LookupError("a fault of the application")


async def handled(request: Any, problem: Exception) -> PlainTextResponse:
    return PlainTextResponse("a page of the application", 502)


async def other_500(request: Any) -> PlainTextResponse:
    return PlainTextResponse("500 by itself", 500)


def starlette(**settings: Any) -> Starlette:
    routes = [Route("/", endpoint), Route("/begun", begun), Route("/other", other), Route("/500", other_500)]
    return Starlette(routes=routes, **settings)


def ask(inner: Any, path: str = "/", *, raises: bool = True) -> httpx2.Response:
    app = asgi.PodioSignIn(inner, **options(redirect_uri=HTTPS_ORIGIN + CALLBACK))

    async def run() -> httpx2.Response:
        transport = httpx2.ASGITransport(app, raise_app_exceptions=raises)
        async with httpx2.AsyncClient(transport=transport, base_url=HTTPS_ORIGIN) as client:
            return await client.get(path, headers={"Cookie": "__Host-podio_notice=1"})

    return asyncio.run(run())


@pytest.mark.parametrize("inner", [at_once, starlette(), starlette(debug=True)])
def test_an_asgi_application_that_does_not_handle_it_answers_503(inner: Any) -> None:
    response = ask(inner)
    assert (response.status_code, response.headers["retry-after"]) == (503, "13")
    assert "set-cookie" not in response.headers
    assert response.text == "This service is not available at the moment. Try again soon."


def test_an_asgi_application_may_handle_it_itself() -> None:
    response = ask(starlette(exception_handlers={PodioError: handled}))
    assert (response.status_code, response.text) == (502, "a page of the application")


@pytest.mark.parametrize(("inner", "path"), [(after_beginning, "/"), (starlette(), "/begun")])
def test_an_answer_of_asgi_that_has_begun_is_not_replaced(inner: Any, path: str) -> None:
    with pytest.raises(Away):
        ask(inner, path)


def test_other_faults_of_an_asgi_application_are_its_own() -> None:
    with pytest.raises(LookupError):
        ask(starlette(), "/other")
    assert ask(starlette(), "/other", raises=False).status_code == 500
    assert ask(starlette(), "/500").text == "500 by itself"


# WSGI


def sign_in(inner: Any) -> wsgi.PodioSignIn:
    return wsgi.PodioSignIn(inner, **options())


def flask(propagate: bool) -> Flask:
    app = Flask(__name__)
    app.config["PROPAGATE_EXCEPTIONS"] = propagate

    @app.get("/")
    def home() -> str:
        raise Away

    return app


def before_starting(environ: Any, start: Any) -> Iterator[bytes]:
    raise Away


def after_starting(environ: Any, start: Any) -> Iterator[bytes]:
    start("200 OK", [("Set-Cookie", "a=1")])
    raise Away


def lazily(environ: Any, start: Any) -> Iterator[bytes]:
    start("200 OK", [("Set-Cookie", "a=1")])
    yield from before_starting(environ, start)


def before_starting_lazily(environ: Any, start: Any) -> Iterator[bytes]:
    yield from before_starting(environ, start)


def after_a_piece(environ: Any, start: Any) -> Iterator[bytes]:
    start("200 OK", [])
    yield b"a piece"
    raise Away


def with_write(environ: Any, start: Any) -> list[bytes]:
    start("200 OK", [])(b"a piece")
    raise Away


def serve(app: Any) -> tuple[str, list[Any]]:
    """Return what the standard library's server makes of an application, and the exceptions that reached it."""
    reached: list[Any] = []

    class Handler(SimpleHandler):
        def log_exception(self, problem: Any) -> None:
            reached.append(sys.exc_info()[1])

    written = BytesIO()
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "SERVER_PROTOCOL": "HTTP/1.0"}
    handler = Handler(BytesIO(), written, sys.stderr, environ)
    handler.os_environ = {}
    handler.run(app)
    return written.getvalue().decode(), reached


@pytest.mark.parametrize(
    "inner", [before_starting, after_starting, lazily, before_starting_lazily, flask(propagate=True)]
)
def test_a_wsgi_application_that_does_not_handle_it_answers_503(inner: Callable[..., Any]) -> None:
    answer, reached = serve(sign_in(inner))
    assert "503 Service Unavailable" in answer
    assert "Retry-After: 13\r\n" in answer
    assert "Set-Cookie" not in answer
    assert answer.endswith("\r\n\r\nThis service is not available at the moment. Try again soon.")
    assert reached == []


@pytest.mark.parametrize("inner", [after_a_piece, with_write])
def test_an_answer_of_wsgi_that_has_begun_is_not_replaced(inner: Callable[..., Any]) -> None:
    answer, reached = serve(sign_in(inner))
    assert "503" not in answer
    assert [type(problem) for problem in reached] == [Away]


def test_flask_may_handle_it_itself() -> None:
    app = flask(propagate=False)
    app.register_error_handler(StoreUnavailable, lambda problem: ("come back later", 503))
    response = Client(sign_in(app)).get("/", base_url=ORIGIN)
    assert (response.status_code, response.text) == (503, "come back later")


@pytest.mark.parametrize("kind", [asgi.PodioSignIn, wsgi.PodioSignIn])
def test_a_client_is_closed_with_it(kind: Any) -> None:
    seen: list[Any] = []
    transport = FakeTransport()
    answer_tokens(transport)
    if kind is wsgi.PodioSignIn:

        def inner(environ: Any, start: Any) -> Any:
            seen.append(environ["podio"])
            raise Away

        Client(kind(inner, **options(transport=transport, store=People()))).get("/", base_url=ORIGIN)
        with pytest.raises(RuntimeError, match="closed"):
            seen[0].get("/user/status")
    else:

        async def inner_asgi(scope: Any, receive: Any, send: Any) -> None:
            seen.append(scope["podio"])
            raise Away

        assert ask(inner_asgi, f"/?code={CODE}").status_code == 503
        with pytest.raises(RuntimeError, match="closed"):
            asyncio.run(seen[0].get("/user/status"))
