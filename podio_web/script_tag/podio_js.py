"""The Python side of ``window.PodioJS``, for pages that were written for podio-js.

https://podio.github.io/podio-js/
"""

import json

from podio_web.auth.context import Context
from podio_web.auth.pending_requests import PendingRequests
from podio_web.errors import AuthorizationError, LoginRequired, PopupCancelled, PopupTimeout
from podio_web.oauth.identity import ClientIdentity
from podio_web.runtime.interpreter import spawn
from podio_web.runtime.shared_outcome import SharedOutcome
from podio_web.script_tag.page_podio import PagePodio
from podio_web.script_tag.page_store import PageStore, podio_js_session
from podio_web.script_tag.page_window import PageWindow
from podio_web.script_tag.podio_js_errors import explain_to_podio_js
from podio_web.stores.memory import MemoryStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from podio_web.oauth.token import Token

NOT_SIGNED_IN = "Authentication has not been performed"
"""podio-js's message when nobody is signed in."""

_NOT_IN_PAGES = "{}() needs the client secret, which anyone could read in a page. Use it on a server"
_REFUSALS = {
    # https://www.rfc-editor.org/rfc/rfc6750#section-5.3
    "getThumbnailURLForFileLink": "{}() would put the token into a URL, and URLs are written to logs. "
    "Use thumbnail(file, size)",
}


class PodioJS:
    """A client that JavaScript calls through ``podio_web.script_tag.calls``.

    - ``options``: the constructor's options that are data.
    - ``js_host``: the functions of the page that the client may call.
    - ``more``: other options of ``Podio``.

    Raises ValueError if an option is invalid.

    >>> client = PodioJS({"authType": "client", "clientId": "my-app"}, js_host)
    """

    def __init__(self, options: "dict[str, Any]", js_host: "Any", **more: "Any") -> None:
        auth_type = options["authType"]
        if auth_type != "client":
            raise ValueError(
                f"authType {auth_type!r} needs the client secret, which anyone could read in a page. "
                "Use authType 'client' here. The other flows are for servers and scripts"
            )
        self._podio = _Podio(options, js_host, **more)

    @property
    def podio(self) -> PagePodio:
        """The client of ``podio_web``."""
        return self._podio

    def explain(self, problem: BaseException) -> "dict[str, Any]":
        """Return a record of an error as podio-js has it."""
        return explain_to_podio_js(problem, self._podio.api_url)

    async def is_authenticated(self) -> "dict[str, Any] | None":
        """Return None if somebody is signed in, else the error that the page's promise is rejected with."""
        held = await self._podio.is_authenticated()
        return None if held else self.explain(LoginRequired(NOT_SIGNED_IN, status=403))

    def has_auth_error(self) -> bool:
        """Return whether the last redirect response was refused."""
        return self._podio.has_auth_error()

    def get_auth_error(self) -> "dict[str, Any] | None":
        """Return the error of the last redirect response, or None."""
        problem = self._podio.get_auth_error()
        return None if problem is None else self.explain(problem)

    def get_authorization_url(self, redirect_url: "str | None" = None) -> str:
        """Return the URL for a window that the page opens, or for this tab, and wait for its redirect response."""
        return self._podio.expected_url(redirect_url)

    def refresh_auth_from_store(self) -> "Any":
        """Read the session store again."""
        return self._podio.refresh_auth_from_store()

    def set_access_token(self, response: "dict[str, Any]") -> None:
        """Use the token of a token response."""
        self._podio.set_access_token(response)

    def auth_object(self) -> "dict[str, Any] | None":
        """Return the session as podio-js's auth object, or None if nobody is signed in."""
        token = self._podio.token
        return None if token is None else podio_js_session(token, self._podio.now())

    def refuse(self, method: str) -> None:
        """Raise ValueError, which says why the method is not available here."""
        raise ValueError(_REFUSALS.get(method, _NOT_IN_PAGES).format(method))

    async def request(
        self,
        method: str,
        path: str,
        data: "Any" = None,
        options: "dict[str, Any] | None" = None,
        form: bool = False,
    ) -> "Any":
        """Send a request to the API, and return the number of the response's body.

        ``options`` may have ``type`` and ``basicAuth``. Data is sent as a form if ``form`` is true or ``type`` is
        ``form``.
        """
        options = options or {}
        method = method.upper()
        # podio-js adds the first slash, and drops the data of a DELETE.
        path = path if path[:1] == "/" or "://" in path else f"/{path}"
        data = None if method == "DELETE" else data
        if options.get("basicAuth"):
            return await self._podio.request_body(method, path, data, basic_auth=True)
        await self._podio.is_authenticated()
        if self._podio.token is None:
            raise LoginRequired(NOT_SIGNED_IN, status=403)
        return await self._podio.request_body(method, path, data, form=form or options.get("type") == "form")


