"""The transport of a page with a script tag: ``fetch``, with the bodies of successful responses kept in JavaScript."""

from podio_web.runtime.js_bridge import guarded
from podio_web.transports.fetch import FetchTransport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class BodyTransport(FetchTransport):
    """Performs requests with ``fetch``, and leaves the body of a successful response in JavaScript.

    The page keeps the body under a number, and the number, as JSON text, is the body here. So a response for JavaScript
    is never copied to Python, which saves time and keeps its numbers exact. The page returns the bytes of any other
    response. ``plain`` is the transport for responses that Python reads.

    >>> podio = Podio("client", client_id="my-app", transport=BodyTransport(js_host))
    """

    def __init__(self, js_host: "Any") -> None:
        super().__init__()
        self._js_host = js_host
        self.plain: FetchTransport = FetchTransport()

    def read(self, js_response: "Any") -> "Any":
        """Return a promise of the body's number, or of the bytes if the response is not successful."""
        return guarded(self._js_host.keepBody, None, js_response)

    def text(self, js_body: "Any") -> str:
        """Return the body's number, or the text if the response is not successful."""
        return js_body if isinstance(js_body, str) else super().text(js_body)

    async def close(self) -> None:
        """End the requests that are running."""
        await self.plain.close()
        await super().close()
