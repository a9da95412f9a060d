"""WebKit without localStorage, or with storage that throws: signing in by popup works, and the page is told."""

from collections.abc import Iterator

import pytest

from tests.browser.test_storage_faults import FAULTS
from tests.webkit.driver import Display, WebKit, Window
from tests.webkit.site import WatchedSite
from tests.webkit.tab import Raised, Tab

BOTH = 'for (const storage of ["localStorage", "sessionStorage"]) {{ {} }}'


@pytest.fixture(scope="module")
def without_storage(display: Display) -> Iterator[WebKit]:
    """A browser without localStorage."""
    webkit = WebKit(display, "--enable-html5-local-storage=false")
    yield webkit
    webkit.stop()


def works_in_memory(tab: Tab) -> None:
    """Sign in, call, and sign out, in a page that cannot keep anything."""
    tab.run("""
        kept["told"] = []
        kept["podio"].on("storage_degraded", kept["told"].append)
    """)
    tab.sign_in()
    assert tab.name() == "Demo Person"
    assert tab.run('return len(kept["told"])') == 1
    tab.run('await kept["podio"].logout()')
    assert tab.run('return kept["podio"].token is None')


@pytest.mark.parametrize("fault", ["blocked", "full", "useless"])
def test_a_storage_that_throws(window: Window, interpreter: str, site: WatchedSite, fault: str) -> None:
    site.before = BOTH.format(FAULTS[fault])
    tab = Tab(window, interpreter, site).open()
    tab.new_client()
    works_in_memory(tab)
    with pytest.raises(Raised) as raised:
        tab.run('await kept["podio"].login(method="redirect")')
    assert raised.value.type == "SignInError"


def test_a_browser_without_storage(without_storage: WebKit, interpreter: str, site: WatchedSite) -> None:
    tab = Tab(without_storage.new_window(), interpreter, site).open()
    assert tab.window.evaluate("typeof localStorage + String(window.localStorage)") == "objectnull"
    tab.new_client()
    works_in_memory(tab)
    without_storage.close_others()
    without_storage.first.goto(f"{site.api_url}/oauth/authorize")
    without_storage.driver.delete_all_cookies()
