"""Clients that others wrote work against the sandbox with nothing changed but the host."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import podio.client
import pytest
from podio.exceptions import UnauthorizedError, WrongFormatInputError

from podio_web.sandbox import Sandbox
from tests.sandbox.sandbox_support import Caller, authorize_path

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).parent / "podio_js" / "walk.js"


def code_for(podio: Caller, redirect_uri: str) -> str:
    podio.settings(consent="allow")
    answer = podio.get(authorize_path(redirect_uri=redirect_uri))
    return dict(answer.query)["code"]


class TestPodioJs:
    """npm podio-js 1.6.1 under Node (https://podio.github.io/podio-js/)."""

    @pytest.fixture
    def walk(self, podio: Caller) -> Any:
        node = shutil.which("node")
        assert node is not None, "this test needs Node"
        assert (ROOT / "node_modules" / "podio-js").is_dir(), "this test needs podio-js: npm ci"

        def run(step: str, api_url: str = podio.url, **argument: Any) -> Any:
            command = [node, "--no-deprecation", str(SCRIPT), api_url, step, json.dumps(argument)]
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 0, done.stderr
            return json.loads(done.stdout)

        return run

    def test_the_version_is_the_last_one(self) -> None:
        package = json.loads((ROOT / "node_modules" / "podio-js" / "package.json").read_text())
        assert package["version"] == "1.6.1"

    def test_password_sign_in(self, walk: Any) -> None:
        result = walk("password")
        assert result["status"]["user"]["mail"] == "demo@example.com"
        assert result["status"]["profile"]["name"] == "Demo Person"
        assert result["auth"]["ref"] == {"type": "user", "id": 1001}
        assert result["auth"]["expiresIn"] == 28800
        assert result["auth"]["scope"] == "global:all"
        assert len(result["auth"]["transferToken"]) == 32

    def test_password_sign_in_without_a_store(self, walk: Any) -> None:
        result = walk("withoutStore")
        assert result["token"]["token_type"] == "bearer"
        assert result["status"]["user"]["user_id"] == 1001

    def test_a_wrong_password(self, walk: Any) -> None:
        result = walk("wrongPassword")
        assert (result["name"], result["status"]) == ("PodioAuthorizationError", 400)
        assert result["message"] == "Authentication for password failed. Reason: The password is invalid"

    def test_the_authorization_url_leads_to_the_sandbox(self, walk: Any, podio: Caller) -> None:
        # podio-js takes the first numbers of an IP address for a sub-domain, so the host has a name here.
        named = podio.url.replace("127.0.0.1", "localhost")
        url = walk("authorizationUrl", api_url=named)["url"]
        assert url.startswith(f"{named}/oauth/authorize?")
        assert "login-username" in podio.get(url.removeprefix(named)).text

    def test_code_exchange(self, walk: Any, podio: Caller) -> None:
        result = walk("code", code=code_for(podio, "http://localhost:3000/cb"))
        assert result["status"]["user"]["user_id"] == 1001
        assert result["auth"]["ref"]["id"] == 1001

    def test_app_sign_in(self, walk: Any) -> None:
        result = walk("app", appId=3001, appToken=f"{3001:032x}")
        assert result["app"]["config"]["name"] == "Tasks"
        assert result["auth"]["ref"] == {"type": "app", "id": 3001}

    @pytest.mark.parametrize("rotate", [False, True])
    def test_an_expired_token_is_refreshed_silently(self, walk: Any, podio: Caller, rotate: bool) -> None:
        podio.settings(rotate_refresh_tokens=rotate)
        result = walk("refresh")
        assert result["status"]["user"]["user_id"] == 1001
        assert result["after"] != result["before"]
        assert result["refreshed"] == 1
        calls = [(call["method"], call["path"], call["status"]) for call in podio.calls()]
        assert calls == [
            ("POST", "/oauth/token", 200),
            ("GET", "/user/status", 401),
            ("POST", "/oauth/token", 200),
            ("GET", "/user/status", 200),
        ]

    def test_an_expired_token_without_a_refresh_token_is_an_error(self, walk: Any) -> None:
        result = walk("deadRefresh")
        assert (result["name"], result["status"]) == ("PodioAuthorizationError", 401)
        assert result["body"]["error_description"] == "expired_token"

    def test_items(self, walk: Any) -> None:
        result = walk("items")
        item = result["read"]
        assert item["item_id"] == result["created"]["item_id"]
        values = {field["external_id"]: field["values"][0] for field in item["fields"]}
        assert values["title"] == {"value": "Made by podio-js"}
        assert values["hours"] == {"value": "2.5000"}
        assert values["status"]["value"]["text"] == "In progress"
        assert values["due"]["start_utc"] == "2026-03-01 08:00:00"
        assert result["updated"] == {"revision": 1, "title": "Changed"}
        assert [each["title"] for each in result["found"]["items"]] == ["Changed"]
        assert [each["comment_id"] for each in result["listed"]] == [7001, 7002]
        assert {name: error["name"] for name, error in result["errors"].items()} == {
            "gone": "PodioGoneError",
            "missing": "PodioNotFoundError",
            "conflict": "PodioConflictError",
            "bad": "PodioBadRequestError",
        }
        assert result["errors"]["bad"]["description"] == 'Invalid value "nope" (string): No field found'

    def test_upload(self, walk: Any, podio: Caller, tmp_path: Path) -> None:
        content = bytes(range(256)) * 1000
        (tmp_path / "picture.png").write_bytes(content)
        result = walk("upload", path=str(tmp_path / "picture.png"), name="a \u00e4 \U0001f600.png")
        file = result["file"]
        found = (file["name"], file["mimetype"], file["size"])
        assert found == ("a \u00e4 \U0001f600.png", "image/png", 256_000)
        assert [each["file_id"] for each in result["item"]["files"]] == [file["file_id"]]
        (arrival,) = podio.get("/sandbox/uploads").json
        assert arrival["source_name"] == "picture.png"
        assert arrival["sha256"] == hashlib.sha256(content).hexdigest()


class TestCurl:
    """``curl -F``, the sender of many shell scripts (https://curl.se/docs/manpage.html)."""

    def test_upload(self, podio: Caller, tmp_path: Path) -> None:
        curl = shutil.which("curl")
        if curl is None:
            pytest.skip("curl is not installed")
        content = bytes(range(256)) * 20_000
        (tmp_path / "a.bin").write_bytes(content)
        token = podio.sign_in()
        form = ["-F", f"source=@{tmp_path / 'a.bin'}", "-F", 'filename=quo"te.bin']
        command = [curl, "-sS", "--noproxy", "*", "-H", f"Authorization: OAuth2 {token}", *form, f"{podio.url}/file/"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        file = json.loads(done.stdout)
        assert (file["name"], file["size"]) == ('quo"te.bin', 5_120_000)
        assert podio.get(f"/file/{file['file_id']}/raw").body == content


class TestPodioPython:
    """PyPI podio-python 0.1.9."""

    @pytest.fixture
    def client(self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[podio.client.Client]:
        monkeypatch.setattr(podio.client.Client, "URL", f"{sandbox.url}/")
        monkeypatch.setattr(podio.client.Client, "AUTH_URL", f"{sandbox.url}/oauth/authorize?")
        # The class keeps the headers, and with them the token, for all of its objects.
        monkeypatch.setattr(podio.client.Client, "headers", dict(podio.client.Client.headers))
        return podio.client.Client(
            client_id="demo-client", client_secret="demo-secret", redirect_uri="http://localhost:5000/cb"
        )

    @pytest.fixture
    def signed_in(self, client: Any, podio: Caller) -> Any:
        token = client.get_access_token(code_for(podio, "http://localhost:5000/cb"))
        client.set_token(token["access_token"])
        client.held_refresh_token = token["refresh_token"]
        return client

    def test_code_exchange(self, client: Any, podio: Caller) -> None:
        url = client.authorization_url(state="abc")
        podio.settings(consent="allow")
        parameters = dict(podio.get(url.removeprefix(podio.url)).query)
        assert parameters["state"] == "abc"
        token = client.get_access_token(parameters["code"])
        assert token["ref"] == {"type": "user", "id": 1001}
        client.set_token(token["access_token"])
        assert client.get_user_status()["profile"]["name"] == "Demo Person"

    def test_refresh(self, signed_in: Any, podio: Caller) -> None:
        podio.advance(28_801)
        with pytest.raises(UnauthorizedError, match="expired_token"):
            signed_in.get_user_status()
        signed_in.set_token(signed_in.refresh_token(signed_in.held_refresh_token)["access_token"])
        assert signed_in.get_user_status()["user"]["user_id"] == 1001

    def test_a_bad_code(self, client: Any, podio: Caller) -> None:
        with pytest.raises(WrongFormatInputError, match="invalid_grant"):
            client.get_access_token("0" * 32)

    def test_organizations_spaces_and_apps(self, signed_in: Any) -> None:
        assert [org["name"] for org in signed_in.list_organizations()] == ["Example Works"]
        assert [space["space_id"] for space in signed_in.get_organization_spaces(5001)] == [2002, 2001]
        assert signed_in.get_space(2001)["name"] == "Team"
        assert [member["user"]["id"] for member in signed_in.get_space_members(2001)] == [1001, 1002]
        assert [app["app_id"] for app in signed_in.list_applications()] == [3001, 3002, 3003, 3004]
        assert signed_in.get_application(3001)["fields"][0]["external_id"] == "title"

    def test_items(self, signed_in: Any) -> None:
        created = signed_in.create_item(3001, {"fields": {"title": "Made by podio-python", "progress": 40}})
        item = signed_in.get_item(created["item_id"])
        assert item["title"] == "Made by podio-python"
        assert [field["external_id"] for field in item["fields"]] == ["title", "progress"]
        changed = signed_in.put(f"item/{item['item_id']}", data=json.dumps({"fields": {"progress": 50}}))
        assert changed == {"revision": 1, "title": "Made by podio-python"}
        assert signed_in.delete(f"item/{item['item_id']}") is None
        assert signed_in.get_item(item["item_id"])["error"] == "gone"
        with pytest.raises(WrongFormatInputError, match="must be integer"):
            signed_in.create_item(3001, {"fields": {"title": "x", "progress": "many"}})
