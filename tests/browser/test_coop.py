"""Cross-Origin-Opener-Policy on the app's page, on Podio's, on both: it cuts the link between page and popup.

https://html.spec.whatwg.org/#cross-origin-opener-policies
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from podio_web.sandbox.demo_server import Site
from podio_web.testing import SandboxControl
from tests.browser.tab import Tab, allow, close_popup, closing, enter_password, noticed, shows

COOP = {"Cross-Origin-Opener-Policy": "same-origin"}
ISOLATED = {**COOP, "Cross-Origin-Embedder-Policy": "require-corp"}

SECONDS_OF_TYPING = 10

# Without a screen there is no window manager that moves the focus: every window of a headless Chromium has it, and in a
# headless Firefox nothing gives it back. So a window that opens takes it here, and tests give it back.
WINDOW_MANAGER = """
    window.inFront = true;
    Document.prototype.hasFocus = () => window.inFront;
    const open = window.open;
    window.open = (...given) => { window.inFront = false; return open.apply(window, given); };
"""


@pytest.fixture(scope="module", params=[{}, COOP], ids=["app-without", "app-with"])
def headers(request: pytest.FixtureRequest) -> dict[str, str]:
    """The headers of the app's page."""
    found: dict[str, str] = request.param
    return found


@pytest.fixture(params=[None, "same-origin"], ids=["podio-without", "podio-with"])
def podio_coop(request: pytest.FixtureRequest, sandbox: SandboxControl) -> str | None:
    """The policy of Podio's pages."""
    policy: str | None = request.param
    sandbox.settings(sign_in_pages_coop=policy)
    return policy


@pytest.fixture(scope="module")
def module_tab(
    new_profile: Callable[..., BrowserContext],
    interpreter: str,
    headers: dict[str, str],
    root: Path,
    pages: Path,
    podio_sandbox: SandboxControl,
) -> Iterator[Tab]:
    """The page on a site with these headers."""
    with Site(root=root, api_url=podio_sandbox.url, extra=pages, headers=headers) as site:
        context = new_profile(base_url=site.url)
        context.add_init_script(WINDOW_MANAGER)
        yield Tab(context, interpreter, podio_sandbox.url).open()


def put_in_front(tab: Tab) -> None:
    """Do what a window manager does when the popup has gone or the person clicks on the page."""
    tab.page.evaluate("() => { window.inFront = true }")


def open_popup(tab: Tab) -> Page:
    """Start to sign in, with a way to cancel as soon as the page offers one."""
    tab.run("""
        kept["waiting"] = asyncio.Event()
        def offer(cancel):
            kept["cancel"] = cancel
            kept["waiting"].set()
        kept["podio"].on("login_waiting", offer)
    """)
    popup = tab.open_popup('kept["task"] = asyncio.create_task(outcome(kept["podio"].login()))')
    shows(popup, "login-username")
    return popup


def ended_with(tab: Tab) -> Any:
    """Return the code of the error that the sign-in ended with."""
    return tab.run('return (await kept["task"])["raised"]["code"]')


def sign_in_and_renew(tab: Tab, sandbox: SandboxControl) -> None:
    """Sign in from nothing, meet an expired token, and go on."""
    put_in_front(tab)
    tab.sign_in()
    sandbox.expire_tokens()
    popup = tab.open_popup('kept["me"] = asyncio.create_task(outcome(kept["podio"].get("/user/status")))')
    closing(popup, lambda: popup.get_by_test_id("consent-allow").click())
    assert tab.run('return (await kept["me"])["user"]["user_id"]') == 1001


# The four cases are this module's subject, in each browser.
@pytest.mark.every_browser
@pytest.mark.usefixtures("podio_coop")
def test_sign_in_and_renewal_succeed(tab: Tab, sandbox: SandboxControl) -> None:
    sign_in_and_renew(tab, sandbox)
    assert len(tab.context.pages) == 1


