"""Read a response: return its data, or raise the error that its status means.

MicroPython's ``json`` does not join the two surrogate escapes of one character. Deep JSON crashes Pyodide, and no
``except`` catches that.

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
    # Podio sends 420 (https://developers.podio.com/index/limits); gateways in front of it may send 429.
    420: RateLimitError,
    429: RateLimitError,
    502: UnavailableError,
    503: UnavailableError,
    504: UnavailableError,
}

MAY_SAY_WHEN = (420, 429, 502, 503, 504)
"""The statuses of responses that may say when to try again (https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3)."""

_CHECK_URL = "Check that api_url is the API's URL."
_USE_FILES = "Use Files(podio).read(...) or .show(...) from podio_web.files."
_FEWER = "Ask for fewer items (limit and offset), or use Pyodide instead of MicroPython."

_EXPIRED = ("expired_token", "invalid_token")
_SAID = ("message", "error", "error_description", "error_detail", "error_parameters", "path")
# Shorter secrets would match parts of ordinary text.
SHORTEST_SECRET = 4


class Response:
    """An HTTP response: ``status``, ``headers`` with names in lower case, and ``text``.

    >>> Response(200, {"content-type": "application/json"}, "[]")
    <Response 200, 2 characters>
    """

    __slots__ = ("headers", "status", "text")

    def __init__(self, status: int, headers: "dict[str, str]", text: str) -> None:
        self.status: int = status
        self.headers: dict[str, str] = headers
        self.text: str = text

    def __repr__(self) -> str:
        return f"<Response {self.status}, {len(self.text)} characters>"


def read_response(request: "Request", response: Response) -> "Any":
    """Return the data of a successful response, None if it is empty. Raises the APIError that its status means.

    Raises PodioError if the body is not JSON, or too large for the memory. The error of a file says what it is.

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
        kind, size = file_type(response.headers), len(response.text)
        problem = f"The response to {request.method} {request.path} is not JSON"
        # The text of a binary file has about as many characters as the file has bytes.
        problem += f", but {kind} of about {in_units(size)}. {_USE_FILES}" if kind else f". {_CHECK_URL}"
    except MemoryError:
        problem = too_large(request, response.headers)
    raise PodioError(problem, status=response.status, method=request.method, path=request.path) from None


def too_large(request: "Request", headers: "dict[str, str] | None" = None) -> str:
    """Return the message for a response that does not fit into the page's memory.

    >>> too_large(request, {"content-type": "application/pdf"})
    "The response to GET /item/4 is too large for the memory of this page's Python. It is application/pdf. Use ..."
    """
    kind = file_type(headers or {})
    problem = f"The response to {request.method} {request.path} is too large for the memory of this page's Python. "
    return problem + (f"It is {kind}. {_USE_FILES}" if kind else _FEWER)


def file_type(headers: "dict[str, str]") -> str:
    """Return the media type of a response that is a file; an empty text if it is JSON, HTML or has no type.

    >>> file_type({"content-type": "application/pdf"})
    'application/pdf'
    """
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return "" if "json" in kind or "html" in kind else kind


def in_units(size: int) -> str:
    """Return a size in bytes as whole kB or MB.

    >>> in_units(2_100_000)
    '2 MB'
    """
    return f"{round(size / 1e6)} MB" if size > 999_000 else f"{-(-size // 1000)} kB"


