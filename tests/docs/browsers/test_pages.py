"""Every page of the documentation's site in browsers that can reach nothing else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, ViewportSize, expect

# What keeps the search, the switch of colors and the examples from a page that is only read.
LARGEST_PAGE = 250_000  # bytes, compressed
# What the first paint waits for: the theme's style sheets, and our two small ones.
LARGEST_STYLES = 30_000  # bytes, compressed

REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`Content-Security-Policy: ${event.effectiveDirective} forbids ${event.blockedURI}`));
"""
NARROW: ViewportSize = {"width": 360, "height": 740}
WIDE: ViewportSize = {"width": 1280, "height": 800}
# What axe looks for. In the other colors, only the contrast is another.
COLORS: dict[Literal["light", "dark"], dict[str, Any]] = {"light": {}, "dark": {"runOnly": ["color-contrast"]}}

NewContext = Callable[..., BrowserContext]


class Visit:
    """A context whose pages reach the site only, and what they did that they should not."""

    def __init__(self, context: BrowserContext, site: str) -> None:
        self.page: Page = context.new_page()
        self.faults: list[str] = []
        self._site = site
        context.add_init_script(REPORT_VIOLATIONS)
        context.route("**/*", self._answer)
        context.on("console", lambda message: self._note(message.type in ("error", "warning"), message.text))
        context.on("weberror", lambda problem: self._note(True, str(problem.error)))
        context.on("response", lambda answer: self._note(answer.status >= 400, f"{answer.status} {answer.url}"))

    def open(self, name: str) -> Page:
        self.page.goto(f"{self._site}/{name}")
        return self.page

    def _answer(self, route: Route) -> None:
        outside = not route.request.url.startswith((f"{self._site}/", "data:", "blob:"))
        self._note(outside, f"request to {route.request.url}")
        route.abort() if outside else route.continue_()

    def _note(self, is_fault: bool, text: str) -> None:
        if is_fault:
            self.faults.append(f"{self.page.url}: {text}")


@pytest.fixture
def visit(new_context: NewContext, docs_site: str) -> Callable[..., Visit]:
    def create(**options: Any) -> Visit:
        return Visit(new_context(**options), docs_site)

    return create


class Seen(NamedTuple):
    """What a visit to every page has shown."""

    faults: list[str]
    wide: list[str]
    """The pages that scroll sideways in a narrow window."""
    incomplete: list[str]
    """The pages that show less than their Markdown has."""
    cookies: list[str]


@pytest.fixture(scope="module")
def see_all(
    browser: Browser, browser_context_args: dict[str, Any], docs_site: str, docs_pages: list[str], docs_folder: Path
) -> Callable[..., Seen]:
    """Visit every page once in a narrow window, and note what several tests ask for."""

    def see_all(**options: Any) -> Seen:
        context = browser.new_context(**{**browser_context_args, "viewport": NARROW, **options})
        reader = Visit(context, docs_site)
        seen = Seen(reader.faults, [], [], [])
        for name in docs_pages:
            page = reader.open(name)
            page.locator("h1").wait_for()
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                seen.wide.append(name)
            page.set_viewport_size(WIDE)
            if not _is_complete(page, (docs_folder / name).with_suffix(".md").read_text(encoding="utf-8")):
                seen.incomplete.append(name)
            if page.evaluate("document.cookie"):
                seen.cookies.append(name)
            page.set_viewport_size(NARROW)
        context.close()
        return seen

    return see_all


def _is_complete(page: Page, markdown: str) -> bool:
    shown = page.locator("article").inner_text()
    headings = page.locator("article h2").all_inner_texts()
    return all(heading in shown for heading in headings) and len(shown) > 0.5 * len(markdown)


@pytest.fixture(scope="module")
def seen(see_all: Callable[..., Seen]) -> Seen:
    return see_all()


@pytest.fixture(scope="module")
def seen_without_scripts(see_all: Callable[..., Seen]) -> Seen:
    return see_all(java_script_enabled=False)


@pytest.mark.every_browser
def test_pages_ask_nobody_else_and_have_no_errors(seen: Seen) -> None:
    assert seen.cookies == []
    assert seen.faults == []


@pytest.mark.every_browser
def test_no_page_scrolls_sideways_in_a_narrow_window(seen: Seen) -> None:
    assert seen.wide == []


