"""Which files a page may show: decided by their first bytes, and by nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podio_web.files.links import SIZES, check_size
from podio_web.files.pictures import FIRST, OCTETS, picture_type, smaller

STARTS = {
    "image/png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "image/jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "image/gif": b"GIF89a\x01\0\x01\0",
    "image/webp": b"RIFF\x24\0\0\0WEBPVP8 ",
    "image/avif": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf",
    "image/bmp": b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0",
}
OTHERS = {
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "HTML": b"<!doctype html><title>BM</title>",
    "XML": b'<?xml version="1.0"?><svg/>',
    "PDF": b"%PDF-1.7\n",
    "nothing": b"",
    "half of a PNG": b"\x89PNG\r\n",
    "another RIFF": b"RIFF\x24\0\0\0WAVEfmt ",
    "a text that begins with BM": b"BM<script>alert()</script>",
    "a video": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
    "a picture with an unknown brand": b"\0\0\0\x14ftypmif1\0\0\0\0mif1",
    "a brand behind its box": b"\0\0\0\x10ftypmp42\0\0\0\0avif",
    "a version that looks like a brand": b"\0\0\0\x14ftypmp42avifmp42",
}


@pytest.mark.parametrize("kind", STARTS)
def test_a_picture_has_the_type_of_its_first_bytes(kind: str) -> None:
    assert picture_type(STARTS[kind][:FIRST]) == kind


def test_an_older_gif_and_an_avif_of_another_brand_are_pictures() -> None:
    assert picture_type(b"GIF87a\x01\0\x01\0") == "image/gif"
    assert picture_type(b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf") == "image/avif"


@pytest.mark.parametrize("what", OTHERS)
def test_anything_else_is_octets(what: str) -> None:
    assert picture_type(OTHERS[what][:FIRST]) == OCTETS


@given(st.binary(max_size=FIRST))
def test_any_bytes_have_a_type_that_cannot_run_scripts(first: bytes) -> None:
    assert picture_type(first) in {*STARTS, OCTETS}


@given(st.text(max_size=FIRST))
def test_no_text_is_a_picture_unless_it_begins_like_one(text: str) -> None:
    first = text.encode("utf-8", "replace")
    # These three begin with letters.
    if not first.startswith((b"GIF8", b"RIFF", b"BM")) and first[4:8] != b"ftyp":
        assert picture_type(first) == OCTETS


@pytest.mark.parametrize("size", SIZES)
def test_each_size_of_podio_is_known(size: str) -> None:
    assert check_size(size) == size
    assert smaller(100_000, 10, size) is not None


def test_another_size_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="size must be one of tiny, small, medium"):
        check_size("huge")


@given(st.integers(1, 20_000), st.integers(1, 20_000), st.sampled_from(SIZES))
def test_a_thumbnail_is_never_larger_and_keeps_the_shape(width: int, height: int, size: str) -> None:
    found = smaller(width, height, size)
    if found is not None:
        assert 1 <= found[0] < max(width, 2)
        assert 1 <= found[1] <= height
        longest = max(found)
        assert longest < max(width, height)
        for side, was in zip(found, (width, height), strict=True):
            assert side in (1, was * longest // max(width, height))


def test_a_small_picture_stays_as_it_is() -> None:
    assert smaller(80, 20, "medium") is None
    assert smaller(160, 40, "medium") == (80, 20)
