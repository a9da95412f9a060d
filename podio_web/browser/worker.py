"""A worker as the session sees it: fetch, but no window, no address bar and no storage that pages share.

https://html.spec.whatwg.org/#dedicatedworkerglobalscope
"""

from podio_web.browser.fetch import FetchTransport
from podio_web.headless import Headless


class Worker(Headless):
    """The worker that this interpreter runs in; the page hands it a token, for ``set_access_token``."""

    def default_transport(self) -> FetchTransport:
        """Return the transport on fetch."""
        return FetchTransport()
