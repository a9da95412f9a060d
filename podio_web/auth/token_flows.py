"""The flows that end at the token endpoint, as methods of a client: for servers and scripts.

https://developers.podio.com/authentication
"""

from copy import copy

from podio_web.auth.grants import Grants
from podio_web.auth.grants_in_page import InPage
from podio_web.auth.stored_session import StoredSession
from podio_web.oauth.grants import activation_grant, app_grant, code_grant, password_grant
from podio_web.runtime.interpreter import IN_PAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Self

    from podio_web.auth.renewal import Renewal
    from podio_web.errors import SignInError
    from podio_web.events import Events
    from podio_web.oauth.grants import Fields
    from podio_web.oauth.identity import ClientIdentity
    from podio_web.oauth.token import Token
    from podio_web.runtime.protocols import Runtime, ServerRuntime, Transport
    from podio_web.stores.text import SessionStore


class TokenFlows:
    """The server-side, password, app and activation-code flows; each returns the new token and stores the session."""

    if TYPE_CHECKING:
        _identity: ClientIdentity
        _grants: Grants | None
        _auth_error: SignInError | None
        _loaded: bool
        _events: Events
        _platform: Runtime
        _renewal: Renewal
        _transport: Transport
        _timeout: float

        _owns_transport: bool
        _find_platform: Callable[[], Runtime]

        def _check_open(self) -> None:
            """Raise RuntimeError when the client was closed."""

        def _begin(self, platform: Runtime, store: SessionStore) -> None:
            """Begin with a session."""

    async def get_access_token(self, auth_code: str, redirect_uri: "str | None" = None) -> "Token":
        """Exchange the code that a person brought back for a session (auth_type "server").

        https://developers.podio.com/authentication/server_side

        ``redirect_uri`` is the one of the authorization URL; the client's own when left out. Raises GrantRefused for a
        code that was used or has expired, UnknownClient, WrongClientSecret.

        >>> await podio.get_access_token(request.query["code"])
        """
        self._identity.allow("get_access_token", "server")
        return await self._sign_in(code_grant(auth_code, self._identity.chosen_redirect_uri(redirect_uri)))

    async def authenticate_with_credentials(
        self, username: str, password: str, *, offering_id: "int | str | None" = None
    ) -> "Token":
        """Sign in with an e-mail address and a password (auth_type "password"), for tests and one's own account only.

        https://developers.podio.com/authentication/username_password

        Raises UnknownUser, WrongPassword, SecondFactorRequired, UnknownClient, WrongClientSecret.

        >>> await podio.authenticate_with_credentials("demo@example.com", password)
        """
        self._identity.allow("authenticate_with_credentials", "password")
        return await self._sign_in(password_grant(username, password, offering_id))

    async def authenticate_with_app(self, app_id: "int | str", app_token: str) -> "Token":
        """Sign in as one Podio app (auth_type "app"); both values are on its Developer page.

        https://developers.podio.com/authentication/app_auth

        Raises GrantRefused when the two do not belong together, UnknownClient, WrongClientSecret.

        >>> await podio.authenticate_with_app(5001, app_token)
        """
        self._identity.allow("authenticate_with_app", "app")
        return await self._sign_in(app_grant(app_id, app_token))

    async def authenticate_with_activation_code(self, code: str, *, offering_id: "int | str | None" = None) -> "Token":
        """Sign in with the activation code of an invitation (auth_type "server" or "password").

        Raises GrantRefused for a code that was used or is unknown, UnknownClient, WrongClientSecret.

        >>> await podio.authenticate_with_activation_code(code)
        """
        self._identity.allow("authenticate_with_activation_code", "server", "password")
        return await self._sign_in(activation_grant(code, offering_id))

    def set_auth_error(self, problem: "SignInError | None") -> None:
        """Let ``get_auth_error`` return ``problem``: on a server nobody but the web framework sees a redirect.

        >>> podio.set_auth_error(AccessDenied("The person did not allow the access."))
        """
        self._identity.allow("set_auth_error", "server")
        self._auth_error = problem

    def with_store(self, session_store: "SessionStore") -> "Self":
        """Return a client with the same options and another session store, and so with another session.

        A web application needs one for each request, and this takes less time than making one anew. It shares the
        transport, which is not closed with it. Raises ValueError for a client of auth_type "client".

        >>> podio = template.with_store(store.for_user(session_id))
        """
        self._identity.allow("with_store", "server", "password", "app")
        client = copy(self)
        client._owns_transport = False
        client._begin(self._find_platform(), session_store)
        return client

    def _by_grants(self, store: "SessionStore") -> "tuple[StoredSession, Grants]":
        """Return the session of this client, and what gets and renews it."""
        machine: Any = InPage(self._platform) if IN_PAGE else self._platform
        self._machine: ServerRuntime = machine
        session = StoredSession(self._identity.auth_type, machine.unblocked(store), self._events, machine.now)
        return session, Grants(self._identity, session, self._transport, machine, self._timeout)

    def _enter_loop(self) -> None:
        """Forget a renewal that waits in an event loop that has ended. Raises RuntimeError while it is running."""
        if self._machine.enter_loop():
            self._renewal.forget()

    async def _look_around(self) -> None:
        """See which event loop this is, and what other processes have done to the session."""
        self._enter_loop()
        if self._loaded and self._grants is not None:
            await self._grants.look_again()

    async def _sign_in(self, fields: "Fields") -> "Token":
        """Exchange a grant for a session; until it is there, the present one stays."""
        self._check_open()
        self._enter_loop()
        assert self._grants is not None, "allow() has refused the clients without grants"
        token = await self._grants.sign_in(fields)
        self._loaded = True
        self._auth_error = None
        return token
