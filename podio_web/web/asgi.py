"""Sign-in with Podio for ASGI applications: Starlette, FastAPI, Quart and others.

https://asgi.readthedocs.io/en/latest/specs/www.html
"""

import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from podio_web.client import Podio
from podio_web.errors import LoginRequired, StoreUnavailable
from podio_web.transports.httpx import HttpxTransport
from podio_web.web.fault_log import unavailable
from podio_web.web.hooks import Ref
from podio_web.web.messages import LONGEST_FORM, Request, Response, set_cookies
from podio_web.web.session_cookie import Visit
from podio_web.web.sign_in import SignIn
from podio_web.web.signed_out import CLIENT, REQUEST, SIGN_IN, client_in, response_to, sign_in_first

if TYPE_CHECKING:
    from podio_web.types import Transport

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# 1008 means policy violation (https://www.iana.org/assignments/websocket). Servers respond to the handshake with 403.
_CLOSE = {"type": "websocket.close", "code": 1008, "reason": "Sign in first."}


class PodioSignIn(SignIn):
    """ASGI middleware that gives each request and each WebSocket a ``Podio`` client.

    ``get_podio(request)`` returns the client, which can be used until the request ends. If
    ``await podio.is_authenticated()`` is False, nobody is signed in. Check ``podio.has_auth_error()`` before you
    redirect a user to the sign-in again.

    The client of a WebSocket can be used until the WebSocket closes. It is signed in only if the page that opened the
    WebSocket has the origin of ``redirect_uri``. Because the user may sign out in the meantime, the client reads the
    session store again before a request and in ``is_authenticated()``, at most once per second. A WebSocket at one of
    the middleware's own addresses is passed to the application.

    If the application raises StoreUnavailable before its response has started, the response is 503.

    The options are those of ``podio_web.web.sign_in.SignIn``. Hooks may be ``def`` or ``async def``. A hook with
    ``def`` that waits delays all requests.

    Args:
        app: The ASGI application.

    Raises:
        ValueError: An option is missing or invalid.

    Examples:
        >>> async def home(request):
        ...     podio = get_podio(request)
        ...     if not await podio.is_authenticated():
        ...         return RedirectResponse(app.login_url("/"))
        ...     me = await podio.get("/user/status")
        ...     return PlainTextResponse(me["profile"]["name"])
        >>> app = PodioSignIn(Starlette(routes=[Route("/", home)]), **options)
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to requests for the middleware's own addresses, and pass all others to the application."""
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["type"] != "http":
            await self.app(scope, receive, send)
        else:
            await self._http(scope, receive, send)

    @staticmethod
    async def user(scope: Scope) -> Ref:
        """Return the user of a request's session.

        This reads the session store and sends no request to Podio, so it does not notice that Podio has ended the
        session.

        Args:
            scope: The request's scope.

        Returns:
            The user, such as ``{"type": "user", "id": 1001}``. None if nobody is signed in, or if Podio did not name
            the user with the token.

        Examples:
            >>> await sign_in.user(request.scope)
            {'type': 'user', 'id': 1001}
        """
        podio: Podio = scope[CLIENT]
        return podio.token.ref if await podio.is_authenticated() and podio.token is not None else None

    def _default_transport(self) -> "Transport":
        return HttpxTransport()

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = _request(scope)
        if self.is_own(request):
            # Servers log the address after the response, and the callback's address contains the code.
            scope["query_string"] = b""
            response = await self.respond(replace(request, form=await _form(receive)) if request.has_form else request)
            await _send_response(response, send)
            return
        visit = self.visit(request)
        await self._call_app(scope, receive, _ResponseSender(send, visit), request)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = _request(scope)
        can_respond = "websocket.http.response" in (scope.get("extensions") or {})
        sender = _HandshakeSender(send, self.visit_by_websocket(request), can_respond)
        await self._call_app(scope, receive, sender, request)

    async def _call_app(self, scope: Scope, receive: Receive, sender: "_ResponseSender", request: Request) -> None:
        """Call the application with a client in its scope."""
        leave = self.addresses.enter(request)
        try:
            async with self._open(sender.visit.session_id) as podio:
                podio.set_auth_error(sender.visit.error)
                scope.update({CLIENT: podio, SIGN_IN: self, REQUEST: request})
                await self.app(scope, receive, sender.send)
        except StoreUnavailable as problem:
            await sender.replace(problem)
        finally:
            leave()

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the lifespan events to the application, and close the transport at the shutdown."""

        async def send_and_close(message: Message) -> None:
            if message["type"].startswith("lifespan.shutdown."):
                await self.transport.close()
            await send(message)

        await self.app(scope, receive, send_and_close)


class HasScope(Protocol):
    """A framework's request, which has the ASGI scope as ``scope``."""

    @property
    def scope(self) -> Mapping[str, Any]:
        """The scope."""


