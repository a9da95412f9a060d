"""What the parts of one client share."""

from podio_web.events import Events

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from podio_web.oauth.identity import ClientIdentity
    from podio_web.oauth.token import Token
    from podio_web.runtime.protocols import Runtime
    from podio_web.types import Transport


class Context:
    """Who the client is, what it runs in, and what it tells its page.

    - ``identity``, ``runtime``, ``transport``: the client's own.
    - ``events``: where its events are emitted.
    - ``timeout``: seconds that a request may take, unless it says otherwise.
    - ``login_timeout``: seconds that a person has to sign in.
    - ``expiring_before``: seconds before the end of a session at which ``expiring`` is emitted; 0 for never.
    - ``will_refresh``: renews the session by asking the person; None if nothing does.
    - ``refreshed``: is given the new token after a renewal.

    >>> context = Context(identity, runtime, transport)
    """

    def __init__(self, identity: "ClientIdentity", runtime: "Runtime", transport: "Transport") -> None:
        self.identity = identity
        self.runtime = runtime
        self.transport = transport
        self.events = Events(runtime.start)
        self.timeout = 30.0
        self.login_timeout = 300.0
        self.expiring_before = 300.0
        self.will_refresh: Callable[[], object] | None = None
        self.refreshed: Callable[[Token], object] | None = None

    def anew(self, runtime: "Runtime") -> "Context":
        """Return the context of a client with the same options and another session.

        >>> context = template.anew(find_runtime())
        """
        context = Context(self.identity, runtime, self.transport)
        context.timeout = self.timeout
        context.login_timeout = self.login_timeout
        context.expiring_before = self.expiring_before
        context.will_refresh = self.will_refresh
        context.refreshed = self.refreshed
        return context
