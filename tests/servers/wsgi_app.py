"""The same web application for gunicorn's workers, with Flask."""

from typing import Any

from flask import Flask, jsonify, request

from podio_web import LoginRequired, PodioError, StoreUnavailable
from podio_web.web.wsgi import PodioSignIn
from tests.servers.settings import sign_in_options

app = Flask(__name__)


@app.get("/ping")
def ping() -> Any:
    """Answer without a look at anybody's session."""
    return jsonify("pong")


@app.get("/who")
def who() -> Any:
    """Tell whose session it is, without a call."""
    return jsonify(PodioSignIn.user(request.environ))


@app.get("/me")
def me() -> Any:
    """Tell who is signed in, in Podio's words."""
    return jsonify(request.environ["podio"].get("/user/status")["user"]["user_id"])


@app.errorhandler(PodioError)
def problem_page(problem: PodioError) -> Any:
    """Podio refused, or is away."""
    if isinstance(problem, StoreUnavailable):
        return jsonify("store"), 503, {"Retry-After": str(problem.retry_after)}
    if isinstance(problem, LoginRequired):
        return jsonify("nobody"), 401
    return jsonify(type(problem).__name__), 502


app.wsgi_app = PodioSignIn(app.wsgi_app, **sign_in_options(awaits=False))  # type: ignore[method-assign]
