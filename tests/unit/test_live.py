"""``Live``: subscriptions, renewal, sign-out, slow readers, wake-up and closing, in virtual time."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from podio_web import AccountChanged, ConnectionFailed, LoginRequired, NotFoundError, SyncPodio
from podio_web.http import Response
from podio_web.live import Live, LiveEvent, PushRefused, SyncLive
from podio_web.live.connection import Connection
from podio_web.live.credentials import credential_of
from podio_web.live.subscription import LONGEST_QUEUE
from tests.unit.fake_push import FakePush, Network
from tests.unit.virtual_time import VirtualRuntime, run_virtually

ME, ITEM, OTHER = "/user/1", "/item/6101", "/item/6102"
SIX_HOURS = 21_600


class Scene:
    """A push service, a client and its ``Live``."""

    def __init__(self, timeout: float = 45.0) -> None:
        self.runtime = VirtualRuntime()
        self.push = FakePush(self.runtime, timeout=timeout)
        self.network = Network()
        self.podio = self.push.podio()
        self.live = Live(
            self.podio, open_feed=lambda podio, url, listener: Connection(podio, url, listener, self.network)
        )

    def publish(self, channel: str, data: Any = None, event: str = "update") -> None:
        self.push.publish(channel, {"channel": channel, "data": {"event": event, "data": data}})

    def subscribe(self, *channels: str) -> Any:
        return self.live.subscribe(*map(self.push.push, channels))

    def messages(self, channel: str) -> int:
        """Return how many messages of a kind were sent to the service."""
        return sum(sent.count(f"/meta/{channel}") for _, sent in self.push.posts)


def scenario(test: Callable[[Scene], Awaitable[None]]) -> Callable[[], None]:
    """Run a test with a scene of its own, in virtual time. At its end nothing polls any more."""

    def run() -> None:
        async def main() -> None:
            scene = Scene()
            await test(scene)
            await scene.live.aclose()
            await scene.podio.aclose()
            await asyncio.sleep(60)
            assert (scene.push.polls, scene.runtime.timers) == (0, 0)
            assert scene.push.most_polls <= 1

        run_virtually(main())

    run.__name__ = run.__qualname__ = test.__name__
    return run


async def read(subscription: Any, count: int) -> list[LiveEvent]:
    return [await anext(subscription) for _ in range(count)]


@scenario
async def test_events_come_in_order_with_what_podio_says(scene: Scene) -> None:
    async with scene.live.subscribe(scene.push.push(ME), {"item_id": 6101, "push": scene.push.push(ITEM)}) as events:
        event = {"event": "comment_create", "ref": {"type": "item", "id": 6101}, "created_via": 1}
        scene.push.publish(ITEM, {"channel": ITEM, "data": {**event, "created_by": {"type": "user", "id": 2}}})
        scene.publish(ME, {"text": "Hello"})
        first, second = await read(events, 2)
    assert (first.name, first.channel, first.ref) == ("comment_create", ITEM, {"type": "item", "id": 6101})
    assert (first.created_by, first.created_via, first.data) == ({"type": "user", "id": 2}, 1, None)
    assert (second.name, second.channel, second.data) == ("update", ME, {"text": "Hello"})


@scenario
async def test_rule_18_no_request_to_the_push_service_has_a_token(scene: Scene) -> None:
    async with scene.subscribe(ITEM):
        await asyncio.sleep(300)
    assert scene.push.headers
    assert {name for headers in scene.push.headers for name in headers} == {"Accept", "Content-Type"}


@scenario
async def test_status_tells_whether_events_arrive(scene: Scene) -> None:
    statuses = [scene.live.status]
    async with scene.subscribe(ITEM):
        await asyncio.sleep(1)
        statuses.append(scene.live.status)
        scene.push.broken = "refuse"
        scene.push.kill()
        await asyncio.sleep(0.001)
        statuses.append(scene.live.status)
        scene.network.change(offline=True)
        statuses.append(scene.live.status)
        scene.push.broken = None
        scene.network.change(offline=False)
        await asyncio.sleep(1)
        statuses.append(scene.live.status)
    statuses.append(scene.live.status)
    await scene.live.aclose()
    assert [*statuses, scene.live.status] == [
        *("connecting", "live", "waiting", "offline", "live", "connecting", "closed")
    ]


@scenario
async def test_a_refusal_says_why_and_leaves_the_others(scene: Scene) -> None:
    forged = {**scene.push.push(ITEM), "signature": "0" * 40}
    async with scene.subscribe(ME) as events:
        with pytest.raises(PushRefused, match=r"Podio refused /item/6101: Incorrect signature\.") as caught:
            async with scene.live.subscribe(scene.push.push(OTHER), forged):
                raise AssertionError("the block began")
        assert caught.value.channel == ITEM
        scene.publish(ME, 1)
        assert (await anext(events)).data == 1
        await asyncio.sleep(1)
        assert scene.messages("unsubscribe") == 1  # the one that was not refused


@scenario
async def test_a_channel_is_subscribed_to_once_for_all(scene: Scene) -> None:
    async with scene.subscribe(ITEM, ITEM) as first:
        async with scene.subscribe(ITEM) as second:
            scene.publish(ITEM, 1)
            assert [(await anext(each)).data for each in (first, second)] == [1, 1]
        await asyncio.sleep(1)
        assert (scene.messages("subscribe"), scene.messages("unsubscribe")) == (1, 0)
        scene.publish(ITEM, 2)
        assert (await anext(first)).data == 2


@scenario
async def test_leaving_the_last_subscription_says_goodbye(scene: Scene) -> None:
    async with scene.subscribe(ITEM):
        assert scene.push.clients == 1
    await asyncio.sleep(1)
    assert (scene.push.clients, scene.messages("disconnect")) == (0, 1)
    requests = len(scene.push.posts)
    await asyncio.sleep(600)
    assert len(scene.push.posts) == requests
    async with scene.subscribe(ITEM) as events:
        scene.publish(ITEM, 1)
        assert (await anext(events)).data == 1


@scenario
async def test_requests_are_small(scene: Scene) -> None:
    async with scene.subscribe(*(f"/item/{number}" for number in range(50))):
        assert scene.messages("subscribe") == 50
        assert all(count <= 20 and size < 2_048 for count, size in scene.push.sizes)


@scenario
async def test_a_change_of_many_subscriptions_does_not_miss_any(scene: Scene) -> None:
    async with scene.subscribe(ME) as events:
        await asyncio.sleep(1)
        for _ in range(3):
            async with scene.subscribe(ITEM), scene.subscribe(OTHER) as other:
                scene.publish(OTHER, 1)
                assert (await anext(other)).data == 1
            async with scene.subscribe(ITEM) as again:
                scene.publish(ITEM, 2)
                assert (await anext(again)).data == 2
        scene.publish(ME, 3)
        assert (await anext(events)).data == 3
        assert scene.messages("handshake") == 1


@scenario
async def test_a_lost_subscription_request_is_sent_again_while_the_poll_goes_on(scene: Scene) -> None:
    async with scene.subscribe(ME) as events, scene.subscribe(OTHER):
        await asyncio.sleep(1)
        scene.push.broken = "refuse"
        task = asyncio.ensure_future(scene.subscribe(ITEM).__aenter__())
        await asyncio.sleep(20)
        assert scene.messages("subscribe") < 10
        assert scene.live.status == "live"
        scene.push.broken = None
        item = await task
        scene.publish(ITEM, 1)
        scene.publish(ME, 2)
        assert [(await anext(each)).data for each in (item, events)] == [1, 2]
        scene.push.broken = "refuse"
        item.close()
        await asyncio.sleep(1)
        scene.push.broken = None
        await asyncio.sleep(60)
        requests = len(scene.push.posts)
        scene.publish(ITEM, 3)  # nobody has subscribed to it any more
        await asyncio.sleep(1)
        assert len(scene.push.posts) == requests


@scenario
async def test_a_channel_that_is_dropped_and_taken_again_is_still_subscribed(scene: Scene) -> None:
    async with scene.subscribe(ME):
        await asyncio.sleep(1)
        item = await scene.subscribe(ITEM).__aenter__()
        scene.push.broken = "refuse"
        task = asyncio.ensure_future(scene.subscribe(OTHER).__aenter__())
        await asyncio.sleep(0.01)
        item.close()
        again = await scene.subscribe(ITEM).__aenter__()
        scene.push.broken = None
        scene.publish(ITEM, 1)
        assert (await anext(again)).data == 1
        again.close()
        (await task).close()


# Signatures.


@scenario
async def test_an_old_signature_is_read_anew_once_when_it_is_needed(scene: Scene) -> None:
    async with scene.subscribe(ITEM, ME) as events:
        for _ in range(16):
            await asyncio.sleep(SIX_HOURS / 12)
        assert scene.push.calls == []  # none while the connection lasts
        scene.push.forget()
        assert (await anext(events)).name == "gap"
        scene.publish(ITEM, 1)
        assert (await anext(events)).data == 1
        assert sorted(scene.push.calls) == ["/item/6101?mark_as_viewed=0&fields=push", "/user/status"]
        scene.push.forget()
        assert (await anext(events)).name == "gap"
        assert len(scene.push.calls) == 2


@scenario
async def test_an_old_push_object_is_renewed_before_it_is_used(scene: Scene) -> None:
    old = scene.push.push("/task/7")
    await asyncio.sleep(SIX_HOURS)
    async with scene.live.subscribe(old):
        assert scene.push.calls == ["/task/7"]
        assert scene.messages("subscribe") == 1


@scenario
async def test_a_refused_old_signature_is_renewed_once(scene: Scene) -> None:
    push = {**scene.push.push(ITEM), "expires_in": 100_000}
    await asyncio.sleep(SIX_HOURS + 1)
    async with scene.live.subscribe(push):
        assert scene.messages("subscribe") == 2
    scene.push.expires_in = -1
    with pytest.raises(PushRefused, match="Signature has expired"):
        async with scene.live.subscribe({**scene.push.push(OTHER), "expires_in": 100_000}):
            raise AssertionError("the block began")
    assert [call.partition("?")[0] for call in scene.push.calls] == [ITEM, OTHER]


@scenario
async def test_a_carrier_that_is_gone_ends_its_channel_only(scene: Scene) -> None:
    scene.push.api[ITEM] = Response(404, {}, json.dumps({"error": "not_found"}))
    async with scene.subscribe(ITEM, ME) as events, scene.subscribe(ITEM) as alone:
        await asyncio.sleep(SIX_HOURS)
        scene.push.forget()
        ended, gap = await read(events, 2)
        assert (ended.name, ended.channel, type(ended.data)) == ("ended", ITEM, NotFoundError)
        assert gap.name == "gap"
        scene.publish(ME, 1)
        assert (await anext(events)).data == 1
        with pytest.raises(NotFoundError):
            await anext(alone)
        with pytest.raises(StopAsyncIteration):
            await anext(alone)


@pytest.mark.parametrize(
    ("outcome", "patience"),
    [(ConnectionFailed("offline"), 60), (Response(503, {}, ""), 320), (Response(420, {}, "{}"), 320)],
)
def test_a_carrier_that_cannot_be_read_for_now_is_read_again(outcome: Any, patience: float) -> None:
    async def main() -> None:
        scene = Scene()
        async with scene.subscribe(ITEM, ME) as events:
            await asyncio.sleep(SIX_HOURS)
            scene.push.api[ITEM] = outcome
            scene.push.forget()
            assert (await anext(events)).name == "gap"
            scene.publish(ME, 1)
            assert (await anext(events)).data == 1
            await asyncio.sleep(10)
            assert len(scene.push.calls) <= 4
            del scene.push.api[ITEM]
            async with asyncio.timeout(patience):
                assert (await anext(events)).name == "gap"
            scene.publish(ITEM, 2)
            assert (await anext(events)).data == 2
        await scene.live.aclose()

    run_virtually(main())


@pytest.mark.parametrize("answer", [{}, {"push": None}, {"push": {"channel": OTHER, "signature": "a", "timestamp": 1}}])
def test_a_carrier_without_its_push_object_is_an_error(answer: Any) -> None:
    async def main() -> None:
        scene = Scene()
        old = {**scene.push.push(ITEM), "timestamp": 1}
        scene.push.api[ITEM] = Response(200, {}, json.dumps(answer))
        with pytest.raises(PushRefused, match="cannot be read anew"):
            async with scene.live.subscribe(old):
                raise AssertionError("the block began")

    run_virtually(main())


def test_a_hook_that_raises_while_a_carrier_is_read_ends_the_subscription() -> None:
    async def main() -> None:
        scene = Scene()
        scene.push.api[ITEM] = KeyError("of a hook")
        async with asyncio.timeout(60):
            with pytest.raises(PushRefused, match=r"cannot be read anew \(KeyError\)"):
                async with scene.live.subscribe({**scene.push.push(ITEM), "timestamp": 1}):
                    raise AssertionError("the block began")

    run_virtually(main())


@scenario
async def test_polling_goes_on_while_a_carrier_is_read(scene: Scene) -> None:
    async with scene.subscribe(ITEM, ME) as events:
        await asyncio.sleep(SIX_HOURS)
        scene.push.slow = {ITEM: 25.0}  # such as when a person has to sign in again
        scene.push.forget()
        assert (await anext(events)).name == "gap"
        scene.publish(ME, 1)
        assert (await anext(events)).data == 1
        assert (await anext(events)).name == "gap"
        scene.publish(ITEM, 2)
        assert (await anext(events)).data == 2


# The session.


@scenario
async def test_rule_19_signing_out_ends_everything_at_once(scene: Scene) -> None:
    async with scene.subscribe(ITEM) as events:
        await asyncio.sleep(1)
        scene.publish(ITEM, "for the person who leaves")
        await scene.podio.logout()
        assert scene.live.status == "closed"
        assert [event async for event in events] == []
        await asyncio.sleep(1)
        assert scene.messages("disconnect") == 1
    scene.podio.set_access_token({"access_token": "new", "expires_in": 3600})
    async with scene.subscribe(ITEM) as events:
        scene.publish(ITEM, 1)
        assert (await anext(events)).data == 1


@scenario
async def test_signing_out_while_podio_is_asked_raises(scene: Scene) -> None:
    scene.push.broken = "refuse"
    asyncio.get_running_loop().call_later(10, lambda: asyncio.ensure_future(scene.podio.logout()))
    with pytest.raises(LoginRequired, match="signed out"):
        async with scene.subscribe(ITEM):
            raise AssertionError("the block began")


@scenario
async def test_rule_19_another_person_never_sees_the_first_one_s_events(scene: Scene) -> None:
    async with scene.subscribe(ITEM) as events:
        scene.publish(ITEM, "for the first")
        await asyncio.sleep(1)
        scene.podio.context.events.emit("account_changed", None)
        with pytest.raises(StopAsyncIteration):
            await anext(events)
    scene.push.broken = "refuse"
    asyncio.get_running_loop().call_later(5, lambda: scene.podio.context.events.emit("account_changed", None))
    with pytest.raises(AccountChanged):
        async with scene.subscribe(ITEM):
            raise AssertionError("the block began")


# Readers and handlers.


@scenario
async def test_a_slow_reader_gets_a_gap_instead_of_a_full_memory(scene: Scene) -> None:
    async with scene.subscribe(ITEM) as slow, scene.subscribe(ITEM) as fast:
        for number in range(LONGEST_QUEUE + 1):
            scene.publish(ITEM, number)
            assert (await anext(fast)).data == number
        scene.publish(ITEM, "after")
        await asyncio.sleep(1)
        gap, after = await read(slow, 2)
        assert (gap.name, gap.channel, after.data) == ("gap", None, "after")


@scenario
async def test_a_quick_reader_gets_all_of_a_large_answer(scene: Scene) -> None:
    async with scene.subscribe(ITEM) as events:
        scene.push.broken = "refuse"
        await asyncio.sleep(1)
        for number in range(3 * LONGEST_QUEUE):
            scene.publish(ITEM, number)
        scene.push.broken = None
        found = []
        async for event in events:
            found.append(event.data)
            if event.data == 3 * LONGEST_QUEUE - 1:
                break
        assert [number for number in found if number is not None] == list(range(3 * LONGEST_QUEUE))


@scenario
async def test_closing_in_the_middle_of_a_large_answer_ends_it(scene: Scene) -> None:
    told: list[Any] = []

    def close(event: LiveEvent) -> None:
        told.append(event)
        scene.live.close()

    await scene.live.on(scene.push.push(ITEM), close)
    for number in range(3 * LONGEST_QUEUE):
        scene.publish(ITEM, number)
    await asyncio.sleep(1)
    assert len(told) == 1
    await scene.live.aclose()


@scenario
async def test_gaps_in_a_row_are_one(scene: Scene) -> None:
    async with scene.subscribe(ITEM) as events:
        for _ in range(3):
            scene.push.forget()
            await asyncio.sleep(120)
        scene.publish(ITEM, 1)
        assert [event.name for event in await read(events, 2)] == ["gap", "update"]


@scenario
async def test_handlers_may_be_plain_or_async_and_are_called_one_after_the_other(scene: Scene) -> None:
    told: list[Any] = []

    async def slow(event: LiveEvent) -> None:
        await asyncio.sleep(1)
        told.append(event.data)

    stop_slow = await scene.live.on(scene.push.push(ITEM), slow)
    stop_quick = await scene.live.on(scene.push.push(ITEM), lambda event: told.append(-event.data))
    for number in (1, 2, 3):
        scene.publish(ITEM, number)
    await asyncio.sleep(2.5)
    await stop_slow()
    await stop_quick()
    scene.publish(ITEM, 4)
    await asyncio.sleep(10)
    # The call that ran was not cancelled.
    assert told == [-1, -2, -3, 1, 2, 3]


@scenario
async def test_a_handler_that_fails_is_reported_and_called_again(scene: Scene) -> None:
    told: list[Any] = []

    def fail(event: LiveEvent) -> None:
        told.append(event.data)
        raise OSError("the handler failed")

    reported: list[Any] = []
    before, sys.excepthook = sys.excepthook, lambda *problem: reported.append(problem[0])
    try:
        await scene.live.on(scene.push.push(ITEM), fail)
        scene.publish(ITEM, 1)
        scene.publish(ITEM, 2)
        await asyncio.sleep(1)
    finally:
        sys.excepthook = before
    assert (told, reported) == ([1, 2], [OSError, OSError])


@scenario
async def test_a_handler_hears_that_its_subscription_has_ended(scene: Scene) -> None:
    told: list[LiveEvent] = []
    await scene.live.on(scene.push.push(ITEM), told.append)
    await scene.live.on(scene.push.push(ME), told.append)
    scene.push.advice = {"reconnect": "none"}
    await asyncio.sleep(100)
    assert [(event.name, type(event.data)) for event in told] == [("ended", PushRefused)] * 2
    assert scene.live.status == "connecting"
    requests = len(scene.push.posts)
    await asyncio.sleep(1_000)
    assert len(scene.push.posts) == requests


# Wake-up, connection and closing.


@scenario
async def test_waking_up_connects_anew_at_once(scene: Scene) -> None:
    async with scene.subscribe(ITEM) as events:
        await asyncio.sleep(100)
        woken = scene.runtime.monotonic()
        scene.runtime.wake(600)
        assert (await anext(events)).name == "gap"
        assert scene.runtime.monotonic() - woken < 2
        scene.publish(ITEM, 1)
        assert (await anext(events)).data == 1


@scenario
async def test_a_short_look_at_another_tab_changes_nothing(scene: Scene) -> None:
    async with scene.subscribe(ITEM):
        await asyncio.sleep(100)
        for _ in range(20):
            scene.runtime.wake(1)
        await asyncio.sleep(100)
        assert scene.messages("handshake") == 1


@scenario
async def test_a_jump_of_the_clock_is_noticed_without_a_page(scene: Scene) -> None:
    async with scene.subscribe(ITEM) as events:
        await asyncio.sleep(1)
        scene.runtime.asleep += 600
        async with asyncio.timeout(20):
            assert (await anext(events)).name == "gap"


@scenario
async def test_offline_makes_no_request_and_online_connects_at_once(scene: Scene) -> None:
    scene.network.offline = True
    task = asyncio.ensure_future(scene.subscribe(ITEM).__aenter__())
    await asyncio.sleep(60)
    assert scene.push.posts == []
    scene.network.change(offline=False)
    events = await task
    scene.network.change(offline=True)
    requests = len(scene.push.posts)
    await asyncio.sleep(60)
    assert len(scene.push.posts) == requests
    back = scene.runtime.monotonic()
    scene.network.change(offline=False)
    assert (await anext(events)).name == "gap"
    assert scene.runtime.monotonic() - back <= 2


@scenario
async def test_an_idle_connection_costs_one_request_per_poll_and_no_call(scene: Scene) -> None:
    async with scene.subscribe(ITEM):
        await asyncio.sleep(1)
        requests = len(scene.push.posts)
        await asyncio.sleep(45 * 20)
        assert len(scene.push.posts) - requests <= 2 * 20
        assert scene.push.calls == []


@scenario
async def test_a_server_that_answers_polls_at_once_is_not_asked_all_the_time(scene: Scene) -> None:
    scene.push.timeout = 0.0
    async with scene.subscribe(ITEM):
        await asyncio.sleep(60)
        assert len(scene.push.posts) < 70


@scenario
async def test_a_server_that_forgets_each_new_client_is_not_asked_all_the_time(scene: Scene) -> None:
    async with scene.subscribe(ITEM):
        await asyncio.sleep(1)
        requests = len(scene.push.posts)
        for _ in range(600):
            scene.push.forget()
            await asyncio.sleep(0.1)
        assert len(scene.push.posts) - requests <= 30


@scenario
async def test_advised_pauses_are_kept(scene: Scene) -> None:
    scene.push.timeout, scene.push.advice = 5.0, {"interval": 5_000}
    async with scene.subscribe(ITEM) as events:
        await asyncio.sleep(100)
        assert len(scene.push.posts) < 15
        scene.publish(ITEM, 1)
        assert (await anext(events)).data == 1


@scenario
async def test_closing_the_client_closes_its_live(scene: Scene) -> None:
    async with scene.subscribe(ITEM) as events:
        await scene.podio.aclose()
        with pytest.raises(StopAsyncIteration):
            await anext(events)
        assert scene.podio.context.running == []
    with pytest.raises(RuntimeError, match=r"This Live or its client is closed\. Create a new one\."):
        async with scene.subscribe(ITEM):
            raise AssertionError("the block began")


@scenario
async def test_a_closed_client_makes_no_new_connections(scene: Scene) -> None:
    await scene.podio.aclose()
    with pytest.raises(RuntimeError, match="its client is closed"):
        async with scene.subscribe(ITEM):
            raise AssertionError("the block began")
    assert (scene.push.posts, scene.podio.context.running) == ([], [])


@scenario
async def test_closing_waits_for_the_goodbye_but_not_for_ever(scene: Scene) -> None:
    async with scene.subscribe(ITEM):
        scene.push.latency = 100.0
        before = scene.runtime.monotonic()
        await scene.live.aclose()
        assert scene.runtime.monotonic() - before <= 10
    await scene.live.aclose()
    scene.push.latency = 0.05


@scenario
async def test_a_cancelled_subscriber_leaves_nothing_behind(scene: Scene) -> None:
    scene.push.broken = "refuse"
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(30), scene.subscribe(ITEM):
            raise AssertionError("the block began")
    requests = len(scene.push.posts)
    await asyncio.sleep(300)
    assert len(scene.push.posts) == requests


@scenario
async def test_a_live_that_was_not_used_has_nothing_to_close(scene: Scene) -> None:
    assert scene.live.status == "connecting"
    scene.live.close()
    await scene.live.aclose()
    assert (scene.live.status, scene.push.posts) == ("closed", [])


@scenario
async def test_a_connection_survives_a_listener_that_fails(scene: Scene) -> None:
    told: list[str] = []

    class Listener:
        def on_agreed(self, channel: str) -> None:
            raise OSError("the listener failed")

        def on_ended(self, channel: str, problem: Exception) -> None:
            """Do nothing."""

        def on_event(self, channel: str, data: Any) -> None:
            told.append(data)
            connection.unwant(channel)

        def on_gap(self, channels: list[str]) -> None:
            """Do nothing."""

        def on_status(self, status: str) -> None:
            told.append(status)

    reported: list[Any] = []
    before, sys.excepthook = sys.excepthook, lambda *problem: reported.append(problem[0])
    try:
        connection = Connection(scene.podio, "https://push.podio.com/faye", Listener())
        connection.want(credential_of(scene.push.push(ITEM)))
        await asyncio.sleep(1)
        scene.push.publish(ITEM, 1)
        await asyncio.sleep(1)
    finally:
        sys.excepthook = before
    assert (reported, told, connection.timeout) == ([OSError], ["live", 1, "connecting"], 45.0)
    await connection.aclose()
    assert (told[-1], scene.push.clients) == ("closed", 0)


# Misuse.


@scenario
async def test_misuse_says_what_to_do(scene: Scene) -> None:
    with pytest.raises(ValueError, match="at least one object with push"):
        scene.live.subscribe()
    with pytest.raises(ValueError, match="This has no push object"):
        scene.live.subscribe({"item_id": 6101})
    with pytest.raises(TypeError, match="handler must be a function, not int"):
        await scene.live.on(scene.push.push(ITEM), 4)  # type: ignore[arg-type]
    subscription = scene.subscribe(ITEM)
    with pytest.raises(RuntimeError, match="Open the subscription first"):
        await anext(subscription)
    async with subscription:
        with pytest.raises(RuntimeError, match="was opened before"):
            await subscription.__aenter__()
    with pytest.raises(TypeError, match="Live needs a Podio, not SyncPodio"):
        Live(SyncPodio("client", "my-app"))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="SyncLive needs a SyncPodio, not Podio"):
        SyncLive(scene.podio)  # type: ignore[arg-type]
