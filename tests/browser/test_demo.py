"""The demo, as a person uses it."""

import json
import re
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from podio_web.testing import SandboxControl
from tests.browser.demo import in_podio, open_demo, open_first_item, popup_from, retype, sign_in
from tests.browser.tab import closing, deny, shows
from tests.browser.watch import Watched

# Python may be there before a test can look.
LOOK_AT_FIRST = """
addEventListener("DOMContentLoaded", () => {
  window.showedProgress = document.querySelector("[data-testid=boot-progress]")?.checkVisibility();
});
"""


@pytest.mark.every_combination
def test_the_walk(first_page: Page, interpreter: str, sandbox: SandboxControl) -> None:
    """Sign in, look, edit, lose the session while typing, renew it, and lose nothing."""
    page = first_page
    page.add_init_script(LOOK_AT_FIRST)
    page.goto(f"/?interpreter={interpreter}")
    assert page.evaluate("window.showedProgress")
    expect(page.get_by_test_id("sign-in")).to_be_visible()
    expect(page.get_by_test_id("interpreter")).to_have_text("MicroPython" if interpreter == "mpy" else "Pyodide")

    sign_in(page)
    expect(page.get_by_test_id("user-mail")).to_have_text("demo@example.com")
    expect(page.get_by_test_id("item-list").locator("li")).to_have_count(20)
    item_id = open_first_item(page)

    title, notes = page.get_by_test_id("item-title"), page.get_by_test_id("item-notes")
    retype(title, "Typed before")
    page.get_by_test_id("expire-session").click()
    expect(page.get_by_test_id("notice")).to_contain_text("expired")
    retype(title, "Typed after the session ended")
    sandbox.clear_calls()

    popup = popup_from(page, page.get_by_test_id("save-item"))
    shows(popup, "consent-allow")
    page.bring_to_front()
    retype(notes, "Typed while signing in again")
    popup.bring_to_front()
    closing(popup, lambda: popup.get_by_test_id("consent-allow").click())

    expect(page.get_by_test_id("notice")).to_contain_text("Saved")
    expect(title).to_have_value("Typed after the session ended")
    expect(notes).to_have_value("Typed while signing in again")
    assert in_podio(sandbox, item_id)["title"] == "Typed after the session ended"
    puts = [call["status"] for call in sandbox.calls("/item/", method="PUT")]
    assert puts == [401, 200], "replayed once"
    assert len(page.context.pages) == 1

    with page.expect_response(lambda answer: answer.request.method == "PUT" and answer.ok):
        page.get_by_test_id("save-item").click()
    assert "Typed while signing in again" in json.dumps(in_podio(sandbox, item_id)["fields"])

    page.reload()
    expect(page.get_by_test_id("user-name")).to_have_text("Demo Person")
    expect(page.get_by_test_id("item-list")).to_contain_text("Typed after the session ended")
    page.get_by_test_id("sign-out").click()
    expect(page.get_by_test_id("sign-in")).to_be_visible()
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_a_denial_and_a_closed_popup_are_explained_and_can_be_tried_again(
    page: Page, interpreter: str, sandbox: SandboxControl
) -> None:
    open_demo(page, interpreter)
    deny(popup_from(page, page.get_by_test_id("sign-in")))
    notice = page.get_by_test_id("notice")
    expect(notice).to_contain_text("Access was not allowed")
    popup = popup_from(page, notice.get_by_role("button", name="Sign in"))
    shows(popup, "consent-allow")
    popup.close()
    expect(notice).to_contain_text("The sign-in window was closed")
    popup = popup_from(page, notice.get_by_role("button", name="Sign in"))
    closing(popup, lambda: popup.get_by_test_id("consent-allow").click())
    expect(page.get_by_test_id("user-name")).to_have_text("Demo Person")


def test_a_conflict_is_shown_and_nothing_typed_is_lost(page: Page, interpreter: str, sandbox: SandboxControl) -> None:
    open_demo(page, interpreter)
    sign_in(page)
    item_id = open_first_item(page)
    retype(page.get_by_test_id("item-title"), "Mine")
    token = sandbox.issue_token("demo@example.com")["access_token"]
    change = Request(
        f"{sandbox.url}/item/{item_id}",
        data=json.dumps({"fields": {"title": "Theirs"}}).encode(),
        method="PUT",
        headers={"Authorization": f"OAuth2 {token}", "Content-Type": "application/json"},
    )
    urlopen(change).close()
    page.get_by_test_id("save-item").click()
    notice = page.get_by_test_id("notice")
    expect(notice).to_contain_text("Somebody else changed this item")
    expect(page.get_by_test_id("item-title")).to_have_value("Mine")
    assert in_podio(sandbox, item_id)["title"] == "Theirs"
    notice.get_by_role("button", name="Save mine anyway").click()
    expect(notice).to_contain_text("Saved")
    assert in_podio(sandbox, item_id)["title"] == "Mine"


