"""Signing people in to a web application: the rules that its ASGI and its WSGI middleware share.

The flow for servers, https://developers.podio.com/authentication/server_side: the browser is sent to Podio and comes
back with a code, which this server exchanges for the tokens. Tokens stay here; the browser holds an opaque, signed
session id. Nothing here speaks HTTP by itself: ``asgi`` and ``wsgi`` translate.

Three addresses are answered here: the sign-in, the callback (the path of ``redirect_uri``) and the sign-out.
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
from podio_web.web.cookies import SecretKey, SignedCookie, SignedText, signing_keys
from podio_web.web.faults import kind, log, report, unavailable
from podio_web.web.hooks import Hooks, Ref
from podio_web.web.messages import SAFE_METHODS, Request, Response, plain, see_other, set_cookies
from podio_web.web.notices import error_of
from podio_web.web.options import check_names, check_store
from podio_web.web.pending_sign_ins import Arrival, Attempts
from podio_web.web.revoking import revoke as revoke_grant
from podio_web.web.session_cookie import SessionCookie, Visit

if TYPE_CHECKING:
    from typing import Protocol

    from podio_web.http import Retry
    from podio_web.oauth.token import Token
    from podio_web.runtime.protocols import Transport
    from podio_web.stores.text import SessionStore

    class UserStore(Protocol):
        """Keeps the sessions of many people."""

        def for_user(self, user: str) -> SessionStore:
            """Return the store of one of them."""


SESSION_LIFETIME = 28 * 86_400
"""Seconds that a browser stays signed in without being used: as long as Podio's refresh tokens live."""

ATTEMPT_LIFETIME = 600
"""Seconds that an attempt to sign in may take."""

NOTICE_LIFETIME = 60
"""Seconds that an error waits to be shown."""


