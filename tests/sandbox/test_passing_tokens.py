"""How a call says who it is, and the three answers to one that does not."""

from __future__ import annotations

import base64

import pytest

from tests.sandbox.sandbox_support import Caller


@pytest.mark.parametrize("scheme", ["OAuth2", "Bearer", "oauth2", "bearer"])
def test_both_schemes_work(podio: Caller, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {podio.issue()}"}
    assert podio.get("/user/status", headers=headers).json["user"]["mail"] == "demo@example.com"


def test_the_query_parameter_works(podio: Caller) -> None:
    assert podio.get(f"/user/status?oauth_token={podio.issue()}").status == 200
    assert podio.get("/user/status?oauth_token=bogus").json["error_description"] == "expired_token"


def test_no_header(podio: Caller) -> None:
    answer = podio.get("/user/status")
    assert answer.status == 401
    assert (answer.json["error"], answer.json["error_description"]) == ("unauthorized", "invalid_request")
    assert answer.headers["www-authenticate"] == 'Bearer realm="podio", error="invalid_request"'


@pytest.mark.parametrize("how", ["bogus", "expired", "revoked"])
def test_a_bogus_an_expired_and_a_revoked_token_look_alike(podio: Caller, how: str) -> None:
    token = podio.issue()
    if how == "bogus":
        token = token[:-1] + "x"
    else:
        podio.post(f"/sandbox/tokens/{'expire' if how == 'expired' else 'revoke'}", {})
    answer = podio.get("/user/status", token=token)
    assert answer.status == 401
    assert (answer.json["error"], answer.json["error_description"]) == ("unauthorized", "expired_token")
    challenge = 'Bearer realm="podio", error="expired_token"'
    assert answer.headers["www-authenticate"] == challenge
    assert answer.headers["authorization"] == challenge
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["server"] == "nginx"
    assert len(answer.headers["x-podio-request-id"]) == 8


@pytest.mark.parametrize("value", ["OAuth2 ", "OAuth2", "Bearer", "Digest abc", "", "abc", "Basic !!!", "Basic /w=="])
def test_a_header_without_a_token(podio: Caller, value: str) -> None:
    answer = podio.get("/user/status", headers={"Authorization": value})
    assert answer.status == 400
    assert answer.json["error"] == answer.json["error_description"] == "Invalid authorization header"


def test_a_client_alone_is_not_trusted_enough(podio: Caller) -> None:
    good = base64.b64encode(b"demo-client:demo-secret").decode()
    bad = base64.b64encode(b"demo-client:wrong").decode()
    answer = podio.get("/user/status", headers={"Authorization": f"Basic {good}"})
    assert (answer.status, answer.json["error"]) == (403, "forbidden")
    assert "trust level" in answer.json["error_description"]
    assert podio.get("/user/status", headers={"Authorization": f"Basic {bad}"}).status == 401


def test_token_endpoints_do_not_mind_a_dead_token(podio: Caller) -> None:
    headers = {"Authorization": "OAuth2 dead"}
    answer = podio.post("/oauth/token/v2", {"client_id": "nobody"}, headers=headers)
    assert answer.json["error"] == "invalid_client"
