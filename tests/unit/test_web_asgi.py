"""Signing in to an ASGI application: a real Starlette, asked by a client that keeps cookies."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from podio_web import Podio
from podio_web.testing import FakeTransport
from podio_web.transports.httpx import HttpxTransport
from podio_web.web.asgi import PodioSignIn
from tests.unit.web_support import (
    CALLBACK,
    CODE,
    HTTPS_ORIGIN,
    LOGIN,
    LOGOUT,
    People,
    answer_tokens,
    at,
    options,
    state_in,
)

seen: list[Podio] = []


async def who(request: Request) -> Response:
    podio: Podio = request.scope["podio"]
    seen.append(podio)
    problem = podio.get_auth_error()
    me = await podio.get("/user/status") if await podio.is_authenticated() else None
    return JSONResponse({"me": me, "error": problem and problem.code})


async def fail(request: Request) -> Response:
    seen.append(request.scope["podio"])
    raise LookupError("a fault of the application")


def application(**changes: Any) -> PodioSignIn:
    routes = [Route("/", who, methods=["GET", "POST"]), Route("/items/{id}", who), Route("/fail", fail)]
    return PodioSignIn(Starlette(routes=routes), **options(redirect_uri=HTTPS_ORIGIN + CALLBACK, **changes))


def with_client(app: Any, walk: Callable[[httpx2.AsyncClient], Coroutine[Any, Any, None]]) -> None:
    """Let a browser walk through an application."""

    async def run() -> None:
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url=HTTPS_ORIGIN) as client:
            await walk(client)

    asyncio.run(run())


async def sign(client: httpx2.AsyncClient, return_to: str = "/") -> httpx2.Response:
    response = await client.get(LOGIN, params={"return_to": return_to})
    return await client.get(CALLBACK, params={"code": CODE, "state": state_in(response.headers["location"])})


def test_a_handler_gets_a_client_for_the_person_who_is_signed_in() -> None:
    transport = FakeTransport()
    answer_tokens(transport)
    transport.answer("GET", "/user/status", {"user_id": 1001})
    store = People()

    async def walk(client: httpx2.AsyncClient) -> None:
        assert (await client.get("/")).json() == {"me": None, "error": None}
        response = await sign(client, "/items/4")
        assert (response.status_code, response.headers["location"]) == (303, "/items/4")
        assert response.headers["cache-control"] == "no-store"
        assert (await client.get("/")).json() == {"me": {"user_id": 1001}, "error": None}
        assert (await client.post(LOGOUT)).headers["location"] == "/"
        assert (await client.get("/")).json() == {"me": None, "error": None}

    with_client(application(transport=transport, store=store), walk)
    assert store.signed_in() == []
    assert not transport.closed


def test_a_post_of_another_origin_is_nobody_s() -> None:
    transport = FakeTransport()
    answer_tokens(transport)

    async def walk(client: httpx2.AsyncClient) -> None:
        await sign(client)
        response = await client.post("/", headers={"Sec-Fetch-Site": "same-site"})
        assert response.json() == {"me": None, "error": None}

    with_client(application(transport=transport), walk)


def test_an_error_is_shown_on_the_next_page_and_then_no_more() -> None:
    async def walk(client: httpx2.AsyncClient) -> None:
        response = await client.get(LOGIN)
        state = state_in(response.headers["location"])
        response = await client.get(CALLBACK, params={"error": "access_denied", "state": state})
        assert (response.status_code, response.headers["location"]) == (303, "/")
        assert (await client.get("/")).json()["error"] == "access_denied"
        assert (await client.get("/")).json()["error"] is None

    with_client(application(), walk)


def test_a_client_ends_with_its_request_even_when_the_application_fails() -> None:
    async def walk(client: httpx2.AsyncClient) -> None:
        for path in ("/", "/fail"):
            try:
                await client.get(path)
            except LookupError:
                assert path == "/fail"
            with pytest.raises(RuntimeError, match="closed"):
                await seen[-1].get("/user/status")

    with_client(application(), walk)


def test_cookies_may_come_in_several_headers() -> None:
    transport = FakeTransport()
    answer_tokens(transport)
    transport.answer("GET", "/user/status", {"user_id": 1001})

    async def walk(client: httpx2.AsyncClient) -> None:
        await sign(client)
        (session,) = [f"{name}={value}" for name, value in client.cookies.items()]
        client.cookies.clear()
        headers = [("Cookie", "theme=dark"), ("Cookie", session)]
        assert (await client.get("/", headers=headers)).json()["me"] == {"user_id": 1001}

    with_client(application(transport=transport), walk)


def test_a_server_s_log_finds_no_code_in_the_address() -> None:
    app = application()
    queries = []

    async def logging_server(scope: Any, receive: Any, send: Any) -> None:
        async def logged(message: Any) -> None:
            queries.append(scope["query_string"])
            await send(message)

        await app(scope, receive, logged)

    async def walk(client: httpx2.AsyncClient) -> None:
        await client.get(CALLBACK, params={"code": CODE})
        await client.get("/", params={"page": "2"})

    with_client(logging_server, walk)
    assert queries == [b"", b"", b"page=2", b"page=2"]


def test_the_connections_are_closed_when_the_server_stops() -> None:
    app = application()
    with TestClient(app, HTTPS_ORIGIN) as client:
        assert client.get("/").status_code == 200
        assert not app.transport.closed  # type: ignore[attr-defined]
    assert app.transport.closed  # type: ignore[attr-defined]


def test_what_is_neither_http_nor_a_websocket_is_passed_on_untouched() -> None:
    passed = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        passed.append(scope)

    app = PodioSignIn(inner, **options())
    asgi_scope = {"type": "something new", "path": LOGIN}
    asyncio.run(app(asgi_scope, None, None))  # type: ignore[arg-type]
    assert passed == [{"type": "something new", "path": LOGIN}]


def test_calls_go_through_httpx2_unless_told_otherwise() -> None:
    app = PodioSignIn(PlainTextResponse("fine"), **options(transport=None))
    assert isinstance(app.transport, HttpxTransport)


def test_requests_of_two_people_at_once_never_mix() -> None:
    class ByToken:
        """Tells whose token a call carries, after letting every other request go first."""

        async def perform(self, call: Any, timeout: float | None) -> Any:
            from podio_web.http import Response

            for _ in range(5):
                await asyncio.sleep(0)
            if call.path == "/oauth/token":
                code = call.body.partition("&code=")[2].partition("&")[0]
                return Response(200, {}, json.dumps({"access_token": code, "refresh_token": "r", "expires_in": 3600}))
            return Response(200, {}, json.dumps(call.headers["Authorization"].partition(" ")[2]))

        async def close(self) -> None:
            """Release nothing."""

    app = application(transport=ByToken())

    async def person(name: str) -> None:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=HTTPS_ORIGIN) as client:
            response = await client.get(LOGIN)
            await client.get(CALLBACK, params={"code": name, "state": state_in(response.headers["location"])})
            for _ in range(20):
                assert (await client.get("/")).json()["me"] == name

    async def everybody() -> None:
        await asyncio.gather(*(person(f"person-{number}") for number in range(10)))

    asyncio.run(everybody())


def test_a_session_s_cookie_is_renewed_with_a_private_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    transport = FakeTransport()
    answer_tokens(transport)
    transport.answer("GET", "/user/status", {"user_id": 1001}, times=None)

    async def walk(client: httpx2.AsyncClient) -> None:
        await sign(client)
        monkeypatch.setattr(time, "time", at(time.time() + 1800))
        response = await client.get("/")
        assert response.headers["cache-control"] == "private"
        assert response.headers["set-cookie"].startswith("__Host-podio_session=")
        assert "set-cookie" not in (await client.get("/")).headers

    with_client(application(transport=transport, session_lifetime=3600), walk)


def test_a_form_says_where_to_go_after_signing_out() -> None:
    async def walk(client: httpx2.AsyncClient) -> None:
        kind = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}

        async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
            for part in parts:
                yield part

        for parts, location in [
            ((b"return_to=%2Fby", b"e"), "/bye"),
            ((b"return_to=%2Fbye&x=", b"x" * 4096), "/"),
            ((b"return_to=%2Fbye&x=", b"x" * 4096, b"x"), "/"),
            ((), "/"),
        ]:
            response = await client.post(LOGOUT, content=pieces(*parts), headers=kind)
            assert response.headers["location"] == location
        assert (await client.post(LOGOUT, data={"return_to": "/bye"})).headers["location"] == "/bye"
        # Anything else is not read.
        response = await client.post(LOGOUT, json={"return_to": "/bye"})
        assert response.headers["location"] == "/"

    with_client(application(), walk)


def test_a_request_knows_who_is_signed_in_without_a_call() -> None:
    transport = FakeTransport()
    answer_tokens(transport)

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        await JSONResponse(await app.user(scope))(scope, receive, send)

    async def walk(client: httpx2.AsyncClient) -> None:
        assert (await client.get("/")).json() is None
        await sign(client)
        assert (await client.get("/")).json() == {"type": "user", "id": 1001}
        assert (await client.post("/", headers={"Sec-Fetch-Site": "cross-site"})).json() is None
        assert [call.path for call in transport.calls] == ["/oauth/token"]
        await client.post(LOGOUT)
        assert (await client.get("/")).json() is None

    app = PodioSignIn(inner, **options(redirect_uri=HTTPS_ORIGIN + CALLBACK, transport=transport))
    with_client(app, walk)
