"""The front door: ``Podio``, thin, over the rooms behind it.

https://developers.podio.com/authentication
"""

from podio_web.auth.following import Following
from podio_web.auth.renewal import Renewal
from podio_web.auth.session import Session
from podio_web.errors import LoginRequired, PodioError
from podio_web.events import Events
from podio_web.http import RETRY, Budget, build_request, check_retry, check_timeout, exchange, is_safe
from podio_web.http.verbs import Verbs
from podio_web.oauth.identity import ClientIdentity
from podio_web.oauth.origin import API_URL
from podio_web.oauth.token import Token
from podio_web.runtime.detect import TokenFlows, check_options, find_runtime
from podio_web.runtime.interpreter import IN_PAGE, settle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
    from typing import Any

    from podio_web.auth.grants import Grants
    from podio_web.auth.page import PageSignIn
    from podio_web.errors import SignInError
    from podio_web.http import RateLimit, Request, Retry
    from podio_web.runtime.protocols import Runtime, Transport
    from podio_web.stores.text import SessionStore


def renew_by_popup(podio: "Podio") -> "Awaitable[None]":
    """Renew the session through the popup, so that nothing on the page is lost; ``on_token_will_refresh``'s default.

    >>> podio = Podio("client", client_id="my-app", on_token_will_refresh=renew_by_popup)
    """
    return podio.login()


