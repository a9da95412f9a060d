"""A test client of a web application in which somebody is signed in: no browser, no network, no sandbox.

A session is put into the application's own store, and its signed cookie into the client. API calls are answered by what
the test scripts, if it gives the application a ``FakeTransport``.
"""

from __future__ import annotations

import secrets
import time
from typing import Any, TypeVar

from podio_web.oauth.token import Token
from podio_web.runtime.interpreter import is_awaitable
from podio_web.web.sign_in import SignIn

Client = TypeVar("Client")

# Where frameworks keep what is around them, or in them.
_LAYERS = ("app", "wsgi_app", "asgi_app", "middleware_stack")


def sign_in_client(client: Client, app: Any = None, *, user_id: int = 1001, token: Token | None = None) -> Client:
    """Sign a made-up person in to a web application, and return the test client.

    Args:
        client: Starlette's TestClient, Flask's ``app.test_client()``, or Django's ``Client``, AsyncClient included.
        app: The application, or its PodioSignIn. Not needed with Django.
        user_id: Whose session it is: ``sign_in.user`` returns ``{"type": "user", "id": user_id}``.
        token: A token of your own, such as one of the sandbox.

    Raises:
        ValueError: ``app`` has no PodioSignIn, or its store must be awaited.

    >>> client = sign_in_client(TestClient(app), app)
    >>> client.get("/items/4").status_code
    200
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
    """Put a session into the application's store; return the ``name`` and ``value`` of its cookie.

    Arguments and errors are those of ``sign_in_client``. For a browser, such as with Django's ``live_server``:

    >>> context.add_cookies([{**session_cookie(), "url": live_server.url}])
    """
    sign_in = sign_in_of(app)
    if token is None:
        token = Token("test-access-token", expires_at=time.time() + 3_600, ref={"type": "user", "id": user_id})
    session_id = secrets.token_urlsafe(32)
    _keep(sign_in, session_id, token)
    name, _, value = sign_in.session_cookie(session_id).partition(";")[0].partition("=")
    return {"name": name, "value": value}


def sign_in_of(app: Any = None) -> SignIn:
    """Return the PodioSignIn of an application; without one, the one of the Django project.

    Its ``transport`` may be replaced, so that a test answers the application's calls.

    Raises:
        ValueError: There is none.

    >>> monkeypatch.setattr(sign_in_of(app), "transport", transport)
    """
    if app is None:
        from podio_web.web.django_settings import get_sign_in

        return get_sign_in()
    if hasattr(app, "build_middleware_stack") and app.middleware_stack is None:
        # Starlette and FastAPI make what add_middleware() was given when the first request comes.
        app.middleware_stack = app.build_middleware_stack()
    waiting, seen = [app], set[int]()
    while waiting:
        layer = waiting.pop()
        if isinstance(layer, SignIn):
            return layer
        if id(layer) not in seen:
            seen.add(id(layer))
            waiting += [vars(layer)[name] for name in _LAYERS if name in getattr(layer, "__dict__", {})]
    raise ValueError("The application has no PodioSignIn that can be found. Give the PodioSignIn itself")


def _keep(sign_in: SignIn, session_id: str, token: Token) -> None:
    kept = sign_in.client_options(session_id)["session_store"].set(token, "server")
    if is_awaitable(kept):
        close = getattr(kept, "close", None)
        if close is not None:
            close()
        raise ValueError(
            "The application's store must be awaited, and a test client has no event loop. In tests give the "
            "application SQLiteStore(tmp_path / 'sessions.sqlite'), or RedisStore with a client that blocks"
        )
