"""CORS headers, so that pages of all origins can call the API (https://fetch.spec.whatwg.org/#http-cors-protocol).

The origin is echoed and credentials are allowed, because some clients send them. Response headers are exposed only if
the setting ``expose_headers`` is on.
"""

from __future__ import annotations

from .settings import Settings

_MAX_AGE_SECONDS = "600"
_METHODS = "GET, POST, PUT, DELETE, OPTIONS"
_HEADERS = "Authorization, Content-Type, Accept, Accept-Language"
_EXPOSED = "X-Rate-Limit-Limit, X-Rate-Limit-Remaining, X-Podio-Request-Id, WWW-Authenticate, Retry-After, Date"


def is_preflight(method: str, headers: dict[str, str]) -> bool:
    """Return whether a request is a CORS preflight.

    Args:
        method: The HTTP method.
        headers: The request headers, with lower-case names.
    """
    return method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers


def cors_headers(method: str, headers: dict[str, str], settings: Settings) -> dict[str, str]:
    """Return the headers that let the page's origin read the response. Without an origin, there are none.

    Args:
        method: The HTTP method.
        headers: The request headers, with lower-case names.
        settings: The sandbox's settings.

    Examples:
        >>> cors_headers("GET", {"origin": "http://localhost:8000"}, Settings())["access-control-allow-origin"]
        'http://localhost:8000'
    """
    origin = headers.get("origin")
    if origin is None:
        return {}
    answer = {"access-control-allow-origin": origin, "access-control-allow-credentials": "true", "vary": "Origin"}
    if is_preflight(method, headers):
        answer["access-control-allow-methods"] = _METHODS
        answer["access-control-allow-headers"] = _HEADERS
        answer["access-control-max-age"] = _MAX_AGE_SECONDS
    elif settings.expose_headers:
        answer["access-control-expose-headers"] = _EXPOSED
    return answer
