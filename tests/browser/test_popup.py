"""Signing in through a real popup: every way it can end, and that the next one works without a reload."""

from urllib.parse import parse_qs, urlsplit

import pytest

from podio_web.testing import SandboxControl
from tests.browser.tab import (
    Raised,
    Tab,
    allow,
    close_popup,
    closing,
    deny,
    enter_password,
    noticed,
    shows,
    wait_until_closed,
)

pytestmark = pytest.mark.every_browser


def still_works(tab: Tab) -> None:
    """Sign in once more, in the same page."""
    tab.sign_in()
    assert tab.run('return (await kept["podio"].get("/user/status"))["profile"]["name"]') == "Demo Person"


def ends_with(tab: Tab, kind: str, code: str) -> Raised:
    with pytest.raises(Raised) as raised:
        tab.run('await kept["task"]')
    assert (raised.value.type, raised.value.code) == (kind, code)
    assert tab.run('return kept["podio"].token is None')
    return raised.value


@pytest.mark.every_combination
def test_a_person_signs_in_and_consents(tab: Tab) -> None:
    tab.run("""
        kept["heard"] = []
        kept["podio"].on("authenticated", lambda token: kept["heard"].append(token.ref["id"]))
    """)
    popup = tab.open_popup()
    enter_password(popup, password="wrong")
    shows(popup, "login-error")
    allow(popup)
    tab.run('await kept["task"]')
    assert tab.run('return [await kept["podio"].is_authenticated(), kept["heard"]]') == [True, [1001]]
    key = f"podio-web:session:{tab.api_url}:demo-client:client"
    assert tab.page.evaluate("Object.keys(localStorage)") == [key]
    assert "refresh" not in tab.page.evaluate("key => localStorage[key]", key)
    assert tab.page.evaluate("sessionStorage.length") == 0
    assert tab.run('return (await kept["podio"].get("/user/status"))["profile"]["name"]') == "Demo Person"


def test_a_second_visit_finds_the_session(tab: Tab) -> None:
    tab.sign_in()
    tab.run('await kept["podio"].aclose()')
    tab.new_client()
    assert tab.run('return await kept["podio"].is_authenticated()')


@pytest.mark.every_combination
@pytest.mark.parametrize(("denial_in", "state"), [("query", "echo"), ("fragment", "echo"), ("query", "drop")])
def test_a_denied_consent_is_access_denied(tab: Tab, sandbox: SandboxControl, denial_in: str, state: str) -> None:
    sandbox.settings(denial_in=denial_in, state=state)
    deny(tab.open_popup())
    ends_with(tab, "AccessDenied", "access_denied")
    sandbox.settings(state="echo")
    tab.context.clear_cookies()
    still_works(tab)


@pytest.mark.every_combination
def test_a_closed_popup_is_reported_within_two_and_a_half_seconds(tab: Tab) -> None:
    popup = tab.open_popup()
    shows(popup, "login-username")
    close_popup(tab, popup)
    code, seconds = noticed(tab)
    assert code == "popup_closed"
    assert seconds < 2.5
    assert tab.run('return kept["podio"].token is None')
    still_works(tab)


@pytest.mark.every_combination
def test_no_python_is_on_the_stack_while_the_window_opens(tab: Tab) -> None:
    """Firefox runs other events meanwhile; one that entered Pyodide there left it dead."""
    tab.page.evaluate("""() => {
        const open = window.open;
        Error.stackTraceLimit = Infinity;
        window.open = (...given) => {
            window.open = open;
            window.openedFrom = new Error().stack;
            return open.apply(window, given);
        };
    }""")
    allow(tab.open_popup())
    tab.run('await kept["task"]')
    lines = tab.page.evaluate("window.openedFrom").splitlines()
    # What Firefox adds about the past starts with a line such as "promise callback*...".
    past = next((number for number, line in enumerate(lines) if "*" in line), len(lines))
    assert "wasm" not in "\n".join(lines[:past])


