"""The transport of a script tag's page: ``fetch``, with good answers left in JavaScript."""

from podio_web.runtime.js_bridge import guarded
from podio_web.transports.fetch import FetchTransport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class BodyTransport(FetchTransport):
    """Performs calls with ``fetch``, and leaves the body of a good answer where it is.

    The page keeps it under a number, which stands for the body here, itself a JSON text. So an answer that JavaScript
    asked for never crosses the border: it costs nothing there, and its numbers stay as they are. Of an answer that is
    no good the page returns the bytes. ``plain`` is for the answers that Python itself reads.

    >>> podio = Podio("client", client_id="my-app", transport=BodyTransport(js_host))
    """

    def __init__(self, js_host: "Any") -> None:
        super().__init__()
        self._js_host = js_host
        self.plain: FetchTransport = FetchTransport()

    def read(self, js_response: "Any") -> "Any":
        """Return the promise of the body's number, or of the bytes of an answer that is no good."""
        return guarded(self._js_host.keepBody, None, js_response)

    def text(self, js_body: "Any") -> str:
        """Return the body's number, or the text of an answer that is no good."""
        return js_body if isinstance(js_body, str) else super().text(js_body)

    async def close(self) -> None:
        """End the calls that are under way."""
        await self.plain.close()
        await super().close()
