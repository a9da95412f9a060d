"""The control interface: tests steer the sandbox over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.sandbox_support import CLIENT, DEMO, OTHER, Caller, authorize_path

DEFAULTS = {
    "consent": "ask",
    "denial_in": "query",
    "state": "echo",
    "sign_in_as": None,
    "sign_in_pages_coop": None,
    "rotate_refresh_tokens": False,
    "expires_in": 28800,
    "general_limit": 1000,
    "heavy_limit": 250,
    "expose_headers": False,
    "request_url": "full",
    "malformed_response": False,
    "ref_in_fragment": True,
    "revision_conflict": "overlap",
    "category_text": "accept",
    "text_filter": "exact",
    "deleted_values": "accept",
    "empty_end": "null",
    "largest_page": 500,
    "update_answer": "body",
    "error_language": "person",
    "wait_number": "plain",
    "largest_upload": None,
    "files_cors": False,
    "push_down": False,
    "push_timeout": 45.0,
    "push_interval": 0.0,
    "push_wrapped": True,
    "push_ids": True,
    "push_cors": True,
    "hook_ports": "any",
    "hook_failures": None,
    "deliver_twice": False,
    "deliver_late": 0.0,
    "deliver_out_of_order": False,
}


def test_the_settings(podio: Caller) -> None:
    assert podio.get("/sandbox/settings").json == DEFAULTS
    answer = podio.put("/sandbox/settings", {"consent": "deny", "expires_in": 5})
    assert answer.json == {**DEFAULTS, "consent": "deny", "expires_in": 5}
    assert podio.get("/sandbox/settings").json == answer.json


@pytest.mark.parametrize(
    "changes",
    [
        {"unknown": 1},
        {"consent": "maybe"},
        {"consent": None},
        {"denial_in": "body"},
        {"state": 5},
        {"sign_in_as": "nobody@example.com"},
        {"sign_in_as": 5},
        {"sign_in_pages_coop": "x\r\ny: z"},
        {"rotate_refresh_tokens": 1},
        {"expires_in": 0},
        {"expires_in": 10**30},
        {"general_limit": -1},
        {"heavy_limit": "5"},
        {"expose_headers": "yes"},
        {"request_url": "none"},
        {"malformed_response": None},
        {"consent": "deny", "state": "bad"},
        {"revision_conflict": True},
        {"category_text": "both"},
        {"text_filter": None},
        {"deleted_values": "keep"},
        {"empty_end": None},
        {"largest_page": 200},
        {"largest_page": "500"},
        {"largest_page": True},
        {"update_answer": 204},
        {"error_language": "xx"},
        {"wait_number": ","},
        {"largest_upload": -1},
        {"files_cors": None},
        {"push_down": 1},
        {"push_timeout": 0},
        {"push_timeout": "1"},
        {"push_timeout": 3601},
        {"push_interval": -1},
        {"push_wrapped": None},
        {"push_ids": "yes"},
        {"push_cors": 0},
        {"hook_ports": "80"},
        {"hook_failures": 0},
        {"hook_failures": True},
        {"deliver_twice": 1},
        {"deliver_late": -1},
        {"deliver_late": 3601},
        {"deliver_late": "1"},
        {"deliver_late": None},
        {"deliver_out_of_order": "yes"},
        [],
    ],
)
def test_bad_settings_change_nothing(podio: Caller, changes: Any) -> None:
    answer = podio.put("/sandbox/settings", changes)
    assert (answer.status, answer.json["error"]) == (400, "invalid_value")
    assert podio.get("/sandbox/settings").json == DEFAULTS


def test_tokens_are_issued_like_by_the_token_endpoint(podio: Caller) -> None:
    token = podio.post("/sandbox/tokens", {"client_id": "other-client", "username": OTHER, "expires_in": 60}).json
    assert (token["expires_in"], token["ref"], token["scope"]) == (60, {"type": "user", "id": 1002}, "global:all")
    assert podio.get("/user/status", token=token["access_token"]).status == 200
    podio.advance(60)
    assert podio.get("/user/status", token=token["access_token"]).status == 401
    for bad in ({"username": "nobody"}, {"client_id": "nobody"}, {"expires_in": 0}, {"more": 1}):
        assert podio.post("/sandbox/tokens", bad).status == 400


def test_expiring_leaves_refresh_tokens_alone(podio: Caller) -> None:
    token = podio.post("/sandbox/tokens", {"client_id": "demo-client", "username": DEMO}).json
    other = podio.issue(OTHER)
    assert podio.post("/sandbox/tokens/expire", {"username": DEMO}).json == {"count": 1}
    assert podio.get("/user/status", token=token["access_token"]).status == 401
    assert podio.get("/user/status", token=other).status == 200
    assert podio.post("/sandbox/tokens/expire", {}).json == {"count": 1}
    assert podio.post("/sandbox/tokens/expire").json == {"count": 0}
    refresh = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"], **CLIENT}
    assert podio.post("/oauth/token/v2", refresh).status == 200
    assert podio.post("/sandbox/tokens/expire", {"username": "nobody"}).status == 400


def test_revoking_kills_refresh_tokens_too(podio: Caller) -> None:
    token = podio.post("/sandbox/tokens", {"client_id": "demo-client", "username": DEMO}).json
    other = podio.issue(OTHER)
    assert podio.post("/sandbox/tokens/revoke", {"username": DEMO}).json == {"count": 1}
    assert podio.get("/user/status", token=token["access_token"]).status == 401
    assert podio.get("/user/status", token=other).status == 200
    refresh = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"], **CLIENT}
    assert podio.post("/oauth/token/v2", refresh).json["error"] == "invalid_grant"


def test_the_clock_moves_dates_too(podio: Caller) -> None:
    before = podio.get("/nowhere").headers["date"]
    now = podio.post("/sandbox/clock", {"advance": 0}).json["now"]
    assert podio.post("/sandbox/clock", {"advance": 86_400 * 400}).json["now"] - now == pytest.approx(34_560_000, abs=5)
    assert podio.get("/nowhere").headers["date"] != before
    assert podio.post("/sandbox/clock", {"advance": -86_400 * 400}).json["now"] == pytest.approx(now, abs=5)
    refused: list[object] = [{}, {"advance": "1"}, {"advance": 1e300}, {"advance": 10**400}, {"by": 1}, []]
    for bad in refused:
        assert podio.post("/sandbox/clock", bad).status == 400


def test_calls_are_listed_in_order_without_secrets(podio: Caller) -> None:
    one, two = podio.issue(), podio.issue(OTHER)
    podio.get("/user/status?a=1", token=one)
    podio.get("/user/status", token=two)
    podio.get(f"/user/status?oauth_token={one}&b=2")
    podio.post("/sandbox/tokens/expire", {})
    podio.get("/item/1", token=two)
    podio.get("/user/status", token="bogus")
    podio.call("OPTIONS", "/user/status", headers={"Origin": "http://x", "Access-Control-Request-Method": "GET"})
    podio.get(authorize_path(state="abc"))
    answer = podio.get("/sandbox/calls")
    fields = ("n", "method", "path", "query", "status", "user_id", "token_index")
    assert [tuple(call[name] for name in fields) for call in answer.json] == [
        (1, "GET", "/user/status", "a=1", 200, 1001, 1),
        (2, "GET", "/user/status", "", 200, 1002, 2),
        (3, "GET", "/user/status", "oauth_token=[hidden]&b=2", 200, 1001, 1),
        (4, "GET", "/item/1", "", 401, 1002, 2),
        (5, "GET", "/user/status", "", 401, None, None),
        (6, "OPTIONS", "/user/status", "", 204, None, None),
        (7, "GET", "/oauth/authorize", answer.json[6]["query"], 200, None, None),
    ]
    assert "state=abc" in answer.json[6]["query"]
    assert one not in answer.text
    assert [call["at"] for call in answer.json] == sorted(call["at"] for call in answer.json)
    assert podio.delete("/sandbox/calls").status == 200
    assert podio.calls() == []
    podio.get("/user/status")
    assert [call["n"] for call in podio.calls()] == [1]


def test_reset_puts_everything_back(podio: Caller) -> None:
    podio.sign_in()
    podio.delete("/item/6101")
    podio.put("/item/6102", {"fields": {"title": "changed"}})
    podio.settings(consent="deny", general_limit=1)
    podio.fail_next("server_error", count=5)
    podio.advance(1000)
    podio.get("/user/status")
    assert podio.post("/sandbox/reset").status == 200
    assert podio.calls() == []
    assert podio.get("/sandbox/settings").json == DEFAULTS
    assert podio.get("/item/6101").status == 401
    podio.sign_in()
    assert podio.get("/item/6101").headers["x-rate-limit-remaining"] == "999"
    assert podio.get("/item/6102").json["revision"] == 0
    assert podio.calls()[-1]["token_index"] == 1


@pytest.mark.parametrize(
    "origin", ["http://localhost:8000", "http://127.0.0.1:1", "http://[::1]:1", "http://a.localhost"]
)
def test_pages_of_this_machine_may_steer(podio: Caller, origin: str) -> None:
    answer = podio.get("/sandbox/settings", headers={"Origin": origin})
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, origin)


@pytest.mark.parametrize(
    "origin", ["https://example.com", "null", "http://localhost.example.com", "http://[", "http://notlocalhost"]
)
def test_pages_from_elsewhere_may_not(podio: Caller, origin: str) -> None:
    answer = podio.post("/sandbox/tokens", {}, headers={"Origin": origin})
    assert (answer.status, answer.json["error"]) == (403, "forbidden")


@pytest.mark.parametrize("path", ["/sandbox", "/sandbox/", "/sandbox/nothing", "/sandbox/settings/more"])
def test_unknown_controls(podio: Caller, path: str) -> None:
    assert podio.get(path).status == 404
    assert podio.calls() == []
