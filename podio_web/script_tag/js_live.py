"""The live updates of a client, for JavaScript: ``static/podio-web-live.mjs`` calls it."""

import json

from podio_web.live import Live

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from podio_web.live.events import LiveEvent
    from podio_web.script_tag.js_client import WebClient
    from podio_web.script_tag.podio_js import PodioJS


class JSLive:
    """The live updates of a client that JavaScript calls through ``podio_web.script_tag.calls``.

    - ``client``: the client, as ``calls`` has it.
    - ``js_host``: the functions of the page. JavaScript gives each subscription a number.

    ``calls`` makes one::

        live = JSLive(client, js_host)
    """

    def __init__(self, client: "WebClient | PodioJS", js_host: "Any") -> None:
        podio: Any = client.podio  # there is one: JavaScript has called it before
        self._live: Live = Live(podio)
        self._client = client
        self._js_host = js_host
        self._stops: dict[int, Callable[[], Awaitable[None]]] = {}

    def explain(self, problem: BaseException) -> "dict[str, Any]":
        """Return a record of an error as the client has it."""
        return self._client.explain(problem)

    async def subscribe(self, number: int, push: "Any") -> None:
        """Subscribe to the channel of a push object. The page is told each event."""
        self._stops[number] = await self._live.on(push, lambda event: self._tell(number, event))

    async def cancel(self, number: int) -> None:
        """End a subscription. Ending it twice has no effect."""
        stop = self._stops.pop(number, None)
        if stop is not None:
            await stop()

    def _tell(self, number: int, event: "LiveEvent") -> None:
        problem = event.data if isinstance(event.data, Exception) else None
        record = {
            "name": event.name,
            "channel": event.channel,
            "ref": event.ref,
            "createdBy": event.created_by,
            "createdVia": event.created_via,
            "data": None if problem else event.data,
        }
        if problem:
            record["problem"] = self.explain(problem)
        self._js_host.event(number, json.dumps(record))


JSPart = JSLive
"""The name by which ``calls`` finds the class of an optional part."""
