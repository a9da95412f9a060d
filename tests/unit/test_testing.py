import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from podio_web import ConnectionFailed, NotFoundError, Podio, ServerError, SyncPodio
from podio_web.sandbox import Sandbox
from podio_web.testing import FakeTransport, SandboxControl, SandboxRefused
from podio_web.testing.signed_in import session_script
from tests.sandbox.hook_receiver import receiving


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxControl]:
    with Sandbox(port=0, control=True) as sandbox:
        yield SandboxControl(sandbox.url + "/")


@pytest.fixture
def control(running: SandboxControl) -> SandboxControl:
    running.reset()
    return running


def status_of(control: SandboxControl, token: str) -> int:
    """Call the API as a client does, and return the HTTP status."""
    headers = {"Authorization": f"OAuth2 {token}"}
    try:
        with urlopen(Request(control.url + "/user/status", headers=headers), timeout=30) as response:
            return int(response.status)
    except HTTPError as problem:
        with problem:
            return problem.code


class TestSandboxControl:
    def test_settings_are_read_and_changed_and_reset(self, control: SandboxControl) -> None:
        assert control.settings()["consent"] == "ask"
        assert control.settings(consent="allow", expires_in=60)["consent"] == "allow"
        assert control.settings()["expires_in"] == 60
        control.reset()
        assert control.settings()["consent"] == "ask"

    def test_unknown_settings_are_refused_by_name(self, control: SandboxControl) -> None:
        with pytest.raises(SandboxRefused, match=r"PUT /sandbox/settings: 400 .*mood"):
            control.settings(mood="sunny")

    def test_issued_tokens_work_until_they_expire(self, control: SandboxControl) -> None:
        response = control.issue_token("other@example.com", expires_in=120)
        assert response["expires_in"] == 120
        assert response["ref"]["id"] == 1002
        assert status_of(control, response["access_token"]) == 200
        assert control.expire_tokens("demo@example.com") == 0
        assert control.expire_tokens() == 1
        assert status_of(control, response["access_token"]) == 401

    def test_tokens_are_revoked_for_one_person(self, control: SandboxControl) -> None:
        mine, theirs = control.issue_token(), control.issue_token("other@example.com")
        assert control.revoke_tokens("demo@example.com") == 1
        assert status_of(control, mine["access_token"]) == 401
        assert status_of(control, theirs["access_token"]) == 200

    def test_the_clock_moves_on(self, control: SandboxControl) -> None:
        token = control.issue_token(expires_in=100)["access_token"]
        before = control.advance_clock(0)
        assert control.advance_clock(101) - before == pytest.approx(101, abs=30)
        assert status_of(control, token) == 401

    def test_faults_strike_the_calls_that_they_name(self, control: SandboxControl) -> None:
        token = control.issue_token()["access_token"]
        control.fail_next("server_error", 2, method="GET", path_prefix="/user")
        control.fail_next("unavailable", path_prefix="/item")
        assert [status_of(control, token) for _ in range(3)] == [500, 500, 200]
        control.fail_next("bad_gateway", cors=False)
        control.clear_faults()
        assert status_of(control, token) == 200

    def test_another_user_edits_items(self, control: SandboxControl) -> None:
        with SyncPodio("client", client_id="demo-client", api_url=control.url) as podio:
            podio.set_access_token(control.issue_token())
            assert control.edit("update", 6101, fields={"hours": 5}, tags=["new"]) == [6101]
            item = podio.get("/item/6101")
            assert (item["tags"], item["current_revision"]["created_by"]["user_id"]) == (["new"], 1002)
            made = control.edit("create", app_id=3001, fields={"title": "No. {n}"}, external_id="x", count=2)
            assert [podio.get(f"/item/{item_id}")["title"] for item_id in made] == ["No. 1", "No. 2"]
            assert control.edit("delete", [6102, *made], before_filter=2, username="demo@example.com") == []
            totals = [podio.post("/item/app/3001/filter/", {"limit": 1})["total"] for _ in range(2)]
            assert totals == [38, 35]
        control.reset()

    def test_an_edit_that_is_not_possible_says_why(self, control: SandboxControl) -> None:
        with pytest.raises(SandboxRefused, match="must not be greater than 100"):
            control.edit("update", 6101, fields={"progress": 101})
        with pytest.raises(SandboxRefused, match=r"/sandbox/edit: 404 Object not found"):
            control.edit("delete", 1)

    def test_deliveries_are_sent_and_listed_and_forgotten(self, control: SandboxControl) -> None:
        with receiving() as receiver:
            sent = control.deliver("item.update", item_id=6101, external_id="x", url=receiver.url)
            assert control.deliver("tag.add", tag="a", hook_id=7, url=receiver.url)["n"] == 2
        assert [form["type"] for form in receiver.forms] == ["item.update", "tag.add"]
        assert (sent["status"], sent["answer"], sent["form"]) == (200, "thanks", receiver.forms[0])
        assert (sent["form"]["item_id"], sent["form"]["external_id"]) == ("6101", "x")
        assert control.deliveries(wait=10)[0] == sent
        control.clear_deliveries()
        assert control.deliveries() == []
        with pytest.raises(SandboxRefused, match=r"POST /sandbox/deliver: 400 .*this machine only"):
            control.deliver("item.update", url="http://example.com/podio")

    def test_calls_are_listed_and_narrowed_down_and_forgotten(self, control: SandboxControl) -> None:
        status_of(control, control.issue_token()["access_token"])
        (call,) = control.calls("/user", method="GET")
        assert (call["path"], call["status"], call["user_id"]) == ("/user/status", 200, 1001)
        assert control.calls("/item") == control.calls(method="PUT") == []
        control.clear_calls()
        assert control.calls() == []

    def test_a_sandbox_without_control_says_how_to_get_it(self) -> None:
        with Sandbox(port=0) as sandbox, pytest.raises(SandboxRefused, match="--control"):
            SandboxControl(sandbox.url).reset()

    def test_repr_names_the_address(self, control: SandboxControl) -> None:
        assert repr(control) == f"<SandboxControl of {control.url}>"
        assert not control.url.endswith("/")


