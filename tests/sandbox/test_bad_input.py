"""Whatever arrives, the answer is Podio's kind of error: no traceback, no dropped connection, no 500."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podio_web.sandbox.fields import TYPES
from tests.sandbox.sandbox_support import FORM, Answer, Caller, authorize_path

# The fixture is reset once, not before every example: the examples do not depend on each other.
many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
BODIES = [
    "/item/app/3001/",
    "/item/app/3001/filter/",
    "/comment/item/6101/",
    "/space/",
    "/embed/",
    "/item/app/3001/delete",
    "/item/app/3004/filter/",
    "/item/app/3001/filter/3501",
    "/view/app/3001/",
    "/app/3004/field/",
]
CHANGES = [
    "/item/6102",
    "/item/6102/value",
    "/item/6102/value/due",
    "/user/",
    "/user/profile/",
    "/user/property/x",
    "/space/2001",
    "/view/3501",
    "/app/3004/field/category",
    "/app/3004/field/product",
]
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=2**62)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
FIELDS = [
    "title", "description", "status", "labels", "due", "hours", "rate", "total", "progress", "time-spent",
    "responsible", "client", "place", "link", "keywords",
]  # fmt: skip
NEWER_FIELDS = [
    "category", "question", "member", "image", "file", "video", "state", "heading", "future", "product", "copy",
    "start", "remark", "references", "period", "tags", "address",
]  # fmt: skip
SUB_IDS = st.sampled_from(
    [
        "value", "type", "id", "start", "end", "start_date", "start_time", "start_utc", "end_utc", "currency",
        "embed", "url", "lat", "city", "item_id", "from", "to",
    ]
)  # fmt: skip
DATES = ["2026-03-01", "2026-03-01 09:00:00", "9999-12-31 23:59:59", "0001-01-01"]
near_values = st.recursive(
    json_values | st.sampled_from([*DATES, "1e5", 1, 6001]),
    lambda inner: st.dictionaries(SUB_IDS, inner, max_size=3) | st.lists(inner, max_size=3),
    max_leaves=6,
)


def is_podio_error(answer: Answer) -> bool:
    keys = {"error", "error_description", "error_detail", "error_parameters", "error_propagate", "request"}
    return set(answer.json) == keys and 400 <= answer.status < 500


def fine(answer: Answer) -> bool:
    return answer.status in (200, 204) or is_podio_error(answer)


def send(podio: Caller, data: bytes) -> bytes:
    """Send bytes, over a connection of their own, and return all that comes back. The host ``x`` is the sandbox's."""
    address = urlsplit(podio.url)
    data = data.replace(b"Host: x\r\n", f"Host: {address.netloc}\r\n".encode())
    received = b""
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        while chunk := connection.recv(65_536):
            received += chunk
    return received


@pytest.mark.parametrize("size", [1000, 20_000, 60_000])
def test_headers_that_arrive_in_pieces(podio: Caller, size: int) -> None:
    address = urlsplit(podio.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(f"GET /user/status HTTP/1.1\r\nHost: {address.netloc}\r\nX-Long: ".encode())
        for _ in range(10):
            connection.sendall(b"x" * (size // 10))
            time.sleep(0.01)
        connection.sendall(b"\r\n\r\n")
        assert b" 401 " in connection.recv(65_536).partition(b"\r\n")[0]


@pytest.mark.parametrize("path", [*BODIES, "/oauth/token/v2"])
@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"{'a': 1}",
        b"nonsense",
        b"\xff\xfe{}",
        b'{"a": "\xff"}',
        b'{"a": "\xed\xa0\x80"}',
        b'{"value": "\\ud800"}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"a": 1} trailing',
        b"\x00",
        b"{}\x00",
    ],
)
def test_what_is_not_json(demo: Caller, path: str, raw: bytes) -> None:
    answer = demo.post(path, raw=raw, headers={"Content-Type": "application/json"})
    assert is_podio_error(answer)
    assert (answer.status, answer.json["error"]) == (400, "invalid_request")


def test_json_may_begin_with_a_byte_order_mark_and_hold_nul(demo: Caller) -> None:
    raw = b"\xef\xbb\xbf" + json.dumps({"value": "a\0b 😀"}).encode()
    assert demo.post("/comment/item/6101/", raw=raw).json["value"] == "a\0b 😀"


def test_a_large_body_is_refused(demo: Caller) -> None:
    answer = demo.post("/comment/item/6101/", {"value": "x" * 6_000_000})
    assert (answer.status, answer.json["error"]) == (413, "invalid_request")
    assert demo.post("/comment/item/6101/", {"value": "x" * 200_000}).status == 400


@pytest.mark.parametrize(
    "path",
    [
        "/%00",
        "/item/%00",
        "/%ff%fe",
        "/item/app/3001/external_id/%00%ff",
        "/item/app/3001/external_id/" + "x" * 3000,
        "/user/property/%F0%9F%98%80",
        "/user/property/" + quote("'; DROP TABLE item; --"),
        "/%0a%0d",
        "/..%2f..%2fetc",
        "/../../etc/passwd",
        "/item/" + "9" * 4000,
        "/item/00006101x",
        "/" * 2000,
        "/user/status%",
        "/user/status%zz",
        "//user//status",
    ],
)
def test_strange_paths(demo: Caller, path: str) -> None:
    answer = demo.get(path)
    assert is_podio_error(answer)
    assert answer.status == 404


@pytest.mark.parametrize(
    "query",
    [
        "limit=9" + "9" * 30,
        "limit=-1",
        "limit=%00",
        "limit=%D9%A1",
        "limit=1e3",
        "limit=",
        "offset=999999999999999999",
        "sort_by=%00",
        "sort_desc=%ff",
        "external_id=%00%ff",
        "&&&==&=%",
        "a=1&" * 2000,
        "fields=" + "(" * 5000,
        "fields=items.fields(" + "a." * 3000 + "b)",
        "oauth_token=%00",
    ],
)
def test_strange_queries(demo: Caller, query: str) -> None:
    assert fine(demo.get(f"/item/app/3001/v2/?{query}"))
    assert fine(demo.get(f"/item/6101?{query}"))


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "OAuth2 \xff\xfe"},
        {"Authorization": "OAuth2 " + "x" * 20_000},
        {"Authorization": "Basic " + "A" * 1000},
        {"Authorization": "Basic Og=="},
        {"Content-Type": "\xff"},
        {"Content-Type": ";;;"},
        {"Content-Type": "multipart/form-data"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Origin": "\xff"},
        {"Cookie": "\xff=\xff; podio_session=\xff"},
    ],
)
def test_strange_headers(podio: Caller, headers: dict[str, str]) -> None:
    for path in ("/user/status", "/oauth/token", "/oauth/token/v2"):
        assert is_podio_error(podio.post(path, raw=b"a=b", headers=headers))
    page = podio.get(authorize_path(), headers=headers)
    assert page.status == 200


