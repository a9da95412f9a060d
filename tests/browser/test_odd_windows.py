"""What `window.open` returns where it is not the browser's own, or not a browser that has windows."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserType, expect

from podio_web.sandbox.demo_server import Site
from podio_web.testing import SandboxControl
from tests.browser.tab import Raised, Tab

# Each is the body of a function that stands in for `window.open`, whose own is `open`.
NO_WINDOW = {
    "this very window": "return window",
    "the window above": "return window.top",
    "a frame's window": "return document.body.appendChild(document.createElement('iframe')).contentWindow",
    "a window that shows a page already": "const old = open(''); old.location.hash = 'used'; return old",
    "a closed window": "const old = open(...given); old.close(); return old",
    "nothing": "return null",
    "undefined": "return undefined",
    "an object": "return {}",
    "an object that looks like a window": "return {closed: false, focus() {}, close() {}, location: {replace() {}}}",
    "an object around this window": "return {window}",
    "true": "return true",
    "a number": "return 7",
    "a text": "return ''",
    "a function": "return () => {}",
    "an element": "return document.createElement('p')",
    "an exception": "throw new DOMException('blocked', 'SecurityError')",
    "an exception that is not an error": "throw 'blocked'",
}

OWN_OPEN = """source => {
    const open = window.open.bind(window);
    const act = new Function("open", "given", source);
    window.realOpen ??= window.open;
    window.open = (...given) => act(open, given);
}"""
GIVE_BACK = "() => { if (window.realOpen) window.open = window.realOpen; }"


@pytest.fixture
def own_open(tab: Tab) -> Iterator[Callable[[str], None]]:
    """Replace `window.open`, as extensions and wrappers do."""
    yield lambda source: tab.page.evaluate(OWN_OPEN, source)
    tab.page.evaluate(GIVE_BACK)


def click_and_wait(tab: Tab, source: str = 'kept["task"] = kept["podio"].login()') -> str:
    """Sign in by a click, and return the code of the error that it ends with."""
    tab.click(source)
    with pytest.raises(Raised) as raised:
        tab.run('await kept["task"]')
    return str(raised.value.code)


def test_whatever_is_no_new_window_is_popup_blocked_and_nothing_navigates(
    tab: Tab, own_open: Callable[[str], None]
) -> None:
    here = tab.page.url
    codes = {}
    for what, source in NO_WINDOW.items():
        own_open(source)
        codes[what] = click_and_wait(tab)
    assert codes == dict.fromkeys(NO_WINDOW, "popup_blocked")
    expect(tab.page).to_have_url(here)
    tab.page.evaluate(GIVE_BACK)
    tab.sign_in()


def test_a_page_without_window_open_is_told_so(tab: Tab, own_open: Callable[[str], None]) -> None:
    own_open("")
    for what in ("null", "undefined", "7", "{}"):
        tab.page.evaluate(f"() => {{ window.open = {what} }}")
        assert click_and_wait(tab) == "popup_blocked"


@pytest.mark.parametrize("source", ["return {then() {}}", "return new Promise(() => {})"])
def test_a_window_that_never_comes_is_waited_for_until_the_limit(
    tab: Tab, own_open: Callable[[str], None], source: str
) -> None:
    tab.run('await kept["podio"].aclose()')
    tab.new_client(login_timeout="1")
    own_open(source)
    assert click_and_wait(tab) == "popup_timeout"


@pytest.mark.parametrize(
    "source",
    [
        "return new Proxy(open(...given), {get: (target, name) => Reflect.get(target, name)})",
        "const opened = open(...given); opened.opener = null; return opened",
        "return open(given[0], 'another-name', given[2])",
    ],
    ids=["a proxy around it", "its opener taken away", "another name"],
)
def test_a_wrapper_that_opens_a_window_works(tab: Tab, own_open: Callable[[str], None], source: str) -> None:
    own_open(source)
    tab.sign_in()


def test_a_wrapper_with_noopener_is_popup_blocked(tab: Tab, own_open: Callable[[str], None]) -> None:
    """It leaves an empty window behind, which nobody can close: docs/browsers.md says so."""
    own_open("return open(given[0], given[1], given[2] + ',noopener')")
    assert click_and_wait(tab) == "popup_blocked"


# --- Browsers without windows ---


@pytest.fixture(scope="module")
def windowless(
    browser_type: BrowserType, browser_type_launch_args: dict[str, object], browser_name: str
) -> Iterator[Browser]:
    """Firefox that opens new windows in the same tab, as the browsers of some apps do."""
    if browser_name != "firefox":
        pytest.skip("the setting is Firefox's")
    own = {"browser.link.open_newwindow": 1, "browser.link.open_newwindow.restriction": 0}
    arguments = dict(browser_type_launch_args)
    preferences = arguments.pop("firefox_user_prefs", {})
    assert isinstance(preferences, dict)
    browser = browser_type.launch(**arguments, firefox_user_prefs={**preferences, **own})  # type: ignore[arg-type]
    yield browser
    browser.close()


def test_a_browser_that_opens_windows_in_the_same_tab_loses_nothing(
    windowless: Browser, site: Site, sandbox: SandboxControl, interpreter: str
) -> None:
    tab = Tab(windowless.new_context(base_url=site.url), interpreter, sandbox.url).open()
    tab.new_client()
    here = tab.page.url
    assert click_and_wait(tab) == "popup_blocked"
    expect(tab.page).to_have_url(here)
    tab.context.close()