class TestFakeTransport:
    @pytest.fixture
    def transport(self) -> FakeTransport:
        return FakeTransport()

    @pytest.fixture
    def podio(self, transport: FakeTransport) -> Podio:
        podio = Podio("client", client_id="my-app", transport=transport)
        podio.set_access_token({"access_token": "test", "expires_in": 3600})
        return podio

    def test_answers_come_in_order_and_the_calls_are_remembered(self, podio: Podio, transport: FakeTransport) -> None:
        transport.answer("get", "/item/4", {"item_id": 4})
        transport.answer("GET", "/item/4", {"item_id": 4, "title": "Later"})

        async def read_twice() -> list[object]:
            return [await podio.get("/item/4", {"mark_as_viewed": False}), await podio.get("/item/4")]

        assert asyncio.run(read_twice()) == [{"item_id": 4}, {"item_id": 4, "title": "Later"}]
        assert [call.method for call in transport.calls] == ["GET", "GET"]
        assert transport.calls[0].url.endswith("/item/4?mark_as_viewed=0")
        assert transport.calls[0].headers["Authorization"] == "OAuth2 test"

    def test_an_error_status_and_a_failure_reach_the_caller(self, podio: Podio, transport: FakeTransport) -> None:
        transport.answer("GET", "/item/9", {"error": "not_found"}, status=404)
        transport.answer("GET", "/item/9", status=500, text="<h1>Sorry</h1>", headers={"Content-Type": "text/html"})
        transport.fail("GET", "/item/9", ConnectionFailed("offline"))
        for expected in (NotFoundError, ServerError, ConnectionFailed):
            with pytest.raises(expected):
                asyncio.run(podio.get("/item/9", retry=None))

    def test_an_empty_answer_is_none(self, podio: Podio, transport: FakeTransport) -> None:
        transport.answer("DELETE", "/item/4", status=204)
        assert asyncio.run(podio.delete("/item/4")) is None

    def test_headers_are_found_by_their_lower_case_name(self, transport: FakeTransport, podio: Podio) -> None:
        transport.answer("GET", "/org/", status=420, headers={"Retry-After": "17"})
        with pytest.raises(Exception, match="420") as caught:
            asyncio.run(podio.get("/org/", retry=None))
        assert caught.value.retry_after == 17  # type: ignore[attr-defined]

    def test_unused_answers_are_listed(self, podio: Podio, transport: FakeTransport) -> None:
        transport.answer("GET", "/item/4", {}, times=3)
        transport.answer("GET", "/org/", [], times=None)
        asyncio.run(podio.get("/item/4"))
        assert transport.unused == ["GET /item/4", "GET /item/4"]

    def test_an_answer_for_any_number_of_calls(self, podio: Podio, transport: FakeTransport) -> None:
        transport.answer("GET", "/org/", [1], times=None)

        async def read() -> list[object]:
            return [await podio.get("/org/") for _ in range(5)]

        assert asyncio.run(read()) == [[1]] * 5

    def test_a_call_that_nothing_is_scripted_for_names_what_is(self, podio: Podio, transport: FakeTransport) -> None:
        transport.answer("GET", "/item/4", {})
        with pytest.raises(AssertionError, match=r"No response is scripted for POST /item/4\. Scripted: GET /item/4\."):
            asyncio.run(podio.post("/item/4", {}))
        with pytest.raises(AssertionError, match="Scripted: nothing"):
            asyncio.run(FakeTransport().perform(transport.calls[0], None))

    def test_contradictions_are_refused(self, transport: FakeTransport) -> None:
        with pytest.raises(ValueError, match="data or text"):
            transport.answer("GET", "/item/4", {}, text="{}")
        with pytest.raises(ValueError, match="times"):
            transport.answer("GET", "/item/4", {}, times=0)

    def test_it_outlives_the_client_that_it_was_given_to(self, podio: Podio, transport: FakeTransport) -> None:
        asyncio.run(podio.aclose())
        assert not transport.closed
        asyncio.run(transport.close())
        assert transport.closed


