"""``login_required`` and the client of the request for Quart, https://quart.palletsprojects.com.

The middleware is ``asgi.PodioSignIn``: ``app.asgi_app = PodioSignIn(app.asgi_app, ...)``.
"""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec

from quart import Response, current_app, has_websocket_context, request, websocket
from werkzeug.datastructures import Headers

from podio_web.client import Podio
from podio_web.errors import LoginRequired, StoreUnavailable
from podio_web.web import messages
from podio_web.web.asgi import refusal
from podio_web.web.signed_out import REQUEST, SIGN_IN, client_in, response_to

_P = ParamSpec("_P")


def get_podio() -> Podio:
    """Return the client of the current request or WebSocket. It may be signed out.

    Returns:
        The client.

    Raises:
        RuntimeError: The application is not wrapped in PodioSignIn, or there is no current request or WebSocket.

    Examples:
        >>> me = await get_podio().get("/user/status")
    """
    podio: Podio = client_in(_scope())
    return podio


def login_required(view: Callable[_P, Any]) -> Callable[_P, Coroutine[Any, Any, Any]]:
    """Require a signed-in user for a view or a WebSocket.

    ``podio_web.web.signed_out`` describes the response for others. They also get it if the view raises LoginRequired,
    because the session has ended. If the view raises StoreUnavailable, the response is 503. A WebSocket gets the same
    responses before it is accepted.

    Args:
        view: The view, ``def`` or ``async def``.

    Returns:
        The protected view.

    Examples:
        >>> @app.get("/me")
        ... @login_required
        ... async def me():
        ...     return await get_podio().get("/user/status")

        Protect all views of a blueprint:

        >>> @blueprint.before_request
        ... @login_required
        ... async def check(): ...
    """

    @wraps(view)
    async def protected(*args: _P.args, **kwargs: _P.kwargs) -> Any:
        scope = _scope()
        try:
            response = await refusal(scope)
            if response is None:
                return await current_app.ensure_async(view)(*args, **kwargs)
        except (LoginRequired, StoreUnavailable) as problem:
            response = response_to(problem, scope[SIGN_IN], scope[REQUEST])
        return _response_of(response)

    return protected


def _scope() -> Any:
    return websocket.scope if has_websocket_context() else request.scope


def _response_of(response: messages.Response) -> Response:
    return Response(response.body, response.status, Headers(response.headers))
