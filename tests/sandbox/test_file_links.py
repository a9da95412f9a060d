"""File links: an origin of their own, thumbnails, and what pages may read."""

from __future__ import annotations

import struct
import zlib

import pytest

from podio_web.sandbox.links import files_origin
from podio_web.sandbox.thumbnails import SIZES
from tests.sandbox.sandbox_support import DEMO, Caller, authorize_path

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
ORIGIN = {"Origin": "http://localhost:8000"}
PREFLIGHT = {**ORIGIN, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:8001", "http://localhost:8001"),
        ("localhost:8001", "http://127.0.0.1:8001"),
        ("[::1]:8001", "http://localhost:8001"),
        ("api.podio.test", "http://files.podio.test"),
        ("sandbox:8001", "http://sandbox:8001"),
        ("[2001:db8::1]:80", "http://[2001:db8::1]:80"),
        ("api", "http://api"),
        ("no host!", "http://127.0.0.1"),
    ],
)
def test_the_origin_of_file_links_follows_from_the_host(host: str, origin: str) -> None:
    assert files_origin(host) == origin


def test_a_link_leads_to_the_file_at_another_origin(demo: Caller) -> None:
    made = demo.upload(b"hello").json
    assert made["link"] == f"{demo.url.replace('127.0.0.1', 'localhost')}/{made['file_id']}"
    elsewhere = Caller(made["link"].rpartition("/")[0])
    answer = elsewhere.get(f"/{made['file_id']}", token=demo.token)
    assert (answer.status, answer.body) == (200, b"hello")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert elsewhere.get(f"/{made['file_id']}?oauth_token={demo.token}", token=None).body == b"hello"
    back = elsewhere.get(f"/file/{made['file_id']}", token=demo.token).json
    assert back["link"] == f"{demo.url}/{made['file_id']}"
    elsewhere.close()


@pytest.mark.parametrize("size", SIZES)
def test_a_thumbnail_has_the_size_of_its_name(demo: Caller, size: str) -> None:
    one = demo.upload(PNG, "a.png", "image/png").json
    two = demo.upload(PNG + b"!", "b.png", "image/png").json
    assert one["thumbnail_link"] == one["link"]
    answer = demo.get(f"/{one['file_id']}/{size}")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/png")
    assert decoded(answer.body) == SIZES[size]
    assert demo.get(f"/{one['file_id']}/{size}").body == answer.body
    assert demo.get(f"/{two['file_id']}/{size}").body != answer.body


def decoded(png: bytes) -> tuple[int, int]:
    """Return the width and height of a PNG, after checking all of it."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert struct.unpack(">I", png[at + 8 + length : at + 12 + length]) == (zlib.crc32(kind + data),)
        chunks[kind] = data
        at += 12 + length
    assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, colour, rest) == (8, 2, [0, 0, 0])
    assert len(zlib.decompress(chunks[b"IDAT"])) == height * (1 + 3 * width)
    return width, height


@pytest.mark.parametrize(
    ("content", "is_picture"),
    [
        (PNG, True),
        (b"\xff\xd8\xff\xe0", True),
        (b"GIF87a", True),
        (b"RIFF\0\0\0\0WEBPVP8 ", True),
        (b"BM123456", True),
        (b"RIFF\0\0\0\0WAVEfmt ", False),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", False),
        (b"<html>", False),
        (b"", False),
    ],
)
def test_the_content_decides_what_is_a_picture(demo: Caller, content: bytes, is_picture: bool) -> None:
    made = demo.upload(content, "a.png", "image/png").json
    assert (made["thumbnail_link"] is not None) is is_picture
    answer = demo.get(f"/{made['file_id']}/medium")
    assert answer.status == (200 if is_picture else 404)
    assert demo.get(f"/{made['file_id']}/gigantic").status == 404


def test_a_session_of_the_sign_in_pages_counts_for_links_only(podio: Caller) -> None:
    token = podio.issue()
    one = podio.upload(PNG, "a.png", token=token).json["file_id"]
    assert podio.get(f"/{one}").status == 401
    podio.settings(sign_in_as=DEMO)
    cookie = podio.get(authorize_path()).headers["set-cookie"].partition(";")[0]
    assert podio.get(f"/{one}", headers={"Cookie": cookie}).body == PNG
    assert podio.get(f"/{one}/tiny", headers={"Cookie": cookie}).status == 200
    assert podio.get(f"/{one}", headers={"Cookie": cookie}, token="wrong").status == 401
    assert podio.get(f"/file/{one}", headers={"Cookie": cookie}).status == 401


def test_pages_may_read_links_only_if_the_switch_is_on(demo: Caller) -> None:
    one = demo.upload(PNG, "a.png").json["file_id"]
    for is_on in (False, True):
        demo.settings(files_cors=is_on)
        answers = [
            demo.get(f"/{one}", headers=ORIGIN),
            demo.get(f"/{one}/small", headers=ORIGIN),
            demo.get("/1", headers=ORIGIN),
            demo.call("OPTIONS", f"/{one}/small", headers=PREFLIGHT, token=None),
        ]
        assert [answer.status for answer in answers] == [200, 200, 404, 204]
        assert [("access-control-allow-origin" in answer.headers) for answer in answers] == [is_on] * 4
        raw = demo.get(f"/file/{one}/raw", headers=ORIGIN)
        assert raw.headers["access-control-allow-origin"] == ORIGIN["Origin"]


def test_links_do_not_count_against_the_rate_limit(demo: Caller) -> None:
    one = demo.upload(PNG, "a.png").json["file_id"]
    demo.settings(general_limit=0)
    assert demo.get(f"/{one}").status == 200
    assert demo.get(f"/file/{one}").status == 420
