"""The addresses of one application: the middleware's own three, and where people may be redirected."""

from collections.abc import Callable
from contextvars import ContextVar
from urllib.parse import unquote

from podio_web.oauth.origin import is_local_path
from podio_web.web.messages import Request
from podio_web.web.prefix import address, below, clean_prefix, encode, possible_paths

LONGEST_RETURN_TO = 800
"""The longest address that people are redirected to, in characters. It is kept in a cookie during a sign-in."""

# The addresses that handle the running request, and the prefix of that request.
_passed: ContextVar[tuple[object, str]] = ContextVar("podio_web_prefix", default=(None, ""))


class Addresses:
    """The addresses of the middleware and of its application, with or without a prefix.

    Args:
        callback: The public path of the redirect URI, with the prefix.
        login: The path of the sign-in, with or without the prefix.
        logout: The path of the sign-out, with or without the prefix.
        root_path: The prefix. None means that each request says its prefix.

    Raises:
        ValueError: A path is not local, or two paths are the same.

    Examples:
        >>> addresses = Addresses("/app/podio/callback", "/podio/login", "/podio/logout", "/app")
        >>> addresses.public("/podio/login")
        '/app/podio/login'
    """

    def __init__(self, callback: str, login: str, logout: str, root_path: str | None) -> None:
        self._callback = callback
        self._login = login
        self._logout = logout
        self._prefix = None if root_path is None else _check_prefix(root_path)
        prefix = self._prefix or ""
        _check_distinct(callback, below(prefix, login), below(prefix, logout))

    def public(self, path: str) -> str:
        """Return the public address of one of the application's paths.

        While a request is handled, its prefix is used. Otherwise ``root_path`` is used.
        """
        addresses, prefix = _passed.get()
        return address(below(prefix if addresses is self else self._prefix or "", path))

    def enter(self, request: Request) -> Callable[[], object]:
        """Use the prefix of this request in ``public``, until the returned function is called."""
        before = _passed.get()
        _passed.set((self, self._prefix_of(request)))
        return lambda: _passed.set(before)

    def purpose(self, request: Request) -> str | None:
        """Return ``"login"``, ``"logout"`` or ``"callback"``, or None if the address belongs to the application."""
        prefix = self._prefix_of(request)
        purposes = self._purposes(prefix)
        found = (purposes.get(path) for path in possible_paths(request.path, request.root_path, prefix))
        return next((purpose for purpose in found if purpose), None)

    def local(self, request: Request, path: str | None, otherwise: str = "/") -> str:
        """Return the public address of a path of this site, encoded for a header.

        Args:
            request: The request, which says the prefix.
            path: The path. It may come from anyone.
            otherwise: The application's own path, which is used if ``path`` is None, leads to another site, leads to
                the sign-in itself, or is too long.

        Returns:
            The address below the request's prefix.
        """
        prefix = self._prefix_of(request)
        if path is not None and is_local_path(path):
            try:
                public = encode(prefix, path)
            except UnicodeEncodeError:  # half of a surrogate pair
                public = ""
            decoded = unquote(public.partition("#")[0].partition("?")[0])
            leads_to_sign_in = not self._purposes(prefix).keys().isdisjoint(possible_paths(decoded, prefix, prefix))
            if public and not leads_to_sign_in and len(public) <= LONGEST_RETURN_TO:
                return public
        return encode(prefix, otherwise)

    def current(self, request: Request) -> str:
        """Return the public address of a request. If it is too long with its query, return it without the query."""
        prefix = self._prefix_of(request)
        path = address(possible_paths(request.path, request.root_path, prefix)[:2][-1])
        url = f"{path}?{request.query}" if request.query else path
        return url if len(url) <= LONGEST_RETURN_TO else path

    def _prefix_of(self, request: Request) -> str:
        return clean_prefix(request.root_path) if self._prefix is None else self._prefix

    def _purposes(self, prefix: str) -> dict[str, str]:
        return {below(prefix, self._login): "login", below(prefix, self._logout): "logout", self._callback: "callback"}


def _check_distinct(*paths: str) -> None:
    if len(set(paths)) < len(paths) or not all(is_local_path(path) and not {"?", "#"} & set(path) for path in paths):
        raise ValueError(
            "login_path, logout_path and the path of redirect_uri must be three different paths, such as /podio/login"
        )


def _check_prefix(root_path: str) -> str:
    if root_path and (not is_local_path(root_path) or {"?", "#"} & set(root_path)):
        raise ValueError('root_path must be a path of the host, such as "/app"')
    return clean_prefix(root_path)
