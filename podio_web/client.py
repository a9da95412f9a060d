"""``Podio``: a client of Podio's API for one signed-in user.

https://developers.podio.com/authentication
"""

from copy import copy

from podio_web.auth import open_auth
from podio_web.auth.context import open_context
from podio_web.http import RETRY, build_request, check_retry, check_timeout, is_safe
from podio_web.oauth.origin import API_URL
from podio_web.options import check_options
from podio_web.runtime.interpreter import settle
from podio_web.sender import CLOSED, Sender

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
    from typing import Any, Generic, Literal, Self, TypeVar, overload

    from podio_web.auth.context import Context
    from podio_web.auth.grant_auth import GrantAuth
    from podio_web.auth.page_auth import PageAuth
    from podio_web.errors import PodioError, SignInError
    from podio_web.http import RateLimit, Request, Retry
    from podio_web.oauth.token import Token
    from podio_web.runtime.protocols import Runtime
    from podio_web.types import (
        AuthT,
        Handler,
        HttpMethod,
        LoginMethod,
        PerformRequest,
        PersonEvent,
        SessionStore,
        TokenEvent,
        Transport,
    )

    GrantClient = TypeVar("GrantClient", bound="Podio[Literal['server', 'password', 'app']]")
else:

    class _Subscripted:
        # Annotations may say Podio[Literal["client"]], which is Podio. MicroPython does not evaluate annotations.
        __class_getitem__ = classmethod(lambda cls, auth_type: cls)

    # Only type checkers need to know that clients are generic.
    Generic, AuthT = (_Subscripted,), 0


def renew_by_popup(podio: "Podio") -> "Awaitable[None]":
    """Renew the session in a popup, so that the page keeps its state. The default of ``on_token_will_refresh``.

    >>> podio = Podio("client", client_id="my-app", on_token_will_refresh=renew_by_popup)
    """
    return podio.login()


