"""What people and scripts get who are not signed in, in ASGI, WSGI, Starlette, FastAPI, Flask and Quart."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, WebSocket
from flask import Blueprint, Flask
from quart import Quart
from quart import websocket as quart_websocket
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from podio_web import LoginRequired, StoreUnavailable, Token
from podio_web.testing.web_client import session_cookie, sign_in_client, sign_in_of
from podio_web.web import asgi, fastapi, flask, quart, starlette, wsgi
from podio_web.web.addresses import LONGEST_RETURN_TO
from podio_web.web.messages import Request
from podio_web.web.signed_out import client_in, response_to, sign_in_first, wants_page
from tests.unit.web_support import LOGIN, header, options, sign_in_with, state_in

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SCRIPT = {"Accept": "*/*"}
TO_ITEM = f"{LOGIN}?return_to=%2Fitems%2F4%3Fpage%3D2"


class Down:
    """A store that is away."""

    def for_user(self, user: str) -> "Down":
        return self

    def get(self, auth_type: str) -> Any:
        raise OSError("the disk is full")

    def set(self, token: Any, auth_type: str) -> Any:
        raise OSError("the disk is full")


# The rules


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"accept": "text/html"}, True),
        ({"accept": "application/xhtml+xml, Text/HTML;q=0.9"}, True),
        ({"accept": "*/*"}, False),
        ({"accept": "application/json"}, False),
        ({}, False),
        ({"accept": "text/html", "sec-fetch-mode": "cors"}, False),
        ({"accept": "text/html", "sec-fetch-mode": "same-origin"}, False),
        ({"sec-fetch-mode": "navigate"}, True),
        ({"accept": "text/html", "x-requested-with": "XMLHttpRequest"}, False),
    ],
)
def test_a_person_is_told_from_a_script(headers: dict[str, str], expected: bool) -> None:
    assert wants_page(Request("GET", "/", "", headers)) is expected


@pytest.mark.parametrize(
    ("path", "query", "return_to"),
    [
        ("/items/4", "page=2", "%2Fitems%2F4%3Fpage%3D2"),
        ("/s\u00f8g", "", "%2Fs%25C3%25B8g"),
        ("/a", "b=%26", "%2Fa%3Fb%3D%2526"),
        ("/long", "x" * LONGEST_RETURN_TO, "%2Flong"),
    ],
)
def test_the_sign_in_leads_back_to_the_page(path: str, query: str, return_to: str) -> None:
    answer = sign_in_first(sign_in_with(), Request("GET", path, query, {"accept": "text/html"}))
    assert (answer.status, header(answer, "Location")) == (303, f"{LOGIN}?return_to={return_to}")
    assert header(answer, "Cache-Control") == "no-store"


@pytest.mark.parametrize(
    ("path", "root_path", "option"),
    [("/app/a", "/app", None), ("/a", "/app", None), ("/app/app/a", "/app", None), ("/a", "", "/app")],
)
def test_the_sign_in_leads_back_below_the_prefix(path: str, root_path: str, option: str | None) -> None:
    sign_in = sign_in_with(root_path=option, redirect_uri="http://localhost:8000/app/podio/callback")
    request = Request("GET", path, "b=1", {"accept": "text/html"}, root_path)
    leave = sign_in.addresses.enter(request)
    answer = sign_in_first(sign_in, request)
    leave()
    assert header(answer, "Location") == f"/app{LOGIN}?return_to=%2Fapp%2Fa%3Fb%3D1"


@pytest.mark.parametrize("path", ["//evil.example", "/\\evil.example", LOGIN])
def test_the_sign_in_leads_back_to_no_other_site(path: str) -> None:
    sign_in = sign_in_with()
    location = header(sign_in_first(sign_in, Request("GET", path, "", {"accept": "text/html"})), "Location") or ""
    request = Request("GET", LOGIN, location.partition("?")[2], {})
    assert sign_in.addresses.local(request, "/elsewhere") == "/elsewhere"
    from podio_web.oauth.encoding import parse_form

    assert sign_in.addresses.local(request, parse_form(request.query)["return_to"]) in ("/", "/%5Cevil.example")


def test_what_a_person_sends_is_not_lost() -> None:
    answer = sign_in_first(sign_in_with(), Request("POST", "/items/4", "", {"accept": "text/html"}))
    assert answer.status == 401
    assert b"was not saved" in answer.body
    assert f'href="{LOGIN}?return_to=%2F" target="_blank"'.encode() in answer.body


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_script_gets_json(method: str) -> None:
    answer = sign_in_first(sign_in_with(), Request(method, "/items/4", "", {"accept": "*/*"}))
    assert (answer.status, header(answer, "Content-Type")) == (401, "application/json")
    assert header(answer, "WWW-Authenticate") == "Session"
    told = json.loads(answer.body)
    assert (told["error"], told["login_url"]) == ("login_required", f"{LOGIN}?return_to=%2F")


def test_a_store_that_is_away_is_a_503() -> None:
    answer = response_to(StoreUnavailable("away"), sign_in_with(), Request("GET", "/", "", {}))
    assert answer.status == 503


def test_without_the_middleware_it_says_what_to_do() -> None:
    with pytest.raises(RuntimeError, match="Wrap the whole application in PodioSignIn"):
        client_in({})


# The frameworks. Each application has /items/4 (its own), /ended (whose session ends), and what else it has.


async def ended_async(podio: Any) -> str:
    raise LoginRequired("The session has ended.")


def starlette_application(**changes: Any) -> Any:
    async def item(request: Any) -> Any:
        return PlainTextResponse(str(await asgi.PodioSignIn.user(request.scope)))

    def plain(request: Any) -> Any:
        return PlainTextResponse("plain")

    async def ended(request: Any) -> Any:
        raise LoginRequired("The session has ended.")

    class Class(HTTPEndpoint):
        @starlette.login_required
        async def get(self, request: Any) -> Any:
            return PlainTextResponse("class")

    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("in")
        await websocket.close()

    routes = [
        Route("/items/4", starlette.login_required(item), methods=["GET", "POST"]),
        Route("/ended", starlette.login_required(ended)),
        Route("/plain", starlette.login_required(plain)),
        Route("/class", Class),
        WebSocketRoute("/socket", starlette.login_required(socket)),
        Mount(
            "/mounted", asgi.login_required(Starlette(routes=[Route("/", plain), WebSocketRoute("/socket", socket)]))
        ),
        Mount("/ending", asgi.login_required(ending)),
    ]
    return asgi.PodioSignIn(Starlette(routes=routes), **options(**changes))


async def ending(scope: Any, receive: Any, send: Any) -> None:
    """An ASGI application whose session ends, before or after it has begun to answer."""
    if scope["path"].endswith("late"):
        await send({"type": "http.response.start", "status": 200, "headers": []})
    raise LoginRequired("The session has ended.")


def fastapi_application(**changes: Any) -> Any:
    app = FastAPI()
    app.add_middleware(fastapi.PodioSignIn, **options(**changes))
    router = APIRouter(dependencies=[Depends(fastapi.signed_in_podio)])

    @app.api_route("/items/4", methods=["GET", "POST"])
    async def item(podio: fastapi.SignedInPodio) -> str:
        assert podio.token is not None
        return str(podio.token.ref)

    @app.get("/ended")
    async def ended(podio: fastapi.SignedInPodio) -> str:
        raise LoginRequired("The session has ended.")

    @router.get("/plain")
    def plain() -> str:
        return "plain"

    @app.get("/class")
    async def anybody(podio: fastapi.AnyPodio) -> bool:
        return await podio.is_authenticated()

    @app.websocket("/socket")
    async def socket(websocket: WebSocket, podio: fastapi.SignedInPodio) -> None:
        await websocket.accept()
        await websocket.send_text("in")
        await websocket.close()

    app.include_router(router)
    return app


def nice_fastapi_application(**changes: Any) -> Any:
    app = fastapi_application(**changes)
    app.add_exception_handler(fastapi.SignInFirst, fastapi.sign_in_first)
    return app


def flask_application(**changes: Any) -> Any:
    app = Flask("app")

    @app.route("/items/4", methods=["GET", "POST"])
    @flask.login_required
    def item() -> str:
        assert flask.get_podio().token is not None
        return str(wsgi.PodioSignIn.user(__import__("flask").request.environ))

    @app.get("/ended")
    @flask.login_required
    def ended() -> str:
        raise LoginRequired("The session has ended.")

    blueprint = Blueprint("more", "more")

    @blueprint.before_request
    @flask.login_required
    def check() -> None: ...

    @blueprint.get("/plain")
    def plain() -> str:
        return "plain"

    app.register_blueprint(blueprint)

    def mounted(environ: Any, start_response: Any) -> Any:
        if environ["PATH_INFO"] == "/ended":
            raise LoginRequired("The session has ended.")
        start_response("200 OK", [])
        if environ["PATH_INFO"] == "/late":
            raise LoginRequired("The session has ended.")
        return [b"mounted"]

    def generated(environ: Any, start_response: Any) -> Any:
        yield from mounted(environ, start_response)

    mounts = {"/mounted": wsgi.login_required(mounted), "/generated": wsgi.login_required(generated)}
    around = DispatcherMiddleware(app.wsgi_app, mounts)
    app.wsgi_app = wsgi.PodioSignIn(around, **options(**changes))  # type: ignore[method-assign]
    return app


def quart_application(**changes: Any) -> Any:
    app = Quart("app")

    @app.route("/items/4", methods=["GET", "POST"])
    @quart.login_required
    async def item() -> str:
        token = quart.get_podio().token
        assert token is not None
        return str(token.ref)

    @app.get("/ended")
    @quart.login_required
    async def ended() -> str:
        raise LoginRequired("The session has ended.")

    @app.get("/plain")
    @quart.login_required
    def plain() -> str:
        return "plain"

    @app.websocket("/socket")
    @quart.login_required
    async def socket() -> None:
        assert quart.get_podio() is not None
        await quart_websocket.accept()
        await quart_websocket.send("in")

    app.asgi_app = asgi.PodioSignIn(app.asgi_app, **options(**changes))  # type: ignore[assignment,method-assign]
    return app


class Visitor:
    """A test client of any of them, which does not follow redirects."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.client: Any = Client(app) if isinstance(app, Flask) else TestClient(app, follow_redirects=False)

    def ask(self, path: str, headers: dict[str, str] = PAGE, method: str = "GET") -> tuple[int, str, str]:
        answer = self.client.request(method, path, headers=headers) if not isinstance(self.app, Flask) else None
        if answer is None:
            answer = self.client.open(path, method=method, headers=headers)
        return answer.status_code, answer.headers.get("Location", ""), answer.text

    def sign_in(self, user_id: int = 1001) -> None:
        sign_in_client(self.client, self.app, user_id=user_id)


