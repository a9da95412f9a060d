"""Sign-in with Podio for WSGI applications: Flask, Django, Bottle and others.

https://peps.python.org/pep-3333/
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from http import HTTPStatus
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

from podio_web.errors import LoginRequired, StoreUnavailable
from podio_web.runtime.blocking import blocking_transport
from podio_web.runtime.run_blocking import drive
from podio_web.sync_client import DrivenPodio, SyncPodio
from podio_web.web.faults import unavailable
from podio_web.web.hooks import Ref
from podio_web.web.messages import LONGEST_FORM, Request, Response
from podio_web.web.sign_in import SignIn
from podio_web.web.signed_out import CLIENT, REQUEST, SIGN_IN, answer_to, client_in, sign_in_first

if TYPE_CHECKING:
    from podio_web.runtime.protocols import Transport

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
App = Callable[[Environ, StartResponse], Iterable[bytes]]

# What tells a person from a script.
_ASKED_FOR = ("accept", "sec-fetch-mode", "x-requested-with")

# Where servers keep the address for their logs: PEP 3333's own name, and those that gunicorn and werkzeug add.
_ADDRESSES = {"QUERY_STRING": "", "REQUEST_URI": "", "RAW_URI": ""}


class PodioSignIn(SignIn):
    """WSGI middleware: a request's ``environ["podio"]`` is a ``SyncPodio`` for the person who is signed in.

    It lives as long as the request. Nobody is signed in when ``podio.is_authenticated()`` is False; look at
    ``podio.has_auth_error()`` first, before sending anybody to sign in again. If the application raises
    StoreUnavailable and has not begun to answer, the answer is 503; Flask and Django need an error handler for it.
    ``podio_web.web.sign_in.SignIn`` describes the options. Hooks are plain functions; ``on_signed_in`` gets a
    ``SyncPodio``.

    >>> app.wsgi_app = sign_in = PodioSignIn(app.wsgi_app, client_id="my-app", ...)
    >>> @app.get("/")
    ... def home():
    ...     podio = request.environ["podio"]
    ...     if not podio.is_authenticated():
    ...         return redirect(sign_in.login_url("/"))
    ...     me = podio.get("/user/status")
    """

    _client_type = DrivenPodio

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer, or let the application answer."""
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

        def replace_answer(problem: StoreUnavailable) -> list[bytes]:
            # PEP 3333: with the exception a server starts anew, or raises it if it has sent something already.
            return _start(unavailable(problem), start_response, *([sys.exc_info()] if has_started else []))

        try:
            return _Closing(self.app(environ, start_with_cookies), closing, replace_answer)
        except StoreUnavailable as problem:
            closing.close()
            return replace_answer(problem)
        except BaseException:
            closing.close()
            raise

    @staticmethod
    def user(environ: Environ) -> Ref:
        """Return whom the request's session belongs to, such as ``{"type": "user", "id": 1001}``.

        None if nobody is signed in, or if Podio did not say with the token whose it is. This reads the session store
        and makes no call, so it does not notice that Podio has ended the session.

        >>> ref = sign_in.user(request.environ)
        """
        podio: SyncPodio = environ["podio"]
        return podio.token.ref if podio.is_authenticated() and podio.token is not None else None

    def _default_transport(self) -> "Transport":
        return blocking_transport()

    def _check_hook(self, option: str, hook: object) -> None:
        super()._check_hook(option, hook)
        if iscoroutinefunction(hook):
            raise ValueError(f"{option} must be a plain function: WSGI cannot wait for a coroutine")

    async def _call(self, hook: Callable[..., object], *arguments: Any) -> None:
        hook(*arguments)

    async def _call_with_client(self, hook: Callable[..., object], session_id: str, ref: Ref) -> None:
        with SyncPodio(**self.client_options(session_id)) as podio:
            hook(podio, ref)


def hide_query(environ: Environ) -> None:
    """Remove the query from an environ: servers log the address after the answer, and the callback's holds the code.

    >>> hide_query(environ)
    """
    environ.update({name: text for name, text in _ADDRESSES.items() if name in environ})


def refusal(environ: Environ) -> Response | None:
    """Return the answer to a request that somebody must be signed in for; None if somebody is.

    For frameworks without a module here. Raises RuntimeError without PodioSignIn, StoreUnavailable as ``SyncPodio``
    does.

    >>> answer = refusal(request.environ)
    """
    podio: SyncPodio = client_in(environ)
    if podio.is_authenticated():
        return None
    return sign_in_first(environ[SIGN_IN], environ[REQUEST], podio.get_auth_error())


def login_required(app: App) -> App:
    """Let only those who are signed in into a WSGI application, such as one that is mounted below a path.

    ``podio_web.web.signed_out`` tells what the others get. A session that ends while the application works counts
    too, if it raises LoginRequired before it returns its answer.

    >>> app = DispatcherMiddleware(app, {"/reports": login_required(reports)})
    """

    def protected(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        answer = refusal(environ)
        if answer is not None:
            return _start(answer, start_response)
        has_started = False

        def start_and_note(*answer: Any) -> Any:
            nonlocal has_started
            has_started = True
            return start_response(*answer)

        try:
            return app(environ, start_and_note)
        except LoginRequired as problem:
            if has_started:
                raise
            return _start(answer_to(problem, environ[SIGN_IN], environ[REQUEST]), start_response)

    return protected


class _Closing:
    """The application's answer; when the server is done with it, what belongs to the request is closed too."""

    def __init__(
        self, body: Iterable[bytes], closing: ExitStack, replace_answer: Callable[[StoreUnavailable], list[bytes]]
    ) -> None:
        self._body = body
        self._closing = closing
        self._replace_answer = replace_answer

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._body
        except StoreUnavailable as problem:
            yield from self._replace_answer(problem)

    def close(self) -> None:
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            self._closing.close()


def _start(response: Response, start_response: StartResponse, *problem: Any) -> list[bytes]:
    start_response(f"{response.status} {HTTPStatus(response.status).phrase}", response.headers, *problem)
    return [response.body]


def _form(environ: Environ) -> str:
    """Return the body of a form, or nothing if its length is not told or too long."""
    length = environ.get("CONTENT_LENGTH") or ""
    if not (length.isdecimal() and length.isascii() and int(length) <= LONGEST_FORM):
        return ""
    body: bytes = environ["wsgi.input"].read(int(length))
    return body.decode("latin-1")


def _request(environ: Environ) -> Request:
    # PEP 3333: texts are bytes read as Latin-1, and PATH_INFO is decoded already.
    root_path, local = (
        environ.get(name, "").encode("latin-1").decode(errors="replace") for name in ("SCRIPT_NAME", "PATH_INFO")
    )
    named = {"cookie": "HTTP_COOKIE", "origin": "HTTP_ORIGIN", "sec-fetch-site": "HTTP_SEC_FETCH_SITE"}
    named |= {name: "HTTP_" + name.upper().replace("-", "_") for name in _ASKED_FOR}
    named["content-type"] = "CONTENT_TYPE"
    headers = {name: environ[key] for name, key in named.items() if key in environ}
    return Request(environ["REQUEST_METHOD"], root_path + local, environ.get("QUERY_STRING", ""), headers, root_path)
