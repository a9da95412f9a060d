"""Dependencies for FastAPI that give an endpoint the client of the request, https://fastapi.tiangolo.com.

The exception handler in the example is optional. Without it, the statuses 303 and 401 are the same, but the body of a
401 is FastAPI's ``{"detail": ...}``, also for people.

Examples:
    >>> app = FastAPI()
    >>> app.add_middleware(PodioSignIn, **options)
    >>> app.add_exception_handler(SignInFirst, sign_in_first)
    >>>
    >>> @app.get("/me")
    ... async def me(podio: SignedInPodio):
    ...     return await podio.get("/user/status")
"""

import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, HTTPException, Request, Response, WebSocketException
from fastapi.requests import HTTPConnection

from podio_web.client import Podio
from podio_web.errors import LoginRequired
from podio_web.web import asgi, messages
from podio_web.web.asgi import PodioSignIn, refusal
from podio_web.web.signed_out import REQUEST, SIGN_IN, response_to
from podio_web.web.starlette import response_of

__all__ = ["AnyPodio", "PodioSignIn", "SignInFirst", "SignedInPodio", "get_podio", "sign_in_first", "signed_in_podio"]


class SignInFirst(HTTPException):
    """Raised if an endpoint requires a signed-in user and nobody is signed in.

    Args:
        response: The response of ``sign_in_first``.
    """

    def __init__(self, response: messages.Response) -> None:
        text = response.body.decode()
        kind = dict(response.headers).get("Content-Type", "")
        detail = json.loads(text) if kind == "application/json" else "Nobody is signed in. Open this page to sign in."
        own = ("Content-Type", "Content-Length", "Content-Security-Policy")
        headers = {name: value for name, value in response.headers if name not in own}
        super().__init__(response.status, detail, headers)
        self.response = response


async def sign_in_first(request: Request, problem: Exception) -> Response:
    """Handle SignInFirst: people get a page, and scripts get JSON.

    Args:
        request: The request.
        problem: The SignInFirst exception.

    Returns:
        The response.

    Examples:
        >>> app.add_exception_handler(SignInFirst, sign_in_first)
    """
    assert isinstance(problem, SignInFirst)
    return response_of(problem.response)


async def get_podio(connection: HTTPConnection) -> Podio:
    """Return the client of a request or a WebSocket. It may be signed out.

    Args:
        connection: The request or the WebSocket.

    Returns:
        The client.

    Raises:
        RuntimeError: The application is not wrapped in PodioSignIn.

    Examples:
        >>> async def home(podio: Annotated[Podio, Depends(get_podio)]): ...
    """
    return asgi.get_podio(connection)


async def signed_in_podio(connection: HTTPConnection) -> AsyncIterator[Podio]:
    """Yield the client of a signed-in user.

    ``podio_web.web.signed_out`` describes the response to SignInFirst.

    Args:
        connection: The request or the WebSocket.

    Yields:
        The client.

    Raises:
        SignInFirst: Nobody is signed in, or the endpoint raised LoginRequired because the session has ended.
        WebSocketException: The same, for a WebSocket.
        RuntimeError: The application is not wrapped in PodioSignIn.

    Examples:
        >>> async def me(podio: Annotated[Podio, Depends(signed_in_podio)]): ...
        >>> router = APIRouter(dependencies=[Depends(signed_in_podio)])
    """
    scope = connection.scope
    response = await refusal(scope)
    if response is None:
        try:
            yield asgi.get_podio(scope)
        except LoginRequired as problem:
            response = response_to(problem, scope[SIGN_IN], scope[REQUEST])
        else:
            return
    if scope["type"] == "websocket":
        raise WebSocketException(1008, "Sign in first.")
    raise SignInFirst(response)


AnyPodio = Annotated[Podio, Depends(get_podio)]
"""The client of the request. It may be signed out."""

SignedInPodio = Annotated[Podio, Depends(signed_in_podio)]
"""The client of a signed-in user. Without one, the endpoint is not called."""
