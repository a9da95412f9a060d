"""The attempts to sign in whose answer may come to another page: each under a key of its own in the tab's storage."""

from podio_web.oauth.state import KEY_PREFIX, AuthorizationRequest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.oauth.identity import ClientIdentity
    from podio_web.runtime.protocols import Runtime


class PendingRequests:
    """The waiting attempts of a tab, to which one client adds its own; what is too old or broken is swept away."""

    def __init__(self, identity: "ClientIdentity", platform: "Runtime") -> None:
        self._identity = identity
        self._platform = platform

    def begin(self, redirect_uri: str, return_to: "str | None" = None) -> AuthorizationRequest:
        """Record a new attempt with a fresh ``state``; ``return_to`` is the local path after a redirect."""
        self.sweep()
        request = AuthorizationRequest(
            self._platform.random_text(), client=self._identity.key, redirect_uri=redirect_uri, return_to=return_to
        )
        self.keep(request)
        return request

    def keep(self, request: AuthorizationRequest) -> None:
        """Write an attempt down, as one of this moment."""
        request.created_at = self._platform.now()
        self._platform.tab.set(request.key, request.to_text())

    def take(self, state: str) -> "AuthorizationRequest | None":
        """Return the attempt with this ``state`` and forget it, so that no answer counts twice."""
        text = self._platform.tab.get(KEY_PREFIX + state)
        if text is None or not state:
            return None
        self._platform.tab.remove(KEY_PREFIX + state)
        return AuthorizationRequest.from_text(state, text)

    def knows(self, state: str) -> bool:
        """Tell whether an attempt with this ``state`` waits, of whatever client."""
        return self._platform.tab.get(KEY_PREFIX + state) is not None

    def waiting(self) -> "list[AuthorizationRequest]":
        """Return this client's attempts that may still be answered."""
        return [request for request in self.all_waiting() if request.client == self._identity.key]

    def all_waiting(self) -> "list[AuthorizationRequest]":
        """Return the attempts of every client that may still be answered."""
        self.sweep()
        return self._all()

    def clear(self) -> None:
        """Forget every attempt of this client."""
        for request in self.waiting():
            self._platform.tab.remove(request.key)

    def sweep(self) -> None:
        """Forget what is too old or broken."""
        now = self._platform.now()
        current = [request.key for request in self._all() if request.is_current(now)]
        for key in self._platform.tab.keys():  # noqa: SIM118 - a storage is no dict
            if key.startswith(KEY_PREFIX) and key not in current:
                self._platform.tab.remove(key)

    def _all(self) -> "list[AuthorizationRequest]":
        found = []
        for key in self._platform.tab.keys():  # noqa: SIM118 - a storage is no dict
            if key.startswith(KEY_PREFIX):
                request = AuthorizationRequest.from_text(key[len(KEY_PREFIX) :], self._platform.tab.get(key) or "")
                if request is not None:
                    found.append(request)
        return found
