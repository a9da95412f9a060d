"""Read a response: (status, headers, text) becomes data or the right error.

MicroPython's ``json`` reads the two escapes of a character outside the basic plane as two halves of one. Deep JSON ends
Pyodide for good, in a way that no ``except`` sees.

https://developers.podio.com/index/api
https://developers.podio.com/index/limits
"""

import json
import sys

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
from podio_web.oauth.encoding import DIGITS, consists_of, percent_encode
from podio_web.runtime.interpreter import MICROPYTHON

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from podio_web.http.request import Request

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

# Pyodide is CPython, with a small stack.
_DIES_OF_DEPTH = sys.platform == "emscripten"
_EXPIRED = ("expired_token", "invalid_token")
_SAID = ("message", "error", "error_description", "error_detail", "error_parameters", "path")
# Shorter ones are in any text.
SHORTEST_SECRET = 4


class Response:
    """What came back: ``status``, ``headers`` (names in lower case), ``text``."""

    __slots__ = ("headers", "status", "text")

    def __init__(self, status: int, headers: "dict[str, str]", text: str) -> None:
        self.status: int = status
        self.headers: dict[str, str] = headers
        self.text: str = text

    def __repr__(self) -> str:
        return f"<Response {self.status}, {len(self.text)} characters>"


def read_response(request: "Request", response: Response) -> "Any":
    """Return the data of a good answer (None when it is empty), or raise the error that its status means.

    >>> read_response(request, Response(200, {}, '{"item_id": 4}'))
    {'item_id': 4}
    """
    if not 200 <= response.status < 300:
        raise error_of(request, response)
    if not response.text.strip():
        return None
    try:
        return from_json(response.text)
    except ValueError:
        problem = f"Podio's answer to {request.method} {request.path} is not JSON. Is api_url the API's address?"
    except MemoryError:
        problem = too_large(request)
    raise PodioError(problem, status=response.status, method=request.method, path=request.path) from None


def too_large(request: "Request") -> str:
    """Return what to tell of an answer that does not fit into a page's memory.

    >>> problem = PodioError(too_large(request), method=request.method, path=request.path)
    """
    return (
        f"Podio's answer to {request.method} {request.path} is larger than the memory of this page's Python. "
        "Ask for fewer items (limit and offset), or use Pyodide instead of MicroPython."
    )


def error_of(request: "Request", response: Response) -> APIError:
    """Return the error of a bad answer, with Podio's fields where the body has them, and without the call's secrets.

    A body that is no JSON object (gateways send HTML pages) leaves the fields empty.
    """
    body = _object(response.text)
    fields: dict[str, Any] = {
        "status": response.status,
        "error": _text(body.get("error")),
        "error_description": _text(body.get("error_description")),
        "error_detail": _text(body.get("error_detail")),
        "error_parameters": _parameters(body.get("error_parameters")),
        "method": request.method,
        "path": request.path,
    }
    kind = _CLASSES.get(response.status, ServerError if response.status >= 500 else APIError)
    seconds = None
    # With 503 too: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
    if kind in (RateLimitError, UnavailableError):
        # Late: few pages meet a limit.
        from podio_web.http.retry_after import retry_after

        seconds = retry_after(response.headers, fields["error_description"] or "", response.status)
    # Before there is an error: MicroPython's tracebacks show what it was made with.
    _cut(fields, secrets_of(request))
    said = fields["error_description"] or fields["error"] or "no explanation"
    fields["message"] = f"{response.status} for {request.method} {fields['path']}: {said}"
    return kind(retry_after=seconds, **fields)


def secrets_of(request: "Request") -> "list[str]":
    """Return the secret in the ``Authorization`` of a call, in the forms in which an answer may repeat it.

    >>> secrets_of(authorized(request, "a1b2/c3"))
    ['a1b2/c3', 'a1b2%2Fc3']
    """
    secret = request.headers.get("Authorization", "").partition(" ")[2]
    return [secret, percent_encode(secret)] if len(secret) >= SHORTEST_SECRET else []


def without(secrets: "list[str]", value: "Any") -> "Any":
    """Return a text, or lists and dictionaries of texts, with ``[removed]`` in the place of each secret.

    >>> without(["a1b2c3"], {"header": "OAuth2 a1b2c3"})
    {'header': 'OAuth2 [removed]'}
    """
    if isinstance(value, str) and value not in _EXPIRED:
        for secret in secrets:
            value = value.replace(secret, "[removed]")
    elif isinstance(value, list):
        return [without(secrets, each) for each in value]
    elif isinstance(value, dict):
        return {without(secrets, name): without(secrets, each) for name, each in value.items()}
    return value


