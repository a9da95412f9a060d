"""Names that are long, empty, or run from right to left: nothing is cut, and no text around them moves."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from podio_web.testing import SandboxControl
from tests.browser.axe import wider_than_window
from tests.browser.demo import open_demo
from tests.browser.test_demo_files import NOTE, choose

LONG = "W" * 200
LINES = "\n".join(f"Line {number}" for number in range(40))
# Arabic with English in it, an override that would turn the rest of the line, and an isolate that is never closed.
RIGHT_TO_LEFT = "\u202eمهمة العميل Acme رقم 5 \u2067عاجل"  # noqa: RUF001 - these letters are meant
EMOJI = "👩‍👩‍👧‍👦 Family 🎉"
NAMES = {"long": LONG, "right to left": RIGHT_TO_LEFT, "emoji": EMOJI}

# Texts that end outside of the window or of what cuts them off. Fields scroll, and a select has a list.
CUT = """() => {
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    const element = text.parentElement;
    if (!text.data.trim() || !element.checkVisibility()) continue;
    if (element.closest(".skip, select, textarea, .brand-text")) continue;
    const range = new Range();
    range.selectNodeContents(text);
    const { left, right, top } = range.getBoundingClientRect();
    const cuts = [...document.querySelectorAll("*")].filter((each) =>
      each.contains(text) && getComputedStyle(each).overflowX !== "visible" && each.scrollWidth > each.clientWidth + 1);
    if (left < -1 || right > innerWidth + 1 || top + scrollY < 0 || cuts.length) found.push(text.data.slice(0, 40));
  }
  return found;
}"""
# Where each word of a sentence is, from left to right.
PLACES = """(element, words) => words.map((word) => {
  const text = [...element.childNodes].find((node) => node.nodeType === 3 && node.data.includes(word));
  const range = new Range();
  range.setStart(text, text.data.lastIndexOf(word));
  range.setEnd(text, text.data.lastIndexOf(word) + word.length);
  const { left } = range.getBoundingClientRect();
  return left;
})"""


def name_the_person(page: Page, name: str) -> None:
    """Let Podio return another name for the user who signs in."""

    def answer(route: Route) -> None:
        fetched = route.fetch()
        told: dict[str, Any] = fetched.json()
        told["profile"]["name"] = name
        route.fulfill(response=fetched, json=told)

    page.route("**/user/status", answer)


def name_items(page: Page, titles: dict[int, str]) -> None:
    """Let Podio tell other titles, which no request of an item's own would let through."""

    def answer(route: Route) -> None:
        fetched = route.fetch()
        told = json.loads(fetched.text())
        for item in told.get("items", [told]):
            item["title"] = titles.get(item["item_id"], item["title"])
        route.fulfill(response=fetched, json=told)

    page.route("**/item/app/*/filter/", answer)
    page.route(re.compile(r"/item/\d+$"), answer)


def open_list(page: Page, sandbox: SandboxControl) -> None:
    """Sign in by a popup that asks nothing."""
    sandbox.settings(consent="allow", sign_in_as="demo@example.com")
    open_demo(page, "mpy")
    page.get_by_test_id("sign-in").click()
    expect(page.get_by_test_id("item-list").locator("li")).to_have_count(20)


def expect_nothing_cut(page: Page) -> None:
    """Raise AssertionError if a text is cut, in a wide window, in a narrow one, and with everything twice as large."""
    for width, size in ((1280, "100%"), (360, "100%"), (640, "200%")):
        page.set_viewport_size({"width": width, "height": 740})
        page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
        assert wider_than_window(page) == [], f"{width} pixels, {size}"
        assert page.evaluate(CUT) == [], f"{width} pixels, {size}"
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.set_viewport_size({"width": 1280, "height": 740})


@pytest.mark.every_browser
def test_long_and_foreign_names_are_neither_cut_nor_mixed_with_what_is_around_them(
    page: Page, sandbox: SandboxControl
) -> None:
    ids = sandbox.edit("create", app_id=3001, fields={"title": "{n}"}, count=3)
    for item_id, name in zip(ids, NAMES.values(), strict=True):
        sandbox.edit("update", item_id, fields={"title": name, "description": f"<p>{name}</p><p>{LINES}</p>"})
    name_the_person(page, LONG)
    open_list(page, sandbox)
    expect_nothing_cut(page)
    for item_id, (kind, name) in zip(ids, NAMES.items(), strict=True):
        row = page.locator(f'button[data-item="{item_id}"]')
        row.click()
        expect(page.get_by_test_id("item-title")).to_have_value(name)
        choose(page, {**NOTE, "name": f"{name}.txt"})
        expect(page.get_by_test_id("file")).to_have_count(1)
        said = page.get_by_test_id("files-said")
        expect(said).to_contain_text("is uploaded.")
        page.get_by_test_id("delete-file").click()
        question = page.get_by_test_id("notice").locator("strong")
        expect(question).to_contain_text("Delete ")
        expect_nothing_cut(page)
        first, last = said.evaluate(PLACES, ["is uploaded", "."])
        assert first < last, kind
        begin, end = question.evaluate(PLACES, ["Delete", "?"])
        assert begin < end or kind == "long", kind
        number, title = (row.locator("span").nth(place).bounding_box() for place in (1, 0))
        assert number is not None
        assert title is not None
        assert number["x"] > title["x"], "the number stays at the end"
        page.get_by_test_id("dismiss-notice").click()


def test_a_right_to_left_name_runs_so_and_what_is_around_it_does_not(page: Page, sandbox: SandboxControl) -> None:
    sandbox.edit("update", 6136, fields={"title": RIGHT_TO_LEFT})
    name_the_person(page, RIGHT_TO_LEFT)
    open_list(page, sandbox)
    page.locator('button[data-item="6136"]').click()
    for name in ("user-name", "item-heading", "item-title"):
        place = page.get_by_test_id(name)
        expect(place).to_be_visible()
        assert place.evaluate("(element) => getComputedStyle(element).direction") == "rtl", name
    for place in (page.locator("#list-heading"), page.get_by_test_id("item-notes"), page.locator("body")):
        assert place.evaluate("(element) => getComputedStyle(element).direction") == "ltr"
    expect(page.locator("#user-initials")).to_have_text("مع")


# Firefox, as Playwright drives it, sends a held request without its body.
@pytest.mark.only_browser("chromium")
@pytest.mark.every_browser
def test_empty_names_have_something_in_their_place(page: Page, sandbox: SandboxControl) -> None:
    name_the_person(page, " ")
    name_items(page, {6136: ""})
    open_list(page, sandbox)
    expect(page.get_by_test_id("user-name")).to_have_text("demo@example.com")
    row = page.locator('button[data-item="6136"]')
    expect(row).to_have_accessible_name("Untitled #36")
    row.click()
    expect(page.get_by_test_id("item-heading")).to_have_text("Untitled")