def error_of(request: "Request", response: Response) -> APIError:
    """Return the error of a failed response, with Podio's fields from the body and without the request's secrets.

    If the body is not a JSON object, the fields stay empty: gateways send HTML pages.

    >>> error_of(request, Response(404, {}, '{"error": "not_found"}'))
    NotFoundError('404 for GET /item/4: not_found')
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
    if response.status in MAY_SAY_WHEN:
        # Imported late: few pages reach a rate limit.
        from podio_web.http.retry_after import retry_after

        seconds = retry_after(response.headers, fields["error_description"] or "", response.status)
    # Before the error is made, because MicroPython's tracebacks show its arguments.
    _cut(fields, secrets_of(request))
    said = fields["error_description"] or fields["error"] or "no explanation"
    fields["message"] = f"{response.status} for {request.method} {fields['path']}: {said}"
    return kind(retry_after=seconds, **fields)


def secrets_of(request: "Request") -> "list[str]":
    """Return the secret in a request's ``Authorization`` header, in the forms in which a response may repeat it.

    >>> secrets_of(authorized(request, "a1b2/c3"))
    ['a1b2/c3', 'a1b2%2Fc3']
    """
    secret = request.headers.get("Authorization", "").partition(" ")[2]
    return [secret, percent_encode(secret)] if len(secret) >= SHORTEST_SECRET else []


def without(secrets: "list[str]", value: "Any") -> "Any":
    """Return a text, or lists and dicts of texts, with each secret replaced by ``[removed]``.

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
    """Remove secrets from all texts of an error, because a transport may quote what it sent.

    >>> problem = PodioError("OAuth2 a1b2c3 was refused")
    >>> clean(problem, ["a1b2c3"])
    >>> problem
    PodioError('OAuth2 [removed] was refused')
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
    """Podio's rate limit: ``limit`` requests per hour, of which ``remaining`` are left.

    Podio has two limits: one for all operations, and a lower one for expensive operations. A response reports the one
    that its request counted towards.

    >>> podio.rate_limit
    <RateLimit 987 of 1000>
    """

    __slots__ = ("limit", "remaining")

    def __init__(self, limit: int, remaining: int) -> None:
        self.limit: int = limit
        self.remaining: int = remaining

    def __repr__(self) -> str:
        return f"<RateLimit {self.remaining} of {self.limit}>"


def rate_limit(response: Response) -> "RateLimit | None":
    """Return the rate limit in a response's headers, or None if they do not have it.

    A page can read these headers only if Podio exposes them (https://developers.podio.com/index/limits).

    >>> rate_limit(Response(200, {"x-rate-limit-limit": "1000", "x-rate-limit-remaining": "987"}, ""))
    <RateLimit 987 of 1000>
    """
    limit = _number(response.headers.get("x-rate-limit-limit", ""))
    remaining = _number(response.headers.get("x-rate-limit-remaining", ""))
    return None if limit is None or remaining is None else RateLimit(limit, remaining)


def says_expired(problem: AuthorizationError) -> bool:
    """Return whether a new token may resolve a 401.

    Podio sends ``expired_token`` for expired, revoked and unknown tokens, so one renewal is worth trying, but not two.
    Podio's own clients check for ``invalid_token`` too.

    >>> says_expired(AuthorizationError("401", error="expired_token"))
    True
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


def from_json(text: str, small_stack: bool = sys.platform == "emscripten") -> "Any":
    """Return the data of a JSON text, with surrogate pairs joined.

    If the stack is small, as in Pyodide, the depth is checked before the text is read.

    Raises ValueError if the text is not JSON or too deep, and MemoryError if MicroPython's memory cannot hold the data.

    >>> from_json('{"title": "\\\\ud83d\\\\ude80"}')
    {'title': '🚀'}
    """
    if small_stack:
        # Imported late: an archive for MicroPython does not have this module.
        from podio_web.http.json_depth import is_deep

        if is_deep(text):
            raise ValueError("this JSON is too deep")
    try:
        return json.loads(join_escaped_pairs(text)) if MICROPYTHON else json.loads(text, parse_constant=_refuse)
    except RuntimeError:  # RecursionError; MicroPython raises RuntimeError itself
        raise ValueError("this JSON is too deep") from None


def _refuse(name: str) -> None:
    """Refuse NaN and the infinities: Python reads them, but JSON and MicroPython do not have them."""
    raise ValueError(f"{name} is not JSON")


def join_escaped_pairs(text: str) -> str:
    """Return JSON text with each pair of surrogate escapes replaced by its character.

    >>> join_escaped_pairs('"\\\\ud83d\\\\ude80 \\\\u00e9"')
    '"🚀 \\\\u00e9"'
    """
    if "\\uD" not in text and "\\ud" not in text:
        return text
    # Split at pairs of backslashes first: only an odd backslash begins an escape.
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