APPLICATIONS = [
    starlette_application,
    fastapi_application,
    nice_fastapi_application,
    flask_application,
    quart_application,
]


@pytest.fixture(params=APPLICATIONS)
def application(request: pytest.FixtureRequest) -> Any:
    return request.param


Make = Callable[..., Any]


def test_a_page_leads_to_the_sign_in_and_back(application: Make) -> None:
    visitor = Visitor(application())
    assert visitor.ask("/items/4?page=2")[:2] == (303, TO_ITEM)
    assert visitor.ask("/plain")[:2] == (303, f"{LOGIN}?return_to=%2Fplain")
    visitor.sign_in(7)
    assert "'id': 7" in visitor.ask("/items/4")[2]
    assert "plain" in visitor.ask("/plain")[2]


def test_a_script_gets_401_and_json(application: Make) -> None:
    status, location, text = Visitor(application()).ask("/items/4", SCRIPT)
    assert (status, location) == (401, "")
    told = json.loads(text)
    assert told.get("detail", told)["error"] == "login_required"


def test_a_form_gets_401_and_a_text(application: Make) -> None:
    status, location, text = Visitor(application()).ask("/items/4", PAGE, "POST")
    assert (status, location) == (401, "")
    assert ("was not saved" in text) is (application is not fastapi_application)


