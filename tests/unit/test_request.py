"""Building calls: what goes where, and that no path or value leads the token away from the API."""

import json
import re
from enum import Enum
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from podio_web.http import Request, authorized, build_request, quote
from tests.unit.answers import CANARY, json_values, words
from tests.unit.conftest import Node

API = "https://api.podio.com"

hostile_paths = st.lists(
    st.sampled_from(
        [
            *(
                "/",
                "/",
                "//",
                "\\",
                "\t",
                "\n",
                "\r",
                " ",
                "\x00",
                "\x7f",
                "@",
                "@evil.example",
                ":8001",
                "?",
                "#",
                "%",
            ),
            *("%2f%2f", "%5c", "..", "evil.example", "https://evil.example", "user:pw@", "item", "ä", "☃", "\ud800"),
        ]
    )
    | st.text(max_size=3),
    max_size=8,
).map(lambda pieces: "/" + "".join(pieces))


def query_of(call: Request) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(call.url).query, keep_blank_values=True)


def test_a_call_is_ready_for_a_transport() -> None:
    call = build_request(API, "POST", "/item/app/3001/", {"fields": {"title": "A title"}}, params={"silent": True})
    assert call.method == "POST"
    assert call.url == "https://api.podio.com/item/app/3001/?silent=1"
    assert call.headers == {"Accept": "application/json", "Content-Type": "application/json"}
    assert call.body == '{"fields":{"title":"A title"}}'
    assert repr(call) == "<Request POST /item/app/3001/>"


@pytest.mark.parametrize("method", ["GET", "get", "Post", "PUT", "DELETE"])
def test_a_method_is_written_in_capitals(method: str) -> None:
    assert build_request(API, method, "/user/status").method == method.upper()


@pytest.mark.parametrize(
    "method", ["", "PATCH", "HEAD", "OPTIONS", "GET /evil HTTP/1.1\r\nHost: evil.example", None, 5]
)
def test_a_method_that_podio_does_not_have_is_refused(method: Any) -> None:
    with pytest.raises(ValueError, match=r"^method must be one of GET, POST, PUT, DELETE$"):
        build_request(API, method, "/user/status")


# --- Where the data goes ---


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_data_of_a_get_or_delete_goes_to_the_query(method: str) -> None:
    call = build_request(API, method, "/item/4?a=1", {"b": 2, "c": None}, params={"d": "x y"})
    assert call.url == "https://api.podio.com/item/4?a=1&b=2&d=x%20y"
    assert call.body is None
    assert "Content-Type" not in call.headers


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_data_of_a_post_or_put_goes_to_the_body(method: str) -> None:
    call = build_request(API, method, "/item/4?a=1", {"b": 2, "c": None}, params={"d": True})
    assert call.url == "https://api.podio.com/item/4?a=1&d=1"
    assert call.body == '{"b":2,"c":null}'


@pytest.mark.parametrize("data", [{}, [], [{"a": 1}], (1, 2), {"a": {"b": ["ä", None, True]}}])
def test_a_body_is_the_data_as_json(data: object) -> None:
    call = build_request(API, "POST", "/item/", data)
    assert json.loads(str(call.body)) == json.loads(json.dumps(data))
    assert call.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("data", ["text", 5, 1.5, True, {1}])
def test_a_body_that_is_no_object_or_list_is_refused(data: object) -> None:
    with pytest.raises(ValueError, match=f"^data must be a dict or a list, not {type(data).__name__}$"):
        build_request(API, "POST", "/item/", data)


@pytest.mark.parametrize("form", [True, False])
def test_no_data_is_no_body(form: bool) -> None:
    call = build_request(API, "POST", "/item/4", form=form)
    assert call.body is None
    assert call.headers == {"Accept": "application/json"}


