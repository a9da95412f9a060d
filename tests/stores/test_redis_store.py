"""RedisStore's keys, its times, and what it takes for a client."""

import sys
import traceback
from typing import Any

import pytest
import redis

from podio_web.stores.redis import RedisStore
from tests.stores.workers import API, token

CANARY = "canary0123456789abcdef"


@pytest.fixture
def client(empty_redis: str) -> Any:
    with redis.Redis.from_url(empty_redis) as opened:
        yield opened


def test_the_keys_are_those_that_are_documented(client: Any) -> None:
    store = RedisStore(client).for_client(API, "my-app").for_user("a:b*")
    store.set(token(), "server")
    store.acquire("server", "me", 60)
    scope = b"https%3A%2F%2Fapi.podio.com:my-app:a%3Ab%2A:server"
    assert sorted(client.keys()) == [b"podio-web:lock:" + scope, b"podio-web:session:" + scope]
    store.clear("server")
    store.release("server", "me")
    assert client.keys() == []


@pytest.mark.parametrize(("options", "seconds"), [({}, 28 * 86_400), ({"ttl": 90}, 90), ({"ttl": 90.5}, 90.5)])
def test_a_session_is_forgotten_some_time_after_it_was_written(client: Any, options: Any, seconds: float) -> None:
    RedisStore(client, **options).set(token(), "server")
    (key,) = client.keys()
    left = client.pttl(key) / 1000
    assert seconds - 30 < left <= seconds


def test_a_session_without_a_ttl_is_kept_for_ever(client: Any) -> None:
    store = RedisStore(client)
    store.set(token(), "server")
    RedisStore(client, ttl=None).set(token(), "server")
    assert [client.ttl(key) for key in client.scan_iter()] == [-1]


@pytest.mark.parametrize("ttl", [0, 0.5, -1, float("nan")])
def test_a_ttl_that_is_no_time_is_refused(client: Any, ttl: float) -> None:
    with pytest.raises(ValueError, match="ttl must be at least 1 second"):
        RedisStore(client, ttl=ttl)


def test_a_lock_always_has_a_deadline_in_redis(client: Any) -> None:
    store = RedisStore(client)
    store.acquire("server", "me", 60)
    store.acquire("server", "me", 0.0001)
    # -2 is a key that is gone, -1 would be one without a deadline.
    assert all(client.pttl(key) in (-2, 0, 1) for key in client.scan_iter())


@pytest.mark.parametrize("decoded", [False, True])
def test_a_client_may_decode_answers_or_not(empty_redis: str, decoded: bool) -> None:
    with redis.Redis.from_url(empty_redis, decode_responses=decoded) as client:
        store = RedisStore(client)
        store.set(token("one"), "server")
        assert store.get("server").access_token == "one"
        assert store.acquire("server", "me", 60)
        assert store.release("server", "me")


@pytest.mark.parametrize("record", [b"", b"null", b"\xff\xfe", b"[" * 100_000, b'{"access_token": "a b"}'])
def test_a_broken_record_is_no_session(client: Any, record: bytes) -> None:
    store = RedisStore(client)
    store.set(token(), "server")
    client.set(client.keys()[0], record)
    assert store.get("server") is None


def test_a_password_in_the_url_is_shown_nowhere() -> None:
    store = RedisStore(f"redis://user:{CANARY}@127.0.0.1:1/0")
    with pytest.raises(redis.ConnectionError) as raised:
        store.set(token(CANARY), "server")
    assert CANARY not in repr(store) + "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize(
    "url", [f"redis://:a/{CANARY}@127.0.0.1", f"redis://:{CANARY}/b@host:1", f"http://{CANARY}", ""]
)
def test_a_url_that_is_none_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ValueError, match="RedisStore needs a URL such as redis://") as raised:
        RedisStore(url)
    assert CANARY not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("client", [None, 7, b"redis://127.0.0.1"])
def test_what_is_no_client_is_refused(client: Any) -> None:
    with pytest.raises(TypeError, match=r"RedisStore needs a URL, a redis\.Redis or a redis\.asyncio\.Redis"):
        RedisStore(client)


def test_without_the_package_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'podio-web\[redis\]'"):
        RedisStore("redis://127.0.0.1")
