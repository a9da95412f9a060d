"""JSON as it is sent and read: the same on every runtime, or refused before anything is sent."""

import datetime
import decimal
import io
import json
import pathlib
import re
from collections import OrderedDict, namedtuple
from collections.abc import Iterator
from enum import Enum, IntEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podio_web.http import build_request, json_depth, quote
from podio_web.http.json_text import DEEPEST, escape_halves, to_json
from podio_web.http.response import from_json, join_escaped_pairs
from tests.unit.answers import json_values

Point = namedtuple("Point", "x y")
Level = IntEnum("Level", "LOW HIGH")


def nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"a": [1, 2.5, True, False, None, "x"]}, '{"a":[1,2.5,true,false,null,"x"]}'),
        ({5001: "by id", -1: []}, '{"5001":"by id","-1":[]}'),
        ((1, (2,)), "[1,[2]]"),
        (Point(1, 2), "[1,2]"),
        (OrderedDict(b=1, a=2), '{"b":1,"a":2}'),
        ({"level": Level.HIGH}, '{"level":2}'),
        (10**30, str(10**30)),
        ("🚀é\ud83d", '"\\ud83d\\ude80\\u00e9\\ud83d"'),
    ],
)
def test_what_json_can_hold_is_written(data: Any, text: str) -> None:
    assert to_json(data) == text


@pytest.mark.parametrize(
    "value",
    [
        {1},
        frozenset(),
        range(3),
        datetime.date(2026, 11, 28),
        datetime.datetime(2026, 11, 28, tzinfo=datetime.UTC),
        decimal.Decimal("1.5"),
        1j,
        object(),
        print,
        int,
        iter([]),
        {}.keys(),
        ...,
    ],
    ids=lambda value: type(value).__name__,
)
def test_anything_else_is_a_type_error_that_says_where(value: Any) -> None:
    kind = re.escape(type(value).__name__)
    with pytest.raises(TypeError, match=rf"^data is of type {kind}, which JSON cannot represent\. Convert it first"):
        to_json(value)
    with pytest.raises(TypeError, match=rf"^data\['fields'\]\['title'\]\[1\] is of type {kind}, "):
        to_json({"fields": {"title": ["x", value]}})


class JsObject:
    """A JavaScript object as Pyodide and MicroPython show it; ``constructor`` is its JavaScript class."""

    def __init__(self, kind: str, **properties: object) -> None:
        self.constructor = type(kind, (), {"name": kind})
        self.__dict__.update(properties)


FILES = [
    (b"ab", "bytes"),
    (bytearray(b"ab"), "bytearray"),
    (memoryview(b"ab"), "memoryview"),
    (io.BytesIO(), "BytesIO"),
    (io.StringIO(), "StringIO"),
    (pathlib.PurePosixPath("report.pdf"), "PurePosixPath"),
    (JsObject("File", arrayBuffer=print), "File"),
    (JsObject("Blob", arrayBuffer=print), "Blob"),
    (JsObject("FormData"), "FormData"),
    (JsObject("FileList"), "FileList"),
    (JsObject("ArrayBuffer", byteLength=2), "ArrayBuffer"),
    (JsObject("Uint8Array", byteLength=2), "Uint8Array"),
    (JsObject("DataView", byteLength=2), "DataView"),
    (JsObject("ReadableStream", getReader=print), "ReadableStream"),
    (JsObject("FileSystemFileHandle", getFile=print), "FileSystemFileHandle"),
    (JsObject("HTMLInputElement", files=()), "HTMLInputElement"),
    (JsObject("HTMLFormElement", elements=()), "HTMLFormElement"),
    (JsObject("DataTransfer", files=()), "DataTransfer"),
]


@pytest.mark.parametrize(("value", "kind"), FILES, ids=[kind for _, kind in FILES])
def test_a_file_is_refused_with_the_way_to_upload_it(value: Any, kind: str) -> None:
    words = rf"{kind}.*\. Upload a file with Files\(podio\)\.upload\(\.\.\.\) from podio_web\.files$"
    with pytest.raises(TypeError, match=rf"^data\['file'\]\[0\] is of type {words}"):
        to_json({"file": [value]})
    for method, form in (("POST", False), ("PUT", True), ("GET", False)):
        with pytest.raises(ValueError, match=rf"^data must be a dict .*not {words}"):
            build_request("https://api.podio.com", method, "/file/", value, form=form)
    with pytest.raises(ValueError, match=rf"^params must be a dict here, not {words}"):
        build_request("https://api.podio.com", "GET", "/file/", params=value)
    with pytest.raises(ValueError, match=rf"^data may hold text.*not {words}"):
        build_request("https://api.podio.com", "POST", "/file/", {"file": [value]}, form=True)


def test_other_objects_of_javascript_are_named() -> None:
    for kind in ("Object", "Array", "Map", "URLSearchParams"):
        with pytest.raises(TypeError, match=rf"^data is of type {kind}, .*json\.loads\(js\.JSON\.stringify"):
            to_json(JsObject(kind))
    without_name = JsObject("Object")
    without_name.constructor = None  # type: ignore[assignment]
    with pytest.raises(TypeError, match=r"^data is of type JsObject"):
        to_json(without_name)


def test_a_key_that_is_there_twice_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^data\['ids'\] has the same key twice: as text and as a number$"):
        to_json({"ids": {1: "a", "1": "b"}})


