"""``login_required`` and the client of the request for Flask, https://flask.palletsprojects.com.

The middleware is ``wsgi.PodioSignIn``: ``app.wsgi_app = PodioSignIn(app.wsgi_app, ...)``.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from flask import Response, current_app, request

from podio_web.errors import LoginRequired, StoreUnavailable
from podio_web.sync_client import SyncPodio
from podio_web.web import messages
from podio_web.web.signed_out import REQUEST, SIGN_IN, client_in, response_to
from podio_web.web.wsgi import refusal

_P = ParamSpec("_P")


def get_podio() -> SyncPodio:
    """Return the client of the current request. It may be signed out.

    Returns:
        The client.

    Raises:
        RuntimeError: The application is not wrapped in PodioSignIn, or there is no current request.

    Examples:
        >>> me = get_podio().get("/user/status")
    """
    podio: SyncPodio = client_in(request.environ)
    return podio


def login_required(view: Callable[_P, Any]) -> Callable[_P, Any]:
    """Require a signed-in user for a view.

    ``podio_web.web.signed_out`` describes the response for others. They also get it if the view raises LoginRequired,
    because the session has ended. If the view raises StoreUnavailable, the response is 503.

    Args:
        view: The view, ``def`` or ``async def``.

    Returns:
        The protected view.

    Examples:
        >>> @app.get("/me")
        ... @login_required
        ... def me():
        ...     return get_podio().get("/user/status")

        Protect all views of a blueprint:

        >>> @blueprint.before_request
        ... @login_required
        ... def check(): ...
    """

    @wraps(view)
    def protected(*args: _P.args, **kwargs: _P.kwargs) -> Any:
        try:
            response = refusal(request.environ)
            if response is None:
                return current_app.ensure_sync(view)(*args, **kwargs)
        except (LoginRequired, StoreUnavailable) as problem:
            response = response_to(problem, request.environ[SIGN_IN], request.environ[REQUEST])
        return _response_of(response)

    return protected


def _response_of(response: messages.Response) -> Response:
    return Response(response.body, response.status, response.headers)
