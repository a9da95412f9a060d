"""Receive Podio's events as they happen (https://developers.podio.com/examples/push).

>>> from podio_web.live import Live
>>> live = Live(podio)
>>> async with live.subscribe(await podio.get("/item/6101")) as events:
...     async for event in events:
...         print(event.name, event.ref)
update {'type': 'item', 'id': 6101}
"""

from podio_web.live.errors import PushRefused
from podio_web.live.events import LiveEvent
from podio_web.live.live import Live
from podio_web.live.subscription import Subscription
from podio_web.runtime.interpreter import load as _load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.live.sync_live import SyncLive
else:

    def __getattr__(name):
        return _load(__name__, {"podio_web.live.sync_live": ("SyncLive",)}, name)

    def __dir__():
        return sorted(set(globals()) | set(__all__))


__all__ = ["Live", "LiveEvent", "PushRefused", "Subscription", "SyncLive"]
