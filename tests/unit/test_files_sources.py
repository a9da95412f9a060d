"""What an upload sends on CPython: paths, bytes and open files."""

import asyncio
import io
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest

from podio_web.transports.file_sources import PART, OwnFailure, file_source, local, own_failures, parts, parts_in_thread
from podio_web.transports.in_thread import in_thread


def content(given: Any, name: str | None = "a.bin") -> bytes:
    return b"".join(parts(file_source(given, name)))


def in_threads(given: Any, name: str | None = "a.bin") -> list[bytes]:
    async def read() -> list[bytes]:
        return [part async for part in parts_in_thread(file_source(given, name))]

    return asyncio.run(read())


LONG = bytes(range(256)) * 3_000


@pytest.mark.parametrize("size", [0, 1, PART - 1, PART, PART + 1, len(LONG)])
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, io.BytesIO])
def test_bytes_are_sent_whole(kind: Any, size: int) -> None:
    given = kind(LONG[:size])
    source = file_source(given, "a.bin")
    assert (source.name, source.size, source.repeatable) == ("a.bin", size, True)
    # Twice: after a renewal the file is sent again.
    for _ in range(2):
        sent = list(parts(source))
        assert b"".join(sent) == LONG[:size]
        assert all(0 < len(part) <= PART for part in sent)
    assert b"".join(in_threads(given)) == LONG[:size]


def test_a_memoryview_of_anything_is_sent_as_its_bytes() -> None:
    assert content(memoryview(LONG)[::2]) == LONG[::2]
    assert content(memoryview(b"abcdefgh").cast("I")) == b"abcdefgh"


