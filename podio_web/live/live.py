"""``Live``: receive events as they happen.

https://developers.podio.com/examples/push
"""

from podio_web.errors import AccountChanged, LoginRequired, PodioError
from podio_web.live.credentials import credential_of
from podio_web.live.events import LiveEvent
from podio_web.live.feeds import open_feed, push_address
from podio_web.live.router import Router
from podio_web.live.subscription import Subscription
from podio_web.runtime.interpreter import report, settle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from podio_web.client import Podio
    from podio_web.live.protocols import Feed, Listener
    from podio_web.types import LiveStatus

CLOSED = "This Live or its client is closed. Create a new one."


class Live:
    """The events of a client's user, through one poll for all subscriptions.

    Events can get lost while the connection is interrupted. Then ``gap`` comes: read again what you show.

    Args:
        podio: The client. Its token is not sent to the push service.
        push_url: The URL of the push service; Podio's, or ``/faye`` beside another API, by default.
        open_feed: Opens what polls. For tests.

    Raises TypeError for a SyncPodio, and ValueError if ``push_url`` is not a URL.

    >>> live = Live(podio)
    >>> async with live.subscribe(await podio.get("/user/status")) as events:
    ...     async for event in events:
    ...         print(event.name, event.ref)
    update {'type': 'item', 'id': 6101}
    """

    def __init__(
        self,
        podio: "Podio",
        push_url: "str | None" = None,
        *,
        open_feed: "Callable[[Podio, str, Listener], Feed]" = open_feed,
    ) -> None:
        if not hasattr(podio, "send"):
            raise TypeError(f"Live needs a Podio, not {type(podio).__name__}. For a SyncPodio, use SyncLive")
        self._podio = podio
        self._context = podio.context
        self._push_url = push_address(self._context.identity.api_origin, push_url)
        self._open_feed = open_feed
        self._router = Router(self._context.runtime, self._open)
        self._removes: list[Callable[[], None]] = []
        self._was_used = False
        self._is_closed = False

    @property
    def status(self) -> "LiveStatus":
        """Whether events arrive now.

        - ``connecting``: not yet, or nothing is subscribed to.
        - ``live``: yes.
        - ``waiting``: the connection is interrupted, and the next attempt comes soon.
        - ``offline``: the device is offline.
        - ``closed``: ``aclose`` was called, or the user signed out.
        """
        if self._router.feed is not None:
            return self._router.feed.status
        return "closed" if self._is_closed or self._was_used else "connecting"

    def subscribe(self, *carriers: "Any") -> Subscription:
        """Return a subscription to what happens to some objects. Open it with ``async with``.

        The block begins when Podio has accepted all of them. Read your data after that, so that nothing is missed.

        Args:
            carriers: What ``podio.get`` returned for a user's status, an item or another object with ``push``; or
                such push objects.

        Raises ValueError if an object has no ``push``. The block raises PushRefused if Podio refuses a subscription,
        LoginRequired if the user signs out meanwhile, and RuntimeError if this Live or the client is closed.

        >>> async with live.subscribe(me, item) as events:
        ...     item = await podio.get("/item/6101")
        """
        if not carriers:
            raise ValueError("subscribe() needs at least one object with push, such as podio.get('/user/status')")
        credentials = [credential_of(carrier) for carrier in carriers]
        return Subscription(self._router, credentials, self._context.runtime)

    async def on(self, carrier: "Any", handler: "Callable[[LiveEvent], object]") -> "Callable[[], Awaitable[None]]":
        """Call ``handler`` at each event of an object. Return an ``async def`` function that ends this.

        ``handler`` may be ``async def``. It is called for one event after the other, and its exceptions are reported.
        If Podio ends the subscription, the last event is ``ended``, with the error as ``data``. After the user has
        signed out, no event comes.

        Raises what ``subscribe`` raises.

        >>> stop = await live.on(item, show)
        >>> await stop()
        """
        if not callable(handler):
            raise TypeError(f"handler must be a function, not {type(handler).__name__}")
        subscription = self.subscribe(carrier)
        await subscription.__aenter__()
        self._context.runtime.start(_handle(subscription, handler))

        async def stop() -> None:
            subscription.close()

        return stop

    def close(self) -> None:
        """Do what ``aclose`` does, without waiting. A closed client calls it."""
        self._is_closed = True
        self._end_now(RuntimeError(CLOSED))

    async def aclose(self) -> None:
        """End all subscriptions for good. Their iterators end. Closing twice is fine.

        >>> await live.aclose()
        """
        self._is_closed = True
        feed = self._end(RuntimeError(CLOSED))
        if feed is not None:
            await feed.aclose()

    def _open(self, router: Router) -> "Feed":
        """Open the feed, and watch over the session."""
        if self._is_closed or self._context.is_closed:
            raise RuntimeError(CLOSED)
        self._was_used = True
        events = self._context.events
        self._removes = [events.on("logged_out", self._signed_out), events.on("account_changed", self._changed)]
        self._context.running.append(self)
        return self._open_feed(self._podio, self._push_url, router)

    def _end(self, problem: Exception) -> "Feed | None":
        """End all subscriptions, and return the feed to be closed."""
        for remove in self._removes:
            remove()
        self._removes = []
        if self in self._context.running:
            self._context.running.remove(self)
        return self._router.end(problem)

    def _end_now(self, problem: Exception) -> None:
        feed = self._end(problem)
        if feed is not None:
            feed.close()

    def _signed_out(self, detail: object) -> None:
        self._end_now(LoginRequired(f"The user signed out. {self._context.identity.how_to_sign_in}"))

    def _changed(self, detail: object) -> None:
        # What one user may see is not shown to another.
        self._end_now(AccountChanged("Somebody else signed in. Subscribe again."))


async def _handle(subscription: Subscription, handler: "Callable[[LiveEvent], object]") -> None:
    """Call a handler at each event."""
    try:
        async for event in subscription:
            await _call(handler, event)
    except PodioError as problem:
        await _call(handler, LiveEvent("ended", None, problem))


async def _call(handler: "Callable[[LiveEvent], object]", event: LiveEvent) -> None:
    try:
        await settle(handler(event))
    except Exception as problem:
        report(problem)
