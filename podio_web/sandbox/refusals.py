"""Podio's error answers: the body's six keys and the refusals that the sandbox gives.

The body's shape is that of https://developers.podio.com/index/api: ``error``, ``error_description``,
``error_detail``, ``error_parameters``, ``error_propagate`` and ``request``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NOT_IMITATED = "sandbox.not_imitated"
"""The ``error_detail`` of a 404 that is the sandbox's own."""

_LONGEST_PATH = 200


class Refusal(Exception):
    """An answer other than success, on its way to the client.

    Args:
        status: HTTP status.
        error: Podio's coarse code.
        description: The text, or None.
        detail: The dotted fine code, or None.
        parameters: Data for the text.
        propagate: Whether the text is fit for end users.
        headers: Further response headers.
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
        self.parameters = dict(parameters or {})
        self.propagate = propagate
        self.headers = dict(headers or {})

    def body(self, *, url: str, query_string: str, method: str) -> dict[str, Any]:
        """Return the error body for the request that is described by the arguments."""
        return {
            "error": self.error,
            "error_description": self.description,
            "error_detail": self.detail,
            "error_parameters": self.parameters,
            "error_propagate": self.propagate,
            "request": {"url": url, "query_string": query_string, "method": method},
        }


def unauthorized(reason: str) -> Refusal:
    """Return the 401 of a call without a token (``invalid_request``) or with a dead one (``expired_token``).

    The response repeats the reason in ``WWW-Authenticate`` and in an ``Authorization`` header.
    """
    challenge = f'Bearer realm="podio", error="{reason}"'
    headers = {"www-authenticate": challenge, "authorization": challenge}
    return Refusal(401, "unauthorized", reason, headers=headers)


def bad_authorization_header() -> Refusal:
    """Return the 400 of a header without a scheme that Podio knows or without a token after it."""
    return Refusal(400, "Invalid authorization header", "Invalid authorization header")


def forbidden(description: str = "You do not have the right to do this", detail: str | None = None) -> Refusal:
    """Return the 403 for something that exists but is out of the caller's reach."""
    return Refusal(403, "forbidden", description, detail=detail)


def not_found(description: str = "Object not found") -> Refusal:
    """Return the 404 for an object that does not exist."""
    return Refusal(404, "not_found", description)


def no_body() -> Refusal:
    """Return the 404 for an operation that needs a body and was given none."""
    return not_found("No matching operation could be found. No body was given.")


def not_imitated(method: str, path: str) -> Refusal:
    """Return the 404 for what Podio may know and the sandbox does not; no answer of Podio's reads like it."""
    shown = path if len(path) <= _LONGEST_PATH else f"{path[:_LONGEST_PATH]}..."
    text = f"The sandbox does not imitate {method} {shown}. docs/sandbox.md lists what it imitates."
    return Refusal(404, "not_found", text, detail=NOT_IMITATED)


def no_control(method: str, path: str, *, is_on: bool) -> Refusal:
    """Return the 404 for a path under ``/sandbox`` that nothing answers to."""
    if not is_on:
        text = "The control interface is off. Start the sandbox with --control."
    else:
        text = f"The control interface has no {method} {path[:_LONGEST_PATH]}. docs/sandbox.md lists what it has."
    return Refusal(404, "not_found", text, detail=NOT_IMITATED)


def gone() -> Refusal:
    """Return the 410 for an object that has been deleted."""
    return Refusal(410, "gone", "The object has been deleted")


def conflict() -> Refusal:
    """Return the 409 for an update that names an outdated revision."""
    return Refusal(409, "conflict", "The object has been changed since this revision")


def rate_limited(seconds: float, number: str = "plain") -> Refusal:
    """Return the 420 whose text names the seconds to wait (https://developers.podio.com/index/limits).

    Args:
        seconds: How long to wait.
        number: How the number is written: ``plain`` 3600, ``comma`` 3,600 and 2.5, ``point`` 3.600 and 2,5.
    """
    shown = f"{seconds:,.10g}" if number != "plain" else f"{seconds:.10g}"
    if number == "point":
        shown = shown.translate({ord(","): ".", ord("."): ","})
    text = f"You have hit the rate limit. Please wait {shown} seconds before trying again."
    return Refusal(420, "rate_limit", text)


def unexpected() -> Refusal:
    """Return the 500 for a fault of the sandbox itself, without any detail of it."""
    return Refusal(500, "unexpected", "An unexpected error occurred")
