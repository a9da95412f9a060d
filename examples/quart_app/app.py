"""A web application whose people sign in with Podio, on Quart.

Three cases: nobody is signed in, a session is stored, and somebody has just come back with a code or an error.
"""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from quart import Quart, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as Redirect

from podio_web import LoginRequired, PodioError, SQLiteStore
from podio_web.web.asgi import PodioSignIn
from podio_web.web.quart import get_podio, login_required

HERE = Path(__file__).parent
PORT = int(os.environ.get("PORT", "8000"))
BASE_URL = os.environ.get("BASE_URL", f"http://localhost:{PORT}")
# The path of the host below which a proxy has the application, such as "/tasks"; usually none.
ROOT = urlsplit(BASE_URL).path.rstrip("/")
APP_ID = int(os.environ.get("PODIO_APP_ID", "3001"))

app = Quart(__name__)
app.asgi_app = sign_in = PodioSignIn(  # type: ignore[assignment,method-assign]
    app.asgi_app,
    client_id=os.environ.get("PODIO_CLIENT_ID", "demo-client"),
    client_secret=os.environ.get("PODIO_CLIENT_SECRET", "demo-secret"),
    # A new key at each start ends everybody's session: set SECRET_KEY to keep them.
    secret_key=os.environ.get("SECRET_KEY") or secrets.token_hex(32),
    redirect_uri=BASE_URL + "/podio/callback",
    root_path=ROOT,
    store=SQLiteStore(os.environ.get("SESSIONS", HERE / "sessions.sqlite")),
    api_url=os.environ.get("PODIO_API_URL", "http://127.0.0.1:8001"),
)


@app.get("/")
async def home() -> Response:
    """Show the latest items to who is signed in, and the way in to everybody else."""
    podio = get_podio()
    if not await podio.is_authenticated():
        return await show("welcome.html", return_to="/")
    found = await podio.post(f"/item/app/{APP_ID}/filter/", {"limit": 5, "sort_by": "last_edit_on", "sort_desc": True})
    return await show("items.html", name=await name_of_person(), items=found["items"])


@app.get("/items/<int:item_id>")
async def item(item_id: int) -> Response:
    """Show one item's title."""
    podio = get_podio()
    if not await podio.is_authenticated():
        # After signing in the person comes back to this very item.
        return await show("welcome.html", return_to=request.path)
    return await show("item.html", name=await name_of_person(), item=await podio.get(f"/item/{item_id}"))


@app.post("/items/<int:item_id>")
@login_required
async def rename(item_id: int) -> Redirect:
    """Change one item's title; this is not called unless somebody is signed in."""
    form = await request.form
    await get_podio().put(f"/item/{item_id}", {"fields": {"title": form.get("title", "")}})
    return redirect(f"{ROOT}/", 303)


@app.errorhandler(LoginRequired)
async def session_ended(problem: LoginRequired) -> Redirect:
    """Let the person sign in again: Podio does not renew their session any more."""
    return redirect(f"{ROOT}/", 303)


@app.errorhandler(PodioError)
async def problem_page(problem: PodioError) -> Response:
    """Say that Podio refused something, or is away."""
    status = problem.status if problem.status in (403, 404) else 502
    text = problem.error_description or "Podio cannot be reached at the moment. Try again soon."
    return await show("problem.html", status, text=text)


async def name_of_person() -> str:
    """Return the name of the person who is signed in."""
    me = await get_podio().get("/user/status")
    return str(me["profile"]["name"] or me["user"]["mail"])


async def show(page: str, status: int = 200, **content: Any) -> Response:
    """Return a page; it is about one person, so nothing in between may keep it."""
    content |= {"root": ROOT, "sign_in": sign_in, "error": get_podio().get_auth_error()}
    answer: Response = await make_response(await render_template(page, **content), status)  # type: ignore[assignment]
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Security-Policy"] = "default-src 'self'; frame-ancestors 'none'"
    return answer


if __name__ == "__main__":
    uvicorn.run(app, host="localhost", port=PORT)
