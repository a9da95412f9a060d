"""The demo, and what a person does on it."""

import json
from urllib.request import Request, urlopen

from playwright.sync_api import Locator, Page, expect

from podio_web.testing import SandboxControl
from tests.browser.tab import allow


def open_demo(page: Page, interpreter: str, site_url: str = "") -> None:
    """Load the demo and wait until its Python runs."""
    page.goto(f"{site_url}/?interpreter={interpreter}")
    expect(page.get_by_test_id("boot-progress")).to_be_hidden()
    expect(page.get_by_test_id("boot-error")).to_be_hidden()


def popup_from(page: Page, button: Locator) -> Page:
    """Press a button and return the popup that it opens."""
    with page.expect_popup() as popup:
        button.click()
    return popup.value


def sign_in(page: Page) -> None:
    """Sign in as the demo user."""
    allow(popup_from(page, page.get_by_test_id("sign-in")))
    expect(page.get_by_test_id("user-name")).to_have_text("Demo Person")


def open_first_item(page: Page) -> int:
    """Open the list's first item and return its id."""
    first = page.get_by_test_id("item-list").locator("button").first
    first.click()
    expect(page.get_by_test_id("item-heading")).to_be_focused()
    return int(first.get_attribute("data-item") or "")


def retype(field: Locator, text: str) -> None:
    """Replace what a field holds, by the keyboard."""
    field.focus()
    field.press("ControlOrMeta+a")
    field.press_sequentially(text)


def in_podio(sandbox: SandboxControl, item_id: int) -> dict[str, object]:
    """The item as the sandbox has it."""
    token = sandbox.issue_token()["access_token"]
    request = Request(f"{sandbox.url}/item/{item_id}", headers={"Authorization": f"OAuth2 {token}"})
    with urlopen(request) as answer:
        found: dict[str, object] = json.load(answer)
    return found