def test_a_form_is_a_body_too() -> None:
    call = build_request(API, "POST", "/oauth/token", {"a b": "x&y=z", "flag": False, "none": None}, form=True)
    assert call.body == "a%20b=x%26y%3Dz&flag=0"
    assert call.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert call.url == "https://api.podio.com/oauth/token"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *(("", ""), ("a&b=c#d?e", "a&b=c#d?e"), ("ä ☃+", "ä ☃+"), (0, "0"), (-5, "-5"), (1.5, "1.5"), (True, "1")),
        *((False, "0"), ([1, 2], "1;2"), (("a", True), "a;1"), ([], ""), ([[1, 2], 3], "1;2;3")),
    ],
)
def test_values_in_a_query(value: object, text: str) -> None:
    assert query_of(build_request(API, "GET", "/item/", {"v": value})) == [("v", text)]
    assert query_of(build_request(API, "POST", "/item/", params={"v": value})) == [("v", text)]


@pytest.mark.parametrize("value", [{"a": 1}, b"x", object(), [None], [{"a": 1}]])
def test_values_that_no_query_can_hold_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"^params may hold text, numbers, booleans and lists of them, not "):
        build_request(API, "GET", "/item/", params={"v": value})
    with pytest.raises(ValueError, match=r"^data may hold text, numbers, booleans and lists of them, not "):
        build_request(API, "POST", "/item/", {"v": value}, form=True)


def test_a_list_that_contains_itself_is_refused() -> None:
    itself: list[Any] = []
    itself.append(itself)
    with pytest.raises(ValueError, match=r"^params has more than 50 levels of lists and dicts, or contains itself$"):
        build_request(API, "GET", "/item/", params={"v": itself})
    with pytest.raises(ValueError, match=r"^data has more than 50 levels"):
        build_request(API, "POST", "/item/", {"v": itself}, form=True)


@pytest.mark.parametrize("values", [[1], "a=1", 5, [("a", 1)]])
def test_a_query_or_a_form_is_made_from_a_dict(values: Any) -> None:
    with pytest.raises(ValueError, match=r"^params must be a dict here, not "):
        build_request(API, "GET", "/item/", params=values)
    for method, form in (("GET", False), ("DELETE", False), ("POST", True)):
        with pytest.raises(ValueError, match=r"^data must be a dict here, not "):
            build_request(API, method, "/item/", values, form=form)


# --- Where the call goes ---


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/", "/"),
        ("/item/4", "/item/4"),
        ("/item/app/3001/v2", "/item/app/3001/v2"),
        ("/org/url?url=https://x.example/", "/org/url?url=https://x.example/"),
        ("/search/ä", "/search/%C3%A4"),
        ("/search/%C3%A4", "/search/%C3%A4"),
        ("/search/a+b;c=d", "/search/a+b;c=d"),
        ("/a?b?c", "/a?b?c"),
        ("/a?", "/a"),
        ("/<a>", "/%3Ca%3E"),
    ],
)
def test_a_path_is_escaped_once(path: str, sent: str) -> None:
    assert build_request(API, "GET", path).url == API + sent


def test_a_path_that_is_a_member_of_an_enumeration_stays_on_the_api() -> None:
    class Path(str, Enum):  # noqa: UP042 - a format of its members is their name
        STATUS = "/user/status"
        SPACE = "/räume/"

    for path, route in ((Path.STATUS, "/user/status"), (Path.SPACE, "/r%C3%A4ume/")):
        request = build_request(API, "GET", path, {"a": 1})
        assert (request.url, f"{request.path}") == (f"{API}{route}?a=1", route)


def test_an_error_s_path_has_no_query() -> None:
    assert build_request(API, "GET", "/org/url?url=private", {"more": "private"}).path == "/org/url"


