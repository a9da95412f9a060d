"""The objects and options that the parts of one client share."""

from podio_web.events import Events
from podio_web.oauth.identity import ClientIdentity
from podio_web.runtime.detect import find_runtime
from podio_web.runtime.interpreter import IN_PAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from podio_web.oauth.token import Token
    from podio_web.runtime.protocols import Runtime
    from podio_web.types import Transport


class Context:
    """The client's identity, runtime, transport and options.

    - ``identity``, ``runtime``, ``transport``: those of the client.
    - ``given_runtime``: the runtime that the client was given. If it is None, each session finds its own.
    - ``events``: emits the client's events.
    - ``files``: what ``podio_web.files`` keeps for the client in a page; None if it keeps nothing. It has ``close()``.
    - ``running``: what the client has to end when it is closed. Each has ``close()``.
    - ``is_closed``: whether the client was closed.
    - ``timeout``: seconds that a request may take by default.
    - ``login_timeout``: seconds that a person has to sign in.
    - ``expiring_before``: seconds before the end of a session when ``expiring`` is emitted; 0 means never.
    - ``will_refresh``: renews the session by asking the person; None if no hook does.
    - ``refreshed``: called with the new token after a renewal.

    >>> context = Context(identity, runtime, transport)
    """

    def __init__(self, identity: "ClientIdentity", runtime: "Runtime", transport: "Transport") -> None:
        self.identity = identity
        self.runtime = runtime
        self.transport = transport
        self.given_runtime: Runtime | None = None
        self.events: Events = Events(runtime.start)
        self.files: Any = None
        self.running: list[Any] = []
        self.is_closed: bool = False
        self.timeout: float = 30.0
        self.login_timeout: float = 300.0
        self.expiring_before: float = 300.0
        self.will_refresh: Callable[[], object] | None = None
        self.refreshed: Callable[[Token], object] | None = None

    def anew(self) -> "Context":
        """Return a context with the same options, for a client with another session.

        >>> context = template.anew()
        """
        context = Context(self.identity, self.given_runtime or find_runtime(), self.transport)
        context.given_runtime = self.given_runtime
        context.timeout = self.timeout
        context.login_timeout = self.login_timeout
        context.expiring_before = self.expiring_before
        context.will_refresh = self.will_refresh
        context.refreshed = self.refreshed
        return context


def open_context(
    auth_type: str,
    client_id: str,
    client_secret: "str | None",
    *,
    redirect_uri: "str | None",
    scope: "str | Iterable[str] | None",
    api_url: str,
    auth_url: "str | None",
    allow_http: bool,
    transport: "Transport | None",
    runtime: "Runtime | None",
) -> Context:
    """Return the context of a client with these options of ``Podio``. None stands for the default of the runtime.

    Raises ValueError if an option is missing or wrong.
    """
    given_runtime = runtime
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
    transport = runtime.adapted(runtime.default_transport() if transport is None else transport)
    context = Context(identity, runtime, transport)
    context.given_runtime = given_runtime
    return context
