"""Dependencies that give a FastAPI application the client of the request, https://fastapi.tiangolo.com.

>>> app = FastAPI()
>>> app.add_middleware(PodioSignIn, client_id="my-app", ...)
>>> app.add_exception_handler(SignInFirst, sign_in_first)
>>>
>>> @app.get("/me")
... async def me(podio: SignedInPodio):
...     return await podio.get("/user/status")

The exception handler is optional. Without it, browsers and scripts get 303 and 401 just as well, but what is to be read
comes as FastAPI's ``{"detail": ...}``, for people too.
"""

import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, HTTPException, Request, Response, WebSocketException
from fastapi.requests import HTTPConnection

from podio_web.client import Podio
from podio_web.errors import LoginRequired
from podio_web.web import messages
from podio_web.web.asgi import PodioSignIn, refusal
from podio_web.web.signed_out import REQUEST, SIGN_IN, answer_to, client_in
from podio_web.web.starlette import response_of

__all__ = ["AnyPodio", "PodioSignIn", "SignInFirst", "SignedInPodio", "get_podio", "sign_in_first", "signed_in_podio"]


class SignInFirst(HTTPException):
    """Nobody is signed in, and the endpoint needs somebody. ``answer`` is what ``sign_in_first`` shows."""

    def __init__(self, answer: messages.Response) -> None:
        text = answer.body.decode()
        kind = dict(answer.headers).get("Content-Type", "")
        detail = json.loads(text) if kind == "application/json" else "Nobody is signed in. Open this page to sign in."
        own = ("Content-Type", "Content-Length", "Content-Security-Policy")
        headers = {name: value for name, value in answer.headers if name not in own}
        super().__init__(answer.status, detail, headers)
        self.answer = answer


async def sign_in_first(request: Request, problem: Exception) -> Response:
    """Answer for SignInFirst, as an exception handler: people get a page, and scripts JSON that is not wrapped.

    >>> app.add_exception_handler(SignInFirst, sign_in_first)
    """
    assert isinstance(problem, SignInFirst)
    return response_of(problem.answer)


async def get_podio(connection: HTTPConnection) -> Podio:
    """Return the client of the person who sent the request or opened the WebSocket, or of nobody.

    Raises RuntimeError without PodioSignIn.

    >>> async def home(podio: Annotated[Podio, Depends(get_podio)]): ...
    """
    podio: Podio = client_in(connection.scope)
    return podio


async def signed_in_podio(connection: HTTPConnection) -> AsyncIterator[Podio]:
    """Yield the client of the person who is signed in.

    If nobody is, raise SignInFirst, or WebSocketException in a WebSocket. A session that ends while the endpoint works
    counts too, if it raises LoginRequired. ``podio_web.web.signed_out`` tells what SignInFirst leads to.

    >>> async def me(podio: Annotated[Podio, Depends(signed_in_podio)]): ...
    >>> router = APIRouter(dependencies=[Depends(signed_in_podio)])
    """
    scope = connection.scope
    answer = await refusal(scope)
    if answer is None:
        try:
            yield client_in(scope)
        except LoginRequired as problem:
            answer = answer_to(problem, scope[SIGN_IN], scope[REQUEST])
        else:
            return
    if scope["type"] == "websocket":
        raise WebSocketException(1008, "Sign in first.")
    raise SignInFirst(answer)


AnyPodio = Annotated[Podio, Depends(get_podio)]
"""The client of the request, whether somebody is signed in or not."""

SignedInPodio = Annotated[Podio, Depends(signed_in_podio)]
"""The client of the person who is signed in; the endpoint is not called without one."""
