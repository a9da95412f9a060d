"""Sign-in with Podio for Django, under WSGI and under ASGI: a middleware, a setting, ``login_required``.

>>> MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "podio_web.web.django.PodioMiddleware", ...]
>>> PODIO = {
...     "CLIENT_ID": "my-app",
...     "CLIENT_SECRET": os.environ["PODIO_CLIENT_SECRET"],
...     "REDIRECT_URI": "https://example.com/podio/callback",
...     "STORE": SQLiteStore(BASE_DIR / "sessions.sqlite"),
... }

Neither ``django.contrib.auth`` nor ``django.contrib.sessions`` is needed, and neither is in the way.

https://docs.djangoproject.com/en/stable/topics/http/middleware/
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import wraps
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse

from podio_web.errors import LoginRequired, StoreUnavailable
from podio_web.runtime.run_blocking import drive
from podio_web.sync_client import SyncPodio
from podio_web.web import messages
from podio_web.web.django_settings import get_sign_in
from podio_web.web.messages import LONGEST_FORM
from podio_web.web.session_cookie import Visit
from podio_web.web.signed_out import REQUEST, SIGN_IN, answer_to, sign_in_first
from podio_web.web.wsgi import hide_query

__all__ = ["LoginRequiredMixin", "PodioMiddleware", "get_sign_in", "login_required", "podio"]

View = Callable[..., Any]


class PodioMiddleware:
    """Django middleware: ``request.podio`` is a ``SyncPodio`` for the person who is signed in.

    For views with ``async def`` there is ``request.apodio``, a ``Podio``, as Django has ``request.user`` and
    ``request.auser()``. Both exist under WSGI and under ASGI, and live as long as the request.

    Put it high up: below SecurityMiddleware, and above what answers by itself. Hooks are plain functions with a
    ``SyncPodio``; under ASGI they run in a thread, so they may use Django's models.

    A view that raises LoginRequired is answered like one with ``login_required``, and StoreUnavailable with 503. The
    setting ``PODIO`` is described at ``get_sign_in``.

    >>> MIDDLEWARE = [..., "podio_web.web.django.PodioMiddleware", ...]
    >>> def home(request):
    ...     if not request.podio.is_authenticated():
    ...         return redirect(get_sign_in().login_url("/"))
    ...     me = request.podio.get("/user/status")
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self._get_response = get_response
        # At once, so that a wrong setting is heard of when the server starts.
        get_sign_in()
        self._is_async: bool = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        """Answer, or let the view answer."""
        if self._is_async:
            return self._answer_async(request)
        own = _read(request)
        if get_sign_in().is_own(own):
            return _response_of(_respond(request, own))
        visit, leave = _enter(request, own)
        try:
            return _finish(request, visit, self._get_response(request))
        finally:
            leave()

    async def _answer_async(self, request: HttpRequest) -> HttpResponse:
        own = _read(request)
        if get_sign_in().is_own(own):
            return _response_of(await sync_to_async(_respond)(request, own))
        visit, leave = _enter(request, own)
        try:
            return _finish(request, visit, await self._get_response(request))
        finally:
            leave()

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        """Answer for a view whose session has ended, or whose session store is unavailable."""
        if isinstance(problem, (LoginRequired, StoreUnavailable)):
            return _response_of(answer_to(problem, request.META[SIGN_IN], request.META[REQUEST]))
        return None


