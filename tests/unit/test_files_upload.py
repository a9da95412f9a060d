"""Uploads over each transport of CPython: what arrives, and what goes wrong."""

import io
import os
import traceback
from pathlib import Path
from typing import Any

import pytest

from podio_web.errors import (
    APIError,
    AuthorizationError,
    ConnectionFailed,
    LoginRequired,
    PodioError,
    TimedOut,
    UnavailableError,
)
from podio_web.files import UploadStalled
from tests.unit.file_clients import WAYS, open_files
from tests.unit.file_server import FileServer
from tests.unit.odd_server import OddServer

LARGE = os.urandom(1_000_000) * 20
SMALL = b"a,b\n1,2\n"

pytestmark = pytest.mark.parametrize("way", WAYS)


def file_in(body: bytes) -> bytes:
    """Return the file in a multipart body."""
    boundary = body.partition(b"\r\n")[0]
    assert body.endswith(b"\r\n" + boundary + b"--\r\n")
    assert body.count(boundary) == 3
    return body.split(boundary)[2].partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")


@pytest.mark.parametrize("content", [b"", b"x", SMALL, LARGE], ids=["empty", "one", "small", "large"])
def test_a_file_arrives_as_it_is(way: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(content)
    told: list[tuple[int, int | None]] = []
    with FileServer() as server, open_files(way, server.url) as files:
        file = files.upload(path, on_progress=lambda done, size: told.append((done, size)))
    assert (file.file_id, file.name, file.size) == (7001, "report.pdf", 3)
    ((method, _, headers, body),) = server.requests
    assert method == "POST"
    assert headers["authorization"] == "OAuth2 token-1"
    assert headers["content-length"] == str(len(body))
    assert headers["content-type"].startswith("multipart/form-data; boundary=")
    assert headers["user-agent"] == "podio-web"
    assert "cookie" not in headers
    assert file_in(body) == content
    assert told[0] == (0, len(content))
    assert told[-1] == (len(content), len(content))
    assert told == sorted(set(told))


def test_a_stream_without_a_size_is_sent_in_chunks(way: str) -> None:
    reading, writing = os.pipe()
    os.write(writing, SMALL)
    os.close(writing)
    told: list[tuple[int, int | None]] = []
    with FileServer() as server, open_files(way, server.url) as files, os.fdopen(reading, "rb") as file:
        files.upload(file, name="pipe.csv", on_progress=lambda done, size: told.append((done, size)))
    ((_, _, headers, body),) = server.requests
    assert headers["transfer-encoding"] == "chunked"
    assert "content-length" not in headers
    assert file_in(body) == SMALL
    assert told == [(0, None), (len(SMALL), None)]


def test_an_expired_token_is_renewed_once_and_the_file_sent_again(way: str) -> None:
    with FileServer("expired") as server, open_files(way, server.url) as files:
        files.upload(io.BytesIO(LARGE), name="a.bin")
    assert [path for _, path, _, _ in server.requests] == ["/file/", "/oauth/token", "/file/"]
    first, second = server.uploads()
    assert first[2]["authorization"] == "OAuth2 token-1"
    assert second[2]["authorization"] == "OAuth2 token-2"
    assert file_in(first[3]) == file_in(second[3]) == LARGE


def test_a_second_refusal_is_an_error(way: str) -> None:
    with FileServer("expired", "expired") as server, open_files(way, server.url) as files:
        with pytest.raises(AuthorizationError):
            files.upload(SMALL, name="a.csv")
        assert len(server.uploads()) == 2


def test_a_stream_that_cannot_be_read_twice_raises_the_refusal(way: str) -> None:
    reading, writing = os.pipe()
    os.write(writing, SMALL)
    os.close(writing)
    with FileServer("expired") as server, open_files(way, server.url) as files:
        with (
            os.fdopen(reading, "rb") as file,
            pytest.raises(AuthorizationError, match="can be read only once") as refused,
        ):
            files.upload(file, name="pipe.csv")
        assert refused.value.status == 401
        assert len(server.uploads()) == 1
        # The session is not lost: another upload works.
        assert files.upload(SMALL, name="a.csv").file_id == 7001


def test_a_token_that_ends_during_the_upload_is_renewed_before(way: str) -> None:
    with FileServer() as server, open_files(way, server.url, expires_in=150) as files:
        files.upload(SMALL, name="a.csv")
        assert [path for _, path, _, _ in server.requests] == ["/file/"]
        # 20 MB may take 200 s.
        files.upload(LARGE, name="a.bin")
        assert [path for _, path, _, _ in server.requests] == ["/file/", "/oauth/token", "/file/"]
        assert server.uploads()[1][2]["authorization"] == "OAuth2 token-2"


def test_a_session_that_cannot_be_renewed_is_used_until_its_end(way: str) -> None:
    with (
        FileServer("expired") as server,
        open_files(way, server.url, expires_in=30, renewable=False) as files,
        pytest.raises((LoginRequired, AuthorizationError)),
    ):
        files.upload(SMALL, name="a.csv")


def test_a_file_that_is_too_large_for_podio_gets_podio_s_answer_before_it_is_sent(way: str) -> None:
    with (
        FileServer("too_large") as server,
        open_files(way, server.url) as files,
        pytest.raises(APIError, match=r"^413 for POST /file/: .* The file is too large for Podio\.$") as refused,
    ):
        files.upload(LARGE, name="a.bin")
    assert refused.value.status == 413


def test_an_interim_response_is_not_an_answer(way: str) -> None:
    with FileServer("informed") as server, open_files(way, server.url) as files:
        files.upload(LARGE, name="a.bin")
        assert file_in(server.uploads()[0][3]) == LARGE


def test_an_html_page_of_a_gateway_is_an_api_error(way: str) -> None:
    with FileServer("html", "no_json", "nothing_said") as server, open_files(way, server.url) as files:
        with pytest.raises(UnavailableError) as refused:
            files.upload(SMALL, name="a.csv")
        assert refused.value.status == 502
        with pytest.raises(PodioError, match="not JSON"):
            files.upload(SMALL, name="a.csv")
        with pytest.raises(PodioError, match="has no file_id"):
            files.upload(SMALL, name="a.csv")


def test_an_upload_that_does_not_move_stalls(way: str) -> None:
    with FileServer("stall") as server, open_files(way, server.url) as files:
        with pytest.raises(UploadStalled, match=r"^Nothing was sent for 1 seconds\. Upload the file again"):
            files.upload(LARGE, name="a.bin", stalled_after=1.0)
        assert len(server.requests) == 1


def test_a_slow_upload_is_not_killed(way: str) -> None:
    """It takes twice as long as a pause may."""
    with FileServer("slow") as server, open_files(way, server.url) as files:
        assert files.upload(LARGE, name="a.bin", stalled_after=4.0, timeout=30).file_id == 7001


def test_a_slow_answer_after_the_last_byte_is_not_killed(way: str) -> None:
    with FileServer() as server, open_files(way, server.url) as files:
        server.pause = 3.0
        assert files.upload(SMALL, name="a.csv", stalled_after=2.0, timeout=30).file_id == 7001


def test_an_answer_that_does_not_come_is_a_timeout(way: str) -> None:
    with FileServer("silent") as server, open_files(way, server.url) as files:
        with pytest.raises(TimedOut, match=r"within 1 seconds after the whole file was sent. Upload the file") as late:
            files.upload(SMALL, name="a.csv", timeout=1.0)
        assert type(late.value) is TimedOut
        assert len(server.requests) == 1


def test_a_lost_connection_says_that_uploading_again_is_safe(way: str) -> None:
    with FileServer("drop") as server, open_files(way, server.url) as files:
        with pytest.raises(
            ConnectionFailed, match=r"Upload the file again: a file that is attached to nothing"
        ) as lost:
            files.upload(LARGE, name="a.bin")
        assert not isinstance(lost.value, TimedOut)
        assert (lost.value.method, lost.value.path) == ("POST", "/file/")
        # It was not repeated.
        assert len(server.requests) == 1


def test_no_server_at_all_is_a_lost_connection(way: str) -> None:
    with FileServer() as server:
        pass
    with open_files(way, server.url) as files, pytest.raises(ConnectionFailed):
        files.upload(SMALL, name="a.csv")


def test_a_redirect_is_refused(way: str) -> None:
    with FileServer("redirect") as server, OddServer() as other, open_files(way, server.url) as files:
        server.leads_to = other.url + "/hello"
        with pytest.raises(APIError) as refused:
            files.upload(SMALL, name="a.csv")
        assert refused.value.status == 302
        assert not other.requests


def test_a_file_that_becomes_shorter_is_told(way: str) -> None:
    class Shrinking(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return b""

    with (
        FileServer("silent") as server,
        open_files(way, server.url) as files,
        pytest.raises(ValueError, match=r"^a\.bin became shorter while it was sent"),
    ):
        files.upload(Shrinking(SMALL), name="a.bin")


def test_a_file_that_cannot_be_read_is_not_a_lost_connection(way: str) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    with (
        FileServer("silent") as server,
        open_files(way, server.url) as files,
        pytest.raises(OSError, match="Input/output error"),
    ):
        files.upload(Broken(SMALL), name="a.bin")


def test_the_largest_size_is_checked_before_anything_is_sent(way: str) -> None:
    with FileServer() as server, open_files(way, server.url) as files:
        with pytest.raises(ValueError, match=r"^This file has 8 bytes, and the limit is 7 bytes\.$"):
            files.upload(SMALL, name="a.csv", largest=7)
        reading, writing = os.pipe()
        os.close(writing)
        with (
            os.fdopen(reading, "rb") as file,
            pytest.raises(ValueError, match="has an unknown size, and the limit is 7"),
        ):
            files.upload(file, name="a.csv", largest=7)
        assert not server.requests
        files.upload(SMALL, name="a.csv", largest=8)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"timeout": 0}, ValueError),
        ({"stalled_after": -1}, ValueError),
        ({"stalled_after": float("nan")}, ValueError),
        ({"on_progress": "bar"}, TypeError),
    ],
)
def test_wrong_options_are_refused_before_anything_is_sent(
    way: str, options: dict[str, Any], error: type[Exception]
) -> None:
    with FileServer() as server, open_files(way, server.url) as files:
        with pytest.raises(error):
            files.upload(SMALL, name="a.csv", **options)
        assert not server.requests


@pytest.mark.parametrize("plan", ["stall", "drop", "html", "too_large", "silent", "expired"])
def test_no_error_shows_a_token(way: str, plan: str) -> None:
    with (
        FileServer(plan, plan) as server,
        open_files(way, server.url) as files,
        pytest.raises(PodioError) as failed,
    ):
        files.upload(LARGE, name="a.bin", stalled_after=0.3, timeout=0.3)
    text = "".join(traceback.format_exception(failed.value))
    assert "token-1" not in text + repr(vars(failed.value))
    seen: BaseException | None = failed.value
    while seen is not None:
        assert not type(seen).__module__.startswith(("httpx2", "httpcore2", "h11", "http.", "urllib"))
        seen = seen.__context__
