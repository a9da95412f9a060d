"""``SyncPodio``: the members of ``Podio`` without ``await``, for scripts and notebooks."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator, Iterable, Mapping
from copy import copy
from typing import TYPE_CHECKING, Any, Literal

from podio_web.client import Podio, renew_by_popup
from podio_web.http import RETRY, check_timeout
from podio_web.oauth.origin import API_URL
from podio_web.runtime.blocking import blocking_runtime
from podio_web.runtime.interpreter import IN_PAGE
from podio_web.runtime.run_blocking import drive, wait_for_person
from podio_web.runtime.turns import Turns, let_go, limited, seconds_left

if TYPE_CHECKING:
    from typing import Generic, Self, TypeVar, overload

    from podio_web.errors import PodioError, SignInError
    from podio_web.http import RateLimit, Retry
    from podio_web.oauth.token import Token
    from podio_web.runtime.protocols import Runtime
    from podio_web.types import (
        AuthT,
        Handler,
        HttpMethod,
        LoginMethod,
        PersonEvent,
        SessionStore,
        TokenEvent,
        Transport,
    )

    T = TypeVar("T")
    GrantClient = TypeVar("GrantClient", bound="SyncPodio[Literal['server', 'password', 'app']]")
else:
    from podio_web.client import AuthT, Generic


class DrivenPodio(Podio):
    """``Podio`` in a runtime where everything blocks, so that no coroutine of it ever suspends.

    >>> podio = DrivenPodio("app", "my-app", secret)
    >>> drive(podio.is_authenticated())
    False
    """

    def __init__(self, *arguments: Any, timeout: float = 30.0, runtime: Runtime | None = None, **options: Any) -> None:
        runtime = blocking_runtime(check_timeout(timeout)) if runtime is None else runtime
        super().__init__(*arguments, timeout=timeout, runtime=runtime, **options)

    async def request(self, *arguments: Any, timeout: float | None = None, **options: Any) -> Any:
        """Send a request like ``Podio``. If its caller has no limit, as in ``SyncPodio.run``, this one has its own."""
        with limited(self.limit(timeout) if seconds_left() is None else None):
            return await super().request(*arguments, timeout=timeout, **options)

    def limit(self, timeout: float | None) -> float | None:
        """Return the seconds that a call may take in all; None where it may have to wait for a user, or in a page."""
        if IN_PAGE or not self._auth.renews_silently:
            return None
        return self._context.timeout if timeout is None else check_timeout(timeout)

    def check_login(self) -> None:
        """Raise ValueError unless a user signs in by ``login``."""
        self._context.identity.allow("login", "client")

    def forget_renewal(self) -> None:
        """Forget what other threads were doing: this process was forked and does not have them."""
        self._auth.forget_renewal()


class SyncPodio(Generic[AuthT]):
    """A client of Podio's API like ``Podio``, with methods that block instead of being awaited.

    Arguments, methods and errors are those of ``Podio``. Requests go through httpx2 if it is installed
    (``pip install 'podio-web[server]'``), else through ``urllib.request``, in a page through ``fetch``. httpx2 keeps
    connections open. Session stores, hooks and handlers must be plain functions.

    In a browser where Python cannot wait for a promise, a request blocks the page, and only reads are possible, because
    the browser might follow a redirect of a write.

    Threads may share a client. Their requests run at the same time, and the session is renewed once for all of them.
    ``timeout`` includes the wait for a renewal, unless a user has to renew the session. A session store is called by
    one thread at a time, a hook in any thread. A forked process opens its own connections.

    >>> podio = SyncPodio("app", client_id="my-app", client_secret=secret, session_store=FileStore("session.json"))
    >>> if not podio.is_authenticated():
    ...     token = podio.authenticate_with_app(5001, app_token)
    >>> podio.get("/app/5001")["app_id"]
    5001
    """

    def __init__(
        self,
        auth_type: AuthT,
        client_id: str,
        client_secret: str | None = None,
        *,
        redirect_uri: str | None = None,
        scope: str | Iterable[str] | None = None,
        session_store: SessionStore | None = None,
        on_token_will_refresh: Callable[[SyncPodio], object] | None = renew_by_popup,  # type: ignore[assignment]
        after_token_refreshed: Callable[[Token], object] | None = None,
        api_url: str = API_URL,
        auth_url: str | None = None,
        allow_http: bool = False,
        transport: Transport | None = None,
        runtime: Runtime | None = None,
        timeout: float = 30.0,
        retry: Retry | None = RETRY,
        login_timeout: float = 300.0,
        expiring_before: float = 300.0,
    ) -> None:
        hook: Any = on_token_will_refresh
        if auth_type == "client" and callable(on_token_will_refresh):
            # The page's hook is for this client, and not for the one that it drives.
            hook = _letting_go(lambda driven: on_token_will_refresh(self))
        told: Any = after_token_refreshed
        self._podio = DrivenPodio(
            auth_type,
            client_id,
            client_secret,
            redirect_uri=redirect_uri,
            scope=scope,
            session_store=session_store,
            on_token_will_refresh=hook,
            after_token_refreshed=_letting_go(told) if callable(told) else told,
            api_url=api_url,
            auth_url=auth_url,
            allow_http=allow_http,
            transport=transport,
            runtime=runtime,
            timeout=timeout,
            retry=retry,
            login_timeout=login_timeout,
            expiring_before=expiring_before,
        )
        self._share()

    def _share(self) -> None:
        """Let threads share this client by taking turns."""
        self._turns = Turns()
        self._turns.on_fork = self._podio.forget_renewal

    def __repr__(self) -> str:
        return f"<Sync{repr(self._podio)[1:]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    @property
    def token(self) -> Token | None:
        """The current token, or None. Its ``repr`` shows no secret."""
        return self._podio.token

    @property
    def rate_limit(self) -> RateLimit | None:
        """The ``limit`` and ``remaining`` requests of the last response, or None. Pages cannot read them."""
        return self._podio.rate_limit

    def login(self: SyncPodio[Literal["client"]], *, method: LoginMethod = "popup") -> None:
        """Sign a user in: in a popup, or with ``method="redirect"`` by leaving the page and coming back.

        A popup needs a browser where Python can wait (JavaScript Promise Integration) and a caller that Pyodide can
        suspend, such as a cell of a notebook. Raises LoginRequired elsewhere, and what ``Podio.login`` raises.

        >>> podio.login(method="redirect")
        """
        self._podio.check_login()
        if method == "popup":
            wait_for_person(self._podio.login)
        else:
            drive(self._podio.login(method=method))

    def with_store(self: GrantClient, session_store: SessionStore) -> GrantClient:
        """Return a client with the same options and another session store, and so with another session.

        It is faster than a new client, so that a web application can have one for each request. It shares the transport
        and does not close it. Raises ValueError if the auth type is "client".

        >>> podio = template.with_store(store.for_user(session_id))
        """
        client = copy(self)
        client._podio = self._podio.with_store(session_store)
        client._share()
        return client

    if TYPE_CHECKING:

        @overload
        def on(self, event: TokenEvent, handler: Handler[Token]) -> Callable[[], None]: ...
        @overload
        def on(self, event: Literal["logged_out"], handler: Handler[None]) -> Callable[[], None]: ...
        @overload
        def on(self, event: PersonEvent, handler: Handler[Callable[[], None]]) -> Callable[[], None]: ...
        @overload
        def on(self, event: Literal["rate_limited"], handler: Handler[float | None]) -> Callable[[], None]: ...
        @overload
        def on(self, event: Literal["storage_degraded"], handler: Handler[PodioError]) -> Callable[[], None]: ...

    def on(self, event: Any, handler: Handler[Any]) -> Callable[[], None]:
        """Call ``handler`` at each ``event``. Return a function that removes it.

        ``podio_web.events`` lists the events and their arguments. Raises ValueError if there is no such event.

        >>> remove = podio.on("logged_out", lambda detail: show_sign_in())
        """
        with self._turns.take():
            return self._podio.on(event, handler)

    def is_authenticated(self) -> bool:
        """Return whether there is a valid session: in memory, in the store, or in a redirect that just came back.

        >>> if not podio.is_authenticated():
        ...     podio.login(method="redirect")
        """
        with self._turns.take():
            return drive(self._podio.is_authenticated())

    def has_auth_error(self) -> bool:
        """Return whether the last redirect response was refused.

        >>> podio.has_auth_error()
        False
        """
        with self._turns.take():
            return self._podio.has_auth_error()

    def get_auth_error(self) -> SignInError | None:
        """Return why the last redirect response was refused, or None.

        >>> problem = podio.get_auth_error()
        """
        with self._turns.take():
            return self._podio.get_auth_error()

    def get_authorization_url(
        self: SyncPodio[Literal["client", "server"]],
        redirect_uri: str | None = None,
        *,
        scope: str | Iterable[str] | None = None,
        state: str | None = None,
    ) -> str:
        """Return the URL where a user signs in: https://developers.podio.com/authentication/server_side.

        On a server, bind ``state`` to the user's browser with a cookie, and compare it in the redirect response.
        ``podio_web.web`` does that. In a page, use ``login()``, which creates and checks ``state`` itself. Raises
        ValueError if the auth type has no such URL, or without a redirect URI.

        >>> url = podio.get_authorization_url(state=state)
        """
        with self._turns.take():
            return self._podio.get_authorization_url(redirect_uri, scope=scope, state=state)

    def logout(self) -> None:
        """Forget the session, here and in the other tabs. Requests that wait for a renewal raise LoginRequired.

        The user stays signed in on podio.com.

        >>> podio.logout()
        """
        with self._turns.take():
            return drive(self._podio.logout())

    def set_access_token(self, response: Mapping[str, Any]) -> None:
        """Use the token of a token response. It is kept in memory only.

        Raises ValueError if the response has no usable token.

        >>> podio.set_access_token({"access_token": "a1b2c3", "expires_in": 28800})
        """
        with self._turns.take():
            self._podio.set_access_token(response)

    def refresh_auth_from_store(self) -> None:
        """Read the session store again. An empty store changes nothing.

        >>> podio.refresh_auth_from_store()
        """
        with self._turns.take():
            return drive(self._podio.refresh_auth_from_store())

    def request(
        self,
        method: HttpMethod,
        path: str,
        data: Any = None,
        *,
        params: Mapping[str, Any] | None = None,
        form: bool = False,
        basic_auth: bool = False,
        timeout: float | None = None,
        retry: Retry | bool | None = True,
        safe: bool | None = None,
    ) -> Any:
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

        >>> items = podio.request("POST", "/item/app/3001/filter/", {"limit": 30})
        """
        with self._turns.take(self._podio.limit(timeout)):
            return drive(
                self._podio.request(
                    method,
                    path,
                    data,
                    params=params,
                    form=form,
                    basic_auth=basic_auth,
                    timeout=timeout,
                    retry=retry,
                    safe=safe,
                )
            )

    def run(self, begin: Callable[[Podio], Coroutine[Any, Any, T]]) -> T:
        """Return the result of a coroutine that uses the client that this one drives. ``SyncFiles`` uses it.

        ``begin`` is given that client, and its coroutine must never suspend. Only each request has a limit of time.

        >>> me = podio.run(lambda driven: driven.get("/user/status"))
        """
        with self._turns.take():
            return drive(begin(self._podio))

    def steps(self, begin: Callable[[Podio], Coroutine[Any, Any, object]]) -> Generator[Any]:
        """Run a coroutine like ``run``, and yield what it hands out when it suspends. ``SyncFiles.open`` uses it.

        Where it suspends it must have let go of this client's turn, as it has during a request.

        >>> parts = podio.steps(lambda driven: files.receive(7001, stream))
        """
        with self._turns.take():
            coroutine = begin(self._podio)
            try:
                while True:
                    try:
                        part = coroutine.send(None)
                    except StopIteration:
                        return
                    yield part
            finally:
                coroutine.close()

    def get(
        self,
        path: str,
        data: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        retry: Retry | bool | None = True,
    ) -> Any:
        """Send a GET request. The arguments are those of ``request``.

        >>> me = podio.get("/user/status")
        """
        with self._turns.take(self._podio.limit(timeout)):
            return drive(self._podio.get(path, data, params=params, timeout=timeout, retry=retry))

    def post(
        self,
        path: str,
        data: Any = None,
        *,
        params: Mapping[str, Any] | None = None,
        form: bool = False,
        timeout: float | None = None,
        retry: Retry | bool | None = True,
        safe: bool | None = None,
    ) -> Any:
        """Send a POST request. The arguments are those of ``request``.

        >>> comment = podio.post("/comment/item/4/", {"value": "Done"})
        """
        with self._turns.take(self._podio.limit(timeout)):
            return drive(
                self._podio.post(path, data, params=params, form=form, timeout=timeout, retry=retry, safe=safe)
            )

    def put(
        self,
        path: str,
        data: Any = None,
        *,
        params: Mapping[str, Any] | None = None,
        form: bool = False,
        timeout: float | None = None,
        retry: Retry | bool | None = True,
        safe: bool | None = None,
    ) -> Any:
        """Send a PUT request. The arguments are those of ``request``.

        >>> revision = podio.put("/item/4", {"fields": {"title": "New"}})
        """
        with self._turns.take(self._podio.limit(timeout)):
            return drive(self._podio.put(path, data, params=params, form=form, timeout=timeout, retry=retry, safe=safe))

    def delete(
        self,
        path: str,
        data: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        retry: Retry | bool | None = True,
    ) -> Any:
        """Send a DELETE request. The arguments are those of ``request``.

        >>> podio.delete("/item/4")
        """
        with self._turns.take(self._podio.limit(timeout)):
            return drive(self._podio.delete(path, data, params=params, timeout=timeout, retry=retry))

    def get_access_token(self: SyncPodio[Literal["server"]], auth_code: str, redirect_uri: str | None = None) -> Token:
        """Sign in with the code of a redirect response: https://developers.podio.com/authentication/server_side.

        ``redirect_uri`` is the one of the authorization URL, the client's by default. Raises GrantRefused if the code
        was used or has expired, UnknownClient or WrongClientSecret.

        >>> token = podio.get_access_token(code)
        """
        with self._turns.take():
            return drive(self._podio.get_access_token(auth_code, redirect_uri))

    def authenticate_with_credentials(
        self: SyncPodio[Literal["password"]], username: str, password: str, *, offering_id: int | str | None = None
    ) -> Token:
        """Sign in with an e-mail address and a password, for tests and your own account only.

        See https://developers.podio.com/authentication/username_password. Raises UnknownUser, WrongPassword,
        SecondFactorRequired, UnknownClient or WrongClientSecret.

        >>> token = podio.authenticate_with_credentials("demo@example.com", password)
        """
        with self._turns.take():
            return drive(self._podio.authenticate_with_credentials(username, password, offering_id=offering_id))

    def authenticate_with_app(self: SyncPodio[Literal["app"]], app_id: int | str, app_token: str) -> Token:
        """Sign in as a Podio app, with the two values of its Developer page.

        See https://developers.podio.com/authentication/app_auth. Raises GrantRefused if the two do not match,
        UnknownClient or WrongClientSecret.

        >>> token = podio.authenticate_with_app(5001, app_token)
        """
        with self._turns.take():
            return drive(self._podio.authenticate_with_app(app_id, app_token))

    def authenticate_with_activation_code(
        self: SyncPodio[Literal["server", "password"]], code: str, *, offering_id: int | str | None = None
    ) -> Token:
        """Sign in with the activation code of an invitation.

        Raises GrantRefused if the code was used or is unknown, UnknownClient or WrongClientSecret.

        >>> token = podio.authenticate_with_activation_code(code)
        """
        with self._turns.take():
            return drive(self._podio.authenticate_with_activation_code(code, offering_id=offering_id))

    def set_auth_error(self: SyncPodio[Literal["server"]], problem: SignInError | None) -> None:
        """Let ``get_auth_error`` return ``problem``. On a server, only the web framework sees the redirect response.

        >>> podio.set_auth_error(AccessDenied("The user did not allow the access."))
        """
        with self._turns.take():
            self._podio.set_auth_error(problem)

    def close(self) -> None:
        """Release listeners, channels and connections. Requests that still wait raise an exception.

        The stored session stays. A transport that you passed stays open. Closing twice is fine.

        >>> podio.close()
        """
        with self._turns.take():
            return drive(self._podio.aclose())


def _letting_go(hook: Callable[[Any], object]) -> Callable[[Any], object]:
    """Return a hook that lets other threads go on: it may take long, and wait for them."""

    def called(argument: object) -> object:
        with let_go():
            return hook(argument)

    return called
