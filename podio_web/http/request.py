"""Build one HTTP request to Podio from a method, a path and data.

https://developers.podio.com/index/api
https://url.spec.whatwg.org/#path-state
"""

from podio_web.http.json_text import DEEPEST, instead_of, is_finite, key_text, kind_of, to_json, too_deep
from podio_web.oauth.encoding import DIGITS, LETTERS, form_encode, is_clean, percent_encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

METHODS = ("GET", "POST", "PUT", "DELETE")

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"

# RFC 3986 section 3.3: the characters that a path may have besides the unreserved ones. % keeps existing escapes.
_KEPT_IN_PATH = "/%:@!$&'()*+,;="
# Most paths have no other characters.
_PLAIN = DIGITS + LETTERS + "/_-"
_HEX = "0123456789abcdefABCDEF"
_QUOTE = "Put quote(...) around each part that comes from data."


class Request:
    """An HTTP request for a transport: ``method``, ``url``, ``headers`` and ``body``. ``path`` is for errors.

    ``repr`` shows only method and path, because the headers hold the token.

    >>> Request("GET", "https://api.podio.com/item/4", path="/item/4", headers={})
    <Request GET /item/4>
    """

    __slots__ = ("body", "headers", "method", "path", "url")

    def __init__(
        self, method: str, url: str, *, path: str, headers: "dict[str, str]", body: "str | bytes | None" = None
    ) -> None:
        self.method: str = method
        self.url: str = url
        self.path: str = path
        self.headers: dict[str, str] = headers
        self.body: str | bytes | None = body

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.path}>"


def build_request(
    api_origin: str,
    method: str,
    path: str,
    data: "Any" = None,
    *,
    params: "Mapping[str, Any] | None" = None,
    form: bool = False,
) -> Request:
    """Return the request for an operation of the API (https://developers.podio.com/index/api).

    - ``api_origin``: such as ``https://api.podio.com``.
    - ``method``: GET, POST, PUT or DELETE, in upper or lower case.
    - ``path``: starts with one slash; it may have a query.
    - ``data``: goes into the query of a GET or DELETE, and into the body of a POST or PUT. The body is JSON (a dict or
      a list), or a form if ``form`` is true (a dict of scalars).
    - ``params``: always goes into the query.

    In a query or a form, booleans become 0 and 1, lists are joined with ``;``, and None is left out. Raises ValueError
    if the path leads to another origin, and ValueError or TypeError if the data cannot be sent.

    >>> build_request("https://api.podio.com", "GET", "/item/4", {"mark_as_viewed": False}).url
    'https://api.podio.com/item/4?mark_as_viewed=0'
    """
    method = method.upper() if isinstance(method, str) else ""
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}")
    route, query = split_path(path)
    queries = [query] if query else []
    headers = {"Accept": _JSON}
    body = None
    if data is None:
        pass
    elif method in ("GET", "DELETE"):
        queries.append(form_encode(_pairs(data, "data")))
    elif form:
        headers["Content-Type"] = _FORM
        body = form_encode(_pairs(data, "data"))
    else:
        # Podio accepts no scalar body, and its response to one does not name the cause.
        if not isinstance(data, (dict, list, tuple)):
            raise ValueError(f"data must be a dict or a list, not {kind_of(data)}{instead_of(data)}")
        headers["Content-Type"] = _JSON
        body = to_json(data)
    if params is not None:
        queries.append(form_encode(_pairs(params, "params")))
    query = "&".join(part for part in queries if part)
    url = f"{api_origin}{route}?{query}" if query else api_origin + route
    return Request(method, url, path=route, headers=headers, body=body)


def authorized(request: Request, credentials: str, scheme: str = "OAuth2") -> Request:
    """Return the same request with an ``Authorization`` header.

    The default ``scheme``, ``OAuth2``, is from the OAuth draft that Podio implements
    (https://developers.podio.com/index/api).

    >>> authorized(request, token.access_token).headers["Authorization"]
    'OAuth2 a1b2c3'
    """
    headers = dict(request.headers)
    headers["Authorization"] = f"{scheme} {credentials}"
    return Request(request.method, request.url, path=request.path, headers=headers, body=request.body)