@pytest.mark.every_combination
def test_a_popup_without_a_click_is_blocked_at_once(tab: Tab) -> None:
    with pytest.raises(Raised) as raised:
        # What a test evaluates counts as the person's own doing for a few seconds.
        tab.run("""
            while js.navigator.userActivation.isActive:
                await asyncio.sleep(0.1)
            await kept["podio"].login()
        """)
    assert (raised.value.type, raised.value.code) == ("PopupBlocked", "popup_blocked")
    still_works(tab)


def test_a_popup_that_nobody_answers_times_out(tab: Tab) -> None:
    tab.run('await kept["podio"].aclose()')
    tab.new_client(login_timeout="2.0")
    popup = tab.open_popup()
    ends_with(tab, "PopupTimeout", "popup_timeout")
    wait_until_closed(popup)
    tab.run('await kept["podio"].aclose()')
    tab.new_client()
    still_works(tab)


def test_a_cancelled_task_closes_the_popup(tab: Tab) -> None:
    popup = tab.open_popup('kept["task"] = asyncio.create_task(kept["podio"].login())')
    shows(popup, "login-username")
    closing(popup, lambda: tab.run('kept["task"].cancel()'))
    assert (
        tab.run("""
        try:
            await kept["task"]
        except asyncio.CancelledError:
            return "cancelled"
    """)
        == "cancelled"
    )
    still_works(tab)


def test_a_log_out_meanwhile_cancels_the_popup(tab: Tab) -> None:
    popup = tab.open_popup()
    shows(popup, "login-username")
    closing(popup, lambda: tab.run('await kept["podio"].logout()'))
    ends_with(tab, "PopupCancelled", "popup_cancelled")
    still_works(tab)


def test_a_log_out_before_the_window_is_there_leaves_none_open(tab: Tab) -> None:
    tab.click("""
        kept["task"] = kept["podio"].login()
        kept["left"] = kept["podio"].logout()
    """)
    tab.run('await kept["left"]')
    ends_with(tab, "PopupCancelled", "popup_cancelled")
    still_works(tab)
    assert len(tab.context.pages) == 1


def test_a_malformed_answer_is_refused(tab: Tab, sandbox: SandboxControl) -> None:
    sandbox.settings(malformed_response=True)
    allow(tab.open_popup())
    problem = ends_with(tab, "MalformedResponse", "malformed_response")
    assert "token" in problem.text
    sandbox.settings(malformed_response=False)
    tab.context.clear_cookies()
    still_works(tab)


@pytest.mark.parametrize("state", ["alter", "drop"])
def test_an_answer_with_another_state_is_refused(tab: Tab, sandbox: SandboxControl, state: str) -> None:
    sandbox.settings(state=state)
    allow(tab.open_popup())
    ends_with(tab, "StateMismatch", "state_mismatch")
    sandbox.settings(state="echo")
    tab.context.clear_cookies()
    still_works(tab)


def test_two_sign_ins_at_once_share_one_popup(tab: Tab) -> None:
    popup = tab.open_popup('kept["task"] = kept["podio"].login(); kept["other"] = kept["podio"].login()')
    allow(popup)
    tab.run('await kept["task"]; await kept["other"]')
    assert len(tab.context.pages) == 1


def test_messages_that_answer_another_request_are_not_heard(tab: Tab) -> None:
    popup = tab.open_popup()
    shows(popup, "login-username")
    forged = """(state) => JSON.stringify({type: "podio-web:response", version: 1, attempt: state,
        fragment: "#access_token=forged&expires_in=60&state=" + state, query: ""})"""
    (state,) = parse_qs(urlsplit(popup.url).query)["state"]
    # From another origin, even with everything right.
    popup.evaluate(f"state => opener.postMessage(({forged})(state), '*')", state)
    # From this origin, with something wrong.
    tab.page.evaluate(f"() => postMessage(({forged})('other'), location.origin)")
    tab.page.evaluate("() => { postMessage(null, '*'); postMessage({type: 'podio-web:response'}, '*') }")
    allow(popup)
    tab.run('await kept["task"]')
    assert tab.run('return kept["podio"].token.access_token != "forged"')
