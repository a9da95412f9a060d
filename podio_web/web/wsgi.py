"""Sign-in with Podio for WSGI applications: Flask, Django, Bottle and others.

https://peps.python.org/pep-3333/
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from http import HTTPStatus
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from podio_web.errors import LoginRequired, StoreUnavailable
from podio_web.runtime.blocking import blocking_transport
from podio_web.runtime.run_blocking import drive
from podio_web.sync_client import DrivenPodio, SyncPodio
from podio_web.web.fault_log import unavailable
from podio_web.web.hooks import Ref
from podio_web.web.messages import LONGEST_FORM, Request, Response
from podio_web.web.sign_in import SignIn
from podio_web.web.signed_out import CLIENT, REQUEST, SIGN_IN, client_in, response_to, sign_in_first

if TYPE_CHECKING:
    from podio_web.types import Transport

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
App = Callable[[Environ, StartResponse], Iterable[bytes]]
_ProblemT = TypeVar("_ProblemT", LoginRequired, StoreUnavailable)

# The headers that tell a user from a script.
_ASKED_FOR = ("accept", "sec-fetch-mode", "x-requested-with")

# The variables with the address that servers log: PEP 3333's, and those of gunicorn and werkzeug.
_ADDRESSES = {"QUERY_STRING": "", "REQUEST_URI": "", "RAW_URI": ""}


class PodioSignIn(SignIn):
    """WSGI middleware that gives each request a ``SyncPodio`` client.

    ``get_podio(request)`` returns the client, which can be used until the request ends. If
    ``podio.is_authenticated()`` is False, nobody is signed in. Check ``podio.has_auth_error()`` before you redirect a
    user to the sign-in again.

    If the application raises StoreUnavailable before its response has started, the response is 503. Flask and Django
    need an error handler for it.

    The options are those of ``podio_web.web.sign_in.SignIn``. Hooks are plain functions, and ``on_signed_in`` gets
    a ``SyncPodio``.

    Args:
        app: The WSGI application.

    Raises:
        ValueError: An option is missing or invalid.

    Examples:
        >>> app.wsgi_app = sign_in = PodioSignIn(app.wsgi_app, **options)
        >>> @app.get("/")
        ... def home():
        ...     podio = get_podio(request)
        ...     if not podio.is_authenticated():
        ...         return redirect(sign_in.login_url("/"))
        ...     me = podio.get("/user/status")
        ...     return me["profile"]["name"]
    """

    _client_type = DrivenPodio

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Respond to requests for the middleware's own addresses, and pass all others to the application."""
        request = _request(environ)
        if self.is_own(request):
            hide_query(environ)
            response = drive(self.respond(replace(request, form=_form(environ)) if request.has_form else request))
            return _start(response, start_response)
        visit = self.visit(request)

        has_started = False

        def start_with_cookies(status: str, headers: list[tuple[str, str]], *problem: Any) -> Any:
            nonlocal has_started
            has_started = True
            return start_response(status, [*headers, *visit.headers_for(headers)], *problem)

        podio = SyncPodio(**self.client_options(visit.session_id))
        environ.update({CLIENT: podio, SIGN_IN: self, REQUEST: request})
        podio.set_auth_error(visit.error)
        closing = ExitStack()
        closing.callback(podio.close)
        closing.callback(self.addresses.enter(request))

        def replace_response(problem: StoreUnavailable) -> list[bytes]:
            # PEP 3333: given an exception, the server replaces the headers, or raises it if they have been sent.
            return _start(unavailable(problem), start_response, *([sys.exc_info()] if has_started else []))

        try:
            body = self.app(environ, start_with_cookies)
            return _Replaceable(body, StoreUnavailable, replace_response, closing.close)
        except StoreUnavailable as problem:
            closing.close()
            return replace_response(problem)
        except BaseException:
            closing.close()
            raise

    @staticmethod
    def user(environ: Environ) -> Ref:
        """Return the user of a request's session.

        This reads the session store and sends no request to Podio, so it does not notice that Podio has ended the
        session.

        Args:
            environ: The request's environ.

        Returns:
            The user, such as ``{"type": "user", "id": 1001}``. None if nobody is signed in, or if Podio did not name
            the user with the token.

        Examples:
            >>> sign_in.user(request.environ)
            {'type': 'user', 'id': 1001}
        """
        podio: SyncPodio = environ[CLIENT]
        return podio.token.ref if podio.is_authenticated() and podio.token is not None else None

    def _default_transport(self) -> "Transport":
        return blocking_transport()

    def _check_hook(self, option: str, hook: object) -> None:
        super()._check_hook(option, hook)
        if iscoroutinefunction(hook):
            raise ValueError(f"{option} must be a plain function with def, because WSGI cannot await coroutines.")

    async def _call(self, hook: Callable[..., object], *arguments: Any) -> None:
        hook(*arguments)

    async def _call_with_client(self, hook: Callable[..., object], session_id: str, ref: Ref) -> None:
        with SyncPodio(**self.client_options(session_id)) as podio:
            hook(podio, ref)


