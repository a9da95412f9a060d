"""Paths below the API, and the parts that they are put together from.

https://url.spec.whatwg.org/#path-state
"""

from podio_web.oauth.characters import is_clean
from podio_web.oauth.encoding import percent_encode

# RFC 3986 section 3.3: what may stand in a path besides the unreserved characters; % keeps what is already escaped.
_KEPT_IN_PATH = "/%:@!$&'()*+,;="
_HEX = "0123456789abcdefABCDEF"
_QUOTE = "Put quote(...) around each part that comes from data."


def quote(part: "str | int") -> str:
    """Return one part of a path, such as an external id, with everything escaped that would end or change it.

    Raises ValueError for an empty part and for ``.`` and ``..``, which no escape keeps servers from resolving;
    TypeError for anything but text and whole numbers.

    >>> f"/item/app/3001/external_id/{quote('50 % off?')}"
    '/item/app/3001/external_id/50%20%25%20off%3F'
    """
    if isinstance(part, bool) or not isinstance(part, (str, int)):
        raise TypeError(f"a part of a path is text or a whole number, not {type(part).__name__}")
    text = str(part)
    if text in ("", ".", ".."):
        raise ValueError(f"{text!r} cannot be a part of a path: it would lead somewhere else")
    return percent_encode(text)


def split_path(path: str) -> "tuple[str, str]":
    """Return route and query of a path, escaped; raise ValueError, saying what is wrong, for one that leads elsewhere.

    >>> split_path("/item/4?mark_as_viewed=0")
    ('/item/4', 'mark_as_viewed=0')
    """
    problem = _problem_of(path)
    if problem:
        raise ValueError(problem)
    route, _, query = path.partition("?")
    return percent_encode(route, keep=_KEPT_IN_PATH), percent_encode(query, keep=_KEPT_IN_PATH + "?")


def _problem_of(path: str) -> str:
    """Return what is wrong with a path, or ''."""
    if not isinstance(path, str) or not path.startswith("/") or path.startswith("//"):
        return (
            "path must be relative to the API and start with one slash, such as '/user/status': "
            "the access token goes to the configured api_url only"
        )
    if not is_clean(path):
        return f"path has a space or a control character. {_QUOTE}"
    if "\\" in path:
        return f"path has a backslash, which browsers take for a slash. {_QUOTE}"
    if "#" in path:
        return f"path has a #, which would cut it off. {_QUOTE}"
    for escape in path.split("%")[1:]:
        if len(escape) < 2 or escape[0] not in _HEX or escape[1] not in _HEX:
            return f"path has a % without two hexadecimal digits behind it. {_QUOTE}"
    # Escaped dots and slashes too: browsers resolve %2e%2e, and some servers ..%2f.
    parts = path.partition("?")[0].lower().replace("%2e", ".").replace("%2f", "/").replace("%5c", "/").split("/")
    if "." in parts or ".." in parts:
        return "path has a part '.' or '..', which leads to another operation of the API"
    return ""
