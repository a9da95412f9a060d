"""The pytest plugin: what it gives to our own tests, and to a project that has only the plugin."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from playwright.sync_api import BrowserType, Page, expect

from podio_web.testing import SandboxControl
from tests.browser.watch import Watched

PAGE = "/tests/plugin.html"


def test_the_page_is_signed_in(podio_signed_in_page: Page, sandbox: SandboxControl) -> None:
    podio_signed_in_page.goto(PAGE)
    expect(podio_signed_in_page.get_by_test_id("status")).to_have_text("Demo Person, 1001, 1001")
    (call,) = sandbox.calls("/user/status", method="GET")
    assert (call["status"], call["user_id"]) == (200, 1001)


def test_other_pages_of_the_context_are_signed_in_too(podio_signed_in_page: Page) -> None:
    podio_signed_in_page.goto(PAGE)
    second = podio_signed_in_page.context.new_page()
    second.goto(PAGE)
    expect(second.get_by_test_id("status")).to_have_text("Demo Person, 1001, 1001")


def test_a_session_that_the_app_ended_stays_ended(podio_signed_in_page: Page) -> None:
    page = podio_signed_in_page
    page.goto(PAGE)
    expect(page.get_by_test_id("status")).to_contain_text("Demo Person")
    page.get_by_test_id("sign-out").click()
    page.reload()
    expect(page.get_by_test_id("status")).to_have_text("nobody")


def test_an_ordinary_page_is_not_signed_in(page: Page) -> None:
    page.goto(PAGE)
    expect(page.get_by_test_id("status")).to_have_text("nobody")


def test_pages_of_other_origins_get_no_session(podio_signed_in_page: Page, base_url: str) -> None:
    elsewhere = base_url.replace("localhost", "127.0.0.1")
    podio_signed_in_page.goto(elsewhere + PAGE)
    assert podio_signed_in_page.evaluate("localStorage.length") == 0


def test_the_sandbox_is_steered_while_the_page_is_open(podio_signed_in_page: Page, sandbox: SandboxControl) -> None:
    sandbox.expire_tokens()
    podio_signed_in_page.goto(PAGE)
    expect(podio_signed_in_page.get_by_test_id("status")).to_have_text("refused: 401")


CONFTEST = """
import pytest

LAUNCH = {launch!r}

@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {{**browser_type_launch_args, **LAUNCH}}

@pytest.fixture(scope="session")
def podio_username():
    return "other@example.com"
"""

TESTS = """
import urllib.request

def test_sandbox(podio_sandbox, podio_client_id):
    assert podio_client_id == "demo-client"
    assert podio_sandbox.settings()["consent"] == "ask"
    assert podio_sandbox.issue_token()["access_token"]

def test_page(podio_signed_in_page, podio_sandbox):
    page = podio_signed_in_page
    page.route("http://localhost:9999/**", lambda route: route.fulfill(body="<title>App</title>"))
    page.goto("http://localhost:9999/")
    record = page.evaluate(
        "key => JSON.parse(localStorage.getItem(key))",
        f"podio-web:session:{podio_sandbox.url}:demo-client:client",
    )
    assert record["ref"] == {"type": "user", "id": 1002}
"""


@pytest.mark.only_browser("chromium")
def test_a_project_with_only_the_plugin_has_the_fixtures(
    tmp_path: Path, browser_type: BrowserType, browser_finder: ModuleType, playwright_settings: ModuleType
) -> None:
    launch = browser_finder.launch_options(browser_type.name, browser_type.executable_path, playwright_settings)
    (tmp_path / "conftest.py").write_text(CONFTEST.format(launch=launch))
    (tmp_path / "test_app.py").write_text(TESTS)
    # pytest 9 warns about a fixture of pytest-playwright.
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nfilterwarnings =\n    error\n    ignore:Session-scoped fixtures defined as instance methods\n"
    )
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q"],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "2 passed" in run.stdout, run.stdout + run.stderr


def test_errors_of_a_page_are_seen(page: Page, watched: Watched) -> None:
    page.goto(PAGE)
    with page.context.expect_event("weberror"):
        page.evaluate("console.error('a mishap'); setTimeout(() => { throw new Error('a crash'); });")
    with pytest.raises(AssertionError, match=r"(?s)a mishap.*a crash"):
        watched.check()
    watched.expect("a mishap")
    with pytest.raises(AssertionError) as caught:
        watched.check()
    assert "a mishap" not in str(caught.value)
    watched.expect("a cra.h")
    watched.check()


def test_a_failure_leaves_evidence(page: Page, watched: Watched, output_path: str) -> None:
    page.goto(PAGE)
    with page.expect_console_message(lambda message: message.text == "the last words"):
        page.evaluate("console.log('the last words')")
    watched.keep_evidence()
    assert "the last words" in (Path(output_path) / "console.txt").read_text()
    assert (Path(output_path) / "page-1.png").stat().st_size > 0


def test_popups_are_blocked_without_a_click_and_open_with_one(page: Page) -> None:
    page.route(
        "**/popup-blocking",
        lambda route: route.fulfill(
            content_type="text/html",
            body="""<!doctype html><link rel="icon" href="data:,"><button>Open</button><script>
            const attempt = (name) => console.log(name, window.open("about:blank", name, "popup") ? "open" : "blocked");
            document.querySelector("button").onclick = () => attempt("click");
            const timer = setInterval(() => {
              if (navigator.userActivation.isActive) return;
              clearInterval(timer);
              attempt("alone");
            }, 50);
            </script>""",
        ),
    )
    # Not page.evaluate: what that runs counts as the person's own doing. In Firefox so does page.goto, for a second.
    with page.expect_console_message(lambda message: message.text.startswith("alone")) as alone:
        page.goto("/popup-blocking")
    assert alone.value.text == "alone blocked"
    with page.expect_popup(), page.expect_console_message(lambda message: message.text.startswith("click")) as click:
        page.get_by_role("button").click()
    assert click.value.text == "click open"