class HasEnviron(Protocol):
    """A framework's request, which has the WSGI environ as ``environ``."""

    @property
    def environ(self) -> Environ:
        """The environ."""


def get_podio(request: Environ | HasEnviron) -> SyncPodio:
    """Return the client of a request. It may be signed out.

    Args:
        request: The WSGI environ, or a request with an attribute ``environ``, such as Flask's, Werkzeug's or Bottle's.

    Returns:
        The client.

    Raises:
        RuntimeError: The application is not wrapped in PodioSignIn.

    Examples:
        >>> me = get_podio(request).get("/user/status")
    """
    podio: SyncPodio = client_in(request if isinstance(request, dict) else request.environ)
    return podio


def hide_query(environ: Environ) -> None:
    """Remove the query from an environ.

    Servers log the address after the response, and the callback's address contains the code.

    Args:
        environ: The environ to change.

    Examples:
        >>> environ = {"QUERY_STRING": "code=a1b2c3", "REQUEST_URI": "/podio/callback?code=a1b2c3"}
        >>> hide_query(environ)
        >>> environ
        {'QUERY_STRING': '', 'REQUEST_URI': ''}
    """
    environ.update({name: text for name, text in _ADDRESSES.items() if name in environ})


def refusal(environ: Environ) -> Response | None:
    """Return the response to a request that requires a signed-in user, or None if a user is signed in.

    Use this for a framework that has no module in ``podio_web.web``.

    Args:
        environ: The request's environ.

    Returns:
        The response, or None.

    Raises:
        RuntimeError: The application is not wrapped in PodioSignIn.
        StoreUnavailable: The session store failed.

    Examples:
        >>> response = refusal(request.environ)
    """
    podio = get_podio(environ)
    if podio.is_authenticated():
        return None
    return sign_in_first(environ[SIGN_IN], environ[REQUEST], podio.get_auth_error())


def login_required(app: App) -> App:
    """Require a signed-in user for a WSGI application, such as one that is mounted below a path.

    ``podio_web.web.signed_out`` describes the response for others. They also get it if the application raises
    LoginRequired before its response has started, because the session has ended.

    Args:
        app: The application.

    Returns:
        The protected application.

    Examples:
        >>> app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/reports": login_required(reports)})
    """

    def protected(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        response = refusal(environ)
        if response is not None:
            return _start(response, start_response)
        has_started = False

        def start_and_note(*arguments: Any) -> Any:
            nonlocal has_started
            has_started = True
            return start_response(*arguments)

        def sign_in_instead(problem: LoginRequired) -> list[bytes]:
            if has_started:
                raise problem
            return _start(response_to(problem, environ[SIGN_IN], environ[REQUEST]), start_response)

        try:
            return _Replaceable(app(environ, start_and_note), LoginRequired, sign_in_instead)
        except LoginRequired as problem:
            return sign_in_instead(problem)

    return protected


class _Replaceable(Generic[_ProblemT]):
    """The application's response, which another one may replace if a generator raises ``kind`` later."""

    def __init__(
        self,
        body: Iterable[bytes],
        kind: type[_ProblemT],
        replace_response: Callable[[_ProblemT], list[bytes]],
        close: Callable[[], object] = lambda: None,
    ) -> None:
        self._body = body
        self._kind: type[_ProblemT] = kind
        self._replace_response: Callable[[_ProblemT], list[bytes]] = replace_response
        self._close = close

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._body
        except self._kind as problem:
            yield from self._replace_response(problem)

    def close(self) -> None:
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            self._close()


def _start(response: Response, start_response: StartResponse, *problem: Any) -> list[bytes]:
    start_response(f"{response.status} {HTTPStatus(response.status).phrase}", response.headers, *problem)
    return [response.body]


def _form(environ: Environ) -> str:
    """Return the body of a form. It is empty if the length is unknown or too large."""
    length = environ.get("CONTENT_LENGTH") or ""
    if not (length.isdecimal() and length.isascii() and int(length) <= LONGEST_FORM):
        return ""
    body: bytes = environ["wsgi.input"].read(int(length))
    return body.decode("latin-1")


def _request(environ: Environ) -> Request:
    # PEP 3333: texts are bytes decoded as Latin-1, and PATH_INFO is percent-decoded already.
    root_path, local = (
        environ.get(name, "").encode("latin-1").decode(errors="replace") for name in ("SCRIPT_NAME", "PATH_INFO")
    )
    named = {"cookie": "HTTP_COOKIE", "origin": "HTTP_ORIGIN", "sec-fetch-site": "HTTP_SEC_FETCH_SITE"}
    named |= {name: "HTTP_" + name.upper().replace("-", "_") for name in _ASKED_FOR}
    named["content-type"] = "CONTENT_TYPE"
    headers = {name: environ[key] for name, key in named.items() if key in environ}
    return Request(environ["REQUEST_METHOD"], root_path + local, environ.get("QUERY_STRING", ""), headers, root_path)
