"""A person who has a keyboard and no mouse."""

from playwright.sync_api import Locator, Page

# What a person sees of the focus: a line around the element, which nothing lies over.
_SEEN = """() => {
  const element = document.activeElement;
  const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);
  const line = outlineStyle !== "none" && parseFloat(outlineWidth) >= 1.5 && !/, 0\\)|transparent/.test(outlineColor);
  const { left, top, width, height } = element.getBoundingClientRect();
  const over = document.elementFromPoint(left + width / 2, top + Math.min(height / 2, innerHeight / 2));
  const bare = over && (element.contains(over) || over.contains(element) || [...element.labels ?? []].includes(over));
  return { element: element.outerHTML.slice(0, 120), line, bare: Boolean(bare) };
}"""
_FOCUSED = "() => document.activeElement.outerHTML.slice(0, 120)"
# Firefox stops at what scrolls, too.
_ONLY_SCROLLS = "() => document.activeElement.tabIndex < 0"
# Every element that Tab stops at.
_STOPS = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
  .filter((element) => element.checkVisibility() && !element.disabled && element.type !== "hidden")
  .map((element) => element.outerHTML.slice(0, 120))"""


def tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Press Tab until an element has the focus. On the way, each element that has it is seen to have it."""
    for _ in range(100):
        page.keyboard.press(key)
        expect_focus_seen(page)
        if is_focused(target):
            return
    raise AssertionError(f"{key} does not reach {target}")


def is_focused(target: Locator) -> bool:
    """Tell whether an element has the focus."""
    found: bool = target.evaluate("(element) => element === document.activeElement")
    return found


def expect_focus_seen(page: Page) -> None:
    """Raise AssertionError unless what has the focus shows it."""
    seen = page.evaluate(_SEEN)
    assert seen["line"], f"the focus is not seen on {seen['element']}"
    assert seen["bare"], f"something lies over {seen['element']}"


def stops(page: Page) -> list[str]:
    """Return the elements that Tab should stop at, in their order."""
    found: list[str] = page.evaluate(_STOPS)
    return found


def walk(page: Page) -> list[str]:
    """Press Tab from the page's first stop, a link, to its last; return the elements that have had the focus."""
    page.evaluate("() => document.querySelector('a[href]').focus()")
    passed: list[str] = [page.evaluate(_FOCUSED)]
    for _ in stops(page)[1:]:
        page.keyboard.press("Tab")
        if page.evaluate(_ONLY_SCROLLS):
            page.keyboard.press("Tab")
        expect_focus_seen(page)
        passed.append(page.evaluate(_FOCUSED))
    return passed


def retype(page: Page, text: str) -> None:
    """Replace what the focused field holds."""
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)


def press_for_popup(page: Page, key: str = "Enter") -> Page:
    """Press a key and return the popup that it opens, when its page is there."""
    with page.expect_popup() as popup:
        page.keyboard.press(key)
    popup.value.wait_for_load_state()
    return popup.value
