"""Signing in by leaving the page, and what a page does with an address that holds an answer."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from podio_web.testing import SandboxControl
from tests.browser.tab import Tab, enter_password, shows, travel

pytestmark = pytest.mark.every_browser

NewTab = Callable[..., Tab]


def follow(tab: Tab) -> list[str]:
    """Keep every address that the page shows from now on."""
    shown: list[str] = []
    tab.page.on("framenavigated", lambda frame: shown.append(frame.url))
    return shown


def leave(tab: Tab) -> None:
    tab.start('await kept["podio"].login(method="redirect")')


def come_back(tab: Tab) -> None:
    tab.page.wait_for_url(re.compile(r"/tests/tab\.html"))
    tab.wait()
    tab.new_client()


def test_rule_2_a_redirect_comes_back_to_the_route_and_the_address_never_shows_the_token(new_tab: NewTab) -> None:
    tab = new_tab().open("&page=2", "#/items/4?tab=notes")
    route = tab.page.url
    tab.new_client()
    leave(tab)
    enter_password(tab.page)
    shows(tab.page, "consent-allow")
    shown = follow(tab)
    tab.page.get_by_test_id("consent-allow").click()
    come_back(tab)
    expect(tab.page).to_have_url(route)
    assert tab.run('return await kept["podio"].is_authenticated()')
    assert not tab.run('return kept["podio"].has_auth_error()')
    token = tab.run('return kept["podio"].token.access_token')
    assert tab.page.evaluate("sessionStorage.length") == 0
    # The navigation itself is to Podio's redirect; once the callback page runs, no address has the token.
    scrubbed = shown[1:] if "#access_token" in shown[0] else shown
    assert not [url for url in scrubbed if token in url]
    # Nor does any entry of the history.
    travel(tab.page, "back", "authorize")
    assert token not in travel(tab.page, "forward", "/tests/tab.html")


def test_a_redirect_that_is_denied_is_the_auth_error(new_tab: NewTab) -> None:
    tab = new_tab().open("", "#/items")
    tab.new_client()
    leave(tab)
    enter_password(tab.page)
    tab.page.get_by_test_id("consent-deny").click()
    come_back(tab)
    expect(tab.page).to_have_url(re.compile("#/items$"))
    assert tab.run("""
        podio = kept["podio"]
        return [await podio.is_authenticated(), podio.has_auth_error(), podio.get_auth_error().code]
    """) == [False, True, "access_denied"]


def test_rule_3_an_unsolicited_answer_is_scrubbed_and_the_session_stays(
    new_tab: NewTab, sandbox: SandboxControl
) -> None:
    tab = new_tab().open()
    tab.new_client()
    tab.sign_in()
    token = tab.run('return kept["podio"].token.access_token')
    length = tab.page.evaluate("history.length")
    tab.page.goto("about:blank")
    tab.open("&q=1", "#access_token=forged&expires_in=28800&state=abc&token_type=bearer")
    tab.page.evaluate("() => { window.hashChanges = 0; addEventListener('hashchange', () => window.hashChanges++) }")
    tab.new_client()
    expect(tab.page).to_have_url(f"/tests/tab.html?interpreter={tab.interpreter}&q=1")
    assert tab.page.evaluate("[window.hashChanges, history.length]") == [0, length + 2]
    assert tab.run("""
        podio = kept["podio"]
        return [podio.get_auth_error().code, await podio.is_authenticated(), podio.token.access_token]
    """) == ["unsolicited", True, token]


@pytest.mark.parametrize("interpreter", ["mpy"], indirect=True)
@pytest.mark.parametrize("fragment", ["#section", "#/route?access_token=abc&state=x", "#error=own-use"])
def test_a_fragment_of_the_pages_own_is_left_alone(new_tab: NewTab, fragment: str) -> None:
    tab = new_tab().open("", fragment)
    tab.new_client()
    expect(tab.page).to_have_url(f"/tests/tab.html?interpreter={tab.interpreter}{fragment}")
    assert not tab.run('return kept["podio"].has_auth_error()')
