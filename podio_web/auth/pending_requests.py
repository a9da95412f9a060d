"""The authorization requests of a tab that another page may complete. Each has its own key in the tab's storage."""

from podio_web.oauth.state import KEY_PREFIX, AuthorizationRequest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.oauth.identity import ClientIdentity
    from podio_web.runtime.protocols import Runtime


class PendingRequests:
    """The pending authorization requests of a tab. Expired and broken records are removed.

    >>> requests = PendingRequests(identity, runtime)
    >>> request = requests.begin("https://example.com/callback.html", return_to="/app")
    >>> requests.take(request.state).return_to
    '/app'
    """

    def __init__(self, identity: "ClientIdentity", runtime: "Runtime") -> None:
        self._identity = identity
        self._runtime = runtime

    def begin(self, redirect_uri: str, return_to: "str | None" = None) -> AuthorizationRequest:
        """Record a new request with a random ``state``. ``return_to`` is the local path to show after a redirect."""
        self.sweep()
        request = AuthorizationRequest(
            self._runtime.random_text(), client=self._identity.key, redirect_uri=redirect_uri, return_to=return_to
        )
        self.keep(request)
        return request

    def keep(self, request: AuthorizationRequest) -> None:
        """Store a request, created at this moment."""
        request.created_at = self._runtime.now()
        self._runtime.tab.set(request.key, request.to_text())

    def take(self, state: str) -> "AuthorizationRequest | None":
        """Return the request with this ``state`` and remove it, so that no response counts twice."""
        text = self._runtime.tab.get(KEY_PREFIX + state)
        if text is None or not state:
            return None
        self._runtime.tab.remove(KEY_PREFIX + state)
        return AuthorizationRequest.from_text(state, text)

    def knows(self, state: str) -> bool:
        """Return whether a request with this ``state`` is pending, from any client."""
        return self._runtime.tab.get(KEY_PREFIX + state) is not None

    def waiting(self) -> "list[AuthorizationRequest]":
        """Return this client's pending requests."""
        return [request for request in self.all_waiting() if request.client == self._identity.key]

    def all_waiting(self) -> "list[AuthorizationRequest]":
        """Return the pending requests of every client."""
        self.sweep()
        return self._all()

    def clear(self) -> None:
        """Remove every request of this client."""
        for request in self.waiting():
            self._runtime.tab.remove(request.key)

    def sweep(self) -> None:
        """Remove expired and broken records."""
        now = self._runtime.now()
        current = [request.key for request in self._all() if request.is_current(now)]
        for key in self._runtime.tab.keys():  # noqa: SIM118 - a storage is not a dict
            if key.startswith(KEY_PREFIX) and key not in current:
                self._runtime.tab.remove(key)

    def _all(self) -> "list[AuthorizationRequest]":
        found = []
        for key in self._runtime.tab.keys():  # noqa: SIM118 - a storage is not a dict
            if key.startswith(KEY_PREFIX):
                request = AuthorizationRequest.from_text(key[len(KEY_PREFIX) :], self._runtime.tab.get(key) or "")
                if request is not None:
                    found.append(request)
        return found
