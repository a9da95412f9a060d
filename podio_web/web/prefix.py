"""Path prefixes, for an application whose addresses all begin with the same path, such as ``/app``.

ASGI calls the prefix ``root_path``, and WSGI calls it ``SCRIPT_NAME``. Here, paths are percent-decoded, and addresses
are percent-encoded.

https://asgi.readthedocs.io/en/latest/specs/www.html#http-connection-scope
https://peps.python.org/pep-3333/#environ-variables
"""

from urllib.parse import quote, unquote


def clean_prefix(root_path: str) -> str:
    """Return a prefix with one slash before it and no slash after it.

    Args:
        root_path: The prefix.

    Returns:
        The clean prefix. It is empty for the host's root.

    Examples:
        >>> clean_prefix("/app/"), clean_prefix("/")
        ('/app', '')
    """
    name = root_path.strip("/")
    return f"/{name}" if name else ""


def below(prefix: str, path: str) -> str:
    """Return the public path: add the prefix, unless the path begins with it.

    Args:
        prefix: The clean prefix.
        path: The path, with or without the prefix.

    Returns:
        The path with the prefix.

    Examples:
        >>> below("/app", "/items"), below("/app", "/app/items")
        ('/app/items', '/app/items')
    """
    return path if path == prefix or path.startswith(f"{prefix}/") else prefix + path


def possible_paths(path: str, root_path: str, prefix: str) -> tuple[str, ...]:
    """Return the public paths that a request may be for.

    ASGI's specification says that ``path`` includes the server's ``root_path``, but not all servers follow it. If a
    proxy does not remove the prefix, uvicorn's ``path`` includes it twice.

    Args:
        path: The request's path.
        root_path: The prefix that the server knows.
        prefix: The public prefix, usually the same.

    Returns:
        The paths.

    Examples:
        >>> possible_paths("/items", "/app", "/app")
        ('/items', '/app/items', '/app/items')
    """
    if not root_path and not prefix:
        return (path,)
    rest = path[len(root_path) :] if path.startswith(root_path) else path
    local = rest if rest.startswith("/") else path
    return path, below(prefix, local), prefix + path


def address(path: str) -> str:
    """Percent-encode a path.

    Args:
        path: The path, percent-decoded.

    Returns:
        The address.

    Examples:
        >>> address("/søg/items")
        '/s%C3%B8g/items'
    """
    return quote(path, safe="/!$&'()*+,;=:@~", errors="replace")


def encode(prefix: str, url: str) -> str:
    """Return a local URL with the prefix, encoded for a header.

    Args:
        prefix: The clean prefix.
        url: A path, with or without the prefix, and with or without a query and a fragment.

    Returns:
        The URL.

    Raises:
        UnicodeEncodeError: ``url`` contains half of a surrogate pair.

    Examples:
        >>> encode("/app", "/items?page=2")
        '/app/items?page=2'
    """
    # The safe characters are those of RFC 3986 sections 2.2 and 2.3, and the percent sign.
    url = quote(url, safe="/?#:@!$&'()*+,;=[]%-._~")
    path = unquote(url.partition("#")[0].partition("?")[0])
    return url if below(prefix, path) == path else address(prefix) + url
