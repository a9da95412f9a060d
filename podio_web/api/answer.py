"""Judging an answer: (status, headers, text) becomes data or the right error.

https://developers.podio.com/index/api
https://developers.podio.com/index/limits
"""

from podio_web.errors import (
    APIError,
    AuthorizationError,
    BadRequestError,
    ConflictError,
    ForbiddenError,
    GoneError,
    NotFoundError,
    PodioError,
    RateLimitError,
    ServerError,
    UnavailableError,
)
from podio_web.json_text import from_json
from podio_web.oauth.characters import DIGITS, consists_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from podio_web.api.call import Call

_CLASSES = {
    400: BadRequestError,
    401: AuthorizationError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    410: GoneError,
    # Podio answers 420 (https://developers.podio.com/index/limits); gateways in front of it may say 429.
    420: RateLimitError,
    429: RateLimitError,
    502: UnavailableError,
    503: UnavailableError,
    504: UnavailableError,
}

_LONGEST_WAIT = 86_400


class Answer:
    """What came back: ``status``, ``headers`` (names in lower case), ``text``."""

    __slots__ = ("headers", "status", "text")

    def __init__(self, status: int, headers: "dict[str, str]", text: str) -> None:
        self.status = status
        self.headers = headers
        self.text = text

    def __repr__(self) -> str:
        return f"<Answer {self.status}, {len(self.text)} characters>"


def judge(call: "Call", answer: Answer) -> "Any":
    """Return the data of a good answer (None when it is empty), or raise the error that its status means.

    >>> judge(call, Answer(200, {}, '{"item_id": 4}'))
    {'item_id': 4}
    """
    if not 200 <= answer.status < 300:
        raise error_for(call, answer)
    if not answer.text.strip():
        return None
    try:
        return from_json(answer.text)
    except ValueError:
        problem = f"Podio's answer to {call.method} {call.path} is not JSON. Is api_url the API's address?"
    except MemoryError:
        problem = too_large(call)
    raise PodioError(problem, status=answer.status, method=call.method, path=call.path) from None


def too_large(call: "Call") -> str:
    """Return what to tell of an answer that does not fit into a page's memory.

    >>> raise PodioError(too_large(call), method=call.method, path=call.path)
    """
    return (
        f"Podio's answer to {call.method} {call.path} is larger than the memory of this page's Python. Ask for fewer "
        "items (limit and offset), or use Pyodide instead of MicroPython."
    )


def error_for(call: "Call", answer: Answer) -> APIError:
    """Return the error of a bad answer, with Podio's fields where the body has them.

    A body that is no JSON object (gateways send HTML pages) leaves the fields empty.
    """
    body = _object(answer.text)
    fields: dict[str, Any] = {
        "status": answer.status,
        "error": _text(body.get("error")),
        "error_description": _text(body.get("error_description")),
        "error_detail": _text(body.get("error_detail")),
        "error_parameters": _parameters(body.get("error_parameters")),
        "method": call.method,
        "path": call.path,
    }
    said = fields["error_description"] or fields["error"] or "no explanation"
    message = f"{answer.status} for {call.method} {call.path}: {said}"
    kind = _CLASSES.get(answer.status, ServerError if answer.status >= 500 else APIError)
    # With 503 too: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
    asks_to_wait = kind in (RateLimitError, UnavailableError)
    return kind(message, retry_after=retry_after(answer) if asks_to_wait else None, **fields)


class RateLimit:
    """Podio's own count of calls: ``limit`` for an hour, ``remaining`` of them.

    There are two, one for all operations and a smaller one for heavy ones; an answer tells of the one that it used.
    """

    __slots__ = ("limit", "remaining")

    def __init__(self, limit: int, remaining: int) -> None:
        self.limit = limit
        self.remaining = remaining

    def __repr__(self) -> str:
        return f"<RateLimit {self.remaining} of {self.limit}>"


def rate_limit(answer: Answer) -> "RateLimit | None":
    """Return the figures of an answer, None where they cannot be read: pages see them only if Podio exposes them.

    https://developers.podio.com/index/limits
    """
    limit = _number(answer.headers.get("x-rate-limit-limit", ""))
    remaining = _number(answer.headers.get("x-rate-limit-remaining", ""))
    return None if limit is None or remaining is None else RateLimit(limit, remaining)


def says_expired(problem: AuthorizationError) -> bool:
    """Tell whether a 401 may be cured by a new token.

    Podio says ``expired_token`` of expired, revoked and unknown tokens alike, so one renewal is worth trying, and
    never two. Its own clients also look for ``invalid_token``.
    """
    return problem.error == "invalid_token" or "expired_token" in (problem.error, problem.error_description)


def retry_after(answer: Answer) -> "int | None":
    """Return the wait in seconds from ``Retry-After`` or from Podio's text ("Please wait 3600 seconds …")."""
    seconds = _seconds(answer.headers.get("retry-after", ""))
    if seconds is not None:
        return seconds
    words = (_text(_object(answer.text).get("error_description")) or "").split()
    for position in range(1, len(words)):
        seconds = _seconds(words[position - 1])
        if seconds is not None and words[position].startswith("second"):
            return seconds
    return None


def _seconds(text: str) -> "int | None":
    number = _number(text)
    return None if number is None else min(number, _LONGEST_WAIT)


def _number(text: str) -> "int | None":
    text = text.strip()
    return int(text) if 0 < len(text) <= 9 and consists_of(text, DIGITS) else None


def _object(text: str) -> "dict[str, Any]":
    try:
        body = from_json(text)
    except (ValueError, MemoryError):
        return {}
    return body if isinstance(body, dict) else {}


def _text(value: object) -> "str | None":
    return value if isinstance(value, str) else None


def _parameters(value: "Any") -> "dict[str, Any]":
    return value if isinstance(value, dict) else {}
