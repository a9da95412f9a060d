"""Bodies as servers and proxies send them: compressed, broken, too large, with marks; on both transports of CPython."""

import asyncio
import gzip
import json
import traceback
import zlib
from collections.abc import Callable, Iterator

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from podio_web import ConnectionFailed, PodioError
from podio_web.http import Request, Response, read_response
from podio_web.testing import FakeTransport
from podio_web.transports.body import LARGEST, Body, UnreadableBody
from podio_web.transports.httpx import HttpxTransport
from podio_web.transports.urllib import UrllibTransport
from tests.unit.odd_server import CANARY, OddServer, call_to

Perform = Callable[[Request], Response]
DATA = {"title": "Zoë \N{ROCKET}", "values": list(range(300))}
PLAIN = json.dumps(DATA, ensure_ascii=False).encode()
BOM = b"\xef\xbb\xbf"


def raw_deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(content) + packer.flush()


def perform_by_urllib(call: Request) -> Response:
    with pytest.raises(StopIteration) as done:
        UrllibTransport().perform(call, 20.0).send(None)
    answer: Response = done.value.value
    return answer


def perform_by_httpx(call: Request) -> Response:
    async def main() -> Response:
        try:
            return await HTTPX.perform(call, 20.0)
        finally:
            await HTTPX.close()

    return asyncio.run(main())


HTTPX = HttpxTransport()
"""One for all event loops: it reads the system's certificates once, which takes longer than a test."""


@pytest.fixture(params=[perform_by_urllib, perform_by_httpx], ids=["urllib", "httpx2"])
def perform(request: pytest.FixtureRequest) -> Perform:
    found: Perform = request.param
    return found


@pytest.fixture
def odd() -> Iterator[OddServer]:
    with OddServer() as server:
        yield server


def problem_of(perform: Perform, odd: OddServer) -> PodioError:
    with pytest.raises(PodioError) as raised:
        perform(call_to(odd.url, "/packed"))
    assert CANARY not in "".join(traceback.format_exception(raised.value)) + repr(vars(raised.value))
    assert raised.value.__context__ is None
    assert (raised.value.method, raised.value.path) == ("GET", "/packed")
    return raised.value


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("", PLAIN),
        ("identity", PLAIN),
        ("gzip", gzip.compress(PLAIN)),
        ("GZip", gzip.compress(PLAIN)),
        ("x-gzip", gzip.compress(PLAIN)),
        ("gzip", gzip.compress(PLAIN[:100]) + gzip.compress(PLAIN[100:])),
        ("gzip", gzip.compress(PLAIN) + bytes(512)),
        ("deflate", zlib.compress(PLAIN)),
        ("deflate", raw_deflate(PLAIN)),
        ("deflate, gzip", gzip.compress(zlib.compress(PLAIN))),
        ("identity, gzip", gzip.compress(PLAIN)),
        ("", BOM + PLAIN),
        ("gzip", gzip.compress(BOM + PLAIN)),
        ("deflate", zlib.compress(BOM + PLAIN)),
    ],
)
def test_a_body_is_unpacked_and_its_mark_is_dropped(
    perform: Perform, odd: OddServer, encoding: str, content: bytes
) -> None:
    odd.packed = ([("Content-Encoding", encoding)] if encoding else [], content)
    call = call_to(odd.url, "/packed")
    assert read_response(call, perform(call)) == DATA
    assert odd.requests[0][2]["Accept-Encoding"] == "gzip, deflate"


def test_an_empty_body_may_be_packed_as_it_likes(perform: Perform, odd: OddServer) -> None:
    odd.packed = ([("Content-Encoding", "gzip")], b"")
    assert perform(call_to(odd.url, "/packed")).text == ""


