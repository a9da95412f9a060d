"""Saving many items: one outcome for each, a few at a time, and no calls that Podio would refuse."""

import asyncio
import threading
from typing import Any

import pytest

from podio_web import ConflictError, ConnectionFailed, LoginRequired, Podio, RateLimitError, SyncPodio
from podio_web.http import RateLimit, Request, Response
from podio_web.items import App, Item, Saved, SaveResult, SyncApp, SyncItem
from podio_web.items.bulk import Outcomes, save_each, save_each_blocking
from tests.items_data import APP_ID, item_json
from tests.unit.items_support import DEFINITION, TOKEN, Scripted, app, run, sync_client


def items_of(count: int) -> list[Item]:
    return [Item(None, item_json(number, {}), DEFINITION) for number in range(1, count + 1)]


class Saves:
    """Saves items, and notes how many at a time."""

    def __init__(self, problems: dict[int, Exception] | None = None) -> None:
        self.problems = problems or {}
        self.saved: list[int | None] = []
        self.running = 0
        self.most = 0

    async def __call__(self, item: Item) -> Saved:
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0)
        self.running -= 1
        self.saved.append(item.item_id)
        if item.item_id in self.problems:
            raise self.problems[item.item_id]
        return Saved(4, ("hours",))

    def blocking(self, item: Item) -> Saved:
        self.saved.append(item.item_id)
        if item.item_id in self.problems:
            raise self.problems[item.item_id]
        return Saved(4, ("hours",))


def save_all(count: int, problems: dict[int, Exception], at_once: int) -> list[list[SaveResult[Item]]]:
    """Return the outcomes in tasks, in threads, and one after the other."""
    outcomes = [Outcomes(items_of(count), at_once) for _ in range(3)]
    save = Saves(problems).blocking
    return [
        run(save_each(outcomes[0], Saves(problems), lambda: None)),
        save_each_blocking(outcomes[1], save, lambda: None),
        save_each_blocking(outcomes[2], save, lambda: None, with_threads=False),
    ]


@pytest.mark.parametrize("at_once", [1, 4, 50])
@pytest.mark.parametrize("count", [0, 1, 9])
def test_each_item_has_one_outcome_in_order(count: int, at_once: int) -> None:
    problems: dict[int, Exception] = {3: ConflictError("409"), 5: ValueError("no"), 7: ConnectionFailed("lost")}
    for results in save_all(count, problems, at_once):
        assert [each.item.item_id for each in results] == list(range(1, count + 1))
        for each in results:
            number = each.item.item_id or 0
            assert each.error is problems.get(number)
            assert each.saved == (None if number in problems else Saved(4, ("hours",)))
            assert each.was_sent


def test_only_so_many_are_saved_at_a_time() -> None:
    saves = Saves()
    run(save_each(Outcomes(items_of(20), 4), saves, lambda: None))
    assert saves.most == 4


def test_threads_save_at_the_same_time() -> None:
    barrier = threading.Barrier(3, timeout=20)

    def save(item: Item) -> Saved:
        barrier.wait()
        return Saved(4)

    results = save_each_blocking(Outcomes(items_of(3), 3), save, lambda: None)
    assert not [each for each in results if each.error]


def test_an_interrupt_lets_only_the_running_saves_end() -> None:
    goes_on = threading.Event()
    saved: list[Item] = []

    def slow(item: Item) -> Saved:
        if item.item_id == 1:
            goes_on.wait(20)
            raise KeyboardInterrupt
        saved.append(item)
        goes_on.set()
        threading.Event().wait(0.05)
        return Saved(4)

    with pytest.raises(KeyboardInterrupt):
        save_each_blocking(Outcomes(items_of(200), 2), slow, lambda: None)
    assert len(saved) < 100


@pytest.mark.parametrize("problem", [RateLimitError("420"), LoginRequired("Sign in.")])
def test_after_a_rate_limit_or_a_sign_out_no_more_are_tried(problem: Exception) -> None:
    for results in save_all(9, {3: problem}, 1):
        assert [each.was_sent for each in results] == [True] * 3 + [False] * 6
        assert [each.error for each in results] == [None, None] + [problem] * 7


def test_few_calls_are_used_one_by_one() -> None:
    saves, few = Saves(), RateLimit(1000, 3)
    run(save_each(Outcomes(items_of(20), 4), saves, lambda: few))
    assert saves.most == 1
    saves, many = Saves(), RateLimit(1000, 5)
    run(save_each(Outcomes(items_of(20), 4), saves, lambda: many))
    assert saves.most == 4
    assert len(save_each_blocking(Outcomes(items_of(9), 4), Saves().blocking, lambda: few)) == 9


@pytest.mark.parametrize("at_once", [0, -1, 1.5, True, None])
def test_at_least_one_is_saved_at_a_time(at_once: Any) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Outcomes([], at_once)


