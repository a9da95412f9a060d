"""What may happen around signing in, as the demo tells it: it goes away with its cause, and the page works again."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from podio_web.sandbox.demo_server import Site
from podio_web.testing import SandboxControl
from tests.browser.demo import in_podio, open_demo, open_first_item, popup_from, retype, sign_in
from tests.browser.tab import allow, closing, deny
from tests.browser.watch import Watched

ISOLATED = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}
# A browser opens no popup for a while after a click, but each look of a driver at a page counts as one. That browsers
# block such a popup, and what the client makes of it, is tested in test_renewal.py.
POPUP_BLOCKER = """
const open = window.open;
window.open = (...all) => window.blocksPopups ? null : open.apply(window, all);
"""
BLOCKED_STORAGE = """
Object.defineProperty(window, "localStorage", {get() { throw new DOMException("blocked", "SecurityError"); }});
"""


def save_when_the_click_is_over(page: Page, sandbox: SandboxControl, text: str) -> int:
    """Save a title with a session that has ended; Podio says so when no popup may be opened any more."""
    item_id = open_first_item(page)
    retype(page.get_by_test_id("item-title"), text)
    sandbox.expire_tokens()
    page.evaluate("window.blocksPopups = true")
    page.get_by_test_id("save-item").click()
    expect(page.get_by_test_id("login-needed")).to_contain_text("Your session has ended")
    page.evaluate("window.blocksPopups = false")
    return item_id


def test_the_page_runs_under_a_strict_policy_and_a_breach_of_it_fails_a_test(
    page: Page, interpreter: str, watched: Watched
) -> None:
    watched.expect("Content-Security-Policy|Content Security Policy|settings blocked")
    open_demo(page, interpreter)
    assert watched.errors == [], "starting the interpreter breaches nothing"
    # What a driver evaluates may use eval; what a timer of the page runs may not.
    page.evaluate("""() => new Promise((done) => setTimeout(() => {
        const script = document.createElement("script");
        script.textContent = "window.broken = true";
        document.body.append(script);
        try { window.broken = eval("true"); } catch { /* forbidden */ }
        done();
    }))""")
    for place in ("https://example.com/", "data:text/plain,"):
        assert page.evaluate("place => fetch(place).then(() => 'answered', () => 'refused')", place) == "refused"
    assert page.evaluate("window.broken") is None
    for part in (
        "script-src-elem forbids inline",
        "script-src forbids eval",
        "connect-src forbids https://example.com",
    ):
        watched.wait_for(page, part)


def test_a_session_that_ends_without_a_click_asks_for_one_and_what_waits_is_sent(
    page: Page, interpreter: str, sandbox: SandboxControl
) -> None:
    page.add_init_script(POPUP_BLOCKER)
    open_demo(page, interpreter)
    sign_in(page)
    item_id = save_when_the_click_is_over(page, sandbox, "Typed before")
    title = page.get_by_test_id("item-title")
    retype(title, "Typed while it waits")

    bar = page.get_by_test_id("login-needed")
    popup = popup_from(page, bar.get_by_role("button", name="Sign in again"))
    expect(bar).to_be_hidden()
    closing(popup, lambda: popup.get_by_test_id("consent-allow").click())
    expect(page.get_by_test_id("notice")).to_contain_text("Saved")
    expect(title).to_have_value("Typed while it waits")
    assert page.evaluate("document.activeElement.id") == "item-title", "the bar has given the focus back"
    assert in_podio(sandbox, item_id)["title"] == "Typed before"
    expect(page.get_by_test_id("bars")).to_be_empty()


def test_a_refusal_after_signing_in_again_leaves_the_text_and_a_way_on(
    page: Page, interpreter: str, sandbox: SandboxControl
) -> None:
    page.add_init_script(POPUP_BLOCKER)
    open_demo(page, interpreter)
    sign_in(page)
    item_id = save_when_the_click_is_over(page, sandbox, "Kept")
    popup = popup_from(page, page.get_by_role("button", name="Sign in again"))
    closing(popup, lambda: popup.get_by_test_id("consent-deny").click())
    notice = page.get_by_test_id("notice")
    expect(notice).to_contain_text("Access was not allowed")
    expect(page.get_by_test_id("bars")).to_be_empty()
    expect(page.get_by_test_id("item-title")).to_have_value("Kept")
    popup = popup_from(page, notice.get_by_role("button", name="Sign in"))
    closing(popup, lambda: popup.get_by_test_id("consent-allow").click())
    expect(notice).to_contain_text("Saved")
    assert in_podio(sandbox, item_id)["title"] == "Kept"


def test_a_window_that_cannot_be_watched_can_be_given_up_and_opened_again(
    page: Page, interpreter: str, root: Path, site: Site
) -> None:
    with Site(root, client_id=site.client_id, api_url=site.api_url, headers=ISOLATED) as isolated:
        open_demo(page, interpreter, isolated.url)
        assert page.evaluate("crossOriginIsolated")
        popup = popup_from(page, page.get_by_test_id("sign-in"))
        bar = page.get_by_test_id("login-waiting")
        expect(bar).to_contain_text("Waiting for the sign-in window")
        bar.get_by_role("button", name="Stop waiting").click()
        expect(page.get_by_test_id("notice")).to_contain_text("Signing in was cancelled")
        expect(bar).to_be_hidden()
        popup.close()

        popup = popup_from(page, page.get_by_test_id("notice").get_by_role("button", name="Sign in"))
        expect(bar).to_be_visible()
        allow(popup)
        expect(page.get_by_test_id("user-name")).to_have_text("Demo Person")
        expect(page.get_by_test_id("item-list").locator("button").first).to_be_visible()
        expect(bar).to_be_hidden()
        expect(page.get_by_test_id("notice")).to_be_empty()
        page.goto("about:blank")


def test_without_storage_the_page_says_so_and_works(page: Page, interpreter: str, sandbox: SandboxControl) -> None:
    page.add_init_script(BLOCKED_STORAGE)
    open_demo(page, interpreter)
    bar = page.get_by_test_id("storage-degraded")
    expect(bar).to_contain_text("after a reload you sign in again")
    sign_in(page)
    expect(bar).to_be_visible()
    bar.get_by_role("button", name="Understood").click()
    expect(bar).to_be_hidden()
    item_id = open_first_item(page)
    retype(page.get_by_test_id("item-title"), "Without storage")
    page.get_by_test_id("save-item").click()
    expect(page.get_by_test_id("notice")).to_contain_text("Saved")
    assert in_podio(sandbox, item_id)["title"] == "Without storage"


def test_without_a_connection_the_page_says_so_and_saves_when_it_is_back(
    page: Page, interpreter: str, sandbox: SandboxControl, watched: Watched
) -> None:
    watched.expect("ERR_INTERNET_DISCONNECTED|CORS request did not succeed")
    open_demo(page, interpreter)
    sign_in(page)
    item_id = open_first_item(page)
    page.context.set_offline(True)
    bar = page.get_by_test_id("offline")
    expect(bar).to_contain_text("You are offline")
    title = page.get_by_test_id("item-title")
    retype(title, "Typed on the train")
    page.get_by_test_id("save-item").click()
    notice = page.get_by_test_id("notice")
    expect(notice).to_contain_text("This waits for the connection")
    expect(title).to_have_value("Typed on the train")

    page.context.set_offline(False)
    expect(bar).to_be_hidden()
    expect(notice).to_contain_text("Saved")
    assert in_podio(sandbox, item_id)["title"] == "Typed on the train"


def test_a_limit_is_waited_for_with_the_seconds_in_sight(page: Page, interpreter: str, sandbox: SandboxControl) -> None:
    open_demo(page, interpreter)
    sign_in(page)
    item_id = open_first_item(page)
    retype(page.get_by_test_id("item-title"), "Slowly")
    # The page writes down what the bar says: it may be gone before a test looks.
    page.evaluate("""() => {
        const bars = document.getElementById("bars");
        window.told = [];
        new MutationObserver(() => {
          const bar = bars.querySelector("[data-testid=rate-limited]");
          if (bar?.checkVisibility()) window.told.push(bar.textContent);
        }).observe(bars, {childList: true, subtree: true});
    }""")
    sandbox.fail_next("rate_limit", method="PUT", seconds=3)
    page.get_by_test_id("save-item").click()
    expect(page.get_by_test_id("notice")).to_contain_text("Saved")
    expect(page.get_by_test_id("rate-limited")).to_be_hidden()
    told = [int(number) for number in re.findall(r"by itself in (\d) seconds?\.", page.evaluate("window.told.join()"))]
    assert len(set(told)) >= 2, "they count down"
    assert told == sorted(told, reverse=True)
    assert in_podio(sandbox, item_id)["title"] == "Slowly"


def test_a_limit_that_lasts_too_long_is_explained_in_words(
    page: Page, interpreter: str, sandbox: SandboxControl
) -> None:
    open_demo(page, interpreter)
    sign_in(page)
    open_first_item(page)
    retype(page.get_by_test_id("item-title"), "Later")
    sandbox.fail_next("rate_limit", method="PUT", seconds=3600)
    page.get_by_test_id("save-item").click()
    expect(page.get_by_test_id("notice")).to_contain_text("It should work again in about an hour.")
    expect(page.get_by_test_id("rate-limited")).to_be_hidden()
    expect(page.get_by_test_id("item-title")).to_have_value("Later")


@pytest.mark.parametrize("width", [360, 1400])
def test_several_notices_together_leave_the_page_usable(page: Page, width: int, watched: Watched) -> None:
    watched.expect("ERR_INTERNET_DISCONNECTED|CORS request did not succeed")
    page.set_viewport_size({"width": width, "height": 740})
    page.add_init_script(BLOCKED_STORAGE)
    open_demo(page, "mpy")
    deny(popup_from(page, page.get_by_test_id("sign-in")))
    page.context.set_offline(True)
    expect(page.get_by_test_id("offline")).to_be_visible()
    expect(page.get_by_test_id("storage-degraded")).to_be_visible()
    expect(page.get_by_test_id("notice")).to_contain_text("Access was not allowed")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_test_id("sign-in").scroll_into_view_if_needed()
    page.get_by_test_id("sign-in").click(trial=True)
    page.get_by_test_id("dismiss-notice").click()
    expect(page.get_by_test_id("notice")).to_be_empty()
