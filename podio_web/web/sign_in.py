"""Sign users in to a web application: what the ASGI and the WSGI middleware share.

This is the flow for servers, https://developers.podio.com/authentication/server_side. The browser is redirected to
Podio and comes back with a code, which the server exchanges for tokens. The tokens stay on the server. The browser gets
a signed session ID. The modules ``asgi`` and ``wsgi`` convert requests and responses.

The middleware has three addresses of its own: the sign-in, the callback (the path of ``redirect_uri``) and the
sign-out.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from podio_web.client import Podio
from podio_web.errors import APIError, PodioError, SignInError, StoreUnavailable
from podio_web.http import RETRY, check_retry, check_timeout
from podio_web.oauth.authorization_url import scope_text
from podio_web.oauth.encoding import form_encode, parse_form
from podio_web.oauth.identity import ClientIdentity
from podio_web.oauth.origin import API_URL, parse_origin
from podio_web.options import check_options
from podio_web.stores.memory import MemoryStore
from podio_web.stores.records import KeyedStore
from podio_web.web.addresses import Addresses
from podio_web.web.cookies import SecretKey, SignedCookie, SignedText
from podio_web.web.fault_log import kind, log, report, unavailable
from podio_web.web.hooks import Hooks, Ref
from podio_web.web.messages import SAFE_METHODS, Request, Response, plain, see_other, set_cookies
from podio_web.web.notices import error_of
from podio_web.web.pending_sign_ins import PendingSignIns, RedirectResult
from podio_web.web.revoking import revoke as revoke_grant
from podio_web.web.session_cookie import SessionCookie, Visit
from podio_web.web.sign_in_options import check_names, check_store

if TYPE_CHECKING:
    from typing import Protocol

    from podio_web.http import Retry
    from podio_web.oauth.token import Token
    from podio_web.types import SessionStore, Transport

    class UserStore(Protocol):
        """A session store for many users."""

        def for_user(self, user: str) -> SessionStore:
            """Return the session store of one user."""


SESSION_LIFETIME = 28 * 86_400
"""After how many seconds without use a session ends: 28 days, like Podio's refresh tokens."""

PENDING_LIFETIME = 600
"""How many seconds a user has to sign in."""

NOTICE_LIFETIME = 60
"""How many seconds an error of a sign-in is kept until a page shows it."""


