"""Share one poll among the tabs of one person. Pure: texts go in and out, and the browser decides who leads.

The tab that holds the lock is the leader. It polls for all tabs, and tells them each event. Every tab is a member, the
leader too: a member says which channels it wants, and keeps only what arrives for these. Each message says everything
that its sender knows, so a message that is lost or comes twice does no harm.
"""

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from podio_web.errors import PodioError
    from podio_web.live.protocols import SharedTab
    from podio_web.types import LiveStatus

MOST_UNANSWERED = 2
"""After this many questions without an answer, a visible tab takes the place of the leader: it is frozen."""

MOST_PAST = 20
"""The former leaders that a member remembers. Their late messages count no more."""


class Sharing:
    """The part of one tab.

    - ``me``: a text that only this tab has.
    - ``tab``: does what follows: it sends texts, owns the poll, and hears what arrives for this tab.

    Example::

        sharing = Sharing(runtime.random_text(), tab)
        sharing.want("/item/6101", push)
        sharing.heard(text)  # from another tab
    """

    def __init__(self, me: str, tab: "SharedTab") -> None:
        self._me = me
        self._tab = tab
        self._elections = 0
        # As a member: what this tab wants, what the leader has of it, and what a former leader had.
        self._wanted: dict[str, Any] = {}
        self._agreed: list[str] = []
        self._lost: list[str] = []
        self._leader = ""
        self._past: list[str] = []
        self._unanswered = 0
        # As the leader: what each tab wants, and the channels and the state of the poll.
        self._leads = ""
        self._members: dict[str, dict[str, Any]] = {}
        self._polled: list[str] = []
        self._has: list[str] = []
        self._state: dict[str, Any] = {}

    @property
    def leads(self) -> bool:
        """Whether this tab polls."""
        return bool(self._leads)

    def want(self, channel: str, push: "dict[str, Any]") -> None:
        """Ask for a channel. ``push`` is its push object."""
        self._wanted[channel] = push
        self._tell_wanted()

    def unwant(self, channel: str) -> None:
        """Ask for a channel no more."""
        if self._wanted.pop(channel, None) is not None:
            self._forget(channel)
            self._tell_wanted()

    def heard(self, text: object) -> None:
        """Take a message of another tab. Anything else is ignored: any script of this origin can send texts."""
        try:
            message = json.loads(text) if isinstance(text, str) else None
        except ValueError:
            return
        if isinstance(message, dict) and ("tab" in message or "leader" in message):
            self._take(message)

    def elected(self) -> None:
        """Begin to poll for all tabs, because this tab holds the lock."""
        self._elections += 1
        self._leads = f"{self._me}.{self._elections}"
        self.on_status("connecting")

    def deposed(self) -> None:
        """Poll no more, because another tab has taken the lock. The caller closes the poll."""
        self._leads = ""
        self._members, self._polled, self._has, self._state = {}, [], [], {}

    def leave(self) -> None:
        """Want nothing while the page is left. ``come_back`` ends this. The caller closes the poll."""
        if not self._leads:
            self._say({"tab": self._me, "wants": {}})
        self.deposed()

    def come_back(self) -> None:
        """Want the same as before in a page that was left and is shown again. The next leader's state brings a gap."""
        self._change_leader("")
        self._tell_wanted()

    def tick(self, is_hidden: bool) -> None:
        """Ask whether the leader lives; call it once per ``timeout`` of the poll. A hidden tab does not ask."""
        if is_hidden or self._leads:
            self._unanswered = 0
        elif self._unanswered >= MOST_UNANSWERED:
            self._unanswered = 0
            self._tab.steal()
        else:
            self._unanswered += 1
            self._say({"tab": self._me})

    # What the poll of this tab tells: this object is its listener.

    def on_agreed(self, channel: str) -> None:
        """Tell all tabs that Podio has accepted the subscription to a channel."""
        self._has.append(channel)
        self._tell_state()

    def on_ended(self, channel: str, problem: "PodioError") -> None:
        """Tell all tabs that the subscription to a channel has ended."""
        for wanted in self._members.values():
            wanted.pop(channel, None)
        self._polled = [each for each in self._polled if each != channel]
        self._has = [each for each in self._has if each != channel]
        self._say({"leader": self._leads, "ended": channel, "problem": record_of(problem)})

    def on_event(self, channel: str, data: "Any") -> None:
        """Tell all tabs an event."""
        self._say({"leader": self._leads, "event": channel, "data": data})

    def on_gap(self, channels: "list[str]") -> None:
        """Tell all tabs that events may have been missed."""
        self._say({"leader": self._leads, "gap": channels})

    def on_status(self, status: "LiveStatus") -> None:
        """Tell all tabs the status of the poll, and the seconds that Podio lets it wait."""
        if self._leads:
            self._state = {"status": status, "timeout": self._tab.poll_timeout()}
            self._tell_state()

    def _say(self, message: "dict[str, Any]") -> None:
        """Send a message to the other tabs, and to this one: a leader is a member too."""
        self._tab.send(json.dumps(message))
        self._take(message)

    def _tell_wanted(self) -> None:
        self._say({"tab": self._me, "wants": self._wanted})

    def _tell_state(self) -> None:
        self._say({"leader": self._leads, "has": self._has, "state": self._state})

    def _take(self, message: "dict[str, Any]") -> None:
        if "tab" in message:
            if self._leads:
                self._serve(message)
        elif message["leader"] not in self._past:
            self._unanswered = 0
            self._follow(message)

    # As the leader.

    def _serve(self, message: "dict[str, Any]") -> None:
        """Poll what all tabs want together, and answer with the state."""
        if "wants" in message:
            self._members[message["tab"]] = dict(message["wants"])
            wanted: dict[str, Any] = {}
            for each in self._members.values():
                wanted.update(each)
            gone = [channel for channel in self._polled if channel not in wanted]
            fresh = [channel for channel in wanted if channel not in self._polled]
            self._polled = list(wanted)
            self._has = [channel for channel in self._has if channel in wanted]
            for channel in gone:
                self._tab.poll_without(channel)
            for channel in fresh:
                self._tab.poll(channel, wanted[channel])
        self._tell_state()

    # As a member.

    def _follow(self, message: "dict[str, Any]") -> None:
        leader = message["leader"]
        if leader != self._leader:
            self._change_leader(leader)
            self._tell_wanted()
        if "has" in message:
            self._agree(message["has"])
            self._tab.on_state(message["state"]["status"], message["state"]["timeout"])
        elif "event" in message:
            # Before a gap that is due, an event says nothing new.
            if message["event"] in self._agreed and not self._lost:
                self._tab.on_event(message["event"], message["data"])
        elif "gap" in message:
            self._tell_gap([channel for channel in message["gap"] if channel in self._agreed and not self._lost])
        elif self._wanted.pop(message["ended"], None) is not None:
            self._forget(message["ended"])
            self._tab.on_ended(message["ended"], message["problem"])

    def _change_leader(self, leader: str) -> None:
        if self._leader and leader:
            self._past.append(self._leader)
            self._past = self._past[-MOST_PAST:]
        self._leader = leader
        self._lost = [channel for channel in self._wanted if channel in self._agreed or channel in self._lost]
        self._agreed = []

    def _agree(self, channels: "list[str]") -> None:
        fresh = [channel for channel in channels if channel in self._wanted and channel not in self._agreed]
        self._agreed += fresh
        lost = self._lost
        if lost and all(channel in self._agreed for channel in lost):
            # Not earlier: what happens before the last of them is subscribed again would be missed.
            self._lost = []
            self._tell_gap(lost)
        for channel in fresh:
            if channel not in lost:
                self._tab.on_agreed(channel)

    def _tell_gap(self, channels: "list[str]") -> None:
        if channels:
            self._tab.on_gap(channels)

    def _forget(self, channel: str) -> None:
        self._agreed = [each for each in self._agreed if each != channel]
        self._lost = [each for each in self._lost if each != channel]
        self._agree([])  # it may have been the last one that a gap waits for


def record_of(problem: "PodioError") -> "dict[str, Any]":
    """Return an error as JSON, for another tab.

    Example::

        record_of(NotFoundError("…", status=404))  # {'name': 'NotFoundError', 'text': '…', 'status': 404}
    """
    return {"name": type(problem).__name__, "text": str(problem), "status": problem.status}