class Podio(Generic[AuthT]):
    """A client of Podio's API for one signed-in user.

    Args:
        auth_type: ``"client"`` for pages, which needs no secret; ``"server"``, ``"password"`` or ``"app"`` elsewhere.
        client_id: The ID of the API key from https://podio.com/settings/api.
        client_secret: The secret of the API key. Never use it in a page.
        redirect_uri: Where Podio sends the user back to. In a page, an absolute URL of ``callback.html`` on the same
            origin; ``static/callback.html`` beside the page by default.
        scope: The scope to ask for, such as ``"user:read space:all"``; everything by default.
        session_store: Keeps the session; localStorage in a page, memory elsewhere by default.
        on_token_will_refresh: Called with this client when a ``"client"`` session has expired and only the user can
            renew it. None raises LoginRequired instead. It may be ``async def``, like all hooks.
        after_token_refreshed: Called with the new token after each renewal.
        api_url: The URL of the API.
        auth_url: The URL of the sign-in pages; ``api_url`` without ``api.`` by default.
        allow_http: Whether the two URLs may use ``http`` on other machines, in a network that you trust. Tokens are not
            encrypted there. Not for pages.
        transport: Sends requests; ``fetch`` in a page, httpx2 or urllib elsewhere. Clients may share one.
        runtime: What the client runs in, found out by default. For tests.
        timeout: Seconds that a request may take, including retries.
        retry: When a failed request is sent again. None means never.
        login_timeout: Seconds that a user has to sign in.
        expiring_before: Seconds before a session expires at which ``expiring`` is emitted. 0 means never.

    Raises ValueError if an option is missing or wrong. The message names it.

    >>> podio = Podio("client", client_id="my-app")
    >>> if await podio.is_authenticated():
    ...     me = await podio.get("/user/status")
    """

    def __init__(
        self,
        auth_type: "AuthT",
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
            # Every auth type has this default.
            on_token_will_refresh=None if on_token_will_refresh is renew_by_popup else on_token_will_refresh,
            after_token_refreshed=after_token_refreshed,
            allow_http=allow_http,
            transport=transport,
            login_timeout=login_timeout,
            expiring_before=expiring_before,
        )
        self._retry = check_retry(retry)
        self._owns_transport = transport is None
        context = open_context(
            auth_type,
            client_id,
            client_secret,
            redirect_uri=redirect_uri,
            scope=scope,
            api_url=api_url,
            auth_url=auth_url,
            allow_http=allow_http,
            transport=transport,
            runtime=runtime,
        )
        context.timeout = check_timeout(timeout)
        context.login_timeout = check_timeout(login_timeout)
        context.expiring_before = expiring_before
        context.refreshed = after_token_refreshed
        if on_token_will_refresh is not None:
            hook = on_token_will_refresh
            context.will_refresh = lambda: hook(self)
        self._begin(context, context.runtime.default_store() if session_store is None else session_store)

    def _begin(self, context: "Context", store: "SessionStore") -> None:
        """Begin with the session that ``store`` has."""
        self._context = context
        self._auth: PageAuth | GrantAuth = open_auth(context, store)
        self._sender = Sender(context, self._auth)

    def __repr__(self) -> str:
        return f"<Podio {self._context.identity!r}>"

    async def __aenter__(self) -> "Self":
        return self

    async def __aexit__(self, *problem: object) -> None:
        await self.aclose()

    @property
    def context(self) -> "Context":
        """What the parts of this client share: its identity, runtime, transport and events."""
        return self._context

    @property
    def token(self) -> "Token | None":
        """The current token, or None. Its ``repr`` shows no secret."""
        return self._auth.session.token

    @property
    def rate_limit(self) -> "RateLimit | None":
        """The ``limit`` and ``remaining`` requests of the last response, or None. Pages cannot read them."""
        return self._sender.rate_limit

    if TYPE_CHECKING:

        @overload
        def on(self, event: "TokenEvent", handler: "Handler[Token]") -> "Callable[[], None]": ...
        @overload
        def on(self, event: "Literal['logged_out']", handler: "Handler[None]") -> "Callable[[], None]": ...
        @overload
        def on(self, event: "PersonEvent", handler: "Handler[Callable[[], None]]") -> "Callable[[], None]": ...
        @overload
        def on(self, event: "Literal['rate_limited']", handler: "Handler[float | None]") -> "Callable[[], None]": ...
        @overload
        def on(self, event: "Literal['storage_degraded']", handler: "Handler[PodioError]") -> "Callable[[], None]": ...

    def on(self, event: "Any", handler: "Handler[Any]") -> "Callable[[], None]":
        """Call ``handler`` at each ``event``. Return a function that removes it.

        ``podio_web.events`` lists the events and their arguments. Raises ValueError if there is no such event.

        >>> remove = podio.on("logged_out", lambda detail: show_sign_in())
        """
        return self._context.events.on(event, handler)

    async def is_authenticated(self) -> bool:
        """Return whether there is a valid session: in memory, in the store, or in a redirect that just came back.

        >>> if not await podio.is_authenticated():
        ...     await podio.login(method="redirect")
        """
        await self._auth.load()
        await self._auth.session.load()
        return self._auth.session.usable

    def has_auth_error(self) -> bool:
        """Return whether the last redirect response was refused.

        >>> podio.has_auth_error()
        False
        """
        return self.get_auth_error() is not None

    def get_auth_error(self) -> "SignInError | None":
        """Return why the last redirect response was refused, or None.

        >>> problem = podio.get_auth_error()
        """
        return self._auth.error

    def get_authorization_url(
        self: "Podio[Literal['client', 'server']]",
        redirect_uri: "str | None" = None,
        *,
        scope: "str | Iterable[str] | None" = None,
        state: "str | None" = None,
    ) -> str:
        """Return the URL where a user signs in: https://developers.podio.com/authentication/server_side.

        On a server, bind ``state`` to the user's browser with a cookie, and compare it in the redirect response.
        ``podio_web.web`` does that. In a page, use ``login()``, which creates and checks ``state`` itself. Raises
        ValueError if the auth type has no such URL, or without a redirect URI.

        >>> url = podio.get_authorization_url(state=state)
        """
        return self._context.identity.authorization_url(redirect_uri, scope=scope, state=state)

    def login(self: "Podio[Literal['client']]", *, method: "LoginMethod" = "popup") -> "Coroutine[Any, Any, None]":
        """Sign a user in: in a popup, or with ``method="redirect"`` by leaving the page and coming back.

        Call it in a click handler. The popup opens before anything is awaited. Awaiting the result waits for the
        session. Raises a SignInError: PopupBlocked, PopupClosed, PopupTimeout, PopupCancelled, CallbackMissing,
        AccessDenied, MalformedResponse or StateMismatch; and ValueError for another auth type or method.

        >>> await podio.login()
        """
        self._check_open()
        self._context.identity.allow("login", "client")
        auth: Any = self._auth
        return auth.login(method)  # type: ignore[no-any-return]

    def logout(self) -> "Coroutine[Any, Any, None]":
        """Forget the session, here and in the other tabs. Requests that wait for a renewal raise LoginRequired.

        The session is forgotten at once. Awaiting the result waits for a slow store. The user stays signed in on
        podio.com.

        >>> await podio.logout()
        """
        self._check_open()
        return self._auth.sign_out()

    def set_access_token(self, response: "Mapping[str, Any]") -> None:
        """Use the token of a token response. It is kept in memory only.

        Raises ValueError if the response has no usable token.

        >>> podio.set_access_token({"access_token": "a1b2c3", "expires_in": 28800})
        """
        self._auth.put(response)

    async def refresh_auth_from_store(self) -> None:
        """Read the session store again. An empty store changes nothing.

        >>> await podio.refresh_auth_from_store()
        """
        await self._auth.session.reload()

    async def request(
        self,
        method: "HttpMethod",
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
        """Send a request to the API (https://developers.podio.com/doc) and return its JSON, None if it is empty.

        An expired session is renewed first, however long a user needs for that.

        Args:
            method: The HTTP method.
            path: The path of the operation, such as ``"/item/4"``.
            data: The body of a POST or PUT, or the query of a GET or DELETE.
            params: The query.
            form: Whether the body is a form instead of JSON.
            basic_auth: Whether to send the client's ID and secret instead of a token.
            timeout: Seconds for this request, instead of the client's.
            retry: A ``Retry`` for this request, instead of the client's. None sends it once.
            safe: Whether the request changes nothing, so that it may be sent again after Podio may have received it. By
                default, method and path decide.

        Raises LoginRequired if nobody is signed in, APIError if Podio refuses the request, ConnectionFailed or TimedOut
        without a response, ValueError if the path leaves the API.

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

    async def send(
        self, request: "Request", perform: "PerformRequest", *, timeout: float, fresh_for: float = 0.0
    ) -> "Any":
        """Send a request that ``perform`` performs instead of the transport. ``podio_web.files`` uses it.

        It is sent again after a renewal only. Returns the JSON of the response, and raises what ``request`` raises.

        Args:
            request: The request, without a token.
            perform: Like ``Transport.perform``.
            timeout: Seconds for the whole request.
            fresh_for: Seconds that the token must still be valid. Otherwise it is renewed first, if that is possible.

        >>> item = await podio.send(request, transport.perform, timeout=300.0)
        """
        self._check_open()
        return await self._sender.send(request, self._sender.budget(timeout, None, safe=False), perform, fresh_for)

    async def get(
        self,
        path: str,
        data: "Mapping[str, Any] | None" = None,
        *,
        params: "Mapping[str, Any] | None" = None,
        timeout: "float | None" = None,
        retry: "Retry | bool | None" = True,
    ) -> "Any":
        """Send a GET request. The arguments are those of ``request``.

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
        """Send a POST request. The arguments are those of ``request``.

        >>> comment = await podio.post("/comment/item/4/", {"value": "Done"})
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
        """Send a PUT request. The arguments are those of ``request``.

        >>> revision = await podio.put("/item/4", {"fields": {"title": "New"}})
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
        """Send a DELETE request. The arguments are those of ``request``.

        >>> await podio.delete("/item/4")
        """
        return await self.request("DELETE", path, data, params=params, timeout=timeout, retry=retry)

    async def get_access_token(
        self: "Podio[Literal['server']]", auth_code: str, redirect_uri: "str | None" = None
    ) -> "Token":
        """Sign in with the code of a redirect response: https://developers.podio.com/authentication/server_side.

        ``redirect_uri`` is the one of the authorization URL, the client's by default. Raises GrantRefused if the code
        was used or has expired, UnknownClient or WrongClientSecret.

        >>> token = await podio.get_access_token(code)
        """
        return await self._grants("get_access_token", "server").sign_in_with_code(auth_code, redirect_uri)

    async def authenticate_with_credentials(
        self: "Podio[Literal['password']]", username: str, password: str, *, offering_id: "int | str | None" = None
    ) -> "Token":
        """Sign in with an e-mail address and a password, for tests and your own account only.

        See https://developers.podio.com/authentication/username_password. Raises UnknownUser, WrongPassword,
        SecondFactorRequired, UnknownClient or WrongClientSecret.

        >>> token = await podio.authenticate_with_credentials("demo@example.com", password)
        """
        auth = self._grants("authenticate_with_credentials", "password")
        return await auth.sign_in_with_password(username, password, offering_id)

    async def authenticate_with_app(self: "Podio[Literal['app']]", app_id: "int | str", app_token: str) -> "Token":
        """Sign in as a Podio app, with the two values of its Developer page.

        See https://developers.podio.com/authentication/app_auth. Raises GrantRefused if the two do not match,
        UnknownClient or WrongClientSecret.

        >>> token = await podio.authenticate_with_app(5001, app_token)
        """
        return await self._grants("authenticate_with_app", "app").sign_in_with_app(app_id, app_token)

    async def authenticate_with_activation_code(
        self: "Podio[Literal['server', 'password']]", code: str, *, offering_id: "int | str | None" = None
    ) -> "Token":
        """Sign in with the activation code of an invitation.

        Raises GrantRefused if the code was used or is unknown, UnknownClient or WrongClientSecret.

        >>> token = await podio.authenticate_with_activation_code(code)
        """
        auth = self._grants("authenticate_with_activation_code", "server", "password")
        return await auth.sign_in_with_activation_code(code, offering_id)

    def set_auth_error(self: "Podio[Literal['server']]", problem: "SignInError | None") -> None:
        """Let ``get_auth_error`` return ``problem``. On a server, only the web framework sees the redirect response.

        >>> podio.set_auth_error(AccessDenied("The user did not allow the access."))
        """
        self._context.identity.allow("set_auth_error", "server")
        auth: Any = self._auth
        auth.error = problem

    def with_store(self: "GrantClient", session_store: "SessionStore") -> "GrantClient":
        """Return a client with the same options and another session store, and so with another session.

        It is faster than a new client, so that a web application can have one for each request. It shares the transport
        and does not close it. Raises ValueError if the auth type is "client".

        >>> podio = template.with_store(store.for_user(session_id))
        """
        self._context.identity.allow("with_store", "server", "password", "app")
        client = copy(self)
        client._owns_transport = False
        client._begin(self._context.anew(), session_store)
        return client

    def aclose(self) -> "Coroutine[Any, Any, None]":
        """Release listeners, channels and connections. Requests that still wait raise an exception.

        Awaiting the result waits for connections; all else is released at once. The stored session stays. A transport
        that you passed stays open. Closing twice is fine.

        >>> await podio.aclose()
        """
        if self._context.is_closed:
            return settle(None)
        self._context.is_closed = True
        self._auth.close()
        if self._context.files is not None:
            self._context.files.close()
        for running in list(self._context.running):
            running.close()
        self._context.events.clear()
        return self._context.transport.close() if self._owns_transport else settle(None)

    def _grants(self, method: str, *auth_types: str) -> "GrantAuth":
        """Return the auth, after checking that the client's auth type has ``method``."""
        self._context.identity.allow(method, *auth_types)
        self._check_open()
        auth: Any = self._auth
        return auth  # type: ignore[no-any-return]

    def _check_open(self) -> None:
        if self._context.is_closed:
            raise RuntimeError(CLOSED)
