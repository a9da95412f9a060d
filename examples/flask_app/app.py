"""A web application whose people sign in with Podio, on Flask.

Three cases: nobody is signed in, a session is stored, and somebody has just come back with a code or an error.
"""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, make_response, redirect, render_template, request
from werkzeug.serving import WSGIRequestHandler
from werkzeug.wrappers import Response as AnyResponse

from podio_web import LoginRequired, PodioError, SQLiteStore, SyncPodio
from podio_web.web.wsgi import PodioSignIn

HERE = Path(__file__).parent
PORT = int(os.environ.get("PORT", "8000"))
BASE_URL = os.environ.get("BASE_URL", f"http://localhost:{PORT}")
# The path of the host below which a proxy has the application, such as "/tasks"; usually none.
ROOT = urlsplit(BASE_URL).path.rstrip("/")
APP_ID = int(os.environ.get("PODIO_APP_ID", "3001"))

app = Flask(__name__)
app.wsgi_app = sign_in = PodioSignIn(  # type: ignore[method-assign]
    app.wsgi_app,
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
def home() -> AnyResponse:
    """Show the latest items to who is signed in, and the way in to everybody else."""
    podio = client()
    if not podio.is_authenticated():
        return show("welcome.html", return_to="/")
    found = podio.post(f"/item/app/{APP_ID}/filter/", {"limit": 5, "sort_by": "last_edit_on", "sort_desc": True})
    return show("items.html", name=name_of(podio), items=found["items"])


@app.route("/items/<int:item_id>", methods=["GET", "POST"])
def item(item_id: int) -> AnyResponse:
    """Show one item's title, and change it."""
    podio = client()
    if not podio.is_authenticated():
        # After signing in the person comes back to this very item.
        return show("welcome.html", return_to=request.path)
    if request.method == "POST":
        podio.put(f"/item/{item_id}", {"fields": {"title": request.form.get("title", "")}})
        return redirect(f"{ROOT}/", 303)
    return show("item.html", name=name_of(podio), item=podio.get(f"/item/{item_id}"))


@app.errorhandler(LoginRequired)
def session_ended(problem: LoginRequired) -> AnyResponse:
    """Let the person sign in again: Podio does not renew their session any more."""
    return redirect(f"{ROOT}/", 303)


@app.errorhandler(PodioError)
def problem_page(problem: PodioError) -> AnyResponse:
    """Say that Podio refused something, or is away."""
    status = problem.status if problem.status in (403, 404) else 502
    text = problem.error_description or "Podio cannot be reached at the moment. Try again soon."
    return show("problem.html", status, text=text)


def client() -> SyncPodio:
    """Return the client of the person who sent this request."""
    podio: SyncPodio = request.environ["podio"]
    return podio


def name_of(podio: SyncPodio) -> str:
    """Return the name of the person who is signed in."""
    me = podio.get("/user/status")
    return str(me["profile"]["name"] or me["user"]["mail"])


def show(page: str, status: int = 200, **content: Any) -> Response:
    """Return a page; it is about one person, so nothing in between may keep it."""
    content |= {"root": ROOT, "sign_in": sign_in, "error": client().get_auth_error()}
    answer = make_response(render_template(page, **content), status)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Security-Policy"] = "default-src 'self'; frame-ancestors 'none'"
    return answer


class RequestHandler(WSGIRequestHandler):
    """Flask's development server, whose log leaves out the queries: the callback's holds a code."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write one line about a request."""
        self.log("info", '"%s %s" %s %s', self.command, self.path.partition("?")[0], code, size)


if __name__ == "__main__":
    app.run("localhost", PORT, request_handler=RequestHandler, threaded=True)
