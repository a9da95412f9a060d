"""``get_podio(request)`` gives each framework's request its client, with its type."""

import inspect
from typing import TYPE_CHECKING, Any, assert_type, get_type_hints

import flask as flask_package
import pytest
import quart as quart_package
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket
from werkzeug.test import Client
from werkzeug.wrappers import Request as WerkzeugRequest

from podio_web import Podio, SyncPodio
from podio_web.web import asgi, fastapi, flask, quart, starlette, wsgi
from tests.unit.web_support import options

if TYPE_CHECKING:

    def check_types(
        scope: asgi.Scope, request: Request, socket: WebSocket, environ: wsgi.Environ, theirs: WerkzeugRequest
    ) -> None:
        """What type checkers say: a client of the right kind, and never Any."""
        assert_type(asgi.get_podio(scope), Podio)
        assert_type(asgi.get_podio(request), Podio)
        assert_type(asgi.get_podio(socket), Podio)
        assert_type(starlette.get_podio(request), Podio)
        assert_type(quart.get_podio(), Podio)
        assert_type(wsgi.get_podio(environ), SyncPodio)
        assert_type(wsgi.get_podio(theirs), SyncPodio)
        assert_type(wsgi.get_podio(flask_package.request), SyncPodio)
        assert_type(flask.get_podio(), SyncPodio)


@pytest.mark.parametrize(
    ("get_podio", "kind"),
    [
        (asgi.get_podio, Podio),
        (starlette.get_podio, Podio),
        (fastapi.get_podio, Podio),
        (quart.get_podio, Podio),
        (wsgi.get_podio, SyncPodio),
        (flask.get_podio, SyncPodio),
    ],
)
def test_the_annotation_is_the_client_s_class(get_podio: Any, kind: type[object]) -> None:
    assert get_type_hints(get_podio)["return"] is kind
    assert "Examples:" in (inspect.getdoc(get_podio) or "")


def test_a_request_a_websocket_and_a_scope_have_the_same_client() -> None:
    seen: list[tuple[object, ...]] = []

    async def page(request: Request) -> PlainTextResponse:
        seen.append((asgi.get_podio(request), asgi.get_podio(request.scope), starlette.get_podio(request)))
        return PlainTextResponse("ok")

    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        seen.append((asgi.get_podio(websocket), asgi.get_podio(websocket.scope), websocket.scope["podio"]))
        await websocket.close()

    app = Starlette(routes=[Route("/", page), WebSocketRoute("/socket", socket)])
    client = TestClient(asgi.PodioSignIn(app, **options()))
    assert client.get("/").text == "ok"
    with client.websocket_connect("/socket"):
        pass
    assert len(seen) == 2
    for found in seen:
        assert isinstance(found[0], Podio)
        assert len(set(map(id, found))) == 1


def test_an_environ_and_a_request_around_it_have_the_same_client() -> None:
    seen: list[tuple[object, ...]] = []

    def app(environ: Any, start_response: Any) -> list[bytes]:
        seen.append((wsgi.get_podio(environ), wsgi.get_podio(WerkzeugRequest(environ)), environ["podio"]))
        start_response("200 OK", [])
        return [b"ok"]

    assert Client(wsgi.PodioSignIn(app, **options())).get("/").text == "ok"
    assert isinstance(seen[0][0], SyncPodio)
    assert len(set(map(id, seen[0]))) == 1


@pytest.mark.parametrize("module", [flask_package, quart_package], ids=["flask", "quart"])
def test_the_current_request_works_as_well(module: Any) -> None:
    get_podio: Any = wsgi.get_podio if module is flask_package else asgi.get_podio
    own: Any = flask.get_podio if module is flask_package else quart.get_podio
    app = (flask_package.Flask if module is flask_package else quart_package.Quart)(__name__)

    @app.get("/")
    def page() -> str:
        return str(get_podio(module.request) is own())

    if module is flask_package:
        assert Client(wsgi.PodioSignIn(app, **options())).get("/").text == "True"
    else:
        assert TestClient(asgi.PodioSignIn(app, **options())).get("/").text == "True"


def test_without_the_middleware_it_says_what_to_do() -> None:
    calls: list[tuple[Any, Any]] = [
        (asgi.get_podio, {}),
        (wsgi.get_podio, {}),
        (asgi.get_podio, Request({"type": "http"})),
        (wsgi.get_podio, WerkzeugRequest({})),
    ]
    for get_podio, request in calls:
        with pytest.raises(RuntimeError, match="This request has no Podio client"):
            get_podio(request)