class SignIn(Hooks):
    """The sign-in of one web application, the base class of ``asgi.PodioSignIn`` and ``wsgi.PodioSignIn``.

    Args:
        app: The application that the middleware wraps.
        client_id: The client ID of the API key from https://podio.com/settings/api.
        client_secret: The client secret of the API key.
        secret_key: The key that signs the cookies: at least 32 random characters, the same in each worker. To replace
            it, use ``[new, old]`` for as long as ``session_lifetime``. The first key signs, and all keys verify.
        redirect_uri: The absolute URL that Podio redirects users to. Its path belongs to the middleware and includes
            the prefix. It must be configured because the Host header cannot be trusted. If it is https, the cookies are
            for https only.
        store: The session store, which must have ``for_user``: a SQLiteStore or a RedisStore. A MemoryStore does not
            work, because a server would lose sessions and mix them up.
        scope: As for ``Podio``.
        api_url: As for ``Podio``.
        auth_url: As for ``Podio``.
        allow_http: As for ``Podio``. It also allows ``redirect_uri`` to be ``http`` on other hosts.
        login_path: The path of the sign-in, with or without the prefix.
        logout_path: The path of the sign-out, with or without the prefix.
        root_path: The prefix of all public paths, such as ``"/app"``. None means ASGI's ``root_path`` or WSGI's
            ``SCRIPT_NAME`` of each request. Set it if the server does not know the prefix, like Django's
            ``FORCE_SCRIPT_NAME``.
        logged_out_path: The path to redirect users to after a sign-out, with or without the prefix. None means the
            application's root.
        session_lifetime: After how many seconds without use a session ends. Using it renews the cookie, at most once a
            day. The session store has a lifetime of its own, ``ttl``.
        longest_session: After how many seconds a session ends in any case. None means without limit.
        on_signed_in: A function with the arguments ``podio``, the client of a new session, and ``ref``, its user, such
            as ``{"type": "user", "id": 1001}``. It is called before the user is redirected back. If it raises a
            SignInError, such as AccessDenied, the user is not signed in and sees this error. Any other exception is
            logged without its message, and the user is signed in. A function that checks who may sign in must
            therefore raise AccessDenied if the check itself fails.
        on_signed_out: A function with the argument ``ref``. It is called when a user signs out at ``logout_path``,
            but not when a session expires or a new sign-in replaces it. An exception is logged without its message.
        revoke: Whether a sign-out also ends the grant at Podio. Then all tokens of the grant become invalid, also those
            that leaked or that another browser uses. If Podio does not answer within a few seconds, the user is
            signed out without it.
        cookie_name: The beginning of the cookies' names. Applications on one host need different names.
        transport: The transport for the requests of all clients. It is closed with the server. None means a new one.
        timeout: The time limit of a request in seconds, as for ``Podio``.
        retry: As for ``Podio``.

    Raises:
        ValueError: An option is missing or invalid. The message names the option.

    Examples:
        >>> app = PodioSignIn(
        ...     app,
        ...     client_id="my-app",
        ...     client_secret=os.environ["PODIO_CLIENT_SECRET"],
        ...     secret_key=os.environ["SECRET_KEY"],
        ...     redirect_uri="https://example.com/podio/callback",
        ...     store=SQLiteStore("sessions.sqlite"),
        ... )
    """

    _client_type: type[Podio] = Podio

    def __init__(
        self,
        app: Any,
        *,
        client_id: str,
        client_secret: str,
        secret_key: SecretKey,
        redirect_uri: str,
        store: "UserStore",
        scope: str | Iterable[str] | None = None,
        api_url: str = API_URL,
        auth_url: str | None = None,
        allow_http: bool = False,
        login_path: str = "/podio/login",
        logout_path: str = "/podio/logout",
        root_path: str | None = None,
        logged_out_path: str | None = None,
        session_lifetime: int = SESSION_LIFETIME,
        longest_session: int | None = None,
        on_signed_in: Callable[[Any, Ref], object] | None = None,
        on_signed_out: Callable[[Ref], object] | None = None,
        revoke: bool = False,
        cookie_name: str = "podio",
        transport: "Transport | None" = None,
        timeout: float = 30.0,
        retry: "Retry | None" = RETRY,
    ) -> None:
        check_store(store)
        check_names(cookie_name, logged_out_path, login_path=login_path, logout_path=logout_path)
        self._check_hook("on_signed_in", on_signed_in)
        self._check_hook("on_signed_out", on_signed_out)
        check_options("server", scope=scope, allow_http=allow_http, transport=transport)
        self._on_signed_in = on_signed_in
        self._on_signed_out = on_signed_out
        self._revoke = revoke
        self.app = app
        named: dict[str, Any] = {
            "auth_type": "server",
            "client_id": client_id,
            "client_secret": client_secret,
            "redirect_uri": redirect_uri,
            "scope": scope,
            "api_url": api_url,
            "auth_url": auth_url,
            "allow_http": allow_http,
        }
        self._identity = ClientIdentity(**named)
        self._store = store.for_client(self._identity.api_origin, client_id) if isinstance(store, KeyedStore) else store
        limits = {"timeout": check_timeout(timeout), "retry": check_retry(retry)}
        self._options = {**named, "scope": self._identity.scope, **limits}
        self.transport = self._default_transport() if transport is None else transport
        self._redirect_uri = self._identity.chosen_redirect_uri(None)
        parts = urlsplit(self._redirect_uri)
        self._origin = parse_origin(f"{parts.scheme}://{parts.netloc}", "redirect_uri", allow_http)
        self.callback_path: str = unquote(parts.path) or "/"
        self.login_path = login_path
        self.logout_path = logout_path
        self.addresses: Addresses = Addresses(self.callback_path, login_path, logout_path, root_path)
        self._logged_out_path = logged_out_path or "/"
        secure = parts.scheme == "https"
        # Several kinds of cookies are signed, and an iterator gives its keys once.
        keys = secret_key if isinstance(secret_key, str) else list(secret_key)
        self._session = SessionCookie(
            f"{cookie_name}_session", keys, idle=session_lifetime, longest=longest_session, secure=secure
        )
        pending = SignedCookie(f"{cookie_name}_attempt_", keys, lifetime=PENDING_LIFETIME, secure=secure)
        self._pending = PendingSignIns(pending)
        self._notice = SignedCookie(f"{cookie_name}_notice", keys, lifetime=NOTICE_LIFETIME, secure=secure)
        self._scopes = SignedText(f"{cookie_name} scope", keys)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._identity!r}>"

    @property
    def transport(self) -> "Transport":
        """The transport for the requests of all clients. A test may replace it."""
        return self._transport

    @transport.setter
    def transport(self, transport: "Transport") -> None:
        """Use another transport from now on."""
        self._transport = transport
        # The options are checked here once. Each request gets a copy with a store of its own.
        self._client = self._client_type(**self._options, transport=transport)

    def login_url(self, return_to: str = "/", *, scope: str | Iterable[str] | None = None) -> str:
        """Return the address of a link that signs a user in.

        While a request is handled, the address includes its prefix. Otherwise it includes the option ``root_path``.

        Args:
            return_to: The path to redirect the user to after the sign-in, with or without the prefix. A path of
                another site is replaced by the application's root.
            scope: The scope of this sign-in, instead of the option ``scope``. It is signed, because anyone can write a
                link to the sign-in; without a valid signature, the response is 400. ``podio.token.scope`` is the scope
                that the user granted.

        Returns:
            The address.

        Raises:
            ValueError: ``scope`` is not like ``"user:read space:all"``.

        Examples:
            >>> sign_in.login_url("/items/4")
            '/podio/login?return_to=%2Fitems%2F4'
        """
        query = [("return_to", return_to)]
        if scope is not None:
            query.append(("scope", self._scopes.sign(scope_text(scope))))
        return f"{self.addresses.public(self.login_path)}?{form_encode(query)}"

    def logout_url(self, return_to: str | None = None) -> str:
        """Return the address of a form, with the method POST, that signs the user out.

        Args:
            return_to: The path to redirect the user to after the sign-out, as for ``login_url``. The form may have a
                field with this name instead. None means ``logged_out_path``.

        Returns:
            The address.

        Examples:
            >>> sign_in.logout_url()
            '/podio/logout'
        """
        query = "" if return_to is None else f"?{form_encode([('return_to', return_to)])}"
        return self.addresses.public(self.logout_path) + query

    def is_own(self, request: Request) -> bool:
        """Tell whether a request is for one of the middleware's own addresses."""
        return self.addresses.purpose(request) is not None

    def visit(self, request: Request) -> Visit:
        """Return the session that a request belongs to, and the error of the last sign-in.

        A POST from a page of another origin has no session. SameSite=Lax protects against other sites, but not against
        other hosts of the same site (https://www.rfc-editor.org/rfc/rfc6265#section-8.2).
        """
        code = self._notice.read(request.cookies)
        is_trusted = request.method in SAFE_METHODS or not request.is_foreign(self._origin)
        return self._session.visit(
            request.cookies if is_trusted else {},
            error=None if code is None else error_of(code),
            headers=set_cookies(self._notice.delete()) if self._notice.name in request.cookies else [],
        )

    def visit_by_websocket(self, request: Request) -> Visit:
        """Return the session that a WebSocket belongs to.

        Browsers let a page of any site open a WebSocket with cookies, and send the page's origin
        (https://www.rfc-editor.org/rfc/rfc6455#section-10.2). So only pages of this origin have a session. An error of
        the last sign-in is kept for a page that can show it.
        """
        return self._session.visit(request.cookies if request.headers.get("origin") == self._origin else {})

    def client_options(self, session_id: str | None) -> dict[str, Any]:
        """Return the options of the client for one request. If ``session_id`` is None, the client is signed out."""
        return {**self._options, "transport": self.transport, "session_store": self._store_of(session_id)}

    def session_cookie(self, session_id: str) -> str:
        """Return the value of a ``Set-Cookie`` header for a session that is in the store. It is for tests."""
        return self._session.begin(session_id)

    async def respond(self, request: Request) -> Response:
        """Return the response to a request for one of the middleware's own addresses.

        If the session store is unavailable, the response is 503.
        """
        try:
            return await self._respond(request)
        except StoreUnavailable as problem:
            return unavailable(problem)

    async def _respond(self, request: Request) -> Response:
        purpose = self.addresses.purpose(request)
        method = "POST" if purpose == "logout" else "GET"
        if request.method != method:
            return plain(405, "Method not allowed", [("Allow", method)])
        if purpose == "login":
            return self._redirect_to_podio(request)
        if purpose == "logout":
            return await self._sign_out(request)
        return await self._handle_callback(request)

    def _default_transport(self) -> "Transport":
        raise NotImplementedError

    def _redirect_to_podio(self, request: Request) -> Response:
        """Redirect the user to Podio, with a ``state`` for this browser only (RFC 6749 section 10.12)."""
        query = parse_form(request.query)
        scope = None
        if "scope" in query:
            scope = self._scopes.read(query["scope"] or "")
            if scope is None:
                return plain(400, "This link is broken or too old. Go back, reload the page, and sign in again.")
        state = secrets.token_urlsafe(32)
        cookies = self._pending.begin(request, state, self.addresses.local(request, query.get("return_to")))
        return see_other(self._identity.authorization_url(scope=scope, state=state), cookies)

    async def _handle_callback(self, request: Request) -> Response:
        result = self._pending.finish(request)
        if result.return_to is None:
            result = replace(result, return_to=self.addresses.local(request, None))
        if isinstance(result.outcome, SignInError):
            return self._show_error(result, result.outcome)
        # A new ID for each sign-in, so that an attacker cannot know it in advance.
        session_id = secrets.token_urlsafe(32)
        try:
            token = await self._exchange(result.outcome, session_id)
            await self._tell_signed_in(session_id, token.ref)
            await self._end_session(request.cookies)
        except StoreUnavailable:
            raise
        except PodioError as problem:
            return self._show_error(result, problem)
        except Exception as problem:
            # Handled here: the framework's error page would have an address that contains the code.
            report(problem, "signing in")
            return self._show_error(result, SignInError("The store or the transport failed."))
        return see_other(str(result.return_to), [*result.headers, *set_cookies(self._session.begin(session_id))])

    async def _exchange(self, code: str, session_id: str) -> "Token":
        """Exchange a code for tokens, and store them as a new session.

        Raises PodioError if Podio refuses, and StoreUnavailable if the tokens cannot be stored.
        """
        async with self._open(session_id) as podio:
            return await podio.get_access_token(code, self._redirect_uri)

    async def _end_session(self, cookies: Mapping[str, str]) -> "Token | None":
        """End the browser's session, and return its token."""
        session = self._session.read(cookies)
        if session is None:
            return None
        async with self._open(session.session_id) as podio:
            await podio.refresh_auth_from_store()
            token = podio.token
            await podio.logout()
        return token

    async def _sign_out(self, request: Request) -> Response:
        if request.is_foreign(self._origin):
            return plain(403, "This form was sent from another site. Sign out on this site's own page.")
        token = await self._end_session(request.cookies)
        if token is not None:
            await self._tell_signed_out(token.ref)
            if self._revoke:
                await revoke_grant(token, self._client_type, self.client_options(None))
        wanted = parse_form(request.form).get("return_to") or parse_form(request.query).get("return_to")
        location = self.addresses.local(request, wanted, self._logged_out_path)
        return see_other(location, set_cookies(self._session.delete()))

    def _open(self, session_id: str | None) -> Podio:
        """Return a client for a session."""
        return self._client.with_store(self._store_of(session_id))

    def _store_of(self, session_id: str | None) -> "SessionStore":
        return MemoryStore() if session_id is None else self._store.for_user(session_id)

    def _show_error(self, result: RedirectResult, problem: PodioError) -> Response:
        """Redirect the user to the page they came from, which shows the error. Their session does not change."""
        code = getattr(problem, "code", SignInError.code)
        # Podio's message may contain what was sent. For an API error, only its class is logged.
        log.warning("Signing in failed with %s: %s", code, kind(problem) if isinstance(problem, APIError) else problem)
        return see_other(str(result.return_to), [*result.headers, *set_cookies(self._notice.set(code))])
