"""Downloads over each transport of CPython: to the disk, into memory, part by part."""

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from podio_web.errors import APIError, ConnectionFailed, NotFoundError, PodioError, TimedOut
from podio_web.files.links import SIZES
from tests.unit.file_clients import WAYS, open_files
from tests.unit.file_server import FileServer

LARGE = os.urandom(300_000) * 10
PLANS = ("accept", "chunks", "packed")

pytestmark = pytest.mark.parametrize("way", WAYS)


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("content", [b"", b"x", LARGE], ids=["empty", "one", "large"])
def test_a_file_is_written_whole(way: str, plan: str, content: bytes, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    path = tmp_path / "copy.pdf"
    with FileServer(plan) as server, open_files(way, server.url) as files:
        server.content = content
        files.download(7001, path, on_progress=lambda done, size: told.append((done, size)))
    assert path.read_bytes() == content
    assert names_in(tmp_path) == ["copy.pdf"]
    ((method, address, headers, _),) = server.requests
    assert (method, address) == ("GET", "/file/7001/raw")
    assert headers["authorization"] == "OAuth2 token-1"
    assert headers["accept-encoding"] == "identity"
    assert headers["accept"] == "*/*"
    size = len(content) if plan == "accept" else None
    assert told[0] == (0, size)
    assert told[-1] == (len(content), size)
    assert told == sorted(set(told))


def test_an_existing_file_is_replaced_and_keeps_its_mode(way: str, tmp_path: Path) -> None:
    path = tmp_path / "copy.pdf"
    path.write_bytes(b"old and longer than the new one")
    path.chmod(0o640)
    with FileServer() as server, open_files(way, server.url) as files:
        files.download(7001, str(path))
    assert path.read_bytes() == b"%PDF"
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_private_file_is_private_while_it_is_downloaded(way: str, tmp_path: Path) -> None:
    path = tmp_path / "copy.pdf"
    path.touch(0o600)
    modes: set[int] = set()
    with FileServer() as server, open_files(way, server.url) as files:
        server.content = LARGE
        files.download(
            7001,
            path,
            on_progress=lambda done, size: modes.update(
                stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir() if done
            ),
        )
    assert modes == {0o600}


def test_a_new_file_has_the_mode_of_any_new_file(way: str, tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    with FileServer() as server, open_files(way, server.url) as files:
        files.download(7001, tmp_path / "copy.pdf")
    assert (tmp_path / "copy.pdf").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_the_target_of_a_link_is_replaced(way: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    target = tmp_path / "folder" / "target.pdf"
    target.write_bytes(b"old")
    link = tmp_path / "link.pdf"
    link.symlink_to(target)
    with FileServer() as server, open_files(way, server.url) as files:
        files.download(7001, link)
    assert link.is_symlink()
    assert target.read_bytes() == b"%PDF"


@pytest.mark.parametrize(
    ("plan", "error"),
    [("short", ConnectionFailed), ("missing", NotFoundError), ("redirect", APIError), ("packed_strangely", PodioError)],
)
def test_an_incomplete_file_is_not_written(way: str, plan: str, error: type[Exception], tmp_path: Path) -> None:
    path = tmp_path / "copy.pdf"
    path.write_bytes(b"old")
    with FileServer(plan) as server, open_files(way, server.url) as files:
        server.content = LARGE
        server.leads_to = server.url + "/other"
        with pytest.raises(error):
            files.download(7001, path)
        assert len(server.requests) == 1
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["copy.pdf"]


def test_a_download_that_stops_moving_is_a_timeout(way: str, tmp_path: Path) -> None:
    with FileServer("pause") as server, open_files(way, server.url) as files:
        server.content = LARGE
        with pytest.raises(TimedOut, match=r"^Nothing arrived for 0\.3 seconds\. Download the file again\.$"):
            files.download(7001, tmp_path / "copy.pdf", stalled_after=0.3)
    assert names_in(tmp_path) == []


def test_a_download_that_does_not_begin_is_a_timeout(way: str, tmp_path: Path) -> None:
    with (
        FileServer("silent") as server,
        open_files(way, server.url) as files,
        pytest.raises(TimedOut, match=r"^Podio did not answer within 0\.3 seconds\.$"),
    ):
        files.download(7001, tmp_path / "copy.pdf", timeout=0.3)
    assert names_in(tmp_path) == []


def test_an_expired_token_is_renewed_once(way: str, tmp_path: Path) -> None:
    with FileServer("expired") as server, open_files(way, server.url) as files:
        files.download(7001, tmp_path / "copy.pdf")
    assert (tmp_path / "copy.pdf").read_bytes() == b"%PDF"
    assert [path for _, path, _, _ in server.requests] == ["/file/7001/raw", "/oauth/token", "/file/7001/raw"]


def test_a_folder_is_refused_before_anything_is_asked(way: str, tmp_path: Path) -> None:
    with FileServer() as server, open_files(way, server.url) as files:
        for path in (tmp_path, f"{tmp_path}/new/"):
            with pytest.raises(ValueError, match=r"is a folder\. Add a file name of your own choice"):
                files.download(7001, path)
        for missing in (None, "", 7):
            with pytest.raises(TypeError, match="needs a path to write to"):
                files.download(7001, missing)
        if sys.platform != "win32":
            with pytest.raises(ValueError, match="is not a regular file"):
                files.download(7001, "/dev/null")
        assert not server.requests


def test_a_folder_that_does_not_exist_is_an_os_error(way: str, tmp_path: Path) -> None:
    with FileServer() as server, open_files(way, server.url) as files, pytest.raises(FileNotFoundError):
        files.download(7001, tmp_path / "missing" / "copy.pdf")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit for the size of a file")
def test_a_full_disk_is_not_a_lost_connection(way: str, tmp_path: Path) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with FileServer() as server, open_files(way, server.url) as files:
        server.content = LARGE
        # As on a full disk, a write fails in the middle of the file.
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
        try:
            with pytest.raises(OSError, match="File too large"):
                files.download(7001, tmp_path / "copy.pdf")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("content", [b"", b"x", LARGE], ids=["empty", "one", "large"])
def test_a_file_is_read_into_memory(way: str, plan: str, content: bytes) -> None:
    with FileServer(plan) as server, open_files(way, server.url) as files:
        server.content = content
        assert files.read(7001) == content
        # The connection can be used again.
        assert files.read(7001) == content


@pytest.mark.parametrize("plan", PLANS)
def test_more_than_the_largest_is_refused_whatever_podio_says(way: str, plan: str) -> None:
    with FileServer(plan, plan) as server, open_files(way, server.url) as files:
        server.content = LARGE
        with pytest.raises(PodioError, match=r"^The file is larger than 1000 bytes\. Use download\(\) or open\(\)"):
            files.read(7001, largest=1_000)
        assert files.read(7001, largest=len(LARGE)) == LARGE


def test_a_length_that_is_too_small_does_not_bring_more(way: str) -> None:
    """HTTP's framing ends the body: what comes after it is not part of the file."""
    # It is also right to refuse a connection with more than the response.
    with FileServer("lying") as server, open_files(way, server.url) as files, suppress(ConnectionFailed):
        assert files.read(7001) == b"%P"


@pytest.mark.parametrize("plan", PLANS)
def test_a_file_is_read_part_by_part(way: str, plan: str) -> None:
    with FileServer(plan) as server, open_files(way, server.url) as files:
        server.content = LARGE
        size, mimetype, parts = files.whole(7001)
    assert size == (len(LARGE) if plan == "accept" else None)
    assert mimetype == ("" if plan == "packed" else "application/pdf")
    assert b"".join(parts) == LARGE
    assert len(parts) > 5
    assert all(parts)


def test_an_empty_file_has_no_parts(way: str) -> None:
    with FileServer() as server, open_files(way, server.url) as files:
        server.content = b""
        assert files.whole(7001) == (0, "application/pdf", [])


@pytest.mark.parametrize(("plan", "error"), [("missing", NotFoundError), ("short", ConnectionFailed)])
def test_a_stream_raises_what_goes_wrong(way: str, plan: str, error: type[Exception]) -> None:
    with FileServer(plan) as server, open_files(way, server.url) as files:
        server.content = LARGE
        with pytest.raises(error):
            files.whole(7001)


@pytest.mark.parametrize("size", SIZES)
def test_a_thumbnail_comes_from_the_files_origin_with_the_token(way: str, size: str) -> None:
    with FileServer() as api, FileServer() as links, open_files(way, api.url, files_url=links.url) as files:
        assert files.read(7001, size=size) == b"%PDF"
    assert not api.requests
    ((method, path, headers, _),) = links.requests
    assert (method, path) == ("GET", f"/7001/{size}")
    assert headers["authorization"] == "OAuth2 token-1"
    assert "token-1" not in path


def test_the_token_goes_to_no_third_origin(way: str) -> None:
    with (
        FileServer() as third,
        FileServer("redirect") as links,
        open_files(way, links.url, files_url=links.url) as files,
    ):
        links.leads_to = third.url + "/7001/small"
        with pytest.raises(APIError) as refused:
            files.read(7001, size="small")
        assert refused.value.status == 302
        assert not third.requests


@pytest.mark.parametrize(
    ("options", "says"),
    [({"size": "huge"}, "size must be one of tiny, small"), ({"size": "small"}, r"Pass their origin: Files\(podio, ")],
)
def test_a_thumbnail_that_cannot_be_found_is_an_error_before_any_request(
    way: str, options: dict[str, Any], says: str
) -> None:
    with FileServer() as server, open_files(way, server.url) as files:
        with pytest.raises(ValueError, match=says):
            files.read(7001, **options)
        assert not server.requests
