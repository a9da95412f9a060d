"""The state machine of Bayeux: whatever happens, it keeps its promises."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from podio_web.errors import NotFoundError
from podio_web.live.actions import Abort, Agreed, Deliver, Ended, Gap, Post, Renew, Status, Wait
from podio_web.live.bayeux import IDLE, OFFLINE, POLLING, Machine
from podio_web.live.channels import Channels
from podio_web.live.credentials import Credential
from tests.unit.test_live_parts import JSON

CHANNELS = st.sampled_from(["/item/1", "/item/2", "/user/1"])
STATUSES = {"connecting", "live", "waiting", "offline", "closed"}


def credential(channel: str, timestamp: float) -> Credential:
    return Credential(channel, "5ca1ab1e", timestamp, 21_600.0)


def reply(message: dict[str, Any], **keys: Any) -> dict[str, Any]:
    names = ("id", "channel", "subscription", "clientId")
    found = {name: message[name] for name in names if name in message}
    return {"successful": True, "clientId": "a1", **found, **keys}


class Driven(RuleBasedStateMachine):
    """A machine, what it has asked for, and what it has told."""

    @initialize(chance=st.floats(0, 1, exclude_max=True))
    def begin(self, chance: float) -> None:
        self.machine = Machine(lambda: chance)
        self.now = 1_700_000_000.0
        self.open: list[Post] = []
        self.goodbyes: list[Post] = []
        self.timers: set[str] = set()
        self.renewing: list[str] = []
        self.wanted: dict[str, bool] = {}  # whether Podio has agreed
        self.closed = False

    def take(self, actions: list[Any]) -> None:
        for action in actions:
            if isinstance(action, Post):
                is_goodbye = action.messages[0]["channel"] == "/meta/disconnect"
                (self.goodbyes if is_goodbye else self.open).append(action)
            elif isinstance(action, Abort):
                self.open.remove(action.post)
            elif isinstance(action, Wait):
                self.timers.discard(action.timer)
                if action.seconds is not None:
                    assert 0 <= action.seconds <= 300.001
                    self.timers.add(action.timer)
            elif isinstance(action, Renew):
                self.renewing.append(action.channel)
            elif isinstance(action, Agreed):
                assert self.wanted[action.channel] is False
                self.wanted[action.channel] = True
            elif isinstance(action, Ended):
                del self.wanted[action.channel]
            elif isinstance(action, Deliver):
                assert action.channel in self.wanted
            elif isinstance(action, Gap):
                assert action.channels
                assert all(self.wanted[channel] for channel in action.channels)
            else:
                assert isinstance(action, Status)
                assert action.text == self.machine.status or action.text in STATUSES

    def post(self, data: Any) -> Post:
        post: Post = data.draw(st.sampled_from(self.open + self.goodbyes))
        (self.open if post in self.open else self.goodbyes).remove(post)
        return post

    @rule(channel=CHANNELS, age=st.sampled_from([0.0, 21_000.0, 22_000.0]))
    def want(self, channel: str, age: float) -> None:
        if channel not in self.wanted:
            if not self.closed:
                self.wanted[channel] = False
            self.take(self.machine.want(credential(channel, self.now - age), self.now))

    @rule(channel=CHANNELS)
    def unwant(self, channel: str) -> None:
        self.wanted.pop(channel, None)
        self.take(self.machine.unwant(channel, self.now))

    @precondition(lambda self: self.open or self.goodbyes)
    @rule(data=st.data(), events=st.lists(CHANNELS, max_size=3), took=st.floats(0, 50))
    def agree(self, data: Any, events: list[str], took: float) -> None:
        post = self.post(data)
        self.now += took
        answer = [{"channel": channel, "data": {}, "id": "1"} for channel in events]
        answer += [reply(message) for message in post.messages]
        self.take(self.machine.answered(post, 200, json.dumps(answer), self.now))

    @precondition(lambda self: self.open)
    @rule()
    def go_live(self) -> None:
        """Agree to what is asked until a poll waits, so that most examples get that far."""
        for _ in range(9):
            if self.open and self.machine.phase != POLLING:
                post = self.open.pop(0)
                self.now += 0.1
                answer = [reply(message) for message in post.messages]
                self.take(self.machine.answered(post, 200, json.dumps(answer), self.now))

    @precondition(lambda self: self.open or self.goodbyes)
    @rule(
        data=st.data(),
        error=st.sampled_from(["401:a1:Unknown client", "Incorrect signature.", "Signature has expired.", None, 4]),
        reconnect=st.sampled_from(["retry", "handshake", "none", "handshake", "other"]),
    )
    def refuse(self, data: Any, error: Any, reconnect: str) -> None:
        post = self.post(data)
        chosen = data.draw(st.lists(st.sampled_from(post.messages), unique_by=id))
        answer = [
            reply(message, successful=message not in chosen, error=error, advice={"reconnect": reconnect})
            for message in post.messages
        ]
        self.take(self.machine.answered(post, 200, json.dumps(answer), self.now))

    @precondition(lambda self: self.open or self.goodbyes)
    @rule(data=st.data(), answer=JSON, status=st.sampled_from([200, 204, 500]))
    def answer_rubbish(self, data: Any, answer: Any, status: int) -> None:
        self.take(self.machine.answered(self.post(data), status, json.dumps(answer), self.now))

    @precondition(lambda self: self.open)
    @rule(data=st.data(), odd=st.sampled_from([{"id": []}, {"id": 4}, {"successful": "yes"}, {"clientId": 4}]))
    def answer_oddly(self, data: Any, odd: dict[str, Any]) -> None:
        post = self.post(data)
        answer = [reply(message) | odd for message in post.messages]
        self.take(self.machine.answered(post, 200, json.dumps(answer), self.now))

    @precondition(lambda self: self.open or self.goodbyes)
    @rule(data=st.data())
    def lose(self, data: Any) -> None:
        self.take(self.machine.failed(self.post(data), self.now))

    @precondition(lambda self: self.timers)
    @rule(data=st.data(), late=st.floats(-10, 400))
    def elapse(self, data: Any, late: float) -> None:
        timer = data.draw(st.sampled_from(sorted(self.timers)))
        self.timers.discard(timer)
        self.now += late
        self.take(self.machine.elapsed(timer, self.now))

    @rule(timer=st.sampled_from(["main", "side"]))
    def elapse_again(self, timer: str) -> None:
        if timer not in self.timers:
            self.take(self.machine.elapsed(timer, self.now))

    @precondition(lambda self: self.renewing)
    @rule(outcome=st.sampled_from(["fresh", "old", "lost", "unavailable", "gone"]))
    def renew(self, outcome: str) -> None:
        channel, machine = self.renewing.pop(), self.machine
        if outcome in ("fresh", "old"):
            age = 0 if outcome == "fresh" else 30_000
            self.take(machine.renewed(credential(channel, self.now - age), self.now))
        elif outcome == "gone":
            self.take(machine.gone(channel, NotFoundError("gone"), self.now))
        else:
            self.take(machine.not_renewed(channel, self.now, reached=outcome == "unavailable"))

    @rule(seconds=st.sampled_from([0.0, 1.0, 60.0, 700.0, -3_600.0, 25_000.0]), wakes=st.booleans())
    def pass_time(self, seconds: float, wakes: bool) -> None:
        self.now += seconds
        self.take(self.machine.woke(self.now) if wakes else self.machine.ticked(self.now))

    @rule(offline=st.booleans())
    def change_network(self, offline: bool) -> None:
        self.take(self.machine.went_offline() if offline else self.machine.came_online(self.now))

    @rule(really=st.integers(0, 20))
    def close(self, really: int) -> None:
        if not really:
            self.closed = True
            self.wanted.clear()
            self.take(self.machine.close(self.now))

    @invariant()
    def there_is_at_most_one_poll_and_one_other_request(self) -> None:
        assert len([post for post in self.open if post.is_main]) <= 1
        assert len([post for post in self.open if not post.is_main]) <= 1

    @invariant()
    def something_will_happen_if_a_channel_is_wanted(self) -> None:
        if self.closed:
            assert (self.machine.status, self.open, self.timers) == ("closed", [], set())
        elif self.wanted and self.machine.phase != OFFLINE:
            assert [post for post in self.open if post.is_main] or self.timers or self.renewing or self.open
        elif not self.wanted:
            assert self.machine.phase in (IDLE, OFFLINE)
            assert self.open == []


TestWhateverHappens = Driven.TestCase
TestWhateverHappens.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=60, max_size=60))
def test_an_outage_makes_at_most_twelve_attempts_in_its_first_minute(chances: list[float]) -> None:
    dice = iter(chances)
    machine = Machine(lambda: next(dice))
    now, actions, attempts = 0.0, machine.want(credential("/item/1", 0.0), 0.0), 0
    while now <= 60:
        (post,) = [action for action in actions if isinstance(action, Post)]
        attempts += 1
        (pause,) = [
            action for action in machine.failed(post, now) if isinstance(action, Wait) and action.seconds is not None
        ]
        now += pause.seconds or 0.0
        actions = machine.elapsed("main", now)
    assert attempts <= 12


def test_a_channel_that_nobody_knows_is_left_alone() -> None:
    machine = Machine(lambda: 0.5)
    assert machine.unwant("/item/1", 0.0) == []
    assert machine.renewed(credential("/item/1", 0.0), 0.0) == []
    assert machine.gone("/item/1", NotFoundError("gone"), 0.0) == []
    assert machine.came_online(0.0) == []
    told: list[Any] = []
    channels = Channels(told.append)
    channels.not_renewed("/item/1", 4.0)
    assert channels.wanted == {}


def test_channels_that_come_and_go_while_a_request_is_under_way_are_set_right() -> None:
    told: list[Any] = []
    channels = Channels(told.append)
    channels.want(credential("/item/1", 0.0), is_live=True)
    channels.drop("/item/1")
    channels.read_subscription("/item/1", is_agreed=False, said="Incorrect signature.", now=0.0)
    assert channels.unwanted == []
    channels.read_subscription("/item/1", is_agreed=True, said="", now=0.0)
    assert channels.unwanted == ["/item/1"]
    assert channels.batch("a1", 0.0, may_send=False) == ([], [], False)
    channels.want(credential("/item/1", 0.0), is_live=False)
    messages, _, _ = channels.batch("a1", 0.0, may_send=True)
    assert [message["channel"] for message in messages] == ["/meta/subscribe"]
    assert told == []
    channels.want(credential("/item/2", 0.0), is_live=True)
    channels.read_subscription("/item/2", is_agreed=True, said="", now=0.0)
    channels.drop("/item/2")
    channels.want(credential("/item/2", 0.0), is_live=True)
    assert channels.unwanted == []
    assert [type(action) for action in told] == [Agreed, Agreed]


def test_a_clock_that_is_set_back_does_not_stop_anything() -> None:
    machine, now = Machine(lambda: 0.5), 1_700_000_000.0
    (handshake,) = machine.want(credential("/item/1", now - 22_000), now)
    assert isinstance(handshake, Post)
    actions = machine.answered(handshake, 200, json.dumps([reply(handshake.messages[0])]), now)
    assert [type(action) for action in actions] == [Renew, Wait]
    now -= 3_600
    (wait,) = [action for action in machine.want(credential("/item/2", now), now) if isinstance(action, Post)]
    actions = machine.answered(wait, 200, json.dumps([reply(wait.messages[0])]), now)
    assert [action.seconds for action in actions if isinstance(action, Wait)] == [10.0]


def test_a_machine_knows_how_long_a_poll_waits() -> None:
    machine = Machine(lambda: 0.5)
    (post,) = machine.want(credential("/item/1", 0.0), 0.0)
    assert (machine.timeout, repr(post)) == (45.0, "<Post /meta/handshake>")
    assert isinstance(post, Post)
    answer = [reply(post.messages[0], advice={"timeout": 2_000})]
    machine.answered(post, 200, json.dumps(answer), 0.0)
    assert machine.timeout == 2.0


def begun(now: float) -> tuple[Machine, Post]:
    """Return a machine that wants one channel, and its handshake."""
    machine = Machine(lambda: 0.5)
    (post,) = machine.want(credential("/item/1", now), now)
    assert isinstance(post, Post)
    return machine, post


def posts(actions: list[Any]) -> list[Post]:
    return [action for action in actions if isinstance(action, Post)]


def test_who_wants_nothing_any_more_is_idle_when_the_device_is_online_again() -> None:
    machine, _ = begun(0.0)
    machine.went_offline()
    machine.unwant("/item/1", 1.0)
    assert posts(machine.came_online(2.0)) == []
    assert (machine.phase, machine.status) == (IDLE, "connecting")


def test_a_handshake_without_a_client_id_is_tried_again() -> None:
    machine, post = begun(0.0)
    answer = [{"channel": "/meta/handshake", "id": post.messages[0]["id"], "successful": True}]
    actions = machine.answered(post, 200, json.dumps(answer), 0.0)
    assert (machine.status, posts(actions)) == ("waiting", [])
    (again,) = posts(machine.elapsed("main", 1.0))
    assert again.messages[0]["channel"] == "/meta/handshake"


def test_a_reply_without_an_id_is_of_nobody() -> None:
    machine, post = begun(0.0)
    answer = [reply(post.messages[0]), {"channel": "/meta/subscribe", "successful": False, "error": "403::Denied"}]
    (subscribing,) = posts(machine.answered(post, 200, json.dumps(answer), 0.0))
    assert subscribing.messages[0]["channel"] == "/meta/subscribe"


def test_a_subscription_without_a_reply_is_sent_again() -> None:
    machine, post = begun(0.0)
    machine.want(credential("/item/2", 0.0), 0.0)
    (subscribing,) = posts(machine.answered(post, 200, json.dumps([reply(post.messages[0])]), 0.0))
    first, second = subscribing.messages
    actions = machine.answered(subscribing, 200, json.dumps([reply(first)]), 0.0)
    assert [action.channel for action in actions if isinstance(action, Agreed)] == [first["subscription"]]
    assert (machine.status, posts(actions)) == ("waiting", [])
    (again,) = posts(machine.elapsed("main", 1.0))
    assert second["subscription"] in [message.get("subscription") for message in again.messages]


def test_a_closed_machine_wants_nothing() -> None:
    machine, _ = begun(0.0)
    machine.close(1.0)
    assert machine.want(credential("/item/2", 0.0), 2.0) == []


def test_an_event_that_overtakes_the_reply_to_its_subscription_comes_after_the_gap() -> None:
    machine, now = Machine(lambda: 0.5), 1_700_000_000.0

    def agree(post: Post, *events: dict[str, Any]) -> list[Any]:
        answer = [*events, *(reply(message) for message in post.messages)]
        return machine.answered(post, 200, json.dumps(answer), now)

    (post,) = posts(machine.want(credential("/item/1", now), now))
    machine.want(credential("/item/2", now - 21_500), now)
    while machine.phase != POLLING:
        (post,) = posts(agree(post))
    now += 400
    (post,) = posts(machine.failed(post, now) and machine.woke(now + 10))
    gone = [reply(post.messages[0], successful=False, error="401:a1:Unknown client", advice={"reconnect": "handshake"})]
    machine.answered(post, 200, json.dumps(gone), now)
    (post,) = posts(machine.elapsed("main", now))
    (post,) = posts(agree(post))
    agree(post)
    now += 11
    # The carrier of the second channel is still being read.
    (post,) = posts(machine.elapsed("side", now))
    (poll,) = posts(agree(post))
    (side,) = posts(machine.renewed(credential("/item/2", now), now))
    told = [*agree(poll, {"channel": "/item/2", "data": {}}), *agree(side)]
    assert [type(action) for action in told if not isinstance(action, Post)] == [Gap, Deliver]


def test_a_pause_whose_timer_has_slept_ends_by_the_clock() -> None:
    machine, now = Machine(lambda: 0.5), 1_700_000_000.0
    (post,) = posts(machine.want(credential("/item/1", now), now))
    waits = [each.seconds for each in machine.failed(post, now) if isinstance(each, Wait) and each.timer == "main"]
    end = now + max(seconds or 0 for seconds in waits)
    assert machine.ticked(end + 4) == [], "the timer may be late"
    assert len(posts(machine.ticked(end + 6))) == 1


def test_what_comes_too_late_or_twice_changes_nothing() -> None:
    machine, now = Machine(lambda: 0.5), 1_700_000_000.0
    machine.want(credential("/item/1", now), now)
    assert machine.elapsed("side", now) == machine.elapsed("main", now) == []
    assert machine.went_offline()
    assert machine.went_offline() == []
    assert machine.close(now)
    assert machine.close(now) == []


def test_a_message_without_data_or_of_a_channel_that_nobody_wants_is_no_event() -> None:
    machine, now = Machine(lambda: 0.5), 1_700_000_000.0
    (post,) = posts(machine.want(credential("/item/1", now), now))
    told: list[Any] = []
    for _ in range(4):
        events = [{"channel": "/item/2", "data": 1}, {"channel": "/item/1"}, {"channel": "/item/1", "data": 2}]
        answer = [*events, *(reply(message) for message in post.messages)]
        actions = machine.answered(post, 200, json.dumps(answer), now)
        told += [(each.channel, each.data) for each in actions if isinstance(each, Deliver)]
        (post,) = posts(actions) or posts(machine.elapsed("main", now + 60))
    assert set(told) == {("/item/1", 2)}
