"""The parts of ``podio_web.live`` that decide something by themselves."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from podio_web.errors import NotFoundError
from podio_web.live.credentials import Credential, carrier_path, credential_of
from podio_web.live.events import LiveEvent, event_of
from podio_web.live.feeds import push_address
from podio_web.live.messages import Advice, fits, read_answer, subscribe
from podio_web.live.router import Router
from podio_web.runtime.cpython import CPythonRuntime
from podio_web.types import LiveStatus

PUSH = {"channel": "/item/1", "signature": "5ca1ab1e", "timestamp": 1_700_000_000, "expires_in": 21_600}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


class HasData:
    data = {"push": PUSH}


@pytest.mark.parametrize("carrier", [PUSH, {"push": PUSH}, {"push": PUSH, "title": "channel"}, HasData()])
def test_a_credential_is_found_in_what_podio_sends(carrier: Any) -> None:
    assert credential_of(carrier).to_dict() == PUSH


def test_the_lifetime_is_six_hours_unless_podio_says_otherwise() -> None:
    del_one = {name: value for name, value in PUSH.items() if name != "expires_in"}
    assert credential_of(del_one).expires_in == credential_of({**PUSH, "expires_in": "soon"}).expires_in == 21_600
    assert credential_of({**PUSH, "expires_in": 60}).expires_in == 60


@pytest.mark.parametrize("carrier", [{}, None, 4, {"push": None}, {"push": []}, {"item_id": 1}])
def test_no_push_object_is_an_error_that_says_what_has_one(carrier: Any) -> None:
    with pytest.raises(ValueError, match=r"podio\.get\('/user/status'\)"):
        credential_of(carrier)


@pytest.mark.parametrize(
    "change",
    [
        {"channel": "item/1"},
        {"channel": "/item/*"},
        {"channel": "/meta/connect"},
        {"channel": "/service/chat"},
        {"channel": 1},
        {"signature": ""},
        {"signature": None},
        {"timestamp": "now"},
        {"timestamp": True},
        {"timestamp": -1},
    ],
)
def test_an_unusable_push_object_is_an_error(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Read the object again"):
        credential_of({**PUSH, **change})


def test_a_credential_shows_no_signature() -> None:
    assert "5ca1ab1e" not in repr(credential_of(PUSH))


def test_a_signature_is_stale_a_minute_before_it_ends() -> None:
    credential = credential_of(PUSH)
    assert [credential.is_stale(1_700_000_000 + after) for after in (0, 21_540, 21_541)] == [False, False, True]


@pytest.mark.parametrize(
    ("channel", "path", "query"),
    [
        ("/user/1", "/user/status", None),
        ("/item/1", "/item/1", {"mark_as_viewed": False, "fields": "push"}),
        ("/task/1", "/task/1", None),
        ("/conversation/1", "/conversation/1", None),
    ],
)
def test_each_carrier_has_a_path(channel: str, path: str, query: Any) -> None:
    assert carrier_path(channel) == (path, query)


EVENT = {"event": "update", "ref": {"type": "item", "id": 1}, "created_by": {"type": "user", "id": 2}, "data": [1]}


@pytest.mark.parametrize("data", [EVENT, {"channel": "/item/1", "data": EVENT}])
def test_an_event_is_unwrapped_once(data: Any) -> None:
    event = event_of("/item/1", data)
    assert (event.name, event.channel, event.data) == ("update", "/item/1", [1])
    assert (event.ref, event.created_by, event.created_via) == (EVENT["ref"], EVENT["created_by"], None)


@pytest.mark.parametrize("data", [None, 4, [1], {}, {"event": 4}, {"channel": "/item/1", "eval": "alert(1)"}])
def test_what_is_no_event_is_kept_and_never_run(data: Any) -> None:
    event = event_of("/item/1", data)
    assert (event.name, event.data, event.ref) == ("", data, None)


def test_an_event_with_its_own_channel_is_not_unwrapped() -> None:
    event = event_of("/item/1", {**EVENT, "channel": "/other"})
    assert (event.name, event.data, event.channel) == ("update", [1], "/item/1")


@given(JSON)
def test_any_data_gives_an_event(data: Any) -> None:
    assert isinstance(event_of("/item/1", data), LiveEvent)


def test_events_are_shown_with_their_channel() -> None:
    assert (repr(LiveEvent("gap")), repr(event_of("/item/1", EVENT))) == (
        "<LiveEvent gap>",
        "<LiveEvent update /item/1>",
    )


@pytest.mark.parametrize("timestamp", [1_700_000_000, 1_700_000_000.0])
def test_a_timestamp_is_sent_with_the_digits_that_were_signed(timestamp: float) -> None:
    message = subscribe("a1", Credential("/item/1", "5ca1ab1e", timestamp, 60))
    assert json.dumps(message["ext"]["private_pub_timestamp"]) == "1700000000"
    assert subscribe("a1", Credential("/item/1", "a", 1.5, 60))["ext"]["private_pub_timestamp"] == 1.5


def test_a_request_has_at_most_twenty_messages_and_two_kilobytes() -> None:
    assert (fits([{"a": 1}] * 20), fits([{"a": 1}] * 21)) == (True, False)
    assert (fits([{"a": "b" * 3_000}]), fits([{"a": "b" * 1_000}] * 2)) == (True, False)


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (500, "[]"),
        (404, "[]"),
        (302, "[]"),
        (200, ""),
        (200, "<html>"),
        (200, "null"),
        (200, "4"),
        (200, '[{"a": NaN}]'),
    ],
)
def test_what_is_no_answer_is_none(status: int, text: str) -> None:
    assert read_answer(status, text) is None


def test_an_answer_may_be_one_message_and_may_have_rubbish_in_it() -> None:
    assert read_answer(200, '{"channel": "/a"}') == [{"channel": "/a"}]
    assert read_answer(200, '[1, "two", null, {}, {"channel": 4}, {"channel": "/a"}]') == [{"channel": "/a"}]


@given(JSON)
def test_any_json_can_be_an_answer(data: Any) -> None:
    answer = read_answer(200, json.dumps(data))
    assert answer is None or all(isinstance(message["channel"], str) for message in answer)


@pytest.mark.parametrize("advice", [None, [], "retry", {"timeout": "x", "interval": -1}, {"timeout": True}])
def test_advice_that_makes_no_sense_is_ignored(advice: Any) -> None:
    read = Advice()
    read.read({"reconnect": "none", "timeout": 2_000, "interval": 500})
    read.read(advice)
    assert (read.timeout, read.interval) == (2.0, 0.5)


@given(JSON)
@example(0)
@example(1e308)
@example(10**400)
def test_any_advice_leaves_sensible_times(advice: Any) -> None:
    read = Advice()
    read.read({"reconnect": advice, "timeout": advice, "interval": advice})
    assert 1 <= read.timeout <= 600
    assert 0 <= read.interval <= 300
    assert isinstance(read.reconnect, str)


@pytest.mark.parametrize(
    ("api", "push", "address"),
    [
        ("https://api.podio.com", None, "https://push.podio.com/faye"),
        ("https://api.example.com", None, "https://api.example.com/faye"),
        ("http://localhost:8000", None, "http://localhost:8000/faye"),
        ("https://api.podio.com", "https://push.example.com/faye", "https://push.example.com/faye"),
        ("https://api.podio.com", "http://127.0.0.1:9/a/b", None),
        ("http://localhost:8000", "http://127.0.0.1:9/a/b", "http://127.0.0.1:9/a/b"),
        ("https://api.podio.com", "https://push.example.com", None),
        ("https://api.podio.com", "https://push.example.com/faye?a=1", None),
        ("https://api.podio.com", "https://push.example.com/faye#a", None),
        ("https://api.podio.com", "https://user@push.example.com/faye", None),
        ("https://api.podio.com", "http://push.example.com/faye", None),
        ("https://api.podio.com", "push.example.com/faye", None),
        ("https://api.podio.com", 4, None),
    ],
)
def test_the_push_service_is_podio_s_or_beside_the_api(api: str, push: Any, address: str | None) -> None:
    if address is None:
        with pytest.raises(ValueError, match="push_url"):
            push_address(api, push)
    else:
        assert push_address(api, push) == address


class Silent:
    """A feed that does nothing."""

    status: LiveStatus = "connecting"
    timeout = 45.0

    def __init__(self) -> None:
        self.unwanted: list[str] = []

    def want(self, credential: Credential) -> None:
        """Do nothing."""

    def unwant(self, channel: str) -> None:
        self.unwanted.append(channel)

    def close(self) -> None:
        """Do nothing."""

    async def aclose(self) -> None:
        """Do nothing."""


class Taking:
    """A subscriber that keeps what it gets."""

    def __init__(self) -> None:
        self.taken: list[Any] = []

    def take(self, event: LiveEvent) -> None:
        self.taken.append(event.name)

    def end(self, channel: str | None, problem: Exception | None) -> None:
        self.taken.append((channel, problem))


def test_a_router_ignores_what_nobody_waits_for() -> None:
    feed, taking = Silent(), Taking()
    router = Router(CPythonRuntime(), lambda router: feed)
    router.on_agreed("/item/1")
    router.on_event("/item/1", EVENT)
    router.on_gap(["/item/1"])
    router.on_ended("/item/1", NotFoundError("gone"))
    router.leave(taking, "/item/1")
    router.on_status("live")
    router.join(taking, credential_of(PUSH))
    router.leave(Taking(), "/item/1")
    router.on_event("/item/1", EVENT)
    router.on_gap(["/item/1", "/item/2"])
    assert (taking.taken, feed.unwanted) == (["update", "gap"], [])
    assert router.end(NotFoundError("over")) is feed
    assert (taking.taken[2:], router.feed) == ([(None, None)], None)
    router.leave(taking, "/item/1")
    assert router.end(NotFoundError("over")) is None


def test_a_router_without_a_feed_has_nothing_to_unsubscribe() -> None:
    router, taking = Router(CPythonRuntime(), lambda router: Silent()), Taking()
    router.join(taking, credential_of(PUSH))
    router.feed = None
    router.leave(taking, "/item/1")
    assert taking.taken == []
