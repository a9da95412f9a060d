"""The sandbox as an ASGI application. The API, the sign-in pages and the control interface share one origin."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from . import apps, authorize, comments, control, filters, items, orgs, search, tokens, uploads, users
from .caller import Identity, identify
from .cors import cors_headers, is_preflight
from .faults import Fault
from .languages import language_of, translated
from .refusals import Refusal, no_body, no_control, not_imitated, rate_limited, unauthorized, unexpected
from .routing import Call, Empty, Operation, Operations
from .validation import invalid, parse_json
from .world import Entry, World

# Limit of the request body in bytes. The sandbox does not store files.
MAX_BODY = 5_000_000
ABORT = "podio_web.abort"
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_SECRETS = {"oauth_token", "access_token", "refresh_token", "client_secret", "code", "password", "app_token"}
_PAGE = "/oauth/authorize"
API_TABLES = (
    *(tokens.table, users.table, orgs.table, apps.table, items.table, filters.table, search.table),
    *(comments.table, uploads.table),
)
"""All operations of the API. Those of the control interface are in ``control.table``."""

logger: logging.Logger = logging.getLogger("podio_web.sandbox")


class _Gone(Exception):
    """The client has closed the connection."""


@dataclass
class _Request:
    """The parts of an HTTP request."""

    method: str
    raw_path: str
    path: str
    query_string: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = b""
    # The language of error texts.
    language: str = "en"

    @property
    def is_page(self) -> bool:
        return self.path.rstrip("/") == _PAGE

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def create_app(world: World, *, with_control: bool = False) -> ASGIApp:
    """Return the ASGI application of a sandbox.

    Args:
        world: The sandbox's state.
        with_control: Whether to turn on the control interface under ``/sandbox``.

    Examples:
        >>> app = create_app(World(), with_control=True)
    """
    api = _Api(world, Operations([*API_TABLES, control.table] if with_control else API_TABLES))
    app = Starlette()
    # All paths go through one table of operations, so that every 404 has Podio's error body.
    app.router.default = api
    return app


class _Api:
    def __init__(self, world: World, operations: Operations) -> None:
        self._world = world
        self._operations = operations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        started = time.perf_counter()
        request = _request(scope)
        is_control = self._may_control(request)
        entry = None
        caller: Identity | Refusal = unauthorized("invalid_request")
        if not is_control and not (request.is_page and request.method != "GET"):
            entry = self._note(request)
        if not is_control and not request.is_page:
            caller = identify(
                self._world.store,
                request.headers.get("authorization"),
                request.query.get("oauth_token"),
                self._world.clock.now(),
            )
        if not is_control:
            request.language = self._language(request, caller)
        if entry is not None and isinstance(caller, Identity):
            entry.user_id, entry.token_index = caller.user_id, caller.token_number
        if isinstance(caller, Identity) and not caller.valid:
            caller = unauthorized("expired_token")
        fault = None if is_control or request.is_page else self._world.faults.take(request.method, request.path)
        try:
            await _read_body(request, receive)
            await self._deliver(request, caller, fault, entry, _Line(scope, receive, send))
        except _Gone:
            return
        except Refusal as refusal:
            # The body could not be read.
            response = _error(self._world, request, refusal)
            self._finish(request, response, entry, with_cors=True)
            await response(scope, receive, send)
        if not is_control:
            took = (time.perf_counter() - started) * 1000
            status = "-" if entry is None or entry.status is None else entry.status
            logger.info("%s %s %s %.1f ms", request.method, request.raw_path, status, took)

    def _language(self, request: _Request, caller: Identity | Refusal) -> str:
        """Return the language of error texts: that of the settings, the user's, or that of ``Accept-Language``."""
        chosen = self._world.settings.error_language
        if chosen != "person":
            return chosen
        if isinstance(caller, Identity) and caller.user_id is not None:
            row = self._world.store.one("SELECT locale FROM person WHERE user_id = ?", caller.user_id)
            return language_of(None if row is None else row["locale"]) or "en"
        return language_of(request.headers.get("accept-language")) or "en"

    def _may_control(self, request: _Request) -> bool:
        first = request.raw_path[1:].partition("/")[0]
        return first == "sandbox" and self._operations.find("GET", "/sandbox/settings") is not None

    def _note(self, request: _Request) -> Entry:
        path = request.path if request.path.isprintable() else request.raw_path
        shown = _without_secrets(request.query_string)
        return self._world.journal.arrive(request.method, path, shown, self._world.clock.now())

    async def _deliver(
        self, request: _Request, caller: Identity | Refusal, fault: Fault | None, entry: Entry | None, line: _Line
    ) -> None:
        kind = "" if fault is None else fault.kind
        if kind == "drop":
            await line.drop(browser="sec-fetch-mode" in request.headers)
            return
        if kind == "slow" and fault is not None:
            await asyncio.sleep(1.0 if fault.seconds is None else fault.seconds)
        response = _faulty(self._world, request, fault) or self._answer(request, caller)
        self._finish(request, response, entry, with_cors=kind != "cors" and (fault is None or fault.cors))
        if kind == "drop_body":
            await line.drop_body(response)
        else:
            await line.deliver(response)

    def _finish(self, request: _Request, response: Response, entry: Entry | None, *, with_cors: bool) -> None:
        headers = {
            "server": "nginx",
            "date": self._world.clock.http_date(),
            "x-podio-request-id": secrets.token_hex(4),
            "cache-control": "no-store",
        }
        if with_cors and not request.is_page:
            headers |= cors_headers(request.method, request.headers, self._world.settings)
        for name, value in headers.items():
            response.headers[name] = value
        if entry is not None:
            entry.status = response.status_code

    def _answer(self, request: _Request, caller: Identity | Refusal) -> Response:
        """Return the response to a request. Exceptions become an error response."""
        try:
            if request.is_page and request.method in ("GET", "POST"):
                with self._world.store.transaction():
                    cookie = request.headers.get("cookie")
                    return authorize.answer(self._world, request.method, request.query_string, cookie, request.body)
            if is_preflight(request.method, request.headers) and not request.is_page:
                return Response(status_code=204)
            return self._operate(request, caller)
        except Refusal as refusal:
            return _error(self._world, request, refusal)
        except Exception as error:
            # Log only the place, because the message could contain data of the client.
            trace = error.__traceback__
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            place = "" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
            logger.error("%s in %s", type(error).__name__, place)
            return _error(self._world, request, unexpected())

    def _operate(self, request: _Request, caller: Identity | Refusal) -> Response:
        found = self._operations.find(request.method, request.raw_path)
        if found is None:
            if request.path.strip("/").partition("/")[0] == "sandbox":
                raise no_control(request.method, request.raw_path, is_on=self._may_control(request))
            raise not_imitated(request.method, request.raw_path)
        operation, path = found
        if operation.pattern[0] == "sandbox":
            control.check_origin(request.headers.get("origin"))
        identity, headers = self._admit(operation, caller)
        call = Call(self._world, operation, path, request.query, None, identity)
        try:
            call.body = _body(operation, request)
            with self._world.store.transaction():
                return _success(operation.handler(call), headers)
        except Refusal as refusal:
            refusal.headers = {**headers, **refusal.headers}
            raise

    def _admit(self, operation: Operation, caller: Identity | Refusal) -> tuple[Identity | None, dict[str, str]]:
        if operation.open:
            return None, {}
        if isinstance(caller, Refusal):
            raise caller
        world = self._world
        headers = world.rates.count(
            caller.account, heavy=operation.heavy, settings=world.settings, now=world.clock.now()
        )
        return caller, headers


