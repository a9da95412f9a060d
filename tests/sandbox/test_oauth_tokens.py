"""The token endpoints: https://developers.podio.com/authentication."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.sandbox.sandbox_support import CLIENT, DEMO, Caller

PASSWORD = {"grant_type": "password", "username": DEMO, "password": "demo", **CLIENT}
BOGUS = {"grant_type": "app", "client_id": "bogus", "client_secret": "bogus", "app_id": "1", "app_token": "x"}
APP_TOKEN = f"{3001:032x}"


def ask(podio: Caller, **parameters: Any) -> Any:
    return podio.post("/oauth/token/v2", {**CLIENT, **parameters})


@pytest.mark.parametrize(
    ("path", "as_form", "error", "description"),
    [
        ("/oauth/token/v2", False, "invalid_client", "you've supplied an invalid client id"),
        ("/oauth/token/v2", True, "invalid_value", "Invalid value null (null): must be object"),
        ("/oauth/token", True, "invalid_client", "you've supplied an invalid client id"),
        ("/oauth/token", False, "invalid_client", "Missing parameter client_id"),
    ],
)
def test_each_endpoint_takes_exactly_one_encoding(
    podio: Caller, path: str, as_form: bool, error: str, description: str
) -> None:
    answer = podio.post(path, form=BOGUS) if as_form else podio.post(path, BOGUS)
    assert answer.status == 400
    assert answer.json["error"] == error
    assert answer.json["error_description"] == description


@pytest.mark.parametrize("path", ["/oauth/token/v2", "/oauth/token"])
def test_the_token_response(podio: Caller, path: str) -> None:
    answer = podio.post(path, PASSWORD) if path.endswith("v2") else podio.post(path, form=PASSWORD)
    token = answer.json
    assert answer.status == 200
    for name in ("access_token", "refresh_token", "transfer_token"):
        assert re.fullmatch(r"[0-9a-f]{32}", token.pop(name))
    assert token == {
        "token_type": "bearer",
        "expires_in": 28800,
        "scope": "global:all",
        "ref": {"type": "user", "id": 1001},
    }


def test_the_last_of_a_repeated_form_parameter_counts(podio: Caller) -> None:
    raw = b"grant_type=app&grant_type=password&username=demo%40example.com&password=no&password=demo"
    raw += b"&client_id=demo-client&client_secret=demo-secret"
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    assert podio.post("/oauth/token", raw=raw, headers=headers).status == 200


@pytest.mark.parametrize(
    ("changes", "error", "detail"),
    [
        ({"client_id": "nobody"}, "invalid_client", "oauth.client.invalid_id"),
        ({"client_secret": "wrong"}, "invalid_client", "oauth.client.invalid_secret"),
        ({"client_secret": None}, "invalid_client", None),
        ({"username": "nobody@example.com"}, "invalid_grant", "user.invalid.username"),
        ({"password": "wrong"}, "invalid_grant", "user.invalid.password"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type", None),
        ({"grant_type": None}, "invalid_request", None),
        ({"password": None}, "invalid_request", None),
        ({"password": 5}, "invalid_value", None),
        ({"client_id": ["demo-client"]}, "invalid_value", None),
        ({"scope": "sky:all"}, "invalid_scope", None),
        ({"grant_type": "authorization_code", "code": "0" * 32}, "invalid_grant", None),
        ({"grant_type": "refresh_token", "refresh_token": "0" * 32}, "invalid_grant", None),
        ({"grant_type": "app", "app_id": 3001, "app_token": "no"}, "invalid_grant", None),
        ({"grant_type": "app", "app_id": 10**30, "app_token": "no"}, "invalid_value", None),
        ({"grant_type": "app", "app_id": "3" * 40, "app_token": "é"}, "invalid_grant", None),
        ({"grant_type": "activation_code", "activation_code": "no"}, "invalid_grant", None),
        ({"grant_type": "transfer_token", "transfer_token": "no"}, "invalid_grant", None),
    ],
)
def test_failures_are_400_with_their_details(
    podio: Caller, changes: dict[str, Any], error: str, detail: str | None
) -> None:
    answer = podio.post("/oauth/token/v2", {**PASSWORD, **changes})
    assert answer.status == 400
    assert (answer.json["error"], answer.json["error_detail"]) == (error, detail)


def test_a_refresh_without_the_secret_is_refused(podio: Caller) -> None:
    refresh = podio.post("/oauth/token/v2", PASSWORD).json["refresh_token"]
    form = {"grant_type": "refresh_token", "client_id": "demo-client", "refresh_token": refresh}
    answer = podio.post("/oauth/token", form=form)
    assert (answer.status, answer.json["error"]) == (400, "invalid_client")


def test_a_refresh_gives_a_new_access_token_beside_the_old_one(podio: Caller) -> None:
    first = podio.post("/oauth/token/v2", PASSWORD).json
    second = ask(podio, grant_type="refresh_token", refresh_token=first["refresh_token"]).json
    assert second["refresh_token"] == first["refresh_token"]
    assert second["access_token"] != first["access_token"]
    assert second["ref"] == first["ref"]
    for token in (first, second):
        assert podio.get("/user/status", token=token["access_token"]).status == 200


def test_refresh_tokens_rotate_when_asked_to(podio: Caller) -> None:
    podio.settings(rotate_refresh_tokens=True)
    first = podio.post("/oauth/token/v2", PASSWORD).json
    second = ask(podio, grant_type="refresh_token", refresh_token=first["refresh_token"]).json
    assert second["refresh_token"] != first["refresh_token"]
    again = ask(podio, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert (again.status, again.json["error"]) == (400, "invalid_grant")
    assert ask(podio, grant_type="refresh_token", refresh_token=second["refresh_token"]).status == 200


def test_another_client_cannot_use_a_refresh_token(podio: Caller) -> None:
    refresh = podio.post("/oauth/token/v2", PASSWORD).json["refresh_token"]
    stranger = {"client_id": "other-client", "client_secret": "other-secret"}
    assert ask(podio, grant_type="refresh_token", refresh_token=refresh, **stranger).json["error"] == "invalid_grant"


def test_tokens_expire_by_the_clock(podio: Caller) -> None:
    podio.settings(expires_in=100)
    token = podio.post("/oauth/token/v2", PASSWORD).json
    assert token["expires_in"] == 100
    podio.advance(98)
    assert podio.get("/user/status", token=token["access_token"]).status == 200
    podio.advance(2)
    assert podio.get("/user/status", token=token["access_token"]).json["error_description"] == "expired_token"
    podio.advance(28 * 86_400 - 200)
    assert ask(podio, grant_type="refresh_token", refresh_token=token["refresh_token"]).status == 200
    podio.advance(200)
    assert ask(podio, grant_type="refresh_token", refresh_token=token["refresh_token"]).json["error"] == "invalid_grant"


@pytest.mark.parametrize("app_id", [3001, "3001"])
def test_an_app_signs_in_for_itself(podio: Caller, app_id: Any) -> None:
    token = ask(podio, grant_type="app", app_id=app_id, app_token=APP_TOKEN).json
    assert token["ref"] == {"type": "app", "id": 3001}
    podio.token = token["access_token"]
    assert podio.get("/app/3001").status == 200
    assert podio.get("/app/3002").status == 403
    assert podio.get("/item/6001").status == 403
    for path in ("/user/status", "/org/", "/space/2001", "/app/"):
        assert podio.get(path).status == 403
    assert podio.post("/item/app/3001/filter/", {"limit": 1}).json["filtered"] == 36
    created = podio.post("/item/app/3001/", {"fields": {"title": "From the app"}}).json
    assert created["created_by"]["type"] == "app"
    assert created["created_by"]["name"] == "Tasks"


def test_an_activation_code_works_once_and_wakes_the_person_up(podio: Caller) -> None:
    sleeping = {**PASSWORD, "username": "new@example.com", "password": "new"}
    assert podio.post("/oauth/token/v2", sleeping).json["error_detail"] == "user.invalid.username"
    assert ask(podio, grant_type="activation_code", activation_code="demo-activation").json["ref"]["id"] == 1003
    assert podio.post("/oauth/token/v2", sleeping).status == 200
    assert ask(podio, grant_type="activation_code", activation_code="demo-activation").status == 400


def test_a_transfer_token_hands_the_grant_to_another_client_once(podio: Caller) -> None:
    transfer = podio.post("/oauth/token/v2", {**PASSWORD, "scope": "user:read"}).json["transfer_token"]
    other = {"client_id": "other-client", "client_secret": "other-secret"}
    token = ask(podio, grant_type="transfer_token", transfer_token=transfer, **other).json
    assert (token["ref"]["id"], token["scope"]) == (1001, "user:read")
    assert ask(podio, grant_type="transfer_token", transfer_token=transfer, **other).status == 400


def test_a_grant_can_be_invalidated(podio: Caller) -> None:
    one = podio.post("/oauth/token/v2", PASSWORD).json
    two = podio.post("/oauth/token/v2", PASSWORD).json
    assert podio.post("/oauth/grant/invalidate", token=one["access_token"]).status == 204
    assert podio.get("/user/status", token=one["access_token"]).status == 401
    assert ask(podio, grant_type="refresh_token", refresh_token=one["refresh_token"]).status == 400
    assert podio.get("/user/status", token=two["access_token"]).status == 200


def test_all_grants_for_a_client_can_be_invalidated(podio: Caller) -> None:
    mine, other = podio.issue(), podio.issue(client_id="other-client")
    assert podio.delete("/oauth/grant/client/other-client", token=mine).status == 204
    assert podio.get("/user/status", token=mine).status == 200
    assert podio.get("/user/status", token=other).status == 401


@pytest.mark.parametrize(
    ("scope", "listed"),
    [
        ("", [{"ref_type": None, "ref_id": None, "permissions": ["all"], "ref_data": None}]),
        (
            "user:read  user:delete app_3001:all",
            [
                {"ref_type": "user", "ref_id": None, "permissions": ["read", "delete"], "ref_data": None},
                {"ref_type": "app", "ref_id": 3001, "permissions": ["all"], "ref_data": None},
            ],
        ),
    ],
)
def test_the_scope_of_a_token_can_be_asked_for(podio: Caller, scope: str, listed: list[Any]) -> None:
    assert podio.get("/oauth/scope", token=podio.issue(scope=scope)).json == listed


@pytest.mark.parametrize(
    ("scope", "allowed", "refused"),
    [
        ("user:read", ["/user/status"], ["/org/", "/space/2001", "/app/3001", "/item/6101"]),
        ("org:read", ["/org/", "/space/2001", "/app/3001", "/item/6101"], ["/user/status"]),
        ("space_2001:read", ["/space/2001", "/app/3001", "/item/6101"], ["/space/2002", "/app/3003", "/org/"]),
        ("app_3002:all", ["/app/3002", "/item/6001"], ["/app/3001", "/item/6101", "/user/status"]),
        ("app:write", [], ["/app/3001", "/item/6101"]),
        ("global:read", ["/user/status", "/org/", "/item/6101"], []),
    ],
)
def test_a_token_reaches_what_its_scope_covers(
    podio: Caller, scope: str, allowed: list[str], refused: list[str]
) -> None:
    podio.token = podio.issue(scope=scope)
    assert [podio.get(path).status for path in allowed] == [200] * len(allowed)
    answers = [podio.get(path) for path in refused]
    assert [(answer.status, answer.json["error"]) for answer in answers] == [(403, "forbidden")] * len(refused)


def test_permissions_are_kept_apart(podio: Caller) -> None:
    podio.token = podio.issue(scope="app:read")
    assert podio.post("/item/app/3001/filter/", {"limit": 1}).status == 200
    assert podio.put("/item/6101", {"fields": {"title": "x"}}).status == 403
    assert podio.delete("/item/6101").status == 403
    podio.token = podio.issue(scope="app:delete")
    assert podio.delete("/item/6101").status == 204
