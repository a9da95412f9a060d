"""``SyncPodio``: the members of ``Podio`` without ``await``, for scripts and notebooks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine
from copy import copy
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from podio_web.auth.renewal import Renewal
from podio_web.auth.shared_renewal import LONGEST_RENEWAL, SharedRenewal, SharedTransport
from podio_web.client import Podio
from podio_web.http import check_timeout
from podio_web.runtime.blocking import blocking_runtime
from podio_web.runtime.interpreter import IN_PAGE
from podio_web.runtime.run_blocking import drive, wait_for_person
from podio_web.runtime.turns import Turns, let_go

if TYPE_CHECKING:
    from podio_web.http import RateLimit
    from podio_web.oauth.token import Token
    from podio_web.runtime.protocols import Runtime, Transport
    from podio_web.stores.text import SessionStore

P = ParamSpec("P")
T = TypeVar("T")


class BlockingPodio(Podio):
    """``Podio`` on a platform where everything blocks, so that no coroutine of it ever suspends."""

    # A page has one thread.
    _renewal_type = Renewal if IN_PAGE else SharedRenewal

    @staticmethod
    def _find_platform() -> Runtime:
        return blocking_runtime()

    def _through(self, transport: Transport) -> Transport:
        return transport if IN_PAGE else SharedTransport(transport)

    def share(self, turns: Turns, client: SyncPodio) -> None:
        """Let threads share this client by taking ``turns``, and give hooks the client that the page made."""
        turns.on_fork = self._start_anew
        if isinstance(self._renewal, SharedRenewal):
            self._renewal.patience = min(self._timeout, LONGEST_RENEWAL)
        hook, told = self._on_token_will_refresh, self._after_token_refreshed
        if hook is not None:
            self._on_token_will_refresh = lambda driven: _let_go_for(hook, client)
        if told is not None:
            self._after_token_refreshed = lambda token: _let_go_for(told, token)

    def limit(self, timeout: float | None) -> float | None:
        """Return the seconds that a call may take in all; None where it may have to wait for a person, or in a page."""
        if IN_PAGE or self._page is not None:
            return None
        return self._timeout if timeout is None else check_timeout(timeout)

    def _start_anew(self) -> None:
        """Forget what other threads were doing: this process was forked and does not have them."""
        self._renewal.forget()


def _let_go_for(hook: Callable[[Any], object], argument: object) -> object:
    """Call a hook while other threads go on: it may take long, and wait for them."""
    with let_go():
        return hook(argument)


def _made_like(client: Callable[P, Podio]) -> Callable[Concatenate[SyncPodio, P], None]:
    """Return the constructor of ``SyncPodio``, which takes the arguments of ``Podio``'s."""

    @wraps(Podio.__init__)
    def made(self: SyncPodio, /, *arguments: P.args, **options: P.kwargs) -> None:
        if sys.implementation.name == "micropython":
            raise RuntimeError("SyncPodio needs CPython or Pyodide; with MicroPython use Podio and await")
        driven: Any = BlockingPodio(*arguments, **options)  # type: ignore[arg-type]
        self._turns = Turns()
        self._podio = driven
        driven.share(self._turns, self)

    return made


def _blocking(
    method: Callable[Concatenate[Podio, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[SyncPodio, P], T]:
    """Return a method of ``Podio`` that blocks instead of being awaited."""

    @wraps(method)
    def blocking(self: SyncPodio, /, *arguments: P.args, **options: P.kwargs) -> T:
        with self._turns.take():
            return drive(method(self._podio, *arguments, **options))

    blocking.__doc__ = (method.__doc__ or "").replace("await ", "")
    return blocking


def _calling(
    method: Callable[Concatenate[Podio, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[SyncPodio, P], T]:
    """Return a method of ``Podio`` that makes a call and blocks, for no longer than the call's ``timeout``."""

    @wraps(method)
    def calling(self: SyncPodio, /, *arguments: P.args, **options: P.kwargs) -> T:
        timeout: Any = options.get("timeout")
        with self._turns.take(self._podio.limit(timeout)):
            return drive(method(self._podio, *arguments, **options))

    calling.__doc__ = (method.__doc__ or "").replace("await ", "")
    return calling


def _direct(method: Callable[Concatenate[Podio, P], T]) -> Callable[Concatenate[SyncPodio, P], T]:
    """Return a method of ``Podio`` that never waits."""

    @wraps(method)
    def direct(self: SyncPodio, /, *arguments: P.args, **options: P.kwargs) -> T:
        with self._turns.take():
            return method(self._podio, *arguments, **options)

    return direct


_init = _made_like(Podio)


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

    __init__ = _init

    _turns: Turns
    _podio: BlockingPodio

    def __repr__(self) -> str:
        return f"<SyncPodio {self._podio._identity!r}>"

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
        self._podio._identity.allow("login", "client")
        if method == "popup":
            wait_for_person(self._podio.login)
        else:
            drive(self._podio.login(method=method))

    def with_store(self, session_store: SessionStore) -> SyncPodio:
        """Return a client with the same options and another session store, as ``Podio.with_store`` does.

        >>> podio = template.with_store(store.for_user(session_id))
        """
        client = copy(self)
        client._turns = Turns()
        client._podio = self._podio.with_store(session_store)
        client._podio.share(client._turns, client)
        return client

    on = _direct(Podio.on)
    has_auth_error = _direct(Podio.has_auth_error)
    get_auth_error = _direct(Podio.get_auth_error)
    set_auth_error = _direct(Podio.set_auth_error)
    get_authorization_url = _direct(Podio.get_authorization_url)
    set_access_token = _direct(Podio.set_access_token)

    is_authenticated = _blocking(Podio.is_authenticated)
    refresh_auth_from_store = _blocking(Podio.refresh_auth_from_store)
    get_access_token = _blocking(Podio.get_access_token)
    authenticate_with_credentials = _blocking(Podio.authenticate_with_credentials)
    authenticate_with_app = _blocking(Podio.authenticate_with_app)
    authenticate_with_activation_code = _blocking(Podio.authenticate_with_activation_code)
    logout = _blocking(Podio.logout)
    request = _calling(Podio.request)
    get = _calling(Podio.get)
    post = _calling(Podio.post)
    put = _calling(Podio.put)
    delete = _calling(Podio.delete)
    close = _blocking(Podio.aclose)
