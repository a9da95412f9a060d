"""The session expires while requests are under way. In WebKit, a popup must not wait for the network or for a lock.

So the client asks for a click, also when a click has sent the request. But WebKit lets timers carry a click for up to a
second, and among the timers of many requests one may do so by chance. So those are sent without a click.
"""

import pytest

from podio_web.testing import SandboxControl
from tests.browser.test_renewal import FIFTY, RUNTIME, calls_with
from tests.docs_steps import steps
from tests.webkit.driver import Window
from tests.webkit.person import by_test_id, consent
from tests.webkit.tab import Raised, Tab

ASK = 'kept["me"] = asyncio.create_task(outcome(kept["podio"].get("/user/status")))'

LISTEN = """
kept["resumes"] = []
kept["podio"].on("login_needed", kept["resumes"].append)
"""


@pytest.fixture
def expired(tab: Tab, sandbox: SandboxControl) -> Tab:
    """A tab whose session has ended, which the client does not know."""
    tab.sign_in()
    sandbox.expire_tokens()
    sandbox.clear_calls()
    return tab


@pytest.fixture
def known(tab: Tab, sandbox: SandboxControl) -> Tab:
    """A tab whose session has ended, which the client knows."""
    tab.run(RUNTIME)
    tab.new_client(runtime='kept["runtime"]')
    tab.sign_in()
    tab.run('kept["runtime"].ahead = 28_801')
    sandbox.clear_calls()
    return tab


def wait_for_resume(tab: Tab) -> None:
    """Wait until the client asks for a click."""
    tab.run("""
        while not kept["resumes"]:
            await asyncio.sleep(0.05)
    """)


def resume(tab: Tab) -> Window:
    """Wait until the client asks for a click, click, and return the popup."""
    wait_for_resume(tab)
    return tab.open_popup('kept["resumes"].pop()()')


def test_50_requests_that_meet_an_expired_token_go_on_after_one_click(expired: Tab, sandbox: SandboxControl) -> None:
    tab = expired
    tab.run(LISTEN)
    tab.run(FIFTY)
    consent(resume(tab))
    assert tab.run('return await kept["all"]') == [6101 + number % 30 for number in range(50)]
    assert sorted(calls_with(sandbox, 401)) == list(range(50))
    assert sorted(calls_with(sandbox, 200)) == list(range(50)), "each was replayed once"
    assert len(sandbox.calls("/oauth/authorize", method="GET")) == 1
    assert tab.run('return len(kept["resumes"])') == 0
    assert len(tab.window.driver.window_handles) == 2, "the first window, and the tab's"


def test_a_renewal_that_is_given_up_is_reported_and_the_next_request_asks_again(expired: Tab) -> None:
    tab = expired
    tab.run(LISTEN)
    tab.run(FIFTY)
    popup = resume(tab)
    popup.shows(by_test_id("consent-allow"))
    popup.close()
    assert tab.run('return (await kept["all"])["raised"]["type"]') == "PopupClosed"
    tab.run(ASK)
    consent(resume(tab))
    assert tab.run('return (await kept["me"])["user"]["user_id"]') == 1001


def test_without_a_handler_requests_say_at_once_that_the_popup_is_blocked(expired: Tab) -> None:
    with pytest.raises(Raised) as raised:
        expired.run('await kept["podio"].get("/user/status")')
    assert raised.value.type == "PopupBlocked"
    consent(expired.open_popup())
    expired.run('await kept["task"]')
    assert expired.name() == "Demo Person"


def test_a_token_that_is_known_to_have_ended_is_renewed_before_anything_is_sent(
    known: Tab, sandbox: SandboxControl
) -> None:
    known.run(LISTEN)
    known.click(ASK)
    consent(resume(known))
    assert known.run('return (await kept["me"])["user"]["user_id"]') == 1001
    assert [call["status"] for call in sandbox.calls("/user/status", method="GET") if call["user_id"]] == [200]


def test_a_page_that_asks_first_needs_one_click(known: Tab, sandbox: SandboxControl) -> None:
    """The example of the docs."""
    example, _ = steps("integrating.md", "Clicks, and renewals without one")
    window = known.window
    window.evaluate("document.body.append(Object.assign(document.createElement('button'), { id: 'save' }))")
    known.run(LISTEN)
    known.run(f'podio = kept["podio"]\n{example.text}')
    consent(window.popup_from(lambda: window.click("#save")))
    window.webkit.wait_until(lambda: sandbox.calls("/comment", method="POST"), "the page goes on")
    assert [call["status"] for call in sandbox.calls("/comment", method="POST")] == [200]
    assert known.run('return len(kept["resumes"])') == 0


def test_a_call_that_asks_no_other_tab_opens_the_popup(known: Tab) -> None:
    known.run('from podio_web.stores import MemoryStore\nkept["store"] = MemoryStore()')
    known.new_client(runtime='kept["runtime"]', session_store='kept["store"]')
    consent(known.open_popup())
    known.run('await kept["task"]')
    known.run('kept["runtime"].ahead *= 2')
    consent(known.open_popup(ASK))
    assert known.run('return (await kept["me"])["user"]["user_id"]') == 1001
