"""The error body and the texts that are known."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.sandbox_support import Caller


def test_the_body_has_all_six_keys(podio: Caller) -> None:
    answer = podio.get("/nowhere?a=b&c=%20d")
    assert answer.status == 404
    assert answer.json == {
        "error": "not_found",
        "error_description": "The sandbox does not imitate GET /nowhere. docs/sandbox.md lists what it imitates.",
        "error_detail": "sandbox.not_imitated",
        "error_parameters": {},
        "error_propagate": False,
        "request": {"url": f"{podio.url}/nowhere", "query_string": "a=b&c=%20d", "method": "GET"},
    }


def test_the_url_in_the_body_can_be_the_path_only(podio: Caller) -> None:
    podio.settings(request_url="path")
    assert podio.get("/nowhere").json["request"]["url"] == "/nowhere"


def test_a_token_in_the_query_is_not_repeated(podio: Caller) -> None:
    body = podio.get("/user/status?oauth_token=s3cret&x=1").text
    assert "s3cret" not in body
    assert "oauth_token=[hidden]&x=1" in body


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "//"),
        ("GET", "/item"),
        ("GET", "/item/abc"),
        ("GET", "/item/-1"),
        ("GET", "/item/%D9%A1"),
        ("PATCH", "/item/6101"),
        ("DELETE", "/user/status"),
        ("HEAD", "/user/status"),
        ("PUT", "/oauth/authorize"),
        ("BREW", "/user/status"),
        ("GET", "/item/6101/value/title/more/and/more"),
        ("GET", "/task/"),
        ("PUT", "/hook/app/3001/"),
        ("GET", "/batch/"),
        ("GET", "/comment/task/5/"),
        ("POST", "/comment/status/5/"),
    ],
)
def test_what_nothing_answers_to(demo: Caller, method: str, path: str) -> None:
    answer = demo.call(method, path, {"value": "x"} if path.startswith("/comment") else None)
    assert answer.status == 404
    if method != "HEAD":
        text = f"The sandbox does not imitate {method} {path}. docs/sandbox.md lists what it imitates."
        assert (answer.json["error_description"], answer.json["error_detail"]) == (text, "sandbox.not_imitated")


@pytest.mark.parametrize("path", ["/item/app/3001/", "/item/app/3001/filter/", "/comment/item/6101/", "/space/"])
def test_a_post_without_a_body(demo: Caller, path: str) -> None:
    answer = demo.post(path)
    assert answer.status == 404
    assert answer.json["error_description"] == "No matching operation could be found. No body was given."


def test_a_long_path_is_cut(demo: Caller) -> None:
    text = demo.post("/" + "x" * 3000, {}).json["error_description"]
    assert text == f"The sandbox does not imitate POST /{'x' * 199}.... docs/sandbox.md lists what it imitates."


@pytest.mark.parametrize(
    ("body", "description"),
    [
        ({"fields": {"208483992": "x"}}, 'Invalid value "208483992" (string): No field found'),
        ({"fields": ["Test"]}, 'Invalid value ["Test"] (array): must be object or must be object'),
        ({"fields": "x"}, 'Invalid value "x" (string): must be object or must be object'),
        ({"fields": None}, "Invalid value null (null): must be object or must be object"),
        ([], "Invalid value [] (array): must be object"),
        (["Test"], 'Invalid value ["Test"] (array): must be object'),
        (5, "Invalid value 5 (integer): must be object"),
        ("text", 'Invalid value "text" (string): must be object'),
        (True, "Invalid value true (boolean): must be object"),
        (1.5, "Invalid value 1.5 (number): must be object"),
    ],
)
def test_validation_texts_never_name_the_field(demo: Caller, body: Any, description: str) -> None:
    answer = demo.post("/item/app/3001/", body)
    assert (answer.status, answer.json["error"]) == (400, "invalid_value")
    assert answer.json["error_description"] == description


def test_a_limit_that_is_too_small(demo: Caller) -> None:
    answer = demo.post("/item/app/3001/filter/", {"limit": 0})
    assert answer.json["error_description"] == "Invalid value 0 (integer): must not be less than 1"


def test_a_form_is_no_body_for_an_operation_that_takes_json(demo: Caller) -> None:
    answer = demo.post("/item/app/3001/", form={"fields": "x"})
    assert answer.json["error_description"] == "Invalid value null (null): must be object"


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/item/1", 404, "not_found"),
        ("/app/1", 404, "not_found"),
        ("/space/1", 404, "not_found"),
        ("/org/1", 404, "not_found"),
        ("/comment/1", 404, "not_found"),
        ("/item/99999999999999999999999999999999", 404, "not_found"),
        ("/item/app/3001/external_id/none", 404, "not_found"),
    ],
)
def test_objects_that_do_not_exist(demo: Caller, path: str, status: int, error: str) -> None:
    answer = demo.get(path)
    assert (answer.status, answer.json["error"], answer.json["error_description"]) == (
        status,
        error,
        "Object not found",
    )


@pytest.mark.parametrize("path", ["/space/2002", "/app/3003", "/item/6201", "/app/space/2002/", "/space/2002/member/"])
def test_objects_out_of_reach(podio: Caller, path: str) -> None:
    podio.sign_in("other@example.com")
    answer = podio.get(path)
    assert (answer.status, answer.json["error"]) == (403, "forbidden")
    assert answer.json["error_detail"] == "alert.no_access"


def test_every_answer_has_the_common_headers(demo: Caller) -> None:
    for path in ("/user/status", "/nowhere"):
        headers = demo.get(path).headers
        assert headers["server"] == "nginx"
        assert headers["content-type"] == "application/json; charset=utf-8"
        assert len(headers["x-podio-request-id"]) == 8
    assert demo.get("/user/status", token=None).status == 401