class SignIn(Hooks):
    """The sign-in of one web application; ``asgi.PodioSignIn`` and ``wsgi.PodioSignIn`` are made with the same options.

    Arguments:

    - ``app``: the application around which the middleware is put.
    - ``client_id``, ``client_secret``: the API key from https://podio.com/settings/api.
    - ``secret_key``: signs the cookies; at least 32 random characters, the same in every worker. To replace it, give
      ``[new, old]`` for as long as ``session_lifetime``: the first key signs, all verify.
    - ``redirect_uri``: the absolute URL that Podio sends people back to; its path belongs to the middleware. It is
      configured, for what a request calls its host is anybody's word. With https, cookies are for https only.
    - ``store``: where the tokens are kept, with ``for_user``: SQLiteStore or RedisStore; MemoryStore has none, for
      a server would lose and mix up sessions with it.
    - ``scope``, ``api_url``, ``auth_url``, ``timeout`` (seconds), ``retry``: as for ``Podio``.
    - ``allow_http``: as for ``Podio``; it lets ``redirect_uri`` be ``http`` on other machines too.
    - ``login_path``, ``logout_path``: the middleware's other two paths. They are local to the application: a prefix
      comes before them, unless they begin with it.
    - ``root_path``: the path of the host below which people reach the application, such as ``"/app"``. None: ASGI's
      ``root_path`` or WSGI's ``SCRIPT_NAME`` of each request. Give it if the server does not know the prefix, as with
      Django's ``FORCE_SCRIPT_NAME``. The path of ``redirect_uri`` is public: it includes the prefix.
    - ``logged_out_path``: where people come after they have signed out, local to the application; its root when left
      out.
    - ``session_lifetime``: seconds after which a browser that is not used is signed out. Using it renews the cookie, at
      most once a day. The store has a lifetime of its own, ``ttl``.
    - ``longest_session``: seconds after which everybody must sign in again, used or not. None: never.
    - ``on_signed_in(podio, ref)``: called with the client of a new session and whom it belongs to, such as
      ``{"type": "user", "id": 1001}``, before the person comes back. If it raises a SignInError, such as AccessDenied,
      the person is not signed in, and sees that error. Anything else that it raises is logged, without its text, and
      the person is signed in. A check of who may come in must therefore raise AccessDenied when it fails itself.
    - ``on_signed_out(ref)``: called when a person has signed out at ``logout_path``, but not when a session runs out or
      a new sign-in takes its place. What it raises is logged, without its text.
    - ``revoke``: whether signing out ends the grant at Podio too. Then each token of that grant is worth nothing, also
      one that leaked or that another browser holds. If Podio does not answer within a few seconds, the person is signed
      out all the same.
    - ``cookie_name``: what the cookies' names start with; applications on one host need different ones.
    - ``transport``: performs the calls of all requests; closed with the server.

    Raises ValueError for a missing or wrong option, naming it.

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
        self._identity = ClientIdentity(
            "server",
            client_id,
            client_secret,
            redirect_uri=redirect_uri,
            scope=scope,
            api_url=api_url,
            auth_url=auth_url,
            allow_http=allow_http,
        )
        self._store = store.for_client(self._identity.api_origin, client_id) if isinstance(store, KeyedStore) else store
        self._options: dict[str, Any] = {
            "auth_type": "server",
            "client_id": client_id,
            "client_secret": client_secret,
            "redirect_uri": redirect_uri,
            "scope": self._identity.scope,
            "api_url": api_url,
            "auth_url": auth_url,
            "allow_http": allow_http,
            "timeout": check_timeout(timeout),
            "retry": check_retry(retry),
        }
        self.transport = self._default_transport() if transport is None else transport
        self._redirect_uri = self._identity.chosen_redirect_uri(None)
        parts = urlsplit(self._redirect_uri)
        self._origin = parse_origin(f"{parts.scheme}://{parts.netloc}", "redirect_uri", allow_http)
        self.callback_path = unquote(parts.path) or "/"
        self.login_path = login_path
        self.logout_path = logout_path
        self.addresses = Addresses(self.callback_path, login_path, logout_path, root_path)
        self._logged_out_path = logged_out_path or "/"
        secret_key = signing_keys(secret_key)[::-1]
        secure = parts.scheme == "https"
        self._session = SessionCookie(
            f"{cookie_name}_session", secret_key, idle=session_lifetime, longest=longest_session, secure=secure
        )
        attempt, self._notice = (
            SignedCookie(f"{cookie_name}_{kind}", secret_key, lifetime=lifetime, secure=secure)
            for kind, lifetime in (("attempt_", ATTEMPT_LIFETIME), ("notice", NOTICE_LIFETIME))
        )
        self._attempts = Attempts(attempt)
        self._scopes = SignedText(f"{cookie_name} scope", secret_key)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._identity!r}>"

    @property
    def transport(self) -> "Transport":
        """What performs the calls of all requests. A test may replace it."""
        return self._transport

    @transport.setter
    def transport(self, transport: "Transport") -> None:
        """Perform all calls from now on with another one."""
        self._transport = transport
        # Its options are checked once, and each request has a client like it.
        self._client = self._client_type(**self._options, transport=transport)

    def login_url(self, return_to: str = "/", *, scope: str | Iterable[str] | None = None) -> str:
        """Return the address of a link that signs a person in and brings them to ``return_to``.

        While a request is answered, both lead below its prefix. Outside of requests only the option ``root_path`` is
        known. ``return_to`` is a path with or without the prefix. One that leads to another site is replaced by the
        application's root.

        ``scope`` is what to ask for in this sign-in, instead of the option ``scope``. Anybody can write a link to the
        sign-in, and so ask for more or less than the application needs. Therefore the scope is signed here, and a
        scope without a good signature is answered with 400. Nothing else has to remember it: it goes on to Podio at
        once. What the person granted is in ``podio.token.scope``.

        Raises ValueError for a scope that is not like ``"user:read space:all"``.

        >>> sign_in.login_url("/items/4")
        '/podio/login?return_to=%2Fitems%2F4'
        """
        query = [("return_to", return_to)]
        if scope is not None:
            query.append(("scope", self._scopes.sign(scope_text(scope))))
        return f"{self.addresses.public(self.login_path)}?{form_encode(query)}"

    def logout_url(self, return_to: str | None = None) -> str:
        """Return the address that a form posts to in order to sign the person out, below the prefix of the request.

        The person comes to ``return_to`` then, which is a path as for ``login_url``. A form may have a field of this
        name instead. Without it they come to ``logged_out_path``.

        >>> sign_in.logout_url()
        '/podio/logout'
        """
        query = "" if return_to is None else f"?{form_encode([('return_to', return_to)])}"
        return self.addresses.public(self.logout_path) + query

    def is_own(self, request: Request) -> bool:
        """Tell whether the request is for the sign-in itself, not for the application."""
        return self.addresses.purpose(request) is not None

    def visit(self, request: Request) -> Visit:
        """Tell whose request it is, and which error waits to be shown to them.

        What a page of another origin posts is nobody's: SameSite=Lax already keeps other sites' forms from carrying
        the session, but not those of a neighbour on the same site
        (https://www.rfc-editor.org/rfc/rfc6265#section-8.2).
        """
        code = self._notice.read(request.cookies)
        is_trusted = request.method in SAFE_METHODS or not request.is_foreign(self._origin)
        return self._session.visit(
            request.cookies if is_trusted else {},
            error=None if code is None else error_of(code),
            headers=set_cookies(self._notice.delete()) if self._notice.name in request.cookies else [],
        )

    def visit_by_websocket(self, request: Request) -> Visit:
        """Tell whose WebSocket it is.

        Browsers let a page of any site open one and send the cookies along, and name the page's origin
        (https://www.rfc-editor.org/rfc/rfc6455#section-10.2). The session counts for pages of the own origin only.
        An error waits for a page that can show it.
        """
        return self._session.visit(request.cookies if request.headers.get("origin") == self._origin else {})

    def client_options(self, session_id: str | None) -> dict[str, Any]:
        """Return the options of the ``Podio`` or ``SyncPodio`` of one request; without a session it is signed out."""
        return {**self._options, "transport": self.transport, "session_store": self._store_of(session_id)}

    def session_cookie(self, session_id: str) -> str:
        """Return the ``Set-Cookie`` header of a new session, whose token is in the store already: tests need this."""
        return self._session.begin(session_id)

    async def respond(self, request: Request) -> Response:
        """Answer a request for one of the sign-in's own addresses; 503 while the session store is unavailable."""
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
            return self._leave(request)
        if purpose == "logout":
            return await self._log_out(request)
        return await self._come_back(request)

    def _default_transport(self) -> "Transport":
        raise NotImplementedError

    def _leave(self, request: Request) -> Response:
        """Send the person to Podio, with a ``state`` that this browser alone can answer (RFC 6749 section 10.12)."""
        query = parse_form(request.query)
        scope = None
        if "scope" in query:
            scope = self._scopes.read(query["scope"] or "")
            if scope is None:
                return plain(400, "This link to sign in is broken or too old. Go back, reload the page, and try again.")
        state = secrets.token_urlsafe(32)
        cookies = self._attempts.begin(request, state, self.addresses.local(request, query.get("return_to")))
        return see_other(self._identity.authorization_url(scope=scope, state=state), cookies)

    async def _come_back(self, request: Request) -> Response:
        arrival = self._attempts.read_answer(request)
        if arrival.return_to is None:
            arrival = replace(arrival, return_to=self.addresses.local(request, None))
        if isinstance(arrival.outcome, SignInError):
            return self._show(arrival, arrival.outcome)
        # A new id for every sign-in: one that somebody has planted before is worth nothing.
        session_id = secrets.token_urlsafe(32)
        try:
            token = await self._exchange(arrival.outcome, session_id)
            await self._tell_signed_in(session_id, token.ref)
            await self._forget(request.cookies)
        except StoreUnavailable:
            raise
        except PodioError as problem:
            return self._show(arrival, problem)
        except Exception as problem:
            # Not left to the framework: its error page would show under an address with the code in it.
            report(problem, "signing in")
            return self._show(arrival, SignInError("The store or the transport failed."))
        return see_other(str(arrival.return_to), [*arrival.headers, *set_cookies(self._session.begin(session_id))])

    async def _exchange(self, code: str, session_id: str) -> "Token":
        """Get the tokens for a code and store them as a new session.

        Raises PodioError when Podio gives none, or when they could not be stored: the next request would not find them.
        """
        async with self._open(session_id) as podio:
            return await podio.get_access_token(code, self._redirect_uri)

    async def _forget(self, cookies: Mapping[str, str]) -> "Token | None":
        """End the browser's session; return the token that it held."""
        session = self._session.read(cookies)
        if session is None:
            return None
        async with self._open(session.session_id) as podio:
            await podio.refresh_auth_from_store()
            token = podio.token
            await podio.logout()
        return token

    async def _log_out(self, request: Request) -> Response:
        if request.is_foreign(self._origin):
            return plain(403, "This form was sent from another site.")
        token = await self._forget(request.cookies)
        if token is not None:
            await self._tell_signed_out(token.ref)
            if self._revoke:
                await revoke_grant(token, self._client_type, self.client_options(None))
        wanted = parse_form(request.form).get("return_to") or parse_form(request.query).get("return_to")
        location = self.addresses.local(request, wanted, self._logged_out_path)
        return see_other(location, set_cookies(self._session.delete()))

    def _open(self, session_id: str | None) -> Podio:
        """Return the client of one request."""
        return self._client.with_store(self._store_of(session_id))

    def _store_of(self, session_id: str | None) -> "SessionStore":
        return MemoryStore() if session_id is None else self._store.for_user(session_id)

    def _show(self, arrival: Arrival, problem: PodioError) -> Response:
        """Bring the person back to where they were, with an error to be shown there and the session as it was."""
        code = getattr(problem, "code", SignInError.code)
        # Podio's own words may repeat what was sent: of an answer that is none of OAuth's, only the kind is told.
        log.warning("Signing in failed with %s: %s", code, kind(problem) if isinstance(problem, APIError) else problem)
        return see_other(str(arrival.return_to), [*arrival.headers, *set_cookies(self._notice.set(code))])
