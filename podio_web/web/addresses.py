"""The addresses of one application: the sign-in's own three, and where people may be sent."""

from collections.abc import Callable
from contextvars import ContextVar
from urllib.parse import unquote

from podio_web.oauth.origin import is_local_path
from podio_web.web.messages import Request
from podio_web.web.prefix import address, below, clean_prefix, encode, readings

LONGEST_RETURN_TO = 800
"""Characters of an address that people are sent to; attempts hold it in a cookie."""

# Whose addresses the running request has passed through, and its prefix.
_passed: ContextVar[tuple[object, str]] = ContextVar("podio_web_prefix", default=(None, ""))


class Addresses:
    """Tells the sign-in's addresses from the application's, below whatever prefix a request has.

    Arguments: ``callback`` is public; ``login`` and ``logout`` are local to the application, or begin with its prefix;
    ``root_path`` is the prefix, or None to take it from each request.

    Raises ValueError for paths that are not three different ones.

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
        """Return the address of one of the application's paths.

        While a request is answered it is below that request's prefix, else below the one that was given.
        """
        addresses, prefix = _passed.get()
        return address(below(prefix if addresses is self else self._prefix or "", path))

    def enter(self, request: Request) -> Callable[[], object]:
        """Let ``public`` know the prefix of the running request; return a function that ends this."""
        before = _passed.get()
        _passed.set((self, self._prefix_of(request)))
        return lambda: _passed.set(before)

    def purpose(self, request: Request) -> str | None:
        """Return ``"login"``, ``"logout"``, ``"callback"``, or None for an address of the application."""
        prefix = self._prefix_of(request)
        purposes = self._purposes(prefix)
        found = (purposes.get(path) for path in readings(request.path, request.root_path, prefix))
        return next((purpose for purpose in found if purpose), None)

    def local(self, request: Request, path: str | None, otherwise: str = "/") -> str:
        """Return the address of ``path`` on this site, below the prefix of the request, as a header can hold it.

        ``path`` may come from anybody. If it leads to another site or to the sign-in itself, ``otherwise`` counts,
        which the application has chosen.
        """
        prefix = self._prefix_of(request)
        if path is not None and is_local_path(path):
            try:
                public = encode(prefix, path)
            except UnicodeEncodeError:  # half of a character
                public = ""
            decoded = unquote(public.partition("#")[0].partition("?")[0])
            leads_in_a_circle = not self._purposes(prefix).keys().isdisjoint(readings(decoded, prefix, prefix))
            if public and not leads_in_a_circle and len(public) <= LONGEST_RETURN_TO:
                return public
        return encode(prefix, otherwise)

    def current(self, request: Request) -> str:
        """Return the public address of a request with its query, without it if that is too long to return to."""
        prefix = self._prefix_of(request)
        path = address(readings(request.path, request.root_path, prefix)[:2][-1])
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
