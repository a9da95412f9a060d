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
from tests.browser.lab import Lab, allow, closing, enter_password, shows

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
def module_lab(
    new_profile: Callable[..., BrowserContext],
    interpreter: str,
    headers: dict[str, str],
    root: Path,
    pages: Path,
    podio_sandbox: SandboxControl,
) -> Iterator[Lab]:
    """The lab page on a site with these headers."""
    with Site(root=root, api_url=podio_sandbox.url, extra=pages, headers=headers) as site:
        context = new_profile(base_url=site.url)
        context.add_init_script(WINDOW_MANAGER)
        yield Lab(context, interpreter, podio_sandbox.url).open()


def put_in_front(lab: Lab) -> None:
    """Do what a window manager does when the popup has gone or the person clicks on the page."""
    lab.page.evaluate("() => { window.inFront = true }")


def open_popup(lab: Lab) -> Page:
    """Start to sign in, with a way to cancel as soon as the page offers one."""
    lab.run("""
        lab["waiting"] = asyncio.Event()
        def offer(cancel):
            lab["cancel"] = cancel
            lab["waiting"].set()
        lab["podio"].on("login_waiting", offer)
    """)
    popup = lab.open_popup('lab["task"] = asyncio.create_task(outcome(lab["podio"].login()))')
    shows(popup, "login-username")
    return popup


def ended_with(lab: Lab) -> Any:
    """Return the code of the error that the sign-in ended with."""
    return lab.run('return (await lab["task"])["raised"]["code"]')


def sign_in_and_renew(lab: Lab, sandbox: SandboxControl) -> None:
    """Sign in from nothing, meet an expired token, and go on."""
    put_in_front(lab)
    lab.sign_in()
    sandbox.expire_tokens()
    popup = lab.open_popup('lab["me"] = asyncio.create_task(outcome(lab["podio"].get("/user/status")))')
    closing(popup, lambda: popup.get_by_test_id("consent-allow").click())
    assert lab.run('return (await lab["me"])["user"]["user_id"]') == 1001


# The four cases are this module's subject, in each browser.
@pytest.mark.every_browser
@pytest.mark.usefixtures("podio_coop")
def test_sign_in_and_renewal_succeed(lab: Lab, sandbox: SandboxControl) -> None:
    sign_in_and_renew(lab, sandbox)
    assert len(lab.context.pages) == 1


@pytest.mark.every_browser
def test_a_closed_popup_is_noticed_where_that_can_be_known_and_cancelled_elsewhere(
    lab: Lab, sandbox: SandboxControl, headers: dict[str, str], podio_coop: str | None
) -> None:
    popup = open_popup(lab)
    if headers or podio_coop:
        lab.run('await lab["waiting"].wait()')
        popup.close()
        put_in_front(lab)
        assert not lab.run('await asyncio.sleep(2.5); return lab["task"].done()')
        lab.run('lab["cancel"]()')
        assert ended_with(lab) == "popup_cancelled"
    else:
        lab.page.evaluate("() => { window.labClosedAt = performance.now() }")
        popup.close()
        put_in_front(lab)
        assert ended_with(lab) == "popup_closed"
        assert lab.page.evaluate("performance.now() - window.labClosedAt") < 2500
        assert not lab.run('return lab["waiting"].is_set()')
    sign_in_and_renew(lab, sandbox)


@pytest.mark.usefixtures("podio_coop")
@pytest.mark.parametrize("interpreter", ["mpy"], indirect=True)
def test_a_person_who_looks_back_at_the_page_is_still_signing_in(lab: Lab) -> None:
    popup = open_popup(lab)
    # Long enough for the page to have made up its mind about the window.
    assert not lab.run('await asyncio.sleep(1.5); return lab["task"].done()')
    put_in_front(lab)
    assert not lab.run('await asyncio.sleep(2.5); return lab["task"].done()')
    allow(popup)
    assert lab.run('return await lab["task"]') is None
    assert lab.run('return lab["podio"].token is not None')


@pytest.mark.parametrize("interpreter", ["mpy"], indirect=True)
@pytest.mark.parametrize("headers", [ISOLATED], indirect=True, ids=["isolated"])
def test_an_isolated_page_gives_no_false_alarm_and_can_cancel(lab: Lab, sandbox: SandboxControl) -> None:
    assert lab.page.evaluate("window.crossOriginIsolated")
    popup = open_popup(lab)
    # Unlike the others, this page may even have the focus all the time: two windows side by side.
    put_in_front(lab)
    letters = "demo@example.com"
    between = 1000 * SECONDS_OF_TYPING / len(letters)
    name = popup.get_by_test_id("login-username")
    name.press_sequentially(letters, delay=between, timeout=2000 * SECONDS_OF_TYPING)
    assert lab.run('return [lab["task"].done(), lab["waiting"].is_set()]') == [False, True]
    lab.run('lab["cancel"]()')
    assert ended_with(lab) == "popup_cancelled"
    # With the link cut, no page can close the other's window; its answer finds nobody.
    answer_nobody(popup)
    assert lab.run('return lab["podio"].token is None')
    lab.context.clear_cookies()
    sign_in_and_renew(lab, sandbox)


def answer_nobody(popup: Page) -> None:
    """Sign in and consent in a window whose answer nobody waits for any more: it says so."""
    enter_password(popup)
    popup.get_by_test_id("consent-allow").click()
    expect(popup.get_by_role("link")).to_be_visible()
    popup.close()


@pytest.mark.parametrize("interpreter", ["mpy"], indirect=True)
@pytest.mark.parametrize("headers", [{}, ISOLATED], indirect=True, ids=["link cut by Podio", "isolated"])
def test_a_click_opens_a_window_again_when_the_first_is_out_of_sight(lab: Lab, sandbox: SandboxControl) -> None:
    sandbox.settings(sign_in_pages_coop="same-origin")
    lost = open_popup(lab)
    lab.run('await lab["waiting"].wait(); await asyncio.sleep(1.5)')
    put_in_front(lab)
    popup = lab.open_popup('lab["again"] = asyncio.create_task(outcome(lab["podio"].login()))')
    allow(popup)
    assert lab.run('return [await lab["task"], await lab["again"], lab["podio"].token.ref["id"]]') == [None, None, 1001]
    lost.close()


@pytest.mark.parametrize("interpreter", ["mpy"], indirect=True)
@pytest.mark.parametrize("headers", [{}], indirect=True, ids=["link cut by Podio"])
def test_the_first_of_two_windows_may_answer_too(lab: Lab, sandbox: SandboxControl) -> None:
    sandbox.settings(sign_in_pages_coop="same-origin")
    first = open_popup(lab)
    lab.run('await lab["waiting"].wait(); await asyncio.sleep(1.5)')
    second = lab.open_popup('lab["again"] = asyncio.create_task(outcome(lab["podio"].login()))')
    shows(second, "login-username")
    allow(first)
    assert lab.run('return [await lab["task"], await lab["again"]]') == [None, None]
    lab.context.clear_cookies()
    second.reload()
    answer_nobody(second)
