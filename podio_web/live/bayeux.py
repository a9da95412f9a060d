"""The Bayeux protocol over long polling, as a state machine without I/O: answers and times in, actions out.

One client, one poll. A lost poll, an answer that cannot be read, or a server that has forgotten the client starts an
outage. It ends with the next good connect, which gives ``Gap`` for the channels whose events may have been missed.

https://docs.cometd.org/current8/reference/#_bayeux
"""

from podio_web.live.actions import Abort, Deliver, Post, Status, Wait
from podio_web.live.channels import BETWEEN_READS, Channels, is_subscription
from podio_web.live.errors import refusal
from podio_web.live.messages import HANDSHAKE, Advice, connect, disconnect, handshake, is_reply, read_answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from podio_web.errors import PodioError
    from podio_web.live.actions import Action
    from podio_web.live.credentials import Credential
    from podio_web.types import LiveStatus

PATIENCE = 30.0
"""Seconds that an answer other than a poll's may take."""

RENEWAL_PATIENCE = 10.0
"""Seconds that the first poll waits for signatures that are being renewed, so that one gap covers all channels."""

SPARE = 5.0
"""Seconds after which something is overdue by the clock. Its timer has fired by then, unless the device has slept."""

LONGEST_PAUSE = 60.0
LATER_PAUSE = 10.0
"""Seconds that a pause has at least after many failures in a row."""

MANY_FAILURES = 5

_GOODBYE = 5.0
_AT_ONCE = 0.25

# Phases:
IDLE = "idle"  # nothing is wanted
SHAKING_HANDS = "shaking hands"
SUBSCRIBING = "subscribing"
PROVING = "proving"  # a poll that the server answers at once
POLLING = "polling"
RESTING = "resting"  # between two polls of a good connection
PAUSING = "pausing"  # after a failure
OFFLINE = "offline"
CLOSED = "closed"


