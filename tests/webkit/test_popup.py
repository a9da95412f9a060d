"""Signing in through a popup in WebKit: every way it can end."""

import pytest

from podio_web.testing import SandboxControl
from tests.webkit.driver import Window
from tests.webkit.person import allow, by_test_id, consent, deny, enter_password
from tests.webkit.site import WatchedSite
from tests.webkit.tab import Raised, Tab

OPENS = {
    "nothing": "null",
    "microtasks": "(async () => { for (let turn = 0; turn < 1000; turn++) await null })()",
    "timers": "(async () => { for (const after of [0, 0, 100]) await new Promise((go) => setTimeout(go, after)) })()",
}
BLOCKED = {
    "a long timer": "new Promise((go) => setTimeout(go, 1500))",
    "a response": "fetch('data:,').then((response) => response.text())",
    "a module": "import('data:text/javascript,')",
    "a message": "new Promise((go) => { const { port1, port2 } = new MessageChannel(); "
    "port1.onmessage = go; port2.postMessage(null) })",
    "a broadcast": "new Promise((go) => { const [one, other] = [0, 0].map(() => new BroadcastChannel('told')); "
    "one.onmessage = go; other.postMessage(null) })",
    "a lock": "navigator.locks.request('told', { ifAvailable: true }, () => {})",
}
"""What a page may wait for between a click and a popup, and what not: the table of docs/browsers.md."""

WAITS = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Waits</title><link rel="icon" href="data:,">
<button id="click">Click</button><script>
document.querySelector("#click").onclick = async () => {
  await WAIT;
  const popup = open("", "_blank", "popup");
  window.told = `${popup !== null} ${navigator.userActivation.isActive}`;
  popup?.close();
};
</script></html>"""


def ends_with(tab: Tab, kind: str, code: str) -> None:
    """Expect the sign-in of the last click to raise an error."""
    with pytest.raises(Raised) as raised:
        tab.run('await kept["task"]')
    assert (raised.value.type, raised.value.code) == (kind, code)
    assert tab.run('return kept["podio"].token is None')


def test_a_person_signs_in_and_stays_signed_in(tab: Tab) -> None:
    popup = tab.open_popup()
    enter_password(popup, "wrong")
    popup.shows(by_test_id("login-error"))
    allow(popup)
    tab.run('await kept["task"]')
    assert tab.name() == "Demo Person"
    key = f"podio-web:session:{tab.site.api_url}:demo-client:client"
    assert tab.window.evaluate("[Object.keys(localStorage), sessionStorage.length]") == [[key], 0]
    tab.window.driver.refresh()
    tab.wait().new_client()
    assert tab.name() == "Demo Person"


def test_a_denial_is_reported_and_can_be_tried_again(tab: Tab) -> None:
    deny(tab.open_popup())
    ends_with(tab, "AccessDenied", "access_denied")
    popup = tab.open_popup()
    consent(popup)
    tab.run('await kept["task"]')
    assert tab.name() == "Demo Person"


def test_a_closed_popup_is_reported(tab: Tab) -> None:
    popup = tab.open_popup()
    popup.shows(by_test_id("login-username"))
    popup.close()
    ends_with(tab, "PopupClosed", "popup_closed")
    tab.sign_in()


def test_a_popup_without_a_click_is_blocked_at_once(tab: Tab) -> None:
    with pytest.raises(Raised) as raised:
        tab.run("""
            while js.navigator.userActivation.isActive:
                await asyncio.sleep(0.1)
            await kept["podio"].login()
        """)
    assert (raised.value.type, raised.value.code) == ("PopupBlocked", "popup_blocked")
    tab.sign_in()


def test_a_missing_callback_page_is_named(tab: Tab) -> None:
    tab.site.missing.add("/static/callback.html")
    popup = tab.open_popup()
    allow(popup)
    with pytest.raises(Raised) as raised:
        tab.run('await kept["task"]')
    assert raised.value.code == "callback_missing"
    assert "/static/callback.html" in raised.value.text


@pytest.mark.parametrize("podio_policy", [None, "same-origin"], ids=["podio-without", "podio-with"])
@pytest.mark.parametrize("policy", [None, "same-origin"], ids=["app-without", "app-with"])
def test_an_opener_policy_does_not_keep_the_response_away(
    window: Window,
    interpreter: str,
    site: WatchedSite,
    sandbox: SandboxControl,
    policy: str | None,
    podio_policy: str | None,
) -> None:
    """Cross-Origin-Opener-Policy cuts the link between the page and the popup."""
    sandbox.settings(sign_in_pages_coop=podio_policy)
    if policy is not None:
        site.more_headers["Cross-Origin-Opener-Policy"] = policy
    tab = Tab(window, interpreter, site).open()
    tab.new_client()
    tab.sign_in()
    assert tab.name() == "Demo Person"


@pytest.mark.parametrize("wait", [*OPENS, *BLOCKED])
def test_what_a_page_may_wait_for_before_a_popup(window: Window, site: WatchedSite, wait: str) -> None:
    site.pages["/tests/waits.html"] = WAITS.replace("WAIT", (OPENS | BLOCKED)[wait])
    window.goto(f"{site.url}/tests/waits.html").click("#click")
    assert window.wait_for("window.told") == f"{str(wait in OPENS).lower()} true"
