"""Reading page by page: each item once, although others change the list meanwhile, with few calls."""

import json
import math
import random
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podio_web import (
    BadRequestError,
    ConnectionFailed,
    NotFoundError,
    RateLimitError,
    ServerError,
    TimedOut,
    UnavailableError,
)
from podio_web.items.paging import ItemsRateLimitError, Paging, Resume

SEEDS = range(50)


class Listed:
    """A list of item ids that others change, and the pages that were asked for."""

    def __init__(self, ids: list[int], between: Callable[["Listed"], object] | None = None) -> None:
        self.ids = ids
        self.between = between
        self.asked: list[tuple[int, int]] = []

    def page(self, limit: int, offset: int) -> dict[str, Any]:
        if self.asked and self.between:
            self.between(self)
        assert 1 <= limit <= 500
        assert offset >= 0
        self.asked.append((limit, offset))
        items = [{"item_id": each} for each in self.ids[offset : offset + limit]]
        return {"total": len(self.ids) + 5, "filtered": len(self.ids), "items": items}

    def read(self, paging: Paging, most: int = 1000) -> list[int]:
        found = []
        while (request := paging.request()) is not None:
            assert len(self.asked) < most
            paging.take(self.page(*request))
            found += [row["item_id"] for row in paging.rows()]
        return found


class Others:
    """People who delete and add items between two pages."""

    def __init__(self, seed: int, deletions: int, insertions: int, each: int) -> None:
        self.chance = random.Random(seed)
        self.deletions, self.insertions, self.each = deletions, insertions, each
        self.deleted: set[int] = set()

    def __call__(self, listed: Listed) -> None:
        for _ in range(min(self.each, self.deletions)):
            self.deleted.add(listed.ids.pop(self.chance.randrange(len(listed.ids))))
            self.deletions -= 1
        for _ in range(min(self.each, self.insertions)):
            listed.ids.append(listed.ids[-1] + 1)
            self.insertions -= 1


@pytest.mark.parametrize("each", [3, 10, 20, 50, 200])
def test_each_item_comes_once_although_others_delete_and_add_items(each: int) -> None:
    for seed in SEEDS:
        others = Others(seed, 200, 200, each)
        listed = Listed(list(range(1, 2001)), others)
        found = listed.read(Paging())
        assert found == sorted(set(found))
        assert set(range(1, 2001)) - others.deleted <= set(found)
        assert len(listed.asked) <= 1.15 * math.ceil(len(found) / 100)


def test_pages_of_every_size_are_read_once() -> None:
    for seed in SEEDS:
        chance = random.Random(seed)
        limit, each = chance.choice([1, 2, 7, 25, 60, 250, 500]), chance.choice([0, 1, 3, 40])
        others = Others(seed, 150, 150, each)
        listed = Listed(list(range(1, 401)), others)
        found = listed.read(Paging(limit))
        assert found == sorted(set(found))
        assert set(range(1, 401)) - others.deleted <= set(found)


def test_a_list_that_nobody_changes_takes_no_more_pages_than_it_has() -> None:
    listed = Listed(list(range(1, 2001)))
    assert listed.read(Paging()) == list(range(1, 2001))
    assert len(listed.asked) == 20
    assert listed.asked[:3] == [(100, 0), (110, 90), (110, 190)]


def test_the_largest_pages_overlap_by_one_item() -> None:
    listed = Listed(list(range(1, 1501)))
    assert listed.read(Paging(500)) == list(range(1, 1501))
    assert listed.asked == [(500, 0), (500, 499), (500, 998), (500, 1497)]


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101])
def test_short_lists(count: int) -> None:
    listed = Listed(list(range(1, count + 1)))
    paging = Paging()
    assert listed.read(paging) == list(range(1, count + 1))
    assert (paging.total, paging.filtered) == (count + 5, count)
    assert len(listed.asked) == (1 if count <= 100 else 2)


def test_everything_before_may_be_deleted() -> None:
    def deleting(listed: Listed) -> None:
        listed.ids = [each for each in listed.ids if each > 100]

    listed = Listed(list(range(1, 301)), deleting)
    assert listed.read(Paging()) == list(range(1, 301))


