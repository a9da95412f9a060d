"""What the stores have in common, on its own."""

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podio_web import Token
from podio_web.stores.records import (
    LONGEST_LOCK,
    KeyedStore,
    check_lock,
    check_timeout,
    check_ttl,
    file_path,
    is_locked,
    read_token,
    write_token,
)
from tests.platforms import needs_posix

TOKEN = Token("a" * 32, expires_at=1_900_000_000.0, scope="global:all", ref={"type": "user", "id": 1001})

parts = st.tuples(*[st.text(st.characters() | st.sampled_from(":%/{}* \ud800"), max_size=4)] * 4)


class Keys(KeyedStore):
    """A store that shows its keys."""

    def key(self, auth_type: str) -> str:
        return self._key(auth_type)


def key_of(parts: tuple[str, str, str, str]) -> str:
    api_origin, client_id, user, auth_type = parts
    return Keys().for_client(api_origin, client_id).for_user(user).key(auth_type)


@given(st.lists(parts, unique=True, max_size=5))
@settings(deadline=None)
def test_no_two_sessions_share_a_key(different: list[tuple[str, str, str, str]]) -> None:
    assert all(key_of(one) != key_of(other) for one, other in itertools.combinations(different, 2))


@given(st.binary() | st.text())
@settings(deadline=None)
def test_no_record_raises(record: bytes | str) -> None:
    assert read_token(record) is None


def test_a_token_is_read_as_it_was_written() -> None:
    found = read_token(write_token(TOKEN))
    assert found is not None
    assert found.to_dict() == TOKEN.to_dict()


def test_a_lock_ends_at_its_deadline() -> None:
    assert is_locked("me", deadline=10, now=9.9)
    assert not is_locked("me", deadline=10, now=10)
    assert not is_locked(None, deadline=10, now=9)
    assert not is_locked("me", deadline=10_000, now=9)


def test_narrowing_a_store_leaves_the_wider_one_as_it_was() -> None:
    wide = Keys()
    wide.for_client("https://api.example", "my-app").for_user("alice")
    assert wide.key("server") == ":::server"


@pytest.mark.parametrize("user", [None, 1001, b"person"])
def test_sessions_are_told_apart_by_texts_only(user: Any) -> None:
    with pytest.raises(TypeError, match="must be str"):
        KeyedStore().for_user(user)


@pytest.mark.parametrize("owner", ["", None, 7])
def test_a_lock_needs_an_owner(owner: Any) -> None:
    with pytest.raises(ValueError, match="owner"):
        check_lock(owner, 30)


@pytest.mark.parametrize("seconds", [0, -1, LONGEST_LOCK + 1, float("nan")])
def test_a_lock_is_held_for_a_while_and_not_for_ever(seconds: float) -> None:
    with pytest.raises(ValueError, match="more than 0 and at most"):
        check_lock("worker-1", seconds)
    check_lock("worker-1", LONGEST_LOCK)


@pytest.mark.parametrize("ttl", [0, 0.5, -1, float("nan")])
def test_a_session_is_kept_for_a_second_at_least(ttl: float) -> None:
    with pytest.raises(ValueError, match="at least 1 second"):
        check_ttl(ttl)
    check_ttl(1)
    check_ttl(None)


@pytest.mark.parametrize("timeout", [-1, -0.001, float("nan")])
def test_a_time_to_wait_is_not_negative(timeout: float) -> None:
    with pytest.raises(ValueError, match="timeout must be a number of seconds"):
        check_timeout(timeout)
    check_timeout(0)
    check_timeout(0.5)


@needs_posix("links without special rights, and no $HOME")
def test_a_store_s_file_is_found_through_links_and_from_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "real.json").write_text("{}")
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    assert file_path("~/link.json") == (tmp_path / "real.json").resolve()
    assert file_path(tmp_path / "new.json") == tmp_path.resolve() / "new.json"


def test_a_place_for_no_file_is_refused_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="mkdir -p"):
        file_path(tmp_path / "missing" / "sessions.json")
    with pytest.raises(IsADirectoryError, match="a file that nothing else uses"):
        file_path(tmp_path)
