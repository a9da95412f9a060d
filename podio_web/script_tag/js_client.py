"""The Python side of the client that ``window.podioWeb.ready`` resolves to."""

import json

from podio_web.script_tag.js_errors import explain
from podio_web.script_tag.page_podio import PagePodio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from podio_web.oauth.token import Token
    from podio_web.types import SessionStore

# The attributes of the script tag, and the options of Podio that they set.
_OPTIONS = {
    "apiUrl": "api_url",
    "authUrl": "auth_url",
    "clientId": "client_id",
    "redirectUri": "redirect_uri",
    "scope": "scope",
}
_STORES = ("local", "session", "memory")


class WebClient:
    """A client that JavaScript calls through ``podio_web.script_tag.calls``.

    - ``options``: the attributes of the script tag.
    - ``js_host``: the functions of the page that the client may call.
    - ``more``: options of ``Podio`` that have no attribute.

    Raises ValueError if an option is invalid, and names the attribute.

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
        """The client of the page, or None without a client ID."""
        return self._podio

    def is_authenticated(self) -> "Any":
        """Return, as an awaitable, whether somebody is signed in."""
        return self._client.is_authenticated()

    def has_auth_error(self) -> bool:
        """Return whether the last redirect response was refused."""
        return self._client.has_auth_error()

    def get_auth_error(self) -> "dict[str, Any] | None":
        """Return the error of the last redirect response, or None."""
        problem = self._client.get_auth_error()
        return None if problem is None else explain(problem)

    def get_authorization_url(self, redirect_uri: "str | None" = None, options: "dict[str, str] | None" = None) -> str:
        """Return the URL where the person signs in. ``options`` may have ``scope`` and ``state``."""
        options = options or {}
        return self._client.get_authorization_url(redirect_uri, scope=options.get("scope"), state=options.get("state"))

    def login(self, options: "dict[str, Any] | None" = None) -> "Any":
        """Start a sign-in now. ``options`` may have ``method``: ``popup`` or ``redirect``."""
        return self._client.login(method=(options or {}).get("method", "popup"))

    def logout(self) -> "Any":
        """Forget the session."""
        return self._client.logout()

    def set_access_token(self, response: "dict[str, Any]") -> None:
        """Use the token of a token response."""
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
        """Send a request to the API, and return the number of the response's body.

        ``options`` may have ``params``, ``form``, ``safe`` and ``timeout`` in seconds. ``form`` in the options counts
        more than the argument.
        """
        options = _known(options or {})
        options.setdefault("form", form)
        return self._client.request_body(method, path, data, **options)

    def token(self) -> "dict[str, Any] | None":
        """Return the current token, with its end in milliseconds since 1970, or None."""
        return token_record(self._client.token)

    def rate_limit(self) -> "dict[str, int] | None":
        """Return Podio's rate limit and the requests that remain, or None if responses do not have it."""
        figures = self._client.rate_limit
        return None if figures is None else {"limit": figures.limit, "remaining": figures.remaining}

    def listen(self, event: "Any") -> None:
        """Send each ``event`` to the page. Raises ValueError if there is no such event."""
        if event not in self._listening:
            self._listening[event] = self._client.on(event, lambda detail: self._tell(event, detail))

    def unlisten(self, event: str) -> None:
        """Stop sending ``event`` to the page."""
        self._listening.pop(event)()

    def act(self, event: str) -> None:
        """Call the function of the last ``login_needed`` (from a click) or ``login_waiting``."""
        if event in self._acts:
            self._acts[event]()

    def close(self) -> "Any":
        """Close the client."""
        return self._client.aclose()

    @property
    def _client(self) -> PagePodio:
        if self._podio is None:
            raise ValueError("data-client-id is missing: add it to the script tag of podio-web.js to get a client")
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
    """Return a token as a record for JavaScript, or None without a token.

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
        raise ValueError(f"request has no option {unknown[0]!r}. Use params, form, safe and timeout (in seconds)")
    return {name: value for name, value in options.items() if value is not None}
