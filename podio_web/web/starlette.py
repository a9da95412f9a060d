"""``login_required`` for the endpoints of Starlette, https://www.starlette.io.

The middleware is ``asgi.PodioSignIn``.
"""

from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.websockets import WebSocket

from podio_web.errors import LoginRequired
from podio_web.web import messages
from podio_web.web.asgi import refusal
from podio_web.web.signed_out import REQUEST, SIGN_IN, answer_to


def login_required(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Let only those who are signed in come to an endpoint.

    It may be a function, ``def`` or ``async def``, or a method of an HTTPEndpoint or a WebSocketEndpoint. A session
    that ends while it works counts too, if it raises LoginRequired. ``podio_web.web.signed_out`` tells what the
    others get; a WebSocket is closed with the code 1008. For a mounted application there is ``asgi.login_required``.

    >>> @login_required
    ... async def home(request):
    ...     me = await request.scope["podio"].get("/user/status")
    """

    @wraps(endpoint)
    async def protected(*args: Any, **kwargs: Any) -> Any:
        # A method has its object before it.
        connection = next(each for each in (*args, *kwargs.values()) if isinstance(each, HTTPConnection))
        answer = await refusal(connection.scope)
        if isinstance(connection, WebSocket):
            if answer is not None:
                return await connection.close(1008, "Sign in first.")
            return await endpoint(*args, **kwargs)
        try:
            if answer is not None:
                return response_of(answer)
            if iscoroutinefunction(endpoint):
                return await endpoint(*args, **kwargs)
            return await run_in_threadpool(endpoint, *args, **kwargs)
        except LoginRequired as problem:
            return response_of(answer_to(problem, connection.scope[SIGN_IN], connection.scope[REQUEST]))

    return protected


def response_of(answer: messages.Response) -> Response:
    """Return an answer of ours as Starlette's.

    >>> response_of(await refusal(request.scope))
    """
    response = Response(answer.body, answer.status)
    response.raw_headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in answer.headers]
    return response
