"""Signing in by leaving the page, and what a page does with an address that holds an answer."""

import re
from collections.abc import Callable

import pytest

from podio_web.testing import SandboxControl
from tests.browser.lab import Lab, enter_password, travel

pytestmark = pytest.mark.every_browser

NewLab = Callable[..., Lab]


def follow(lab: Lab) -> list[str]:
    """Keep every address that the page shows from now on."""
    shown: list[str] = []
    lab.page.on("framenavigated", lambda frame: shown.append(frame.url))
    return shown


def leave(lab: Lab) -> None:
    lab.start('await lab["podio"].login(method="redirect")')


def come_back(lab: Lab) -> None:
    lab.page.wait_for_url(re.compile(r"/tests/lab\.html"))
    lab.wait()
    lab.new_client()


def test_rule_2_a_redirect_comes_back_to_the_route_and_the_address_never_shows_the_token(new_lab: NewLab) -> None:
    lab = new_lab().open("&page=2", "#/items/4?tab=notes")
    route = lab.page.url
    lab.new_client()
    leave(lab)
    enter_password(lab.page)
    shown = follow(lab)
    lab.page.get_by_test_id("consent-allow").click()
    come_back(lab)
    assert lab.page.url == route
    assert lab.run('return await lab["podio"].is_authenticated()')
    assert not lab.run('return lab["podio"].has_auth_error()')
    token = lab.run('return lab["podio"].token.access_token')
    assert lab.page.evaluate("sessionStorage.length") == 0
    # The navigation itself is to Podio's redirect; once the callback page runs, no address has the token.
    scrubbed = shown[1:] if "#access_token" in shown[0] else shown
    assert not [url for url in scrubbed if token in url]
    # Nor does any entry of the history.
    travel(lab.page, "back", "authorize")
    assert token not in travel(lab.page, "forward", "/tests/lab.html")


def test_a_redirect_that_is_denied_is_the_auth_error(new_lab: NewLab) -> None:
    lab = new_lab().open("", "#/items")
    lab.new_client()
    leave(lab)
    enter_password(lab.page)
    lab.page.get_by_test_id("consent-deny").click()
    come_back(lab)
    assert lab.page.url.endswith("#/items")
    assert lab.run("""
        podio = lab["podio"]
        return [await podio.is_authenticated(), podio.has_auth_error(), podio.get_auth_error().code]
    """) == [False, True, "access_denied"]


def test_rule_3_an_unsolicited_answer_is_scrubbed_and_the_session_stays(
    new_lab: NewLab, sandbox: SandboxControl
) -> None:
    lab = new_lab().open()
    lab.new_client()
    lab.sign_in()
    token = lab.run('return lab["podio"].token.access_token')
    length = lab.page.evaluate("history.length")
    lab.page.goto("about:blank")
    lab.open("&q=1", "#access_token=forged&expires_in=28800&state=abc&token_type=bearer")
    lab.page.evaluate("() => { window.hashChanges = 0; addEventListener('hashchange', () => window.hashChanges++) }")
    lab.new_client()
    assert lab.page.url.endswith("/tests/lab.html?interpreter=" + lab.interpreter + "&q=1")
    assert lab.page.evaluate("[window.hashChanges, history.length]") == [0, length + 2]
    assert lab.run("""
        podio = lab["podio"]
        return [podio.get_auth_error().code, await podio.is_authenticated(), podio.token.access_token]
    """) == ["unsolicited", True, token]


@pytest.mark.parametrize("interpreter", ["mpy"], indirect=True)
@pytest.mark.parametrize("fragment", ["#section", "#/route?access_token=abc&state=x", "#error=own-use"])
def test_a_fragment_of_the_pages_own_is_left_alone(new_lab: NewLab, fragment: str) -> None:
    lab = new_lab().open("", fragment)
    lab.new_client()
    assert lab.page.url.endswith(fragment)
    assert not lab.run('return lab["podio"].has_auth_error()')
