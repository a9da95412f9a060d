"""`podio-web.js` in WebKit: the client for JavaScript, the page's own Python, and `PodioJS`."""

import pytest

from podio_web.testing import SandboxControl
from tests.browser.script_tag import INTERPRETERS
from tests.browser.test_script_tag_podio_js import PAGE
from tests.webkit.conftest import Watched
from tests.webkit.person import allow, deny
from tests.webkit.tab import Rejected, TagPage

PYTHON = """
from js import document
from podio_web.script_tag import when

said = document.getElementById("said")

@when("click", "#click")
async def show(event):
    me = await podio.get("/user/status")
    said.textContent = me["profile"]["name"]

said.textContent = "bound"
"""


def test_a_person_signs_in_and_stays_signed_in(tag: TagPage, interpreter: str) -> None:
    tag.open(interpreter=INTERPRETERS[interpreter]).ready()
    assert tag.run("return await podio.isAuthenticated()") is False
    allow(tag.popup_from("client.login()"))
    tag.run("await window.clicked")
    assert tag.run("return (await podio.get('/user/status')).profile.name") == "Demo Person"
    tag.window.driver.refresh()
    tag.ready()
    assert tag.run("return [await podio.isAuthenticated(), podio.token.ref.id]") == [True, 1001]
    tag.run("await podio.logout()")
    assert tag.run("return [await podio.isAuthenticated(), localStorage.length]") == [False, 0]


def test_a_denial_and_a_missing_item_are_errors_with_a_code(
    tag: TagPage, interpreter: str, sandbox: SandboxControl
) -> None:
    tag.open(interpreter=INTERPRETERS[interpreter]).ready()
    deny(tag.popup_from("client.login().catch(({ name, code }) => [name, code])"))
    assert tag.run("return await window.clicked") == ["AccessDenied", "access_denied"]
    tag.window.evaluate("podioWeb.ready.then((client) => client.setAccessToken(given[0]))", sandbox.issue_token())
    with pytest.raises(Rejected) as raised:
        tag.run("await podio.get('/item/999999')")
    assert (raised.value.name, raised.value.status) == ("NotFoundError", 404)


def test_the_page_s_own_python_shares_the_client(tag: TagPage, interpreter: str, sandbox: SandboxControl) -> None:
    tag.site.before += "window.onClick = () => {};"
    tag.open(interpreter=INTERPRETERS[interpreter], query={"block": PYTHON}).ready()
    tag.window.evaluate("podioWeb.ready.then((client) => client.setAccessToken(given[0]))", sandbox.issue_token())
    tag.window.shows("#said", "bound")
    tag.window.click("#click")
    tag.window.shows("#said", "Demo Person")


def test_what_the_page_s_python_raises_is_told(tag: TagPage, interpreter: str, watched: Watched) -> None:
    watched.expect("podio-web: ")
    tag.open(interpreter=INTERPRETERS[interpreter], query={"block": "nowhere"})
    told = tag.window.wait_for("heard.find(({ name }) => name === 'error')")
    assert "nowhere" in told["message"]


def test_a_page_for_podio_js_signs_in(tag: TagPage, sandbox: SandboxControl) -> None:
    tag.open(client_id="", api_url="").ready()
    tag.run(PAGE.replace("API", tag.site.api_url))
    url = "platform.getAuthorizationURL(location.origin + '/podio-web/callback.html')"
    allow(tag.popup_from(f"window.open({url}, 'auth_popup')"))
    tag.window.wait_for("platform.isAuthenticated().then(() => true, () => false)")
    assert tag.run("return (await platform.request('get', '/user/status')).profile.name") == "Demo Person"