def test_everything_may_be_deleted() -> None:
    listed = Listed(list(range(1, 301)), lambda listed: listed.ids.clear())
    assert listed.read(Paging()) == list(range(1, 101))
    assert len(listed.asked) < 5


def test_several_pages_are_stepped_back_over() -> None:
    calls = []

    def deleting(listed: Listed) -> None:
        calls.append(1)
        if len(calls) == 5:
            listed.ids = listed.ids[250:]

    listed = Listed(list(range(1, 1001)), deleting)
    assert listed.read(Paging()) == list(range(1, 1001))


def test_the_reverse_order_of_ids() -> None:
    def changing(listed: Listed) -> None:
        listed.ids.insert(0, listed.ids[0] + 1)
        listed.ids.pop(5)

    listed = Listed(list(range(500, 0, -1)), changing)
    found = listed.read(Paging(50, -1))
    assert len(found) == len(set(found))
    assert set(found) >= set(range(1, 480))


def test_in_other_orders_no_item_comes_twice() -> None:
    chance = random.Random(1)

    def moving(listed: Listed) -> None:
        for _ in range(5):
            listed.ids.insert(chance.randrange(200), listed.ids.pop(chance.randrange(200, 400)))

    ids = list(range(1, 601))
    chance.shuffle(ids)
    listed = Listed(ids, moving)
    found = listed.read(Paging(50, 0))
    assert len(found) == len(set(found))
    assert len(listed.asked) < 40


def test_a_page_that_never_changes_is_not_asked_for_forever() -> None:
    for order in (1, -1, 0):
        for filtered in (10**9, None):
            paging, offsets = Paging(10, order), []
            while (request := paging.request()) is not None:
                offsets.append(request[1])
                paging.take({"filtered": filtered, "items": [{"item_id": each} for each in (5, 5, 5)]})
                list(paging.rows())
                assert len(offsets) < 10
            assert len(offsets) == len(set(offsets))


@pytest.mark.parametrize("answer", [None, [], {}, {"items": None}, {"items": [None, {}, {"item_id": "1"}]}, "text"])
def test_an_answer_of_another_shape_is_an_empty_page(answer: Any) -> None:
    paging = Paging()
    assert paging.request() == (100, 0)
    paging.take(answer)
    assert list(paging.rows()) == []
    assert paging.request() is None
    assert (paging.total, paging.filtered) == (None, None)


def test_the_end_is_found_without_the_number_of_matches() -> None:
    ids = list(range(1, 251))
    paging, found = Paging(), []
    while (request := paging.request()) is not None:
        limit, offset = request
        paging.take({"items": [{"item_id": each} for each in ids[offset : offset + limit]]})
        found += [row["item_id"] for row in paging.rows()]
    assert found == ids


def test_an_item_that_comes_twice_in_a_page_counts_once() -> None:
    paging = Paging()
    paging.request()
    paging.take({"filtered": 3, "items": [{"item_id": 1}, {"item_id": 1}, {"item_id": 2}]})
    assert [row["item_id"] for row in paging.rows()] == [1, 2]


def test_a_server_that_gives_less_than_asked_is_read_to_the_end() -> None:
    ids = list(range(1, 1001))
    paging, found, calls = Paging(500), [], 0
    while (request := paging.request()) is not None:
        limit, offset = request
        calls += 1
        page = [{"item_id": each} for each in ids[offset : offset + min(limit, 100)]]
        paging.take({"filtered": 1000, "items": page})
        found += [row["item_id"] for row in paging.rows()]
    assert found == ids
    assert calls == 11


def test_resuming_goes_on_behind_the_last_item_that_was_given() -> None:
    mixed = random.Random(1).sample(range(1, 301), 300)
    for order, ids in ((1, list(range(1, 301))), (-1, list(range(300, 0, -1))), (0, mixed)):
        paging = Paging(100, order)
        listed = Listed(ids[:])
        paging.request()
        paging.take(listed.page(100, 0))
        rows = paging.rows()
        first = [next(rows)["item_id"] for _ in range(60)]
        resume = Resume(**json.loads(json.dumps(asdict(paging.resume))))
        assert resume.offset == 60
        assert len(resume.seen) == (0 if order else 60)
        again = Listed(ids[:])
        assert first + again.read(Paging(100, order, resume)) == ids


