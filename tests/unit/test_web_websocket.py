"""WebSockets: whose they are, and that no other site's page opens one in somebody's name."""

import asyncio
import time
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from podio_web.errors import StoreUnavailable
from podio_web.testing import FakeTransport
from podio_web.web.asgi import PodioSignIn
from tests.unit.web_support import CALLBACK, CODE, HTTPS_ORIGIN, LOGIN, People, answer_tokens, at, options, state_in

OWN = {"Origin": HTTPS_ORIGIN}
seen: list[Any] = []


async def talk(websocket: WebSocket) -> None:
    podio = websocket.scope["podio"]
    seen.append(podio)
    await websocket.accept(headers=[(b"x-own", b"1")])
    me = await podio.get("/user/status") if await podio.is_authenticated() else None
    problem = podio.get_auth_error()
    links = websocket.scope["sign_in"].login_url()
    await websocket.send_json({"me": me, "error": problem and problem.code, "login": links})
    await websocket.close()


async def away(websocket: WebSocket) -> None:
    raise StoreUnavailable("away")


async def away_later(websocket: WebSocket) -> None:
    await websocket.accept()
    raise StoreUnavailable("away")


async def page(request: Any) -> Any:
    from starlette.responses import JSONResponse

    problem = request.scope["podio"].get_auth_error()
    return JSONResponse(problem and problem.code)


def client_of(**changes: Any) -> tuple[TestClient, Any]:
    transport = FakeTransport()
    answer_tokens(transport)
    transport.answer("GET", "/user/status", {"user_id": 1001}, times=None)
    inner = Starlette(
        routes=[
            Route("/", page),
            *(WebSocketRoute(path, talk) for path in ("/talk", LOGIN)),
            WebSocketRoute("/away", away),
            WebSocketRoute("/away-later", away_later),
        ]
    )

    async def with_sign_in(scope: Any, receive: Any, send: Any) -> None:
        scope["sign_in"] = app
        await inner(scope, receive, send)

    app = PodioSignIn(
        with_sign_in, **options(redirect_uri=HTTPS_ORIGIN + CALLBACK, transport=transport, store=People(), **changes)
    )
    return TestClient(app, HTTPS_ORIGIN, follow_redirects=False), transport


def sign(client: TestClient) -> None:
    state = state_in(client.get(LOGIN).headers["location"])
    client.get(CALLBACK, params={"code": CODE, "state": state})


def connect(client: TestClient, path: str, headers: dict[str, str]) -> Any:
    """Open a WebSocket as a browser does, with the cookies; the test client has its own host for WebSockets."""
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    return client.websocket_connect(path, headers={**headers, "Cookie": cookies})


def told(client: TestClient, path: str = "/talk", **headers: str) -> Any:
    with connect(client, path, headers) as websocket:
        return websocket.receive_json()


def test_a_websocket_has_a_client_for_the_person_who_opened_it() -> None:
    client, _ = client_of()
    assert told(client, **OWN)["me"] is None
    sign(client)
    assert told(client, **OWN)["me"] == {"user_id": 1001}
    # The sign-in's own paths are for HTTP.
    assert told(client, LOGIN, **OWN)["me"] == {"user_id": 1001}


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "",
        "https://evil.example",
        "https://app.example.com.evil.example",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://other.example.com",
    ],
)
def test_a_page_of_another_origin_opens_it_for_nobody(origin: str | None) -> None:
    client, transport = client_of()
    sign(client)
    calls = len(transport.calls)
    assert told(client, **({} if origin is None else {"Origin": origin}))["me"] is None
    # What a browser says besides does not count: a page may be on the same site.
    headers = {"Sec-Fetch-Site": "same-origin"} | ({} if origin is None else {"Origin": origin})
    assert told(client, **headers)["me"] is None
    assert len(transport.calls) == calls


def test_a_client_ends_with_its_websocket() -> None:
    client, _ = client_of()
    told(client, **OWN)
    with pytest.raises(RuntimeError, match="closed"):
        asyncio.run(seen[-1].get("/user/status"))


def test_the_cookie_is_renewed_when_a_websocket_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    client, _ = client_of(session_lifetime=3600)
    sign(client)
    with connect(client, "/talk", OWN) as websocket:
        assert websocket.extra_headers == [(b"x-own", b"1")]
    monkeypatch.setattr(time, "time", at(time.time() + 1800))
    with connect(client, "/talk", OWN) as websocket:
        name, value = websocket.extra_headers[1]
        assert (name, value[:21]) == (b"set-cookie", b"__Host-podio_session=")
    with connect(client, "/talk", {"Origin": "https://evil.example"}) as websocket:
        assert websocket.extra_headers == [(b"x-own", b"1")]


def test_an_error_waits_for_a_page() -> None:
    client, _ = client_of()
    client.get(CALLBACK)
    assert told(client, **OWN)["error"] is None
    assert client.get("/").json() == "unsolicited"


def test_a_websocket_below_a_prefix_knows_it() -> None:
    client, _ = client_of()
    mounted = TestClient(Starlette(routes=[Mount("/app", client.app)]), HTTPS_ORIGIN)
    assert told(mounted, "/app/talk", **OWN)["login"] == "/app/podio/login?return_to=%2F"


def handshake(path: str, **changes: Any) -> list[Any]:
    """Return what a server is sent for a WebSocket."""
    client, _ = client_of()
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    scope = {"type": "websocket", "path": path, "query_string": b"", "headers": [], "subprotocols": [], **changes}
    try:
        asyncio.run(client.app(scope, receive, send))  # type: ignore[arg-type]
    except StoreUnavailable as problem:
        sent.append(problem)
    return sent


def test_while_the_store_is_away_a_websocket_is_refused_with_503() -> None:
    start, body = handshake("/away", extensions={"websocket.http.response": {}})
    assert (start["type"], start["status"]) == ("websocket.http.response.start", 503)
    assert (b"retry-after", b"5") in start["headers"]
    assert body["body"].startswith(b"This service is not available")


@pytest.mark.parametrize("extensions", [None, {}])
def test_a_server_that_cannot_say_so_closes_it(extensions: Any) -> None:
    assert handshake("/away", extensions=extensions) == [{"type": "websocket.close", "code": 1013}]
    assert handshake("/away") == [{"type": "websocket.close", "code": 1013}]


def test_a_websocket_that_was_accepted_is_the_application_s_own() -> None:
    accepted, problem = handshake("/away-later", extensions={"websocket.http.response": {}})
    assert accepted["type"] == "websocket.accept"
    assert isinstance(problem, StoreUnavailable)
    client, _ = client_of()
    with (
        pytest.raises((StoreUnavailable, WebSocketDisconnect)),
        client.websocket_connect("/away-later", headers=OWN) as websocket,
    ):
        websocket.receive_json()
