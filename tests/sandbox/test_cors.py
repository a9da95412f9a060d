"""Pages on other origins may call the API and read its answers, its headers not."""

from __future__ import annotations

import pytest

from tests.sandbox.sandbox_support import Caller

ORIGIN = "http://localhost:8000"
PREFLIGHT = {
    "Origin": ORIGIN,
    "Access-Control-Request-Method": "PUT",
    "Access-Control-Request-Headers": "authorization,content-type",
}


@pytest.mark.parametrize("path", ["/user/status", "/item/6101", "/oauth/token", "/oauth/token/v2", "/nothing/here"])
def test_a_preflight_needs_no_token(podio: Caller, path: str) -> None:
    answer = podio.call("OPTIONS", path, headers=PREFLIGHT)
    assert answer.status == 204
    assert answer.body == b""
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["access-control-allow-methods"] == "GET, POST, PUT, DELETE, OPTIONS"
    assert answer.headers["access-control-allow-headers"] == "Authorization, Content-Type, Accept, Accept-Language"
    assert int(answer.headers["access-control-max-age"]) > 0
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", [ORIGIN, "null", "https://example.com"])
def test_answers_echo_the_origin_and_expose_nothing(demo: Caller, origin: str) -> None:
    answer = demo.get("/user/status", headers={"Origin": origin})
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "access-control-expose-headers" not in answer.headers
    assert "x-rate-limit-remaining" in answer.headers


def test_headers_are_exposed_when_asked_to(demo: Caller) -> None:
    demo.settings(expose_headers=True)
    exposed = demo.get("/user/status", headers={"Origin": ORIGIN}).headers["access-control-expose-headers"]
    assert "X-Rate-Limit-Remaining" in exposed


def test_errors_carry_the_headers_too(podio: Caller) -> None:
    headers = {"Origin": ORIGIN}
    answers = [
        podio.get("/user/status", headers=headers),
        podio.get("/nope", headers=headers),
        podio.post("/oauth/token/v2", {}, headers=headers),
        podio.get("/user/status", headers={**headers, "Authorization": "OAuth2 "}),
    ]
    assert [answer.status for answer in answers] == [401, 404, 400, 400]
    assert {answer.headers.get("access-control-allow-origin") for answer in answers} == {ORIGIN}


def test_without_an_origin_there_are_no_such_headers(demo: Caller) -> None:
    assert not [name for name in demo.get("/user/status").headers if name.startswith("access-control")]


def test_a_plain_options_request_is_no_preflight(podio: Caller) -> None:
    assert podio.call("OPTIONS", "/user/status").status == 404
