"""The person, organizations, spaces and apps."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.sandbox_support import OTHER, Caller

STATUS_KEYS = {
    "user", "profile", "properties", "flags", "betas", "referral", "inbox_new", "message_unread_count",
    "calendar_code", "task_mail", "mailbox", "push", "presence",
}  # fmt: skip


def test_the_status_of_the_person(demo: Caller) -> None:
    status = demo.get("/user/status").json
    assert set(status) == STATUS_KEYS
    assert status["user"]["user_id"] == 1001
    assert status["user"]["status"] == "active"
    assert status["profile"]["profile_id"] == 8001
    assert status["profile"]["mail"] == ["demo@example.com"]
    assert status["push"]["channel"] == "/user/1001"
    assert len(status["push"]["signature"]) == 40
    assert status["push"]["expires_in"] == 21_600


@pytest.mark.parametrize("path", ["/user", "/user/"])
def test_the_account(demo: Caller, path: str) -> None:
    account = demo.get(path).json
    assert (account["mail"], account["timezone"]) == ("demo@example.com", "Europe/Copenhagen")
    assert account["mails"][0]["primary"] is True


def test_the_account_can_be_changed(demo: Caller) -> None:
    assert demo.put("/user/", {"timezone": "Asia/Tokyo", "locale": "da_DK"}).status == 204
    assert demo.get("/user/").json["timezone"] == "Asia/Tokyo"
    assert demo.put("/user/", {"timezone": "Mars/North"}).status == 400
    assert demo.put("/user/", {"locale": 5}).status == 400


def test_the_profile_can_be_changed(demo: Caller) -> None:
    assert demo.put("/user/profile/", {"name": "Demo P.", "phone": ["1", "2"], "city": "Bergen"}).status == 204
    profile = demo.get("/user/profile/").json
    assert (profile["name"], profile["phone"], profile["city"]) == ("Demo P.", ["1", "2"], "Bergen")
    assert demo.get("/user/profile/phone").json == ["1", "2"]
    assert demo.get("/user/profile/skill").json == []
    assert demo.get("/user/profile/rank").status == 400
    assert demo.put("/user/profile/", {"rank": "x"}).status == 400


def test_properties_are_kept_per_client(demo: Caller) -> None:
    assert demo.get("/user/property/theme").status == 404
    assert demo.put("/user/property/theme", {"value": "dark"}).status == 204
    assert demo.get("/user/property/theme").json == {"value": "dark"}
    assert demo.get("/user/property/theme", token=demo.issue(client_id="other-client")).status == 404
    assert demo.delete("/user/property/theme").status == 204
    assert demo.get("/user/property/theme").status == 404


@pytest.mark.parametrize("path", ["/org", "/org/"])
def test_organizations_come_with_their_spaces(demo: Caller, path: str) -> None:
    (org,) = demo.get(path).json
    assert (org["org_id"], org["name"], org["role"]) == (5001, "Example Works", "admin")
    assert [(space["space_id"], space["role"]) for space in org["spaces"]] == [(2002, "admin"), (2001, "admin")]


def test_what_another_person_sees(podio: Caller) -> None:
    podio.sign_in(OTHER)
    (org,) = podio.get("/org/").json
    assert (org["role"], [space["space_id"] for space in org["spaces"]]) == ("regular", [2001])
    assert [app["app_id"] for app in podio.get("/app/").json] == [3001, 3002, 3004]
    podio.sign_in("new@example.com")
    assert podio.get("/org/").json == []
    assert podio.get("/org/5001").status == 403


def test_one_organization(demo: Caller) -> None:
    org = demo.get("/org/5001").json
    assert org["url"] == "https://podio.com/example-works"
    for query in ("url=https://podio.com/example-works", "org_slug=example-works"):
        assert demo.get(f"/org/url?{query}").json == org
    assert demo.get("/org/url?url=https://podio.com/nobody").status == 404
    assert demo.get("/org/url").status == 400
    assert demo.get("/org/url?url=http://[").status == 400
    for path in ("/org/5001/space/", "/org/5001/all_spaces/"):
        assert [space["name"] for space in demo.get(path).json] == ["Private", "Team"]


def test_one_space(demo: Caller) -> None:
    space = demo.get("/space/2001").json
    assert (space["name"], space["privacy"], space["org"]["org_id"]) == ("Team", "open", 5001)
    for query in ("org_slug=example-works&space_slug=team", "url=https://podio.com/example-works/team"):
        assert demo.get(f"/space/url?{query}").json["space_id"] == 2001
    members = demo.get("/space/2001/member/").json
    assert [(each["profile"]["name"], each["role"]) for each in members] == [
        ("Demo Person", "admin"),
        ("Other Person", "regular"),
    ]


def test_spaces_can_be_made_changed_and_found(demo: Caller) -> None:
    made = demo.post("/space/", {"org_id": 5001, "name": "Team", "privacy": "open"}).json
    assert made["url"] == "https://podio.com/example-works/team-1"
    assert demo.put(f"/space/{made['space_id']}", {"name": "New", "auto_join": True}).status == 204
    space = demo.get(f"/space/{made['space_id']}").json
    assert (space["name"], space["auto_join"], space["role"]) == ("New", True, "admin")
    token = demo.issue(OTHER)
    available = demo.get("/space/org/5001/available/", token=token).json
    assert [each["space_id"] for each in available] == [made["space_id"]]
    assert demo.put("/space/2001", {"name": "Mine"}, token=token).status == 403


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"org_id": "5001", "name": "x"},
        {"org_id": 5001},
        {"org_id": 5001, "name": " "},
        {"org_id": 5001, "name": "x", "privacy": "secret"},
        {"org_id": 5001, "name": "x", "auto_join": 1},
    ],
)
def test_bad_spaces(demo: Caller, body: Any) -> None:
    assert (demo.post("/space/", body).status, demo.get("/org/5001/space/").status) == (400, 200)


def test_the_apps_of_a_space(demo: Caller) -> None:
    listed = demo.get("/app/space/2001/?include_inactive=0").json
    assert [(each["app_id"], each["config"]["name"]) for each in listed] == [
        (3001, "Tasks"),
        (3002, "Clients &amp; Partners"),
        (3004, "Every type"),
    ]
    assert "fields" not in listed[0]
    assert demo.get("/app/space/2001/?include_inactive=maybe").status == 400


def test_the_definition_of_an_app(demo: Caller) -> None:
    app = demo.get("/app/3001").json
    assert app["token"] == f"{3001:032x}"
    types = {field["external_id"]: field["type"] for field in app["fields"]}
    assert types == {
        "title": "text",
        "description": "text",
        "status": "category",
        "labels": "category",
        "due": "date",
        "hours": "number",
        "rate": "money",
        "total": "calculation",
        "progress": "progress",
        "time-spent": "duration",
        "responsible": "contact",
        "client": "app",
        "place": "location",
        "link": "embed",
        "keywords": "tag",
    }
    assert app["fields"][0]["field_id"] == 4101
    assert app["fields"][0]["config"]["required"] is True
    assert app["fields"][2]["config"]["settings"]["options"][1]["text"] == "In progress"
    assert demo.get("/app/3001/field/status").json == demo.get("/app/3001/field/4103").json == app["fields"][2]
    assert demo.get("/app/3001/field/none").status == 404


@pytest.mark.parametrize(("view", "has_fields"), [("full", True), ("short", False), ("mini", False), ("micro", False)])
def test_views_of_an_app(demo: Caller, view: str, has_fields: bool) -> None:
    app = demo.get(f"/app/3001?view={view}").json
    assert app["app_id"] == 3001
    assert ("fields" in app) is has_fields
    assert demo.get("/app/3001?view=huge").status == 400


def test_apps_by_label(demo: Caller) -> None:
    app = demo.get("/app/space/2001/tasks").json
    assert app["app_id"] == 3001
    assert demo.get("/app/org/example-works/space/team/tasks").json["app_id"] == 3001
    assert demo.get("/app/space/2001/none").status == 404


@pytest.mark.parametrize("path", ["/app", "/app/", "/app/v2/", "/app/top/"])
def test_all_apps_of_the_person(demo: Caller, path: str) -> None:
    apps = demo.get(path).json
    assert [(app["app_id"], app["space"]["name"]) for app in apps] == [
        (3001, "Team"),
        (3002, "Team"),
        (3003, "Private"),
        (3004, "Team"),
    ]
    assert len(demo.get(f"{path}?limit=1&offset=1").json) == 1
