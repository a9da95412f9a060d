"""Building one HTTP call to Podio from a method, a path and data.

https://developers.podio.com/index/api
"""

from podio_web.http.json_text import is_finite, key_text, to_json
from podio_web.http.path import split_path
from podio_web.oauth.encoding import form_encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

METHODS = ("GET", "POST", "PUT", "DELETE")

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"


class Request:
    """One HTTP call, ready for a transport: ``method``, ``url``, ``headers``, ``body``; ``path`` is for errors.

    ``repr`` shows method and path only: the headers hold the token.
    """

    __slots__ = ("body", "headers", "method", "path", "url")

    def __init__(
        self, method: str, url: str, *, path: str, headers: "dict[str, str]", body: "str | bytes | None" = None
    ) -> None:
        self.method = method
        self.url = url
        self.path = path
        self.headers = headers
        self.body = body

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
    """Return the call that ``method path`` with ``data`` means.

    ``data`` of a GET or DELETE goes to the query, of a POST or PUT to the body as JSON (an object or list), or as a
    form with ``form=True`` (an object of scalars). ``params`` always goes to the query. Flags become 0 and 1, lists are
    joined with ``;``, None is left out, as https://developers.podio.com/index/api says. ``path`` stays on the API's
    origin; it may hold a query. Raises ValueError for a path that would lead elsewhere, ValueError or TypeError
    for data that cannot be sent.

    >>> build_request("https://api.podio.com", "GET", "/item/4", {"mark_as_viewed": False}).url
    'https://api.podio.com/item/4?mark_as_viewed=0'
    """
    method = method.upper()
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}")
    route, query = split_path(path)
    queries = [query] if query else []
    headers = {"Accept": _JSON}
    body = None
    if method in ("GET", "DELETE"):
        queries.append(form_encode(_pairs(data, "data")))
    elif data is not None and form:
        headers["Content-Type"] = _FORM
        body = form_encode(_pairs(data, "data"))
    elif data is not None:
        # "The body must be an object or a list, never a scalar": Podio's answer to a scalar names no cause.
        if not isinstance(data, (dict, list, tuple)):
            raise ValueError(f"data must be a dict or a list, not {type(data).__name__}")
        headers["Content-Type"] = _JSON
        body = to_json(data)
    queries.append(form_encode(_pairs(params, "params")))
    query = "&".join(part for part in queries if part)
    url = f"{api_origin}{route}?{query}" if query else api_origin + route
    return Request(method, url, path=route, headers=headers, body=body)


def authorized(request: Request, credentials: str, scheme: str = "OAuth2") -> Request:
    """Return the same call with a token; its ``scheme`` is ``OAuth2``, from the draft that Podio implements.

    https://developers.podio.com/index/api
    """
    headers = dict(request.headers)
    headers["Authorization"] = f"{scheme} {credentials}"
    return Request(request.method, request.url, path=request.path, headers=headers, body=request.body)


def check_timeout(timeout: float) -> float:
    """Return ``timeout`` (seconds) when it is a positive number of at most a day, else raise ValueError.

    >>> check_timeout(30)
    30
    """
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not 0 < timeout <= 86_400:
        raise ValueError("timeout must be a positive number of seconds, at most a day")
    return timeout


def _pairs(values: "Mapping[str, Any] | None", name: str) -> "list[tuple[str, str]]":
    if values is None:
        return []
    if not isinstance(values, dict):
        raise ValueError(f"{name} must be a dict here, not {type(values).__name__}")
    return [(key_text(key, name), _query_text(value, name)) for key, value in values.items() if value is not None]


def _query_text(value: "Any", name: str) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (str, int)) or (isinstance(value, float) and is_finite(value)):
        return str(value)
    if isinstance(value, (list, tuple)):
        return ";".join(_query_text(each, name) for each in value)
    kind = value if isinstance(value, float) else type(value).__name__
    raise ValueError(f"{name} may hold text, numbers, flags and lists of them, not {kind}")
