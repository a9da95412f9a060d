"""``login_required`` and the client of the request for Flask, https://flask.palletsprojects.com.

The middleware is ``wsgi.PodioSignIn``: ``app.wsgi_app = PodioSignIn(app.wsgi_app, ...)``.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, current_app, request

from podio_web.errors import LoginRequired, StoreUnavailable
from podio_web.sync_client import SyncPodio
from podio_web.web import messages
from podio_web.web.signed_out import REQUEST, SIGN_IN, answer_to, client_in
from podio_web.web.wsgi import refusal


def get_podio() -> SyncPodio:
    """Return the client of the person who sent the current request, or of nobody.

    Raises RuntimeError without PodioSignIn, or outside of a request.

    >>> me = get_podio().get("/user/status")
    """
    podio: SyncPodio = client_in(request.environ)
    return podio


def login_required(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let only those who are signed in come to a view, ``def`` or ``async def``.

    A session that ends while it works counts too, if it raises LoginRequired. If it raises StoreUnavailable, the answer
    is 503. ``podio_web.web.signed_out`` tells what those who are not signed in get.

    >>> @app.get("/me")
    ... @login_required
    ... def me():
    ...     return get_podio().get("/user/status")

    All views of a blueprint:

    >>> @blueprint.before_request
    ... @login_required
    ... def check(): ...
    """

    @wraps(view)
    def protected(*args: Any, **kwargs: Any) -> Any:
        try:
            answer = refusal(request.environ)
            if answer is None:
                return current_app.ensure_sync(view)(*args, **kwargs)
        except (LoginRequired, StoreUnavailable) as problem:
            answer = answer_to(problem, request.environ[SIGN_IN], request.environ[REQUEST])
        return _response_of(answer)

    return protected


def _response_of(answer: messages.Response) -> Response:
    return Response(answer.body, answer.status, answer.headers)
