"""What the examples of web applications use: a request of a person who is signed in, in each framework."""

import contextlib
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import flask
import quart
from django.http import HttpResponse
from django.shortcuts import redirect as django_redirect
from django.test import RequestFactory
from django.views import View
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.routing import Mount, Route
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import create_environ
from werkzeug.wrappers import Request as WerkzeugRequest

from podio_web import Podio, SyncPodio
from podio_web.oauth.token import Token
from podio_web.web import asgi, django, messages, wsgi
from podio_web.web.cookies import SignedCookie
from podio_web.web.django_settings import get_sign_in
from podio_web.web.session_cookie import Visit
from podio_web.web.sign_in import SignIn
from podio_web.web.signed_out import CLIENT, REQUEST, SIGN_IN
from tests.unit import test_web_django  # noqa: F401 - it configures Django
from tests.unit.docstring_names.clients import with_items
from tests.unit.fake_podio import response
from tests.unit.web_support import SECRET_KEY, options

PAGE = messages.Request("GET", "/", "", {"accept": "text/html"})


def with_options(kind: Callable[..., Any], *arguments: Any) -> Any:
    """Return a sign-in middleware whose transport has the items of the examples."""
    return kind(*arguments, **options(transport=with_items()))


def signed_in(kind: type[Any], sign_in: SignIn, *, is_signed_in: bool = True) -> dict[str, Any]:
    """Return what the middleware adds to a request."""
    podio = kind(**sign_in.client_options(None))
    if is_signed_in:
        podio.set_access_token(response())
    return {CLIENT: podio, SIGN_IN: sign_in, REQUEST: PAGE}


def for_asgi(owner: str) -> dict[str, Any]:
    """Return what the examples for ASGI use, except those for Quart."""
    sign_in = with_options(asgi.PodioSignIn, None)
    is_signed_in = not owner.endswith("response_of")
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    return {
        "APIRouter": APIRouter,
        "FastAPI": FastAPI,
        "Mount": Mount,
        "PlainTextResponse": PlainTextResponse,
        "RedirectResponse": RedirectResponse,
        "Route": Route,
        "Starlette": Starlette,
        "app": FastAPI(),
        "reports": Starlette(),
        "request": StarletteRequest(scope | signed_in(Podio, sign_in, is_signed_in=is_signed_in)),
        "sign_in": sign_in,
    }


def for_wsgi() -> dict[str, Any]:
    """Return what the examples for WSGI use, except those for Flask."""
    app = flask.Flask("app")
    sign_in = with_options(wsgi.PodioSignIn, app.wsgi_app)
    return {
        "DispatcherMiddleware": DispatcherMiddleware,
        "app": app,
        "redirect": flask.redirect,
        "reports": flask.Flask("reports"),
        "request": WerkzeugRequest(create_environ() | signed_in(SyncPodio, sign_in)),
        "sign_in": sign_in,
    }


def for_flask(running: contextlib.ExitStack) -> dict[str, Any]:
    """Return an application of Flask, and enter a request to it."""
    app = flask.Flask("app")
    added = signed_in(SyncPodio, with_options(wsgi.PodioSignIn, app.wsgi_app))
    running.enter_context(app.test_request_context(environ_overrides=added))
    return {"app": app, "blueprint": flask.Blueprint("reports", "reports")}


def for_quart(wait: Callable[[Awaitable[Any]], Any], running: contextlib.ExitStack) -> dict[str, Any]:
    """Return an application of Quart, and enter a request to it."""
    app = quart.Quart("app")
    added = signed_in(Podio, with_options(asgi.PodioSignIn, app.asgi_app))
    context = app.test_request_context("/", scope_base=added)
    wait(context.push())
    running.callback(lambda: wait(context.pop(None)))
    return {"app": app, "blueprint": quart.Blueprint("reports", "reports")}


def for_django() -> dict[str, Any]:
    """Return a request to a Django project."""
    sign_in = get_sign_in()
    request: Any = RequestFactory().get("/", **{SIGN_IN: sign_in, REQUEST: PAGE})
    request.podio = SyncPodio(**sign_in.client_options(None) | {"transport": with_items()})
    request.apodio = Podio(**sign_in.client_options(None) | {"transport": with_items()})
    for podio in (request.podio, request.apodio):
        podio.set_access_token(response())
    return {
        "BASE_DIR": Path(),
        "HttpResponse": HttpResponse,
        "TEMPLATES": [{"OPTIONS": {"context_processors": []}}],
        "View": View,
        "podio": django.podio,
        "redirect": django_redirect,
        "request": request,
        "sign_in": sign_in,
        "visit": Visit("a1", None, []),
    }


def for_rules(owner: str) -> dict[str, Any]:
    """Return what the examples of the parts use that know neither ASGI nor WSGI."""
    transport = with_items()
    transport.answer("POST", "/oauth/grant/invalidate", status=204, times=None)
    given = for_asgi(owner)
    return {
        "PodioSignIn": asgi.PodioSignIn,
        "Podio": Podio,
        "app": None,
        "request": given["request"] if owner.endswith("client_in") else PAGE,
        "sign_in": asgi.PodioSignIn(None, **options(transport=transport)),
        "token": Token.from_response(response(), time.time()),
    }


def for_web(
    module: str, owner: str, wait: Callable[[Awaitable[Any]], Any], running: contextlib.ExitStack
) -> dict[str, Any]:
    """Return what the examples of ``podio_web.web`` use."""
    name = module.rpartition(".")[2]
    given = {"options": options(), "secret_key": SECRET_KEY, "SignedCookie": SignedCookie}
    if name == "flask":
        return given | for_flask(running)
    if name == "quart":
        return given | for_quart(wait, running)
    if name == "wsgi":
        return given | for_wsgi()
    if name.startswith("django"):
        return given | for_django()
    if name in ("asgi", "fastapi", "starlette"):
        return given | for_asgi(owner)
    return given | for_rules(owner)
