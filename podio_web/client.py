"""``Podio``: a client of Podio's API for one signed-in person.

https://developers.podio.com/authentication
"""

from copy import copy

from podio_web.auth import open_auth
from podio_web.auth.context import Context
from podio_web.http import RETRY, build_request, check_retry, check_timeout, is_safe
from podio_web.oauth.identity import ClientIdentity
from podio_web.oauth.origin import API_URL
from podio_web.options import check_options
from podio_web.runtime.detect import find_runtime
from podio_web.runtime.interpreter import IN_PAGE
from podio_web.sender import CLOSED, Sender

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
    from typing import Any, Self

    from podio_web.auth.grants import GrantAuth
    from podio_web.auth.page import PageAuth
    from podio_web.errors import SignInError
    from podio_web.http import RateLimit, Retry
    from podio_web.oauth.grants import Fields
    from podio_web.oauth.token import Token
    from podio_web.runtime.protocols import Runtime
    from podio_web.types import SessionStore, Transport


def renew_by_popup(podio: "Podio") -> "Awaitable[None]":
    """Renew the session through the popup, so that nothing on the page is lost; ``on_token_will_refresh``'s default.

    >>> podio = Podio("client", client_id="my-app", on_token_will_refresh=renew_by_popup)
    """
    return podio.login()