def test_resuming_finds_items_that_moved_up_meanwhile() -> None:
    listed = Listed(list(range(1, 401)))
    listed.ids = listed.ids[50:]
    assert listed.read(Paging(100, 1, Resume(200, 200))) == list(range(201, 401))


@pytest.mark.parametrize("problem", [ServerError("500"), UnavailableError("504"), TimedOut("late")])
def test_after_a_fault_the_page_is_halved_once(problem: Exception) -> None:
    paging = Paging(100)
    assert paging.request() == (100, 0)
    assert paging.fail(problem)
    assert paging.request() == (55, 0) or paging.request() == (50, 0)
    assert not paging.fail(problem)
    listed = Listed(list(range(1, 201)))
    limit, offset = paging.request() or (0, 0)
    assert (limit, offset) == (50, 0)
    paging.take(listed.page(limit, offset))
    list(paging.rows())
    assert paging.request() == (55, 45)
    assert paging.fail(problem)
    assert paging.request() == (27, 48)


def test_pages_are_not_halved_below_25() -> None:
    paging = Paging(40)
    assert paging.fail(ServerError("500"))
    assert paging.request() == (25, 0)
    paging.take({"filtered": 100, "items": [{"item_id": 1}]})
    assert not paging.fail(ServerError("500"))
    assert not Paging(10).fail(ServerError("500"))


@pytest.mark.parametrize(
    "problem", [ConnectionFailed("offline"), NotFoundError("404"), BadRequestError("400"), ValueError()]
)
def test_other_errors_are_the_caller_s(problem: Exception) -> None:
    paging = Paging()
    paging.request()
    assert not paging.fail(problem)


def test_if_podio_refuses_a_large_page_all_are_smaller() -> None:
    ids, paging, found, refused = list(range(1, 501)), Paging(500), [], 0
    while (request := paging.request()) is not None:
        limit, offset = request
        if limit > 100:
            refused += 1
            assert paging.fail(BadRequestError("must not be greater than 100"))
            continue
        paging.take({"filtered": 500, "items": [{"item_id": each} for each in ids[offset : offset + limit]]})
        found += [row["item_id"] for row in paging.rows()]
    assert found == ids
    assert (refused, paging.largest) == (1, 100)
    assert not paging.fail(BadRequestError("400"))


def test_the_error_of_a_rate_limit_keeps_what_podio_said() -> None:
    problem = RateLimitError(
        "Wait.", retry_after=7, status=420, error="rate_limit", error_parameters={"a": 1}, method="POST", path="/x"
    )
    error = ItemsRateLimitError(problem, Resume(5, 6))
    assert isinstance(error, RateLimitError)
    assert (str(error), error.retry_after, error.status, error.error) == ("Wait.", 7, 420, "rate_limit")
    assert (error.error_parameters, error.method, error.path, error.resume) == ({"a": 1}, "POST", "/x", Resume(5, 6))


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=12), st.integers(1, 30), st.integers(0, 120)
)
def test_whatever_others_delete_and_add_each_item_comes_once(
    changes: list[tuple[int, int]], limit: int, count: int
) -> None:
    left = iter(changes)
    deleted: set[int] = set()

    def changing(listed: Listed) -> None:
        deletions, insertions = next(left, (0, 0))
        for _ in range(min(deletions, len(listed.ids))):
            deleted.add(listed.ids.pop(0))
        listed.ids += range(10_000 + len(listed.asked) * 100, 10_000 + len(listed.asked) * 100 + insertions)

    listed = Listed(list(range(1, count + 1)), changing)
    found = listed.read(Paging(limit), most=2000)
    assert found == sorted(set(found))
    assert set(range(1, count + 1)) - deleted <= set(found)