def test_two_headers_count_like_one(perform: Perform, odd: OddServer) -> None:
    odd.packed = ([("Content-Encoding", "deflate"), ("Content-Encoding", "gzip")], gzip.compress(zlib.compress(PLAIN)))
    assert json.loads(perform(call_to(odd.url, "/packed")).text) == DATA


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("gzip", gzip.compress(PLAIN)[:-9]),
        ("gzip", gzip.compress(PLAIN)[:5]),
        ("gzip", gzip.compress(PLAIN)[:1]),
        ("gzip", gzip.compress(PLAIN)[:-8] + b"12345678"),
        ("gzip", gzip.compress(PLAIN[:100]) + gzip.compress(PLAIN[100:])[:-3]),
        ("gzip", PLAIN),
        ("deflate", zlib.compress(PLAIN)[:-3]),
        ("deflate", raw_deflate(PLAIN)[:-3]),
        ("deflate", PLAIN),
    ],
)
def test_a_body_that_is_broken_is_no_answer(perform: Perform, odd: OddServer, encoding: str, content: bytes) -> None:
    odd.packed = ([("Content-Encoding", encoding)], content)
    assert type(problem_of(perform, odd)) is ConnectionFailed


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, br", "gzip, gzip, gzip, gzip"])
def test_an_unknown_encoding_is_named(perform: Perform, odd: OddServer, encoding: str) -> None:
    odd.packed = ([("Content-Encoding", encoding)], b"\x1b\x0e\x00")
    problem = problem_of(perform, odd)
    assert type(problem) is PodioError, "no retry would help"
    assert problem.status == 200
    assert f"its Content-Encoding has {encoding.rpartition(' ')[2]!r}" in str(problem)


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, raw_deflate, lambda content: content], ids=repr)
@pytest.mark.parametrize("more", [0, 1, 100_000])
def test_a_body_has_a_largest_size(pack: Callable[[bytes], bytes], more: int) -> None:
    kind = {gzip.compress: "gzip", zlib.compress: "deflate", raw_deflate: "deflate"}.get(pack, "identity")
    body, packed = Body(kind, largest=1024**2), pack(b" " * (1024**2 + more))
    if not more:
        body.add(packed)
        assert len(body.text()) == body.size == 1024**2
        return
    with pytest.raises(UnreadableBody, match="larger than 1 MiB"):
        body.add(packed)


def test_a_body_that_is_too_large_is_an_error(perform: Perform, odd: OddServer) -> None:
    odd.packed = ([("Content-Encoding", "gzip")], gzip.compress(bytes(LARGEST + 1), 1))
    assert "larger than 128 MiB" in str(problem_of(perform, odd))


def test_a_bomb_in_a_bomb_takes_no_more_memory_than_the_largest_body() -> None:
    bomb = gzip.compress(gzip.compress(bytes(140 * 1024**2), 9), 9)
    assert len(bomb) < 5_000
    body = Body("gzip, gzip")
    with pytest.raises(UnreadableBody, match="larger than 128 MiB"):
        body.add(bomb)
    assert body.size == LARGEST + 1


@given(
    st.binary(max_size=2000),
    st.sampled_from([("gzip", gzip.compress), ("deflate", zlib.compress), ("deflate", raw_deflate)]),
    st.lists(st.integers(1, 40), min_size=1, max_size=5),
)
def test_it_makes_no_difference_where_the_parts_end(
    content: bytes, packing: tuple[str, Callable[[bytes], bytes]], sizes: list[int]
) -> None:
    body, packed, turn = Body(packing[0]), packing[1](content), 0
    while packed:
        size = sizes[turn % len(sizes)]
        body.add(packed[:size])
        packed, turn = packed[size:], turn + 1
    assert body.text() == str(content, "utf-8-sig", "replace")


@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate", "deflate, gzip", "identity"]))
def test_no_rubbish_confuses_it(content: bytes, encoding: str) -> None:
    body = Body(encoding)
    try:
        body.add(content)
        assert isinstance(body.text(), str)
    except (zlib.error, EOFError):
        pass


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-8", "shift_jis"])
def test_every_body_is_read_as_utf_8_as_fetch_does(perform: Perform, odd: OddServer, charset: str) -> None:
    odd.packed = ([("Content-Type", f"application/json; charset={charset}")], '"Zoë"'.encode())
    assert perform(call_to(odd.url, "/packed")).text == '"Zoë"'
    odd.packed = ([("Content-Type", f"application/json; charset={charset}")], '"Zoë"'.encode("latin-1"))
    assert perform(call_to(odd.url, "/packed")).text == '"Zo\ufffd"'


def test_a_transport_of_somebody_s_tests_may_have_the_whole_body_at_once() -> None:
    async def main() -> str:
        answers = httpx2.MockTransport(
            lambda request: httpx2.Response(
                200, headers={"Content-Encoding": "gzip"}, content=gzip.compress(BOM + PLAIN)
            )
        )
        async with httpx2.AsyncClient(transport=answers) as client:
            return (await HttpxTransport(client).perform(call_to("https://api.podio.com", "/x"), 10.0)).text

    assert json.loads(asyncio.run(main())) == DATA


def test_the_scripted_transport_drops_the_mark_like_the_others() -> None:
    transport = FakeTransport()
    transport.answer("GET", "/x", text="\ufeff{}")
    call = call_to("https://api.podio.com", "/x")
    assert read_response(call, asyncio.run(transport.perform(call, None))) == {}
