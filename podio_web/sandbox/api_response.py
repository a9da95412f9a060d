"""Responses of the sandbox: JSON as Podio writes it, its errors, and those of faults."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response
from starlette.types import Scope

from .api_request import ApiRequest, read_request, without_secrets
from .cors import cors_headers
from .error_pages import error_page
from .faults import Fault
from .languages import translated
from .refusals import Refusal, rate_limited, unauthorized
from .routing import Empty
from .world import World


def success(answer: Any, headers: dict[str, str]) -> Response:
    """Return the response for what an operation's handler has returned."""
    if answer is Empty:
        return Response(status_code=204, headers=headers)
    if isinstance(answer, Response):
        answer.headers.update(headers)
        return answer
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
    request = read_request(scope)
    response = error_response(world, request, Refusal(status, "invalid_request", text, detail="sandbox.host"))
    response.headers.update(cors_headers(request.method, request.headers, world.settings))
    return response


def error_response(world: World, request: ApiRequest, refusal: Refusal) -> Response:
    """Return the response of a refusal, with Podio's error body."""
    url = request.raw_path
    if world.settings.request_url == "full":
        url = f"http://{request.headers.get('host', 'localhost')}{url}"
    shown = without_secrets(request.query_string)
    body = refusal.body(url=url, query_string=shown, method=request.method)
    body["error_description"] = refusal.description and translated(refusal.description, request.language)
    return _json(refusal.status, body, refusal.headers)


def faulty_response(world: World, request: ApiRequest, fault: Fault | None) -> Response | None:
    """Return the error response of a fault, or None if the fault does not change the response."""
    kind = "" if fault is None else fault.kind
    if request.upload is not None and request.upload.too_large:
        kind = "too_large"
    if kind == "unauthorized":
        return error_response(world, request, unauthorized("expired_token"))
    if kind == "rate_limit" and fault is not None:
        seconds = 3600 if fault.seconds is None else fault.seconds
        return error_response(world, request, rate_limited(seconds, world.settings.wait_number))
    return error_page(kind)
