"""``login_required`` and the client of the request for Quart, https://quart.palletsprojects.com.

The middleware is ``asgi.PodioSignIn``: ``app.asgi_app = PodioSignIn(app.asgi_app, ...)``.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from quart import Response, current_app, has_websocket_context, request, websocket
from werkzeug.datastructures import Headers

from podio_web.client import Podio
from podio_web.errors import LoginRequired, StoreUnavailable
from podio_web.web import messages
from podio_web.web.asgi import refusal
from podio_web.web.signed_out import REQUEST, SIGN_IN, answer_to, client_in


def get_podio() -> Podio:
    """Return the client of the person who sent the current request or opened the current WebSocket, or of nobody.

    Raises RuntimeError without PodioSignIn, or outside of both.

    >>> me = await get_podio().get("/user/status")
    """
    podio: Podio = client_in(_scope())
    return podio


def login_required(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let only those who are signed in come to a view, ``def`` or ``async def``, or to a WebSocket.

    A session that ends while it works counts too, if it raises LoginRequired. If it raises StoreUnavailable, the answer
    is 503. ``podio_web.web.signed_out`` tells what those who are not signed in get. A WebSocket gets the same answer
    if it is not accepted yet.

    >>> @app.get("/me")
    ... @login_required
    ... async def me():
    ...     return await get_podio().get("/user/status")

    All views of a blueprint:

    >>> @blueprint.before_request
    ... @login_required
    ... async def check(): ...
    """

    @wraps(view)
    async def protected(*args: Any, **kwargs: Any) -> Any:
        scope = _scope()
        try:
            answer = await refusal(scope)
            if answer is None:
                return await current_app.ensure_async(view)(*args, **kwargs)
        except (LoginRequired, StoreUnavailable) as problem:
            answer = answer_to(problem, scope[SIGN_IN], scope[REQUEST])
        return _response_of(answer)

    return protected


def _scope() -> Any:
    return websocket.scope if has_websocket_context() else request.scope


def _response_of(answer: messages.Response) -> Response:
    return Response(answer.body, answer.status, Headers(answer.headers))
