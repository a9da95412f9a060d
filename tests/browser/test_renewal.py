"""The session expires while requests are under way: one popup, and everybody goes on."""

import pytest
from playwright.sync_api import expect

from podio_web.testing import SandboxControl
from tests.browser.tab import Raised, Tab, allow, closing, deny, shows

pytestmark = pytest.mark.every_browser

FIFTY = """
async def ask(number):
    found = await kept["podio"].get(f"/item/{6101 + number % 30}", params={"mark_as_viewed": False, "n": number})
    kept["order"].append(number)
    return found["item_id"]

kept["order"] = []
kept["all"] = asyncio.create_task(outcome(asyncio.gather(*[ask(number) for number in range(50)])))
"""


# Notes what is sent, and how many responses came back.
TRANSPORT = """
from podio_web.transports.fetch import FetchTransport

class NotingTransport:
    def __init__(self):
        self.fetch, self.sent, self.answered = FetchTransport(), [], 0

    async def perform(self, request, timeout):
        self.sent.append([request.url.rpartition("n=")[2], request.headers["Authorization"]])
        response = await self.fetch.perform(request, timeout)
        self.answered += 1
        return response

    async def close(self):
        await self.fetch.close()

kept["transport"] = NotingTransport()
await kept["podio"].aclose()
"""


def wait_for_answers(tab: Tab) -> None:
    """Wait as a person does, who takes longer than the requests that meet the expired token."""
    tab.run("""
        while kept["transport"].answered < 50:
            await asyncio.sleep(0.05)
    """)


# The page with a clock that the test puts forward.
RUNTIME = """
import time
from podio_web.runtime.page import kind_of_page

class LaterPage(kind_of_page()):
    ahead = 0

    def now(self):
        return time.time() + self.ahead

kept["runtime"] = LaterPage()
await kept["podio"].aclose()
"""


def calls_with(sandbox: SandboxControl, status: int) -> list[int]:
    """The numbers of the calls that were answered with this status, in order of arrival."""
    found = [call for call in sandbox.calls() if call["path"].startswith("/item/") and call["method"] == "GET"]
    return [int(call["query"].rpartition("n=")[2]) for call in found if call["status"] == status]


@pytest.mark.every_combination
def test_50_requests_that_meet_an_expired_token_open_one_popup(tab: Tab, sandbox: SandboxControl) -> None:
    tab.sign_in()
    sandbox.expire_tokens()
    sandbox.clear_calls()
    popup = tab.open_popup(FIFTY)
    closing(popup, lambda: popup.get_by_test_id("consent-allow").click())
    assert tab.run('return await kept["all"]') == [6101 + number % 30 for number in range(50)]
    assert sorted(calls_with(sandbox, 401)) == list(range(50))
    assert sorted(calls_with(sandbox, 200)) == list(range(50)), "each was replayed once"
    pages = [call for call in sandbox.calls() if call["path"] == "/oauth/authorize" and call["method"] == "GET"]
    assert len(pages) == 1
    assert len(tab.context.pages) == 1


@pytest.mark.every_combination
def test_requests_go_on_in_the_order_of_submission(tab: Tab, sandbox: SandboxControl) -> None:
    # In which order a page's requests leave is its own; in which they arrive is the network's.
    tab.run(TRANSPORT)
    tab.new_client(transport='kept["transport"]')
    tab.sign_in()
    sandbox.expire_tokens()
    popup = tab.open_popup(FIFTY)
    wait_for_answers(tab)
    closing(popup, lambda: popup.get_by_test_id("consent-allow").click())
    tab.run('await kept["all"]')
    sent = tab.run('return kept["transport"].sent')
    assert len(sent) == 100
    replayed = [number for number, authorization in sent if authorization != sent[0][1]]
    assert replayed == [str(number) for number in range(50)]


@pytest.mark.parametrize(
    ("end", "kind"),
    [
        (lambda popup: closing(popup, lambda: popup.get_by_test_id("consent-deny").click()), "AccessDenied"),
        (lambda popup: popup.close(), "PopupClosed"),
    ],
    ids=["denied", "closed"],
)
def test_a_renewal_that_fails_is_reported_and_the_next_request_opens_a_new_popup(
    tab: Tab, sandbox: SandboxControl, end: object, kind: str
) -> None:
    tab.run(TRANSPORT)
    tab.new_client(transport='kept["transport"]')
    tab.sign_in()
    sandbox.expire_tokens()
    popup = tab.open_popup(FIFTY)
    shows(popup, "consent-allow")
    wait_for_answers(tab)
    end(popup)  # type: ignore[operator]
    assert tab.run('return (await kept["all"])["raised"]["type"]') == kind
    again = tab.open_popup('kept["again"] = asyncio.create_task(outcome(kept["podio"].get("/user/status")))')
    closing(again, lambda: again.get_by_test_id("consent-allow").click())
    assert tab.run('return (await kept["again"])["user"]["user_id"]') == 1001


