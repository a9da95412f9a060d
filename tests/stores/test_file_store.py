"""FileStore's file: who may read it, what happens to rubbish, and what a failed write leaves."""

import json
import os
import stat
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podio_web import Token
from podio_web.stores.file import FileStore
from tests.stores.workers import PROCESSES, run_together, token

CANARY = "canary0123456789abcdef"

any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
places = st.integers(0, 600)
fast = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sessions.json"


@contextmanager
def a_file_with(content: bytes) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "sessions.json"
        path.write_bytes(content)
        yield path


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names_in(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


def filled(path: Path) -> bytes:
    """Keep two sessions and a lock in the file; return what is in it."""
    store = FileStore(path)
    store.set(token("one"), "server")
    store.for_user("alice").set(token("two"), "server")
    store.acquire("server", "me", 60)
    return path.read_bytes()


def test_the_file_is_the_owner_s_alone_from_its_first_byte_on(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes = []
    fsync = os.fsync

    def look_and_sync(descriptor: int) -> None:
        modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", look_and_sync)
    before = os.umask(0)
    try:
        FileStore(path).set(token(), "server")
    finally:
        os.umask(before)
    assert modes == [0o600]
    assert {mode_of(found) for found in path.parent.iterdir()} == {0o600}


@pytest.mark.parametrize("mode", [0o644, 0o666, 0o640, 0o606])
def test_a_file_that_others_may_read_is_closed_to_them(path: Path, mode: int) -> None:
    filled(path)
    path.chmod(mode)
    assert FileStore(path).get("server") is not None
    assert mode_of(path) == 0o600


def test_the_directory_s_mode_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    filled(tmp_path / "sessions.json")
    assert mode_of(tmp_path) == 0o755


def test_the_home_directory_may_be_written_as_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    FileStore("~/sessions.json").set(token(), "server")
    assert (tmp_path / "sessions.json").exists()


def test_the_file_stays_the_same_when_the_working_directory_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    store = FileStore("sessions.json")
    monkeypatch.chdir(tmp_path / "elsewhere")
    store.set(token(), "server")
    assert (tmp_path / "sessions.json").exists()


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "sessions.json")
    FileStore(tmp_path / "link").set(token(), "server")
    assert (tmp_path / "link").is_symlink()
    assert FileStore(tmp_path / "sessions.json").get("server") is not None


def test_a_missing_directory_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"The directory .*/absent does not exist\. Create it"):
        FileStore(tmp_path / "absent" / "sessions.json")


def test_a_directory_that_goes_later_is_named_too(tmp_path: Path) -> None:
    (tmp_path / "brief").mkdir()
    store = FileStore(tmp_path / "brief" / "sessions.json")
    (tmp_path / "brief").rmdir()
    with pytest.raises(FileNotFoundError, match="Create it"):
        store.get("server")


@pytest.mark.parametrize("place", [".", "/dev/null"])
def test_what_is_no_file_is_refused(place: str) -> None:
    with pytest.raises(IsADirectoryError, match="Pass the path of a file that nothing else uses"):
        FileStore(place)


def test_reading_makes_no_file(path: Path) -> None:
    assert FileStore(path).get("server") is None
    FileStore(path).clear("server")
    assert not path.exists()


def test_an_empty_file_is_a_store_without_sessions(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.touch()
    assert FileStore(path).get("server") is None
    assert names_in(path.parent) == {"sessions.json", "sessions.json.lock"}
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "rubbish",
    [
        b"{",
        b"\x00" * 500,
        b"\xff\xfe\xff",
        b"null",
        b"[]",
        b'"text"',
        b"[" * 100_000,
        b"1" * 5_000,
        b'{"name": "somebody else\'s settings"}',
        b'{"podio-web": 2, "sessions": {}, "locks": {}}',
        b'{"podio-web": 1, "sessions": [], "locks": {}}',
        b'{"podio-web": 1, "sessions": {}, "locks": null}',
        b'{"accessToken": "of podio-js"}',
    ],
)
def test_rubbish_is_moved_aside_with_one_warning(path: Path, rubbish: bytes, caplog: pytest.LogCaptureFixture) -> None:
    path.write_bytes(rubbish)
    store = FileStore(path)
    assert store.get("server") is None
    store.set(token(), "server")
    assert store.get("server") is not None
    assert path.with_name("sessions.json.corrupt").read_bytes() == rubbish
    assert len(caplog.messages) == 1
    assert "sessions.json.corrupt" in caplog.messages[0]


@pytest.mark.parametrize("first", ["get", "set", "clear", "acquire", "release"])
def test_rubbish_stands_in_nobody_s_way(path: Path, first: str) -> None:
    path.write_bytes(b"rubbish")
    store = FileStore(path)
    arguments: dict[str, tuple[Any, ...]] = {
        "set": (token(), "server"),
        "acquire": ("server", "me", 60),
        "release": ("server", "me"),
    }
    getattr(store, first)(*arguments.get(first, ("server",)))
    assert path.with_name("sessions.json.corrupt").read_bytes() == b"rubbish"


def test_rubbish_never_replaces_earlier_rubbish(path: Path) -> None:
    for rubbish in (b"first", b"second", b"third"):
        path.write_bytes(rubbish)
        assert FileStore(path).get("server") is None
    asides = sorted(found for found in path.parent.iterdir() if ".corrupt" in found.name)
    assert [found.read_bytes() for found in asides] == [b"first", b"second", b"third"]


@given(st.binary() | any_json.map(lambda value: json.dumps(value).encode()))
@fast
def test_no_bytes_in_the_file_raise_or_are_lost(content: bytes) -> None:
    with a_file_with(content) as path:
        store = FileStore(path)
        assert store.get("server") is None
        store.set(token(), "server")
        assert store.get("server") is not None
        assert not content or path.with_name("sessions.json.corrupt").read_bytes() == content