def test_members_of_enumerations_are_sent_by_their_values() -> None:
    class Color(str, Enum):  # noqa: UP042 - str() of its members is their name
        RED = "dark red"
        BLUE = "blue"

    class Size(int, Enum):
        SMALL = 3

    class Width(float, Enum):
        THIN = 0.5

    assert to_json({Color.RED: Color.RED, Size.SMALL: Size.SMALL}) == '{"dark red":"dark red","3":3}'
    request = build_request("https://api.podio.com", "GET", "/item/", {Color.RED: [Size.SMALL, Color.RED]})
    assert request.url == "https://api.podio.com/item/?dark%20red=3%3Bdark%20red"
    assert (quote(Color.RED), quote(Size.SMALL)) == ("dark%20red", "3")
    assert f"{quote(Color.BLUE)}" == "blue"
    data = {Color.BLUE: Color.BLUE, "width": Width.THIN}
    form = build_request("https://api.podio.com", "POST", "/item/", data, form=True)
    assert form.body == "blue=blue&width=0.5"


def test_an_object_whose_properties_raise_is_refused_by_name() -> None:
    class Lazy:
        @property
        def files(self) -> None:
            raise LookupError("The database session has ended.")

    with pytest.raises(
        TypeError, match=r"^data\['v'\] is of type Lazy, which JSON cannot represent\. Convert it first"
    ):
        to_json({"v": Lazy()})


def test_a_list_that_contains_itself_is_refused() -> None:
    itself: list[Any] = []
    itself.append(itself)
    with pytest.raises(ValueError, match=r"^data has more than 50 levels of lists and dicts, or contains itself$"):
        to_json(itself)


def test_the_levels_of_what_is_sent_are_limited() -> None:
    assert to_json(nested(DEEPEST + 1)) == json.dumps(nested(DEEPEST + 1), separators=(",", ":"))
    for levels in (DEEPEST + 2, 500, 3000):
        with pytest.raises(ValueError, match=r"^body has more than"):
            to_json(nested(levels), "body")


class Exhausting(list[Any]):
    """What has no stack left to be looked at."""

    def __iter__(self) -> Iterator[Any]:
        raise RuntimeError("maximum recursion depth exceeded")


def test_a_stack_that_is_used_up_is_the_same_error() -> None:
    with pytest.raises(ValueError, match=r"^data has more than"):
        to_json({"values": Exhausting()})


@given(json_values)
def test_what_is_written_is_read_again(value: Any) -> None:
    try:
        text = to_json(value)
    except ValueError:
        assert re.search("nan|inf", repr(value))
        return
    assert from_json(text) == json.loads(text) == value


# --- Surrogates ---

ESCAPES = st.lists(
    st.sampled_from(["\\ud83d", "\\ude80", "\\uD83D", "\\uDE80", "\\udbff", "\\udfff", "\\u00e9", "\\ue000", "\\ud7ff"])
    | st.sampled_from(["\\\\", '\\"', "\\/", "\\n", "x", "ud83d", "🚀", "é", " "])
).map(lambda parts: '"' + "".join(parts) + '"')


@given(ESCAPES)
def test_joined_pairs_mean_what_the_escapes_meant(text: str) -> None:
    joined = join_escaped_pairs(text)
    assert json.loads(joined) == json.loads(text)
    # No pair is left: what MicroPython reads escape by escape is right.
    halves = re.findall(r"\\\\|\\u(d[89ab]..)(?=\\u(d[c-f]..))", joined.lower())
    assert not [half for half in halves if half[0]]


@pytest.mark.parametrize("text", ['"\\ud83"', '"\\ud83d\\ude"', '"\\u', '"\\ud83d\\uzzzz"'])
def test_a_broken_escape_stays_for_the_parser_to_refuse(text: str) -> None:
    assert join_escaped_pairs(text) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('"한"', '"한"'),
        ('"\ud83d\ude80"', '"\\ud83d\\ude80"'),
        ('"é\udfff"', '"é\\udfff"'),
        ('"\ud800한\udbff"', '"\\ud800한\\udbff"'),
        ('"a"', '"a"'),
        ('"🚀"', '"🚀"'),
    ],
)
def test_halves_are_written_as_escapes(text: str, written: str) -> None:
    assert escape_halves(text) == written


@given(st.text(st.characters(exclude_categories=[])))
def test_escaped_halves_mean_what_the_halves_meant(text: str) -> None:
    written = json.dumps(text, ensure_ascii=False)
    assert json.loads(escape_halves(written)) == json.loads(written)
    escape_halves(written).encode()


# --- Depth ---


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", '{"a": -Infinity}'])
def test_numbers_that_json_does_not_have_are_not_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not JSON$"):
        from_json(text)


@pytest.mark.parametrize("text", ["[" * 100_000, "[" * 5_000 + "]" * 5_000, '{"a":' * 100_000])
def test_what_is_too_deep_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"^this JSON is too deep$|Expecting"):
        from_json(text)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 3_000,
        '[{"a":[1]},' * 3_000,
        '["]",' * 3_000,
        '["\\"]]]",' * 3_000,
        '["\\\\","]]",' * 3_000,
        '{"]":' * 3_000,
        "[1," * 2_500,
    ],
)
def test_depth_is_seen_before_it_is_read(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(json, "loads", lambda text, **options: pytest.fail("it was read"))
    with pytest.raises(ValueError, match=r"^this JSON is too deep$"):
        from_json(text, small_stack=True)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([{"a": [1]}] * 5_000),
        json.dumps(["[[[[{{{{"] * 1_000),
        json.dumps(['\\"["'] * 2_000),
        json.dumps([nested(300)] * 20),
        "[" * json_depth.DEEPEST + "]" * json_depth.DEEPEST,
    ],
)
def test_what_is_broad_is_not_deep(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(json, "loads", lambda text, **options: "read")
    assert from_json(text, small_stack=True) == "read"
