"""The example of a notebook: signing in, cells, an ended session, signing out."""

from playwright.sync_api import Page, expect

from podio_web.testing import SandboxControl
from tests.browser.fast import START
from tests.browser.watch import Watched


def run_cell(page: Page, number: int, source: str | None = None) -> str:
    """Run a cell, with another source if one is given, and return its output."""
    cell = page.get_by_test_id("cell").nth(number)
    if source is not None:
        cell.get_by_test_id("cell-source").fill(source)
    cell.get_by_test_id("cell-run").click()
    output = cell.get_by_test_id("cell-output")
    expect(output).to_have_attribute("aria-busy", "false")
    return output.inner_text()


def open_notebook(page: Page) -> None:
    page.goto("/examples/notebook_page/")
    expect(page.get_by_test_id("notice")).to_have_text("Sign in, then run the cells.", timeout=START)


def test_a_person_signs_in_runs_the_cells_and_signs_out(page: Page, sandbox: SandboxControl) -> None:
    sandbox.settings(consent="allow", sign_in_as="demo@example.com")
    open_notebook(page)
    assert "Nobody is signed in" in run_cell(page, 0)
    page.get_by_test_id("sign-in").click()
    expect(page.get_by_test_id("user-name")).to_have_text("Demo Person")

    assert run_cell(page, 0) == "Hello Demo Person"
    assert len(run_cell(page, 1).splitlines()) == 5
    assert run_cell(page, 2) == "'Written in a notebook'"
    page.get_by_test_id("add-cell").click()
    assert run_cell(page, 3, "made['item_id'] > 0") == "True"

    page.reload()
    expect(page.get_by_test_id("user-name")).to_have_text("Demo Person")
    page.get_by_test_id("sign-out").click()
    expect(page.get_by_test_id("sign-in")).to_be_visible()
    assert "Nobody is signed in" in run_cell(page, 0)
    expect(page.get_by_test_id("notice")).to_have_text("You are signed out.")
    assert page.evaluate("Object.keys(localStorage).filter(key => key.includes('session'))") == []


def test_errors_of_python_and_of_podio_are_shown_in_their_cell(
    page: Page, sandbox: SandboxControl, watched: Watched
) -> None:
    watched.expect("Failed to load resource")
    sandbox.settings(consent="allow", sign_in_as="demo@example.com")
    open_notebook(page)
    page.get_by_test_id("sign-in").click()
    expect(page.get_by_test_id("user-name")).to_have_text("Demo Person")
    assert "NotFoundError: 404 for GET /item/1" in run_cell(page, 0, 'podio.get("/item/1")')
    assert "SyntaxError" in run_cell(page, 1, "1 +")
    assert run_cell(page, 0, "6 * 7") == "42"


def test_an_ended_session_is_said_and_a_new_one_goes_on_with_the_same_cells(
    page: Page, sandbox: SandboxControl, watched: Watched
) -> None:
    watched.expect("Failed to load resource")
    sandbox.settings(consent="allow", sign_in_as="demo@example.com")
    open_notebook(page)
    page.get_by_test_id("sign-in").click()
    expect(page.get_by_test_id("user-name")).to_have_text("Demo Person")
    sandbox.expire_tokens()
    source = 'podio.get("/user/status")["user"]["user_id"]'
    assert "Nobody is signed in" in run_cell(page, 0, source)
    page.get_by_test_id("sign-in").click()
    expect(page.get_by_test_id("notice")).to_have_text("You are signed in. Run a cell.")
    assert run_cell(page, 0) == "1001"
