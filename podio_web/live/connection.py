"""A connection of its own: carries out what ``Machine`` asks for, with the client's transport and runtime."""

from podio_web.http import Request
from podio_web.live.actions import Abort, Agreed, Deliver, Ended, Gap, Post, Renew, Status, Wait
from podio_web.live.bayeux import Machine
from podio_web.live.carriers import renew
from podio_web.live.messages import form_of
from podio_web.runtime.interpreter import report
from podio_web.runtime.shared_outcome import cancel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from podio_web.client import Podio
    from podio_web.live.actions import Action
    from podio_web.live.credentials import Credential
    from podio_web.live.protocols import Connectivity, Listener
    from podio_web.types import LiveStatus, Transport

IN_A_TURN = 250
"""Actions that are carried out before others may run."""

TICK = 15.0
"""Seconds between two looks at the clock."""


class Connection:
    """A feed with a poll of its own. It sends no token.

    - ``podio``: the client whose transport and runtime it uses. It also reads carriers anew.
    - ``push_url``: the URL of Podio's push service.
    - ``listener``: hears what is received.
    - ``network``: whether the device is online; None if that is not known.

    >>> connection = Connection(podio, "https://push.podio.com/faye", listener)
    >>> connection.want(credential_of(item))
    """

    def __init__(
        self, podio: "Podio", push_url: str, listener: "Listener", network: "Connectivity | None" = None
    ) -> None:
        self._podio = podio
        self._runtime = podio.context.runtime
        transport = podio.context.transport
        # The one of the script tag keeps bodies in JavaScript, but has one that does not.
        self._transport: Transport = getattr(transport, "plain", transport)
        self._push_url = push_url
        self._listener = listener
        self._machine = Machine(self._chance)
        self._tasks: dict[Post, Any] = {}
        self._begun: set[Post] = set()
        self._timers: dict[str, Callable[[], None]] = {}
        self._actions: list[Action] = []
        self._is_busy = False
        self._goodbye = self._runtime.shared_outcome()
        self._stops = [self._runtime.on_wake(lambda: self._do(self._machine.woke(self._now())))]
        if network is not None:
            self._stops.append(network.on_online(lambda: self._do(self._machine.came_online(self._now()))))
            self._stops.append(network.on_offline(lambda: self._do(self._machine.went_offline())))
            if network.is_offline():
                self._do(self._machine.went_offline())

    @property
    def status(self) -> "LiveStatus":
        """The status, as in ``Listener.on_status``."""
        return self._machine.status

    @property
    def timeout(self) -> float:
        """The seconds that Podio lets a poll wait, as last heard."""
        return self._machine.timeout

    def want(self, credential: "Credential") -> None:
        """Subscribe to a channel that is not wanted yet. The listener hears whether Podio agrees."""
        self._do(self._machine.want(credential, self._now()))

    def unwant(self, channel: str) -> None:
        """Unsubscribe from a channel. Nothing is called for it afterwards."""
        self._do(self._machine.unwant(channel, self._now()))

    def close(self) -> None:
        """End everything now, and tell Podio in the background."""
        for stop in self._stops:
            stop()
        self._stops = []
        self._do(self._machine.close(self._now()))

    async def aclose(self) -> None:
        """Do what ``close`` does, and wait until Podio was told, for a few seconds at most."""
        self.close()
        await self._goodbye.wait()

    def _do(self, actions: "list[Action]") -> None:
        """Carry out actions. What a listener does meanwhile adds to them."""
        self._actions.extend(actions)
        if self._is_busy:
            return
        self._is_busy = True
        while self._actions:
            self._carry_out(self._actions.pop(0))
        self._done()

    async def _do_in_turns(self, actions: "list[Action]") -> None:
        """Carry out actions, and let the readers of many events run in between."""
        self._actions.extend(actions)
        if self._is_busy:
            return
        self._is_busy = True
        count = 0
        while self._actions:
            self._carry_out(self._actions.pop(0))
            count += 1
            if count % IN_A_TURN == 0:
                await self._runtime.sleep(0)
        self._done()

    def _done(self) -> None:
        """Take note that there is nothing more to do for now."""
        self._is_busy = False
        if self._machine.status == "closed" and not self._tasks:
            self._goodbye.succeed(None)
        self._set_tick()

    def _carry_out(self, action: "Any") -> None:
        if isinstance(action, Post):
            self._tasks[action] = None
            self._tasks[action] = self._runtime.start(self._send(action))
        elif isinstance(action, Abort):
            task = self._tasks.pop(action.post, None)
            # A coroutine that has not begun must not be cancelled: Python would warn. It ends by itself.
            if action.post in self._begun:
                self._begun.discard(action.post)
                cancel(task)
        elif isinstance(action, Wait):
            self._wait(action.timer, action.seconds)
        elif isinstance(action, Renew):
            self._runtime.start(self._renew(action.channel))
        elif self._machine.status != "closed" or isinstance(action, Status):
            try:
                self._tell(action)
            except Exception as problem:  # of the listener
                report(problem)

    def _tell(self, action: "Any") -> None:
        if isinstance(action, Deliver):
            self._listener.on_event(action.channel, action.data)
        elif isinstance(action, Gap):
            self._listener.on_gap(action.channels)
        elif isinstance(action, Agreed):
            self._listener.on_agreed(action.channel)
        elif isinstance(action, Ended):
            self._listener.on_ended(action.channel, action.problem)
        else:
            self._listener.on_status(action.text)

    async def _send(self, post: Post) -> None:
        """Send the messages of a Post, and tell the machine."""
        if post not in self._tasks:
            return
        self._begun.add(post)
        try:
            response = await self._transport.perform(push_request(self._push_url, post), post.timeout)
        except Exception:  # a transport may raise anything, and all of it means that there is no answer
            response = None
        self._begun.discard(post)
        self._tasks.pop(post, None)
        if response is None:
            actions = self._machine.failed(post, self._now())
        else:
            actions = self._machine.answered(post, response.status, response.text, self._now())
        await self._do_in_turns(actions)

    async def _renew(self, channel: str) -> None:
        self._do(await renew(self._podio, self._machine, channel))

    def _wait(self, timer: str, seconds: "float | None") -> None:
        stop = self._timers.pop(timer, None)
        if stop is not None:
            stop()
        if seconds is not None:
            self._timers[timer] = self._runtime.after(seconds, lambda: self._over(timer))

    def _over(self, timer: str) -> None:
        self._timers.pop(timer, None)
        if timer == "tick":
            self._do(self._machine.ticked(self._now()))
        else:
            self._do(self._machine.elapsed(timer, self._now()))

    def _set_tick(self) -> None:
        """Look at the clock from time to time while there is something to wait for."""
        is_needed = bool(self._tasks) or "main" in self._timers
        if is_needed != ("tick" in self._timers):
            self._wait("tick", TICK if is_needed else None)

    def _now(self) -> float:
        return self._runtime.now()

    def _chance(self) -> float:
        return int(self._runtime.random_text()[-8:], 16) / 0x1_0000_0000


def push_request(push_url: str, post: Post) -> Request:
    """Return the request for a Post. It holds no token.

    A page may send a form to another origin without a preflight request
    (https://fetch.spec.whatwg.org/#cors-preflight-request).

    >>> push_request("https://push.podio.com/faye", post)
    <Request POST /faye>
    """
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    return Request("POST", push_url, path="/faye", headers=headers, body=form_of(post.messages))
