"""Sign-in with Podio for Django, under WSGI and ASGI: a middleware, a setting and ``login_required``.

It does not need ``django.contrib.auth`` or ``django.contrib.sessions``, and works together with them.

https://docs.djangoproject.com/en/stable/topics/http/middleware/

Examples:
    >>> MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "podio_web.web.django.PodioMiddleware", ...]
    >>>
    >>> PODIO = {
    ...     "CLIENT_ID": "my-app",
    ...     "CLIENT_SECRET": os.environ["PODIO_CLIENT_SECRET"],
    ...     "REDIRECT_URI": "https://example.com/podio/callback",
    ...     "STORE": SQLiteStore(BASE_DIR / "sessions.sqlite"),
    ... }
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import wraps
from typing import Any, TypeVar

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse

from podio_web.client import Podio
from podio_web.errors import LoginRequired, StoreUnavailable
from podio_web.runtime.run_blocking import drive
from podio_web.sync_client import SyncPodio
from podio_web.web import messages
from podio_web.web.django_settings import DjangoSignIn, get_sign_in
from podio_web.web.messages import LONGEST_FORM
from podio_web.web.session_cookie import Visit
from podio_web.web.signed_out import REQUEST, SIGN_IN, response_to, sign_in_first
from podio_web.web.wsgi import hide_query

__all__ = [
    "LoginRequiredMixin",
    "PodioMiddleware",
    "aget_podio",
    "get_podio",
    "get_sign_in",
    "login_required",
    "podio",
]

_ViewT = TypeVar("_ViewT", bound=Callable[..., Any])


class PodioMiddleware:
    """Django middleware that gives each request two clients.

    ``request.podio`` is a ``SyncPodio``, and ``request.apodio`` is a ``Podio`` for views with ``async def``. Both exist
    under WSGI and ASGI, and can be used until the request ends. ``get_podio(request)`` and ``aget_podio(request)``
    return the same clients, with their types.

    Put the middleware below SecurityMiddleware, and above middleware that sends responses of its own. Hooks are plain
    functions, and ``on_signed_in`` gets a ``SyncPodio``. Under ASGI, hooks run in a thread, so they may use Django's
    models.

    If a view raises LoginRequired, the response is the same as with ``login_required``. If it raises StoreUnavailable,
    the response is 503. ``get_sign_in`` describes the setting ``PODIO``.

    Raises:
        ImproperlyConfigured: The setting ``PODIO`` is missing or invalid.

    Examples:
        >>> MIDDLEWARE = [..., "podio_web.web.django.PodioMiddleware", ...]
        >>>
        >>> def home(request):
        ...     if not request.podio.is_authenticated():
        ...         return redirect(get_sign_in().login_url("/"))
        ...     me = request.podio.get("/user/status")
        ...     return HttpResponse(me["profile"]["name"])
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self._get_response = get_response
        # Called now, so that an invalid setting fails when the server starts.
        get_sign_in()
        self._is_async: bool = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        """Respond to requests for the middleware's own addresses, and pass all others to the view."""
        if self._is_async:
            return self._call_async(request)
        own = _read(request)
        if get_sign_in().is_own(own):
            return _response_of(_respond(request, own))
        visit, leave = _enter(request, own)
        try:
            return _finish(request, visit, self._get_response(request))
        finally:
            leave()

    async def _call_async(self, request: HttpRequest) -> HttpResponse:
        own = _read(request)
        if get_sign_in().is_own(own):
            return _response_of(await sync_to_async(_respond)(request, own))
        visit, leave = _enter(request, own)
        try:
            return _finish(request, visit, await self._get_response(request))
        finally:
            leave()

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        """Return the response if a view raised LoginRequired or StoreUnavailable."""
        if isinstance(problem, (LoginRequired, StoreUnavailable)):
            return _response_of(response_to(problem, request.META[SIGN_IN], request.META[REQUEST]))
        return None