class TestSessionScript:
    RESPONSE = {
        "access_token": "canary",
        "expires_in": 60,
        "refresh_token": "renewable",
        "ref": {"type": "user", "id": 7},
    }

    def test_it_holds_the_session_and_no_refresh_token(self) -> None:
        script = session_script(self.RESPONSE, api_url="http://127.0.0.1:8001", client_id="my-app")
        assert "podio-web:session:http://127.0.0.1:8001:my-app:client" in script
        assert "canary" in script
        assert "renewable" not in script

    def test_it_is_for_one_origin_when_the_app_is_known(self) -> None:
        script = session_script(
            self.RESPONSE, api_url="http://127.0.0.1:8001", client_id="my-app", app_url="http://localhost:8000/app/"
        )
        assert '"only": "http://localhost:8000"' in script

    def test_a_response_without_a_token_is_refused(self) -> None:
        with pytest.raises(ValueError, match="token"):
            session_script({}, api_url="http://127.0.0.1:8001", client_id="my-app")


def test_the_plugin_is_light() -> None:
    script = (
        "import sys, podio_web.testing.plugin\n"
        "print(sorted({'playwright', 'starlette', 'uvicorn', 'sqlite3'} & set(sys.modules)))\n"
    )
    run = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, timeout=60)
    assert run.stdout.strip() == "[]"


def test_the_plugins_page_finds_the_fixtures_of_pytest_playwright(tmp_path: Path, root: Path) -> None:
    (tmp_path / "test_app.py").write_text("def test_page(podio_signed_in_page): pass\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "podio_web.testing.plugin"]
    run = subprocess.run(
        [*command, "--setup-plan", "--browser", "chromium", "test_app.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "SETUP    F podio_signed_in_page (fixtures used: base_url, context, podio_client_id" in run.stdout
