"""What axe-core finds on a page, in each look that a person may have it in."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Literal

from playwright.sync_api import Page, ViewportSize

from tests.conftest import ROOT

WIDE: ViewportSize = {"width": 1280, "height": 800}
NARROW: ViewportSize = {"width": 360, "height": 740}
Scheme = Literal["light", "dark"]
# Every width and every scheme, with the two changed together: what a width breaks, no color mends.
LOOKS: tuple[tuple[ViewportSize, Scheme], ...] = ((NARROW, "dark"), (WIDE, "light"))

# The rules that axe has switched off for being new or experimental. `hidden-content` only asks to look.
_MORE_RULES = ("target-size", "label-content-name-mismatch", "focus-order-semantics", "p-as-heading", "td-has-header")

# A color on its way to another one has a contrast of its own, so what moves is brought to its end.
_RUN = """async ([within, rules]) => {
  for (const moving of document.getAnimations()) {
    try { moving.finish(); } catch { moving.cancel(); }
  }
  const found = await axe.run(within ?? document, { rules, resultTypes: ["violations"], preload: false });
  const reasons = ({ any, all, none }) => [...any, ...all, ...none].map(({ message }) => message).join("; ");
  return found.violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}\\n  ${node.target.join(" ")}\\n  ${reasons(node)}`));
}"""
_HAS_NO_BACKGROUND = """() => [document.documentElement, document.body]
  .every((element) => getComputedStyle(element).backgroundColor === "rgba(0, 0, 0, 0)")"""


def violations(page: Page, within: str | None = None, without: Sequence[str] = ()) -> list[str]:
    """Return what breaks a rule of axe-core: all of WCAG's levels A and AA, and best practices.

    Args:
        page: The page, as it is shown now. A Content-Security-Policy does not matter.
        within: A selector. Only this part of the page is looked at.
        without: Rules that are not asked.

    Examples:
        >>> violations(page, within="main")
        []
    """
    if not page.evaluate("() => 'axe' in window"):
        # As a function: an expression is evaluated once more as one by Playwright.
        page.evaluate(f"() => {{ {_source()} }}")
    rules = {rule: {"enabled": True} for rule in _MORE_RULES} | {rule: {"enabled": False} for rule in without}
    found: list[str] = page.evaluate(_RUN, [within, rules])
    return found


def looks(page: Page) -> Iterator[str]:
    """Show a page in each look, and yield the name of the look.

    Examples:
        >>> for look in looks(page):
        ...     assert not violations(page), look
    """
    for size, scheme in LOOKS:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        yield f"{scheme}-{size['width']}"


def expect_accessible(page: Page, within: str | None = None) -> None:
    """Raise AssertionError with what axe-core finds, if a page breaks a rule or is wider than its window.

    Args:
        page: The page. It keeps the last look.
        within: A selector. Only this part of the page is looked at.
    """
    found: list[str] = []
    for look in looks(page):
        # axe takes a page without a background for white. A dark one may be the browser's own.
        plain = page.evaluate(_HAS_NO_BACKGROUND) and look.startswith("dark")
        without = ("color-contrast",) if plain else ()
        found += [f"{look}, {page.url}: {problem}" for problem in violations(page, within, without)]
        if wide := wider_than_window(page):
            found.append(f"{look}, {page.url}: wider than the window: {wide}")
    assert not found, "\n".join(found)


def wider_than_window(page: Page) -> list[str]:
    """Return what makes a page scroll sideways: the innermost elements that end outside of the window."""
    found: list[str] = page.evaluate("""() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      if (scrollWidth <= clientWidth) return [];
      const outside = (element) => {
        const { left, right, width } = element.getBoundingClientRect();
        return width > 0 && (right > clientWidth + 1 || left < -1);
      };
      const all = [...document.body.querySelectorAll("*")].filter(outside);
      const inner = all.filter((element) => ![...element.children].some(outside));
      return [`${scrollWidth} > ${clientWidth}`, ...inner.map((element) => element.outerHTML.slice(0, 200))];
    }""")
    return found


@cache
def _source() -> str:
    return (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
