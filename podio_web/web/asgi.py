"""Sign-in with Podio for ASGI applications: Starlette, FastAPI, Quart and others.

https://asgi.readthedocs.io/en/latest/specs/www.html
"""

import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from podio_web.client import Podio
from podio_web.errors import LoginRequired, StoreUnavailable
from podio_web.transports.httpx import HttpxTransport
from podio_web.web.faults import unavailable
from podio_web.web.hooks import Ref
from podio_web.web.messages import LONGEST_FORM, Request, Response, set_cookies
from podio_web.web.session_cookie import Visit
from podio_web.web.sign_in import SignIn
from podio_web.web.signed_out import CLIENT, REQUEST, SIGN_IN, answer_to, client_in, sign_in_first

if TYPE_CHECKING:
    from podio_web.runtime.protocols import Transport

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# 1008: against the rules (https://www.iana.org/assignments/websocket). Servers answer the handshake with 403.
_CLOSE = {"type": "websocket.close", "code": 1008, "reason": "Sign in first."}


class PodioSignIn(SignIn):
    """ASGI middleware: a request's ``scope["podio"]`` is a ``Podio`` for the person who is signed in.

    It lives as long as the request. Nobody is signed in when ``await podio.is_authenticated()`` is False; look at
    ``podio.has_auth_error()`` first, before sending anybody to sign in again.

    A WebSocket has such a client too, for as long as it is open. The session counts if the page that opened it is of
    the origin of ``redirect_uri``. A person may sign out meanwhile: the client looks at the store again before a call,
    and so does ``is_authenticated()``, but not twice in a second. What has the path of the sign-in is passed on.

    If the application raises StoreUnavailable and has not begun to answer, the answer is 503.

    ``podio_web.web.sign_in.SignIn`` describes the options. Hooks may be ``def`` or ``async def``; a ``def`` that waits
    holds up all requests.

    >>> app = PodioSignIn(Starlette(routes=routes), client_id="my-app", ...)
    >>> async def home(request):
    ...     podio = request.scope["podio"]
    ...     if not await podio.is_authenticated():
    ...         return RedirectResponse(app.login_url("/"))
    ...     me = await podio.get("/user/status")
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the application answer."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._connect(scope, receive, send)
        elif scope["type"] != "http":
            await self.app(scope, receive, send)
        else:
            await self._answer(scope, receive, send)

    @staticmethod
    async def user(scope: Scope) -> Ref:
        """Return whom the request's session belongs to, such as ``{"type": "user", "id": 1001}``.

        None if nobody is signed in, or if Podio did not say with the token whose it is. This reads the session store
        and makes no call, so it does not notice that Podio has ended the session.

        >>> ref = await sign_in.user(request.scope)
        """
        podio: Podio = scope["podio"]
        return podio.token.ref if await podio.is_authenticated() and podio.token is not None else None

    def _default_transport(self) -> "Transport":
        return HttpxTransport()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = _request(scope)
        if self.is_own(request):
            # Servers log the address after the answer, and the callback's holds the code.
            scope["query_string"] = b""
            response = await self.respond(replace(request, form=await _form(receive)) if request.has_form else request)
            await _send_whole(response, send)
            return
        visit = self.visit(request)
        await self._pass_on(scope, receive, _Answer(send, visit), request)

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = _request(scope)
        can_answer = "websocket.http.response" in (scope.get("extensions") or {})
        answer = _Handshake(send, self.visit_by_websocket(request), can_answer)
        await self._pass_on(scope, receive, answer, request)

    async def _pass_on(self, scope: Scope, receive: Receive, answer: "_Answer", request: Request) -> None:
        """Let the application answer."""
        leave = self.addresses.enter(request)
        try:
            async with self._open(answer.visit.session_id) as podio:
                podio.set_auth_error(answer.visit.error)
                scope.update({CLIENT: podio, SIGN_IN: self, REQUEST: request})
                await self.app(scope, receive, answer.send)
        except StoreUnavailable as problem:
            await answer.replace(problem)
        finally:
            leave()

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the server's start and end on to the application, and close the connections at the end."""

        async def send_and_close(message: Message) -> None:
            if message["type"].startswith("lifespan.shutdown."):
                await self.transport.close()
            await send(message)

        await self.app(scope, receive, send_and_close)


