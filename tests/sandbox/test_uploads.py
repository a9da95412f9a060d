"""Uploads and downloads that stall, are slow, break off or are too large; and what they cost."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import re
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from podio_web.sandbox import Sandbox
from podio_web.testing import SandboxControl, SandboxRefused
from tests.platforms import needs_posix
from tests.sandbox.sandbox_support import MULTIPART, Caller, form_data

BIG = b"0123456789abcdef" * 262_144  # 4 MiB, more than a connection holds.
ORIGIN = {"Origin": "http://localhost:8000"}
BROWSER = {"Sec-Fetch-Mode": "cors"}


class Sender:
    """An upload over a connection of its own that the test feeds by hand."""

    def __init__(self, podio: Caller, body: bytes, *headers: str) -> None:
        address = urlsplit(podio.url)
        self.rest = body
        self._connection = socket.create_connection((address.hostname, address.port), timeout=30)
        head = [
            "POST /file/ HTTP/1.1",
            f"Host: {address.netloc}",
            f"Authorization: OAuth2 {podio.token}",
            "Content-Type: multipart/form-data; boundary=b",
            f"Content-Length: {len(body)}",
            *headers,
        ]
        self._connection.sendall("\r\n".join([*head, "", ""]).encode())

    def send(self, count: int) -> None:
        self._connection.sendall(self.rest[:count])
        self.rest = self.rest[count:]

    def send_what_fits(self) -> int:
        """Send until the connection takes nothing for a moment, and return the bytes that it has taken."""
        before = len(self.rest)
        while self.rest and select.select([], [self._connection], [], 0.5)[1]:
            self.rest = self.rest[self._connection.send(self.rest[:65_536]) :]
        return before - len(self.rest)

    def received(self) -> bytes:
        """Return all that arrives until the connection is closed; a reset closes it too."""
        found = b""
        with contextlib.suppress(ConnectionResetError):
            while chunk := self._connection.recv(65_536):
                found += chunk
        return found

    def close(self) -> None:
        self._connection.close()


def wait_for(condition: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until, f"waited for {what}"
        time.sleep(0.01)


def state(podio: Caller) -> str:
    listed = podio.uploads()
    return str(listed[-1]["state"]) if listed else ""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the contents of files."""
    return tmp_path_factory.mktemp("data") / "podio.sqlite.files"


@pytest.fixture(scope="module")
def sandbox(folder: Path) -> Iterator[Sandbox]:
    with Sandbox(data=folder.with_suffix(""), control=True) as running:
        yield running