@dataclass
class _Line:
    """The connection to the client, which faults can close."""

    scope: Scope
    receive: Receive
    send: Send

    async def deliver(self, response: Response) -> None:
        """Send the whole response."""
        await response(self.scope, self.receive, self.send)

    async def drop(self, *, browser: bool) -> None:
        """Close the connection without a response.

        A browser retries a request if the connection was closed before the first byte. To prevent that, it gets the
        start of a response whose headers do not let pages read it.

        Args:
            browser: Whether the client is a browser.
        """
        write, abort = self._transport()
        if browser:
            write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n")
        await abort()

    async def drop_body(self, response: Response) -> None:
        """Send the headers and half of the body, then close the connection."""
        body = bytes(response.body) or b"{}"
        # A 204 has no body to cut, so it is sent as a 200.
        status = 200 if response.status_code == 204 else response.status_code
        response.headers["content-length"] = str(max(len(body), 64))
        await self.send({"type": "http.response.start", "status": status, "headers": response.raw_headers})
        await self.send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        await self._transport()[1]()

    def _transport(self) -> tuple[Callable[[bytes], None], Callable[[], Awaitable[None]]]:
        transport: asyncio.Transport = self.scope["extensions"][ABORT]["transport"]

        async def abort() -> None:
            # Closing sends what has been written. The disconnect message then ends this request.
            transport.close()
            while (await self.receive())["type"] != "http.disconnect":
                pass

        return transport.write, abort


