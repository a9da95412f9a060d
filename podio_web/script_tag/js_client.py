"""The client that ``window.podioWeb.ready`` promises, as its JavaScript calls it: names, numbers and texts."""

import json

from podio_web.script_tag.js_errors import explain
from podio_web.script_tag.page_podio import PagePodio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from podio_web.oauth.token import Token
    from podio_web.types import SessionStore

# The attributes of the script tag, and the options of Podio that they are.
_OPTIONS = {
    "apiUrl": "api_url",
    "authUrl": "auth_url",
    "clientId": "client_id",
    "redirectUri": "redirect_uri",
    "scope": "scope",
}
_STORES = ("local", "session", "memory")


class WebClient:
    """One client behind the door. ``options`` are the attributes of the script tag, ``js_host`` is the page's side, and
    ``more`` are options of ``Podio`` that no attribute gives.

    Raises ValueError for a wrong option, naming it as the script tag does.

    >>> client = WebClient({"clientId": "my-app"}, js_host)
    """

    explain = staticmethod(explain)

    def __init__(self, options: "dict[str, str]", js_host: "Any", **more: "Any") -> None:
        self._js_host = js_host
        self._more = more
        self._listening: dict[str, Callable[[], None]] = {}
        self._acts: dict[str, Callable[[], object]] = {}
        self._podio = None if not options.get("clientId") else self._open(options)

    @property
    def podio(self) -> "PagePodio | None":
        """The page's client, None without a client id."""
        return self._podio

    def is_authenticated(self) -> "Any":
        """Tell, later, whether a usable token is held."""
        return self._client.is_authenticated()

    def has_auth_error(self) -> bool:
        """Tell whether the last redirect response was refused."""
        return self._client.has_auth_error()

    def get_auth_error(self) -> "dict[str, Any] | None":
        """Return why the last redirect response was refused, or None."""
        problem = self._client.get_auth_error()
        return None if problem is None else explain(problem)

    def get_authorization_url(self, redirect_uri: "str | None" = None, options: "dict[str, str] | None" = None) -> str:
        """Return the URL where a person signs in; ``options`` has ``scope`` and ``state``."""
        options = options or {}
        return self._client.get_authorization_url(redirect_uri, scope=options.get("scope"), state=options.get("state"))

    def login(self, options: "dict[str, Any] | None" = None) -> "Any":
        """Sign in, now: ``options`` has ``method``, ``popup`` or ``redirect``."""
        return self._client.login(method=(options or {}).get("method", "popup"))

    def logout(self) -> "Any":
        """Forget the session."""
        return self._client.logout()

    def set_access_token(self, response: "dict[str, Any]") -> None:
        """Hold the token of a token response."""
        self._client.set_access_token(response)

    def refresh_auth_from_store(self) -> "Any":
        """Read the session store again."""
        return self._client.refresh_auth_from_store()

    def request(
        self,
        method: str,
        path: str,
        data: "Any" = None,
        options: "dict[str, Any] | None" = None,
        form: bool = False,
    ) -> "Any":
        """Call one operation of the API.

        ``options`` has ``params``, ``form``, ``safe`` and ``timeout`` in seconds; without ``form`` there, the argument
        counts.
        """
        options = _known(options or {})
        options.setdefault("form", form)
        return self._client.request_body(method, path, data, **options)

    def token(self) -> "dict[str, Any] | None":
        """Return the current token, with the moment it ends in milliseconds since 1970, as JavaScript counts."""
        return token_record(self._client.token)

    def rate_limit(self) -> "dict[str, int] | None":
        """Return Podio's limit and what remains of it, None where answers do not show them."""
        figures = self._client.rate_limit
        return None if figures is None else {"limit": figures.limit, "remaining": figures.remaining}

    def listen(self, event: "Any") -> None:
        """Tell the page of each ``event``; ValueError for an unknown one."""
        if event not in self._listening:
            self._listening[event] = self._client.on(event, lambda detail: self._tell(event, detail))

    def unlisten(self, event: str) -> None:
        """Tell the page no more."""
        self._listening.pop(event)()

    def act(self, event: str) -> None:
        """Do what the last ``login_needed`` or ``login_waiting`` handed over: resume, in a click, or cancel."""
        if event in self._acts:
            self._acts[event]()

    def close(self) -> "Any":
        """Release everything."""
        return self._client.aclose()

    @property
    def _client(self) -> PagePodio:
        if self._podio is None:
            raise ValueError("data-client-id is missing on the script tag of podio-web.js: there is no client")
        return self._podio

    def _open(self, options: "dict[str, str]") -> PagePodio:
        wanted: dict[str, Any] = {name: options[tag] for tag, name in _OPTIONS.items() if options.get(tag)}
        wanted["session_store"] = _store(options.get("sessionStore") or "local")
        wanted.update(self._more)
        return PagePodio(self._js_host, "client", **wanted)

    def _tell(self, event: str, detail: "Any") -> None:
        if callable(detail):
            self._acts[event] = detail
            detail = None
        elif hasattr(detail, "access_token"):
            detail = token_record(detail)
        elif isinstance(detail, Exception):
            detail = explain(detail)
        self._js_host.emit(event, json.dumps(detail))


def token_record(token: "Token | None") -> "dict[str, Any] | None":
    """Return a token as JavaScript has it, None for none.

    >>> token_record(podio.token)["expiresAt"] > 0
    True
    """
    if token is None:
        return None
    return {
        "accessToken": token.access_token,
        "expiresAt": int(token.expires_at * 1000),
        "ref": token.ref,
        "scope": token.scope,
        "tokenType": token.token_type,
    }


def _store(name: str) -> "SessionStore | None":
    if name not in _STORES:
        raise ValueError(f"data-session-store must be one of {', '.join(_STORES)}, not {name!r}")
    if name == "memory":
        from podio_web.stores.memory import MemoryStore

        return MemoryStore()
    if name == "session":
        from podio_web.stores.web_storage import SessionStorageStore

        return SessionStorageStore()
    return None


def _known(options: "dict[str, Any]") -> "dict[str, Any]":
    unknown = [name for name in options if name not in ("params", "form", "safe", "timeout")]
    if unknown:
        raise ValueError(f"request knows no option {unknown[0]!r}; it knows params, form, safe and timeout, in seconds")
    return {name: value for name, value in options.items() if value is not None}
