"""axe-core finds nothing on the callback page, in new apps and in the examples."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect

from podio_web.new_app.app import make_app
from podio_web.serve import FolderServer
from podio_web.site_builder.prebuilt import Prebuilt
from podio_web.testing import SandboxControl
from tests.browser.axe import expect_accessible
from tests.browser.fast import START
from tests.browser.watch import Watched
from tests.examples_support import EXAMPLES, WebExample, free_port

# Firefox does not show a page in dark colors when Playwright asks for them.
pytestmark = [pytest.mark.only_browser("chromium"), pytest.mark.every_browser]

LONG = "W" * 200
# After a second, the callback page says that nobody has waited for its answer.
NO_SECOND = """
const { setTimeout } = window;
window.setTimeout = (act, wait, ...more) => (wait === 1000 ? 0 : setTimeout(act, wait, ...more));
"""


def answer_at_once(sandbox: SandboxControl, consent: str = "allow") -> None:
    """Let the sign-in page ask nothing."""
    sandbox.settings(consent=consent, sign_in_as="demo@example.com")


@pytest.mark.parametrize(
    ("fragment", "shown"),
    [("", "#empty"), ("#access_token=canary&state=nobody", "#waiting"), ("#error=access_denied&state=a", "#unclaimed")],
)
def test_the_callback_page(page: Page, fragment: str, shown: str) -> None:
    if shown == "#waiting":
        page.add_init_script(NO_SECOND)
    page.goto("/static/callback.html" + fragment)
    expect(page.locator(shown)).to_be_visible()
    expect(page).to_have_title("Signing in")
    expect(page.get_by_role("status")).not_to_be_empty()
    expect_accessible(page)


@pytest.mark.parametrize("kind", ["page", "script-tag"])
def test_a_new_app_in_a_browser(
    page: Page, root: Path, tmp_path: Path, sandbox: SandboxControl, watched: Watched, kind: str
) -> None:
    watched.expect("404")
    app = tmp_path / "app"
    make_app(app, kind, prebuilt=lambda: Prebuilt(root / ".make" / "site"))
    with FolderServer(app, sandbox.url) as server:
        page.goto(server.url)
        expect_accessible(page)
        button, status = page.get_by_role("button", name="Sign in to Podio"), page.get_by_role("status")
        answer_at_once(sandbox, "deny")
        button.click(timeout=START)
        expect(status).to_contain_text("Access was not allowed")
        expect_accessible(page)
        answer_at_once(sandbox)
        button.click()
        expect(status).to_have_text("Hello Demo Person")
        status.evaluate("(element, name) => { element.textContent = `Hello ${name}` }", LONG)
        expect_accessible(page)
        page.goto(server.url + "/missing.html")
        expect(page.get_by_role("heading", name="Not found")).to_be_visible()
        expect(page.get_by_text("/missing.html")).to_be_visible()
        expect_accessible(page)
        page.goto("about:blank")


@contextmanager
def running(app: Path, sandbox: SandboxControl) -> Iterator[str]:
    """Run an application that `podio-web new` has made, and yield its address."""
    port = free_port()
    url = f"http://localhost:{port}"
    environment = {**os.environ, "PYTHONPATH": str(EXAMPLES.parent), "PORT": str(port), "PODIO_API_URL": sandbox.url}
    with subprocess.Popen([sys.executable, "app.py"], cwd=app, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(600):
                try:
                    urlopen(url, timeout=10).close()
                except OSError:
                    assert process.poll() is None, "the application has ended"
                    time.sleep(0.1)
                else:
                    break
            yield url
        finally:
            process.terminate()


@pytest.mark.parametrize("kind", ["starlette", "flask"])
def test_a_new_app_on_a_server(page: Page, tmp_path: Path, sandbox: SandboxControl, kind: str) -> None:
    app = tmp_path / "app"
    make_app(app, kind)
    with running(app, sandbox) as url:
        page.goto(url)
        expect_accessible(page)
        answer_at_once(sandbox, "deny")
        page.get_by_role("link", name="Sign in to Podio").click()
        expect(page.get_by_role("alert")).to_contain_text("Access was not allowed")
        expect_accessible(page)
        answer_at_once(sandbox)
        page.get_by_role("link", name="Sign in to Podio").click()
        expect(page.get_by_text("Hello Demo Person")).to_be_visible()
        page.locator("bdi").evaluate("(element, name) => { element.textContent = name }", LONG)
        expect_accessible(page)


@pytest.mark.parametrize("name", ["starlette_app", "django_app"])
def test_the_web_applications(page: Page, tmp_path: Path, sandbox: SandboxControl, watched: Watched, name: str) -> None:
    watched.expect("status of 404")
    sandbox.edit("update", 6136, fields={"title": LONG})
    sandbox.edit("update", 6135, fields={"title": "\u202eمهمة العميل Acme"})  # noqa: RUF001 - it is Arabic
    with WebExample(name, tmp_path, sandbox.url) as example:
        page.goto(example.url)
        expect_accessible(page)
        answer_at_once(sandbox, "deny")
        page.get_by_test_id("sign-in").click()
        expect(page.get_by_test_id("notice")).to_be_visible()
        expect_accessible(page)
        answer_at_once(sandbox)
        page.get_by_test_id("sign-in").click()
        titles = page.get_by_test_id("item-list").locator("li > span")
        expect(titles.filter(has_text=LONG)).to_be_visible()
        foreign = titles.filter(has_text="Acme")
        assert foreign.evaluate("(element) => getComputedStyle(element).direction") == "rtl"
        page.get_by_test_id("user-name").evaluate("(element, name) => { element.textContent = name }", LONG)
        expect_accessible(page)
        page.get_by_role("link", name="Rename").first.click()
        expect(page.get_by_test_id("item-title")).to_be_focused()
        expect_accessible(page)
        page.goto(f"{example.url}/items/9999")
        expect(page.get_by_test_id("problem")).to_be_visible()
        expect_accessible(page)
        page.goto("about:blank")


@pytest.mark.parametrize("name", ["fastapi_app", "flask_app", "quart_app"])
def test_the_other_web_applications_look_like_the_first(name: str) -> None:
    for path in [*(EXAMPLES / "starlette_app").glob("templates/*"), EXAMPLES / "starlette_app/static/style.css"]:
        other = EXAMPLES / name / path.relative_to(EXAMPLES / "starlette_app")
        assert other.read_text(encoding="utf-8") == path.read_text(encoding="utf-8"), other


def test_the_page_with_a_list_of_items(page: Page, sandbox: SandboxControl) -> None:
    page.goto("/examples/items_page/")
    notice = page.get_by_test_id("notice")
    expect(notice).to_have_text("Sign in to see your tasks.", timeout=START)
    expect_accessible(page)
    answer_at_once(sandbox)
    page.get_by_test_id("sign-in").click()
    rows = page.get_by_test_id("row")
    expect(rows).to_have_count(10)
    expect(notice).to_be_focused()
    hours = rows.nth(2).get_by_label("Hours")
    hours.fill("many")
    save = page.get_by_test_id("save")
    save.focus()
    page.keyboard.press("Enter")
    expect(hours).to_have_accessible_description("hours takes a number, and this text is not one")
    expect(save).to_be_focused()
    expect_accessible(page)
    page.get_by_test_id("add").click()
    expect(rows.nth(10).get_by_label("Title")).to_be_focused()


def test_the_notebook(page: Page, sandbox: SandboxControl) -> None:
    page.goto("/examples/notebook_page/")
    answer_at_once(sandbox)
    page.get_by_test_id("sign-in").click(timeout=START)
    expect(page.get_by_test_id("notice")).to_be_focused()
    expect(page.get_by_test_id("user-name")).to_have_text("Demo Person")
    cell = page.get_by_test_id("cell").first
    cell.get_by_test_id("cell-source").fill(f"for line in range(100):\n    print(line, {LONG!r})")
    cell.get_by_test_id("cell-run").click()
    expect(cell.get_by_test_id("cell-output")).to_contain_text("99 W")
    expect_accessible(page)
