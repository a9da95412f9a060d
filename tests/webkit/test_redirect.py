"""Signing in by leaving the page."""

from tests.webkit.person import by_test_id, enter_password
from tests.webkit.tab import Tab


def leave(tab: Tab) -> None:
    """Go to Podio's page, and enter the password there."""
    tab.start('await kept["podio"].login(method="redirect")')
    tab.window.wait_for_url("/oauth/authorize")
    enter_password(tab.window)


def come_back(tab: Tab, button: str) -> None:
    """Press a button of the consent page, and wait until the app's Python runs again."""
    tab.window.click(by_test_id(button))
    tab.window.wait_for_url("/tests/tab.html")
    tab.wait().new_client()


def test_a_redirect_comes_back_to_the_route_without_a_token_in_the_address(tab: Tab) -> None:
    tab.open("&page=2", "#/items/4?tab=notes").new_client()
    route = tab.window.url
    leave(tab)
    come_back(tab, "consent-allow")
    assert tab.window.url == route
    assert tab.name() == "Demo Person"
    assert tab.window.evaluate("sessionStorage.length") == 0
    token = tab.run('return kept["podio"].token.access_token')
    tab.window.driver.back()
    assert token not in tab.window.wait_for_url("authorize")
    tab.window.driver.forward()
    assert token not in tab.window.wait_for_url("/tests/tab.html")


def test_a_denied_redirect_is_the_auth_error(tab: Tab) -> None:
    leave(tab)
    come_back(tab, "consent-deny")
    assert tab.run("""
        podio = kept["podio"]
        return [await podio.is_authenticated(), podio.has_auth_error(), podio.get_auth_error().code]
    """) == [False, True, "access_denied"]


def test_an_unsolicited_response_is_removed_from_the_address(tab: Tab) -> None:
    tab.sign_in()
    token = tab.run('return kept["podio"].token.access_token')
    tab.window.goto("about:blank")
    tab.open("&q=1", "#access_token=forged&expires_in=28800&state=abc&token_type=bearer").new_client()
    assert tab.window.url.endswith("&q=1")
    assert tab.run("""
        podio = kept["podio"]
        return [podio.get_auth_error().code, await podio.is_authenticated(), podio.token.access_token]
    """) == ["unsolicited", True, token]
