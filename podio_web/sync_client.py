"""``SyncPodio``: the members of ``Podio`` without ``await``, for scripts and notebooks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from typing import TYPE_CHECKING, Any

from podio_web.client import Podio, renew_by_popup
from podio_web.http import RETRY, check_timeout
from podio_web.oauth.origin import API_URL
from podio_web.runtime.blocking import blocking_runtime
from podio_web.runtime.interpreter import IN_PAGE
from podio_web.runtime.run_blocking import drive, wait_for_person
from podio_web.runtime.turns import Turns, let_go

if TYPE_CHECKING:
    from podio_web.errors import SignInError
    from podio_web.http import RateLimit, Retry
    from podio_web.oauth.token import Token
    from podio_web.runtime.protocols import Runtime
    from podio_web.types import SessionStore, Transport


class DrivenPodio(Podio):
    """``Podio`` in a runtime where everything blocks, so that no coroutine of it ever suspends.

    >>> podio = DrivenPodio("app", "my-app", secret)
    >>> drive(podio.is_authenticated())
    False
    """

    def __init__(self, *arguments: Any, timeout: float = 30.0, runtime: Runtime | None = None, **options: Any) -> None:
        runtime = blocking_runtime(check_timeout(timeout)) if runtime is None else runtime
        super().__init__(*arguments, timeout=timeout, runtime=runtime, **options)

    def limit(self, timeout: float | None) -> float | None:
        """Return the seconds that a call may take in all; None where it may have to wait for a person, or in a page."""
        if IN_PAGE or not self._auth.renews_silently:
            return None
        return self._context.timeout if timeout is None else check_timeout(timeout)

    def check_login(self) -> None:
        """Raise ValueError unless a person signs in by ``login``."""
        self._context.identity.allow("login", "client")

    def forget_renewal(self) -> None:
        """Forget what other threads were doing: this process was forked and does not have them."""
        self._auth.forget_renewal()


class SyncPodio:
    """A client of Podio's API like ``Podio``, whose methods block instead of being awaited.

    Arguments, methods and errors are those of ``Podio``. Calls go through httpx2 if it is installed
    (``pip install podio-web[server]``), which keeps connections, else through the standard library's
    ``urllib.request``, in a page through ``fetch``. If Python cannot wait there, the page stands still, and SyncPodio
    reads only: it cannot keep a browser from following a redirect with what is written. Session stores, hooks and
    handlers must be plain functions.

    Threads may share a client: their calls run at the same time, and a renewal of the session is made once for all of
    them. ``timeout`` is for the whole call, the wait for a renewal included, unless a person has to renew the session.
    A session store is asked by one thread at a time; hooks may be called in any thread. A process that was forked goes
    on with connections of its own.

    >>> podio = SyncPodio("app", client_id="my-app", client_secret=secret, session_store=FileStore("session.json"))
    >>> try:
    ...     app = podio.get("/app/5001")
    ... except LoginRequired:
    ...     podio.authenticate_with_app(5001, app_token)
    ...     app = podio.get("/app/5001")
    >>> app["config"]["name"]
    'Chores'
    """

    def __init__(
        self,
        auth_type: str,
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
        if sys.implementation.name == "micropython":
            raise RuntimeError("SyncPodio needs CPython or Pyodide; with MicroPython use Podio and await")
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

    def __enter__(self) -> SyncPodio:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    @property
    def token(self) -> Token | None:
        """The current token, or None; its ``repr`` shows no secret."""
        return self._podio.token

    @property
    def rate_limit(self) -> RateLimit | None:
        """Podio's ``limit`` and ``remaining`` calls as last told; None where answers do not show them."""
        return self._podio.rate_limit

    def login(self, *, method: str = "popup") -> None:
        """Sign in from a page through a popup, or with ``method="redirect"`` by leaving it.

        The popup needs a browser where Python can wait (JavaScript Promise Integration), and a caller that Pyodide can
        suspend, such as a notebook's cell. Raises LoginRequired elsewhere; the other errors are ``Podio.login``'s.

        >>> podio.login()
        """
        self._podio.check_login()
        if method == "popup":
            wait_for_person(self._podio.login)
        else:
            drive(self._podio.login(method=method))

    def with_store(self, session_store: SessionStore) -> SyncPodio:
        """Return a client with the same options and another session store, as ``Podio.with_store`` does.

        >>> podio = template.with_store(store.for_user(session_id))
        """
        client = copy(self)
        client._podio = self._podio.with_store(session_store)
        client._share()
        return client

    def on(self, event: str, handler: Callable[[Any], object]) -> Callable[[], None]:
        """Call ``handler`` at each ``event``; returns a function that removes it.

        ``podio_web.events`` lists the events and what handlers are given. Raises ValueError for an unknown one.

        >>> remove = podio.on("logged_out", lambda detail: show_sign_in())
        """
        with self._turns.take():
            return self._podio.on(event, handler)

    def is_authenticated(self) -> bool:
        """Tell whether a usable token is held: in memory, in the store, or in a redirect that just came back.

        >>> if not podio.is_authenticated():
        ...     podio.login()
        """
        with self._turns.take():
            return drive(self._podio.is_authenticated())

    def has_auth_error(self) -> bool:
        """Tell whether the last redirect response was refused."""
        with self._turns.take():
            return self._podio.has_auth_error()

    def get_auth_error(self) -> SignInError | None:
        """Return why the last redirect response was refused, or None."""
        with self._turns.take():
            return self._podio.get_auth_error()

    def get_authorization_url(
        self, redirect_uri: str | None = None, *, scope: str | Iterable[str] | None = None, state: str | None = None
    ) -> str:
        """Return the URL where a person signs in and consents.

        https://developers.podio.com/authentication/server_side

        In a page ``login()`` makes and checks a ``state`` by itself; who uses this URL directly brings one of their
        own, and an answer to it counts as unsolicited there. On a server, bind ``state`` to the person's browser (a
        cookie) and compare it when they come back: ``podio_web.web`` does. Raises ValueError for an ``auth_type``
        that has no such URL.

        >>> podio.get_authorization_url(state=my_state)
        """
        with self._turns.take():
            return self._podio.get_authorization_url(redirect_uri, scope=scope, state=state)

    def logout(self) -> None:
        """Forget the session, here and in the other tabs; whoever waits for a renewal gets LoginRequired.

        It is forgotten when this returns. Await what it returns, which ends when a slow store has forgotten it too.
        Podio's own sign-in on podio.com is not ended by this.

        >>> podio.logout()
        """
        with self._turns.take():
            return drive(self._podio.logout())

    def set_access_token(self, response: Mapping[str, Any]) -> None:
        """Hold the token of a token response, in memory only.

        Raises ValueError when the response has no usable token.

        >>> podio.set_access_token({"access_token": "…", "expires_in": 28800})
        """
        with self._turns.take():
            self._podio.set_access_token(response)

    def refresh_auth_from_store(self) -> None:
        """Read the session store again; an empty store changes nothing.

        >>> podio.refresh_auth_from_store()
        """
        with self._turns.take():
            return drive(self._podio.refresh_auth_from_store())

    def request(
        self,
        method: str,
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
        """Call one operation of the API (https://developers.podio.com/doc); return its JSON, None for an empty answer.

        ``data`` of a GET or DELETE goes to the query, of a POST or PUT to the body, as JSON or with ``form=True`` as a
        form; ``params`` always to the query. ``timeout`` in seconds replaces the client's, and so does ``retry``: a
        ``Retry``, or None to repeat nothing. ``safe=True`` says that the call changes nothing: like a GET it may be
        repeated when nobody knows whether Podio did it. False says that it changes something; None goes by method and
        path. When the session has ended it is renewed and the call repeated once; a person has all the time for that.
        ``basic_auth`` sends the client's id and secret instead of a session, for the operations that need no person.
        Raises LoginRequired before any I/O when nobody is signed in, APIError when Podio refuses, ConnectionFailed or
        TimedOut without an answer, ValueError for a path that leaves the API.

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

    def get(
        self,
        path: str,
        data: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        retry: Retry | bool | None = True,
    ) -> Any:
        """Read: ``request("GET", …)``.

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
        """Create or ask: ``request("POST", …)``.

        >>> podio.post("/comment/item/4/", {"value": "Done"})
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
        """Change: ``request("PUT", …)``.

        >>> podio.put("/item/4", {"fields": {"title": "New"}})
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
        """Delete: ``request("DELETE", …)``.

        >>> podio.delete("/item/4")
        """
        with self._turns.take(self._podio.limit(timeout)):
            return drive(self._podio.delete(path, data, params=params, timeout=timeout, retry=retry))

    def get_access_token(self, auth_code: str, redirect_uri: str | None = None) -> Token:
        """Exchange the code that a person brought back for a session (auth_type "server").

        https://developers.podio.com/authentication/server_side

        ``redirect_uri`` is the one of the authorization URL; the client's own when left out. Raises GrantRefused for a
        code that was used or has expired, UnknownClient, WrongClientSecret.

        >>> podio.get_access_token(request.query["code"])
        """
        with self._turns.take():
            return drive(self._podio.get_access_token(auth_code, redirect_uri))

    def authenticate_with_credentials(
        self, username: str, password: str, *, offering_id: int | str | None = None
    ) -> Token:
        """Sign in with an e-mail address and a password (auth_type "password"), for tests and one's own account only.

        https://developers.podio.com/authentication/username_password

        Raises UnknownUser, WrongPassword, SecondFactorRequired, UnknownClient, WrongClientSecret.

        >>> podio.authenticate_with_credentials("demo@example.com", password)
        """
        with self._turns.take():
            return drive(self._podio.authenticate_with_credentials(username, password, offering_id=offering_id))

    def authenticate_with_app(self, app_id: int | str, app_token: str) -> Token:
        """Sign in as one Podio app (auth_type "app"); both values are on its Developer page.

        https://developers.podio.com/authentication/app_auth

        Raises GrantRefused when the two do not belong together, UnknownClient, WrongClientSecret.

        >>> podio.authenticate_with_app(5001, app_token)
        """
        with self._turns.take():
            return drive(self._podio.authenticate_with_app(app_id, app_token))

    def authenticate_with_activation_code(self, code: str, *, offering_id: int | str | None = None) -> Token:
        """Sign in with the activation code of an invitation (auth_type "server" or "password").

        Raises GrantRefused for a code that was used or is unknown, UnknownClient, WrongClientSecret.

        >>> podio.authenticate_with_activation_code(code)
        """
        with self._turns.take():
            return drive(self._podio.authenticate_with_activation_code(code, offering_id=offering_id))

    def set_auth_error(self, problem: SignInError | None) -> None:
        """Let ``get_auth_error`` return ``problem``: on a server nobody but the web framework sees a redirect.

        >>> podio.set_auth_error(AccessDenied("The person did not allow the access."))
        """
        with self._turns.take():
            self._podio.set_auth_error(problem)

    def close(self) -> None:
        """Release listeners, channels, proxies and connections; whoever still waits gets an error.

        All but connections are released when this returns; what it returns for these. The stored session stays,
        and so does a transport that was given: who made it closes it. Closing twice is fine.

        >>> podio.aclose()
        """
        with self._turns.take():
            return drive(self._podio.aclose())


def _letting_go(hook: Callable[[Any], object]) -> Callable[[Any], object]:
    """Return a hook that lets other threads go on: it may take long, and wait for them."""

    def called(argument: object) -> object:
        with let_go():
            return hook(argument)

    return called
