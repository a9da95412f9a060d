"""The Run button: what it loads, and what a reader sees of an example."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from docs_runtime import write_runtime
from docs_site.server import DocsServer
from playwright.sync_api import Browser, BrowserContext, expect

from tests.docs.browsers.examples import Reader, pages_with_examples, write_page, write_site

COLD = 7_500_000
# Bytes that came over the network, and the files that they are of.
LOADED = """() => performance.getEntriesByType("resource").filter(({ name }) => name.includes("/runtime/files/"))
  .map(({ name, transferSize }) => [name.split("/").at(-1), transferSize])"""


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the button loads."""
    folder = tmp_path_factory.mktemp("runtime")
    write_runtime(folder)
    return folder


@pytest.fixture(scope="session")
def folder(root: Path, runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site for pages of the tests' own."""
    folder = tmp_path_factory.mktemp("site")
    write_site(folder, root / "docs" / "assets", runtime)
    write_page(
        folder,
        "two",
        'print("Hello")\n#> Hello',
        'me = await podio.get("/user/status")\nprint(me["user"]["mail"])\n#> demo@example.com',
        'print(me["profile"]["name"])\n#> Somebody',
    )
    write_page(folder, "sync", 'print(podio.get("/user/status")["user"]["mail"])\n#> demo@example.com', setup="sync")
    write_page(folder, "wrong", "name", "print(1)")
    return folder


@pytest.fixture(scope="session")
def site(folder: Path) -> Iterator[str]:
    with DocsServer(folder) as server:
        yield server.url


@pytest.fixture(scope="module")
def profile(browser: Browser, browser_context_args: dict[str, object]) -> Iterator[BrowserContext]:
    """A profile whose caches are full after the first page."""
    context = browser.new_context(**browser_context_args)  # type: ignore[arg-type]
    yield context
    context.close()


@pytest.fixture(scope="module")
def open_page(profile: BrowserContext) -> Callable[[str], Reader]:
    """Open a page in the profile."""
    return lambda url: Reader(profile, url)


@pytest.fixture(scope="module")
def reader(open_page: Callable[[str], Reader], site: str) -> Iterator[Reader]:
    """A page whose Python has started."""
    reader = open_page(f"{site}/two.html")
    reader.run(1)
    yield reader
    assert reader.said == []
    reader.page.close()


@pytest.mark.parametrize("name", pages_with_examples())
def test_every_example_of_the_site_prints_what_its_page_says(
    open_page: Callable[[str], Reader], docs_site: str, name: str
) -> None:
    reader = open_page(f"{docs_site}/{name}")
    problems = []
    for example in range(1, reader.count + 1):
        reader.run(example)
        problems.append(reader.problem(example))
    assert [*filter(None, problems), *reader.said] == []
    assert problems, "the page has no button"
    reader.page.close()


def test_the_first_run_loads_everything_once_and_no_other_page_loads_it_again(
    new_context: Callable[..., BrowserContext], site: str
) -> None:
    context = new_context()
    first = Reader(context, f"{site}/two.html")
    label = first.button(2, "Run")
    expect(label).to_have_text("Run · loads 7 MB once")
    assert first.page.evaluate(LOADED) == []
    assert first.run(2).splitlines() == ["demo@example.com", "As expected", "1 call: GET /user/status"]
    expect(label).to_have_text("Run")
    loaded = first.page.evaluate(LOADED)
    assert 6_000_000 < sum(size for _, size in loaded) <= COLD, loaded
    first.run(2)
    assert first.page.evaluate(LOADED) == loaded, "the next run starts nothing, not even from a cache"
    first.page.close()
    second = Reader(context, f"{site}/two.html")
    expect(second.button(2, "Run")).to_have_text("Run")
    second.run(2)
    again = second.page.evaluate(LOADED)
    assert {name for name, _ in again} == {name for name, _ in loaded}
    assert [(name, size) for name, size in again if size] == []
    assert first.said == second.said == []


def test_the_examples_above_run_first_and_only_once(open_page: Callable[[str], Reader], site: str) -> None:
    reader = open_page(f"{site}/two.html")
    shown = reader.run(3)
    assert shown.startswith("Demo Person")
    assert "The page expects another output:" in shown
    assert "Somebody" in shown
    assert "1 call: GET /user/status" not in shown
    assert reader.problem(3)
    assert reader.shown(1) == reader.shown(2) == ""
    reader.page.close()


def test_an_example_above_that_fails_is_named(open_page: Callable[[str], Reader], site: str) -> None:
    reader = open_page(f"{site}/wrong.html")
    assert (
        reader.run(2) == "An example above runs first, and failed:\nLine 1: name\nNameError: name 'name' is not defined"
    )
    assert reader.run(1) == "Line 1: name\nNameError: name 'name' is not defined"
    assert reader.run(2).startswith("1\n"), "what was run and failed does not run again"
    assert reader.problem(2), "it prints, and has no lines of output"
    reader.page.close()


def test_a_page_may_begin_with_a_client_without_await(open_page: Callable[[str], Reader], site: str) -> None:
    reader = open_page(f"{site}/sync.html")
    assert reader.run(1).startswith("demo@example.com\n")
    assert not reader.problem(1)
    reader.page.close()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x = 1\nx / 0", "Line 2: x / 0\nZeroDivisionError: division by zero"),
        ("x = (", "'(' was never closed"),
        ("raise SystemExit", "Line 1: raise SystemExit\nSystemExit"),
        ("print('before')\nawait podio.get('/item/1')", "NotFoundError: 404 for GET /item/1"),
        ("{'a': 1}", "{'a': 1}"),
        ("x = 1", "Done, without output"),
        ("from zoneinfo import ZoneInfo\nZoneInfo('Asia/Tokyo')", "ZoneInfoNotFoundError"),
        ("from zoneinfo import ZoneInfo\n[ZoneInfo(n) for n in ('UTC', 'Europe/Copenhagen')] and 'found'", "'found'"),
        ("await podio.put('/user/', {'timezone': 'Asia/Tokyo'})", "must be a time zone that this machine knows"),
        (
            "for _ in range(3): await podio.get('/app/3001')\nawait podio.get('/org/')",
            "4 calls: 3 \N{MULTIPLICATION SIGN} GET /app/3001, GET /org/",
        ),
    ],
)
def test_what_comes_of_a_text_is_shown(reader: Reader, text: str, shown: str) -> None:
    assert shown in reader.run_text(text)