class Limited:
    """Podio with few calls left: it refuses the rest, and says so in its headers if pages may read them."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.calls: list[Request] = []

    async def perform(self, call: Request, timeout: float | None) -> Response:
        self.calls.append(call)
        self.left -= 1
        headers = {"x-rate-limit-limit": "1000", "x-rate-limit-remaining": str(max(0, self.left))}
        await asyncio.sleep(0)
        if self.left < 0:
            return Response(420, headers, '{"error_description": "Please wait 3600 seconds before trying again."}')
        return Response(200, headers, '{"revision": 4}')

    async def close(self) -> None: ...


def test_a_rate_limit_is_told_once_and_costs_one_call() -> None:
    transport = Limited(10)
    podio: Podio[Any] = Podio("client", "my-app", transport=transport)
    podio.set_access_token(TOKEN)
    told: list[float | None] = []
    podio.on("rate_limited", told.append)
    tasks, items = App(podio, APP_ID), items_of(40)
    for item in items:
        item["hours"] = 5

    async def save() -> list[SaveResult[Item]]:
        return await tasks.save_all(items, at_once=4)

    results = run(save())
    assert len([each for each in results if each.saved]) == 10
    assert len([each for each in results if not each.was_sent]) == 29
    assert len(transport.calls) == 11
    assert told == [3600]
    assert all(isinstance(each.error, RateLimitError) for each in results[10:])
    transport.left = 1000
    assert len([each for each in run(save()) if each.saved and each.saved.changed]) == 30


def test_new_items_are_saved_after_one_look_at_the_definition() -> None:
    transport = Scripted().with_app()
    transport.answer("POST", f"/item/app/{APP_ID}/", item_json(6200, revision=0), times=None)
    tasks = app(transport)
    results = run(tasks.save_all([tasks.new(title=str(number)) for number in range(5)], silent=True, hook=False))
    assert [each.error for each in results] == [None] * 5
    assert [call.method for call in transport.calls] == ["GET", "POST", "POST", "POST", "POST", "POST"]
    assert transport.queries[1:] == ["silent=1&hook=0"] * 5


class Slow(Scripted):
    """An app and an item that is created slowly enough for another save to come in between."""

    def __init__(self, *, blocks: bool = False) -> None:
        super().__init__()
        self.blocks = blocks
        self.with_app()
        self.answer("POST", f"/item/app/{APP_ID}/", item_json(6200, revision=0), times=None)

    async def perform(self, call: Request, timeout: float | None) -> Response:
        if call.method == "POST":
            await (self.others_come(0.05) if self.blocks else asyncio.sleep(0))
        return await super().perform(call, timeout)

    async def others_come(self, seconds: float) -> None:
        threading.Event().wait(seconds)


def test_an_item_that_is_saved_twice_at_the_same_time_is_created_once() -> None:
    transport = Slow()
    tasks = app(transport)
    new = tasks.new(title="Paint the fence")
    results = run(tasks.save_all([new, new]))
    assert [each.saved for each in results] == [Saved(0, ("title",)), Saved(0)]
    assert [call.method for call in transport.calls] == ["GET", "POST"]


def test_two_threads_that_save_an_item_create_it_once() -> None:
    transport = Slow(blocks=True)
    tasks: SyncApp[SyncItem] = SyncApp(sync_client(transport), APP_ID)
    new = tasks.new(title="Paint the fence")
    results = tasks.save_all([new, new])
    assert sorted(len(each.saved.changed) for each in results if each.saved) == [0, 1]
    assert [call.method for call in transport.calls] == ["GET", "POST"]


def test_after_a_failed_save_the_one_that_waited_tries_again() -> None:
    transport = Scripted().with_app()
    transport.fail("POST", f"/item/app/{APP_ID}/", ConnectionFailed("lost"))
    transport.answer("POST", f"/item/app/{APP_ID}/", item_json(6200, revision=0))
    tasks = app(transport)
    new = tasks.new(title="Paint the fence")
    results = run(tasks.save_all([new, new]))
    assert [type(each.error) for each in results] == [ConnectionFailed, type(None)]


def test_a_blocking_client_saves_in_threads() -> None:
    transport = Scripted().with_app()
    transport.answer("POST", f"/item/app/{APP_ID}/", item_json(6200, revision=0), times=None)
    podio: SyncPodio[Any] = sync_client(transport)
    tasks = SyncApp(podio, APP_ID)
    items: list[SyncItem] = [tasks.new(title=str(number)) for number in range(9)]
    results = tasks.save_all(items, at_once=3, silent=True)
    assert [each.item for each in results] == items
    assert [each.error for each in results] == [None] * 9
    assert transport.queries[1:] == ["silent=1"] * 9
    assert [each.saved and each.saved.changed for each in tasks.save_all(items)] == [()] * 9
