"""The attempts to sign in that wait for their answer, each under a key of its own in the tab's storage."""

from podio_web.oauth.attempt import KEY_PREFIX, Attempt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.oauth.identity import ClientIdentity
    from podio_web.session.platform import Platform


class Attempts:
    """The waiting attempts of one client in one tab; those that are too old or broken are swept away."""

    def __init__(self, identity: "ClientIdentity", platform: "Platform") -> None:
        self._identity = identity
        self._platform = platform

    def begin(self, return_to: "str | None" = None) -> Attempt:
        """Record a new attempt with a fresh ``state``; ``return_to`` is the local path after a redirect."""
        self._sweep()
        attempt = Attempt(
            self._platform.random_text(),
            client_id=self._identity.client_id,
            redirect_uri=self._identity.chosen_redirect_uri(None),
            created_at=self._platform.now(),
            return_to=return_to,
        )
        self._platform.tab.set(attempt.key, attempt.to_text())
        return attempt

    def take(self, state: str) -> "Attempt | None":
        """Return the attempt with this ``state`` and forget it, so that no answer counts twice."""
        text = self._platform.tab.get(KEY_PREFIX + state)
        if text is None or not state:
            return None
        self._platform.tab.remove(KEY_PREFIX + state)
        return Attempt.from_text(state, text)

    def knows(self, state: str) -> bool:
        """Tell whether an attempt with this ``state`` waits."""
        return self._platform.tab.get(KEY_PREFIX + state) is not None

    def waiting(self) -> "list[Attempt]":
        """Return this client's attempts that may still be answered."""
        self._sweep()
        return [attempt for attempt in self._all() if attempt.client_id == self._identity.client_id]

    def clear(self) -> None:
        """Forget every attempt of this client."""
        for attempt in self.waiting():
            self._platform.tab.remove(attempt.key)

    def _sweep(self) -> None:
        now = self._platform.now()
        current = [attempt.key for attempt in self._all() if attempt.is_current(now)]
        for key in self._platform.tab.keys():  # noqa: SIM118 - a storage is no dict
            if key.startswith(KEY_PREFIX) and key not in current:
                self._platform.tab.remove(key)

    def _all(self) -> "list[Attempt]":
        found = []
        for key in self._platform.tab.keys():  # noqa: SIM118 - a storage is no dict
            if key.startswith(KEY_PREFIX):
                attempt = Attempt.from_text(key[len(KEY_PREFIX) :], self._platform.tab.get(key) or "")
                if attempt is not None:
                    found.append(attempt)
        return found
