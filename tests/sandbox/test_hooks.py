"""Webhooks: create, verify, list and delete them, and who may do so."""

from __future__ import annotations

from typing import Any

import pytest

from podio_web.sandbox.hooks import TYPES
from tests.sandbox.hook_receiver import HOURS_FIELD, TITLE_FIELD, Receiver, create, deliveries
from tests.sandbox.sandbox_support import CLIENT, OTHER, Caller


def app_token(podio: Caller, app_id: int = 3001) -> str:
    grant = {"grant_type": "app", "app_id": str(app_id), "app_token": f"{app_id:032x}", **CLIENT}
    return str(podio.post("/oauth/token/v2", grant).json["access_token"])


def test_a_new_hook_is_inactive_until_its_code_is_sent_back(demo: Caller, receiver: Receiver) -> None:
    created = demo.post("/hook/app/3001/", {"url": receiver.url, "type": "item.create"})
    assert (created.status, list(created.json)) == (200, ["hook_id"])
    hook_id = created.json["hook_id"]
    hook = {"hook_id": hook_id, "status": "inactive", "type": "item.create", "url": receiver.url}
    assert demo.get("/hook/app/3001/").json == [hook]
    (verification,) = deliveries(demo)
    assert receiver.forms == [verification["form"]]
    assert list(verification["form"]) == ["hook_id", "type", "code"]
    assert (verification["form"]["hook_id"], verification["form"]["type"]) == (str(hook_id), "hook.verify")
    answer = demo.post(f"/hook/{hook_id}/verify/validate", {"code": verification["form"]["code"]})
    assert (answer.status, answer.body) == (204, b"")
    assert demo.get("/hook/app/3001/").json == [{**hook, "status": "active"}]


def test_an_inactive_hook_gets_no_changes(demo: Caller, receiver: Receiver) -> None:
    demo.post("/hook/app/3001/", {"url": receiver.url, "type": "item.update"})
    demo.put("/item/6101", {"fields": {"hours": 9}})
    assert [each["form"]["type"] for each in deliveries(demo)] == ["hook.verify"]


def test_a_verification_is_requested_again(demo: Caller, receiver: Receiver) -> None:
    hook_id = demo.post("/hook/app/3001/", {"url": receiver.url, "type": "item.create"}).json["hook_id"]
    answer = demo.post(f"/hook/{hook_id}/verify/request")
    assert (answer.status, answer.body) == (204, b"")
    deliveries(demo)
    first, second = receiver.forms
    assert first == second


@pytest.mark.parametrize("body", [{"code": "wrong"}, {"code": "ü"}, {"code": 1}, {"code": None}, {}, []])
def test_a_wrong_code_is_refused(demo: Caller, receiver: Receiver, body: Any) -> None:
    hook_id = demo.post("/hook/app/3001/", {"url": receiver.url, "type": "item.create"}).json["hook_id"]
    answer = demo.post(f"/hook/{hook_id}/verify/validate", body)
    assert (answer.status, answer.json["error"]) == (400, "invalid_value")
    assert "wrong" not in answer.text
    assert [each["status"] for each in demo.get("/hook/app/3001/").json] == ["inactive"]


def test_a_deleted_hook_gets_no_changes(demo: Caller, receiver: Receiver) -> None:
    hook_id = create(demo, receiver)
    assert demo.delete(f"/hook/{hook_id}").status == 204
    assert demo.get("/hook/app/3001/").json == []
    demo.put("/item/6101", {"fields": {"hours": 9}})
    assert deliveries(demo) == []
    for method, path in (("DELETE", ""), ("POST", "/verify/request"), ("POST", "/verify/validate")):
        answer = demo.call(method, f"/hook/{hook_id}{path}", None if method == "DELETE" else {"code": "x"})
        assert (answer.status, answer.json["error"]) == (404, "not_found")


def test_ten_hooks_of_a_type_and_object(demo: Caller, receiver: Receiver) -> None:
    for _ in range(10):
        hook_id = demo.post("/hook/app/3001/", {"url": receiver.url, "type": "item.create"}).json["hook_id"]
    refused = demo.post("/hook/app/3001/", {"url": receiver.url, "type": "item.create"})
    assert (refused.status, refused.json["error"]) == (400, "invalid_value")
    assert "10 hooks" in refused.json["error_description"]
    assert demo.post("/hook/app/3001/", {"url": receiver.url, "type": "item.update"}).status == 200
    assert demo.post("/hook/app/3002/", {"url": receiver.url, "type": "item.create"}).status == 200
    demo.delete(f"/hook/{hook_id}")
    assert demo.post("/hook/app/3001/", {"url": receiver.url, "type": "item.create"}).status == 200


@pytest.mark.parametrize("hook_type", TYPES)
@pytest.mark.parametrize("ref", ["app/3001", "space/2001"])
def test_every_type_is_accepted(demo: Caller, receiver: Receiver, hook_type: str, ref: str) -> None:
    assert demo.post(f"/hook/{ref}", {"url": receiver.url, "type": hook_type}).status == 200
    assert [each["type"] for each in demo.get(f"/hook/{ref}").json] == [hook_type]


