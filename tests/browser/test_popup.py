"""Signing in through a real popup: every way it can end, and that the next one works without a reload."""

import pytest

from podio_web.testing import SandboxControl
from tests.browser.lab import Lab, Raised, allow, closing, deny, enter_password, shows

pytestmark = pytest.mark.every_browser


def still_works(lab: Lab) -> None:
    """Sign in once more, in the same page."""
    lab.sign_in()
    assert lab.run('return (await lab["podio"].get("/user/status"))["profile"]["name"]') == "Demo Person"


def ends_with(lab: Lab, kind: str, code: str) -> Raised:
    with pytest.raises(Raised) as raised:
        lab.run('await lab["task"]')
    assert (raised.value.type, raised.value.code) == (kind, code)
    assert lab.run('return lab["podio"].token is None')
    return raised.value


@pytest.mark.every_combination
def test_a_person_signs_in_and_consents(lab: Lab) -> None:
    lab.run("""
        lab["heard"] = []
        lab["podio"].on("authenticated", lambda token: lab["heard"].append(token.ref["id"]))
    """)
    popup = lab.open_popup()
    enter_password(popup, password="wrong")
    shows(popup, "login-error")
    allow(popup)
    lab.run('await lab["task"]')
    assert lab.run('return [await lab["podio"].is_authenticated(), lab["heard"]]') == [True, [1001]]
    key = f"podio-web:session:{lab.api_url}:demo-client:client"
    assert lab.page.evaluate("Object.keys(localStorage)") == [key]
    assert "refresh" not in lab.page.evaluate("key => localStorage[key]", key)
    assert lab.page.evaluate("sessionStorage.length") == 0
    assert lab.run('return (await lab["podio"].get("/user/status"))["profile"]["name"]') == "Demo Person"


def test_a_second_visit_finds_the_session(lab: Lab) -> None:
    lab.sign_in()
    lab.run('await lab["podio"].aclose()')
    lab.new_client()
    assert lab.run('return await lab["podio"].is_authenticated()')


@pytest.mark.every_combination
@pytest.mark.parametrize(("denial_in", "state"), [("query", "echo"), ("fragment", "echo"), ("query", "drop")])
def test_a_denied_consent_is_access_denied(lab: Lab, sandbox: SandboxControl, denial_in: str, state: str) -> None:
    sandbox.settings(denial_in=denial_in, state=state)
    deny(lab.open_popup())
    ends_with(lab, "AccessDenied", "access_denied")
    sandbox.settings(state="echo")
    lab.context.clear_cookies()
    still_works(lab)


@pytest.mark.every_combination
def test_a_closed_popup_is_reported_within_two_and_a_half_seconds(lab: Lab) -> None:
    popup = lab.open_popup()
    shows(popup, "login-username")
    lab.page.evaluate("() => { window.labClosedAt = performance.now() }")
    popup.close()
    ends_with(lab, "PopupClosed", "popup_closed")
    assert lab.page.evaluate("performance.now() - window.labClosedAt") < 2500
    still_works(lab)


@pytest.mark.every_combination
def test_no_python_is_on_the_stack_while_the_window_opens(lab: Lab) -> None:
    """Firefox runs other events meanwhile; one that entered Pyodide there left it dead."""
    lab.page.evaluate("""() => {
        const open = window.open;
        Error.stackTraceLimit = Infinity;
        window.open = (...given) => {
            window.open = open;
            window.openedFrom = new Error().stack;
            return open.apply(window, given);
        };
    }""")
    allow(lab.open_popup())
    lab.run('await lab["task"]')
    lines = lab.page.evaluate("window.openedFrom").splitlines()
    # What Firefox adds about the past starts with a line such as "promise callback*...".
    past = next((number for number, line in enumerate(lines) if "*" in line), len(lines))
    assert "wasm" not in "\n".join(lines[:past])


