"""Path prefixes: an application whose addresses all begin with a path of the host, such as ``/app``.

ASGI calls the prefix ``root_path``, WSGI calls it ``SCRIPT_NAME``. Paths here are decoded; addresses are
percent-encoded.

https://asgi.readthedocs.io/en/latest/specs/www.html#http-connection-scope
https://peps.python.org/pep-3333/#environ-variables
"""

from urllib.parse import quote, unquote


def clean_prefix(root_path: str) -> str:
    """Return a prefix with one slash before it and none after it; of the host's root it is empty.

    >>> clean_prefix("/app/"), clean_prefix("/")
    ('/app', '')
    """
    name = root_path.strip("/")
    return f"/{name}" if name else ""


def below(prefix: str, path: str) -> str:
    """Return the public path: ``path`` with the prefix before it, unless it begins with the prefix already.

    >>> below("/app", "/items"), below("/app", "/app/items")
    ('/app/items', '/app/items')
    """
    return path if path == prefix or path.startswith(f"{prefix}/") else prefix + path


def readings(path: str, root_path: str, prefix: str) -> tuple[str, ...]:
    """Return the public paths that a request may mean.

    By ASGI's specification ``path`` includes the server's ``root_path``, but not all servers do that. If a proxy does
    not strip the prefix, uvicorn's ``path`` includes it twice. ``prefix`` is the public one, usually the same.

    >>> readings("/items", "/app", "/app")
    ('/items', '/app/items', '/app/items')
    """
    if not root_path and not prefix:
        return (path,)
    rest = path[len(root_path) :] if path.startswith(root_path) else path
    local = rest if rest.startswith("/") else path
    return path, below(prefix, local), prefix + path


def address(path: str) -> str:
    """Return a path as an address holds it, percent-encoded.

    >>> address("/søg/items")
    '/s%C3%B8g/items'
    """
    return quote(path, safe="/!$&'()*+,;=:@~", errors="replace")


def encode(prefix: str, url: str) -> str:
    """Return a local URL below the prefix, as a header can hold it; it may have a query and a fragment.

    Raises UnicodeEncodeError for half of a character.

    >>> encode("/app", "/items?page=2")
    '/app/items?page=2'
    """
    # Only what no header may hold is encoded; RFC 3986 section 2.2 and 2.3 list the others.
    url = quote(url, safe="/?#:@!$&'()*+,;=[]%-._~")
    path = unquote(url.partition("#")[0].partition("?")[0])
    return url if below(prefix, path) == path else address(prefix) + url
