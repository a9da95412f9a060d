"""The example that edits a list of items: what differs is saved, and nobody's work is lost."""

from playwright.sync_api import Locator, Page, expect

from podio_web.testing import SandboxControl
from tests.browser.fast import START
from tests.browser.watch import Watched


def writes(sandbox: SandboxControl) -> list[tuple[str, str]]:
    """Return the calls that wrote something, and forget all."""
    found = [(call["method"], call["path"]) for call in sandbox.calls("/item")]
    sandbox.clear_calls()
    return sorted((method, path) for method, path in found if method in ("PUT", "POST") and "/filter" not in path)


def test_a_person_edits_a_list(page: Page, sandbox: SandboxControl, watched: Watched) -> None:
    sandbox.settings(consent="allow", sign_in_as="demo@example.com")
    page.goto("/examples/items_page/")
    notice, rows = page.get_by_test_id("notice"), page.get_by_test_id("row")
    expect(notice).to_have_text("Sign in to see your tasks.", timeout=START)
    page.get_by_test_id("sign-in").click()
    expect(notice).to_have_text("10 of 36 tasks.")
    page.get_by_test_id("more").click()
    expect(notice).to_have_text("20 of 36 tasks.")
    expect(rows).to_have_count(20)

    def field(number: int, name: str) -> Locator:
        return rows.nth(number).get_by_label(name)

    def save() -> None:
        sandbox.clear_calls()
        page.get_by_test_id("save").click()

    save()
    expect(notice).to_have_text("Saved 0 of 0 changed tasks.")
    assert writes(sandbox) == []

    field(0, "Title").fill("Paint the fence")
    field(1, "Status").select_option("Done")
    field(2, "Due").fill("2026-12-24")
    page.get_by_test_id("add").click()
    field(20, "Title").fill("A new task")
    field(20, "Hours").fill("2.5")
    save()
    expect(notice).to_have_text("Saved 4 of 4 changed tasks.")
    assert writes(sandbox) == [
        ("POST", "/item/app/3001/"),
        *(("PUT", f"/item/{number}") for number in (6101, 6102, 6103)),
    ]

    # A number that is none is told in its row, and the rest is saved.
    field(3, "Hours").fill("many")
    field(4, "Hours").fill("0")
    save()
    expect(notice).to_have_text("Saved 1 of 1 changed tasks.")
    expect(rows.nth(3).get_by_test_id("row-problem")).to_contain_text("hours")
    field(3, "Hours").fill("3")
    assert writes(sandbox) == [("PUT", "/item/6105")]

    # Somebody else is faster.
    sandbox.edit("update", 6104, fields={"hours": 9, "title": "Their title"})
    watched.expect("Failed to load resource")
    save()
    problem = rows.nth(3).get_by_test_id("row-problem")
    expect(problem).to_contain_text("Somebody else wrote hours: 9")
    expect(field(3, "Hours")).to_have_value("3")
    expect(field(3, "Title")).to_have_value("Their title")
    save()
    expect(notice).to_have_text("Saved 1 of 1 changed tasks.")
    expect(problem).to_be_empty()
    assert writes(sandbox) == [("PUT", "/item/6104")]

    page.reload()
    expect(notice).to_have_text("10 of 37 tasks.")
    expect(field(0, "Title")).to_have_value("Paint the fence")
    expect(field(1, "Status")).to_have_value("3")
    expect(field(2, "Due")).to_have_value("2026-12-24")
    expect(field(3, "Hours")).to_have_value("3")
    expect(field(3, "Title")).to_have_value("Their title")
    page.get_by_test_id("sign-out").click()
    expect(notice).to_have_text("You are signed out.")
    expect(page.get_by_test_id("list")).to_be_hidden()
