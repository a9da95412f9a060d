"""`podio-web.js` in a page without PyScript: the client in JavaScript's own habits, and the page's own Python."""

import pytest
from playwright.sync_api import BrowserContext, Route, expect

from podio_web.testing import SandboxControl
from tests.browser.script_tag import INTERPRETERS, Rejected, TagPage
from tests.browser.tab import allow, enter_password
from tests.browser.watch import Watched


@pytest.fixture
def tag(profile: BrowserContext, sandbox: SandboxControl) -> TagPage:
    """A page that has not loaded anything yet."""
    return TagPage(profile, sandbox.url)


@pytest.fixture
def client(tag: TagPage, interpreter: str, sandbox: SandboxControl) -> TagPage:
    """A page with a client that is signed in."""
    tag.open(interpreter=INTERPRETERS[interpreter]).ready()
    token = sandbox.issue_token()
    tag.page.evaluate("async token => (await podioWeb.ready).setAccessToken(token)", token)
    return tag


@pytest.mark.every_combination
def test_a_person_signs_in_and_the_client_calls(tag: TagPage, interpreter: str) -> None:
    tag.open(interpreter=INTERPRETERS[interpreter]).ready()
    assert tag.run("return await podio.isAuthenticated()") is False
    allow(tag.popup_from("client.login()"))
    tag.run("await window.clicked")
    assert tag.run("return (await podio.get('/user/status')).profile.name") == "Demo Person"
    assert tag.run("return [await podio.isAuthenticated(), podio.token.ref.id, JSON.stringify(podio.token)]")[:2] == [
        True,
        1001,
    ]
    assert "accessToken" not in tag.run("return JSON.stringify(podio.token)")


def test_progress_and_ready_are_told_once_and_no_error(tag: TagPage, interpreter: str) -> None:
    tag.open(interpreter=INTERPRETERS[interpreter]).ready()
    steps = [(event["loaded"], event["total"]) for event in tag.heard("progress")]
    assert steps == sorted(steps)
    assert steps[-1][0] == steps[-1][1] > 400_000
    assert [event["interpreter"] for event in tag.heard("ready")] == [INTERPRETERS[interpreter]]
    assert not tag.heard("error")
    assert tag.run("return document.querySelector('.podio-web-error')") is None


def test_a_classic_script_has_everything_at_once(tag: TagPage) -> None:
    tag.page.add_init_script("window.loaded = () => { window.seen = [typeof PodioJS, typeof podioWeb.ready.then] }")
    tag.open(query={"classic": "yes"}).ready()
    assert tag.run("return window.seen") == ["function", "function"]
    assert tag.run("return typeof FILES") == "undefined"


def test_answers_keep_their_numbers_and_calls_their_options(client: TagPage, sandbox: SandboxControl) -> None:
    filtered = "podio.post('/item/app/3001/filter/', {limit: 2, sort_by: 'created_on'})"
    assert len(client.run(f"return (await {filtered}).items")) == 2
    sandbox.clear_calls()
    client.run("await podio.get('/user/status', {a: [1, 2]}, {params: {b: true}, timeout: 5})")
    assert sandbox.calls()[-1]["path"] == "/user/status"


def test_micropython_asks_podio_before_the_page_does_anything_else(tag: TagPage, sandbox: SandboxControl) -> None:
    tag.open().ready()
    tag.page.evaluate("async token => (await podioWeb.ready).setAccessToken(token)", sandbox.issue_token())
    asked = tag.run("""
        let asked = 0;
        const real = window.fetch;
        window.fetch = (...given) => { asked += 1; return real(...given) };
        const answer = podio.get("/user/status");
        await null;
        const soon = asked;
        await answer;
        return [soon, asked];
    """)
    assert asked == [1, 1]