def clean(problem: PodioError, secrets: "list[str]") -> None:
    """Take secrets out of everything that an error says: a transport may quote what it sent.

    >>> clean(problem, secrets_of(request))
    """
    said = {name: getattr(problem, name) for name in _SAID}
    _cut(said, secrets)
    for name, value in said.items():
        setattr(problem, name, value)
    problem.args = (problem.message,)


def _cut(said: "dict[str, Any]", secrets: "list[str]") -> None:
    for name in _SAID:
        try:
            said[name] = without(secrets, said.get(name))
        except RuntimeError:  # nested too deep
            said[name] = {}


class RateLimit:
    """Podio's own count of calls: ``limit`` for an hour, ``remaining`` of them.

    There are two, one for all operations and a smaller one for heavy ones; an answer tells of the one that it used.
    """

    __slots__ = ("limit", "remaining")

    def __init__(self, limit: int, remaining: int) -> None:
        self.limit: int = limit
        self.remaining: int = remaining

    def __repr__(self) -> str:
        return f"<RateLimit {self.remaining} of {self.limit}>"


def rate_limit(response: Response) -> "RateLimit | None":
    """Return the figures of an answer, None where they cannot be read: pages see them only if Podio exposes them.

    https://developers.podio.com/index/limits
    """
    limit = _number(response.headers.get("x-rate-limit-limit", ""))
    remaining = _number(response.headers.get("x-rate-limit-remaining", ""))
    return None if limit is None or remaining is None else RateLimit(limit, remaining)


def says_expired(problem: AuthorizationError) -> bool:
    """Tell whether a 401 may be cured by a new token.

    Podio says ``expired_token`` of expired, revoked and unknown tokens alike, so one renewal is worth trying, and
    never two. Its own clients also look for ``invalid_token``.
    """
    return problem.error in _EXPIRED or problem.error_description == _EXPIRED[0]


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


def from_json(text: str) -> "Any":
    """Return what a JSON text says; pairs of surrogates are joined. Raises ValueError for anything else.

    Raises MemoryError for more than MicroPython's memory holds.

    >>> from_json('{"title": "\\\\ud83d\\\\ude80"}')
    {'title': '🚀'}
    """
    if _DIES_OF_DEPTH:
        # Late: what only MicroPython runs has no such module.
        from podio_web.http.json_depth import is_deep

        if is_deep(text):
            raise ValueError("this JSON is too deep")
    if MICROPYTHON:
        text = join_escaped_pairs(text)
    try:
        return json.loads(text) if MICROPYTHON else json.loads(text, parse_constant=_refuse)
    except RuntimeError:  # RecursionError, and MicroPython's way to say it
        raise ValueError("this JSON is too deep") from None


def _refuse(name: str) -> None:
    """Refuse NaN and the infinities, which Python reads, and JSON and MicroPython do not have."""
    raise ValueError(f"{name} is not JSON")


def join_escaped_pairs(text: str) -> str:
    """Return JSON text with the character itself for each pair of surrogate escapes.

    >>> join_escaped_pairs('"\\\\ud83d\\\\ude80 \\\\u00e9"')
    '"🚀 \\\\u00e9"'
    """
    if "\\uD" not in text and "\\ud" not in text:
        return text
    # Pairs of backslashes first: what follows an odd one is an escape.
    return "\\\\".join([_with_pairs_joined(part) for part in text.split("\\\\")])


def _with_pairs_joined(text: str) -> str:
    first, *rest = text.split("\\u")
    joined = [first]
    high = ""
    for part in rest:
        digits = part[:4].lower()
        if high and _is_between(digits, "dc00", "dfff"):
            joined[-1] = chr(0x10000 + (int(high, 16) - 0xD800) * 0x400 + int(digits, 16) - 0xDC00)
            joined.append(part[4:])
            high = ""
        else:
            joined.append("\\u" + part)
            high = digits if len(part) == 4 and _is_between(digits, "d800", "dbff") else ""
    return "".join(joined)


def _is_between(digits: str, lowest: str, highest: str) -> bool:
    return len(digits) == 4 and lowest <= digits <= highest and not digits.strip("0123456789abcdef")