def _request(scope: Scope) -> _Request:
    raw_path = scope["raw_path"].decode("latin-1")
    query_string = scope["query_string"].decode("latin-1")
    try:
        query = dict(parse_qsl(query_string, keep_blank_values=True, max_num_fields=1000))
    except ValueError:
        query = {}
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return _Request(scope["method"], raw_path, unquote(raw_path), query_string, query, headers)


async def _read_body(request: _Request, receive: Receive) -> None:
    """Read the whole body. What exceeds ``MAX_BODY`` is discarded."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= MAX_BODY:
            chunks.append(chunk)
        if not message.get("more_body", False):
            break
    if size > MAX_BODY:
        raise Refusal(413, "invalid_request", f"The request body must not be larger than {MAX_BODY} bytes")
    request.body = b"".join(chunks)


def _body(operation: Operation, request: _Request) -> Any:
    if operation.body is None:
        return None
    if operation.body == "raw":
        return request.body, request.content_type
    if not request.body.strip():
        if operation.body == "required":
            raise no_body()
        return {}
    if request.content_type in _FORMS:
        # An operation that takes JSON treats a form as a missing body.
        return None
    body = parse_json(request.body)
    if not isinstance(body, dict | list):
        raise invalid(body, "must be object")
    return body


def _success(answer: Any, headers: dict[str, str]) -> Response:
    if answer is Empty:
        return Response(status_code=204, headers=headers)
    return _json(200, answer, headers)


def _json(status: int, content: Any, headers: dict[str, str]) -> Response:
    return Response(json_body(content), status, {**headers, "content-type": "application/json; charset=utf-8"})


def json_body(content: Any) -> bytes:
    """Return JSON as Podio writes it: ``\\/`` for a slash, and ``\\u`` escapes for characters outside ASCII."""
    return json.dumps(content, separators=(",", ":")).replace("/", "\\/").encode()


def refuse_host(world: World, scope: Scope, status: int, text: str) -> Response:
    """Return the response to a request whose ``Host`` is refused.

    Args:
        world: The sandbox's state.
        scope: The ASGI scope of the request.
        status: The HTTP status.
        text: What is wrong with the ``Host`` header.
    """
    request = _request(scope)
    response = _error(world, request, Refusal(status, "invalid_request", text, detail="sandbox.host"))
    response.headers.update(cors_headers(request.method, request.headers, world.settings))
    return response


def _error(world: World, request: _Request, refusal: Refusal) -> Response:
    url = request.raw_path
    if world.settings.request_url == "full":
        url = f"http://{request.headers.get('host', 'localhost')}{url}"
    shown = _without_secrets(request.query_string)
    body = refusal.body(url=url, query_string=shown, method=request.method)
    body["error_description"] = refusal.description and translated(refusal.description, request.language)
    return _json(refusal.status, body, refusal.headers)


def _faulty(world: World, request: _Request, fault: Fault | None) -> Response | None:
    """Return the error response of a fault, or None if the fault does not change the response."""
    kind = "" if fault is None else fault.kind
    if kind == "unauthorized":
        return _error(world, request, unauthorized("expired_token"))
    if kind == "rate_limit" and fault is not None:
        seconds = 3600 if fault.seconds is None else fault.seconds
        return _error(world, request, rate_limited(seconds, world.settings.wait_number))
    pages = {
        "server_error": (500, "Internal Server Error"),
        "bad_gateway": (502, "Bad Gateway"),
        "unavailable": (503, "Service Temporarily Unavailable"),
    }
    if kind not in pages:
        return None
    status, text = pages[kind]
    page = f"<html><head><title>{status} {text}</title></head><body><h1>{status} {text}</h1></body></html>"
    return Response(page, status, media_type="text/html")


def _without_secrets(query_string: str) -> str:
    """Return a query string with the values of secret parameters replaced."""
    parts = []
    for part in query_string.split("&"):
        name, equals, _ = part.partition("=")
        hidden = unquote(name).strip().lower() in _SECRETS and equals
        parts.append(f"{name}=[hidden]" if hidden else part)
    return "&".join(parts)