def test_a_path_gives_name_and_size(tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(LONG)
    source = file_source(path, None)
    assert (source.name, source.size, source.repeatable) == ("report.pdf", len(LONG), True)
    assert b"".join(parts(source)) == LONG
    sent = in_threads(path)
    assert b"".join(sent) == LONG
    assert all(0 < len(part) <= PART for part in sent)
    assert file_source(path, "other\r\n.pdf").name == "other.pdf"


@pytest.mark.skipif(os.name == "nt", reason="Windows' names are text")
def test_a_name_that_is_no_text_can_be_sent(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt"))
    path.write_bytes(b"x")
    assert file_source(path, None).name == "caf\ufffd.txt"


def test_an_open_file_is_sent_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    with path.open("w+b") as file:
        file.write(b"a,b\n")
        assert content(file, None) == b"a,b\n"
        assert file_source(file, None).name == "data.csv"


def test_a_stream_that_cannot_seek_is_sent_once() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"from a pipe")
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        source = file_source(file, "pipe.txt")
        assert (source.size, source.repeatable) == (None, False)
        assert b"".join(parts(source)) == b"from a pipe"


def test_a_file_that_grows_is_sent_as_long_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "growing.log"
    path.write_bytes(b"line 1\n")
    source = file_source(path, None)
    path.write_bytes(b"line 1\nline 2\n")
    assert b"".join(parts(source)) == b"line 1\n"


def test_a_file_that_becomes_shorter_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "shrinking.log"
    path.write_bytes(b"line 1\nline 2\n")
    source = file_source(path, None)
    path.write_bytes(b"line 1\n")
    with pytest.raises(OwnFailure) as failure:
        list(parts(source))
    assert isinstance(failure.value.problem, ValueError)
    assert "became shorter" in str(failure.value.problem)


def test_a_stream_of_text_is_found_when_it_is_read() -> None:
    class Odd:
        def read(self, size: int) -> str:
            return "text"

    with pytest.raises(OwnFailure) as failure:
        list(parts(file_source(Odd(), "odd.txt")))
    assert isinstance(failure.value.problem, TypeError)


def generator() -> Iterator[bytes]:
    yield b"x"


@pytest.mark.parametrize(
    ("given", "name", "error", "says"),
    [
        ("report.pdf", None, TypeError, r"A str may be a path or a content\. Pass Path\(\.\.\.\)"),
        (b"x", None, ValueError, "Bytes have no file name"),
        (io.BytesIO(b"x"), None, ValueError, "This open file has no name"),
        (io.StringIO("x"), "a.txt", TypeError, "open in text mode. Open it with mode 'rb'"),
        (generator(), "a.txt", TypeError, "A generator cannot be sent: it has no size"),
        ([b"x"], "a.txt", TypeError, "A list cannot be sent"),
        (7, "a.txt", TypeError, "A int cannot be sent. Pass a Path"),
        (None, None, TypeError, "A NoneType cannot be sent"),
        (b"x", 7, TypeError, "name must be a text, not int"),
        (b"x", b"a.txt", TypeError, "name must be a text, not bytes"),
    ],
)
def test_what_cannot_be_sent_says_what_can(given: Any, name: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        file_source(given, name)


def test_a_folder_a_missing_file_and_a_device_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"is a folder\. Upload its files one by one"):
        file_source(tmp_path, None)
    with pytest.raises(FileNotFoundError):
        file_source(tmp_path / "missing", None)
    if sys.platform != "win32":
        with pytest.raises(ValueError, match=r"null is not a regular file\. Open it in binary mode"):
            file_source(Path("/dev/null"), None)


def test_a_source_of_another_transport_is_refused() -> None:
    other: Any = object()
    with pytest.raises(TypeError, match=r"cannot send a object\. Make the source with its source\(\)"):
        local(other)


def test_own_failures_are_wrapped_once() -> None:
    with pytest.raises(OwnFailure) as failure, own_failures(), own_failures():
        raise OSError(28, "No space left on device")
    assert isinstance(failure.value.problem, OSError)


def test_a_slow_file_does_not_stop_the_event_loop() -> None:
    """The file is read when the event loop has gone on: otherwise this would never end."""

    async def read() -> bytes:
        reading, writing = os.pipe()

        def write() -> None:
            os.write(writing, b"late")
            os.close(writing)

        asyncio.get_running_loop().call_later(0.01, write)
        with os.fdopen(reading, "rb", buffering=0) as file:
            return b"".join([part async for part in parts_in_thread(file_source(file, "pipe"))])

    assert asyncio.run(read()) == b"late"


@pytest.mark.parametrize("cancels", [1, 3])
def test_a_cancelled_task_waits_for_its_thread(cancels: int) -> None:
    async def begin() -> list[str]:
        order: list[str] = []
        loop = asyncio.get_running_loop()
        began, go_on = asyncio.Event(), asyncio.Event()

        def work() -> None:
            loop.call_soon_threadsafe(began.set)
            asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result()
            order.append("worked")
            raise OSError("not lost, and not logged")

        async def caller() -> None:
            try:
                await in_thread(work)
            finally:
                order.append("closed")

        task = asyncio.create_task(caller())
        await began.wait()
        for _ in range(cancels):
            task.cancel()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        return order

    assert asyncio.run(begin()) == ["worked", "closed"]


def test_the_end_of_the_event_loop_waits_for_a_thread() -> None:
    order: list[str] = []
    began, go_on = threading.Event(), threading.Event()

    def work() -> None:
        began.set()
        go_on.wait(10)
        order.append("worked")

    async def caller() -> None:
        try:
            await in_thread(work)
        finally:
            order.append("closed")

    async def leave() -> None:
        task = asyncio.create_task(caller())
        await asyncio.sleep(0)
        assert began.wait(10)
        assert not task.done()
        # After the event loop has cancelled its tasks.
        asyncio.get_running_loop().call_later(0.05, go_on.set)

    asyncio.run(leave())
    assert order == ["worked", "closed"]


def test_a_function_in_a_thread_sees_the_context_of_its_caller() -> None:
    person: ContextVar[str] = ContextVar("person")

    async def ask() -> str:
        person.set("Ada")
        return await in_thread(person.get)

    assert asyncio.run(ask()) == "Ada"


def test_clients_that_send_no_files_do_not_import_them() -> None:
    program = (
        "import sys, podio_web\n"
        "podio_web.SyncPodio('app', 'my-app', 'my-secret')\n"
        "print([name for name in sys.modules if name.startswith('podio_web.files')])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
