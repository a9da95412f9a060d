"""What every store does, each on the real thing."""

import asyncio
import logging
import time
from typing import Any

import pytest
import redis.asyncio

from podio_web import Podio, Token
from podio_web.stores.records import LONGEST_LOCK
from podio_web.stores.redis import RedisStore
from podio_web.testing import FakeTransport
from tests.stores.conftest import KINDS
from tests.stores.workers import API, closing, open_store, token

CANARY = "canary0123456789abcdef"


def text_of(found: Token | None) -> str | None:
    return None if found is None else found.access_token


def test_a_token_comes_back_whole(store: Any) -> None:
    assert store.get("server") is None
    kept = token()
    store.set(kept, "server")
    assert store.get("server").to_dict() == kept.to_dict()


def test_the_token_that_was_set_last_counts(store: Any) -> None:
    store.set(token("one"), "server")
    store.set(token("two"), "server")
    assert text_of(store.get("server")) == "two"


def test_clear_forgets_one_token_and_no_other(store: Any) -> None:
    store.set(token("app"), "app")
    store.set(token("server"), "server")
    store.clear("app")
    store.clear("app")
    assert store.get("app") is None
    assert text_of(store.get("server")) == "server"


def test_each_kind_of_sign_in_client_api_and_user_has_a_session_of_its_own(store: Any) -> None:
    others = [
        (store, "password"),
        (store.for_user("alice"), "server"),
        (store.for_user("bob"), "server"),
        (store.for_client(API, "their-app"), "server"),
        (store.for_client("https://api.example", "my-app"), "server"),
        (store.for_client("https://api.example", "my-app").for_user("alice"), "server"),
    ]
    store.set(token("mine"), "server")
    for number, (other, auth_type) in enumerate(others):
        assert other.get(auth_type) is None
        other.set(token(f"theirs-{number}"), auth_type)
    assert text_of(store.get("server")) == "mine"
    store.clear("server")
    assert [text_of(other.get(kind)) for other, kind in others] == [f"theirs-{number}" for number in range(len(others))]


def test_each_session_has_a_lock_of_its_own(store: Any) -> None:
    assert store.acquire("server", "me", 60)
    for other in (store.for_user("alice"), store.for_client(API, "their-app"), store.for_client("https://b", "my-app")):
        assert other.acquire("server", "somebody", 60)
        assert other.release("server", "somebody")
    assert store.acquire("password", "somebody", 60)
    assert not store.acquire("server", "somebody", 60)


def test_the_client_and_the_user_are_chosen_in_any_order(store: Any) -> None:
    store.for_client("https://api.example", "theirs").for_user("alice").set(token("hers"), "server")
    assert text_of(store.for_user("alice").for_client("https://api.example", "theirs").get("server")) == "hers"


@pytest.mark.parametrize(
    "users", [("a:b", "a%3Ab"), ("", ":"), ("é", "e\u0301"), ("A", "a"), ("a", "a\x00"), ("*", "**")]
)
def test_users_with_odd_names_never_meet(store: Any, users: tuple[str, str]) -> None:
    for user in users:
        store.for_user(user).set(token(f"of-{users.index(user)}"), "server")
    assert [text_of(store.for_user(user).get("server")) for user in users] == ["of-0", "of-1"]


def test_no_client_id_spells_out_another_one_s_key(store: Any) -> None:
    store.for_client("https://api.example:80", "x").set(token(), "server")
    assert store.for_client("https://api.example", "80:x").get("server") is None


def test_a_user_that_is_no_text_is_refused(store: Any) -> None:
    with pytest.raises(TypeError, match="must be str"):
        store.for_user(7)


def test_a_lock_has_one_owner_until_it_is_released(store: Any) -> None:
    assert store.acquire("server", "me", 60) is True
    assert store.acquire("server", "somebody", 60) is False
    assert store.release("server", "me") is True
    assert store.acquire("server", "somebody", 60) is True


def test_an_owner_may_take_the_lock_again_and_moves_its_deadline(store: Any) -> None:
    assert store.acquire("server", "me", 0.02)
    assert store.acquire("server", "me", 60)
    time.sleep(0.03)
    assert not store.acquire("server", "somebody", 60)


def test_a_lock_past_its_deadline_is_anybody_s(store: Any) -> None:
    assert store.acquire("server", "me", 0.02)
    time.sleep(0.03)
    assert store.acquire("server", "somebody", 60)
    # Too late: the work under the lock took longer than it said.
    assert not store.release("server", "me")
    assert not store.acquire("server", "me", 60)


def test_a_release_by_somebody_else_does_nothing(store: Any) -> None:
    assert store.release("server", "me") is False
    assert store.acquire("server", "me", 60)
    assert store.release("server", "somebody") is False
    assert not store.acquire("server", "somebody", 60)


def test_a_lock_and_a_session_do_not_touch_each_other(store: Any) -> None:
    store.acquire("server", "me", 60)
    store.set(token("one"), "server")
    store.clear("server")
    assert not store.acquire("server", "somebody", 60)
    store.set(token("two"), "server")
    store.release("server", "me")
    assert text_of(store.get("server")) == "two"


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), LONGEST_LOCK + 1])
def test_a_lock_for_no_time_or_for_ever_is_refused(store: Any, seconds: float) -> None:
    with pytest.raises(ValueError, match="seconds must be more than 0 and at most 3600"):
        store.acquire("server", "me", seconds)


def test_a_lock_without_an_owner_is_refused(store: Any) -> None:
    with pytest.raises(ValueError, match="owner must be a text"):
        store.acquire("server", "", 60)


@pytest.mark.parametrize("kind", [*KINDS, "redis, asyncio"])
def test_the_next_client_is_signed_in_with_what_the_one_before_stored(kind: str, address: str) -> None:
    transport = FakeTransport()
    transport.answer("POST", "/oauth/token", {"access_token": "kept", "refresh_token": "renews", "expires_in": 3600})

    async def run() -> list[bool]:
        # The widest store, which each client narrows to its own sessions.
        client = redis.asyncio.Redis.from_url(address) if kind == "redis, asyncio" else None
        store = (open_store(kind, address) if client is None else RedisStore(client)).for_client("", "")
        clients = [
            Podio("app", client_id, "secret", session_store=store, transport=transport)
            for client_id in ("my-app", "my-app", "their-app")
        ]
        await clients[0].authenticate_with_app(1, "app-token")
        found = [await podio.is_authenticated() for podio in clients[1:]]
        if client is not None:
            await closing(client)
        return found

    assert asyncio.run(run()) == [True, False]


def test_no_token_shows_in_what_is_printed_or_logged(
    store: Any, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    mine = store.for_user("canary-user")
    mine.set(token(CANARY), "server")
    assert mine.acquire("server", "me", 60)
    shown = [repr(mine), str(mine), repr(mine.get("server")), caplog.text, *capsys.readouterr()]
    mine.release("server", "me")
    mine.clear("server")
    assert "canary" not in "".join([*shown, caplog.text, *capsys.readouterr()])
