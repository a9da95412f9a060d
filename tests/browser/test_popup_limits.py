"""Where no popup can work, or only one: what docs/integrating.md and SECURITY.md say happens then."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Frame, expect

from podio_web.sandbox.demo_server import Site
from podio_web.testing import SandboxControl
from tests.browser.tab import NEW_CLIENT, Raised, Tab, allow, enter_password
from tests.browser.test_coop import WINDOW_MANAGER


def test_one_click_opens_one_popup_for_two_clients_of_one_id(tab: Tab) -> None:
    tab.run('kept["first"] = kept["podio"]')
    tab.new_client()
    popup = tab.open_popup("""
        kept["task"] = asyncio.create_task(outcome(kept["first"].login()))
        kept["second"] = asyncio.create_task(outcome(kept["podio"].login()))
    """)
    assert tab.run('return (await kept["second"])["raised"]["code"]') == "popup_blocked"
    allow(popup)
    assert tab.run('return [await kept["task"], await kept["podio"].is_authenticated()]') == [None, True]
    tab.run('await kept["first"].aclose()')


@pytest.mark.parametrize("what", ["() => {}", "(bytes) => bytes", "undefined", "() => { throw new Error('none') }"])
def test_rule_1_nobody_signs_in_without_the_generator(tab: Tab, what: str) -> None:
    tab.page.evaluate(
        f"() => Object.defineProperty(crypto, 'getRandomValues', {{ configurable: true, value: {what} }})"
    )
    for method in ("popup", "redirect"):
        with pytest.raises(Raised, match="getRandomValues"):
            tab.run(f'await kept["podio"].login(method="{method}")')
    tab.page.evaluate("() => { delete crypto.getRandomValues }")
    tab.sign_in()


# The driver of Firefox does not click in a frame of another process.
@pytest.mark.only_browser("chromium")
@pytest.mark.parametrize("coop", [None, "same-origin"], ids=["linked", "link cut by Podio"])
def test_an_answer_reaches_a_frame_of_another_site_only_over_the_link(
    new_context: Callable[..., BrowserContext], site: Site, sandbox: SandboxControl, coop: str | None
) -> None:
    """A frame's storage and channels belong to the site of the page on top."""
    sandbox.settings(sign_in_pages_coop=coop)
    limit = 300 if coop is None else 6
    assert "//localhost:" in site.url
    context = new_context()
    context.add_init_script(WINDOW_MANAGER)
    page = context.new_page()
    page.goto(site.url.replace("localhost", "127.0.0.1") + "/tests/blank.html")
    framed = site.url + "/tests/tab.html?interpreter=mpy"
    add = "src => document.body.append(Object.assign(document.createElement('iframe'), { src }))"
    with page.expect_event("frameattached") as attached:
        page.evaluate(add, framed)
    frame: Frame = attached.value
    frame.wait_for_url(framed)
    frame.wait_for_function("() => window.pythonReady || window.startError")
    run(
        frame,
        NEW_CLIENT.format(api_url=sandbox.url).replace(")\n", f'    login_timeout={limit},\n)\nkept["heard"] = []\n'),
    )
    run(frame, 'kept["podio"].on("login_waiting", kept["heard"].append)')
    frame.evaluate("""() => {
        window.stepOfClick = 'kept["task"] = asyncio.create_task(outcome(kept["podio"].login()))';
    }""")
    with context.expect_page() as opened:
        frame.locator("#click").click()
    if coop is None:
        allow(opened.value)
        assert run(frame, 'return [await kept["task"], kept["podio"].token is None]') == [None, False]
        return
    enter_password(opened.value)
    opened.value.get_by_test_id("consent-allow").click()
    expect(opened.value.get_by_role("status")).to_contain_text("No page is waiting")
    assert run(frame, 'return [(await kept["task"])["raised"]["code"], len(kept["heard"])]') == ["popup_timeout", 1]


def run(frame: Frame, source: str) -> Any:
    """Run a step in a frame that shows `pages/tab.html`."""
    return json.loads(frame.evaluate("source => window.runStep(source)", source))["value"]
