"""A web application whose people sign in with Podio, on Starlette.

Three cases: nobody is signed in, a session is stored, and somebody has just come back with a code or an error.
"""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from podio_web import LoginRequired, PodioError, SQLiteStore
from podio_web.web.asgi import PodioSignIn

HERE = Path(__file__).parent
PORT = int(os.environ.get("PORT", "8000"))
BASE_URL = os.environ.get("BASE_URL", f"http://localhost:{PORT}")
# The path of the host below which a proxy has the application, such as "/tasks"; usually none.
ROOT = urlsplit(BASE_URL).path.rstrip("/")
APP_ID = int(os.environ.get("PODIO_APP_ID", "3001"))

pages = Jinja2Templates(HERE / "templates")


async def home(request: Request) -> Response:
    """Show the latest items to who is signed in, and the way in to everybody else."""
    podio = request.scope["podio"]
    if not await podio.is_authenticated():
        return show(request, "welcome.html", return_to="/")
    found = await podio.post(f"/item/app/{APP_ID}/filter/", {"limit": 5, "sort_by": "last_edit_on", "sort_desc": True})
    return show(request, "items.html", name=await name_of(podio), items=found["items"])


async def item(request: Request) -> Response:
    """Show one item's title, and change it."""
    podio = request.scope["podio"]
    if not await podio.is_authenticated():
        # After signing in the person comes back to this very item.
        return show(request, "welcome.html", return_to=request.url.path)
    path = f"/item/{request.path_params['item_id']}"
    if request.method == "POST":
        form = dict(parse_qsl((await request.body()).decode(errors="replace")))
        await podio.put(path, {"fields": {"title": form.get("title", "")}})
        return RedirectResponse(f"{ROOT}/", 303)
    return show(request, "item.html", name=await name_of(podio), item=await podio.get(path))


async def session_ended(request: Request, problem: Exception) -> Response:
    """Let the person sign in again: Podio does not renew their session any more."""
    return RedirectResponse(f"{ROOT}/", 303)


async def problem_page(request: Request, problem: Exception) -> Response:
    """Say that Podio refused something, or is away."""
    assert isinstance(problem, PodioError)
    status = problem.status if problem.status in (403, 404) else 502
    text = problem.error_description or "Podio cannot be reached at the moment. Try again soon."
    return show(request, "problem.html", status, text=text)


async def name_of(podio: Any) -> str:
    """Return the name of the person who is signed in."""
    me = await podio.get("/user/status")
    return str(me["profile"]["name"] or me["user"]["mail"])


def show(request: Request, page: str, status: int = 200, **content: Any) -> Response:
    """Return a page; it is about one person, so nothing in between may keep it."""
    content |= {"root": ROOT, "sign_in": app, "error": request.scope["podio"].get_auth_error()}
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'"}
    return pages.TemplateResponse(request, page, content, status, headers)


app = PodioSignIn(
    Starlette(
        routes=[
            Route("/", home),
            Route("/items/{item_id:int}", item, methods=["GET", "POST"]),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ],
        exception_handlers={LoginRequired: session_ended, PodioError: problem_page},
    ),
    client_id=os.environ.get("PODIO_CLIENT_ID", "demo-client"),
    client_secret=os.environ.get("PODIO_CLIENT_SECRET", "demo-secret"),
    # A new key at each start ends everybody's session: set SECRET_KEY to keep them.
    secret_key=os.environ.get("SECRET_KEY") or secrets.token_hex(32),
    redirect_uri=BASE_URL + "/podio/callback",
    root_path=ROOT,
    store=SQLiteStore(os.environ.get("SESSIONS", HERE / "sessions.sqlite")),
    api_url=os.environ.get("PODIO_API_URL", "http://127.0.0.1:8001"),
)

if __name__ == "__main__":
    uvicorn.run(app, host="localhost", port=PORT)
