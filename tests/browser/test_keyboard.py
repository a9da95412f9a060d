"""The demo by keys only: where the focus is after each step, that it is seen, and that nothing keeps it."""

import pytest
from playwright.sync_api import Page, expect

from podio_web.testing import SandboxControl
from tests.browser.demo import in_podio, open_demo, open_first_item
from tests.browser.keys import is_focused, press_for_popup, retype, stops, tab_to, walk
from tests.browser.tab import closing


@pytest.mark.every_browser
def test_the_walk_by_keys(page: Page, sandbox: SandboxControl) -> None:
    open_demo(page, "mpy")
    sign_in, notice = page.get_by_test_id("sign-in"), page.get_by_test_id("notice")

    # A wrong password, then a refusal.
    tab_to(page, sign_in)
    popup = press_for_popup(page)
    username = popup.get_by_test_id("login-username")
    expect(username).to_be_focused()
    popup.keyboard.type("demo@example.com")
    tab_to(popup, popup.get_by_test_id("login-password"))
    popup.keyboard.type("wrong")
    popup.keyboard.press("Enter")
    expect(popup.get_by_test_id("login-error")).to_be_visible()
    expect(username).to_be_focused()
    expect(username).to_have_accessible_description("The e-mail address or the password is wrong.")
    tab_to(popup, popup.get_by_test_id("login-password"))
    popup.keyboard.type("demo")
    popup.keyboard.press("Enter")
    expect(popup.get_by_test_id("consent-allow")).to_be_focused()
    tab_to(popup, popup.get_by_test_id("consent-deny"))
    closing(popup, lambda: popup.keyboard.press("Enter"))

    # The notice has the focus. Escape brings it back to where the person was.
    expect(notice).to_contain_text("Access was not allowed")
    expect(notice).to_be_focused()
    page.keyboard.press("Escape")
    expect(notice).to_be_empty()
    expect(sign_in).to_be_focused()
    popup = press_for_popup(page, "Space")
    expect(popup.get_by_test_id("consent-allow")).to_be_focused()
    closing(popup, lambda: popup.keyboard.press("Enter"))
    expect(page.locator("#list-heading")).to_be_focused()

    # Edit and save.
    first = page.get_by_test_id("item-list").locator("button").first
    expect(first).to_be_visible()
    tab_to(page, first)
    item_id = int(first.get_attribute("data-item") or "")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("item-heading")).to_be_focused()
    tab_to(page, page.get_by_test_id("item-title"))
    retype(page, "By keys")
    tab_to(page, page.get_by_test_id("save-item"))
    page.keyboard.press("Space")
    expect(notice).to_contain_text("Saved")
    expect(page.get_by_test_id("save-item")).to_be_focused()
    assert in_podio(sandbox, item_id)["title"] == "By keys"

    # A fault asks for a choice, and gets the focus for it.
    tab_to(page, page.get_by_test_id("item-title"), "Shift+Tab")
    retype(page, "By keys, again")
    sandbox.fail_next("unavailable", method="PUT")
    tab_to(page, page.get_by_test_id("save-item"))
    page.keyboard.press("Enter")
    expect(notice).to_contain_text("Podio has a problem")
    expect(notice).to_be_focused()
    tab_to(page, notice.get_by_role("button", name="Try again"))
    page.keyboard.press("Enter")
    expect(notice).to_contain_text("Saved")
    expect(page.get_by_test_id("save-item")).to_be_focused()

    # Sign out, with a text that is not saved.
    tab_to(page, page.get_by_test_id("item-title"), "Shift+Tab")
    retype(page, "Not saved")
    sign_out = page.get_by_test_id("sign-out")
    tab_to(page, sign_out, "Shift+Tab")
    page.keyboard.press("Enter")
    expect(notice).to_be_focused()
    page.keyboard.press("Escape")
    expect(sign_out).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, notice.get_by_role("button", name="Sign out anyway"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your Podio items, from Python")).to_be_focused()


def test_tab_stops_at_everything_once_and_is_never_hidden(page: Page, sandbox: SandboxControl) -> None:
    sandbox.settings(consent="allow", sign_in_as="demo@example.com")
    open_demo(page, "mpy")
    page.get_by_test_id("sign-in").click()
    page.get_by_test_id("item-list").locator("button").first.click()
    expect(page.get_by_test_id("item-heading")).to_be_focused()
    sandbox.fail_next("unavailable", method="PUT")
    page.get_by_test_id("item-title").fill("Changed")
    page.get_by_test_id("save-item").click()
    expect(page.get_by_test_id("notice")).to_contain_text("Podio has a problem")
    assert walk(page) == stops(page)


def test_a_notice_leaves_the_focus_where_somebody_types(page: Page, sandbox: SandboxControl) -> None:
    sandbox.settings(consent="allow", sign_in_as="demo@example.com")
    open_demo(page, "mpy")
    page.get_by_test_id("sign-in").click()
    open_first_item(page)
    title, notice = page.get_by_test_id("item-title"), page.get_by_test_id("notice")
    tab_to(page, title)
    retype(page, "Typed")
    sandbox.fail_next("unavailable", method="PUT")
    page.keyboard.press("Enter")
    expect(notice).to_contain_text("Podio has a problem")
    assert is_focused(title)
    page.keyboard.press("Escape")
    expect(notice).to_be_empty()
    assert is_focused(title)


def test_in_one_column_the_way_back_leads_to_the_item_in_the_list(page: Page, sandbox: SandboxControl) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    sandbox.settings(consent="allow", sign_in_as="demo@example.com")
    open_demo(page, "mpy")
    page.get_by_test_id("sign-in").click()
    third = page.get_by_test_id("item-list").locator("button").nth(2)
    expect(third).to_be_visible()
    tab_to(page, third)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("item-heading")).to_be_focused()
    tab_to(page, page.get_by_role("button", name="All items"), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(third).to_be_focused()


def test_the_skip_link_leads_past_the_header(page: Page) -> None:
    open_demo(page, "mpy")
    skip = page.get_by_role("link", name="Skip to the content")
    tab_to(page, skip)
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_test_id("sign-in")).to_be_focused()
