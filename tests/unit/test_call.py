"""Building calls: what goes where, and that no path or value leads the token away from the API."""

import json
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from podio_web.api import Call, authorized, build_call
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


def query_of(call: Call) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(call.url).query, keep_blank_values=True)


def test_a_call_is_ready_for_a_transport() -> None:
    call = build_call(API, "POST", "/item/app/3001/", {"fields": {"title": "A title"}}, params={"silent": True})
    assert call.method == "POST"
    assert call.url == "https://api.podio.com/item/app/3001/?silent=1"
    assert call.headers == {"Accept": "application/json", "Content-Type": "application/json"}
    assert call.body == '{"fields":{"title":"A title"}}'
    assert repr(call) == "<Call POST /item/app/3001/>"


@pytest.mark.parametrize("method", ["GET", "get", "Post", "PUT", "DELETE"])
def test_a_method_is_written_in_capitals(method: str) -> None:
    assert build_call(API, method, "/user/status").method == method.upper()


@pytest.mark.parametrize("method", ["", "PATCH", "HEAD", "OPTIONS", "GET /evil HTTP/1.1\r\nHost: evil.example"])
def test_a_method_that_podio_does_not_have_is_refused(method: str) -> None:
    with pytest.raises(ValueError, match=r"^method must be one of GET, POST, PUT, DELETE$"):
        build_call(API, method, "/user/status")


# --- Where the data goes ---


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_data_of_a_get_or_delete_goes_to_the_query(method: str) -> None:
    call = build_call(API, method, "/item/4?a=1", {"b": 2, "c": None}, params={"d": "x y"})
    assert call.url == "https://api.podio.com/item/4?a=1&b=2&d=x%20y"
    assert call.body is None
    assert "Content-Type" not in call.headers


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_data_of_a_post_or_put_goes_to_the_body(method: str) -> None:
    call = build_call(API, method, "/item/4?a=1", {"b": 2, "c": None}, params={"d": True})
    assert call.url == "https://api.podio.com/item/4?a=1&d=1"
    assert call.body == '{"b":2,"c":null}'


@pytest.mark.parametrize("data", [{}, [], [{"a": 1}], (1, 2), {"a": {"b": ["ä", None, True]}}])
def test_a_body_is_the_data_as_json(data: object) -> None:
    call = build_call(API, "POST", "/item/", data)
    assert json.loads(str(call.body)) == json.loads(json.dumps(data))
    assert call.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("data", ["text", 5, 1.5, True, b"bytes", {1}])
def test_a_body_that_is_no_object_or_list_is_refused(data: object) -> None:
    with pytest.raises(ValueError, match=f"^data must be a dict or a list, not {type(data).__name__}$"):
        build_call(API, "POST", "/item/", data)


@pytest.mark.parametrize("form", [True, False])
def test_no_data_is_no_body(form: bool) -> None:
    call = build_call(API, "POST", "/item/4", form=form)
    assert call.body is None
    assert call.headers == {"Accept": "application/json"}


def test_a_form_is_a_body_too() -> None:
    call = build_call(API, "POST", "/oauth/token", {"a b": "x&y=z", "flag": False, "none": None}, form=True)
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
    assert query_of(build_call(API, "GET", "/item/", {"v": value})) == [("v", text)]
    assert query_of(build_call(API, "POST", "/item/", params={"v": value})) == [("v", text)]


@pytest.mark.parametrize("value", [{"a": 1}, b"x", object(), [None], [{"a": 1}]])
def test_values_that_no_query_can_hold_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"^params may hold text, numbers, flags and lists of them, not "):
        build_call(API, "GET", "/item/", params={"v": value})
    with pytest.raises(ValueError, match=r"^data may hold text, numbers, flags and lists of them, not "):
        build_call(API, "POST", "/item/", {"v": value}, form=True)


@pytest.mark.parametrize("values", [[1], "a=1", 5, [("a", 1)]])
def test_a_query_or_a_form_is_made_from_a_dict(values: Any) -> None:
    with pytest.raises(ValueError, match=r"^params must be a dict here, not "):
        build_call(API, "GET", "/item/", params=values)
    for method, form in (("GET", False), ("DELETE", False), ("POST", True)):
        with pytest.raises(ValueError, match=r"^data must be a dict here, not "):
            build_call(API, method, "/item/", values, form=form)


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
    assert build_call(API, "GET", path).url == API + sent


def test_an_error_s_path_has_no_query() -> None:
    assert build_call(API, "GET", "/org/url?url=private", {"more": "private"}).path == "/org/url"


@pytest.mark.parametrize(
    "path",
    [
        *(
            None,
            5,
            b"/item",
            "",
            "item/4",
            "?a=1",
            "//evil.example/",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
        ),
        *(
            "https://evil.example/",
            "https://api.podio.com/item/4",
            "HTTPS://evil.example",
            "https:evil.example",
            "@evil.example",
        ),
        *(
            ":8001/",
            ".evil.example/",
            "user:pw@evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            " /item/4",
            "/item/ 4",
        ),
        *("/item/4\r\nHost: evil.example", "/item/4#top", "/item\\4", "/item\x00", "/item\x7f", "javascript:alert(1)"),
    ],
)
def test_a_path_that_is_not_relative_to_the_api_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"^path must be relative to the API"):
        build_call(API, "GET", path)


@given(path=hostile_paths, params=st.none() | st.dictionaries(st.text(max_size=5), json_values, max_size=3))
@example(path="/@evil.example", params=None)
@example(path="/..//evil.example", params={"@evil.example": "#"})
def test_whatever_the_path_a_call_goes_to_the_api_s_origin_or_nowhere(
    path: str, params: dict[str, Any] | None, node: Node
) -> None:
    for origin in (API, "http://127.0.0.1:8001", "http://[::1]"):
        try:
            call = build_call(origin, "GET", path, params=params)
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
        build_call(API, "GET", prefix.lstrip("/") + "x:" + path)


@given(st.dictionaries(words, words, max_size=4), st.dictionaries(words, words, max_size=4))
def test_values_arrive_as_they_are(data: dict[str, str], params: dict[str, str]) -> None:
    call = build_call(API, "GET", "/item/", data, params=params)
    assert query_of(call) == [*data.items(), *params.items()]
    form = build_call(API, "POST", "/oauth/token", data, form=True)
    assert parse_qsl(str(form.body), keep_blank_values=True) == list(data.items())


# --- The token ---


def test_a_token_goes_into_the_header_of_a_copy() -> None:
    call = build_call(API, "PUT", "/item/4", {"a": 1}, params={"silent": True})
    sent = authorized(call, CANARY)
    assert sent.headers == {**call.headers, "Authorization": f"OAuth2 {CANARY}"}
    assert (sent.method, sent.url, sent.path, sent.body) == (call.method, call.url, call.path, call.body)
    assert "Authorization" not in call.headers
    assert CANARY not in sent.url


def test_a_call_does_not_show_its_token_or_data() -> None:
    call = authorized(build_call(API, "POST", "/item/4?q=private", {"password": CANARY}), CANARY)
    assert repr(call) == str(call) == "<Call POST /item/4>"
