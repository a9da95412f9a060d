"""The runtime for JavaScript without a page: in a worker, in a notebook's kernel, in Node.

It has no window to sign in with. Pass the token of a page to ``set_access_token``.
"""

import js

from podio_web.runtime import timers
from podio_web.runtime.cpython import CPythonRuntime, NoTransport
from podio_web.runtime.page import random_text
from podio_web.transports.fetch import FetchTransport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.types import Transport

_WITHOUT_WINDOW = "has no window to sign in with. Sign in in a page, and pass its token to set_access_token()."


class Worker(CPythonRuntime):
    """A worker, or another JavaScript engine without a page. It has timers, and usually ``fetch``.

    >>> Worker().default_transport()
    <podio_web.transports.fetch.FetchTransport object at 0x...>
    """

    # MicroPython does not have asyncio's timer.
    after = staticmethod(timers.after)
    timers_last = True

    def __init__(self) -> None:
        super().__init__()
        self.monotonic = timers.monotonic_clock()
        place = "A worker" if hasattr(js, "WorkerGlobalScope") else "This place"
        self.how_to_sign_in = f"{place} {_WITHOUT_WINDOW}"

    def random_text(self) -> str:
        """Return random bits in hexadecimal digits, from JavaScript's cryptographic generator if it has one."""
        return random_text() if hasattr(js, "crypto") else super().random_text()

    def default_transport(self) -> "Transport":
        """Return the transport that uses ``fetch``, or one that says that there is no ``fetch``."""
        if hasattr(js, "fetch"):
            return FetchTransport()
        return NoTransport("There is no fetch here. Use Node 20 or later, or pass transport=... to Podio.")
