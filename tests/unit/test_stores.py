"""Session stores on texts, as the browser's storages are."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podio_web import MemoryStore, Token
from podio_web.stores.memory import MemoryTexts
from podio_web.stores.podio_js_session import PODIO_JS_KEY
from podio_web.stores.text import KEY_PREFIX, TextStore
from tests.unit.fake_page import TOKEN_TEXT

NOW = 1_800_000_000.0
KEY = KEY_PREFIX + "https://api.podio.com:my-app:client"
TOKEN = Token(TOKEN_TEXT, expires_at=NOW + 60, scope="global:all", ref={"type": "user", "id": 1001})


@pytest.fixture
def texts() -> MemoryTexts:
    return MemoryTexts()


@pytest.fixture
def store(texts: MemoryTexts) -> TextStore:
    return TextStore(lambda: texts, lambda: NOW).for_client("https://api.podio.com", "my-app")


def test_a_token_comes_back_whole(store: TextStore, texts: MemoryTexts) -> None:
    assert store.get("client") is None
    store.set(TOKEN, "client")
    found = store.get("client")
    assert found is not None
    assert found.to_dict() == TOKEN.to_dict()
    assert texts.keys() == [KEY]
    store.clear("client")
    assert store.get("client") is None
    assert texts.keys() == []


def test_rule_10_two_client_ids_and_two_apis_do_not_see_each_other(texts: MemoryTexts) -> None:
    base = TextStore(lambda: texts, lambda: NOW)
    base.for_client("https://api.podio.com", "one").set(TOKEN, "client")
    assert base.for_client("https://api.podio.com", "two").get("client") is None
    assert base.for_client("https://api.example", "one").get("client") is None


def test_foreign_keys_are_never_touched(store: TextStore, texts: MemoryTexts) -> None:
    texts.set("theirs", "x")
    texts.set(KEY, "rubbish")
    assert store.get("client") is None
    store.set(TOKEN, "client")
    store.clear("client")
    assert texts.keys() == ["theirs"]


@pytest.mark.parametrize(
    "rubbish",
    [
        "",
        "null",
        "[]",
        "{}",
        "{",
        "[" * 100_000,
        '{"access_token": "a b", "expires_at": 1}',
        '{"access_token": "a"}',
        '{"access_token": "a", "expires_at": NaN}',
        '{"access_token": "a", "expires_at": true}',
    ],
)
def test_a_broken_record_is_removed_not_raised(store: TextStore, texts: MemoryTexts, rubbish: str) -> None:
    texts.set(KEY, rubbish)
    assert store.get("client") is None
    assert texts.keys() == []


@given(st.text())
def test_no_text_in_the_storage_raises(text: str) -> None:
    texts = MemoryTexts()
    store = TextStore(lambda: texts, lambda: NOW).for_client("https://api.podio.com", "my-app")
    texts.set(KEY, text)
    store.get("client")
    texts.set(PODIO_JS_KEY, text)
    store.get("client")


def test_a_podio_js_session_is_adopted_once_without_its_refresh_token(store: TextStore, texts: MemoryTexts) -> None:
    old = {
        "accessToken": TOKEN_TEXT,
        "refreshToken": "canary",
        "expiresIn": "28800",
        "ref": {"type": "user", "id": "1001"},
        "scope": "global%3Aall",
    }
    texts.set(PODIO_JS_KEY, json.dumps(old))
    found = store.get("client")
    assert found is not None
    assert found.access_token == TOKEN_TEXT
    assert found.expires_at == NOW + 28_800
    assert found.ref == {"type": "user", "id": 1001}
    assert "canary" not in texts.get(KEY)  # type: ignore[operator]
    # Moved, so that it is not there again after a log-out.
    store.clear("client")
    assert store.get("client") is None
    assert texts.keys() == []


def test_a_session_of_our_own_wins_over_one_of_podio_js(store: TextStore, texts: MemoryTexts) -> None:
    store.set(TOKEN, "client")
    texts.set(PODIO_JS_KEY, json.dumps({"accessToken": "other", "expiresIn": 10}))
    found = store.get("client")
    assert found is not None
    assert found.access_token == TOKEN_TEXT
    assert PODIO_JS_KEY in texts.keys()  # noqa: SIM118


@pytest.mark.parametrize("rubbish", ["", "{}", "null", '{"accessToken": 5}', "[" * 100_000])
def test_a_podio_js_record_that_is_no_session_is_left_alone(store: TextStore, texts: MemoryTexts, rubbish: str) -> None:
    texts.set(PODIO_JS_KEY, rubbish)
    assert store.get("client") is None
    assert texts.keys() == [PODIO_JS_KEY]


def test_a_podio_js_record_is_looked_for_in_the_client_flow_only(store: TextStore, texts: MemoryTexts) -> None:
    texts.set(PODIO_JS_KEY, json.dumps({"accessToken": TOKEN_TEXT, "expiresIn": 10}))
    assert store.get("server") is None


def test_the_memory_store_keeps_one_token_per_kind() -> None:
    store = MemoryStore()
    store.set(TOKEN, "client")
    assert store.get("client") is TOKEN
    assert store.get("server") is None
    store.clear("client")
    store.clear("client")
    assert store.get("client") is None


@pytest.mark.parametrize("api_origin", ["https://api.example", "http://localhost:8001", "https://api.podio.com:444"])
def test_a_podio_js_session_is_not_handed_to_another_api(api_origin: str) -> None:
    """It does not say which API it belongs to, and the token would be sent there."""
    texts = MemoryTexts()
    texts.set(PODIO_JS_KEY, json.dumps({"accessToken": TOKEN_TEXT, "expiresIn": 10}))
    store = TextStore(lambda: texts, lambda: NOW)
    assert store.for_client(api_origin, "my-app").get("client") is None
    assert texts.keys() == [PODIO_JS_KEY]
    assert store.for_client("https://api.podio.com", "my-app").get("client") is not None


def test_a_lock_in_memory_is_its_owners() -> None:
    store = MemoryStore()
    assert store.acquire("server", "a", 60)
    assert not store.acquire("server", "b", 60)
    store.release("server", "b")
    assert not store.acquire("server", "b", 60)
    store.release("server", "a")
    assert store.acquire("server", "b", 60)