# Playwright cannot switch scripts off in the system's Firefox.
@pytest.mark.only_browser("chromium")
def test_without_scripts_no_page_scrolls_sideways(seen_without_scripts: Seen) -> None:
    assert seen_without_scripts.wide == []


@pytest.mark.only_browser("chromium")
def test_pages_are_complete_without_scripts(seen_without_scripts: Seen) -> None:
    assert seen_without_scripts.incomplete == []
    assert seen_without_scripts.faults == []


@pytest.mark.only_browser("chromium")
def test_a_page_that_is_read_downloads_little(
    visit: Callable[..., Visit], docs_pages: list[str], docs_folder: Path
) -> None:
    downloaded: dict[str, int] = {}
    # Pages load the same files, so the largest pages are enough.
    for name in sorted(docs_pages, key=lambda name: (docs_folder / name).stat().st_size)[-4:]:
        reader = visit()
        page = reader.open(name)
        page.wait_for_load_state("networkidle")
        sizes = page.evaluate(
            """() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
                .map((entry) => [entry.name, entry.encodedBodySize])"""
        )
        downloaded[name] = sum(size for _, size in sizes)
        assert not [each for each, _ in sizes if "/runtime/files/" in each or each.endswith("search.json")]
        page.context.close()
    print(downloaded)
    assert max(downloaded.values()) <= LARGEST_PAGE


@pytest.mark.only_browser("chromium")
def test_the_first_paint_waits_for_style_sheets_only(visit: Callable[..., Visit], docs_pages: list[str]) -> None:
    for name in ("index.html", "start-page.html", "reference/podio_web.html"):
        assert name in docs_pages
        page = visit().open(name)
        sizes = page.evaluate(
            """() => Object.fromEntries(performance.getEntriesByType("resource")
              .filter((entry) => entry.renderBlockingStatus === "blocking")
              .map(({ name, encodedBodySize }) => [name.match(/(\\w+)[^/]*([.]\\w+)$/), encodedBodySize])
              .map(([[, name, suffix], size]) => [name + suffix, size]))"""
        )
        styles = {"main.css", "palette.css", "site.css", "run.css"}
        # The script comes behind everything that is painted.
        assert sizes.keys() == styles | {"bundle.js"}
        expect(page.locator("head script[src]")).to_have_count(0)
        assert sum(sizes[style] for style in styles) <= LARGEST_STYLES
        page.context.close()


def test_the_search_finds_a_page(visit: Callable[..., Visit]) -> None:
    reader = visit()
    page = reader.open("index.html")
    page.get_by_role("button", name="Search").first.click()
    page.get_by_role("combobox", name="Search").fill("PopupBlocked")
    page.get_by_text("PopupBlocked").first.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/*PopupBlocked")
    assert reader.faults == []


# Firefox, driven as here, does not take the colors that a person prefers from a test.
@pytest.mark.only_browser("chromium")
def test_the_colors_can_be_switched(visit: Callable[..., Visit]) -> None:
    reader = visit(color_scheme="dark")
    page = reader.open("index.html")
    body = page.locator("body")
    expect(body).to_have_attribute("data-md-color-scheme", "slate")
    page.get_by_title("Switch to light mode").click()
    expect(body).to_have_attribute("data-md-color-scheme", "default")
    page.reload()
    expect(body).to_have_attribute("data-md-color-scheme", "default")
    assert reader.faults == []


@pytest.mark.only_browser("chromium")
def test_axe_finds_nothing(visit: Callable[..., Visit], docs_pages: list[str], root: Path) -> None:
    axe = (root / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
    reader = visit(color_scheme="light")
    found = []
    for name in docs_pages:
        reader.page.emulate_media(color_scheme="light")
        page = reader.open(name)
        page.evaluate(axe)
        for colors, options in COLORS.items():
            page.emulate_media(color_scheme=colors)
            page.locator(f"body[data-md-color-scheme={'slate' if colors == 'dark' else 'default'}]").wait_for()
            result = page.evaluate("(options) => axe.run(document, {...options, resultTypes: ['violations']})", options)
            found += [f"{name}: {colors}: {each['id']}: {each['nodes'][0]['html']}" for each in result["violations"]]
    assert found == []
