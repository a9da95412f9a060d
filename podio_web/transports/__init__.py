"""Transports: the browser's ``fetch``, httpx2, the standard library's ``urllib``, and a fake one for tests.

Each transport is imported when you first use its name. ``podio_web.types.Transport`` is the protocol for your own
transport.

Examples:
    >>> from podio_web.transports import HttpxTransport
    >>> podio = Podio("server", "my-app", secret, transport=HttpxTransport())
"""

from podio_web.runtime.interpreter import load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.testing.fakes import FakeTransport
    from podio_web.transports.fetch import FetchTransport
    from podio_web.transports.httpx import HttpxTransport
    from podio_web.transports.httpx_blocking import BlockingHttpxTransport
    from podio_web.transports.urllib import UrllibTransport
else:

    def __getattr__(name):
        return load(__name__, _MODULES, name)

    def __dir__():
        return sorted(list(globals()) + __all__)


__all__ = ["BlockingHttpxTransport", "FakeTransport", "FetchTransport", "HttpxTransport", "UrllibTransport"]

_MODULES = {
    "podio_web.testing.fakes": ("FakeTransport",),
    "podio_web.transports.fetch": ("FetchTransport",),
    "podio_web.transports.httpx": ("HttpxTransport",),
    "podio_web.transports.httpx_blocking": ("BlockingHttpxTransport",),
    "podio_web.transports.urllib": ("UrllibTransport",),
}
