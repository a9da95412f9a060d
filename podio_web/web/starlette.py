"""``login_required`` and ``get_podio`` for Starlette, https://www.starlette.io.

The middleware is ``asgi.PodioSignIn``.
"""

from collections.abc import Callable, Coroutine
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, ParamSpec

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.websockets import WebSocket

from podio_web.errors import LoginRequired
from podio_web.web import messages
from podio_web.web.asgi import get_podio, refusal
from podio_web.web.signed_out import REQUEST, SIGN_IN, response_to

__all__ = ["get_podio", "login_required", "response_of"]

_P = ParamSpec("_P")


def login_required(endpoint: Callable[_P, Any]) -> Callable[_P, Coroutine[Any, Any, Any]]:
    """Require a signed-in user for an endpoint.

    ``podio_web.web.signed_out`` describes the response for others. They also get it if the endpoint raises
    LoginRequired, because the session has ended. A WebSocket is closed with code 1008. To protect a mounted
    application, use ``asgi.login_required``.

    Args:
        endpoint: A function, ``def`` or ``async def``, or a method of an HTTPEndpoint or a WebSocketEndpoint.

    Returns:
        The protected endpoint.

    Examples:
        >>> @login_required
        ... async def home(request):
        ...     me = await get_podio(request).get("/user/status")
        ...     return PlainTextResponse(me["profile"]["name"])
    """

    @wraps(endpoint)
    async def protected(*args: _P.args, **kwargs: _P.kwargs) -> Any:
        # The first argument of a method is its object.
        connection = next(each for each in (*args, *kwargs.values()) if isinstance(each, HTTPConnection))
        response = await refusal(connection.scope)
        if isinstance(connection, WebSocket):
            if response is not None:
                return await connection.close(1008, "Sign in first.")
            return await endpoint(*args, **kwargs)
        try:
            if response is not None:
                return response_of(response)
            if iscoroutinefunction(endpoint):
                return await endpoint(*args, **kwargs)
            return await run_in_threadpool(endpoint, *args, **kwargs)
        except LoginRequired as problem:
            return response_of(response_to(problem, connection.scope[SIGN_IN], connection.scope[REQUEST]))

    return protected


def response_of(response: messages.Response) -> Response:
    """Return a response of the middleware as Starlette's.

    Args:
        response: The response.

    Returns:
        The response for Starlette.

    Examples:
        >>> response = await refusal(request.scope)      # None if a user is signed in
        >>> response_of(response).status_code
        303
    """
    converted = Response(response.body, response.status)
    converted.raw_headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in response.headers]
    return converted