@given(st.data())
@fast
def test_a_file_that_lost_or_changed_a_part_raises_nothing(data: st.DataObject) -> None:
    with a_file_with(b"") as path:
        whole = filled(path)
        start, end = sorted(min(data.draw(places), len(whole)) for _ in range(2))
        path.write_bytes(whole[:start] + data.draw(st.binary(max_size=4)) + whole[end:])
        store = FileStore(path)
        store.get("server")
        store.release("server", "me")
        store.set(token("new"), "server")
        found = store.get("server")
        assert found is not None
        assert found.access_token == "new"


@given(any_json, any_json)
@fast
def test_a_broken_record_costs_nobody_else_theirs(session: Any, lock: Any) -> None:
    with a_file_with(b"") as path:
        content = json.loads(filled(path))
        mine, _ = content["sessions"]
        content["sessions"][mine] = session
        content["locks"][mine] = lock
        path.write_text(json.dumps(content))
        store = FileStore(path)
        assert store.get("server") is None
        assert store.for_user("alice").get("server") is not None
        assert store.acquire("server", "somebody", 60)


@pytest.mark.parametrize(
    "lock", [{"owner": "me"}, {"owner": "", "deadline": 1e10}, {"owner": "me", "deadline": "x"}, 7]
)
def test_a_broken_lock_holds_nobody_up(path: Path, lock: Any) -> None:
    content = json.loads(filled(path))
    content["locks"] = dict.fromkeys(content["locks"], lock)
    path.write_text(json.dumps(content))
    assert FileStore(path).acquire("server", "somebody", 60)


def test_a_deadline_from_a_clock_that_was_set_back_holds_nobody_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    filled(path)
    monkeypatch.setattr(time, "time", lambda: now - 86_400)
    assert FileStore(path).acquire("server", "somebody", 60)


def test_locks_past_their_deadlines_do_not_pile_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FileStore(path)
    for number in range(5):
        store.for_user(str(number)).acquire("server", "me", 60)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 100)
    store.acquire("server", "me", 60)
    assert len(json.loads(path.read_text())["locks"]) == 1


@pytest.mark.parametrize("operation", ["get", "clear", "set"])
def test_what_a_killed_process_left_is_gone_with_the_next_use(path: Path, operation: str) -> None:
    draft = path.with_name("sessions.json.tmp")
    draft.write_text(CANARY)
    getattr(FileStore(path), operation)(*[token(), "server"][operation != "set" :])
    assert not draft.exists()


DISK_FULL = """
import resource, sys
from podio_web import Token
from podio_web import Token
from podio_web.stores.file import FileStore

store = FileStore(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))
store.set(Token("canary" * 400, expires_at=1.9e9), "server")
"""


def test_a_full_disk_is_an_error_that_leaves_the_old_session_and_no_secret(path: Path, root: Path) -> None:
    FileStore(path).set(token("old"), "server")
    ended = subprocess.run(
        [sys.executable, "-c", DISK_FULL, str(path)], capture_output=True, text=True, check=False, cwd=root
    )
    assert ended.returncode == 1
    assert "OSError" in ended.stderr
    assert "canary" not in ended.stderr
    found = FileStore(path).get("server")
    assert found is not None
    assert found.access_token == "old"
    assert names_in(path.parent) == {"sessions.json", "sessions.json.lock"}


def test_a_process_that_hangs_in_the_middle_is_an_error_in_the_end(path: Path) -> None:
    holding, done = PROCESSES.Event(), PROCESSES.Event()
    hanging = PROCESSES.Process(target=hang, args=(path, holding, done))
    hanging.start()
    holding.wait()
    try:
        with pytest.raises(TimeoutError, match=r"for 0\.05 seconds\. Find the process that hangs") as raised:
            FileStore(path, timeout=0.05).set(token(CANARY), "server")
    finally:
        done.set()
        hanging.join()
    assert CANARY not in "".join(traceback.format_exception(raised.value))
    FileStore(path).set(token(), "server")


def test_a_process_forked_in_the_middle_of_a_write_keeps_nobody_out(path: Path) -> None:
    run_together(fork_inside, (path,))


class Interrupting(Token):
    """A token that calls a function while a store writes it, and keeps everybody out."""

    def __init__(self, interrupt: Callable[[], None]) -> None:
        super().__init__("a", expires_at=1_900_000_000.0)
        self.interrupt = interrupt

    def to_dict(self) -> dict[str, Any]:
        self.interrupt()
        return super().to_dict()


def fork_inside(path: Path) -> None:
    """Fork while everybody is kept out; the child lives on until the parent has used the store again."""
    store = FileStore(path)
    reader, writer = os.pipe()
    child = 0

    def fork() -> None:
        nonlocal child
        child = os.fork()
        if not child:
            os.close(writer)
            os.read(reader, 1)
            os._exit(0)

    store.set(Interrupting(fork), "server")
    store.set(token(), "server")
    os.close(writer)
    os.waitpid(child, 0)


def hang(path: Path, holding: Any, done: Any) -> None:
    """Keep everybody out until `done`."""

    def wait() -> None:
        holding.set()
        done.wait()

    FileStore(path).set(Interrupting(wait), "server")


@pytest.mark.parametrize("rubbish", [CANARY.encode(), b'{"access_token": "%s"}' % CANARY.encode()])
def test_a_warning_shows_nothing_of_the_file(
    path: Path, rubbish: bytes, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    path.write_bytes(rubbish)
    FileStore(path).get("server")
    assert CANARY not in "".join([*capsys.readouterr(), caplog.text])
