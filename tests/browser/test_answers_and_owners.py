"""A redirect's answer: whose it is, how long it waits, and what stands where the callback page should be."""

from collections.abc import Callable

import pytest

from podio_web.sandbox.site import Site
from podio_web.testing import SandboxControl
from tests.browser.lab import Lab, Raised, deny, enter_password, shows

pytestmark = pytest.mark.every_browser

NewLab = Callable[..., Lab]

OTHERS = {
    "another client id": 'client_id="other-client"',
    "another API": 'client_id="demo-client", api_url="https://api.example"',
    "another redirect URI": 'client_id="demo-client", redirect_uri=js.location.origin + "/elsewhere.html"',
}
MAKE_OTHER = """
    options = dict(client_id="demo-client", api_url={api_url!r}, session_store=podio_web.MemoryStore())
    options.update(dict({changes}))
    lab["other"] = podio_web.Podio("client", **options)
"""


def leave_and_consent(lab: Lab) -> None:
    """Sign in by redirect, and be back on the lab page, with no client made yet."""
    lab.start('await lab["podio"].login(method="redirect")')
    if not lab.context.cookies(lab.api_url):
        enter_password(lab.page)
    lab.page.get_by_test_id("consent-allow").click()
    lab.page.wait_for_url("**/tests/lab.html?*")
    lab.wait()


@pytest.mark.parametrize("other", OTHERS)
def test_only_the_client_that_asked_takes_the_answer_though_another_is_made_first(new_lab: NewLab, other: str) -> None:
    lab = new_lab().open()
    lab.new_client()
    leave_and_consent(lab)
    lab.run(MAKE_OTHER.format(api_url=lab.api_url, changes=OTHERS[other]))
    assert lab.run('return [await lab["other"].is_authenticated(), lab["other"].has_auth_error()]') == [False, False]
    assert lab.page.evaluate("sessionStorage.length") == 0
    lab.new_client()
    assert lab.run('return [await lab["podio"].is_authenticated(), lab["podio"].token.ref["id"]]') == [True, 1001]
    assert lab.page.evaluate("Object.getOwnPropertyNames(window).filter(name => name.startsWith('podio-web'))") == []


@pytest.mark.parametrize("way", ["closed at once", "closed later", "made twice"])
def test_an_answer_waits_until_it_has_been_stored(new_lab: NewLab, way: str) -> None:
    """React's StrictMode makes each client twice, and so does a module that is loaded anew."""
    lab = new_lab().open()
    lab.new_client()
    leave_and_consent(lab)
    lab.new_client(session_store="podio_web.MemoryStore()")
    if way != "made twice":
        lab.run("await asyncio.sleep(0.05)" if way == "closed later" else "")
        lab.run('await lab["podio"].aclose()')
    lab.new_client()
    found = lab.run('return await lab["podio"].is_authenticated()')
    # A client that has had its time has stored the answer, in its own store.
    assert found is (way != "closed later")


def test_an_answer_is_stored_though_the_page_never_asks(new_lab: NewLab) -> None:
    lab = new_lab().open()
    lab.new_client()
    leave_and_consent(lab)
    lab.new_client()
    lab.page.wait_for_function("Object.keys(localStorage).length === 1")
    lab.page.reload()
    lab.wait()
    lab.new_client()
    assert lab.run('return await lab["podio"].is_authenticated()')


def test_a_page_that_does_not_start_leaves_nothing_that_lasts(new_lab: NewLab) -> None:
    lab = new_lab().open()
    lab.new_client()
    lab.page.route("**/tests/lab.html?*", lambda route: route.fulfill(status=500, body="no page"))
    lab.start('await lab["podio"].login(method="redirect")')
    enter_password(lab.page)
    lab.page.get_by_test_id("consent-allow").click()
    lab.page.wait_for_url("**/tests/lab.html?*")
    left = str(lab.page.evaluate("sessionStorage.getItem('podio-web:handover')"))
    assert "access_token" in left
    assert "refresh" not in left
    lab.page.unroute("**/tests/lab.html?*")
    # Whatever page of ours comes next takes it out; a quarter of an hour later it is no answer any more.
    lab.page.evaluate("""() => {
        const left = JSON.parse(sessionStorage.getItem("podio-web:handover"));
        sessionStorage.setItem("podio-web:handover", JSON.stringify({...left, time: left.time - 901_000}));
    }""")
    lab.page.goto(f"/tests/lab.html?interpreter={lab.interpreter}&later")
    lab.wait()
    lab.new_client()
    assert lab.page.evaluate("sessionStorage.getItem('podio-web:handover')") is None
    assert lab.run('return [await lab["podio"].is_authenticated(), lab["podio"].has_auth_error()]') == [False, False]


