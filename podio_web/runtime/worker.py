"""What stands in for a page where JavaScript has none: in a worker, in a notebook's kernel, under Node.

There is no window to sign in with. Such a place is handed its page's token, for ``set_access_token``.
"""

import js

from podio_web.runtime import timers
from podio_web.runtime.cpython import CPythonRuntime, NoTransport
from podio_web.runtime.page import random_text
from podio_web.transports.fetch import FetchTransport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.types import Transport

_WITHOUT_WINDOW = "has no window to sign in with. Sign in in a page, and hand its token over with set_access_token()."


class Worker(CPythonRuntime):
    """A worker, or another place of JavaScript without a page: it has timers, and most often ``fetch``.

    >>> Worker().default_transport()
    <podio_web.transports.fetch.FetchTransport object>
    """

    # asyncio's own timer is not in MicroPython.
    after = staticmethod(timers.after)
    timers_last = True

    def __init__(self) -> None:
        super().__init__()
        self.monotonic = timers.monotonic_clock()
        place = "A worker" if hasattr(js, "WorkerGlobalScope") else "This place"
        self.how_to_sign_in = f"{place} {_WITHOUT_WINDOW}"

    def random_text(self) -> str:
        """Return random bits in hexadecimal digits, from JavaScript where it has a cryptographic generator."""
        return random_text() if hasattr(js, "crypto") else super().random_text()

    def default_transport(self) -> "Transport":
        """Return ``fetch``, or what says that there is none."""
        if hasattr(js, "fetch"):
            return FetchTransport()
        return NoTransport("There is no fetch here. Use Node 20 or later, or give Podio(transport=...).")
