"""The front door: ``Podio``, thin, over the rooms behind it.

https://developers.podio.com/authentication/client_side
"""

import asyncio

from podio_web.api import Perform, advance, build_call, check_timeout, exchange
from podio_web.compat import IN_PAGE, settle, spawn
from podio_web.errors import LoginRequired, PodioError
from podio_web.oauth.identity import ClientIdentity
from podio_web.oauth.token import Token
from podio_web.session.attempts import Attempts
from podio_web.session.events import Events
from podio_web.session.popup_sign_in import PopupSignIn
from podio_web.session.redirect_sign_in import RedirectSignIn
from podio_web.session.renewal import Renewal
from podio_web.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
    from typing import Any

    from podio_web.errors import SignInError
    from podio_web.session.flight import Flight
    from podio_web.session.platform import Platform, Transport
    from podio_web.session.stores import SessionStore

API_URL = "https://api.podio.com"

_LOGGED_OUT = "logged_out"


def renew_by_popup(podio: "Podio") -> "Awaitable[None]":
    """Renew the session through the popup, so that nothing on the page is lost; ``on_token_will_refresh``'s default.

    >>> podio = Podio("client", client_id="my-app", on_token_will_refresh=renew_by_popup)
    """
    return podio.login()


class Podio:
    """A client of Podio's API for one signed-in person.

    Arguments:

    - ``auth_type``: ``"client"``, the flow for pages, needs no secret.
    - ``client_id``: the name of the API key from https://podio.com/settings/api.
    - ``redirect_uri``: the absolute URL of ``callback.html`` on the page's own origin; ``static/callback.html`` beside
      the page when left out.
    - ``scope``: what to ask for, such as ``"user:read space:all"``; everything when left out.
    - ``session_store``: any object with ``get(auth_type)`` and ``set(token, auth_type)``; localStorage in a page,
      memory elsewhere.
    - ``on_token_will_refresh``: called with this client when the session has ended and only the person can renew it;
      ``def`` or ``async def``. None: raise ``LoginRequired`` instead.
    - ``after_token_refreshed``: called with the new token after a renewal.
    - ``api_url``, ``auth_url``: where the API is and where people sign in; ``auth_url`` is ``api_url`` without its
      ``api.`` when left out.
    - ``transport``: performs calls; the browser's ``fetch`` in a page.
    - ``timeout``: seconds that a call may take.

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
        transport: "Transport | None" = None,
        timeout: float = 30.0,
    ) -> None:
        platform = _platform()
        identity = ClientIdentity(
            auth_type,
            client_id,
            client_secret,
            redirect_uri=platform.default_redirect_uri() if redirect_uri is None else redirect_uri,
            scope=scope,
            api_url=api_url,
            auth_url=auth_url,
        )
        platform.check_redirect_uri(identity.redirect_uri)
        self._identity = identity
        self._platform = platform
        self._timeout = check_timeout(timeout)
        self._closed = False
        self._calls = 0
        self._loaded = False
        self._after_token_refreshed = after_token_refreshed
        self._events = Events()
        store = platform.default_store() if session_store is None else session_store
        if hasattr(store, "for_client"):
            store = store.for_client(identity.api_origin, identity.client_id)
        self._session = Session(auth_type, store, self._events, platform.now)
        attempts = Attempts(identity, platform)
        self._attempts = attempts
        self._popup = PopupSignIn(identity, self._session, attempts, self._events, platform)
        self._redirect = RedirectSignIn(identity, attempts, platform)
        hook = on_token_will_refresh
        self._renewal = Renewal(self._session, self._events, None if hook is None else lambda: self._renew(hook))
        self._transport = platform.default_transport() if transport is None else transport
        self._other_tabs = platform.open_line(
            f"podio-web:tabs:{identity.api_origin}:{identity.client_id}:{auth_type}", self._heard_from_other_tab
        )
        # At once, before a router rewrites the address.
        self._redirect.receive()

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

    def on(self, event: str, handler: "Callable[[Any], object]") -> "Callable[[], None]":
        """Call ``handler`` at each ``event``; returns a function that removes it.

        ``podio_web.session.events`` lists the events and what handlers are given. Raises ValueError for an unknown one.

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
        return self._redirect.error is not None

    def get_auth_error(self) -> "SignInError | None":
        """Return why the last redirect response was refused, or None."""
        return self._redirect.error

    def get_authorization_url(
        self,
        redirect_uri: "str | None" = None,
        *,
        scope: "str | Iterable[str] | None" = None,
        state: "str | None" = None,
    ) -> str:
        """Return the URL where a person signs in and consents.

        https://developers.podio.com/authentication/client_side

        ``login()`` makes and checks a ``state`` by itself; who uses this URL directly brings one of their own, and an
        answer to it counts as unsolicited here.

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
        if method == "redirect":
            return self._leave()
        if method != "popup":
            raise ValueError(f"method must be 'popup' or 'redirect', not {method!r}")
        return self._await_popup(self._popup.start())

    async def logout(self) -> None:
        """Forget the session, here and in the other tabs; whoever waits for a renewal gets LoginRequired.

        Podio's own sign-in on podio.com is not ended by this.

        >>> await podio.logout()
        """
        self._check_open()
        self._other_tabs.send(_LOGGED_OUT)
        self._end_waiting()
        await self._session.clear()

    def set_access_token(self, response: "Mapping[str, Any]") -> None:
        """Hold the token of a token response, in memory only.

        Raises ValueError when the response has no usable token.

        >>> podio.set_access_token({"access_token": "…", "expires_in": 28800})
        """
        self._session.put(Token.from_response(response, self._platform.now()))

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
    ) -> "Any":
        """Call one operation of the API (https://developers.podio.com/doc); return its JSON, None for an empty answer.

        ``data`` of a GET or DELETE goes to the query, of a POST or PUT to the body, as JSON or with ``form=True`` as a
        form; ``params`` always to the query. ``timeout`` in seconds replaces the client's. When the session has ended
        it is renewed and the call repeated once. Raises LoginRequired before any I/O when nobody is signed in, APIError
        when Podio refuses, ConnectionFailed or TimedOut without an answer, ValueError for a path that leaves the API.

        >>> items = await podio.request("POST", "/item/app/3001/filter/", {"limit": 30})
        """
        self._check_open()
        if basic_auth:
            raise ValueError("basic_auth needs a client_secret, which a client of auth_type 'client' must not have")
        call = build_call(self._identity.api_origin, method, path, data, params=params, form=form)
        limit = self._timeout if timeout is None else check_timeout(timeout)
        self._calls += 1
        order = self._calls
        await self._prepare()
        if self._session.token is None:
            raise LoginRequired("Nobody is signed in. Call login().")
        steps = exchange(call, self._session.token, self._platform.now())
        step, data = advance(steps, None)
        while step is not None:
            if isinstance(step, Perform):
                step, data = advance(steps, await self._transport.perform(step.call, limit))
            else:
                step, data = advance(steps, await self._renewal.fresh(step.stale, order))
        return data

    async def get(
        self,
        path: str,
        data: "Mapping[str, Any] | None" = None,
        *,
        params: "Mapping[str, Any] | None" = None,
        timeout: "float | None" = None,
    ) -> "Any":
        """Read: ``request("GET", …)``.

        >>> me = await podio.get("/user/status")
        """
        return await self.request("GET", path, data, params=params, timeout=timeout)

    async def post(
        self,
        path: str,
        data: "Any" = None,
        *,
        params: "Mapping[str, Any] | None" = None,
        form: bool = False,
        timeout: "float | None" = None,
    ) -> "Any":
        """Create or ask: ``request("POST", …)``.

        >>> await podio.post("/comment/item/4/", {"value": "Done"})
        """
        return await self.request("POST", path, data, params=params, form=form, timeout=timeout)

    async def put(
        self,
        path: str,
        data: "Any" = None,
        *,
        params: "Mapping[str, Any] | None" = None,
        form: bool = False,
        timeout: "float | None" = None,
    ) -> "Any":
        """Change: ``request("PUT", …)``.

        >>> await podio.put("/item/4", {"fields": {"title": "New"}})
        """
        return await self.request("PUT", path, data, params=params, form=form, timeout=timeout)

    async def delete(
        self,
        path: str,
        data: "Mapping[str, Any] | None" = None,
        *,
        params: "Mapping[str, Any] | None" = None,
        timeout: "float | None" = None,
    ) -> "Any":
        """Delete: ``request("DELETE", …)``.

        >>> await podio.delete("/item/4")
        """
        return await self.request("DELETE", path, data, params=params, timeout=timeout)

    async def aclose(self) -> None:
        """Release listeners, channels, proxies and connections; whoever still waits gets an error.

        The stored session stays. Closing twice is fine.
        """
        if self._closed:
            return
        self._closed = True
        self._popup.cancel()
        self._renewal.cancel(PodioError("The client was closed while a request was waiting."))
        self._other_tabs.close()
        self._events.clear()
        await self._transport.close()

    async def _prepare(self) -> None:
        """Store what a redirect brought, and read the store once."""
        token, self._redirect.token = self._redirect.token, None
        if token is not None:
            self._loaded = True
            await self._session.save(token)
        elif not self._loaded:
            await self._session.load()
            self._loaded = True

    async def _await_popup(self, flight: "Flight") -> None:
        try:
            await flight.wait()
        except asyncio.CancelledError:
            self._popup.abandon(flight)
            raise

    async def _leave(self) -> None:
        self._redirect.leave()

    async def _renew(self, hook: "Callable[[Podio], object]") -> None:
        """Let the page renew the session, and tell it when that has worked."""
        stale = self._session.token
        await settle(hook(self))
        token = self._session.token
        if self._after_token_refreshed is not None and token is not None and token is not stale:
            await settle(self._after_token_refreshed(token))

    def _end_waiting(self) -> None:
        """End whatever waits for a session, and forget what a redirect brought."""
        self._popup.cancel()
        self._attempts.clear()
        self._redirect.token = self._redirect.error = None
        self._loaded = True
        self._renewal.cancel(LoginRequired("The person signed out while a request was waiting. Call login()."))

    def _heard_from_other_tab(self, text: object) -> None:
        if text == _LOGGED_OUT:
            self._end_waiting()
            spawn(self._session.clear_after_other_tab())

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("this Podio client was closed; make a new one")


def _platform() -> "Platform":
    """Return the page around us, or what stands in for one; imported late, for each exists in one place only."""
    if IN_PAGE:
        from podio_web.browser.page import Page

        return Page()
    from podio_web.headless import Headless

    return Headless()
