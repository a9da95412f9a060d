"""axe-core finds nothing in any state of the demo and of the sandbox's pages."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from podio_web.testing import SandboxControl
from tests.browser.axe import expect_accessible, violations
from tests.browser.demo import open_demo, open_first_item, popup_from, retype
from tests.browser.tab import closing, enter_password, shows
from tests.browser.test_demo_files import NOTE, PICTURE, REPORT, choose, choose_in_a_stall
from tests.browser.test_demo_notices import POPUP_BLOCKER
from tests.browser.watch import Watched

# Firefox does not show a page in dark colors when Playwright asks for them.
pytestmark = [pytest.mark.only_browser("chromium"), pytest.mark.every_browser]


def sign_in_at_once(page: Page, sandbox: SandboxControl) -> None:
    """Sign in by a popup that asks nothing."""
    sandbox.settings(consent="allow", sign_in_as="demo@example.com", files_cors=True)
    page.get_by_test_id("sign-in").click()
    expect(page.get_by_test_id("item-list").locator("li")).to_have_count(20)


def test_a_page_that_breaks_rules_is_found_out(page: Page) -> None:
    page.goto("/tests/blank.html")
    page.evaluate("""() => {
      document.documentElement.lang = "";
      document.title = "";
      document.body.innerHTML = "<main><h1>A page</h1><p style='color: #aaa; background: #fff'>Faint</p><img><input>"
        + "<p style='width: 2000px'>Wide</p></main>";
    }""")
    found = {problem.partition(":")[0] for problem in violations(page)}
    assert {"html-has-lang", "document-title", "color-contrast", "image-alt", "label"} <= found
    with pytest.raises(AssertionError, match="wider than the window"):
        expect_accessible(page)


def test_starting_and_failing_to_start(page: Page, watched: Watched) -> None:
    watched.expect("404|Failed to load")
    held: list[Route] = []  # Python waits for its main module
    page.route("**/static/demo/main.py", lambda route: held.append(route))
    with page.expect_request("**/static/demo/main.py"):
        page.goto("/?interpreter=mpy")
    expect(page.get_by_test_id("boot-progress")).to_be_visible()
    page.wait_for_function("() => document.querySelector('progress').value > 0")
    expect_accessible(page)
    held.pop().fulfill(status=404, body="")
    expect(page.get_by_test_id("boot-error")).to_be_visible()
    page.get_by_text("Technical details").click()
    page.evaluate("document.querySelector('pre').textContent = 'A long report\\n'.repeat(50)")
    expect_accessible(page)


def test_signing_in(page: Page) -> None:
    page.add_init_script(POPUP_BLOCKER)
    open_demo(page, "mpy")
    expect_accessible(page)
    popup = popup_from(page, page.get_by_test_id("sign-in"))
    shows(popup, "login-username")
    expect(popup).to_have_title("Sign in · Podio sandbox")
    expect_accessible(popup)
    expect_accessible(page)
    enter_password(popup, password="wrong")
    shows(popup, "login-error")
    expect_accessible(popup)
    enter_password(popup)
    shows(popup, "consent-allow")
    expect(popup).to_have_title("Allow access? · Podio sandbox")
    expect_accessible(popup)
    closing(popup, lambda: popup.get_by_test_id("consent-deny").click())
    notice = page.get_by_test_id("notice")
    expect(notice).to_contain_text("Access was not allowed")
    expect_accessible(page)
    page.evaluate("window.blocksPopups = true")
    notice.get_by_role("button", name="Sign in").click()
    expect(notice).to_contain_text("The sign-in window was blocked")
    expect_accessible(page)


def test_the_sandbox_s_page_about_a_wrong_request(page: Page, sandbox: SandboxControl, watched: Watched) -> None:
    watched.expect("400")
    page.goto(f"{sandbox.url}/oauth/authorize?client_id=nobody")
    shows(page, "authorize-error")
    expect_accessible(page)


def test_the_list_an_item_and_its_files(page: Page, sandbox: SandboxControl) -> None:
    open_demo(page, "mpy")
    sign_in_at_once(page, sandbox)
    expect(page.get_by_test_id("live-state")).to_have_text("Live")
    expect_accessible(page)
    open_first_item(page)
    expect_accessible(page)
    choose(page, PICTURE, NOTE)
    expect(page.get_by_test_id("file")).to_have_count(2)
    expect(page.get_by_test_id("thumbnail")).to_be_visible()
    choose_in_a_stall(page, sandbox)
    expect_accessible(page)
    sandbox.settings(largest_upload=1_000)
    choose(page, REPORT)
    expect(page.get_by_text(re.compile("The file is too large")).first).to_be_visible()
    # The files are uploaded together, so either may be the first.
    page.get_by_role("button", name="Delete plan.png").click()
    expect(page.get_by_test_id("notice")).to_contain_text("Delete plan.png?")
    expect_accessible(page)


def test_saving_and_what_goes_wrong_with_it(page: Page, sandbox: SandboxControl, watched: Watched) -> None:
    watched.expect("ERR_INTERNET_DISCONNECTED|Failed to load resource")
    page.add_init_script(POPUP_BLOCKER)
    open_demo(page, "mpy")
    sign_in_at_once(page, sandbox)
    item_id = open_first_item(page)
    notice, save = page.get_by_test_id("notice"), page.get_by_test_id("save-item")
    retype(page.get_by_test_id("item-title"), "Mine")
    sandbox.fail_next("rate_limit", method="PUT", seconds=60)
    save.click()
    expect(page.get_by_test_id("rate-limited").or_(notice.get_by_text("Too many requests"))).to_be_visible()
    expect_accessible(page)
    sandbox.settings(consent="ask")
    page.reload()
    sandbox.edit("update", item_id, fields={"title": "Before"})
    open_first_item(page)
    retype(page.get_by_test_id("item-title"), "Mine")
    sandbox.edit("update", item_id, fields={"title": "Theirs"})
    save.click()
    expect(notice).to_contain_text("Somebody else changed this item")
    expect_accessible(page)
    sandbox.fail_next("slow", method="PUT", seconds=20)
    notice.get_by_role("button", name="Save mine anyway").click()
    expect(page.get_by_test_id("save-state")).to_have_text("Saving…")
    expect_accessible(page)
    sandbox.expire_tokens()
    sandbox.clear_faults()
    page.add_init_script("window.blocksPopups = true")
    page.reload()
    expect(page.get_by_test_id("login-needed")).to_be_visible()
    page.context.set_offline(True)
    expect(page.get_by_test_id("offline")).to_be_visible()
    expect_accessible(page)
