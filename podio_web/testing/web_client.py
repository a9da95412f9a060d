"""Sign a test client in to a web application, without a browser, a network or a sandbox.

The session is written to the application's own store, and its signed cookie to the test client. To script the
responses to API calls, give the application a ``FakeTransport``.
"""

from __future__ import annotations

import secrets
import time
from typing import Any, TypeVar

from podio_web.oauth.token import Token
from podio_web.runtime.interpreter import is_awaitable
from podio_web.web.sign_in import SignIn

Client = TypeVar("Client")

# Attributes in which frameworks keep the application that they wrap, or their middleware.
_LAYERS = ("app", "wsgi_app", "asgi_app", "middleware_stack")


def sign_in_client(client: Client, app: Any = None, *, user_id: int = 1001, token: Token | None = None) -> Client:
    """Sign a made-up user in to a web application and return the test client.

    Args:
        client: Starlette's ``TestClient``, Flask's ``app.test_client()``, or Django's ``Client`` or ``AsyncClient``.
        app: The application, or its PodioSignIn. Not needed with Django.
        user_id: The user's ID. ``sign_in.user`` returns ``{"type": "user", "id": user_id}``.
        token: A token of your own, such as one that the sandbox issued.

    Raises:
        ValueError: No PodioSignIn was found in ``app``, or its store is asynchronous.

    Example::

        client = sign_in_client(TestClient(app), app)
        assert client.get("/items/4").status_code == 200
    """
    cookie = session_cookie(app, user_id=user_id, token=token)
    name, value = cookie["name"], cookie["value"]
    found: Any = client
    if hasattr(found, "set_cookie"):
        found.set_cookie(name, value)
    elif hasattr(found.cookies, "set"):
        found.cookies.set(name, value)
    else:
        found.cookies[name] = value
    return client


def session_cookie(app: Any = None, *, user_id: int = 1001, token: Token | None = None) -> dict[str, str]:
    """Write a session to the application's store and return the ``name`` and ``value`` of its cookie.

    Use it to sign a browser in, such as with Django's ``live_server``.

    Args:
        app: The application, or its PodioSignIn. Not needed with Django.
        user_id: The user's ID. ``sign_in.user`` returns ``{"type": "user", "id": user_id}``.
        token: A token of your own, such as one that the sandbox issued.

    Raises:
        ValueError: No PodioSignIn was found in ``app``, or its store is asynchronous.

    Example::

        context.add_cookies([{**session_cookie(), "url": live_server.url}])
    """
    sign_in = sign_in_of(app)
    if token is None:
        token = Token("test-access-token", expires_at=time.time() + 3_600, ref={"type": "user", "id": user_id})
    session_id = secrets.token_urlsafe(32)
    _keep(sign_in, session_id, token)
    name, _, value = sign_in.session_cookie(session_id).partition(";")[0].partition("=")
    return {"name": name, "value": value}


def sign_in_of(app: Any = None) -> SignIn:
    """Return the PodioSignIn of an application.

    A test may replace its ``transport`` to script the responses to API calls.

    Args:
        app: The application. None means the Django project.

    Raises:
        ValueError: No PodioSignIn was found.

    Example::

        monkeypatch.setattr(sign_in_of(app), "transport", transport)
    """
    if app is None:
        from podio_web.web.django_settings import get_sign_in

        return get_sign_in()
    if hasattr(app, "build_middleware_stack") and app.middleware_stack is None:
        # Starlette and FastAPI create the middleware of add_middleware() at the first request.
        app.middleware_stack = app.build_middleware_stack()
    waiting, seen = [app], set[int]()
    while waiting:
        layer = waiting.pop()
        if isinstance(layer, SignIn):
            return layer
        if id(layer) not in seen:
            seen.add(id(layer))
            waiting += [vars(layer)[name] for name in _LAYERS if name in getattr(layer, "__dict__", {})]
    raise ValueError("No PodioSignIn was found in the application. Pass the PodioSignIn itself.")


def _keep(sign_in: SignIn, session_id: str, token: Token) -> None:
    kept = sign_in.client_options(session_id)["session_store"].set(token, "server")
    if is_awaitable(kept):
        close = getattr(kept, "close", None)
        if close is not None:
            close()
        raise ValueError(
            "The application's store is asynchronous, but a test client has no event loop. In tests, use "
            "SQLiteStore(tmp_path / 'sessions.sqlite') or a RedisStore with a blocking client."
        )