def login_required(view: _ViewT) -> _ViewT:
    """Require a signed-in user for a view.

    ``podio_web.web.signed_out`` describes the response for others. For a class-based view, use LoginRequiredMixin. If
    the view is not asynchronous, ``method_decorator(login_required, name="dispatch")`` also works.

    Args:
        view: The view, ``def`` or ``async def``.

    Returns:
        The protected view.

    Examples:
        >>> @login_required
        ... def home(request):
        ...     me = request.podio.get("/user/status")
        ...     return HttpResponse(me["profile"]["name"])
    """
    if iscoroutinefunction(view):

        @wraps(view)
        async def protected_async(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            return await _refusal_async(request) or await view(request, *args, **kwargs)

        return protected_async  # type: ignore[return-value]

    @wraps(view)
    def protected(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return _refusal(request) or view(request, *args, **kwargs)

    return protected  # type: ignore[return-value]


class LoginRequiredMixin:
    """Requires a signed-in user for a class-based view. Put it first among the base classes.

    Examples:
        >>> class Home(LoginRequiredMixin, View):
        ...     def get(self, request):
        ...         me = request.podio.get("/user/status")
        ...         return HttpResponse(me["profile"]["name"])
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Call the view if a user is signed in."""
        dispatch = super().dispatch  # type: ignore[misc]
        if not self.view_is_async:  # type: ignore[attr-defined]
            return _refusal(request) or dispatch(request, *args, **kwargs)

        async def dispatch_async() -> Any:
            return await _refusal_async(request) or await dispatch(request, *args, **kwargs)

        return dispatch_async()


def get_podio(request: HttpRequest) -> SyncPodio:
    """Return the blocking client of a request. It may be signed out.

    Args:
        request: The request.

    Returns:
        The client, the same as ``request.podio``.

    Raises:
        RuntimeError: PodioMiddleware is not in ``MIDDLEWARE``.

    Examples:
        >>> me = get_podio(request).get("/user/status")
    """
    _sign_in_of(request)
    client: SyncPodio = request.podio
    return client


def aget_podio(request: HttpRequest) -> Podio:
    """Return the asynchronous client of a request. It may be signed out.

    Args:
        request: The request.

    Returns:
        The client, the same as ``request.apodio``.

    Raises:
        RuntimeError: PodioMiddleware is not in ``MIDDLEWARE``.

    Examples:
        >>> me = await aget_podio(request).get("/user/status")
    """
    _sign_in_of(request)
    client: Podio = request.apodio
    return client


def podio(request: HttpRequest) -> dict[str, Any]:
    """Return variables for templates. This is a context processor.

    Args:
        request: The request.

    Returns:
        ``podio_login_url``, which leads back to the current page; ``podio_logout_url``, for a form with the method
        POST; and ``podio_error``, the error of the last sign-in, or None.

    Examples:
        >>> TEMPLATES[0]["OPTIONS"]["context_processors"].append("podio_web.web.django.podio")
        >>> sorted(podio(request))
        ['podio_error', 'podio_login_url', 'podio_logout_url']
    """
    sign_in, own = _sign_in_of(request)
    return {
        "podio_login_url": sign_in.login_url(sign_in.addresses.current(own)),
        "podio_logout_url": sign_in.logout_url(),
        "podio_error": request.podio.get_auth_error(),
    }


def _read(request: HttpRequest) -> messages.Request:
    """Return the request for the sign-in. Django's path includes the prefix, also that of FORCE_SCRIPT_NAME."""
    root_path = request.path[: len(request.path) - len(request.path_info)]
    headers = {name.lower(): value for name, value in request.headers.items()}
    return messages.Request(
        request.method or "", request.path, request.META.get("QUERY_STRING", ""), headers, root_path
    )


def _respond(request: HttpRequest, own: messages.Request) -> messages.Response:
    """Return the response to a request for one of the middleware's own addresses."""
    hide_query(request.META)
    if hasattr(request, "scope"):
        request.scope["query_string"] = b""
    if own.has_form:
        body = request.read(LONGEST_FORM + 1)
        own = replace(own, form=body.decode("latin-1") if len(body) <= LONGEST_FORM else "")
    return drive(get_sign_in().respond(own))


def _enter(request: HttpRequest, own: messages.Request) -> tuple[Visit, Callable[[], object]]:
    """Give a request its clients. Return its visit, and a function to call at its end."""
    sign_in = get_sign_in()
    visit = sign_in.visit(own)
    request.podio = SyncPodio(**sign_in.client_options(visit.session_id))
    request.apodio = sign_in.async_client(visit.session_id)
    for client in (request.podio, request.apodio):
        client.set_auth_error(visit.error)
    request.META.update({SIGN_IN: sign_in, REQUEST: own})
    return visit, sign_in.addresses.enter(own)


def _finish(request: HttpRequest, visit: Visit, response: Any) -> Any:
    """Add the visit's headers, and close the clients, unless the response is still to be streamed."""
    if not response.streaming:
        request.podio.close()
        drive(request.apodio.aclose())
    return _with_headers(response, visit.headers_for(response.items()))


def _sign_in_of(request: HttpRequest) -> tuple[DjangoSignIn, messages.Request]:
    if SIGN_IN not in request.META:
        raise RuntimeError("This request has no Podio client. Add podio_web.web.django.PodioMiddleware to MIDDLEWARE.")
    return request.META[SIGN_IN], request.META[REQUEST]


def _refusal(request: HttpRequest) -> HttpResponse | None:
    sign_in, own = _sign_in_of(request)
    if request.podio.is_authenticated():
        return None
    return _response_of(sign_in_first(sign_in, own, request.podio.get_auth_error()))


async def _refusal_async(request: HttpRequest) -> HttpResponse | None:
    sign_in, own = _sign_in_of(request)
    if await request.apodio.is_authenticated():
        return None
    return _response_of(sign_in_first(sign_in, own, request.apodio.get_auth_error()))


def _response_of(response: messages.Response) -> HttpResponse:
    return _with_headers(HttpResponse(response.body, status=response.status), response.headers)


def _with_headers(response: Any, headers: list[tuple[str, str]]) -> Any:
    for name, value in headers:
        if name == "Set-Cookie":
            response.cookies.load(value)
        elif name == "Cache-Control":
            # Added to the view's own, such as no-cache. Django keeps one value.
            response.headers[name] = ", ".join(filter(None, [response.headers.get(name), value]))
        else:
            response.headers[name] = value
    return response
