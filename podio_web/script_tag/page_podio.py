"""The client of a page with a script tag, for its Python and its JavaScript."""

from podio_web.client import Podio
from podio_web.errors import PodioError
from podio_web.http import Request, Response, read_response, too_large

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from podio_web.script_tag.body_transport import BodyTransport


def find_transport(js_host: "Any") -> "BodyTransport":
    """Return the transport that keeps bodies in JavaScript. Imports late, because its module works in pages only.

    >>> transport = find_transport(js_host)
    """
    from podio_web.script_tag.body_transport import BodyTransport

    return BodyTransport(js_host)


class PagePodio(Podio):
    """A client whose response bodies stay in JavaScript until Python needs them.

    ``js_host`` keeps the bodies. The other arguments and options are those of ``Podio``.

    >>> podio = PagePodio(js_host, "client", client_id="my-app")
    >>> me = await podio.get("/user/status")
    """

    def __init__(
        self, js_host: "Any", *arguments: "Any", transport: "BodyTransport | None" = None, **options: "Any"
    ) -> None:
        self._bodies = find_transport(js_host) if transport is None else transport
        super().__init__(*arguments, transport=self._bodies, **options)
        self._js_host = js_host

    async def request(self, method: str, path: str, data: "Any" = None, **options: "Any") -> "Any":
        """Send a request for Python. Returns the JSON of the response, or None if it is empty.

        >>> await podio.request("GET", "/item/4")
        {'item_id': 4}
        """
        number = await self.request_body(method, path, data, **options)
        headers = {"content-type": self._js_host.typeOf(number)}
        request = Request(method.upper(), path, path=path.partition("?")[0], headers={})
        try:
            text = self._bodies.text(self._js_host.takeBytes(number))
        except MemoryError:
            raise PodioError(too_large(request, headers), method=request.method, path=request.path) from None
        return read_response(request, Response(200, headers, text))

    async def request_body(self, method: "Any", path: str, data: "Any" = None, **options: "Any") -> int:
        """Send a request for JavaScript. Returns the number under which the page keeps the body.

        >>> number = await podio.request_body("GET", "/item/4")
        >>> js_host.typeOf(number)
        'application/json'
        """
        number: int = await super().request(method, path, data, **options)
        return number
