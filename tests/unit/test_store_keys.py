"""What the stores have in common, on its own."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from podio_web.sync.store_keys import KeyedStore, is_locked, read_token, write_token
from tests.stores.workers import token

parts = st.tuples(*[st.text(st.characters() | st.sampled_from(":%/{}* \ud800"), max_size=4)] * 4)


def key_of(parts: tuple[str, str, str, str]) -> str:
    api_origin, client_id, user, auth_type = parts
    return KeyedStore().for_client(api_origin, client_id).for_user(user)._key(auth_type)


@given(st.lists(parts, unique=True, max_size=5))
@settings(deadline=None)
def test_no_two_sessions_share_a_key(different: list[tuple[str, str, str, str]]) -> None:
    assert all(key_of(one) != key_of(other) for one, other in itertools.combinations(different, 2))


@given(st.binary() | st.text())
@settings(deadline=None)
def test_no_record_raises(record: bytes | str) -> None:
    assert read_token(record) is None


def test_a_token_is_read_as_it_was_written() -> None:
    found = read_token(write_token(token()))
    assert found is not None
    assert found.to_dict() == token().to_dict()


def test_a_lock_ends_at_its_deadline() -> None:
    assert is_locked("me", deadline=10, now=9.9)
    assert not is_locked("me", deadline=10, now=10)
    assert not is_locked(None, deadline=10, now=9)
    assert not is_locked("me", deadline=10_000, now=9)


def test_narrowing_a_store_leaves_the_wider_one_as_it_was() -> None:
    wide = KeyedStore()
    wide.for_client("https://api.example", "my-app").for_user("alice")
    assert wide._key("server") == ":::server"