def check_timeout(timeout: float) -> float:
    """Return ``timeout`` in seconds. Raises ValueError unless it is a positive number of at most one day.

    >>> check_timeout(30)
    30
    """
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not 0 < timeout <= 86_400:
        raise ValueError("timeout must be a positive number of seconds, at most a day")
    return timeout


def _pairs(values: "Mapping[str, Any]", name: str) -> "list[tuple[str, str]]":
    if not isinstance(values, dict):
        raise ValueError(f"{name} must be a dict here, not {kind_of(values)}{instead_of(values)}")
    return [(key_text(key, name), _query_text(value, name)) for key, value in values.items() if value is not None]


def _query_text(value: "Any", name: str, depth: int = 0) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(int(value))  # str() alone would return the name of a member of an enumeration
    if isinstance(value, float) and is_finite(value):
        return str(float(value))
    if isinstance(value, (list, tuple)):
        if depth > DEEPEST:
            raise ValueError(too_deep(name))
        return ";".join([_query_text(each, name, depth + 1) for each in value])
    kind = value if isinstance(value, float) else kind_of(value) + instead_of(value)
    raise ValueError(f"{name} may hold text, numbers, booleans and lists of them, not {kind}")


def quote(part: "str | int") -> str:
    """Return one part of a path, such as an external ID, with its special characters escaped.

    Raises ValueError if the part is empty, ``.`` or ``..``, because servers resolve these even when escaped. Raises
    TypeError if it is neither text nor a whole number.

    >>> f"/item/app/3001/external_id/{quote('50 % off?')}"
    '/item/app/3001/external_id/50%20%25%20off%3F'
    """
    if isinstance(part, bool) or not isinstance(part, (str, int)):
        raise TypeError(f"a part of a path must be text or a whole number, not {type(part).__name__}")
    text = part if isinstance(part, str) else str(int(part))
    if text in ("", ".", ".."):
        raise ValueError(f"{text!r} cannot be a part of a path: it would change where the path leads")
    return percent_encode(text)


def split_path(path: str) -> "tuple[str, str]":
    """Return the route and the query of a path, both escaped. Raises ValueError if the path may lead elsewhere.

    >>> split_path("/item/4?mark_as_viewed=0")
    ('/item/4', 'mark_as_viewed=0')
    """
    if isinstance(path, str) and path[:1] == "/" != path[1:2] and not path.strip(_PLAIN):
        # Not the path itself: a member of a text enumeration is formatted as its name.
        return path[:], ""
    problem = _problem_of(path)
    if problem:
        raise ValueError(problem)
    route, _, query = path.partition("?")
    return percent_encode(route, keep=_KEPT_IN_PATH), percent_encode(query, keep=_KEPT_IN_PATH + "?")


def _problem_of(path: str) -> str:
    """Return what is wrong with a path, or an empty text."""
    if not isinstance(path, str) or not path.startswith("/") or path.startswith("//"):
        return (
            "path must be relative to the API and start with one slash, such as '/user/status': "
            "the access token is sent to the configured api_url only"
        )
    if not is_clean(path):
        return f"path has a space or a control character. {_QUOTE}"
    if "\\" in path:
        return f"path has a backslash, which browsers read as a slash. {_QUOTE}"
    if "#" in path:
        return f"path has a #, which would end it. {_QUOTE}"
    for escape in path.split("%")[1:]:
        if len(escape) < 2 or escape[0] not in _HEX or escape[1] not in _HEX:
            return f"path has a % without two hexadecimal digits after it. {_QUOTE}"
    # Escaped dots and slashes count too: browsers resolve %2e%2e, and some servers resolve ..%2f or ..;x (parameters).
    route = path.partition("?")[0].lower().replace("%2e", ".")
    parts = route.replace("%2f", "/").replace("%5c", "/").replace(";", "/").split("/")
    if "." in parts or ".." in parts:
        return "path has a part '.' or '..', which leads to another operation of the API"
    return ""
