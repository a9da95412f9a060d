"""The session expires while requests are under way. WebKit lets a popup open only in the click itself."""

import pytest

from podio_web.testing import SandboxControl
from tests.browser.test_renewal import FIFTY, RUNTIME, calls_with
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


def resume(tab: Tab) -> Window:
    """Wait until the client asks for a click, click, and return the popup."""
    tab.run("""
        while not kept["resumes"]:
            await asyncio.sleep(0.05)
    """)
    return tab.open_popup('kept["resumes"].pop()()')


def test_50_requests_that_meet_an_expired_token_go_on_after_one_click(expired: Tab, sandbox: SandboxControl) -> None:
    tab = expired
    tab.run(LISTEN)
    tab.click(FIFTY)
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
    tab.click(FIFTY)
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
    tab: Tab, sandbox: SandboxControl
) -> None:
    tab.run(RUNTIME)
    tab.new_client(runtime='kept["runtime"]')
    tab.sign_in()
    sandbox.clear_calls()
    tab.run('kept["runtime"].ahead = 28_801')
    tab.run(LISTEN)
    tab.click(ASK)
    consent(resume(tab))
    assert tab.run('return (await kept["me"])["user"]["user_id"]') == 1001
    assert [call["status"] for call in sandbox.calls("/user/status", method="GET") if call["user_id"]] == [200]