def login_required(view: View) -> View:
    """Let only those who are signed in come to a view, ``def`` or ``async def``.

    ``podio_web.web.signed_out`` tells what the others get. For a class there are LoginRequiredMixin and
    ``method_decorator(login_required, name="dispatch")``; the latter for classes with plain methods only.

    >>> @login_required
    ... def home(request):
    ...     me = request.podio.get("/user/status")
    """
    if iscoroutinefunction(view):

        @wraps(view)
        async def protected_async(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            return await _refusal_async(request) or await view(request, *args, **kwargs)

        return protected_async

    @wraps(view)
    def protected(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return _refusal(request) or view(request, *args, **kwargs)

    return protected


class LoginRequiredMixin:
    """Lets only those who are signed in come to a class-based view; it stands first among the bases.

    >>> class Home(LoginRequiredMixin, View):
    ...     def get(self, request): ...
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Answer, or let the view answer."""
        dispatch = super().dispatch  # type: ignore[misc]
        if not self.view_is_async:  # type: ignore[attr-defined]
            return _refusal(request) or dispatch(request, *args, **kwargs)

        async def answer() -> Any:
            return await _refusal_async(request) or await dispatch(request, *args, **kwargs)

        return answer()


def podio(request: HttpRequest) -> dict[str, Any]:
    """Return what templates need, as a context processor.

    ``podio_login_url`` leads back to the page that is shown, ``podio_logout_url`` is for a form that posts, and
    ``podio_error`` is why a sign-in has just failed, or None.

    >>> TEMPLATES = [{..., "OPTIONS": {"context_processors": ["podio_web.web.django.podio"]}}]
    """
    sign_in, own = _held(request)
    return {
        "podio_login_url": sign_in.login_url(sign_in.addresses.current(own)),
        "podio_logout_url": sign_in.logout_url(),
        "podio_error": request.podio.get_auth_error(),
    }


def _read(request: HttpRequest) -> messages.Request:
    """Return what the sign-in looks at. Django knows the prefix already, FORCE_SCRIPT_NAME included."""
    root_path = request.path[: len(request.path) - len(request.path_info)]
    headers = {name.lower(): value for name, value in request.headers.items()}
    return messages.Request(
        request.method or "", request.path, request.META.get("QUERY_STRING", ""), headers, root_path
    )


def _respond(request: HttpRequest, own: messages.Request) -> messages.Response:
    """Answer a request for one of the sign-in's own addresses."""
    hide_query(request.META)
    if hasattr(request, "scope"):
        request.scope["query_string"] = b""
    if own.has_form:
        body = request.read(LONGEST_FORM + 1)
        own = replace(own, form=body.decode("latin-1") if len(body) <= LONGEST_FORM else "")
    return drive(get_sign_in().respond(own))


def _enter(request: HttpRequest, own: messages.Request) -> tuple[Visit, Callable[[], object]]:
    """Give a request its clients; return what to do at its end."""
    sign_in = get_sign_in()
    visit = sign_in.visit(own)
    request.podio = SyncPodio(**sign_in.client_options(visit.session_id))
    request.apodio = sign_in.async_client(visit.session_id)
    for client in (request.podio, request.apodio):
        client.set_auth_error(visit.error)
    request.META.update({SIGN_IN: sign_in, REQUEST: own})
    return visit, sign_in.addresses.enter(own)


def _finish(request: HttpRequest, visit: Visit, response: Any) -> Any:
    """Add the visit's headers, and end the clients, unless the view is still to write its answer."""
    if not response.streaming:
        request.podio.close()
        drive(request.apodio.aclose())
    return _with_headers(response, visit.headers_for(response.items()))


def _held(request: HttpRequest) -> Any:
    if SIGN_IN not in request.META:
        raise RuntimeError(
            "There is no Podio client in this request. Add podio_web.web.django.PodioMiddleware to MIDDLEWARE"
        )
    return request.META[SIGN_IN], request.META[REQUEST]


def _refusal(request: HttpRequest) -> HttpResponse | None:
    sign_in, own = _held(request)
    if request.podio.is_authenticated():
        return None
    return _response_of(sign_in_first(sign_in, own, request.podio.get_auth_error()))


async def _refusal_async(request: HttpRequest) -> HttpResponse | None:
    sign_in, own = _held(request)
    if await request.apodio.is_authenticated():
        return None
    return _response_of(sign_in_first(sign_in, own, request.apodio.get_auth_error()))


def _response_of(answer: messages.Response) -> HttpResponse:
    return _with_headers(HttpResponse(answer.body, status=answer.status), answer.headers)


def _with_headers(response: Any, headers: list[tuple[str, str]]) -> Any:
    for name, value in headers:
        if name == "Set-Cookie":
            response.cookies.load(value)
        else:
            response.headers[name] = value
    return response