@pytest.mark.every_combination
def test_a_background_renewal_is_blocked_and_says_so_at_once(tab: Tab, sandbox: SandboxControl) -> None:
    tab.sign_in()
    sandbox.expire_tokens()
    with pytest.raises(Raised) as raised:
        tab.run("""
            while js.navigator.userActivation.isActive:
                await asyncio.sleep(0.1)
            await kept["podio"].get("/user/status")
        """)
    assert raised.value.type == "PopupBlocked"
    tab.sign_in_again()
    assert tab.run('return (await kept["podio"].get("/user/status"))["user"]["user_id"]') == 1001


@pytest.mark.every_combination
@pytest.mark.parametrize("ref_in_fragment", [True, False], ids=["said", "asked"])
def test_a_renewal_as_somebody_else_writes_nothing(tab: Tab, sandbox: SandboxControl, ref_in_fragment: bool) -> None:
    sandbox.settings(ref_in_fragment=ref_in_fragment)
    tab.sign_in()
    sandbox.expire_tokens()
    sandbox.clear_calls()
    tab.context.clear_cookies()
    popup = tab.open_popup(
        """
        kept["write"] = asyncio.create_task(outcome(kept["podio"].put("/item/6101", {"fields": {"title": "Not mine"}})))
        """
    )
    allow(popup, "other@example.com", "other")
    assert tab.run('return (await kept["write"])["raised"]["code"]') == "account_changed"
    writes = [call for call in sandbox.calls() if call["method"] == "PUT"]
    assert [call["status"] for call in writes] == [401]


def test_a_token_that_is_known_to_have_ended_is_renewed_before_anything_is_sent(
    tab: Tab, sandbox: SandboxControl
) -> None:
    tab.run(RUNTIME)
    tab.new_client(runtime='kept["runtime"]')
    tab.sign_in()
    sandbox.clear_calls()
    tab.run('kept["runtime"].ahead = 28_801')
    assert not tab.run('return await kept["podio"].is_authenticated()')
    popup = tab.open_popup('kept["me"] = asyncio.create_task(outcome(kept["podio"].get("/user/status")))')
    closing(popup, lambda: popup.get_by_test_id("consent-allow").click())
    assert tab.run('return (await kept["me"])["user"]["user_id"]') == 1001
    assert [call["status"] for call in sandbox.calls() if call["path"] == "/user/status" and call["user_id"]] == [200]


def test_on_token_will_refresh_may_be_the_pages_own(tab: Tab, sandbox: SandboxControl) -> None:
    token = sandbox.issue_token("demo@example.com", "demo-client")
    tab.run('await kept["podio"].aclose()')
    tab.new_client(
        on_token_will_refresh=f"lambda podio: podio.set_access_token({token!r})",
        after_token_refreshed='lambda token: kept.__setitem__("told", token.ref["id"])',
    )
    tab.run('kept["podio"].set_access_token({"access_token": "revoked", "expires_in": 60})')
    assert tab.run('return (await kept["podio"].get("/user/status"))["user"]["user_id"]') == 1001
    assert tab.run('return kept["told"]') == 1001


def test_without_on_token_will_refresh_an_expired_session_is_login_required(tab: Tab, sandbox: SandboxControl) -> None:
    tab.run('await kept["podio"].aclose()')
    tab.new_client(on_token_will_refresh="None")
    tab.sign_in()
    sandbox.expire_tokens()
    with pytest.raises(Raised) as raised:
        tab.run('await kept["podio"].get("/user/status")')
    assert raised.value.code == "login_required"


def test_a_person_who_denies_keeps_what_they_typed(tab: Tab, sandbox: SandboxControl) -> None:
    tab.page.evaluate("() => document.body.insertAdjacentHTML('beforeend', '<textarea id=typed></textarea>')")
    tab.page.locator("#typed").fill("unsaved")
    deny(tab.open_popup())
    tab.run('await outcome(kept["task"])')
    tab.sign_in_again()
    expect(tab.page.locator("#typed")).to_have_value("unsaved")
    tab.page.evaluate("() => document.querySelector('#typed').remove()")