def test_a_fault_is_explained_and_the_text_stays(page: Page, interpreter: str, sandbox: SandboxControl) -> None:
    open_demo(page, interpreter)
    sign_in(page)
    item_id = open_first_item(page)
    retype(page.get_by_test_id("item-title"), "Kept")
    sandbox.fail_next("unavailable", method="PUT")
    page.get_by_test_id("save-item").click()
    notice = page.get_by_test_id("notice")
    expect(notice).to_contain_text("Podio has a problem")
    expect(page.get_by_test_id("item-title")).to_have_value("Kept")
    notice.get_by_role("button", name="Try again").click()
    expect(notice).to_contain_text("Saved")
    assert in_podio(sandbox, item_id)["title"] == "Kept"


@pytest.mark.parametrize("interpreter", ["mpy"], indirect=True)
@pytest.mark.parametrize("missing", ["static/demo/workspace.py", "*.whl", "/core.js"])
def test_a_file_that_does_not_load_is_explained_instead_of_silence(
    page: Page, interpreter: str, watched: Watched, missing: str
) -> None:
    watched.expect("404|Failed to load")
    page.route(re.compile(re.escape(missing).replace(r"\*", ".*")), lambda route: route.fulfill(status=404, body=""))
    page.goto(f"/?interpreter={interpreter}")
    expect(page.get_by_test_id("boot-error")).to_be_visible()
    expect(page.get_by_test_id("boot-error")).to_contain_text("make demo")


def test_python_that_fails_at_its_start_is_explained_with_its_error(
    page: Page, interpreter: str, watched: Watched
) -> None:
    watched.expect(".")
    page.route("**/static/demo/main.py", lambda route: route.fulfill(body="raise ValueError('at the start')"))
    page.goto(f"/?interpreter={interpreter}")
    expect(page.get_by_test_id("boot-error")).to_be_visible()
    expect(page.get_by_test_id("boot-error")).to_contain_text("stopped with an error")
    expect(page.locator("#boot-error-details")).to_contain_text("at the start")


@pytest.mark.parametrize("width", [360, 768, 1400])
def test_nothing_overflows_and_everything_has_a_label(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    open_demo(page, "mpy")
    sign_in(page)
    open_first_item(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.get_by_role("heading", level=1)).to_be_in_viewport()
    unnamed = page.evaluate("""() => [...document.querySelectorAll('input, select, textarea, button, a[href]')]
        .filter(element => element.checkVisibility())
        .filter(element => !(element.labels?.length || element.textContent.trim() || element.ariaLabel))
        .map(element => element.outerHTML)""")
    assert unnamed == []


@pytest.mark.every_combination
def test_the_list_follows_what_others_do(page: Page, interpreter: str, sandbox: SandboxControl) -> None:
    """Somebody else renames an item; what the person is typing stays."""
    open_demo(page, interpreter)
    sign_in(page)
    state, rows = page.get_by_test_id("live-state"), page.get_by_test_id("item-list").locator("button")
    expect(state).to_have_text("Live")
    open_first_item(page)
    notes = page.get_by_test_id("item-notes")
    retype(notes, "Being typed")
    item_id = rows.nth(1).get_attribute("data-item")
    rename(sandbox, item_id, "Renamed by somebody else")
    expect(rows.nth(1)).to_contain_text("Renamed by somebody else")
    expect(notes).to_be_focused()
    expect(notes).to_have_value("Being typed")
    page.get_by_test_id("undo-item").click()
    rename(sandbox, rows.first.get_attribute("data-item"), "The open item too")
    expect(page.get_by_test_id("item-heading")).to_have_text("The open item too")
    # What happens while the connection is interrupted is read again after the gap.
    sandbox.disturb_push("lose")
    rename(sandbox, item_id, "Renamed once more")
    sandbox.disturb_push("forget")
    expect(rows.nth(1)).to_contain_text("Renamed once more")
    page.get_by_test_id("sign-out").click()
    expect(page.get_by_test_id("sign-in")).to_be_visible()
    expect(state).to_be_empty()


def rename(sandbox: SandboxControl, item_id: str | None, title: str) -> None:
    """Give an item another title, as another person."""
    token = sandbox.issue_token("other@example.com", "demo-client")["access_token"]
    headers = {"Authorization": f"OAuth2 {token}", "Content-Type": "application/json"}
    body = json.dumps({"fields": {"title": title}}).encode()
    with urlopen(Request(f"{sandbox.url}/item/{item_id}", body, headers, method="PUT"), timeout=30):
        pass
