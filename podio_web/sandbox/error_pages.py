"""The error pages of gateways, which are HTML."""

from __future__ import annotations

from starlette.responses import Response

_PAGES = {
    "too_large": (413, "Request Entity Too Large"),
    "server_error": (500, "Internal Server Error"),
    "bad_gateway": (502, "Bad Gateway"),
    "unavailable": (503, "Service Temporarily Unavailable"),
}


def error_page(kind: str) -> Response | None:
    """Return the page of a kind of fault, or None if the kind has no page.

    Examples:
        >>> page = error_page("bad_gateway")
        >>> page.status_code
        502
    """
    if kind not in _PAGES:
        return None
    status, text = _PAGES[kind]
    page = f"<html><head><title>{status} {text}</title></head><body><h1>{status} {text}</h1></body></html>"
    return Response(page, status, media_type="text/html")
