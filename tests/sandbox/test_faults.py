"""Faults on order."""

from __future__ import annotations

import http.client
import json
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.sandbox.push_support import until
from tests.sandbox.sandbox_support import Caller

ORIGIN = {"Origin": "http://localhost:8000"}


def test_an_expired_token_at_will(demo: Caller) -> None:
    demo.fail_next("unauthorized", count=2)
    answers = [demo.get("/user/status") for _ in range(3)]
    assert [answer.status for answer in answers] == [401, 401, 200]
    assert answers[0].json["error_description"] == "expired_token"
    assert "www-authenticate" in answers[0].headers


@pytest.mark.parametrize(("seconds", "told"), [(None, 3600), (5, 5)])
def test_the_rate_limit_at_will(demo: Caller, seconds: int | None, told: int) -> None:
    demo.fail_next("rate_limit", seconds=seconds)
    answer = demo.get("/user/status")
    text = f"You have hit the rate limit. Please wait {told} seconds before trying again."
    assert (answer.status, answer.json["error"], answer.json["error_description"]) == (420, "rate_limit", text)
    assert demo.get("/user/status").status == 200


@pytest.mark.parametrize(("kind", "status"), [("server_error", 500), ("bad_gateway", 502), ("unavailable", 503)])
@pytest.mark.parametrize("cors", [True, False])
def test_server_errors_are_html(demo: Caller, kind: str, status: int, cors: bool) -> None:
    demo.fail_next(kind, cors=cors)
    answer = demo.get("/user/status", headers=ORIGIN)
    assert answer.status == status
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<html>")
    assert ("access-control-allow-origin" in answer.headers) is cors
    with pytest.raises(json.JSONDecodeError):
        _ = answer.json
    assert demo.get("/user/status").status == 200


def test_a_slow_answer(demo: Caller) -> None:
    demo.fail_next("slow", seconds=0.3)
    started = time.perf_counter()
    assert demo.get("/user/status").status == 200
    assert time.perf_counter() - started >= 0.3


def test_others_are_served_while_one_waits(demo: Caller) -> None:
    demo.fail_next("slow", seconds=600, path_prefix="/item")
    address = urlsplit(demo.url)
    with socket.create_connection((address.hostname, address.port)) as waiting:
        waiting.sendall(f"GET /item/6101 HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
        until(lambda: [call["path"] for call in demo.calls()] == ["/item/6101"])
        assert demo.get("/user/status").status == 200
        assert [call["status"] for call in demo.calls()] == [None, 200]


def test_a_dropped_connection(demo: Caller) -> None:
    demo.fail_next("drop")
    with pytest.raises(http.client.RemoteDisconnected):
        demo.post("/item/app/3001/", {"fields": {"title": "lost"}})
    assert demo.calls()[-1]["status"] is None
    assert demo.get("/item/app/3001/count").json == {"count": 36}


def test_a_browser_gets_the_beginning_of_a_head(demo: Caller) -> None:
    # Closed without a byte, it would silently ask again.
    demo.fail_next("drop")
    address = urlsplit(demo.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(
            f"GET /user/status HTTP/1.1\r\nHost: {address.netloc}\r\nSec-Fetch-Mode: cors\r\n\r\n".encode()
        )
        received = b""
        while chunk := connection.recv(1000):
            received += chunk
    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\n\r\n" not in received


def test_a_connection_dropped_in_the_middle_of_the_body(demo: Caller) -> None:
    demo.fail_next("drop_body", count=2)
    with pytest.raises(http.client.IncompleteRead):
        demo.post("/item/app/3001/", {"fields": {"title": "kept"}})
    with pytest.raises(http.client.IncompleteRead):
        demo.delete("/item/6101")
    assert demo.get("/item/app/3001/count").json == {"count": 36}
    assert demo.get("/item/6101").status == 410


def test_an_answer_without_cors_headers(demo: Caller) -> None:
    demo.fail_next("cors")
    answer = demo.get("/user/status", headers=ORIGIN)
    assert answer.status == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert "access-control-allow-origin" in demo.get("/user/status", headers=ORIGIN).headers


def test_only_what_matches_is_struck(demo: Caller) -> None:
    demo.fail_next("server_error", method="put", path_prefix="/item/")
    assert demo.get("/item/6101").status == 200
    assert demo.put("/user/", {"locale": "en_GB"}).status == 204
    assert demo.put("/item/6101", {"fields": {}}).status == 500
    assert demo.put("/item/6101", {"fields": {}}).status == 204


def test_preflights_pages_and_controls_are_left_alone(podio: Caller) -> None:
    podio.fail_next("server_error")
    headers = {**ORIGIN, "Access-Control-Request-Method": "GET"}
    assert podio.call("OPTIONS", "/user/status", headers=headers).status == 204
    assert podio.get("/oauth/authorize").status == 400
    assert podio.get("/sandbox/settings").status == 200
    assert podio.get("/user/status").status == 500
    podio.fail_next("unavailable", method="OPTIONS")
    assert podio.call("OPTIONS", "/user/status", headers=headers).status == 503


def test_orders_are_followed_in_turn_and_can_be_cancelled(demo: Caller) -> None:
    for kind in ("server_error", "unavailable", "bad_gateway"):
        demo.fail_next(kind)
    assert [demo.get("/user/status").status for _ in range(2)] == [500, 503]
    assert demo.delete("/sandbox/faults").status == 200
    assert demo.get("/user/status").status == 200


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"kind": "earthquake"},
        {"kind": "slow", "seconds": -1},
        {"kind": "slow", "seconds": "1"},
        {"kind": "slow", "seconds": 1e9},
        {"kind": "drop", "count": 0},
        {"kind": "drop", "count": 1.5},
        {"kind": "drop", "method": 5},
        {"kind": "drop", "cors": 1},
        {"kind": "drop", "when": "later"},
        {"kind": "stall_upload", "after_bytes": -1},
        {"kind": "slow_upload", "rate": 0},
        [],
    ],
)
def test_bad_orders(podio: Caller, order: Any) -> None:
    assert podio.post("/sandbox/faults", order).status == 400
    assert podio.get("/user/status").status == 401