@pytest.mark.parametrize("query", ["", "client_id=%ff", "a&" * 5000, "client_id=demo-client&redirect_uri=%ff%00", "%"])
def test_strange_requests_for_the_page(podio: Caller, query: str) -> None:
    answer = podio.get(f"/oauth/authorize?{query}")
    assert answer.status == 400
    assert "authorize-error" in answer.text


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"a=b&" * 5000, b"{}", b"action=allow&form_token=\xff"])
def test_strange_forms(podio: Caller, raw: bytes) -> None:
    page = podio.post(authorize_path(), raw=raw, headers={"Content-Type": FORM})
    assert page.status == 400
    answer = podio.post("/oauth/token", raw=raw, headers={"Content-Type": FORM})
    assert is_podio_error(answer)


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    ],
)
def test_what_is_not_http(podio: Caller, data: bytes) -> None:
    head, _, body = send(podio, data).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body)["error"] == "invalid_request"
    assert podio.get("/nowhere").status == 404


def test_an_endless_head_does_no_harm(podio: Caller) -> None:
    # The connection is closed while the head is still being sent, which may cost the sender the answer.
    with contextlib.suppress(OSError):
        head = send(podio, b"GET /" + b"a" * 3_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        assert head == b"" or head.startswith(b"HTTP/1.1 400 ")
    assert podio.get("/nowhere").status == 404


def test_a_chunked_body_that_breaks_off_and_one_that_is_wrong(podio: Caller) -> None:
    head = b"POST /oauth/token/v2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    send(podio, head + b"5\r\nab")
    wrong = send(podio, head + b"zz\r\nab")
    assert wrong == b"" or b'"error"' in wrong
    right = send(podio, head + b"2\r\n{}\r\n0\r\n\r\n")
    assert b"Missing parameter client_id" in right


@pytest.mark.parametrize(("path", "status"), [(b"/nothing", b"404"), (b"/faye", b"400")])
def test_an_upgrade_to_a_websocket_is_answered_like_any_call(podio: Caller, path: bytes, status: bytes) -> None:
    upgrade = b"GET %b HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n" % path
    assert send(podio, upgrade).startswith(b"HTTP/1.1 %b " % status)


@many
@given(path=st.sampled_from(BODIES), body=json_values)
def test_any_json_for_a_post(demo: Caller, path: str, body: Any) -> None:
    demo.settings(general_limit=10**9, heavy_limit=10**9)
    assert fine(demo.post(path, raw=json.dumps(body).encode()))


@many
@given(path=st.sampled_from(CHANGES), body=json_values)
def test_any_json_for_a_put(demo: Caller, path: str, body: Any) -> None:
    demo.settings(general_limit=10**9)
    assert fine(demo.put(path, raw=json.dumps(body).encode()))


@settings(many, max_examples=300)
@given(field=st.sampled_from(FIELDS), value=near_values)
def test_any_value_for_any_field(demo: Caller, field: str, value: Any) -> None:
    demo.settings(general_limit=10**9)
    answer = demo.put("/item/6102", raw=json.dumps({"fields": {field: value}}).encode())
    assert fine(answer)
    assert demo.get("/item/6102").status == 200


@settings(many, max_examples=200)
@given(field=st.sampled_from(NEWER_FIELDS), value=near_values)
def test_any_value_for_any_field_of_a_newer_type(demo: Caller, field: str, value: Any) -> None:
    demo.settings(general_limit=10**9, heavy_limit=10**9)
    assert fine(demo.put("/item/6302", raw=json.dumps({"fields": {field: value}}).encode()))
    assert demo.get("/item/6302").status == 200
    body = {"filters": {field: value}, "sort_by": field}
    assert fine(demo.post("/item/app/3004/filter/", raw=json.dumps(body).encode()))
    assert demo.post("/item/app/3004/filter/", {"sort_by": field}).status == 200
    assert demo.get("/search/app/3004/v2?query=x").status == 200


@many
@given(
    kind=st.sampled_from(TYPES),
    settings=st.dictionaries(
        st.sampled_from(
            ["options", "multiple", "allowed_currencies", "allowed_values", "possible_types", "referenced_apps",
             "expression", "return_type", "time", "end", "size", "format", "decimals"]
        ),
        json_values | st.sampled_from(["number", "date", "disabled", "html", "large", "title"]),
    ),
    value=near_values,
)  # fmt: skip
def test_any_settings_of_a_field(demo: Caller, kind: str, settings: Any, value: Any) -> None:
    demo.settings(general_limit=10**9, heavy_limit=10**9)
    answer = demo.post("/app/3002/field/", {"type": kind, "config": {"label": "New", "settings": settings}})
    assert fine(answer)
    if answer.status == 200:
        field_id = answer.json["field_id"]
        assert fine(demo.put("/item/6001", raw=json.dumps({"fields": {field_id: value}}).encode()))
        assert demo.get("/item/6001").status == 200
        assert demo.get("/app/3002").status == 200
        assert demo.post("/item/app/3002/filter/", {"sort_by": field_id}).status == 200
        assert demo.delete(f"/app/3002/field/{field_id}?delete_values=1").status == 200


@settings(many, max_examples=200)
@given(
    key=st.sampled_from([*FIELDS, "created_on", "created_by", "tags", "item_id", "title", "external_id"]),
    value=near_values,
)
def test_any_value_for_any_filter(demo: Caller, key: str, value: Any) -> None:
    demo.settings(general_limit=10**9, heavy_limit=10**9)
    body = {"filters": {key: value}, "sort_by": key, "limit": 1}
    answer = demo.post("/item/app/3001/filter/", raw=json.dumps(body).encode())
    assert fine(answer)


@many
@given(body=json_values)
@pytest.mark.parametrize(
    "path", ["/oauth/token/v2", "/sandbox/tokens", "/sandbox/faults", "/sandbox/clock", "/sandbox/edit"]
)
def test_any_json_for_tokens_and_controls(podio: Caller, path: str, body: Any) -> None:
    podio.delete("/sandbox/faults")
    assert fine(podio.post(path, raw=json.dumps(body).encode()))


@many
@given(
    parameters=st.dictionaries(
        st.sampled_from(
            ["grant_type", "client_id", "client_secret", "username", "app_id", "app_token", "code", "scope"]
        ),
        json_values | st.sampled_from(["demo-client", "demo-secret", "password", "app", "refresh_token", "3001"]),
    )
)
def test_any_parameters_for_a_token(podio: Caller, parameters: dict[str, Any]) -> None:
    answer = podio.post("/oauth/token/v2", raw=json.dumps(parameters).encode())
    assert is_podio_error(answer)
    assert answer.status == 400


@many
@given(raw=st.binary(max_size=200))
def test_any_bytes(podio: Caller, raw: bytes) -> None:
    for path in ("/oauth/token", "/oauth/token/v2"):
        for content_type in (FORM, "application/json"):
            assert is_podio_error(podio.post(path, raw=raw, headers={"Content-Type": content_type}))


@many
@given(path=st.text(max_size=60), query=st.text(max_size=60))
def test_any_path_and_query(demo: Caller, path: str, query: str) -> None:
    demo.settings(general_limit=10**9)
    raw_path = quote(path.encode("utf-8", "surrogatepass"), safe="/")
    assert fine(demo.get(f"/{raw_path}?{quote(query.encode('utf-8', 'surrogatepass'), safe='=&')}"))


@many
@given(
    redirect_uri=st.text(max_size=60) | st.from_regex(r"http://[a-z:@/\\\[\]#?.%]{0,8}localhost[a-z:@/\\#?.%0-9]{0,8}")
)
def test_any_redirect_address(podio: Caller, redirect_uri: str) -> None:
    podio.settings(consent="allow")
    answer = podio.get(authorize_path(redirect_uri=redirect_uri.encode("utf-8", "replace").decode()))
    assert answer.status in (302, 400)
    if answer.status == 302:
        assert urlsplit(answer.location).hostname == "localhost"
        assert urlsplit(answer.location).username is None
