"""The public names of ``podio_web.files``, and files in a program's own tests."""

import asyncio
import subprocess
import sys
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

import podio_web.files
from podio_web import ConnectionFailed, NotFoundError, Podio, SyncPodio
from podio_web.files import File, Files, SyncFiles
from podio_web.files.file import file_id_of
from podio_web.files.transfers import file_transport
from podio_web.runtime.cpython import NoTransport
from podio_web.testing import FakeTransport
from tests.conftest import ROOT


def test_every_name_is_there_and_listed() -> None:
    names = podio_web.files.__all__
    assert names == ["File", "FileStream", "Files", "SyncFileStream", "SyncFiles", "UploadStalled"] == sorted(names)
    assert {"__name__", *names} <= set(dir(podio_web.files))
    found: dict[str, Any] = {}
    exec("from podio_web.files import *", found)
    for name in names:
        assert getattr(podio_web.files, name).__name__ == name
        assert found[name].__name__ == name


def test_any_other_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"^module 'podio_web\.files' has no attribute 'Nothing'$"):
        _ = podio_web.files.Nothing  # type: ignore[attr-defined]


def test_files_are_imported_without_what_blocks() -> None:
    program = (
        "import sys, podio_web.files\n"
        "heavy = ('podio_web.files.sync_files', 'podio_web.sync_client', 'podio_web.types', 'httpx2')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout == "[]\n"


def test_a_file_is_what_podio_says_and_shows_no_name() -> None:
    file = File({"file_id": 3_000_000_001, "name": "salaries.pdf", "mimetype": None, "size": 7, "link": "x"})
    assert (file.file_id, file.name, file.mimetype, file.size) == (3_000_000_001, "salaries.pdf", "", 7)
    assert file.data["link"] == "x"
    assert repr(file) == "<File 3000000001>"
    bare = File({"file_id": 7001})
    assert (bare.name, bare.mimetype, bare.size) == ("", "", None)
    assert file_id_of(file) == 3_000_000_001
    assert file_id_of(7001) == 7001
    with pytest.raises(TypeError, match="not bool"):
        file_id_of(True)


def test_the_number_of_an_enumeration_is_sent_by_its_value() -> None:
    class Number(int, Enum):
        REPORT = 7001

    assert f"{file_id_of(Number.REPORT)}" == "7001"


def faked(kind: Any) -> Any:
    transport = FakeTransport()
    podio = kind("server", "my-app", "my-secret", transport=transport)
    podio.set_access_token({"access_token": "test", "expires_in": 3600})
    return transport, podio


def test_a_test_sees_what_was_uploaded(tmp_path: Path) -> None:
    transport, podio = faked(SyncPodio)
    transport.answer("POST", "/file/", {"file_id": 7001, "name": "a.csv"})
    transport.answer("POST", "/file/", {"error": "forbidden"}, status=403)
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b")
    told: list[Any] = []
    files = SyncFiles(podio)
    assert files.upload(path, on_progress=lambda done, size: told.append((done, size))).file_id == 7001
    assert transport.uploads == [("a.csv", b"a,b")]
    assert told == [(0, 3), (3, 3)]
    with pytest.raises(podio_web.ForbiddenError):
        files.upload(b"x", name="b.csv")
    assert [(call.method, call.path) for call in transport.calls] == [("POST", "/file/")] * 2


def test_a_test_sees_why_a_file_cannot_be_read(tmp_path: Path) -> None:
    transport, podio = faked(SyncPodio)
    path = tmp_path / "closed.csv"
    with path.open("wb") as file:
        file.write(b"a,b")
        with pytest.raises(OSError, match="read"):
            SyncFiles(podio).upload(file)
    assert transport.calls == []


def test_a_test_may_script_downloads() -> None:
    async def read() -> tuple[bytes, bytes]:
        transport, podio = faked(Podio)
        transport.answer("GET", "/file/7001/raw", text="a,b", headers={"Content-Type": "text/csv"})
        transport.answer("GET", "/7001/small", text="png")
        transport.answer("GET", "/file/7002/raw", {"error": "not_found"}, status=404)
        transport.fail("POST", "/file/", ConnectionFailed("offline"))
        files = Files(podio)
        with pytest.raises(NotFoundError):
            await files.read(7002)
        with pytest.raises(ConnectionFailed, match=r"^offline Upload the file again"):
            await files.upload(b"x", name="a.csv")
        return await files.read(7001), await files.read(7001, size="small")

    assert asyncio.run(read()) == (b"a,b", b"png")


def test_without_a_library_nothing_can_be_sent() -> None:
    with pytest.raises(TypeError, match="NoTransport cannot send files"):
        file_transport(Podio("server", "my-app", "my-secret", transport=NoTransport("install it")))
