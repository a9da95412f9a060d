"""Reading what Podio sends: forms and JSON, untrusted input, and what makes two deliveries the same."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podio_web.hooks import BadDelivery, Delivery, Event
from podio_web.hooks.delivery import LONGEST_BODY, NUMBERS, REMEMBERED, SAME_BODY, read_delivery
from tests.unit.hooks_support import delivery, form

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def test_a_form_is_read() -> None:
    read = read_delivery(form("item.update", item_id=3000000001, item_revision_id=0, external_id="a b"))
    assert (read.type, read.hook_id, read.item_id, read.item_revision_id) == ("item.update", 12, 3000000001, 0)
    assert read.external_id == "a b"
    assert read.comment_id is None


def test_json_is_read() -> None:
    body = json.dumps({"type": "file.change", "hook_id": 12, "item_id": "6101", "file_ids": [1, 2], "more": None})
    read = read_delivery(body.encode(), "application/json; charset=utf-8")
    assert read.data == {"type": "file.change", "hook_id": 12, "item_id": 6101, "file_ids": "1,2"}


def test_the_last_value_of_a_repeated_key_counts() -> None:
    assert read_delivery(form("item.create", item_id=1) + b"&item_id=2").item_id == 2


def test_an_empty_number_is_none() -> None:
    read = read_delivery(form("comment.create", item_id="", comment_id=4, external_id=""))
    assert (read.item_id, read.comment_id, read.external_id) == (None, 4, None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"type=item.create",
        b"hook_id=12&item_id=1",
        b"type=item.create&hook_id=12",
        b"type=item.create&hook_id=12&item_id=",
        b"type=item.create&hook_id=-1&item_id=1",
        b"type=item.create&hook_id=12&item_id=1e3",
        b"type=item.create&hook_id=12&item_id=9223372036854775808",
        b"type=item.create&hook_id=12&item_id=" + "\u0661".encode(),
        b"type=&hook_id=12",
        b"type=a%0Ab&hook_id=12",
        b"type=" + b"a" * 65 + b"&hook_id=12",
        b"type=hook.verify&hook_id=12",
        b"type=hook.verify&hook_id=12&code=",
        b"&".join(b"a%d=1" % number for number in range(300)),
        b"a" * (LONGEST_BODY + 1),
        b"{",
        b"{}",
        b"\xff{",
        b'{"type": "item.create", "hook_id": true, "item_id": 1}',
        b'{"type": "item.create", "hook_id": 1.5, "item_id": 1}',
        b'{"type": "item.create", "hook_id": 12, "item_id": {}}',
        b'{"type": "a.b", "hook_id": 12, "a": [[1]]}',
        b'{"type": "a.b", "hook_id": 12, "a": "\\ud800"}',
        b'{"a": 1' + b"0" * 5000 + b"}",
        b'{"a":' * 10_000,
        json.dumps({"type": "a.b", "hook_id": 12, **{str(n): n for n in range(300)}}).encode(),
    ],
)
def test_what_is_not_a_delivery_is_refused(body: bytes) -> None:
    with pytest.raises(BadDelivery):
        read_delivery(body)


def test_json_must_be_an_object() -> None:
    with pytest.raises(BadDelivery):
        read_delivery(b"[]", "application/json")


@given(st.binary(max_size=200), st.sampled_from(["", "application/json", "application/x-www-form-urlencoded", "\xff"]))
def test_no_body_raises_another_error(body: bytes, content_type: str) -> None:
    try:
        read = read_delivery(body, content_type)
    except BadDelivery:
        return
    assert isinstance(read.hook_id, int)
    assert read.key == read.key


@given(st.dictionaries(TEXTS, TEXTS, max_size=5), st.integers(0, 2**63 - 1))
def test_a_form_and_json_say_the_same(more: dict[str, str], item_id: int) -> None:
    data = {**{name: text for name, text in more.items() if name not in NUMBERS}, "type": "item.update"}
    values = {**data, "hook_id": "12", "item_id": str(item_id)}
    read = read_delivery(urlencode(values).encode())
    assert read.data == {**data, "hook_id": 12, "item_id": item_id}
    assert read_delivery(json.dumps(values).encode()) == read


def test_repr_has_no_code() -> None:
    read = read_delivery(form("hook.verify", code="canary"))
    assert repr(read) == "Delivery(type='hook.verify', hook_id=12)"
    assert "canary" not in repr(Event(read.type, read.hook_id, read.data))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (delivery(item_revision_id=1), delivery(item_revision_id=1, external_id="a"), True),
        (delivery(item_revision_id=1), delivery(item_revision_id=2), False),
        (delivery(item_revision_id=1), delivery(hook_id=13, item_revision_id=1), False),
        (delivery(item_revision_id=1), delivery("item.create", item_revision_id=1), False),
        (delivery("item.delete"), delivery("item.delete", external_id="a"), True),
        (delivery("comment.create", comment_id=1, item_id=1), delivery("comment.create", comment_id=1), True),
        (delivery("comment.create", comment_id=1), delivery("comment.delete", comment_id=1), False),
        (delivery("comment.create", item_id=1), delivery("comment.create", item_id=2), False),
        (delivery("file.change", file_ids="1,2", a="1"), delivery("file.change", file_ids="1,2"), True),
        (delivery("file.change", file_ids="1", action_type="a"), delivery("file.change", file_ids="1"), False),
        (delivery("file.change"), delivery("file.change", item_id=1), False),
        (delivery("task.create", task_id=1), delivery("task.create", task_id=1, a="1"), False),
        (delivery(external_id="a"), delivery(external_id="b"), False),
    ],
)
def test_duplicates_have_one_key(one: Delivery, other: Delivery, same: bool) -> None:
    assert (one.key == other.key) is same


def test_an_event_that_is_named_is_remembered_longer() -> None:
    assert delivery(item_revision_id=1).remembered == delivery("item.create").remembered == REMEMBERED
    assert delivery().remembered == delivery("task.create").remembered == SAME_BODY