def stored(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


@pytest.fixture
def control(sandbox: Sandbox) -> SandboxControl:
    return SandboxControl(sandbox.url)


def test_a_stalled_upload_goes_on_after_its_time(demo: Caller, control: SandboxControl) -> None:
    control.fail_next("stall_upload", after_bytes=100_000, seconds=0.5)
    started = time.monotonic()
    answer = demo.upload(BIG)
    assert time.monotonic() - started >= 0.5
    assert (answer.status, answer.json["size"]) == (200, len(BIG))
    assert control.uploads()[0]["sha256"] == hashlib.sha256(BIG).hexdigest()


def test_a_stalled_upload_takes_no_more_bytes_and_its_end_is_seen(demo: Caller, control: SandboxControl) -> None:
    control.fail_next("stall_upload", after_bytes=100_000)
    sender = Sender(demo, form_data(BIG, "a.bin"))
    taken = sender.send_what_fits()
    assert 100_000 <= taken < 3_000_000
    wait_for(lambda: [each["received"] >= 100_000 for each in control.uploads()] == [True], "the first bytes")
    (arrival,) = control.uploads()
    assert (arrival["state"], arrival["status"], arrival["sha256"]) == ("receiving", None, None)
    assert 100_000 <= arrival["received"] < 1_000_000
    # Nobody else has to wait.
    assert demo.upload(b"hello").status == 200
    sender.close()
    wait_for(lambda: control.uploads()[0]["state"] == "closed", "the closed connection")
    assert control.uploads()[0]["status"] is None


def test_a_cancelled_upload_leaves_nothing(demo: Caller, folder: Path) -> None:
    before = stored(folder)
    sender = Sender(demo, form_data(BIG, "a.bin"))
    sender.send(1_000_000)
    wait_for(lambda: demo.uploads() != [] and demo.uploads()[0]["received"] >= 1_000_000, "the first bytes")
    [begun] = stored(folder) - before
    sender.close()
    wait_for(lambda: state(demo) == "closed", "the closed connection")
    wait_for(lambda: begun not in stored(folder), "the file to be removed")
    wait_for(lambda: demo.calls()[-1]["status"] is None, "the call without a response")


def test_a_slow_upload_takes_its_time(demo: Caller, control: SandboxControl) -> None:
    control.fail_next("slow_upload", rate=1000)
    started = time.monotonic()
    assert demo.upload(BIG[:500_000]).json["size"] == 500_000
    assert time.monotonic() - started >= 0.5


def test_the_end_of_a_slow_upload_is_seen_at_once(demo: Caller, control: SandboxControl) -> None:
    control.fail_next("slow_upload", rate=1)
    sender = Sender(demo, form_data(BIG, "a.bin"))
    assert sender.send_what_fits() > 100_000
    sender.close()
    # At 1 kB/s, what is on the way would take minutes.
    wait_for(lambda: state(demo) == "closed", "the closed connection")


@pytest.mark.parametrize("after_bytes", [0, 1_000_000])
def test_a_dropped_upload(demo: Caller, control: SandboxControl, after_bytes: int) -> None:
    control.fail_next("drop_upload", after_bytes=after_bytes)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        demo.upload(BIG)
    (arrival,) = control.uploads()
    assert (arrival["state"], arrival["status"]) == ("dropped", None)
    assert after_bytes <= arrival["received"] < len(BIG)
    assert demo.upload(BIG).status == 200


def test_a_browsers_repetition_of_a_dropped_upload_is_dropped_too(demo: Caller, control: SandboxControl) -> None:
    # Both browsers repeat an upload if its connection had carried other requests.
    def upload() -> int | None:
        try:
            return demo.post("/file/", raw=form_data(BIG, "a.bin"), headers={**MULTIPART, **BROWSER}).status
        except (http.client.RemoteDisconnected, ConnectionError):
            return None

    control.fail_next("drop_upload", after_bytes=100_000)
    assert [upload(), upload(), upload()] == [None, None, 200]
    demo.close()
    control.fail_next("drop_upload", after_bytes=100_000)
    assert [upload(), upload()] == [None, 200]


def test_the_response_can_be_late_after_the_last_byte(demo: Caller, control: SandboxControl) -> None:
    control.fail_next("slow", method="POST", path_prefix="/file", seconds=3)
    sender = Sender(demo, form_data(b"hello", "a.txt"), "Connection: close")
    sender.send(1_000_000)
    wait_for(lambda: state(demo) == "received", "the whole body")
    assert control.uploads()[0]["sha256"] == hashlib.sha256(b"hello").hexdigest()
    assert sender.received().startswith(b"HTTP/1.1 200 OK\r\n")
    wait_for(lambda: state(demo) == "answered", "the response")
    sender.close()


def test_an_upload_that_is_cancelled_before_its_response(demo: Caller, control: SandboxControl) -> None:
    control.fail_next("slow", seconds=3)
    sender = Sender(demo, form_data(b"hello", "a.txt"))
    sender.send(1_000_000)
    wait_for(lambda: state(demo) == "received", "the whole body")
    sender.close()
    wait_for(lambda: state(demo) == "closed", "the closed connection")
    wait_for(lambda: demo.calls()[-1]["status"] == 200, "the file, which Podio has by now")
    assert state(demo) == "closed"


@pytest.mark.parametrize("by_setting", [True, False])
def test_a_file_that_is_too_large(demo: Caller, control: SandboxControl, folder: Path, by_setting: bool) -> None:
    if by_setting:
        control.settings(largest_upload=len(BIG) - 1)
        assert demo.upload(BIG[:-1]).status == 200
    else:
        control.fail_next("too_large")
    before = stored(folder)
    answer = demo.upload(BIG)
    assert (answer.status, answer.headers["content-type"]) == (413, "text/html; charset=utf-8")
    assert answer.text.startswith("<html>")
    assert stored(folder) == before
    assert demo.upload(b"small").status == 200


@pytest.mark.parametrize(("kind", "status"), [("unauthorized", 401), ("server_error", 500), ("drop_body", None)])
def test_faults_of_other_kinds_take_the_whole_upload_first(
    demo: Caller, control: SandboxControl, kind: str, status: int | None
) -> None:
    control.fail_next(kind)
    if status is None:
        with pytest.raises(http.client.IncompleteRead):
            demo.upload(BIG)
    else:
        assert demo.upload(BIG).status == status
    (arrival,) = control.uploads()
    assert (arrival["state"], arrival["size"]) == ("answered", len(BIG))


def test_a_token_that_expires_during_an_upload_is_refused_after_it(
    demo: Caller, control: SandboxControl, folder: Path
) -> None:
    before = stored(folder)
    sender = Sender(demo, form_data(BIG, "a.bin"), "Connection: close")
    sender.send(1_000_000)
    wait_for(lambda: state(demo) == "receiving", "the beginning")
    control.expire_tokens()
    sender.send(len(BIG))
    assert b"expired_token" in sender.received()
    assert stored(folder) == before
    sender.close()


def test_faults_in_bodies_wait_for_a_call_that_can_have_such_a_body(demo: Caller, control: SandboxControl) -> None:
    one = demo.upload(b"hello").json["file_id"]
    control.fail_next("drop_upload")
    assert demo.get(f"/file/{one}/raw").body == b"hello"
    assert demo.delete(f"/file/{one}").status == 204
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        demo.upload(b"hello")
    control.fail_next("drop_download")
    one = demo.upload(b"hello").json["file_id"]
    with pytest.raises(http.client.IncompleteRead):
        demo.get(f"/file/{one}/raw")


def test_a_dropped_download(demo: Caller, control: SandboxControl) -> None:
    one = demo.upload(BIG).json["file_id"]
    for kind, after_bytes in (("drop_download", 1_000_000), ("drop_body", None)):
        control.fail_next(kind, path_prefix=f"/file/{one}/raw", after_bytes=after_bytes)
        with pytest.raises(http.client.IncompleteRead) as broken:
            demo.get(f"/file/{one}/raw")
        assert 0 < len(broken.value.partial) < len(BIG)
        assert BIG.startswith(broken.value.partial)
    assert demo.get(f"/file/{one}/raw").body == BIG


@pytest.mark.parametrize(("kind", "seconds", "rate"), [("stall_download", 0.4, None), ("slow_download", None, 10_000)])
def test_a_download_that_takes_its_time(
    demo: Caller, control: SandboxControl, kind: str, seconds: float | None, rate: float | None
) -> None:
    one = demo.upload(BIG).json["file_id"]
    control.fail_next(kind, after_bytes=100_000, seconds=seconds, rate=rate)
    started = time.monotonic()
    assert demo.get(f"/{one}").body == BIG
    assert time.monotonic() - started >= 0.4


def test_a_download_that_stalls_for_good(demo: Caller, control: SandboxControl) -> None:
    one = demo.upload(BIG).json["file_id"]
    control.fail_next("stall_download", after_bytes=100_000)
    connection = http.client.HTTPConnection(urlsplit(demo.url).netloc, timeout=20)
    connection.request("GET", f"/file/{one}/raw", headers={"Authorization": f"OAuth2 {demo.token}"})
    response = connection.getresponse()
    assert len(response.read(100_000)) == 100_000
    connection.sock.settimeout(0.5)
    with pytest.raises(TimeoutError):
        response.read()
    connection.close()
    assert demo.get(f"/file/{one}/raw").body == BIG


def test_the_control_interface_lists_and_refuses(demo: Caller, control: SandboxControl) -> None:
    demo.upload(b"hello")
    assert [upload["size"] for upload in control.uploads()] == [5]
    control.clear_uploads()
    assert control.uploads() == []
    with pytest.raises(SandboxRefused, match="must not be less than 0"):
        control.fail_next("stall_upload", after_bytes=-1)
    with pytest.raises(SandboxRefused, match=r"must be between 0\.001"):
        control.fail_next("slow_upload", rate=0)


def test_a_page_may_upload(demo: Caller) -> None:
    headers = {**MULTIPART, **ORIGIN}
    answer = demo.post("/file/", raw=form_data(b"hello", "a.txt"), headers=headers)
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == ORIGIN["Origin"]


@contextlib.contextmanager
def process(folder: Path) -> Iterator[tuple[Caller, int]]:
    """A sandbox in a process of its own, as the command starts it, with its temporary files in ``folder``."""
    command = [sys.executable, "-m", "podio_web.cli", "sandbox", "--port", "0", "--control"]
    names = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **names}) as running:
        assert running.stdout is not None
        try:
            match = re.search(r"http://\S+", running.stdout.readline())
            assert match is not None
            caller = Caller(match[0])
            caller.sign_in()
            yield caller, running.pid
            caller.close()
        finally:
            running.terminate()
            running.wait(20)


