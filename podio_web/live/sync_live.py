"""``SyncLive``: the events of a subscription without ``await``, for scripts."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from podio_web.errors import AccountChanged, LoginRequired, PodioError, TimedOut
from podio_web.http import check_timeout
from podio_web.live.actions import Abort, Agreed, Deliver, Ended, Gap, Post, Renew, Wait
from podio_web.live.bayeux import Machine
from podio_web.live.carriers import renew
from podio_web.live.connection import push_request
from podio_web.live.credentials import credential_of
from podio_web.live.events import LiveEvent, event_of
from podio_web.live.feeds import push_address
from podio_web.live.live import CLOSED
from podio_web.runtime.interpreter import IN_PAGE

if TYPE_CHECKING:
    from podio_web.client import Podio
    from podio_web.live.actions import Action
    from podio_web.live.credentials import Credential
    from podio_web.sync_client import SyncPodio

_LONGEST_SLEEP = 1.0
_GOODBYE = 2.0


class SyncLive:
    """The events of a client's user, for scripts.

    Args:
        podio: The client. Its token is not sent to the push service.
        push_url: The URL of the push service; Podio's, or ``/faye`` beside another API, by default.

    Raises TypeError for a Podio, ValueError if ``push_url`` is not a URL, and RuntimeError in a page: use ``Live``.

    >>> for event in SyncLive(podio).events(podio.get("/user/status"), seconds=600):
    ...     print(event.name, event.ref)
    update {'type': 'item', 'id': 6101}
    """

    def __init__(self, podio: SyncPodio, push_url: str | None = None) -> None:
        if IN_PAGE:
            raise RuntimeError("SyncLive cannot wait for events in a page. Use Live(Podio(...)) with await.")
        if not hasattr(podio, "run"):
            raise TypeError(f"SyncLive needs a SyncPodio, not {type(podio).__name__}. For a Podio, use Live")
        self._podio = podio

        async def itself(driven: Podio) -> Podio:
            return driven

        self._driven: Podio = podio.run(itself)
        self._push_url = push_address(self._driven.context.identity.api_origin, push_url)

    def events(self, *carriers: Any, seconds: float | None = None) -> Iterator[LiveEvent]:
        """Subscribe to what happens to some objects, and return an iterator that blocks until the next event comes.

        It returns when Podio has accepted all subscriptions. Read your data after that, so that nothing is missed.
        The iterator ends after ``seconds``, or when the user signs out or the client is closed. If all subscriptions
        end, it raises the error of the last one.

        Args:
            carriers: What ``podio.get`` returned for a user's status, an item or another object with ``push``; or
                such push objects.
            seconds: When to end, counted from the call, at most a day. None means never.

        Raises ValueError if an object has no ``push``, PushRefused if Podio refuses a subscription, TimedOut if Podio
        does not accept them within ``seconds``, LoginRequired if the user signs out meanwhile, and RuntimeError if the
        client is closed.

        >>> for event in SyncLive(podio).events(item, seconds=600):
        ...     print(event.name)
        update
        """
        if not carriers:
            raise ValueError("events() needs at least one object with push, such as podio.get('/user/status')")
        credentials = {credential.channel: credential for credential in map(credential_of, carriers)}
        limit = float("inf") if seconds is None else check_timeout(seconds)
        if self._driven.context.is_closed:
            raise RuntimeError(CLOSED)
        loop = _Loop(self._podio, self._driven, self._push_url, set(credentials), limit)
        loop.begin(list(credentials.values()))
        return loop.events()


class _Loop:
    """Carries out what ``Machine`` asks for, one action after the other."""

    def __init__(self, podio: SyncPodio, driven: Podio, push_url: str, channels: set[str], seconds: float) -> None:
        self._podio = podio
        self._context = driven.context
        self._push_url = push_url
        self._channels = channels
        self._waiting = set(channels)  # for Podio to agree
        self._end = time.monotonic() + seconds
        self._machine = Machine(lambda: secrets.randbelow(1_000_000) / 1_000_000)
        self._posts: list[Post] = []
        self._timers: dict[str, float] = {}
        self._queue: list[LiveEvent] = []
        self._problem: PodioError | None = None
        self._stopped: Exception | None = None
        self._removes = [podio.on("logged_out", self._signed_out), podio.on("account_changed", self._changed)]
        self._context.running.append(self)

    def close(self) -> None:
        """Stop. A client that is closed calls it, maybe in another thread."""
        self._stopped = RuntimeError(CLOSED)

    def begin(self, credentials: list[Credential]) -> None:
        """Subscribe, and wait until Podio has agreed."""
        try:
            for credential in credentials:
                self._take(self._machine.want(credential, time.time()))
            while self._waiting and self._may_go_on():
                self._step()
            problem = self._stopped or self._problem
            if problem is not None:
                raise problem
            if self._waiting:
                raise TimedOut("Podio did not accept the subscriptions in time. Pass more seconds.")
        except BaseException:
            self._close()
            raise

    def events(self) -> Iterator[LiveEvent]:
        """Yield events until the time is over."""
        try:
            while True:
                # What one user may see is not shown to another.
                while self._queue and self._stopped is None:
                    yield self._queue.pop(0)
                if not (self._channels and self._may_go_on()):
                    break
                self._step()
        finally:
            self._close()
        if self._problem is not None and not self._channels:
            raise self._problem

    def _may_go_on(self) -> bool:
        return self._stopped is None and self._problem is None and time.monotonic() < self._end

    def _step(self) -> None:
        """Carry out the next request, or wait for the next timer."""
        if self._posts:
            # The poll comes last, because it blocks.
            self._posts.sort(key=lambda post: post.is_main)
            self._send(self._posts.pop(0))
            return
        timer, due = min(self._timers.items(), key=lambda each: each[1])
        left = due - time.monotonic()
        if left > 0:
            time.sleep(max(0.0, min(left, self._end - time.monotonic(), _LONGEST_SLEEP)))
        else:
            del self._timers[timer]
            self._take(self._machine.elapsed(timer, time.time()))

    def _send(self, post: Post) -> None:
        """Send a request, and let other threads use the client meanwhile."""
        request = push_request(self._push_url, post)
        limit = min(post.timeout, max(0.1, self._end - time.monotonic()))
        try:
            response = self._podio.run(lambda driven: driven.context.transport.perform(request, limit))
        except PodioError:
            actions = self._machine.failed(post, time.time())
        else:
            actions = self._machine.answered(post, response.status, response.text, time.time())
        self._take(actions)

    def _take(self, actions: list[Action]) -> None:
        """Take note of what the machine asks for."""
        for action in actions:
            if isinstance(action, Post):
                self._posts.append(action)
            elif isinstance(action, Abort):
                self._posts = [post for post in self._posts if post is not action.post]
            elif isinstance(action, Wait):
                self._timers.pop(action.timer, None)
                if action.seconds is not None:
                    self._timers[action.timer] = time.monotonic() + action.seconds
            elif isinstance(action, Renew):
                self._take(self._renew(action.channel))
            elif isinstance(action, Agreed):
                self._waiting.discard(action.channel)
            elif isinstance(action, Ended):
                self._ended(action.channel, action.problem)
            elif isinstance(action, Gap):
                self._queue.append(LiveEvent("gap"))
            elif isinstance(action, Deliver):
                self._queue.append(event_of(action.channel, action.data))

    def _renew(self, channel: str) -> list[Action]:
        return self._podio.run(lambda driven: renew(driven, self._machine, channel))

    def _ended(self, channel: str, problem: PodioError) -> None:
        self._channels.discard(channel)
        if self._channels and channel not in self._waiting:
            self._queue.append(LiveEvent("ended", channel, problem))
        else:
            self._problem = problem

    def _signed_out(self, detail: object) -> None:
        self._stopped = LoginRequired(f"The user signed out. {self._context.identity.how_to_sign_in}")

    def _changed(self, detail: object) -> None:
        self._stopped = AccountChanged("Somebody else signed in. Subscribe again.")

    def _close(self) -> None:
        """End the connection, and tell Podio, unless the client was closed."""
        for remove in self._removes:
            remove()
        self._context.running.remove(self)
        if self._context.is_closed:
            return
        self._posts.clear()
        self._take(self._machine.close(time.time()))
        self._end = time.monotonic() + _GOODBYE
        for post in list(self._posts):
            self._send(post)