@pytest.mark.parametrize("query", ["&path=C:\\x", "&next=//evil.example", "&a=%5C%5C#/b\\c"])
def test_the_way_back_is_the_pages_own_route(new_lab: NewLab, query: str) -> None:
    lab = new_lab().open(query)
    route = lab.page.evaluate("location.href")
    lab.new_client()
    leave_and_consent(lab)
    lab.new_client()
    assert lab.page.evaluate("location.href") == route
    assert lab.run('return await lab["podio"].is_authenticated()')


def test_a_refusal_without_our_state_is_told_after_a_redirect(new_lab: NewLab, sandbox: SandboxControl) -> None:
    sandbox.settings(state="drop")
    lab = new_lab().open()
    lab.new_client()
    lab.start('await lab["podio"].login(method="redirect")')
    enter_password(lab.page)
    lab.page.get_by_test_id("consent-deny").click()
    lab.page.wait_for_url("**/tests/lab.html?*")
    lab.wait()
    lab.new_client()
    assert lab.run('return lab["podio"].get_auth_error().code') == "access_denied"


# --- Something else where the callback page should be ---

WRONG = {
    "a 404": ({"status": 404, "body": "Not found", "content_type": "text/html"}, None),
    "the app itself": ({"status": 200, "body": "<title>App</title><h1>App</h1>", "content_type": "text/html"}, None),
    "an app that goes elsewhere": (
        {
            "status": 200,
            "body": "<script>history.replaceState(null, '', '/login')</script>",
            "content_type": "text/html",
        },
        "/login",
    ),
    "a file to download": ({"status": 200, "body": "text", "content_type": "text/plain"}, None),
}


@pytest.mark.parametrize("what", WRONG)
def test_whatever_stands_in_the_callback_pages_place_is_named(lab: Lab, what: str) -> None:
    answer, path = WRONG[what]
    lab.context.route("**/static/callback.html*", lambda route: route.fulfill(**answer))
    popup = lab.open_popup()
    enter_password(popup)
    popup.get_by_test_id("consent-allow").click()
    with pytest.raises(Raised) as raised:
        lab.run('await lab["task"]')
    lab.context.unroute("**/static/callback.html*")
    assert raised.value.code == "callback_missing"
    assert (path or "/static/callback.html") in raised.value.text
    assert "access_token" not in raised.value.text
    popup.wait_for_event("close") if not popup.is_closed() else None
    lab.sign_in_again()


def test_a_denial_at_a_missing_callback_page_is_told_too(lab: Lab) -> None:
    lab.context.route("**/static/callback.html*", lambda route: route.fulfill(status=404, body="Not found"))
    popup = lab.open_popup()
    enter_password(popup)
    popup.get_by_test_id("consent-deny").click()
    with pytest.raises(Raised) as raised:
        lab.run('await lab["task"]')
    lab.context.unroute("**/static/callback.html*")
    assert raised.value.code == "callback_missing"


def test_a_person_who_types_for_long_is_not_at_the_wrong_place(lab: Lab) -> None:
    popup = lab.open_popup()
    shows(popup, "login-username")
    assert not lab.run('await asyncio.sleep(4); return lab["podio"]._page._popup._running is None')
    deny(popup)


# --- Frames ---


def framed(lab: Lab, site: Site, attributes: str) -> str:
    """Open the lab in a frame of another document; return what its client says of signing in."""
    lab.page.goto("/tests/blank.html")
    lab.page.evaluate(
        """attributes => {
            document.body.innerHTML = `<iframe ${attributes}></iframe>`;
        }""",
        attributes,
    )
    frame = lab.page.frames[-1]
    frame.wait_for_function("window.labReady || window.labError")
    assert frame.evaluate("window.labReady ? null : window.labError") is None
    text: str = frame.evaluate(
        "source => window.labRun(source)",
        f"""
try:
    podio = podio_web.Podio("client", client_id="demo-client", api_url={lab.api_url!r})
    podio.set_access_token({{"access_token": "abc"}})
    podio.login()
    return "opened"
except podio_web.SignInError as problem:
    return problem.code + ": " + str(problem)
""",
    )
    return text


def test_a_sandboxed_frame_is_refused_at_once_with_the_reason(new_lab: NewLab, site: Site) -> None:
    lab = new_lab()
    address = f"/tests/lab.html?interpreter={lab.interpreter}"
    said = framed(lab, site, f'sandbox="allow-scripts allow-popups" src="{address}"')
    assert "allow-same-origin" in said
    assert "popup_blocked" in said