def test_what_was_printed_before_an_error_is_shown(reader: Reader) -> None:
    assert reader.run_text("print('before')\n1 / 0").startswith("before\n")


def test_an_example_can_be_stopped(reader: Reader) -> None:
    reader.button(1, "Edit").or_(reader.page.get_by_role("textbox")).click()
    reader.page.get_by_role("textbox").fill(
        "import asyncio\nprint('begun')\nwhile True:\n    await asyncio.sleep(0.05)"
    )
    reader.button(1, "Run").click()
    expect(reader.output(1)).to_contain_text("begun")
    reader.button(2, "Run").click(force=True)
    expect(reader.output(2)).to_be_empty()
    reader.button(1, "Stop").click()
    assert reader.wait(1) == "begun\nThe example was stopped."
    assert reader.run_text("print(1)") == "1"


def test_two_presses_run_an_example_once(reader: Reader) -> None:
    reader.run_text("import asyncio\ncount = 0")
    reader.page.get_by_role("textbox").fill("count += 1\nawait asyncio.sleep(0.2)\nprint(count)")
    reader.button(1, "Run").dblclick()
    assert reader.wait(1) == "1"


def test_reset_restores_the_text_and_the_data(reader: Reader) -> None:
    assert reader.run_text("await podio.delete('/item/6101')\nkept = 1").startswith("Done")
    reader.button(1, "Reset").click()
    expect(reader.page.get_by_role("textbox")).to_have_count(0)
    expect(reader.output(1)).to_be_empty()
    assert reader.run(1) == "Hello\nAs expected"
    assert reader.run_text("(await podio.get('/item/6101'))['item_id'], 'kept' in globals()").startswith(
        "(6101, False)"
    )


def test_copy_takes_what_is_shown(reader: Reader) -> None:
    reader.page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    reader.button(2, "Copy").click()
    expect(reader.button(2, "Copied")).to_be_visible()
    assert reader.page.evaluate("window.copied").startswith('me = await podio.get("/user/status")\nprint(')
    expect(reader.button(2, "Copy$")).to_be_visible()


def test_a_keyboard_is_enough(reader: Reader) -> None:
    reader.button(1, "Reset").click()
    keyboard = reader.page.keyboard
    reader.button(1, "Run").focus()
    keyboard.press("Tab")
    expect(reader.button(1, "Edit")).to_be_focused()
    assert reader.button(1, "Edit").evaluate("(button) => getComputedStyle(button).outlineStyle") == "solid"
    keyboard.press("Enter")
    editor = reader.page.get_by_role("textbox")
    expect(editor).to_be_focused()
    keyboard.press("Control+a")
    keyboard.type("if True:\nprint('typed')")
    expect(editor).to_have_value("if True:\n    print('typed')")
    keyboard.press("Control+Enter")
    assert reader.wait(1) == "typed"
    expect(editor).to_be_focused()
    assert reader.output(1).get_attribute("aria-live") == "polite"


def test_a_narrow_page_does_not_scroll_sideways(reader: Reader) -> None:
    reader.page.set_viewport_size({"width": 360, "height": 640})
    reader.run_text("print('x' * 500)\n'x' * 500")
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_download_that_fails_can_be_tried_again_and_the_page_then_needs_no_network(
    new_context: Callable[..., BrowserContext], folder: Path
) -> None:
    context = new_context()
    with DocsServer(folder) as server:
        reader = Reader(context, f"{server.url}/two.html")
        context.route("**/packages-*", lambda route: route.abort())
        shown = reader.run(1)
        assert re.fullmatch(
            r"Python did not load\. \S+ cannot be reached\. Check the connection, and try again\.", shown
        )
        context.unroute("**/packages-*")
        reader.button(1, "Try again").click()
        assert reader.wait(1) == "Hello\nAs expected"
    assert reader.run(2).startswith("demo@example.com\n")


@pytest.mark.only_browser("chromium")  # Playwright cannot switch JavaScript off in the system's Firefox
def test_a_page_is_whole_without_javascript(new_context: Callable[..., BrowserContext], site: str) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{site}/two.html")
    expect(page.get_by_text('print("Hello")')).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)


def test_the_script_is_small(root: Path) -> None:
    assert (root / "docs" / "assets" / "run.mjs").stat().st_size <= 10_000