@needs_posix("list of a process's memory")
def test_an_upload_of_64_mb_does_not_stay_in_memory(tmp_path: Path) -> None:
    status = Path("/proc/self/status")
    if not status.exists():
        pytest.skip("this system does not tell the memory of another process")

    def peak(pid: int) -> int:
        match = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
        assert match is not None
        return int(match[1]) * 1024

    content = b"0123456789abcdef" * (64 * 1024 * 1024 // 16)
    with process(tmp_path) as (caller, pid):
        made = caller.upload(BIG).json
        assert caller.get(f"/file/{made['file_id']}/raw").body == BIG
        before = peak(pid)
        made = caller.upload(content).json
        assert made["size"] == len(content)
        assert caller.uploads()[-1]["sha256"] == hashlib.sha256(content).hexdigest()
        assert caller.get(f"/file/{made['file_id']}/raw").body == content
        grown = peak(pid) - before
    assert grown < 8_000_000, f"the peak grew by {grown} bytes"


@needs_posix("signal that lets a process end well")
def test_the_temporary_folder_is_removed_at_the_end(tmp_path: Path) -> None:
    with process(tmp_path) as (caller, _):
        caller.upload(b"hello")
        assert len(list(tmp_path.iterdir())) == 1
        caller.fail_next("stall_upload")
        sender = Sender(caller, form_data(BIG, "a.bin"))
        sender.send(100)
        wait_for(lambda: len(caller.uploads()) == 2, "the stalled upload")
    sender.close()
    assert list(tmp_path.iterdir()) == []


def test_uploads_do_not_mix(demo: Caller) -> None:
    def send(number: int) -> None:
        caller = Caller(demo.url)
        content = bytes([number]) * 300_000
        made = caller.upload(content, f"{number}.bin", token=demo.token).json
        raw = caller.get(f"/file/{made['file_id']}/raw", token=demo.token)
        found.append((made["name"], raw.body == content))
        caller.close()

    found: list[tuple[str, bool]] = []
    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [(f"{number}.bin", True) for number in range(8)]