def test_a_session_that_ends_meanwhile_leads_to_the_sign_in(application: Make) -> None:
    visitor = Visitor(application())
    visitor.sign_in()
    assert visitor.ask("/ended")[:2] == (303, f"{LOGIN}?return_to=%2Fended")
    assert visitor.ask("/ended", SCRIPT)[0] == 401


def test_who_said_no_is_not_sent_to_podio_again(application: Make) -> None:
    visitor = Visitor(application())
    state = state_in(visitor.ask(visitor.ask("/items/4")[1])[1])
    status, location, _ = visitor.ask(f"/podio/callback?error=access_denied&state={state}")
    assert (status, location) == (303, "/items/4")
    status, location, text = visitor.ask("/items/4")
    assert (status, location) == (401, "")
    if application is not fastapi_application:
        assert "Access was not allowed" in text
        assert f"{LOGIN}?return_to=%2Fitems%2F4" in text
    assert visitor.ask("/items/4")[0] == 303


def test_a_store_that_is_away_is_503_everywhere(application: Make) -> None:
    app = application(store=Down())
    visitor = Visitor(app)
    value = sign_in_of(app).session_cookie("some-session").partition(";")[0].partition("=")[2]
    set_cookie = visitor.client.set_cookie if isinstance(app, Flask) else visitor.client.cookies.set
    set_cookie("podio_session", value)
    assert visitor.ask("/items/4")[0] == 503