def get_podio(request: Scope | HasScope) -> Podio:
    """Return the client of a request or a WebSocket. It may be signed out.

    Args:
        request: The ASGI scope, or a request or WebSocket with an attribute ``scope``, such as Starlette's or Quart's.

    Returns:
        The client.

    Raises:
        RuntimeError: The application is not wrapped in PodioSignIn.

    Examples:
        >>> me = await get_podio(request).get("/user/status")
    """
    podio: Podio = client_in(request if isinstance(request, MutableMapping) else request.scope)
    return podio


async def refusal(scope: Scope) -> Response | None:
    """Return the response to a request that requires a signed-in user, or None if a user is signed in.

    Use this for a framework that has no module in ``podio_web.web``.

    Args:
        scope: The request's scope.

    Returns:
        The response, or None.

    Raises:
        RuntimeError: The application is not wrapped in PodioSignIn.
        StoreUnavailable: The session store failed.

    Examples:
        >>> response = await refusal(request.scope)
    """
    podio = get_podio(scope)
    if await podio.is_authenticated():
        return None
    return sign_in_first(scope[SIGN_IN], scope[REQUEST], podio.get_auth_error())


def login_required(app: App) -> App:
    """Require a signed-in user for an ASGI application, such as one that is mounted below a path.

    ``podio_web.web.signed_out`` describes the response for others. They also get it if the application raises
    LoginRequired before its response has started, because the session has ended. A WebSocket is closed with code 1008.

    Args:
        app: The application.

    Returns:
        The protected application.

    Examples:
        >>> routes = [Mount("/reports", login_required(reports))]
    """

    async def protected(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await app(scope, receive, send)
            return
        has_started = False

        async def send_and_note(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        response = await refusal(scope)
        try:
            if response is None:
                await app(scope, receive, send_and_note)
        except LoginRequired as problem:
            if has_started:
                raise
            response = response_to(problem, scope[SIGN_IN], scope[REQUEST])
        if response is not None:
            await (send(_CLOSE) if scope["type"] == "websocket" else _send_response(response, send))

    return protected


class _ResponseSender:
    """Sends the application's response with the visit's headers, or 503 if the session store is unavailable."""

    def __init__(self, send: Send, visit: Visit) -> None:
        self._send = send
        self.visit = visit
        self._has_started = False
        self._is_replaced = False

    async def send(self, message: Message) -> None:
        """Send a message of the application."""
        if self._is_replaced:
            return
        if message["type"] == "http.response.start":
            # Starlette sends a 500 response while it handles an unhandled exception, and then raises the exception.
            if message["status"] == 500 and isinstance(problem := sys.exc_info()[1], StoreUnavailable):
                await self.replace(problem)
                return
            if self.visit.headers or self.visit.renewal is not None:
                headers = list(message.get("headers", ()))
                message["headers"] = headers + _raw(self.visit.headers_for(_texts(headers)))
        self._has_started = True
        await self._send(message)

    async def replace(self, problem: StoreUnavailable) -> None:
        """Send a 503 response. Raise ``problem`` if the application's response has started."""
        if self._has_started:
            raise problem
        if not self._is_replaced:
            self._is_replaced = True
            await self._refuse(unavailable(problem))

    async def _refuse(self, response: Response) -> None:
        await _send_response(response, self._send)


class _HandshakeSender(_ResponseSender):
    """Sends the application's messages to a WebSocket. Cookies can be set only when it is accepted."""

    def __init__(self, send: Send, visit: Visit, can_respond: bool) -> None:
        super().__init__(send, visit)
        self._can_respond = can_respond

    async def send(self, message: Message) -> None:
        """Send a message of the application."""
        if message["type"] == "websocket.accept" and self.visit.renewal is not None:
            message["headers"] = [*message.get("headers", ()), *_raw(set_cookies(self.visit.renewal))]
        self._has_started = True
        await self._send(message)

    async def _refuse(self, response: Response) -> None:
        if self._can_respond:
            await _send_response(response, self._send, "websocket.http.response")
        else:
            # 1013 means try again later (https://www.iana.org/assignments/websocket). Servers respond with 403.
            await self._send({"type": "websocket.close", "code": 1013})


async def _send_response(response: Response, send: Send, kind: str = "http.response") -> None:
    await send({"type": f"{kind}.start", "status": response.status, "headers": _raw(response.headers)})
    await send({"type": f"{kind}.body", "body": response.body})


def _request(scope: Scope) -> Request:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        # HTTP/2 may send one Cookie header per cookie (RFC 9113 section 8.2.3).
        headers[name] = f"{headers[name]}; {value}" if name in headers else value
    query = scope["query_string"].decode("latin-1")
    # The handshake of a WebSocket is a GET, which is not in ASGI's scope.
    return Request(scope.get("method", "GET"), scope["path"], query, headers, scope.get("root_path", ""))


async def _form(receive: Receive) -> str:
    """Return the body of a form. It is empty if it is too large or the client has disconnected."""
    body = b""
    while len(body) <= LONGEST_FORM:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    return body.decode("latin-1") if len(body) <= LONGEST_FORM else ""


def _texts(headers: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[str, str]]:
    return ((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)


def _raw(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
