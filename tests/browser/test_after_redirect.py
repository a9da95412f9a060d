"""After a sign-in by redirect: which client takes the response, how long it waits, and where it ends."""

import re
from collections.abc import Callable

import pytest

from podio_web.testing import SandboxControl
from tests.browser.tab import Tab, enter_password

NewTab = Callable[..., Tab]

BACK = re.compile(r"/tests/tab\.html")


OTHERS = {
    "another client id": 'client_id="other-client"',
    "another API": 'client_id="demo-client", api_url="https://api.example"',
    "another redirect URI": 'client_id="demo-client", redirect_uri=js.location.origin + "/elsewhere.html"',
}
MAKE_OTHER = """
    options = dict(client_id="demo-client", api_url={api_url!r}, session_store=podio_web.MemoryStore())
    options.update(dict({changes}))
    kept["other"] = podio_web.Podio("client", **options)
"""


def leave_and_consent(tab: Tab) -> None:
    """Sign in by redirect, and be back in the tab, with no client made yet."""
    tab.start('await kept["podio"].login(method="redirect")')
    password, consent = (tab.page.get_by_test_id(name) for name in ("login-password", "consent-allow"))
    password.or_(consent).wait_for()
    # Another test may have signed in, in the same browser.
    if password.is_visible():
        enter_password(tab.page)
    consent.click()
    tab.page.wait_for_url(BACK)
    tab.wait()


@pytest.mark.parametrize("other", OTHERS)
def test_only_the_client_that_asked_takes_the_answer_though_another_is_made_first(new_tab: NewTab, other: str) -> None:
    tab = new_tab().open()
    tab.new_client()
    leave_and_consent(tab)
    tab.run(MAKE_OTHER.format(api_url=tab.api_url, changes=OTHERS[other]))
    assert tab.run('return [await kept["other"].is_authenticated(), kept["other"].has_auth_error()]') == [False, False]
    assert tab.page.evaluate("sessionStorage.length") == 0
    tab.new_client()
    assert tab.run('return [await kept["podio"].is_authenticated(), kept["podio"].token.ref["id"]]') == [True, 1001]
    assert tab.page.evaluate("Object.getOwnPropertyNames(window).filter(name => name.startsWith('podio-web'))") == []


WAYS = {
    "closed at once": "first = make(); await first.aclose(); kept['podio'] = make()",
    "closed at once, in memory": "first = make(memory()); await first.aclose(); kept['podio'] = make(memory())",
    "closed later": "first = make(); await asyncio.sleep(0.05); await first.aclose(); kept['podio'] = make()",
    "made twice": "kept['other'] = make(); kept['podio'] = make()",
}


@pytest.mark.parametrize("way", WAYS)
def test_an_answer_waits_until_it_has_been_stored(new_tab: NewTab, way: str) -> None:
    """React's StrictMode makes each client twice, and so does a module that is loaded anew."""
    tab = new_tab().open()
    tab.new_client()
    leave_and_consent(tab)
    tab.run(f"""
        memory = podio_web.MemoryStore
        def make(store=None):
            where = js.location.origin + "/static/callback.html"
            api_url = {tab.api_url!r}
            return podio_web.Podio("client", "demo-client", api_url=api_url, redirect_uri=where, session_store=store)
        {WAYS[way]}
    """)
    assert tab.run('return await kept["podio"].is_authenticated()')


def test_an_answer_is_stored_though_the_page_never_asks(new_tab: NewTab) -> None:
    tab = new_tab().open()
    tab.new_client()
    leave_and_consent(tab)
    tab.new_client()
    tab.page.wait_for_function("() => Object.keys(localStorage).length === 1")
    tab.page.reload()
    tab.wait()
    tab.new_client()
    assert tab.run('return await kept["podio"].is_authenticated()')


def test_a_page_that_does_not_start_leaves_nothing_that_lasts(new_tab: NewTab) -> None:
    tab = new_tab().open()
    tab.new_client()
    tab.page.route("**/tests/tab.html?*", lambda route: route.fulfill(status=500, body="no page"))
    tab.start('await kept["podio"].login(method="redirect")')
    enter_password(tab.page)
    tab.page.get_by_test_id("consent-allow").click()
    tab.page.wait_for_url(BACK)
    left = str(tab.page.evaluate("sessionStorage.getItem('podio-web:handover')"))
    assert "access_token" in left
    assert "refresh" not in left
    tab.page.unroute("**/tests/tab.html?*")
    # The next page of ours takes it out. After a quarter of an hour it is not valid any more.
    tab.page.evaluate("""() => {
        const left = JSON.parse(sessionStorage.getItem("podio-web:handover"));
        sessionStorage.setItem("podio-web:handover", JSON.stringify({...left, time: left.time - 901_000}));
    }""")
    tab.page.goto(f"/tests/tab.html?interpreter={tab.interpreter}&later")
    tab.wait()
    tab.new_client()
    assert tab.page.evaluate("sessionStorage.getItem('podio-web:handover')") is None
    assert tab.run('return [await kept["podio"].is_authenticated(), kept["podio"].has_auth_error()]') == [False, False]


@pytest.mark.parametrize("query", ["&path=C:\\x", "&next=//evil.example", "&a=%5C%5C#/b\\c"])
def test_the_way_back_is_the_pages_own_route(new_tab: NewTab, query: str) -> None:
    tab = new_tab().open(query)
    route = tab.page.evaluate("location.href")
    tab.new_client()
    leave_and_consent(tab)
    tab.new_client()
    assert tab.page.evaluate("location.href") == route
    assert tab.run('return await kept["podio"].is_authenticated()')


def test_a_refusal_without_our_state_is_told_after_a_redirect(new_tab: NewTab, sandbox: SandboxControl) -> None:
    sandbox.settings(state="drop")
    tab = new_tab().open()
    tab.new_client()
    tab.start('await kept["podio"].login(method="redirect")')
    enter_password(tab.page)
    tab.page.get_by_test_id("consent-deny").click()
    tab.page.wait_for_url(BACK)
    tab.wait()
    tab.new_client()
    assert tab.run('return kept["podio"].get_auth_error().code') == "access_denied"