@pytest.mark.parametrize("path", ["/socket", "/mounted/socket"])
def test_a_websocket_is_for_who_is_signed_in(path: str) -> None:
    made = [starlette_application] if path != "/socket" else [starlette_application, fastapi_application]
    for make in made:
        app = make()
        origin = {"Origin": "http://localhost:8000"}
        client = TestClient(app)
        with pytest.raises(WebSocketDisconnect) as refused, client.websocket_connect(path, headers=origin):
            pass
        assert refused.value.code == 1008
        sign_in_client(client, app)
        with client.websocket_connect(path, headers=origin) as socket:
            assert socket.receive_text() == "in"


def test_a_websocket_of_quart_is_for_who_is_signed_in() -> None:
    app = quart_application()

    async def connect(**cookies: str) -> Any:
        headers = {"Origin": "http://localhost:8000", **cookies}
        async with app.test_client().websocket("/socket", headers=headers) as socket:
            return await socket.receive()

    with pytest.raises(Exception, match=r"401|"):
        asyncio.run(connect())
    cookie = session_cookie(app)
    assert asyncio.run(connect(Cookie=f"{cookie['name']}={cookie['value']}")) == "in"


def test_what_is_mounted_is_protected_as_a_whole() -> None:
    for make in (starlette_application, flask_application):
        visitor = Visitor(make())
        assert visitor.ask("/mounted/")[:2] == (303, f"{LOGIN}?return_to=%2Fmounted%2F")
        visitor.sign_in()
        assert visitor.ask("/mounted/")[0] == 200
    for name in ("mounted", "generated"):
        assert visitor.ask(f"/{name}/")[0] == 200
        assert visitor.ask(f"/{name}/ended")[:2] == (303, f"{LOGIN}?return_to=%2F{name}%2Fended")
        with pytest.raises(LoginRequired):
            visitor.ask(f"/{name}/late")


def test_a_session_that_ends_in_a_mounted_application() -> None:
    visitor = Visitor(starlette_application())
    visitor.sign_in()
    assert visitor.ask("/ending/soon")[:2] == (303, f"{LOGIN}?return_to=%2Fending%2Fsoon")
    with pytest.raises(LoginRequired):
        visitor.ask("/ending/late")


def test_a_protected_application_still_hears_of_the_server_s_start() -> None:
    heard = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        heard.append(scope["type"])

    asyncio.run(asgi.login_required(app)({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert heard == ["lifespan"]


def test_methods_of_classes_are_protected() -> None:
    visitor = Visitor(starlette_application())
    assert visitor.ask("/class")[0] == 303
    visitor.sign_in()
    assert visitor.ask("/class")[2] == "class"


def test_a_dependency_gives_the_client_of_anybody() -> None:
    visitor = Visitor(fastapi_application())
    assert visitor.ask("/class")[2] == "false"
    visitor.sign_in()
    assert visitor.ask("/class")[2] == "true"


# The test helper


def test_two_test_clients_are_two_people(application: Make) -> None:
    app = application()
    first, second = Visitor(app), Visitor(app)
    first.sign_in(1)
    second.sign_in(2)
    assert "'id': 1" in first.ask("/items/4")[2]
    assert "'id': 2" in second.ask("/items/4")[2]


def test_a_token_of_one_s_own_may_be_used() -> None:
    app = flask_application()
    token = Token("sandbox-token", expires_at=time.time() + 60, ref={"type": "user", "id": 9})
    assert "'id': 9" in sign_in_client(app.test_client(), app, token=token).get("/items/4").text


def test_layers_that_lead_in_a_circle_end() -> None:
    class Layer:
        app: Any

    layer = Layer()
    layer.app = layer
    with pytest.raises(ValueError, match="Pass the PodioSignIn itself"):
        sign_in_of(layer)


def test_an_application_without_a_sign_in_is_refused() -> None:
    for app in (Starlette(), Flask("app"), object(), 3):
        with pytest.raises(ValueError, match="Pass the PodioSignIn itself"):
            sign_in_of(app)


def test_a_store_that_must_be_awaited_is_refused() -> None:
    class Awaited(Down):
        async def set(self, token: Any, auth_type: str) -> None: ...

    class Future(Down):
        def set(self, token: Any, auth_type: str) -> Any:
            class Waiting:
                def __await__(self) -> Any:
                    yield

            return Waiting()

    for store in (Awaited(), Future()):
        with pytest.raises(ValueError, match="store is asynchronous"):
            session_cookie(sign_in_with(store=store))
