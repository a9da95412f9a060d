"""The sandbox as an ASGI application. The API, the sign-in pages and the control interface share one origin."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from . import (
    app_fields,
    apps,
    authorize,
    comments,
    control,
    files,
    filters,
    hooks,
    item_values,
    items,
    orgs,
    ratings,
    search,
    tokens,
    users,
    views,
)
from .api_request import ApiRequest, body_for, read_request, without_secrets
from .api_response import error_response, faulty_response, success
from .arrivals import Arrival
from .caller import Identity, identify, visitor
from .connection import Dropped, Gone, Line, Pace
from .cors import cors_headers, is_preflight
from .faults import Fault
from .languages import language_of
from .links import files_origin
from .polling import Polling, is_push
from .refusals import Refusal, no_control, not_imitated, unauthorized, unexpected
from .routing import Call, Operation, Operations
from .uploads import Upload
from .world import Entry, World

# Limit of the request body in bytes, except for uploads.
MAX_BODY = 5_000_000
API_TABLES = (
    *(tokens.table, users.table, orgs.table, apps.table, items.table, filters.table, search.table),
    *(comments.table, ratings.table, files.table, views.table, app_fields.table, item_values.table, hooks.table),
)
"""All operations of the API. Those of the control interface are in ``control.table``."""

logger: logging.Logger = logging.getLogger("podio_web.sandbox")


def create_app(world: World, *, with_control: bool = False) -> ASGIApp:
    """Return the ASGI application of a sandbox.

    Args:
        world: The sandbox's state.
        with_control: Whether to turn on the control interface under ``/sandbox``.

    Examples:
        >>> app = create_app(World(), with_control=True)
    """
    hooks.listen(world)
    api = _Api(world, Operations([*API_TABLES, control.table] if with_control else API_TABLES))
    app = Starlette()
    # All paths go through one table of operations, so that every 404 has Podio's error body.
    app.router.default = api
    return app


class _Api:
    def __init__(self, world: World, operations: Operations) -> None:
        self._world = world
        self._operations = operations
        self._polling = Polling(world)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        started = time.perf_counter()
        request = read_request(scope)
        line = Line(scope, receive, send, is_browser="sec-fetch-mode" in request.headers)
        if is_push(request.path):
            await self._polling.serve(request.method, request.headers, line)
            return
        if self._may_control(request):
            await self._serve(request, unauthorized("invalid_request"), None, None, line)
            return
        entry = None if request.is_page and request.method != "GET" else self._note(request)
        caller = unauthorized("invalid_request") if request.is_page else self._caller(request, entry)
        request.language = self._language(request, caller)
        fault = None if request.is_page else self._world.faults.take(request.method, request.path)
        await self._serve(request, caller, fault, entry, line)
        took = (time.perf_counter() - started) * 1000
        status = "-" if entry is None or entry.status is None else entry.status
        logger.info("%s %s %s %.1f ms", request.method, request.raw_path, status, took)

    async def _serve(
        self, request: ApiRequest, caller: Identity | Refusal, fault: Fault | None, entry: Entry | None, line: Line
    ) -> None:
        """Receive the body of a request, and respond to it, unless the connection is closed before."""
        ended = "closed"
        try:
            await self._receive(request, fault, entry, line)
            if request.upload is not None:
                # A server checks the token when it has the whole upload, and the token may have expired meanwhile.
                caller = self._caller(request, None)
            await self._deliver(request, caller, fault, entry, line)
            ended = "answered"
        except Gone:
            pass
        except Dropped:
            ended = "dropped"
            if fault is not None and fault.kind == "drop_upload" and line.will_repeat:
                self._world.faults.repeat(fault)
        except Refusal as refusal:
            # The body could not be read.
            response = error_response(self._world, request, refusal)
            self._finish(request, response, entry, with_cors=True)
            await line.deliver(response, Pace(None, "download", line))
            ended = "answered"
        finally:
            if request.upload is not None:
                request.upload.end(ended)

    def _caller(self, request: ApiRequest, entry: Entry | None) -> Identity | Refusal:
        """Return the caller, or the refusal to raise if the operation needs one. ``entry`` takes note of the caller."""
        caller = identify(
            self._world.store,
            request.headers.get("authorization"),
            request.query.get("oauth_token"),
            self._world.clock.now(),
        )
        if entry is not None and isinstance(caller, Identity):
            entry.user_id, entry.token_index = caller.user_id, caller.token_number
        if isinstance(caller, Identity) and not caller.valid:
            return unauthorized("expired_token")
        return caller

    async def _receive(self, request: ApiRequest, fault: Fault | None, entry: Entry | None, line: Line) -> None:
        """Receive the body: an upload on disk, any other in memory."""
        pace = Pace(fault, "upload", line)
        found = self._operations.find(request.method, request.raw_path)
        if found is None or found[0].body != "upload" or entry is None:
            request.body = await line.read(pace, MAX_BODY)
            return
        world = self._world
        arrival = Arrival(entry, lambda: line.is_closed)
        world.arrivals.add(arrival)
        content_type = request.headers.get("content-type", "")
        request.upload = Upload(content_type, world.contents.receive, arrival, world.settings.largest_upload)
        async for chunk in line.chunks(pace):
            request.upload.write(chunk)
        request.upload.finish()

    def _language(self, request: ApiRequest, caller: Identity | Refusal) -> str:
        """Return the language of error texts: that of the settings, the user's, or that of ``Accept-Language``."""
        chosen = self._world.settings.error_language
        if chosen != "person":
            return chosen
        if isinstance(caller, Identity) and caller.user_id is not None:
            row = self._world.store.one("SELECT locale FROM person WHERE user_id = ?", caller.user_id)
            return language_of(None if row is None else row["locale"]) or "en"
        return language_of(request.headers.get("accept-language")) or "en"

    def _may_control(self, request: ApiRequest) -> bool:
        first = request.raw_path[1:].partition("/")[0]
        return first == "sandbox" and self._operations.find("GET", "/sandbox/settings") is not None

    def _note(self, request: ApiRequest) -> Entry:
        path = request.path if request.path.isprintable() else request.raw_path
        shown = without_secrets(request.query_string)
        return self._world.journal.arrive(request.method, path, shown, self._world.clock.now())

    async def _deliver(
        self, request: ApiRequest, caller: Identity | Refusal, fault: Fault | None, entry: Entry | None, line: Line
    ) -> None:
        kind = "" if fault is None else fault.kind
        if kind == "drop":
            await line.drop()
            raise Dropped
        if kind == "slow" and fault is not None:
            await asyncio.sleep(1.0 if fault.seconds is None else fault.seconds)
        response = faulty_response(self._world, request, fault) or await self._answer(request, caller)
        if request.upload is not None:
            # Nothing of a refused upload is left when its client learns of it.
            request.upload.discard()
        self._finish(request, response, entry, with_cors=kind != "cors" and (fault is None or fault.cors))
        if line.is_closed:
            raise Gone
        if kind == "drop_body":
            await line.drop_body(response)
        else:
            await line.deliver(response, Pace(fault, "download", line))

    def _finish(self, request: ApiRequest, response: Response, entry: Entry | None, *, with_cors: bool) -> None:
        headers = {
            "server": "nginx",
            "date": self._world.clock.http_date(),
            "x-podio-request-id": secrets.token_hex(4),
            "cache-control": "no-store",
        }
        readable = self._world.settings.files_cors if request.is_file_link else not request.is_page
        if with_cors and readable:
            headers |= cors_headers(request.method, request.headers, self._world.settings)
        for name, value in headers.items():
            response.headers[name] = value
        if entry is not None:
            entry.status = response.status_code

    async def _answer(self, request: ApiRequest, caller: Identity | Refusal) -> Response:
        """Return the response to a request. Exceptions become an error response."""
        try:
            if request.is_page and request.method in ("GET", "POST"):
                with self._world.transaction():
                    cookie = request.headers.get("cookie")
                    return authorize.answer(self._world, request.method, request.query_string, cookie, request.body)
            if is_preflight(request.method, request.headers) and not request.is_page:
                return Response(status_code=204)
            return await self._operate(request, caller)
        except Refusal as refusal:
            return error_response(self._world, request, refusal)
        except Exception as error:
            # Log only the place, because the message could contain data of the client.
            trace = error.__traceback__
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            place = "" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
            logger.error("%s in %s", type(error).__name__, place)
            return error_response(self._world, request, unexpected())

    async def _operate(self, request: ApiRequest, caller: Identity | Refusal) -> Response:
        found = self._operations.find(request.method, request.raw_path)
        if found is None:
            if request.path.strip("/").partition("/")[0] == "sandbox":
                raise no_control(request.method, request.raw_path, is_on=self._may_control(request))
            raise not_imitated(request.method, request.raw_path)
        operation, path = found
        if operation.pattern[0] == "sandbox":
            control.check_origin(request.headers.get("origin"))
            control.check_user_agent(request.headers.get("user-agent"))
        if operation.session and isinstance(caller, Refusal) and "authorization" not in request.headers:
            user_id = authorize.signed_in_user(self._world, request.headers.get("cookie"))
            caller = caller if user_id is None else visitor(user_id)
        identity, headers = self._admit(operation, caller)
        origin = files_origin(request.headers.get("host", ""))
        call = Call(self._world, operation, path, request.query, None, identity, origin)
        try:
            call.body = body_for(operation, request)
            if operation.prepare is not None:
                call.body = await operation.prepare(call)
            with self._world.transaction():
                return success(operation.handler(call), headers)
        except Refusal as refusal:
            refusal.headers = {**headers, **refusal.headers}
            raise

    def _admit(self, operation: Operation, caller: Identity | Refusal) -> tuple[Identity | None, dict[str, str]]:
        if operation.open:
            return None, {}
        if isinstance(caller, Refusal):
            raise caller
        if operation.session:
            return caller, {}
        world = self._world
        headers = world.rates.count(
            caller.account, heavy=operation.heavy, settings=world.settings, now=world.clock.now()
        )
        return caller, headers
