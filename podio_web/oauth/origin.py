"""Origins: where the API is, where people sign in, and which paths stay on their origin.

An origin is ``scheme://host[:port]`` (RFC 6454). The token is sent to one configured origin only. So these functions
are strict: they refuse any URL that they cannot parse with certainty.
"""

from podio_web.oauth.encoding import DIGITS, consists_of, is_clean

API_URL = "https://api.podio.com"
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_HOST = "abcdefghijklmnopqrstuvwxyz0123456789-."
_DEFAULT_PORT = {"https": "443", "http": "80"}


def parse_origin(url: str, option: str, allow_http: "bool | None" = None) -> str:
    """Return the origin of a base URL, in lower case and without the default port of its scheme.

    - ``option``: the name of the setting in errors.
    - ``allow_http``: True allows ``http`` for any host. Otherwise ``http`` is allowed for loopback addresses only,
      because a token that is sent over http can be intercepted. False makes the error mention this option.

    Raises ValueError if the URL has another scheme, a path, a query or user info.

    >>> parse_origin("https://api.podio.com:443/", "api_url")
    'https://api.podio.com'
    """
    if not isinstance(url, str):
        raise ValueError(f"{option} must be a URL such as https://api.podio.com, not {type(url).__name__}")
    scheme, separator, rest = url.partition("://")
    scheme = scheme.lower()
    authority = (rest[:-1] if rest.endswith("/") else rest).lower()
    if not separator or scheme not in _DEFAULT_PORT:
        raise ValueError(f"{option} must start with https://")
    host, port = _split_port(authority)
    if "@" in authority or (host != "[::1]" and ("" in host.split(".") or not consists_of(host, _HOST))):
        raise ValueError(f"{option} must be scheme://host[:port] without path, query or user name")
    if port is not None and not (port and len(port) <= 20 and consists_of(port, DIGITS) and int(port) <= 65535):
        raise ValueError(f"{option} has a port that is not a number up to 65535")
    port = None if port is None else str(int(port))
    if scheme == "http" and host not in LOOPBACK and not allow_http:
        hint = "" if allow_http is None else ". In a network that you trust, pass allow_http=True"
        raise ValueError(f"{option} must use https: over http the access token could be intercepted{hint}")
    if port is None or port == _DEFAULT_PORT[scheme]:
        return f"{scheme}://{host}"
    return f"{scheme}://{host}:{port}"


def authorization_origin(api_origin: str) -> str:
    """Return the origin of the sign-in page: the API's origin without ``api.``, as in Podio's own clients.

    https://developers.podio.com/authentication/client_side

    >>> authorization_origin("https://api.podio.com")
    'https://podio.com'
    """
    scheme, _, host = api_origin.partition("://")
    return f"{scheme}://{host[4:]}" if host.startswith("api.") else api_origin


def is_local_path(path: str) -> bool:
    """Return whether ``path`` stays on its origin: one leading slash, and nothing that URL parsers rewrite.

    Browsers turn a backslash into a slash and drop tabs and line ends. So ``/\\evil.example`` and ``/\\t/evil.example``
    lead to another origin (https://url.spec.whatwg.org/#url-parsing).

    >>> is_local_path("/items?page=2#top"), is_local_path("//evil.example")
    (True, False)
    """
    return path.startswith("/") and not path.startswith("//") and "\\" not in path and is_clean(path)


def _split_port(authority: str) -> "tuple[str, str | None]":
    if authority.startswith("[::1]"):
        host, rest = "[::1]", authority[len("[::1]") :]
        return (host, None) if not rest else (host, rest[1:]) if rest[0] == ":" else ("", None)
    host, separator, port = authority.partition(":")
    return host, port if separator else None
