"""The runtime of a page for a client with a client secret. A page has no threads, and no limit for waiting."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from podio_web.runtime.protocols import Runtime
    from podio_web.types import SessionStore


class InPage:
    """The runtime ``page`` with the additional methods of a ``ServerRuntime``.

    >>> runtime = InPage(find_runtime())
    """

    def __init__(self, page: "Runtime") -> None:
        self._page = page

    def __getattr__(self, name: str) -> "Any":
        return getattr(self._page, name)

    def enter_loop(self) -> bool:
        """Return False: a page has one event loop."""
        return False

    def unblocked(self, store: "SessionStore") -> "SessionStore":
        """Return the store as it is."""
        return store

    def beside(self, coroutine: "Coroutine[Any, Any, None]") -> object:
        """Run a coroutine that may outlive the caller's request."""
        return self._page.start(coroutine)

    def time_left(self) -> float:
        """Return infinity: the steps of a request have their own timeouts."""
        return float("inf")

    async def in_time(self, seconds: float, coroutine: "Coroutine[Any, Any, Any]", late: Exception) -> "Any":
        """Return the coroutine's result, without a limit."""
        return await coroutine
