"""Something else where the callback page should be: the error says what."""

import pytest

from tests.browser.tab import Raised, Tab, closing, deny, enter_password, shows
from tests.browser.watch import Watched

# Addresses of the page's own origin, which Podio sends the person to as it is told.
WRONG = {
    "a 404": "/static/nowhere.html",
    "another page of the app": "/tests/blank.html",
    "a page with a query": "/tests/blank.html?a=1",
    "a file": "/tests/tag.js",
}
GO_ELSEWHERE = "if (opener && location.pathname === '/tests/plugin.html') history.replaceState(null, '', '/login')"


def come_back_to(tab: Tab, watched: Watched, address: str, test_id: str = "consent-allow") -> Raised:
    """Sign in with a redirect URI that leads to `address`, and return what the page is told."""
    watched.expect("404")
    tab.run(f"""
        await kept["podio"].aclose()
        where = js.location.origin + {address!r}
        kept["podio"] = podio_web.Podio("client", "demo-client", api_url={tab.api_url!r}, redirect_uri=where)
    """)
    popup = tab.open_popup()
    enter_password(popup)
    closing(popup, lambda: popup.get_by_test_id(test_id).click())
    with pytest.raises(Raised) as raised:
        tab.run('await kept["task"]')
    return raised.value


def test_whatever_stands_in_the_callback_pages_place_is_named(tab: Tab, watched: Watched) -> None:
    for address in WRONG.values():
        told = come_back_to(tab, watched, address)
        assert told.code == "callback_missing"
        assert address.partition("?")[0] in told.text
        assert "access_token" not in told.text
        tab.context.clear_cookies()


def test_an_app_that_answers_there_and_goes_elsewhere_is_named_too(tab: Tab, watched: Watched) -> None:
    tab.context.add_init_script(GO_ELSEWHERE)
    told = come_back_to(tab, watched, "/tests/plugin.html")
    assert told.code == "callback_missing"
    assert "/login" in told.text


def test_a_denial_at_a_wrong_place_is_told_too(tab: Tab, watched: Watched) -> None:
    assert come_back_to(tab, watched, "/static/nowhere.html", "consent-deny").code == "callback_missing"


def test_a_person_who_types_for_long_is_not_at_the_wrong_place(tab: Tab) -> None:
    popup = tab.open_popup('kept["task"] = asyncio.create_task(outcome(kept["podio"].login()))')
    shows(popup, "login-username")
    assert not tab.run('await asyncio.sleep(4); return kept["task"].done()')
    deny(popup)
    assert tab.run('return (await kept["task"])["raised"]["code"]') == "access_denied"
