"""A page, for a client that holds a client secret there: it has no threads, and a person may take their time."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from podio_web.runtime.protocols import Runtime
    from podio_web.types import SessionStore


class InPage:
    """The platform ``page``, with what a ``ServerRuntime`` has besides.

    >>> machine = InPage(find_runtime())
    """

    def __init__(self, page: "Runtime") -> None:
        self._page = page

    def __getattr__(self, name: str) -> "Any":
        return getattr(self._page, name)

    def enter_loop(self) -> bool:
        """Return False: there is one event loop."""
        return False

    def unblocked(self, store: "SessionStore") -> "SessionStore":
        """Return the store as it is."""
        return store

    def beside(self, coroutine: "Coroutine[Any, Any, None]") -> object:
        """Run a coroutine that outlives the call it comes from."""
        return self._page.start(coroutine)

    def time_left(self) -> float:
        """Return infinity: the steps of a call have time-outs of their own."""
        return float("inf")

    async def in_time(self, seconds: float, coroutine: "Coroutine[Any, Any, Any]", late: Exception) -> "Any":
        """Return what a coroutine returns, whenever that is."""
        return await coroutine
