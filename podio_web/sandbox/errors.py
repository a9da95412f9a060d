"""Podio's error answers: the body's six keys and the refusals that the sandbox gives.

The body's shape is that of https://developers.podio.com/index/api: ``error``, ``error_description``,
``error_detail``, ``error_parameters``, ``error_propagate`` and ``request``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


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


def no_operation(body_given: bool) -> Refusal:
    """Return the 404 for a path, method and body that no operation answers to."""
    text = "No matching operation could be found."
    return not_found(text if body_given else f"{text} No body was given.")


def gone() -> Refusal:
    """Return the 410 for an object that has been deleted."""
    return Refusal(410, "gone", "The object has been deleted")


def conflict() -> Refusal:
    """Return the 409 for an update that names an outdated revision."""
    return Refusal(409, "conflict", "The object has been changed since this revision")


def rate_limited(seconds: int) -> Refusal:
    """Return the 420 whose text names the seconds to wait (https://developers.podio.com/index/limits)."""
    text = f"You have hit the rate limit. Please wait {seconds} seconds before trying again."
    return Refusal(420, "rate_limit", text)


def unexpected() -> Refusal:
    """Return the 500 for a fault of the sandbox itself, without any detail of it."""
    return Refusal(500, "unexpected", "An unexpected error occurred")