class Podio:
    """A client of Podio's API for one signed-in person.

    Arguments:

    - ``auth_type``: ``"client"``, the flow for pages, needs no secret; ``"server"``, ``"password"`` and ``"app"`` are
      for servers and scripts.
    - ``client_id``, ``client_secret``: the API key from https://podio.com/settings/api. A page must not hold a secret.
    - ``redirect_uri``: where Podio sends the person back to. In a page the absolute URL of ``callback.html`` on the
      page's own origin; ``static/callback.html`` beside the page when left out.
    - ``scope``: what to ask for, such as ``"user:read space:all"``; everything when left out.
    - ``session_store``: any object with ``get(auth_type)`` and ``set(token, auth_type)``; localStorage in a page,
      memory elsewhere.
    - ``on_token_will_refresh``: called with this client when a ``"client"`` session has ended and only the person can
      renew it; ``def`` or ``async def``. None: raise ``LoginRequired`` instead. The other sessions renew silently.
    - ``after_token_refreshed``: called with the new token after a renewal.
    - ``api_url``, ``auth_url``: where the API is and where people sign in; ``auth_url`` is ``api_url`` without its
      ``api.`` when left out.
    - ``allow_http``: True lets ``api_url`` and ``auth_url`` be ``http`` on other machines too, for a network that you
      trust, such as Docker Compose's. Tokens travel unencrypted there. Servers and scripts only.
    - ``transport``: performs calls; the browser's ``fetch`` in a page, httpx2 on a server. Clients may share one.
    - ``runtime``: what the client runs in; found out when left out. Tests hand in one of their own.
    - ``timeout``: seconds that a call may take, its repeats included. ``retry``: when to repeat one that met a fault,
      ``Retry(...)``; None: never.
    - ``login_timeout``: seconds that a person has to sign in. ``expiring_before``: how many seconds ahead of its end a
      session is announced by ``expiring``, 0 for never.

    Raises ValueError for a missing or wrong option, naming it.

    >>> podio = Podio("client", client_id="my-app")
    >>> if await podio.is_authenticated():
    ...     me = await podio.get("/user/status")
    """

    def __init__(
        self,
        auth_type: str,
        client_id: str,
        client_secret: "str | None" = None,
        *,
        redirect_uri: "str | None" = None,
        scope: "str | Iterable[str] | None" = None,
        session_store: "SessionStore | None" = None,
        on_token_will_refresh: "Callable[[Podio], object] | None" = renew_by_popup,
        after_token_refreshed: "Callable[[Token], object] | None" = None,
        api_url: str = API_URL,
        auth_url: "str | None" = None,
        allow_http: bool = False,
        transport: "Transport | None" = None,
        runtime: "Runtime | None" = None,
        timeout: float = 30.0,
        retry: "Retry | None" = RETRY,
        login_timeout: float = 300.0,
        expiring_before: float = 300.0,
    ) -> None:
        check_options(
            auth_type,
            client_secret=client_secret,
            scope=scope,
            session_store=session_store,
            on_token_will_refresh=on_token_will_refresh,
            after_token_refreshed=after_token_refreshed,
            allow_http=allow_http,
            transport=transport,
            login_timeout=login_timeout,
            expiring_before=expiring_before,
        )
        self._given_runtime = runtime
        runtime = find_runtime() if runtime is None else runtime
        if auth_type == "client" and redirect_uri is None:
            redirect_uri = runtime.default_redirect_uri()
        identity = ClientIdentity(
            auth_type,
            client_id,
            client_secret,
            redirect_uri=redirect_uri,
            scope=scope,
            api_url=api_url,
            auth_url=auth_url,
            allow_http=None if IN_PAGE else allow_http,
        )
        if auth_type == "client" and runtime.how_to_sign_in:
            identity.how_to_sign_in = runtime.how_to_sign_in
        self._retry = check_retry(retry)
        self._owns_transport = transport is None
        context = Context(
            identity, runtime, runtime.adapted(runtime.default_transport() if transport is None else transport)
        )
        context.timeout = check_timeout(timeout)
        context.login_timeout = check_timeout(login_timeout)
        context.expiring_before = expiring_before
        context.refreshed = after_token_refreshed
        if on_token_will_refresh is not None:
            hook = on_token_will_refresh
            context.will_refresh = lambda: hook(self)
        self._begin(context, runtime.default_store() if session_store is None else session_store)

    def _begin(self, context: "Context", store: "SessionStore") -> None:
        """Begin with the session that ``store`` has."""
        self._context = context
        self._closed = False
        self._auth: PageAuth | GrantAuth = open_auth(context, store)
        self._sender = Sender(context, self._auth)

    def __repr__(self) -> str:
        return f"<Podio {self._context.identity!r}>"

    async def __aenter__(self) -> "Podio":
        return self

    async def __aexit__(self, *problem: object) -> None:
        await self.aclose()

    @property
    def token(self) -> "Token | None":
        """The current token, or None; its ``repr`` shows no secret."""
        return self._auth.session.token

    @property
    def rate_limit(self) -> "RateLimit | None":
        """Podio's ``limit`` and ``remaining`` calls as last told; None where answers do not show them, as in pages."""
        return self._sender.rate_limit

    def on(self, event: str, handler: "Callable[[Any], object]") -> "Callable[[], None]":
        """Call ``handler`` at each ``event``; returns a function that removes it.

        ``podio_web.events`` lists the events and what handlers are given. Raises ValueError for an unknown one.

        >>> remove = podio.on("logged_out", lambda detail: show_sign_in())
        """
        return self._context.events.on(event, handler)

    async def is_authenticated(self) -> bool:
        """Tell whether a usable token is held: in memory, in the store, or in a redirect that just came back.

        >>> if not await podio.is_authenticated():
        ...     await podio.login()
        """
        await self._auth.load()
        await self._auth.session.load()
        return self._auth.session.usable

    def has_auth_error(self) -> bool:
        """Tell whether the last redirect response was refused."""
        return self.get_auth_error() is not None

    def get_auth_error(self) -> "SignInError | None":
        """Return why the last redirect response was refused, or None."""
        return self._auth.error

    def get_authorization_url(
        self,
        redirect_uri: "str | None" = None,
        *,
        scope: "str | Iterable[str] | None" = None,
        state: "str | None" = None,
    ) -> str:
        """Return the URL where a person signs in and consents.

        https://developers.podio.com/authentication/server_side

        In a page ``login()`` makes and checks a ``state`` by itself; who uses this URL directly brings one of their
        own, and an answer to it counts as unsolicited there. On a server, bind ``state`` to the person's browser (a
        cookie) and compare it when they come back: ``podio_web.web`` does. Raises ValueError for an ``auth_type``
        that has no such URL.

        >>> podio.get_authorization_url(state=my_state)
        """
        return self._context.identity.authorization_url(redirect_uri, scope=scope, state=state)

    def login(self, *, method: str = "popup") -> "Coroutine[Any, Any, None]":
        """Sign in through a popup, or with ``method="redirect"`` by leaving the page and coming back to this route.

        Call it while a click is being handled: the popup opens with it, before anything is awaited. Await what it
        returns; it ends when a session is held, or raises a SignInError: PopupBlocked, PopupClosed, PopupTimeout,
        PopupCancelled, AccessDenied, MalformedResponse, StateMismatch.

        >>> await podio.login()
        """
        self._check_open()
        self._context.identity.allow("login", "client")
        return self._page_auth.login(method)

    def logout(self) -> "Coroutine[Any, Any, None]":
        """Forget the session, here and in the other tabs; whoever waits for a renewal gets LoginRequired.

        It is forgotten when this returns. Await what it returns, which ends when a slow store has forgotten it too.
        Podio's own sign-in on podio.com is not ended by this.

        >>> await podio.logout()
        """
        self._check_open()
        return self._auth.sign_out()

    def set_access_token(self, response: "Mapping[str, Any]") -> None:
        """Hold the token of a token response, in memory only.

        Raises ValueError when the response has no usable token.

        >>> podio.set_access_token({"access_token": "…", "expires_in": 28800})
        """
        self._auth.put(response)

    async def refresh_auth_from_store(self) -> None:
        """Read the session store again; an empty store changes nothing.

        >>> await podio.refresh_auth_from_store()
        """
        await self._auth.session.reload()

    async def request(
        self,
        method: str,
        path: str,
        data: "Any" = None,
        *,
        params: "Mapping[str, Any] | None" = None,
        form: bool = False,
        basic_auth: bool = False,
        timeout: "float | None" = None,
        retry: "Retry | bool | None" = True,
        safe: "bool | None" = None,
    ) -> "Any":
        """Call one operation of the API (https://developers.podio.com/doc); return its JSON, None for an empty answer.

        ``data`` of a GET or DELETE goes to the query, of a POST or PUT to the body, as JSON or with ``form=True`` as a
        form; ``params`` always to the query. ``timeout`` in seconds replaces the client's, and so does ``retry``: a
        ``Retry``, or None to repeat nothing. ``safe=True`` says that the call changes nothing: like a GET it may be
        repeated when nobody knows whether Podio did it. False says that it changes something; None goes by method and
        path. When the session has ended it is renewed and the call repeated once; a person has all the time for that.
        ``basic_auth`` sends the client's id and secret instead of a session, for the operations that need no person.
        Raises LoginRequired before any I/O when nobody is signed in, APIError when Podio refuses, ConnectionFailed or
        TimedOut without an answer, ValueError for a path that leaves the API.

        >>> items = await podio.request("POST", "/item/app/3001/filter/", {"limit": 30})
        """
        self._check_open()
        request = build_request(self._context.identity.api_origin, method, path, data, params=params, form=form)
        if safe is None:
            safe = request.method == "GET" or is_safe(request.method, request.path, data)
        budget = self._sender.budget(timeout, self._retry if retry is True else check_retry(retry or None), safe=safe)
        if basic_auth:
            return await self._sender.send_with_secret(request, budget)
        return await self._sender.send(request, budget)

    async def get(
        self,
        path: str,
        data: "Mapping[str, Any] | None" = None,
        *,
        params: "Mapping[str, Any] | None" = None,
        timeout: "float | None" = None,
        retry: "Retry | bool | None" = True,
    ) -> "Any":
        """Read: ``request("GET", …)``.

        >>> me = await podio.get("/user/status")
        """
        return await self.request("GET", path, data, params=params, timeout=timeout, retry=retry)

    async def post(
        self,
        path: str,
        data: "Any" = None,
        *,
        params: "Mapping[str, Any] | None" = None,
        form: bool = False,
        timeout: "float | None" = None,
        retry: "Retry | bool | None" = True,
        safe: "bool | None" = None,
    ) -> "Any":
        """Create or ask: ``request("POST", …)``.

        >>> await podio.post("/comment/item/4/", {"value": "Done"})
        """
        return await self.request("POST", path, data, params=params, form=form, timeout=timeout, retry=retry, safe=safe)

    async def put(
        self,
        path: str,
        data: "Any" = None,
        *,
        params: "Mapping[str, Any] | None" = None,
        form: bool = False,
        timeout: "float | None" = None,
        retry: "Retry | bool | None" = True,
        safe: "bool | None" = None,
    ) -> "Any":
        """Change: ``request("PUT", …)``.

        >>> await podio.put("/item/4", {"fields": {"title": "New"}})
        """
        return await self.request("PUT", path, data, params=params, form=form, timeout=timeout, retry=retry, safe=safe)

    async def delete(
        self,
        path: str,
        data: "Mapping[str, Any] | None" = None,
        *,
        params: "Mapping[str, Any] | None" = None,
        timeout: "float | None" = None,
        retry: "Retry | bool | None" = True,
    ) -> "Any":
        """Delete: ``request("DELETE", …)``.

        >>> await podio.delete("/item/4")
        """
        return await self.request("DELETE", path, data, params=params, timeout=timeout, retry=retry)

    async def get_access_token(self, auth_code: str, redirect_uri: "str | None" = None) -> "Token":
        """Exchange the code that a person brought back for a session (auth_type "server").

        https://developers.podio.com/authentication/server_side

        ``redirect_uri`` is the one of the authorization URL; the client's own when left out. Raises GrantRefused for a
        code that was used or has expired, UnknownClient, WrongClientSecret.

        >>> await podio.get_access_token(request.query["code"])
        """
        self._context.identity.allow("get_access_token", "server")
        from podio_web.oauth.grants import code_grant

        return await self._sign_in(code_grant(auth_code, self._context.identity.chosen_redirect_uri(redirect_uri)))

    async def authenticate_with_credentials(
        self, username: str, password: str, *, offering_id: "int | str | None" = None
    ) -> "Token":
        """Sign in with an e-mail address and a password (auth_type "password"), for tests and one's own account only.

        https://developers.podio.com/authentication/username_password

        Raises UnknownUser, WrongPassword, SecondFactorRequired, UnknownClient, WrongClientSecret.

        >>> await podio.authenticate_with_credentials("demo@example.com", password)
        """
        self._context.identity.allow("authenticate_with_credentials", "password")
        from podio_web.oauth.grants import password_grant

        return await self._sign_in(password_grant(username, password, offering_id))

    async def authenticate_with_app(self, app_id: "int | str", app_token: str) -> "Token":
        """Sign in as one Podio app (auth_type "app"); both values are on its Developer page.

        https://developers.podio.com/authentication/app_auth

        Raises GrantRefused when the two do not belong together, UnknownClient, WrongClientSecret.

        >>> await podio.authenticate_with_app(5001, app_token)
        """
        self._context.identity.allow("authenticate_with_app", "app")
        from podio_web.oauth.grants import app_grant

        return await self._sign_in(app_grant(app_id, app_token))

    async def authenticate_with_activation_code(self, code: str, *, offering_id: "int | str | None" = None) -> "Token":
        """Sign in with the activation code of an invitation (auth_type "server" or "password").

        Raises GrantRefused for a code that was used or is unknown, UnknownClient, WrongClientSecret.

        >>> await podio.authenticate_with_activation_code(code)
        """
        self._context.identity.allow("authenticate_with_activation_code", "server", "password")
        from podio_web.oauth.grants import activation_grant

        return await self._sign_in(activation_grant(code, offering_id))

    def set_auth_error(self, problem: "SignInError | None") -> None:
        """Let ``get_auth_error`` return ``problem``: on a server nobody but the web framework sees a redirect.

        >>> podio.set_auth_error(AccessDenied("The person did not allow the access."))
        """
        self._context.identity.allow("set_auth_error", "server")
        self._grant_auth.error = problem

    def with_store(self, session_store: "SessionStore") -> "Self":
        """Return a client with the same options and another session store, and so with another session.

        A web application needs one for each request, and this takes less time than making one anew. It shares the
        transport, which is not closed with it. Raises ValueError for a client of auth_type "client".

        >>> podio = template.with_store(store.for_user(session_id))
        """
        self._context.identity.allow("with_store", "server", "password", "app")
        client = copy(self)
        client._owns_transport = False
        client._begin(self._context.anew(self._given_runtime or find_runtime()), session_store)
        return client

    def aclose(self) -> "Coroutine[Any, Any, None]":
        """Release listeners, channels, proxies and connections; whoever still waits gets an error.

        All but connections are released when this returns; await what it returns for these. The stored session stays,
        and so does a transport that was given: who made it closes it. Closing twice is fine.

        >>> await podio.aclose()
        """
        if self._closed:
            return _nothing()
        self._closed = True
        self._sender.close()
        self._auth.close()
        self._context.events.clear()
        return self._context.transport.close() if self._owns_transport else _nothing()

    @property
    def _page_auth(self) -> "PageAuth":
        """The auth of a client whose ``auth_type`` is "client", which ``ClientIdentity.allow`` has checked."""
        auth: Any = self._auth
        return auth  # type: ignore[no-any-return]

    @property
    def _grant_auth(self) -> "GrantAuth":
        """The auth of a client of any other ``auth_type``."""
        auth: Any = self._auth
        return auth  # type: ignore[no-any-return]

    async def _sign_in(self, fields: "Fields") -> "Token":
        """Exchange a grant for a session; until it is there, the present one stays."""
        self._check_open()
        return await self._grant_auth.sign_in(fields)

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError(CLOSED)


async def _nothing() -> None:
    """Release nothing."""
