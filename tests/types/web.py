"""Web applications: a protected view keeps its parameters."""

from collections.abc import Callable
from typing import Any, assert_type

from flask import Flask
from quart import Quart
from starlette.endpoints import HTTPEndpoint
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from podio_web.web import django, flask, quart, starlette

app, asynchronous = Flask(__name__), Quart(__name__)


def blocking(item_id: int) -> str:
    return str(item_id)


async def awaited(item_id: int) -> str:
    return str(item_id)


async def endpoint(request: Request) -> Response:
    return PlainTextResponse(request.url.path)


class Item(HTTPEndpoint):
    @starlette.login_required
    async def get(self, request: Request) -> Response:
        return PlainTextResponse(request.url.path)


assert_type(flask.login_required(lambda: "Hello"), Callable[[], Any])
assert_type(django.login_required(blocking)(4), str)
flask.login_required(blocking)(item_id=4)
flask.login_required(awaited)(item_id=4)
app.get("/item/<int:item_id>")(flask.login_required(blocking))
app.before_request(flask.login_required(lambda: None))
asynchronous.get("/item/<int:item_id>")(quart.login_required(awaited))
asynchronous.websocket("/live")(quart.login_required(awaited))
Route("/item", starlette.login_required(endpoint))


async def calling(request: Request, item: Item) -> None:
    assert_type(await quart.login_required(blocking)(item_id=4), Any)
    assert_type(await starlette.login_required(endpoint)(request), Any)
    await item.get(request)