async def refusal(scope: Scope) -> Response | None:
    """Return the answer to a request that somebody must be signed in for; None if somebody is.

    For frameworks without a module here. Raises RuntimeError without PodioSignIn, StoreUnavailable as ``Podio`` does.

    >>> answer = await refusal(request.scope)
    """
    podio: Podio = client_in(scope)
    if await podio.is_authenticated():
        return None
    return sign_in_first(scope[SIGN_IN], scope[REQUEST], podio.get_auth_error())


def login_required(app: App) -> App:
    """Let only those who are signed in into an ASGI application, such as one that is mounted below a path.

    ``podio_web.web.signed_out`` tells what the others get; a WebSocket is closed with the code 1008. A session that
    ends while the application works counts too, if it raises LoginRequired and has not begun to answer.

    >>> routes = [Mount("/reports", login_required(reports))]
    """

    async def protected(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await app(scope, receive, send)
            return
        has_begun = False

        async def send_and_note(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        answer = await refusal(scope)
        try:
            if answer is None:
                await app(scope, receive, send_and_note)
        except LoginRequired as problem:
            if has_begun:
                raise
            answer = answer_to(problem, scope[SIGN_IN], scope[REQUEST])
        if answer is not None:
            await (send(_CLOSE) if scope["type"] == "websocket" else _send_whole(answer, send))

    return protected


class _Answer:
    """The application's answer, with the visit's cookies; replaced by 503 if the session store is unavailable."""

    def __init__(self, send: Send, visit: Visit) -> None:
        self._send = send
        self.visit = visit
        self._has_begun = False
        self._is_replaced = False

    async def send(self, message: Message) -> None:
        """Pass a message of the application on."""
        if self._is_replaced:
            return
        if message["type"] == "http.response.start":
            # Starlette answers with 500 while it handles an exception that nobody else has handled, and raises it then.
            if message["status"] == 500 and isinstance(problem := sys.exc_info()[1], StoreUnavailable):
                await self.replace(problem)
                return
            if self.visit.headers or self.visit.renewal is not None:
                headers = list(message.get("headers", ()))
                message["headers"] = headers + _raw(self.visit.headers_for(_texts(headers)))
        self._has_begun = True
        await self._send(message)

    async def replace(self, problem: StoreUnavailable) -> None:
        """Answer with 503 instead of the application; raise ``problem`` if it has begun to answer."""
        if self._has_begun:
            raise problem
        if not self._is_replaced:
            self._is_replaced = True
            await self._refuse(unavailable(problem))

    async def _refuse(self, response: Response) -> None:
        await _send_whole(response, self._send)


class _Handshake(_Answer):
    """The application's answer to a WebSocket; only when it is accepted can cookies be set."""

    def __init__(self, send: Send, visit: Visit, can_answer: bool) -> None:
        super().__init__(send, visit)
        self._can_answer = can_answer

    async def send(self, message: Message) -> None:
        """Pass a message of the application on."""
        if message["type"] == "websocket.accept" and self.visit.renewal is not None:
            message["headers"] = [*message.get("headers", ()), *_raw(set_cookies(self.visit.renewal))]
        self._has_begun = True
        await self._send(message)

    async def _refuse(self, response: Response) -> None:
        if self._can_answer:
            await _send_whole(response, self._send, "websocket.http.response")
        else:
            # 1013: try again later (https://www.iana.org/assignments/websocket). Servers answer the handshake with 403.
            await self._send({"type": "websocket.close", "code": 1013})


async def _send_whole(response: Response, send: Send, kind: str = "http.response") -> None:
    await send({"type": f"{kind}.start", "status": response.status, "headers": _raw(response.headers)})
    await send({"type": f"{kind}.body", "body": response.body})


def _request(scope: Scope) -> Request:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        # HTTP/2 may send one Cookie header per cookie (RFC 9113 section 8.2.3).
        headers[name] = f"{headers[name]}; {value}" if name in headers else value
    query = scope["query_string"].decode("latin-1")
    # The handshake of a WebSocket is a GET, and ASGI does not say so.
    return Request(scope.get("method", "GET"), scope["path"], query, headers, scope.get("root_path", ""))


async def _form(receive: Receive) -> str:
    """Return the body of a form, or nothing if it is too long or the browser has gone."""
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