def test_errors_are_errors_with_name_code_and_status(client: TagPage) -> None:
    with pytest.raises(Rejected) as raised:
        client.run("await podio.get('/item/999999')")
    problem = raised.value
    assert (problem.name, problem.code, problem.status) == ("NotFoundError", "not_found", 404)
    assert problem.problem["path"] == "/item/999999"
    assert client.run("try { await podio.get('/item/999999') } catch (error) { return error instanceof Error }")
    for source, name, code in (
        ("await podio.get('https://elsewhere.example/')", "TypeError", "wrong_argument"),
        ("await podio.get('/user/status', null, {retries: 3})", "TypeError", "wrong_argument"),
        ("podio.on('nothing', () => {})", "TypeError", "wrong_argument"),
        ("await podio.login({method: 'letter'})", "TypeError", "wrong_argument"),
        ("await podio.logout(); await podio.get('/user/status')", "LoginRequired", "login_required"),
    ):
        with pytest.raises(Rejected) as raised:
            client.run(source)
        assert (raised.value.name, raised.value.code) == (name, code), source


def test_events_have_names_in_camel_case_and_handlers_can_be_removed(client: TagPage) -> None:
    client.run("""
        window.told = [];
        window.remove = podio.on("loggedOut", detail => told.push(["loggedOut", detail]));
        podio.on("authenticated", token => told.push(["authenticated", token.accessToken, JSON.stringify(token)]));
        podio.setAccessToken({access_token: "another", expires_in: 60});
        await podio.logout();
        remove();
        podio.setAccessToken({access_token: "another", expires_in: 60});
        await podio.logout();
    """)
    told = client.run("return told")
    assert [event for event, *_ in told] == ["authenticated", "loggedOut", "authenticated"]
    assert told[0][1] == "another"
    assert "another" not in told[0][2]


def test_a_page_s_own_python_shares_the_client(tag: TagPage, interpreter: str, sandbox: SandboxControl) -> None:
    source = """
from js import document
from podio_web.script_tag import when

said = document.getElementById("said")

@when("click", "#click")
async def show(event):
    me = await podio.get("/user/status")
    said.textContent = me["profile"]["name"]

said.textContent = "bound"
"""
    tag.page.add_init_script("window.onClick = () => {}")
    tag.open(interpreter=INTERPRETERS[interpreter], query={"block": source}).ready()
    tag.page.evaluate("async token => (await podioWeb.ready).setAccessToken(token)", sandbox.issue_token())
    expect(tag.page.locator("#said")).to_have_text("bound")
    tag.page.locator("#click").click()
    expect(tag.page.locator("#said")).to_have_text("Demo Person")


def test_what_the_page_s_python_raises_is_told(tag: TagPage, watched, interpreter: str) -> None:
    watched.expect("podio-web: ")
    tag.open(interpreter=INTERPRETERS[interpreter], query={"block": "nowhere"})
    problem = tag.wait_for("error")
    assert problem["code"] == "python_error"
    assert "nowhere" in problem["message"]
    expect(tag.page.get_by_role("alert")).to_contain_text("nowhere")


def test_without_a_client_id_the_client_says_so(tag: TagPage) -> None:
    tag.open(client_id="").ready()
    with pytest.raises(Rejected, match="data-client-id is missing"):
        tag.run("await podio.isAuthenticated()")


def test_what_must_answer_at_once_says_that_python_is_not_ready(tag: TagPage) -> None:
    tag.page.add_init_script("""
        window.loaded = () => {
          const platform = new PodioJS({authType: "client", clientId: "demo-client"});
          try {
            platform.getAuthorizationURL("https://example.com/");
          } catch (error) {
            window.seen = [error.code, error.message];
          }
        };
    """)
    tag.open(query={"classic": "yes"}).ready()
    code, message = tag.run("return window.seen")
    assert code == "not_ready"
    assert "Await podioWeb.ready" in message


def test_log_out_and_sign_in_in_one_click_is_a_sign_in(client: TagPage) -> None:
    popup = client.popup_from("client.logout(), client.login()")
    allow(popup)
    client.run("await window.clicked")
    assert client.run("return podio.token.ref.id") == 1001


# --- What a start does without ---

# So that a slow machine does not come to rest before the click.
NEVER_AT_REST = """
    const wait = self.setTimeout;
    self.setTimeout = (act, delay, ...given) => given[0] === "sign_in" ? 0 : wait(act, delay, ...given);
"""


