"""Podio's error responses.

The body has the six keys of https://developers.podio.com/index/api: ``error``, ``error_description``,
``error_detail``, ``error_parameters``, ``error_propagate`` and ``request``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NOT_IMITATED = "sandbox.not_imitated"
"""The ``error_detail`` of a 404 for something that the sandbox does not imitate."""

_LONGEST_PATH = 200


class Refusal(Exception):
    """An error response, raised as an exception.

    Args:
        status: The HTTP status.
        error: The value of ``error``, such as "forbidden".
        description: The text for people, or None.
        detail: The value of ``error_detail``, such as "user.invalid.password", or None.
        parameters: The value of ``error_parameters``.
        propagate: Whether the text may be shown to end users.
        headers: Additional response headers.

    Examples:
        >>> refusal = not_found()
        >>> refusal.status, refusal.description
        (404, 'Object not found')
    """

    def __init__(
        self,
        status: int,
        error: str,
        description: str | None,
        *,
        detail: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        propagate: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {error}")
        self.status = status
        self.error = error
        self.description = description
        self.detail = detail
        self.parameters: dict[str, Any] = dict(parameters or {})
        self.propagate = propagate
        self.headers: dict[str, str] = dict(headers or {})

    def body(self, *, url: str, query_string: str, method: str) -> dict[str, Any]:
        """Return the response body.

        Args:
            url: The URL of the request.
            query_string: The query of the request, without secrets.
            method: The HTTP method of the request.
        """
        return {
            "error": self.error,
            "error_description": self.description,
            "error_detail": self.detail,
            "error_parameters": self.parameters,
            "error_propagate": self.propagate,
            "request": {"url": url, "query_string": query_string, "method": method},
        }


def unauthorized(reason: str) -> Refusal:
    """Return a 401. Its headers ``WWW-Authenticate`` and ``Authorization`` contain the reason too.

    Args:
        reason: ``invalid_request`` if the call has no token, ``expired_token`` if its token is not valid.
    """
    challenge = f'Bearer realm="podio", error="{reason}"'
    headers = {"www-authenticate": challenge, "authorization": challenge}
    return Refusal(401, "unauthorized", reason, headers=headers)


def bad_authorization_header() -> Refusal:
    """Return a 400 for an ``Authorization`` header with an unknown scheme or without a token."""
    return Refusal(400, "Invalid authorization header", "Invalid authorization header")


def forbidden(description: str = "You do not have the right to do this", detail: str | None = None) -> Refusal:
    """Return a 403 for an object that the caller may not access."""
    return Refusal(403, "forbidden", description, detail=detail)


def not_found(description: str = "Object not found") -> Refusal:
    """Return a 404 for an object that does not exist."""
    return Refusal(404, "not_found", description)


def no_body() -> Refusal:
    """Return a 404 for a request without the body that the operation needs."""
    return not_found("No matching operation could be found. No body was given.")


def not_imitated(method: str, path: str) -> Refusal:
    """Return a 404 for an operation that the sandbox does not imitate. The text differs from all of Podio's."""
    shown = path if len(path) <= _LONGEST_PATH else f"{path[:_LONGEST_PATH]}..."
    text = f"The sandbox does not imitate {method} {shown}. docs/sandbox.md lists what it imitates."
    return Refusal(404, "not_found", text, detail=NOT_IMITATED)


def no_control(method: str, path: str, *, is_on: bool) -> Refusal:
    """Return a 404 for an unknown path under ``/sandbox``.

    Args:
        method: The HTTP method of the request.
        path: The path of the request.
        is_on: Whether the control interface is on.
    """
    if not is_on:
        text = "The control interface is off. Start the sandbox with --control."
    else:
        text = f"The control interface has no {method} {path[:_LONGEST_PATH]}. docs/sandbox.md lists what it has."
    return Refusal(404, "not_found", text, detail=NOT_IMITATED)


def gone() -> Refusal:
    """Return a 410 for a deleted object."""
    return Refusal(410, "gone", "The object has been deleted")


def conflict() -> Refusal:
    """Return a 409 for an update that is based on an outdated revision."""
    return Refusal(409, "conflict", "The object has been changed since this revision")


def rate_limited(seconds: float, number: str = "plain") -> Refusal:
    """Return a 420. Its text contains the seconds to wait (https://developers.podio.com/index/limits).

    Args:
        seconds: The seconds to wait.
        number: The format of the number: ``plain`` (3600), ``comma`` (3,600 and 2.5) or ``point`` (3.600 and 2,5).

    Examples:
        >>> rate_limited(3600, "comma").description
        'You have hit the rate limit. Please wait 3,600 seconds before trying again.'
    """
    shown = f"{seconds:,.10g}" if number != "plain" else f"{seconds:.10g}"
    if number == "point":
        shown = shown.translate({ord(","): ".", ord("."): ","})
    text = f"You have hit the rate limit. Please wait {shown} seconds before trying again."
    return Refusal(420, "rate_limit", text)


def unexpected() -> Refusal:
    """Return a 500 for an exception in the sandbox. The text has no details of it."""
    return Refusal(500, "unexpected", "An unexpected error occurred")
