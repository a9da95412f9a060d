"""A request to the sandbox: its parts, its body, and its query string without secrets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from starlette.types import Scope

from .links import is_file_link
from .refusals import no_body
from .routing import Operation
from .uploads import Upload
from .validation import invalid, parse_json

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_SECRETS = {"oauth_token", "access_token", "refresh_token", "client_secret", "code", "password", "app_token"}
_PAGE = "/oauth/authorize"


@dataclass
class ApiRequest:
    """The parts of an HTTP request."""

    method: str
    raw_path: str
    path: str
    query_string: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = b""
    upload: Upload | None = None
    # The language of error texts.
    language: str = "en"

    @property
    def is_page(self) -> bool:
        """Whether it asks for a sign-in page."""
        return self.path.rstrip("/") == _PAGE

    @property
    def is_file_link(self) -> bool:
        """Whether it asks for a file by its link."""
        return is_file_link(self.raw_path)

    @property
    def content_type(self) -> str:
        """The media type of the body, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def read_request(scope: Scope) -> ApiRequest:
    """Return the request of an ASGI scope, without its body."""
    raw_path = scope["raw_path"].decode("latin-1")
    query_string = scope["query_string"].decode("latin-1")
    try:
        query = dict(parse_qsl(query_string, keep_blank_values=True, max_num_fields=1000))
    except ValueError:
        query = {}
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return ApiRequest(scope["method"], raw_path, unquote(raw_path), query_string, query, headers)


def body_for(operation: Operation, request: ApiRequest) -> Any:
    """Return the body as an operation takes it.

    Raises:
        Refusal: 400 if the body is missing, or not what the operation takes.
    """
    if operation.body is None:
        return None
    if operation.body == "upload":
        return request.upload
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


def without_secrets(query_string: str) -> str:
    """Return a query string with the values of secret parameters replaced."""
    parts = []
    for part in query_string.split("&"):
        name, equals, _ = part.partition("=")
        hidden = unquote(name).strip().lower() in _SECRETS and equals
        parts.append(f"{name}=[hidden]" if hidden else part)
    return "&".join(parts)