@pytest.mark.parametrize("interpreter", ["mpy"], indirect=True)
def test_a_click_that_comes_before_the_sign_in_part_waits_for_it(tag: TagPage, interpreter: str) -> None:
    tag.page.add_init_script(NEVER_AT_REST)
    tag.page.add_init_script("try { localStorage.setItem('podio-web:made-up', '') } catch { /* a blank page */ }")
    asked: list[Route] = []
    tag.page.route("**/sign_in-*.json", lambda route: asked.append(route))
    tag.open(interpreter=INTERPRETERS[interpreter]).ready()
    assert asked == [], "a page that may have a session starts without it"
    tag.page.evaluate("() => { window.onClick = () => client.login() }")
    with tag.page.expect_request("**/sign_in-*.json"):
        tag.page.locator("#click").click()
    while not asked:
        tag.page.wait_for_timeout(20)
    with tag.page.expect_popup() as popup:
        asked[0].continue_()
    allow(popup.value)
    tag.run("await window.clicked")
    assert tag.run("return podio.token.ref.id") == 1001


@pytest.mark.parametrize("interpreter", ["mpy"], indirect=True)
def test_a_redirect_response_is_read_before_the_client_is_ready(tag: TagPage, interpreter: str) -> None:
    tag.page.add_init_script("try { localStorage.setItem('podio-web:made-up', '') } catch { /* a blank page */ }")
    # A handler of the event is the first that may ask.
    tag.page.add_init_script("""addEventListener("podio-web:ready", ({ detail: { client } }) => {
      window.seen = [client.hasAuthError(), client.getAuthError()?.code];
    });""")
    tag.open(interpreter=INTERPRETERS[interpreter]).ready()
    route = tag.page.url
    assert tag.run("return window.seen") == [False, None]
    tag.page.evaluate("() => { client.login({ method: 'redirect' }) }")
    enter_password(tag.page)
    tag.page.get_by_test_id("consent-allow").click()
    tag.page.wait_for_url(route)
    tag.ready()
    assert tag.run("return [await podio.isAuthenticated(), podio.token.ref.id, ...window.seen]") == [
        True,
        1001,
        False,
        None,
    ]
    # A response that nobody requested, as an attacker would write it.
    for name in ("access_token", "%61ccess%5ftoken"):
        tag.page.goto("about:blank")
        tag.page.goto(f"{route}#{name}=somebodys&expires_in=60")
        tag.ready()
        assert tag.run("return window.seen") == [True, "unsolicited"]
        assert "somebodys" not in tag.page.evaluate("location.href")


@pytest.mark.parametrize("interpreter", ["mpy"], indirect=True)
def test_a_response_that_another_interpreter_has_kept_is_read_before_the_client_is_ready(
    tag: TagPage, interpreter: str
) -> None:
    tag.page.add_init_script("""
        try { localStorage.setItem("podio-web:made-up", ""); } catch { /* a blank page */ }
        const value = JSON.stringify({ state: "", attempt: "", fragment: "access_token=somebodys", query: "" });
        Object.defineProperty(window, "podio-web:answer", { value, configurable: true });
        addEventListener("podio-web:ready", ({ detail: { client } }) => { window.seen = client.getAuthError()?.code; });
    """)
    tag.open(interpreter=INTERPRETERS[interpreter]).ready()
    assert tag.run("return window.seen") == "unsolicited"


@pytest.mark.parametrize("interpreter", ["mpy"], indirect=True)
def test_a_sign_in_part_that_does_not_come_is_told(tag: TagPage, watched: Watched, interpreter: str) -> None:
    watched.expect("sign_in-|Failed to load resource")
    tag.page.add_init_script("try { localStorage.setItem('podio-web:made-up', '') } catch { /* a blank page */ }")
    tag.replace("/sign_in-", status=404)
    tag.open(interpreter=INTERPRETERS[interpreter]).ready()
    with pytest.raises(Rejected) as raised:
        tag.run("await podio.login()")
    assert raised.value.name == "ConnectionFailed"