@pytest.mark.parametrize(
    ("ref", "body"),
    [
        ("app/3001", {"type": "item.create"}),
        ("app/3001", {"url": "http://127.0.0.1/x"}),
        ("app/3001", {"url": "http://127.0.0.1/x", "type": "item.read"}),
        ("app/3001", {"url": "http://127.0.0.1/x", "type": "hook.verify"}),
        (f"app_field/{TITLE_FIELD}", {"url": "http://127.0.0.1/x", "type": "comment.create"}),
        ("item/6101", {"url": "http://127.0.0.1/x", "type": "item.create"}),
        *(
            ("app/3001", {"url": url, "type": "item.create"})
            for url in (
                *("", " ", "x", "/podio", "ftp://127.0.0.1/x", "http://", "http://:80/x", "http://127.0.0.1:x/"),
                *("http://127.0.0.1:70000/", "http://127.0.0.1:0/", "http://[::1/", "http://127.0.0.1/a b"),
                *("http://127.0.0.1/\r\nHost: x", "http://127.0.0.1/ü", 5, None, "http://127.0.0.1/" + "a" * 2000),
            )
        ),
    ],
)
def test_bad_hooks_are_refused(demo: Caller, ref: str, body: dict[str, Any]) -> None:
    answer = demo.post(f"/hook/{ref}", body)
    assert (answer.status, answer.json["error"]) == (400, "invalid_value")
    assert demo.get("/sandbox/deliveries?wait=5").json == []


def test_ports_by_the_setting(demo: Caller, receiver: Receiver) -> None:
    demo.settings(hook_ports="standard")
    refused = demo.post("/hook/app/3001", {"url": receiver.url, "type": "item.create"})
    assert (refused.status, refused.json["error"]) == (400, "invalid_value")
    assert "port 80 or 443" in refused.json["error_description"]
    for url in ("http://example.com/a", "https://example.com/a", "http://example.com:443/", "https://example.com:80"):
        assert demo.post("/hook/app/3001", {"url": url, "type": "item.create"}).status == 200
    demo.settings(hook_ports="any")
    assert demo.post("/hook/app/3001", {"url": receiver.url, "type": "item.create"}).status == 200


@pytest.mark.parametrize("ref", ["app/9999", "space/9999", "app_field/9999"])
def test_hooks_of_nothing(demo: Caller, ref: str) -> None:
    for answer in (demo.get(f"/hook/{ref}/"), demo.post(f"/hook/{ref}/", {"url": "http://x/", "type": "item.create"})):
        assert (answer.status, answer.json["error"]) == (404, "not_found")


def test_a_deleted_field_takes_no_hooks(demo: Caller) -> None:
    assert demo.delete(f"/app/3001/field/{HOURS_FIELD}").status == 200
    assert demo.post(f"/hook/app_field/{HOURS_FIELD}", {"url": "http://x/", "type": "item.create"}).status == 404


def test_hooks_of_a_space_that_a_user_cannot_see(demo: Caller, receiver: Receiver) -> None:
    hook_id = create(demo, receiver, ref="app/3003")
    other = demo.issue(OTHER)
    refused = [
        demo.get("/hook/app/3003", token=other),
        demo.get("/hook/space/2002", token=other),
        demo.post("/hook/app/3003", {"url": receiver.url, "type": "item.create"}, token=other),
        demo.post(f"/hook/{hook_id}/verify/request", token=other),
        demo.post(f"/hook/{hook_id}/verify/validate", {"code": "x"}, token=other),
        demo.delete(f"/hook/{hook_id}", token=other),
    ]
    assert [answer.status for answer in refused] == [403] * 6
    assert demo.get("/hook/app/3003", token=None).status == 401


def test_an_app_manages_its_own_hooks(demo: Caller, receiver: Receiver) -> None:
    token = app_token(demo)
    created = demo.post("/hook/app/3001", {"url": receiver.url, "type": "item.create"}, token=token)
    hook_id = created.json["hook_id"]
    assert demo.post(f"/hook/{hook_id}/verify/request", token=token).status == 204
    deliveries(demo)
    code = receiver.codes()[str(hook_id)]
    assert demo.post(f"/hook/{hook_id}/verify/validate", {"code": code}, token=token).status == 204
    assert [each["status"] for each in demo.get("/hook/app/3001", token=token).json] == ["active"]
    assert demo.delete(f"/hook/{hook_id}", token=token).status == 204
    for ref in ("app/3002", "space/2001"):
        answer = demo.post(f"/hook/{ref}", {"url": receiver.url, "type": "item.create"}, token=token)
        assert answer.status == 403


def test_scopes_apply(demo: Caller, receiver: Receiver) -> None:
    body = {"url": receiver.url, "type": "item.create"}
    reading = demo.issue(scope="app:read")
    assert demo.get("/hook/app/3001", token=reading).status == 200
    assert demo.post("/hook/app/3001", body, token=reading).status == 403
    writing = demo.issue(scope="app_3001:write")
    hook_id = demo.post("/hook/app/3001", body, token=writing).json["hook_id"]
    assert demo.post("/hook/app/3002", body, token=writing).status == 403
    assert demo.delete(f"/hook/{hook_id}", token=writing).status == 403