class Podio(TokenFlows, Verbs):
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
        platform = self._find_platform()
        if auth_type == "client" and redirect_uri is None:
            redirect_uri = platform.default_redirect_uri()
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
        if auth_type == "client" and platform.how_to_sign_in:
            identity.how_to_sign_in = platform.how_to_sign_in
        self._identity = identity
        self._timeout = check_timeout(timeout)
        self._retry = check_retry(retry)
        self._login_timeout = login_timeout
        self._expiring_before = expiring_before
        self._on_token_will_refresh = on_token_will_refresh
        self._after_token_refreshed = after_token_refreshed
        self._owns_transport = transport is None
        self._transport = self._through(platform.default_transport() if transport is None else transport)
        self._begin(platform, platform.default_store() if session_store is None else session_store)

    def _begin(self, platform: "Runtime", store: "SessionStore") -> None:
        """Begin with a session, now that the options are known."""
        identity = self._identity
        self._platform = platform
        self._closed = False
        self._calls = 0
        self._loaded = False
        self._auth_error: SignInError | None = None
        self._events = Events(platform.start)
        if hasattr(store, "for_client"):
            store = store.for_client(identity.api_origin, identity.client_id)
        self._page: PageSignIn | None = None
        self._grants: Grants | None = None
        if identity.auth_type == "client":
            self._session = Session(identity.auth_type, store, self._events, platform.now)
            self._session.identify = self._identify
            self._page = self._client_side()
        else:
            self._session, self._grants = self._by_grants(store)
        can_renew = self._grants is not None or self._on_token_will_refresh is not None
        self._renewal = self._renewal_type(
            self._session,
            self._events,
            self._renew if can_renew else None,
            identity.how_to_sign_in,
            platform,
            asks_person=self._page is not None,
        )
        self._following = Following(
            identity, self._session, self._renewal, self._events, platform, self._transport, self._check_open
        )
        if self._page is not None and self._page.has_token:
            # Now: the person may reload the page before it makes a call.
            platform.start(self._prepare())

    def __repr__(self) -> str:
        return f"<Podio {self._identity!r}>"

    async def __aenter__(self) -> "Podio":
        return self

    async def __aexit__(self, *problem: object) -> None:
        await self.aclose()

    @property
    def token(self) -> "Token | None":
        """The current token, or None; its ``repr`` shows no secret."""
        return self._session.token

    @property
    def rate_limit(self) -> "RateLimit | None":
        """Podio's ``limit`` and ``remaining`` calls as last told; None where answers do not show them, as in pages."""
        return self._following.rate_limit

    def on(self, event: str, handler: "Callable[[Any], object]") -> "Callable[[], None]":
        """Call ``handler`` at each ``event``; returns a function that removes it.

        ``podio_web.events`` lists the events and what handlers are given. Raises ValueError for an unknown one.

        >>> remove = podio.on("logged_out", lambda detail: show_sign_in())
        """
        return self._events.on(event, handler)

    async def is_authenticated(self) -> bool:
        """Tell whether a usable token is held: in memory, in the store, or in a redirect that just came back.

        >>> if not await podio.is_authenticated():
        ...     await podio.login()
        """
        await self._prepare()
        await self._session.load()
        return self._session.usable

    def has_auth_error(self) -> bool:
        """Tell whether the last redirect response was refused."""
        return self.get_auth_error() is not None

    def get_auth_error(self) -> "SignInError | None":
        """Return why the last redirect response was refused, or None."""
        return self._auth_error if self._page is None else self._page.error

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
        return self._identity.authorization_url(redirect_uri, scope=scope, state=state)

    def login(self, *, method: str = "popup") -> "Coroutine[Any, Any, None]":
        """Sign in through a popup, or with ``method="redirect"`` by leaving the page and coming back to this route.

        Call it while a click is being handled: the popup opens with it, before anything is awaited. Await what it
        returns; it ends when a session is held, or raises a SignInError: PopupBlocked, PopupClosed, PopupTimeout,
        PopupCancelled, AccessDenied, MalformedResponse, StateMismatch.

        >>> await podio.login()
        """
        self._check_open()
        self._identity.allow("login", "client")
        assert self._page is not None, "a client of auth_type 'client' has one"
        return self._page.login(method)

    def logout(self) -> "Coroutine[Any, Any, None]":
        """Forget the session, here and in the other tabs; whoever waits for a renewal gets LoginRequired.

        It is forgotten when this returns. Await what it returns, which ends when a slow store has forgotten it too.
        Podio's own sign-in on podio.com is not ended by this.

        >>> await podio.logout()
        """
        self._check_open()
        if self._page is not None:
            self._page.announce_log_out()
        self._end_waiting()
        return self._session.clear()

    def set_access_token(self, response: "Mapping[str, Any]") -> None:
        """Hold the token of a token response, in memory only.

        Raises ValueError when the response has no usable token.

        >>> podio.set_access_token({"access_token": "…", "expires_in": 28800})
        """
        keep_refresh = self._grants is not None
        self._session.put(Token.from_response(response, self._platform.now(), keep_refresh=keep_refresh))

    async def refresh_auth_from_store(self) -> None:
        """Read the session store again; an empty store changes nothing.

        >>> await podio.refresh_auth_from_store()
        """
        await self._session.reload()

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
        request = build_request(self._identity.api_origin, method, path, data, params=params, form=form)
        limit = self._timeout if timeout is None else check_timeout(timeout)
        policy = self._retry if retry is True else check_retry(retry or None)
        safe = is_safe(request.method, request.path, data) if safe is None else safe
        by_grants = self._grants is not None
        clock, chance = self._platform.monotonic, self._following.chance
        budget = Budget(limit, policy, clock, chance, safe=safe, with_renewal=by_grants)
        if basic_auth:
            if self._grants is None:
                raise ValueError("basic_auth needs a client_secret, which a client of auth_type 'client' must not have")
            self._enter_loop()
            return await self._following.follow(self._grants.attempts(request, budget))
        coroutine = self._call(request, budget)
        return await (coroutine if self._grants is None else self._grants.in_time(limit, request, coroutine))

    async def _call(self, request: "Request", budget: Budget) -> "Any":
        """Make a call with the session's token."""
        self._calls += 1
        order = self._calls
        await self._prepare()
        token = self._session.token
        if token is None:
            raise LoginRequired(f"Nobody is signed in. {self._identity.how_to_sign_in}")
        if self._renewal.is_renewing(token):
            token = await self._renewal.fresh(token, order)
        steps = exchange(request, token, budget, has_ended=token.is_expired(self._platform.now()))
        return await self._following.follow(steps, order)

    def aclose(self) -> "Coroutine[Any, Any, None]":
        """Release listeners, channels, proxies and connections; whoever still waits gets an error.

        All but connections are released when this returns; await what it returns for these. The stored session stays,
        and so does a transport that was given: who made it closes it. Closing twice is fine.

        >>> await podio.aclose()
        """
        if self._closed:
            return _nothing()
        self._closed = True
        if self._page is not None:
            self._page.close()
        self._renewal.cancel(PodioError("The client was closed while a request was waiting."))
        self._events.clear()
        return self._transport.close() if self._owns_transport else _nothing()

    def _client_side(self) -> "PageSignIn":
        from podio_web.auth.page import PageSignIn

        return PageSignIn(
            self._identity,
            self._session,
            self._events,
            self._platform,
            self._end_by_other_tab,
            check_timeout(self._login_timeout),
            self._expiring_before,
        )

    async def _identify(self, token: Token) -> None:
        """Find out whose a token is. Podio nearly always says so with it."""
        if token.ref is None:
            from podio_web.auth.page import bring_sign_in

            await bring_sign_in()
            from podio_web.auth.token_user import TokenUsers

            await TokenUsers(self._identity.api_origin, self._transport).complete(token)

    async def _prepare(self) -> None:
        """Store what a redirect brought, and read the store once."""
        if self._grants is not None:
            await self._look_around()
        # A client that was closed at once leaves the answer to the next one.
        token = None if self._page is None or self._closed else self._page.take_token()
        if token is not None:
            self._loaded = True
            await self._session.save(token)
            self._platform.start(self._session.learn_owner(token))
        elif not self._loaded:
            await self._session.load()
            self._loaded = True

    async def _renew(self, stale: Token) -> None:
        """Renew the session, silently or by the page, and tell the page when that has worked."""
        if self._grants is not None:
            if not await self._grants.refresh(stale):
                return
        elif self._page is not None and self._on_token_will_refresh is not None:
            hook = self._on_token_will_refresh
            if not await self._page.renew(stale, lambda: self._renewal.run_hook(lambda: hook(self))):
                return
        token = self._session.token
        if self._after_token_refreshed is not None and token is not None and token is not stale:
            await settle(self._after_token_refreshed(token))

    def _end_waiting(self) -> None:
        """End whatever waits for a session, and forget what a redirect brought."""
        if self._page is not None:
            self._page.end()
        self._auth_error = None
        self._loaded = True
        self._renewal.cancel(
            LoginRequired(f"The person signed out while a request was waiting. {self._identity.how_to_sign_in}")
        )

    def _end_by_other_tab(self) -> None:
        self._end_waiting()
        self._platform.start(self._session.clear_after_other_tab())

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("this Podio client was closed; make a new one")

    def _through(self, transport: "Transport") -> "Transport":
        """Return what calls go through; ``SyncPodio`` puts something in between."""
        return transport

    _find_platform = staticmethod(find_runtime)
    _renewal_type = Renewal


async def _nothing() -> None:
    """Release nothing."""
