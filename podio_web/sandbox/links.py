"""Links to files. Podio serves them on an origin of their own, ``https://files.podio.com``."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from podio_web.files.links import files_origin as links_of
from podio_web.oauth.origin import parse_origin

from .hosts import LOOPBACK, parse_host

# A file's link, or that of its thumbnail. No path of the API starts with a number.
_LINK = re.compile(r"/[0-9]+(/[^/]*)?/?")


def files_origin_of(api_url: str) -> str | None:
    """Return the origin of file links: the sandbox's if ``api_url`` is on loopback, else the one of that Podio.

    >>> files_origin_of("http://127.0.0.1:8001"), files_origin_of("https://api.podio.com")
    ('http://localhost:8001', 'https://files.podio.com')
    """
    address = urlsplit(api_url)
    if address.hostname in LOOPBACK:
        return files_origin(address.netloc)
    return links_of(parse_origin(api_url, "api_url"))


def files_origin(host: str) -> str:
    """Return the origin of file links for the ``Host`` that the API is called with.

    A first label ``api`` becomes ``files``, as in Podio. On loopback, ``127.0.0.1`` and ``localhost`` are the two
    origins: each has the file links of the other. Any other host has its own file links.

    Args:
        host: The value of the ``Host`` header.

    Examples:
        >>> files_origin("api.podio.test:8443")
        'http://files.podio.test:8443'
        >>> files_origin("127.0.0.1:8001")
        'http://localhost:8001'
        >>> files_origin("localhost:8001")
        'http://127.0.0.1:8001'
    """
    name, port = parse_host(host) or ("localhost", None)
    if name in ("127.0.0.1", "::1"):
        name = "localhost"
    elif name == "localhost":
        name = "127.0.0.1"
    elif name.startswith("api."):
        name = f"files.{name[4:]}"
    shown = f"[{name}]" if ":" in name else name
    return f"http://{shown}" if port is None else f"http://{shown}:{port}"


def is_file_link(raw_path: str) -> bool:
    """Return whether a path belongs to the origin of file links.

    Examples:
        >>> is_file_link("/9001/medium"), is_file_link("/file/9001")
        (True, False)
    """
    return _LINK.fullmatch(raw_path) is not None