@pytest.mark.every_combination
def test_a_popup_without_a_click_is_blocked_at_once(lab: Lab) -> None:
    with pytest.raises(Raised) as raised:
        # What a test evaluates counts as the person's own doing for a few seconds.
        lab.run("""
            while js.navigator.userActivation.isActive:
                await asyncio.sleep(0.1)
            await lab["podio"].login()
        """)
    assert (raised.value.type, raised.value.code) == ("PopupBlocked", "popup_blocked")
    still_works(lab)


def test_a_popup_that_nobody_answers_times_out(lab: Lab) -> None:
    lab.run('lab["podio"]._page._limit = 2.0')
    with lab.open_popup().expect_event("close"):
        ends_with(lab, "PopupTimeout", "popup_timeout")
    lab.run('await lab["podio"].aclose()')
    lab.new_client()
    still_works(lab)


def test_a_cancelled_task_closes_the_popup(lab: Lab) -> None:
    popup = lab.open_popup('lab["task"] = asyncio.create_task(lab["podio"].login())')
    shows(popup, "login-username")
    closing(popup, lambda: lab.run('lab["task"].cancel()'))
    assert (
        lab.run("""
        try:
            await lab["task"]
        except asyncio.CancelledError:
            return "cancelled"
    """)
        == "cancelled"
    )
    still_works(lab)


def test_a_log_out_meanwhile_cancels_the_popup(lab: Lab) -> None:
    popup = lab.open_popup()
    shows(popup, "login-username")
    closing(popup, lambda: lab.run('await lab["podio"].logout()'))
    ends_with(lab, "PopupCancelled", "popup_cancelled")
    still_works(lab)


def test_a_sign_in_that_is_cancelled_before_its_window_is_there_leaves_none_open(lab: Lab) -> None:
    lab.click("""
        lab["task"] = lab["podio"].login()
        lab["podio"]._page._popup.cancel()
    """)
    ends_with(lab, "PopupCancelled", "popup_cancelled")
    still_works(lab)
    assert len(lab.context.pages) == 1


def test_a_malformed_answer_is_refused(lab: Lab, sandbox: SandboxControl) -> None:
    sandbox.settings(malformed_response=True)
    allow(lab.open_popup())
    problem = ends_with(lab, "MalformedResponse", "malformed_response")
    assert "token" in problem.text
    sandbox.settings(malformed_response=False)
    lab.context.clear_cookies()
    still_works(lab)


@pytest.mark.parametrize("state", ["alter", "drop"])
def test_an_answer_with_another_state_is_refused(lab: Lab, sandbox: SandboxControl, state: str) -> None:
    sandbox.settings(state=state)
    allow(lab.open_popup())
    ends_with(lab, "StateMismatch", "state_mismatch")
    sandbox.settings(state="echo")
    lab.context.clear_cookies()
    still_works(lab)


def test_two_sign_ins_at_once_share_one_popup(lab: Lab) -> None:
    popup = lab.open_popup('lab["task"] = lab["podio"].login(); lab["other"] = lab["podio"].login()')
    allow(popup)
    lab.run('await lab["task"]; await lab["other"]')
    assert len(lab.context.pages) == 1


def test_messages_that_are_no_answer_to_this_attempt_are_not_heard(lab: Lab) -> None:
    popup = lab.open_popup()
    shows(popup, "login-username")
    forged = """(attempt) => JSON.stringify({type: "podio-web:response", version: 1, attempt,
        fragment: "#access_token=forged&expires_in=60&state=" + attempt, query: ""})"""
    attempt = lab.run('return lab["podio"]._page._popup._running._attempt.state')
    # From another origin, even with everything right.
    popup.evaluate(f"attempt => opener.postMessage(({forged})(attempt), '*')", attempt)
    # From this origin, with something wrong.
    lab.page.evaluate(f"() => postMessage(({forged})('other'), location.origin)")
    lab.page.evaluate("() => { postMessage(null, '*'); postMessage({type: 'podio-web:response'}, '*') }")
    allow(popup)
    lab.run('await lab["task"]')
    assert lab.run('return lab["podio"].token.access_token != "forged"')