class Machine:
    """The state of one connection. Each method returns the actions to carry out, in order.

    Times are seconds since 1970. ``chance`` returns a random number in [0, 1), for pauses.

    >>> machine = Machine(random.random)
    >>> machine.want(credential, time.time())[-1]
    <Post /meta/handshake>
    """

    def __init__(self, chance: "Callable[[], float]") -> None:
        self.status: LiveStatus = "connecting"
        self.phase: str = IDLE
        self._chance = chance
        self._actions: list[Action] = []
        self._channels = Channels(self._add)
        self._advice = Advice()
        self._client_id = ""
        self._number = 0
        self._failures = 0  # since the last good poll
        self._begun = 0.0  # when the last handshake began
        self._pause_begun = 0.0
        self._pause_until = 0.0
        self._main: Post | None = None
        # The side tells the server of subscriptions, while the main poll waits.
        self._side: Post | None = None
        self._side_failures = 0
        self._side_due = 0.0
        self._side_timer: float | None = None
        self._patient_until = 0.0

    @property
    def timeout(self) -> float:
        """The seconds that the server lets a poll wait."""
        return self._advice.timeout

    # What the caller wants.

    def want(self, credential: "Credential", now: float) -> "list[Action]":
        """Subscribe to a channel."""
        if self.phase != CLOSED:
            self._channels.want(credential, is_live=self.phase in (PROVING, POLLING, RESTING))
            if self.phase == IDLE:
                self._begin(now)
            else:
                self._reconcile(now)
        return self._taken()

    def unwant(self, channel: str, now: float) -> "list[Action]":
        """Unsubscribe from a channel."""
        if self._channels.drop(channel):
            self._tidy(now)
        return self._taken()

    def close(self, now: float) -> "list[Action]":
        """End for good. A Post among the actions says goodbye. Nobody waits for its answer."""
        if self.phase != CLOSED:
            self._stop(now)
            self._enter(CLOSED, "closed")
        return self._taken()

    # What happens.

    def answered(self, post: Post, status: int, text: str, now: float) -> "list[Action]":
        """Take the answer to a Post: its HTTP status and its body."""
        messages = read_answer(status, text)
        if messages is None:
            return self.failed(post, now)
        if self._is_over(post):
            self._read(post, messages, now)
        return self._taken()

    def failed(self, post: Post, now: float) -> "list[Action]":
        """Take note that a Post has no answer."""
        if self._is_over(post):
            self._lost(post, now)
        return self._taken()

    def elapsed(self, timer: str, now: float) -> "list[Action]":
        """Take note that the time of a Wait is over."""
        if timer == "side":
            if self._side_timer is not None:
                # The clock may have been set back meanwhile.
                now, self._side_timer = max(now, self._side_timer), None
                self._reconcile(now)
        elif self.phase == PAUSING:
            self._resume(now)
        elif self.phase == RESTING:
            self._poll(now)
        return self._taken()

    def renewed(self, credential: "Credential", now: float) -> "list[Action]":
        """Take a new credential for a channel."""
        self._channels.renewed(credential)
        self._reconcile(now)
        return self._taken()

    def not_renewed(self, channel: str, now: float, *, reached: bool) -> "list[Action]":
        """Take note that a carrier could not be read for now. ``reached``: whether Podio has answered."""
        self._side_failures += 1
        pause = BETWEEN_READS if reached else max(self._pause(self._side_failures), LATER_PAUSE)
        self._channels.not_renewed(channel, now + pause)
        self._reconcile(now)
        return self._taken()

    def gone(self, channel: str, problem: "PodioError", now: float) -> "list[Action]":
        """Take note that a carrier cannot be read any more, which ends the subscription."""
        self._channels.end(channel, problem)
        self._tidy(now)
        return self._taken()

    def ticked(self, now: float) -> "list[Action]":
        """Look at the clock: what is overdue is begun again. Call it a few times per minute.

        While the device sleeps, timers stop, and the server forgets the client.
        """
        if [
            post for post in (self._main, self._side) if post is not None and now > post.sent_at + post.timeout + SPARE
        ]:
            self._begin_again(now)
        elif self.phase == PAUSING and now > self._pause_until + SPARE:
            self._resume(now)
        return self._taken()

    def woke(self, now: float) -> "list[Action]":
        """Look at the clock, and end a pause that is not too young: somebody looks at the page again."""
        if self.phase == PAUSING and now - self._pause_begun >= SPARE:
            self._resume(now)
        return self.ticked(now)

    def went_offline(self) -> "list[Action]":
        """Make no attempts until ``came_online``."""
        if self.phase not in (CLOSED, OFFLINE):
            self._abort_all()
            self._channels.mark_gaps()
            self._enter(OFFLINE, "offline")
        return self._taken()

    def came_online(self, now: float) -> "list[Action]":
        """Connect at once."""
        if self.phase == OFFLINE:
            self._resume(now)
        return self._taken()

    # The connection.

    def _begin(self, now: float) -> None:
        """Ask for a client ID."""
        self._client_id = ""
        self._begun = now
        self._channels.forget_server()
        self._enter(SHAKING_HANDS, "connecting")
        self._main = self._post([handshake()], PATIENCE, now, is_main=True)

    def _begin_again(self, now: float) -> None:
        """Begin a new connection instead of the one that is lost."""
        self._abort_all()
        self._channels.mark_gaps()
        self._begin(now)

    def _resume(self, now: float) -> None:
        """Go on after an outage: with the same client ID, if there is one."""
        if self.phase == PAUSING:
            self._add(Wait("main", None))
        if not self._channels.wanted:
            self._enter(IDLE, "connecting")
        elif not self._client_id:
            self._begin(now)
        else:
            self._enter(SUBSCRIBING, "connecting")
            self._patient_until = now + RENEWAL_PATIENCE
            self._side_due = 0.0
            self._reconcile(now)

    def _poll(self, now: float) -> None:
        """Wait for events. The first poll of a connection only proves that it works."""
        proving = self.phase == SUBSCRIBING
        self._enter(PROVING if proving else POLLING, self.status)
        # A server that cannot answer at once lets the first poll wait too.
        limit = max(self._advice.timeout * 1.2 + 10, PATIENCE if proving else 0.0)
        self._main = self._post([connect(self._client_id, at_once=proving)], limit, now, is_main=True)

    def _read(self, post: Post, messages: "list[dict[str, Any]]", now: float) -> None:
        """Read the messages of an answer."""
        self._advice.reconnect = "retry"
        replies: dict[str, dict[str, Any]] = {}
        for message in messages:
            self._advice.read(message.get("advice"))
            if not is_reply(message):
                self._deliver(message)
            elif _text(message.get("id")):
                replies[message["id"]] = message
        if self._advice.reconnect == "none":
            self._refused_all(replies, now)
        elif post.is_main:
            self._read_main(post, replies.get(post.messages[0]["id"], {}), now, is_empty=len(messages) == 1)
        else:
            self._read_side(post, replies, now)

    def _read_main(self, post: Post, reply: "dict[str, Any]", now: float, *, is_empty: bool) -> None:
        """Read the reply to a handshake or a poll. ``is_empty``: whether nothing else came with it."""
        client_id = _text(reply.get("clientId"))
        if reply.get("successful") is not True:
            if self._is_forgotten(reply):
                self._forgotten(now)
            else:
                self._pause_main(now)
        elif post.messages[0]["channel"] != HANDSHAKE:
            self._read_poll(now, took=now - post.sent_at, is_empty=is_empty)
        elif client_id:
            self._client_id = client_id
            self._resume(now)
        else:
            self._pause_main(now)

    def _read_poll(self, now: float, *, took: float, is_empty: bool) -> None:
        """Go on after a good poll, which took ``took`` seconds."""
        pause = 0.0
        if self.phase == POLLING:
            if not is_empty or now - self._begun >= LATER_PAUSE:
                # The connection has proved itself: a server may forget a new client at once.
                self._failures = 0
            pause = self._advice.interval
            if is_empty and 0 <= took < _AT_ONCE:
                # The server does not let polls wait.
                pause = max(pause, 1.0)
        self._enter(RESTING, "live")
        self._channels.tell_gaps()
        if pause:
            self._add(Wait("main", pause))
        else:
            self._poll(now)
        self._reconcile(now)

    def _lost(self, post: Post, now: float) -> None:
        """Take note that the answer to a Post was lost."""
        self._channels.not_told(post.messages)
        if post.is_main or self.phase == SUBSCRIBING:
            self._pause_main(now)
        else:
            # The poll goes on.
            self._side_failures += 1
            self._side_due = now + self._pause(self._side_failures)
            self._reconcile(now)

    def _pause_main(self, now: float) -> None:
        """Begin or go on with an outage: wait before the next attempt."""
        self._abort_all()
        self._channels.mark_gaps()
        self._failures += 1
        self._enter(PAUSING, "waiting")
        seconds = max(self._pause(self._failures), self._advice.interval)
        self._pause_begun = now
        self._pause_until = now + seconds
        self._add(Wait("main", seconds))

    def _forgotten(self, now: float) -> None:
        """Shake hands again, because the server has forgotten this client: at once, unless something failed before."""
        self._client_id = ""
        if self._failures:
            self._pause_main(now)
        else:
            self._failures = 1
            self._begin_again(now)

    def _refused_all(self, replies: "dict[str, dict[str, Any]]", now: float) -> None:
        """End all subscriptions, because the server wants no further attempts."""
        said = [_text(reply.get("error")) for reply in replies.values() if reply.get("error")]
        self._client_id = ""
        for channel in list(self._channels.wanted):
            self._channels.end(channel, refusal(channel, said[0] if said else "It wants no further attempts."))
        self._stop(now)
        self._enter(IDLE, "connecting")

    def _stop(self, now: float) -> None:
        """End the connection, and say goodbye."""
        self._abort_all()
        self._channels.clear()
        if self._client_id and self.phase != OFFLINE:
            self._post([disconnect(self._client_id)], _GOODBYE, now, is_main=False)
        self._client_id = ""

    # Subscriptions.

    def _reconcile(self, now: float) -> None:
        """Tell the server what is wanted, and what is not wanted any more."""
        if self._side is not None or self.phase not in (SUBSCRIBING, PROVING, POLLING, RESTING):
            return
        # The clock may have been set back meanwhile: nothing waits longer than it would have.
        self._side_due = min(self._side_due, now + LONGEST_PAUSE)
        self._patient_until = min(self._patient_until, now + RENEWAL_PATIENCE)
        may_send = self._side_due <= now
        messages, due, is_renewing = self._channels.batch(self._client_id, now, may_send=may_send)
        if not may_send:
            due.append(self._side_due)
        if messages:
            self._side = self._post(messages, PATIENCE, now, is_main=False)
        elif self.phase == SUBSCRIBING:
            if is_renewing and now < self._patient_until:
                due.append(self._patient_until)
            else:
                self._poll(now)
        self._set_side_timer(min(due) if due else None, now)

    def _read_side(self, post: Post, replies: "dict[str, dict[str, Any]]", now: float) -> None:
        """Read the replies to subscriptions."""
        answers = [(message, replies.get(message["id"], {})) for message in post.messages]
        if [reply for _, reply in answers if self._is_forgotten(reply)]:
            self._forgotten(now)
            return
        for message, reply in answers:
            if reply and is_subscription(message):
                self._channels.read_subscription(
                    message["subscription"],
                    is_agreed=reply["successful"] is True,
                    said=_text(reply.get("error")),
                    now=now,
                )
        if self.phase != SUBSCRIBING:
            self._channels.tell_gaps()
        missing = [message for message, reply in answers if not reply]
        if missing:
            post.messages = missing
            self._lost(post, now)
        else:
            self._side_failures = 0
            self._tidy(now)

    def _is_forgotten(self, reply: "dict[str, Any]") -> bool:
        """Return whether a reply says that the server has forgotten this client."""
        if reply.get("successful") is not False:
            return False
        return self._advice.reconnect == "handshake" or _text(reply.get("error")).startswith("401:")

    def _tidy(self, now: float) -> None:
        """After a channel has gone: end the connection if it was the last one."""
        if self._channels.wanted:
            self._reconcile(now)
        elif self.phase not in (IDLE, OFFLINE, CLOSED):
            self._stop(now)
            self._enter(IDLE, "connecting")

    def _deliver(self, message: "dict[str, Any]") -> None:
        """Deliver an event, after the gaps before it."""
        if message["channel"] in self._channels.wanted and "data" in message:
            self._channels.tell_gaps(message["channel"])
            self._add(Deliver(message["channel"], message["data"]))

    # Actions.

    def _post(self, messages: "list[dict[str, Any]]", timeout: float, now: float, *, is_main: bool) -> Post:
        for message in messages:
            self._number += 1
            message["id"] = str(self._number)
        post = Post(messages, timeout, now, is_main=is_main)
        self._add(post)
        return post

    def _abort_all(self) -> None:
        for post in (self._main, self._side):
            if post is not None:
                self._add(Abort(post))
                self._channels.not_told(post.messages)
        self._main = self._side = None
        if self.phase in (PAUSING, RESTING):
            self._add(Wait("main", None))
        self._set_side_timer(None, 0.0)

    def _is_over(self, post: Post) -> bool:
        """Forget a Post that has ended. Returns False if it was aborted, or if nobody waits for its answer."""
        if post is self._main:
            self._main = None
        elif post is self._side:
            self._side = None
        else:
            return False
        return True

    def _set_side_timer(self, due: "float | None", now: float) -> None:
        if due != self._side_timer:
            self._side_timer = due
            self._add(Wait("side", None if due is None else due - now))

    def _pause(self, failures: int) -> float:
        """Return the seconds of a pause: random, so that many clients do not come back at the same moment."""
        seconds = self._chance() * min(LONGEST_PAUSE, 2.0 ** min(failures - 1, 10))
        return max(seconds, LATER_PAUSE) if failures > MANY_FAILURES else seconds

    def _enter(self, phase: str, status: "LiveStatus") -> None:
        self.phase = phase
        if status != self.status:
            self.status = status
            self._add(Status(status))

    def _add(self, action: "Action") -> None:
        self._actions.append(action)

    def _taken(self) -> "list[Action]":
        actions, self._actions = self._actions, []
        return actions


def _text(value: "Any") -> str:
    return value if isinstance(value, str) else ""
