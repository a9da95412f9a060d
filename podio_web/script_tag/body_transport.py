"""The transport of a script tag's page: ``fetch``, with good answers left in JavaScript."""

from podio_web.browser.fetch import FetchTransport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class BodyTransport(FetchTransport):
    """Performs calls with ``fetch``, and leaves the body of a good answer where it is.

    The page keeps it under a number, which stands for the body here, itself a JSON text. So an answer that JavaScript
    asked for never crosses the border: it costs nothing there, and its numbers stay as they are. What is no JSON comes
    over as it is, to be judged. ``plain`` is for the answers that Python itself reads.

    >>> podio = Podio("client", client_id="my-app", transport=BodyTransport(js_host))
    """

    def __init__(self, js_host: "Any") -> None:
        self._js_host = js_host
        self.plain = FetchTransport()

    async def read(self, js_response: "Any") -> str:
        """Return the body's number, or the text of an answer that is no good."""
        text: str = await (self._js_host.keepBody(js_response) if js_response.ok else js_response.text())
        return text
