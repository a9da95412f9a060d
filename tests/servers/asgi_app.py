"""A web application of these tests, for uvicorn's workers; environment variables say where everything is."""

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from podio_web import LoginRequired, PodioError, StoreUnavailable
from podio_web.web.asgi import PodioSignIn
from tests.servers.settings import sign_in_options


async def ping(request: Request) -> Response:
    """Answer without a look at anybody's session."""
    return JSONResponse("pong")


async def who(request: Request) -> Response:
    """Tell whose session it is, without a call."""
    return JSONResponse(await PodioSignIn.user(request.scope))


async def me(request: Request) -> Response:
    """Tell who is signed in, in Podio's words."""
    podio: Any = request.scope["podio"]
    try:
        status = await podio.get("/user/status")
    except (LoginRequired, StoreUnavailable):
        raise
    except PodioError as problem:
        return JSONResponse(type(problem).__name__, 502)
    return JSONResponse(status["user"]["user_id"])


async def session_ended(request: Request, problem: Exception) -> Response:
    """Nobody is signed in, or no longer."""
    return JSONResponse("nobody", 401)


app = PodioSignIn(
    Starlette(
        routes=[Route("/ping", ping), Route("/who", who), Route("/me", me)],
        exception_handlers={LoginRequired: session_ended},
    ),
    **sign_in_options(awaits=True),
)
