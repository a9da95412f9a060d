"""The page that Podio redirects to: it takes the answer out of sight, hands it on, and closes."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.lab import travel

pytestmark = pytest.mark.every_browser

FRAGMENT = "#access_token=canary&expires_in=28800&state=nobody&token_type=bearer"


def open_callback(context: BrowserContext, fragment: str = FRAGMENT) -> Page:
    page = context.new_page()
    # A tab with a past, as after a redirect: a tab without one may be closed by its script.
    page.goto("/tests/blank.html")
    page.goto("/static/callback.html" + fragment)
    return page


def test_the_address_and_the_history_do_not_show_the_token(
    new_context: Callable[..., BrowserContext], base_url: str
) -> None:
    page = new_context().new_page()
    page.goto("/tests/blank.html")
    page.goto("/static/callback.html" + FRAGMENT)
    address = base_url + "/static/callback.html"
    assert page.url == address
    assert page.evaluate("location.href") == address
    travel(page, "back", "blank.html")
    travel(page, "forward", "callback.html")
    assert page.url == address


def test_the_token_is_gone_before_anything_else_can_look(
    new_context: Callable[..., BrowserContext], base_url: str
) -> None:
    context = new_context()
    # Whatever the script does after its first statement finds a clean address.
    context.add_init_script("""
        window.seen = [];
        for (const name of ["BroadcastChannel", "URLSearchParams"]) {
            const Original = window[name];
            window[name] = class extends Original {
                constructor(...args) { super(...args); window.seen.push(location.href); }
            };
        }
    """)
    page = open_callback(context)
    seen = page.evaluate("window.seen")
    assert len(seen) >= 2
    assert set(seen) == {base_url + "/static/callback.html"}


def test_it_makes_no_further_request_and_stores_nothing(
    new_context: Callable[..., BrowserContext], base_url: str
) -> None:
    context = new_context()
    requests: list[str] = []
    context.on("request", lambda request: requests.append(request.url.partition("#")[0]))
    page = open_callback(context)
    expect(page.locator("#done")).to_be_visible()
    asked = [url for url in requests if not url.startswith("data:")]
    assert asked == [base_url + "/tests/blank.html", base_url + "/static/callback.html"]
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


def test_when_it_cannot_close_it_shows_one_sentence(new_context: Callable[..., BrowserContext], base_url: str) -> None:
    page = open_callback(new_context())
    expect(page.locator("#done")).to_have_text("You can close this window and go back to the page that you came from.")


def test_rule_13_its_headers_are_the_documented_ones(new_context: Callable[..., BrowserContext], base_url: str) -> None:
    context = new_context()
    page = context.new_page()
    response = page.goto("/static/callback.html")
    assert response is not None
    headers = response.all_headers()
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "cross-origin-opener-policy" not in headers
