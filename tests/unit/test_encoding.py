"""Form encoding and checks of characters, against the standard library's, which pages do without."""

import json
import string
from urllib.parse import parse_qsl, quote, unquote_plus, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from podio_web.oauth.encoding import (
    DIGITS,
    LETTERS,
    VISIBLE,
    consists_of,
    form_decode,
    form_encode,
    is_clean,
    parse_form,
    percent_encode,
    read_record,
)
from tests.unit.answers import words

# Much escaped text, and much that only looks escaped.
escaped = st.text(st.sampled_from("%%%%+&=;0123456789abcdefABCDEFgz é☃\x00"), max_size=20) | words

# Texts of what is allowed, with something else among it often enough to matter.
NEARLY = st.text(alphabet=st.one_of(st.sampled_from(VISIBLE), st.characters()), max_size=30)


@given(words)
@example("a b/ä~-._")
def test_percent_encoding_is_the_standard_library_s(text: str) -> None:
    assert percent_encode(text) == quote(text, safe="")
    assert percent_encode(text, keep="/%:@") == quote(text, safe="/%:@")


@given(st.lists(st.tuples(words, words), max_size=5))
def test_form_encoding_is_the_standard_library_s(pairs: list[tuple[str, str]]) -> None:
    assert form_encode(pairs) == urlencode(pairs, quote_via=quote)


def test_percent_encoding_refuses_half_a_surrogate_pair() -> None:
    with pytest.raises(ValueError, match="half of a character"):
        percent_encode("\ud800")


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("", ""),
        ("plain", "plain"),
        ("global%3Aall+user%3aread", "global:all user:read"),
        ("%2B", "+"),
        ("%C3%A4%E2%98%83", "ä☃"),
        ("ä%20☃", "ä ☃"),
        ("%00", "\0"),
        ("100%", "100%"),
        ("%zz%4", "%zz%4"),
        ("%%41", "%A"),
        ("%²²", "%²²"),
        ("%25%34%31", "%41"),
        ("%+1", "% 1"),
    ],
)
def test_decoding(text: str, decoded: str) -> None:
    assert form_decode(text) == decoded


@pytest.mark.parametrize("text", ["%FF", "a%C3", "%C3ä", "%ED%A0%80", "%C0%AF", "%F4%90%80%80"])
def test_bytes_that_are_not_utf_8_decode_to_none(text: str) -> None:
    assert form_decode(text) is None


@pytest.mark.parametrize("text", ["\ud800", "\ud800%41", "%41\ud800"])
def test_half_a_surrogate_pair_is_not_utf_8_either(text: str) -> None:
    assert form_decode(text) is None


@given(escaped)
def test_decoding_agrees_with_the_standard_library(text: str) -> None:
    """One difference: where the bytes are not UTF-8 urllib puts a replacement character, and we say so with None."""
    decoded = form_decode(text)
    if decoded is None:
        with pytest.raises(UnicodeDecodeError):
            unquote_plus(text, errors="strict")
    else:
        assert decoded == unquote_plus(text, errors="strict")


@given(words)
def test_encoding_and_decoding_is_a_round_trip(text: str) -> None:
    assert form_decode(percent_encode(text)) == text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ("&&", {}),
        ("=value", {}),
        ("a", {"a": ""}),
        ("a=", {"a": ""}),
        ("a=1&a=2&b", {"a": "2", "b": ""}),
        ("a=1=2", {"a": "1=2"}),
        ("a%3D=1%262", {"a=": "1&2"}),
        ("a=1;b=2", {"a": "1;b=2"}),
        ("ref%5Bid%5D=7&ref[type]=user", {"ref[id]": "7", "ref[type]": "user"}),
        ("a=%FF", {"a": None}),
        ("a=1&a=%FF", {"a": None}),
        ("%FF=1&b=2", {"b": "2"}),
    ],
)
def test_reading_a_form(text: str, found: dict[str, str | None]) -> None:
    assert parse_form(text) == found


@given(st.lists(escaped, max_size=6).map("&".join))
def test_reading_a_form_agrees_with_the_standard_library(text: str) -> None:
    """Two differences: what is not UTF-8 is None instead of full of replacement characters, and no key is empty."""
    found = parse_form(text)
    theirs = {key: value for key, value in parse_qsl(text, keep_blank_values=True) if key}
    readable = {key: value for key, value in found.items() if value is not None}
    assert readable.items() <= theirs.items()
    for key in theirs.keys() - readable.keys():
        assert "\ufffd" in key + theirs[key]


@given(st.lists(st.tuples(words.filter(bool), words), max_size=6))
def test_of_a_repeated_key_the_last_one_counts(pairs: list[tuple[str, str]]) -> None:
    assert parse_form(form_encode(pairs)) == dict(pairs)


def test_a_record_is_read() -> None:
    assert read_record('{"a": [1]}') == read_record(b'{"a": [1]}') == {"a": [1]}


def test_brackets_in_a_text_are_no_levels() -> None:
    record = {"fragment": '\\"[{' * 5_000, "other": '\\\\"'}
    assert read_record(json.dumps(record)) == record


@pytest.mark.parametrize("text", ["", "{", "nothing", "[" * 1_001, '{"a":' * 1_001, "[" * 100_000, b"\xff"])
def test_what_is_no_record_is_a_value_error_however_deep(text: str | bytes) -> None:
    with pytest.raises(ValueError):
        read_record(text)


def test_the_sets_are_what_their_names_say() -> None:
    assert sorted(DIGITS) == sorted(string.digits)
    assert sorted(LETTERS) == sorted(string.ascii_letters)
    assert sorted(VISIBLE) == [chr(code) for code in range(0x21, 0x7F)]


@given(NEARLY, st.sampled_from([DIGITS, LETTERS, VISIBLE, "a", "-."]))
def test_consists_of_looks_at_each_character(text: str, characters: str) -> None:
    assert consists_of(text, characters) == all(character in characters for character in text)


@given(NEARLY)
def test_a_clean_text_has_neither_spaces_nor_control_characters(text: str) -> None:
    assert is_clean(text) == all(character > " " and character != "\x7f" for character in text)


@pytest.mark.parametrize("between", [" ", "\t", "\n", "\r", "\x00", "\x1f", "\x7f"])
def test_one_such_character_in_the_middle_is_seen(between: str) -> None:
    assert not is_clean(f"/a{between}b")
    assert not consists_of(f"1{between}2", DIGITS)
