"""The suite's own eyes: what goes wrong in a page reaches the test, although WebKitWebDriver shows no console."""

import pytest

from tests.webkit.conftest import Watched
from tests.webkit.driver import Window
from tests.webkit.site import WatchedSite

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Faults</title><link rel="icon" href="data:,">
<script>{}</script></html>"""

FAULTS = {
    "[uncaught] ": "setTimeout(() => { throw new Error('planted') })",
    "[unhandled] Error: planted": "Promise.reject(new Error('planted'))",
    "[console.error] what Error: planted": "console.error('what', new Error('planted'))",
    "[not loaded] ": "document.head.append(Object.assign(document.createElement('script'), {src: '/planted.js'}))",
    "[policy] img-src": "document.head.append(Object.assign(new Image(), {src: 'https://planted.example/'}))",
}


@pytest.mark.parametrize("told", FAULTS)
def test_an_error_of_a_page_fails_its_test(told: str, window: Window, site: WatchedSite, watched: Watched) -> None:
    site.pages["/tests/faults.html"] = PAGE.format(FAULTS[told])
    site.more_headers["Content-Security-Policy"] = "img-src 'self' data:"
    window.goto(f"{site.url}/tests/faults.html")
    window.webkit.wait_until(lambda: any(told in error for error in site.errors), told)
    with pytest.raises(AssertionError, match="planted"):
        watched.check()
    watched.expect("planted")
    watched.check()


@pytest.mark.parametrize("path", ["/", "/tests/tab.html", "/tests/tag.html", "/tests/fast.html"])
def test_each_page_has_the_script(path: str, window: Window, site: WatchedSite) -> None:
    site.before = "window.watched = true;"
    window.goto(f"{site.url}{path}")
    assert window.evaluate("window.watched")
