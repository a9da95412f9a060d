"""The page's client, for its Python and its JavaScript alike."""

from podio_web.client import Podio
from podio_web.errors import PodioError
from podio_web.http import Request, Response, read_response, too_large

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from podio_web.script_tag.body_transport import BodyTransport


def find_transport(js_host: "Any") -> "BodyTransport":
    """Return the transport that leaves bodies in JavaScript; imported late, for it exists in pages only."""
    from podio_web.script_tag.body_transport import BodyTransport

    return BodyTransport(js_host)


class PagePodio(Podio):
    """A client whose answers stay in JavaScript until somebody wants them in Python.

    ``js_host`` keeps the bodies; the other arguments and options are those of ``Podio``.

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
        """Call one operation of the API, for Python: return its JSON, None for an empty answer.

        >>> await podio.request("GET", "/user/status")
        """
        number = await self.request_body(method, path, data, **options)
        call = Request(method.upper(), path, path=path.partition("?")[0], headers={})
        try:
            text = self._bodies.text(self._js_host.takeBytes(number))
        except MemoryError:
            raise PodioError(too_large(call), method=call.method, path=call.path) from None
        return read_response(call, Response(200, {}, text))

    async def request_body(self, method: "Any", path: str, data: "Any" = None, **options: "Any") -> int:
        """Call one operation of the API, for JavaScript: return the number under which the page keeps the body.

        >>> js_host.takeBytes(await podio.request_body("GET", "/user/status"))
        """
        number: int = await super().request(method, path, data, **options)
        return number