class _Podio(PagePodio):
    """A client whose page renews the session and opens the windows."""

    def __init__(self, options: "dict[str, Any]", js_host: "Any", **more: "Any") -> None:
        wanted = {"api_url": options["apiURL"]} if options.get("apiURL") else {}
        if options.get("redirectUri"):
            wanted["redirect_uri"] = options["redirectUri"]
        super().__init__(
            js_host,
            "client",
            options["clientId"],
            session_store=PageStore(js_host, self.now) if options.get("hasStore") else MemoryStore(),
            on_token_will_refresh=lambda podio: self._ask_page(),
            after_token_refreshed=lambda token: js_host.refreshed(json.dumps(_response(token, self.now()))),
            **wanted,
            **more,
        )
        self._windows: dict[str, PageWindow] = {}
        self._asked: SharedOutcome | None = None

    @property
    def api_url(self) -> str:
        """The API's origin."""
        return self._context.identity.api_origin

    def now(self) -> float:
        """Return seconds since 1970."""
        return self._context.runtime.now()

    def expected_url(self, redirect_uri: "str | None") -> str:
        """Return the URL for a redirect URI. It stays the same until a redirect response arrives."""
        identity = self._context.identity
        redirect_uri = identity.chosen_redirect_uri(redirect_uri)
        if redirect_uri not in self._windows:
            identity = ClientIdentity(
                "client",
                identity.client_id,
                redirect_uri=redirect_uri,
                scope=identity.scope,
                api_url=identity.api_origin,
                auth_url=identity.auth_origin,
            )
            context = Context(identity, self._context.runtime, self._context.transport)
            context.events = self._context.events
            # With this client's identity, for any redirect URI, because the next page makes the same client.
            requests = PendingRequests(self._context.identity, self._context.runtime)
            window = PageWindow(context, self._auth.session, requests)
            self._windows[redirect_uri] = window
            spawn(self._conclude(redirect_uri, window.expect()))
        return self._windows[redirect_uri].url

    async def _conclude(self, redirect_uri: str, outcome: SharedOutcome) -> None:
        """Call the page's functions with the outcome of a window, by the names that podio-js's popup uses."""
        try:
            await outcome.wait()
        except Exception as problem:
            self._end_asking(problem)
            if not isinstance(problem, (PopupTimeout, PopupCancelled)):
                self._js_host.authFailed(json.dumps(explain_to_podio_js(problem, self.api_url)))
        else:
            self._js_host.authCompleted()
            self._end_asking(None)
        finally:
            del self._windows[redirect_uri]

    async def _ask_page(self) -> None:
        """Let the page renew the session. Ends when it calls back, or when one of its windows ends."""
        if not self._js_host.canRefresh():
            raise LoginRequired("The session has ended, and the page has no onTokenWillRefresh to renew it.")
        outcome = self._asked = SharedOutcome()
        spawn(self._hear_page(outcome))
        await outcome.wait()

    async def _hear_page(self, outcome: SharedOutcome) -> None:
        try:
            await self._js_host.willRefresh()
        except Exception:
            outcome.fail(AuthorizationError("The page's onTokenWillRefresh did not renew the session.", status=401))
        else:
            outcome.succeed(None)

    def _end_asking(self, problem: "Exception | None") -> None:
        outcome, self._asked = self._asked, None
        if outcome is not None and problem is not None:
            outcome.fail(problem)
        elif outcome is not None:
            outcome.succeed(None)


def _response(token: "Token", now: float) -> "dict[str, Any]":
    """Return a token as a token response, which podio-js passes to ``afterTokenRefreshed``."""
    return {
        "access_token": token.access_token,
        "token_type": token.token_type,
        "expires_in": max(1, int(token.expires_at - now)),
        "scope": token.scope,
        "ref": token.ref,
    }