@pytest.mark.parametrize(
    "path",
    [
        *(None, 5, b"/item", "", "item/4", "?a=1", "//evil.example/", "///evil.example", "\\\\evil.example"),
        *("https://evil.example/", "https://api.podio.com/item/4", "HTTPS://evil.example", "https:evil.example"),
        *("@evil.example", ":8001/", ".evil.example/", "user:pw@evil.example", " /item/4", "javascript:alert(1)"),
    ],
)
def test_a_path_that_is_not_relative_to_the_api_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"^path must be relative to the API"):
        build_request(API, "GET", path)


@pytest.mark.parametrize(
    ("paths", "diagnosis"),
    [
        (
            ["/item/ 4", "/item/4 ", "/\t/evil.example", "/\n/x", "/item/4\r\nHost: evil.example"],
            "a space or a control",
        ),
        (["/item\x00", "/item\x7f", "/item?q=a b"], "a space or a control"),
        (["/\\evil.example", "/item\\4", "/item\\..\\user"], "a backslash"),
        (["/item/4#top", "/#", "/item?q=#1"], "a #"),
        (["/item/100%", "/item/%", "/item/%4", "/item/%zz", "/item/%%20", "/item?q=50%"], "a % without two"),
        (["/item/../user/status", "/..", "/.", "/item/./4", "/item/..", "/../x?a=1"], "a part '.' or '..'"),
        (["/item/%2e%2e/user", "/item/.%2E", "/%2e", "/item/%2E./x"], "a part '.' or '..'"),
        (["/item/..%2fuser%2fstatus", "/item/x%2F..%5cuser", "/%ff/..", "/item/..%5C"], "a part '.' or '..'"),
        (["/item/..;/user/status", "/item/..;v=1/x", "/item/%2e%2E;/x", "/.;", "/item/4;/..;"], "a part '.' or '..'"),
    ],
)
def test_each_refusal_has_a_diagnosis_of_its_own(paths: list[str], diagnosis: str) -> None:
    for path in paths:
        with pytest.raises(ValueError, match=f"^path has {re.escape(diagnosis)}"):
            build_request(API, "GET", path)


@pytest.mark.parametrize(
    "path",
    [
        "/item/...",
        "/item/..x",
        "/a.b/.c",
        "/x?..",
        "/x?a=../b",
        "/item/%252e%252e",
        "/item//4",
        "/user/1;2",
        "/a;v=1.0",
    ],
)
def test_dots_that_lead_nowhere_are_let_through(path: str) -> None:
    assert build_request(API, "GET", path).url == API + path


@pytest.mark.parametrize(
    "part", ["../user/status", "a b", "50 %", "what?", "a#b", "a/b", "a\\b", "é", "🚀", "%2e", 4, -1]
)
def test_a_quoted_part_stays_one_part(part: str | int) -> None:
    quoted = quote(part)
    assert unquote(quoted) == str(part)
    assert not set(quoted) & set("/?#\\ ")
    if ".." not in str(part):
        assert build_request(API, "GET", f"/item/app/3001/external_id/{quoted}").url.endswith(f"/external_id/{quoted}")


@pytest.mark.parametrize("part", ["", ".", ".."])
def test_a_part_that_no_escape_can_keep_is_refused(part: str) -> None:
    with pytest.raises(ValueError, match=f"^{part!r} cannot be a part of a path"):
        quote(part)


@pytest.mark.parametrize("part", [None, True, 1.5, b"x", ["x"]])
def test_a_part_is_text_or_a_whole_number(part: Any) -> None:
    with pytest.raises(TypeError, match=f"not {type(part).__name__}$"):
        quote(part)


@given(words.filter(lambda word: word not in ("", ".", "..")))
def test_whatever_is_quoted_is_one_part_or_refused(word: str) -> None:
    try:
        url = build_request(API, "GET", f"/item/{quote(word)}/x").url
    except ValueError as problem:
        assert "'..'" in str(problem)  # noqa: PT017 - a value with an escaped slash and dots
        return
    assert unquote(url.removeprefix(f"{API}/item/").removesuffix("/x")) == word
    assert url.count("/") == f"{API}/item//x".count("/")


