"""The demo in WebKit, as a person uses it."""

import json

from podio_web.testing import SandboxControl
from tests.browser.demo import in_podio
from tests.webkit.driver import Window
from tests.webkit.person import allow, by_test_id, consent, deny
from tests.webkit.site import WatchedSite

FIRST = '[data-testid="item-list"] li:first-child button'


def open_demo(window: Window, site: WatchedSite, interpreter: str) -> None:
    """Load the demo and wait until its Python runs."""
    window.goto(f"{site.url}/?interpreter={interpreter}")
    window.shows(by_test_id("sign-in"))
    window.shows(by_test_id("interpreter"), "MicroPython" if interpreter == "mpy" else "Pyodide")


def sign_in_window(window: Window, button: str = by_test_id("sign-in")) -> Window:
    """Press a button, and return the popup that it opens."""
    return window.popup_from(lambda: window.click(button))


def value(window: Window, name: str) -> str:
    """Return what a field holds."""
    return str(window.evaluate("document.querySelector(given[0]).value", by_test_id(name)))


def test_the_walk(window: Window, site: WatchedSite, interpreter: str, sandbox: SandboxControl) -> None:
    """Sign in, look, edit, lose the session while typing, renew it, lose nothing, and sign out."""
    open_demo(window, site, interpreter)
    allow(sign_in_window(window))
    window.shows(by_test_id("user-name"), "Demo Person")
    window.wait_for("document.querySelectorAll('[data-testid=item-list] li').length === 20")
    item_id = int(window.evaluate("document.querySelector(given[0]).dataset.item", FIRST))
    window.click(FIRST)
    window.shows(by_test_id("item-heading"))

    window.type(by_test_id("item-title"), "Typed before")
    window.click(by_test_id("expire-session"))
    window.shows(by_test_id("notice"), "expired")
    window.type(by_test_id("item-title"), "Typed after the session ended")
    sandbox.clear_calls()
    window.click(by_test_id("save-item"))
    # WebKit blocks a popup that comes after an answer of the network, so the page asks for a click.
    popup = sign_in_window(window, f"{by_test_id('login-needed')} button")
    popup.shows(by_test_id("consent-allow"))
    window.type(by_test_id("item-notes"), "Typed while signing in again")
    consent(popup)
    window.shows(by_test_id("notice"), "Saved")
    assert value(window, "item-title") == "Typed after the session ended"
    assert value(window, "item-notes") == "Typed while signing in again"
    assert in_podio(sandbox, item_id)["title"] == "Typed after the session ended"
    assert [call["status"] for call in sandbox.calls("/item/", method="PUT")] == [401, 200], "replayed once"

    window.click(by_test_id("save-item"))
    # The page asks before it is left with a text of which it does not know that it is saved.
    window.shows(by_test_id("save-state"), "Everything is saved")
    assert "Typed while signing in again" in json.dumps(in_podio(sandbox, item_id)["fields"])
    window.driver.refresh()
    window.shows(by_test_id("user-name"), "Demo Person")
    window.shows(by_test_id("item-list"), "Typed after the session ended")
    window.click(by_test_id("sign-out"))
    window.shows(by_test_id("sign-in"))
    assert window.evaluate("localStorage.length + sessionStorage.length") == 0


def test_a_denial_and_a_closed_popup_are_explained(
    window: Window, site: WatchedSite, interpreter: str, sandbox: SandboxControl
) -> None:
    again = f"{by_test_id('notice')} button"
    open_demo(window, site, interpreter)
    deny(sign_in_window(window))
    window.shows(by_test_id("notice"), "Access was not allowed")
    popup = sign_in_window(window, again)
    popup.shows(by_test_id("consent-allow"))
    popup.close()
    window.shows(by_test_id("notice"), "The sign-in window was closed")
    consent(sign_in_window(window, again))
    window.shows(by_test_id("user-name"), "Demo Person")


def test_the_list_follows_what_others_do(
    window: Window, site: WatchedSite, interpreter: str, sandbox: SandboxControl
) -> None:
    open_demo(window, site, interpreter)
    allow(sign_in_window(window))
    window.shows(by_test_id("live-state"), "Live")
    item_id = int(window.evaluate("document.querySelector(given[0]).dataset.item", FIRST))
    sandbox.edit("update", item_id, fields={"title": "Renamed by somebody else"})
    window.shows(by_test_id("item-list"), "Renamed by somebody else")
    window.click(by_test_id("sign-out"))
    window.shows(by_test_id("sign-in"))
    assert window.text(by_test_id("live-state")) == ""