@pytest.mark.every_browser
def test_a_closed_popup_is_noticed_where_that_can_be_known_and_cancelled_elsewhere(
    tab: Tab, sandbox: SandboxControl, headers: dict[str, str], podio_coop: str | None
) -> None:
    popup = open_popup(tab)
    if headers or podio_coop:
        tab.run('await kept["waiting"].wait()')
        popup.close()
        put_in_front(tab)
        assert not tab.run('await asyncio.sleep(2.5); return kept["task"].done()')
        tab.run('kept["cancel"]()')
        assert ended_with(tab) == "popup_cancelled"
    else:
        close_popup(tab, popup)
        put_in_front(tab)
        code, seconds = noticed(tab)
        assert code == "popup_closed"
        assert seconds < 2.5
        assert not tab.run('return kept["waiting"].is_set()')
    sign_in_and_renew(tab, sandbox)


@pytest.mark.usefixtures("podio_coop")
@pytest.mark.parametrize("interpreter", ["mpy"], indirect=True)
def test_a_person_who_looks_back_at_the_page_is_still_signing_in(tab: Tab) -> None:
    popup = open_popup(tab)
    # Long enough for the page to have made up its mind about the window.
    assert not tab.run('await asyncio.sleep(1.5); return kept["task"].done()')
    put_in_front(tab)
    assert not tab.run('await asyncio.sleep(2.5); return kept["task"].done()')
    allow(popup)
    assert tab.run('return await kept["task"]') is None
    assert tab.run('return kept["podio"].token is not None')


@pytest.mark.parametrize("interpreter", ["mpy"], indirect=True)
@pytest.mark.parametrize("headers", [ISOLATED], indirect=True, ids=["isolated"])
def test_an_isolated_page_gives_no_false_alarm_and_can_cancel(tab: Tab, sandbox: SandboxControl) -> None:
    assert tab.page.evaluate("window.crossOriginIsolated")
    popup = open_popup(tab)
    # Unlike the others, this page may even have the focus all the time: two windows side by side.
    put_in_front(tab)
    letters = "demo@example.com"
    between = 1000 * SECONDS_OF_TYPING / len(letters)
    name = popup.get_by_test_id("login-username")
    name.press_sequentially(letters, delay=between, timeout=6000 * SECONDS_OF_TYPING)
    assert tab.run('return [kept["task"].done(), kept["waiting"].is_set()]') == [False, True]
    tab.run('kept["cancel"]()')
    assert ended_with(tab) == "popup_cancelled"
    # With the link cut, no page can close the other's window; its answer finds nobody.
    answer_nobody(popup)
    assert tab.run('return kept["podio"].token is None')
    tab.context.clear_cookies()
    sign_in_and_renew(tab, sandbox)


def answer_nobody(popup: Page) -> None:
    """Sign in and consent in a window whose answer nobody waits for any more: it says so."""
    enter_password(popup)
    popup.get_by_test_id("consent-allow").click()
    expect(popup.get_by_role("link")).to_be_visible()
    popup.close()


@pytest.mark.parametrize("interpreter", ["mpy"], indirect=True)
@pytest.mark.parametrize("headers", [{}, ISOLATED], indirect=True, ids=["link cut by Podio", "isolated"])
def test_a_click_opens_a_window_again_when_the_first_is_out_of_sight(tab: Tab, sandbox: SandboxControl) -> None:
    sandbox.settings(sign_in_pages_coop="same-origin")
    lost = open_popup(tab)
    tab.run('await kept["waiting"].wait(); await asyncio.sleep(1.5)')
    put_in_front(tab)
    popup = tab.open_popup('kept["again"] = asyncio.create_task(outcome(kept["podio"].login()))')
    allow(popup)
    assert tab.run('return [await kept["task"], await kept["again"], kept["podio"].token.ref["id"]]') == [
        None,
        None,
        1001,
    ]
    lost.close()


@pytest.mark.parametrize("interpreter", ["mpy"], indirect=True)
@pytest.mark.parametrize("headers", [{}], indirect=True, ids=["link cut by Podio"])
def test_the_first_of_two_windows_may_answer_too(tab: Tab, sandbox: SandboxControl) -> None:
    sandbox.settings(sign_in_pages_coop="same-origin")
    first = open_popup(tab)
    tab.run('await kept["waiting"].wait(); await asyncio.sleep(1.5)')
    second = tab.open_popup('kept["again"] = asyncio.create_task(outcome(kept["podio"].login()))')
    shows(second, "login-username")
    allow(first)
    assert tab.run('return [await kept["task"], await kept["again"]]') == [None, None]
    tab.context.clear_cookies()
    second.reload()
    answer_nobody(second)