@pytest.mark.parametrize("text", ["\ud83d", "x\ude80y", "\ude80\ud83d"])
def test_half_of_a_character_is_refused_in_an_address(text: str) -> None:
    for refused in (lambda: quote(text), lambda: build_request(API, "GET", "/x", {"v": text})):
        with pytest.raises(ValueError, match="half of a character"):
            refused()


@pytest.mark.parametrize("key", [None, True, 1.5, (1,)])
def test_a_key_is_text_or_a_whole_number(key: Any) -> None:
    with pytest.raises(TypeError, match=f"^params has a key of type {type(key).__name__}"):
        build_request(API, "GET", "/x", params={key: 1})
    with pytest.raises(TypeError, match=rf"^data\['fields'\] has a key of type {type(key).__name__}"):
        build_request(API, "POST", "/x", {"fields": {key: 1}})
    assert build_request(API, "POST", "/x", {5001: "by the field's id"}).body == '{"5001":"by the field\'s id"}'


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_are_none_are_refused(number: float) -> None:
    for data in ({"v": number}, {"v": [1, number]}):
        with pytest.raises(ValueError, match=f"not {number}$"):
            build_request(API, "GET", "/x", data)
        with pytest.raises(ValueError, match=rf"^data\['v'\].* is {number}, which JSON cannot represent$"):
            build_request(API, "POST", "/x", data)


@given(path=hostile_paths, params=st.none() | st.dictionaries(st.text(max_size=5), json_values, max_size=3))
@example(path="/@evil.example", params=None)
@example(path="/x//evil.example", params={"@evil.example": "#"})
def test_whatever_the_path_a_call_goes_to_the_api_s_origin_or_nowhere(
    path: str, params: dict[str, Any] | None, node: Node
) -> None:
    for origin in (API, "http://127.0.0.1:8001", "http://[::1]"):
        try:
            call = build_request(origin, "GET", path, params=params)
        except ValueError:
            continue
        parts = urlsplit(call.url)
        assert f"{parts.scheme}://{parts.netloc}" == origin
        assert parts.fragment == ""
        assert parts.username is None
        assert call.url.isascii()
        assert unquote(call.path) == unquote(path.partition("?")[0])
        assert node.origin(call.url) == origin


@given(path=hostile_paths.filter(lambda path: not path.startswith("/", 1)), prefix=st.text(min_size=1, max_size=8))
def test_a_path_with_anything_before_its_slash_is_refused(path: str, prefix: str) -> None:
    with pytest.raises(ValueError, match=r"^path must be relative to the API"):
        build_request(API, "GET", prefix.lstrip("/") + "x:" + path)


@given(st.dictionaries(words, words, max_size=4), st.dictionaries(words, words, max_size=4))
def test_values_arrive_as_they_are(data: dict[str, str], params: dict[str, str]) -> None:
    call = build_request(API, "GET", "/item/", data, params=params)
    assert query_of(call) == [*data.items(), *params.items()]
    form = build_request(API, "POST", "/oauth/token", data, form=True)
    assert parse_qsl(str(form.body), keep_blank_values=True) == list(data.items())


# --- The token ---


def test_a_token_goes_into_the_header_of_a_copy() -> None:
    call = build_request(API, "PUT", "/item/4", {"a": 1}, params={"silent": True})
    sent = authorized(call, CANARY)
    assert sent.headers == {**call.headers, "Authorization": f"OAuth2 {CANARY}"}
    assert (sent.method, sent.url, sent.path, sent.body) == (call.method, call.url, call.path, call.body)
    assert "Authorization" not in call.headers
    assert CANARY not in sent.url


def test_a_call_does_not_show_its_token_or_data() -> None:
    call = authorized(build_request(API, "POST", "/item/4?q=private", {"password": CANARY}), CANARY)
    assert repr(call) == str(call) == "<Request POST /item/4>"
