"""`window.PodioJS`: pages that were written for podio-js, and podio-js's own published example."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from podio_web.sandbox.demo_server import Site
from podio_web.testing import SandboxControl
from tests.browser.script_tag import Rejected, TagPage
from tests.browser.tab import allow, closing, deny, enter_password
from tests.browser.watch import Watched

PLATFORM = "new PodioJS({authType: 'client', clientId: 'demo-client'}, {apiURL: 'API'})"

# A store as podio-js wants it, on a plain object, and a page that renews its session in a window of its own.
PAGE = """
window.kept = {};
window.refreshed = [];
const sessionStore = {
  get: (authType, callback) => callback(kept[authType]),
  set: (session, authType) => { kept[authType] = session; },
};
const onTokenWillRefresh = (callback) => {
  window.onAuthCompleted = callback;
  window.open(window.platform.getAuthorizationURL(location.origin + "/podio-web/callback.html"), "auth_popup");
};
const afterTokenRefreshed = (response) => refreshed.push(response);
window.platform = new PodioJS({authType: "client", clientId: "demo-client"},
  {apiURL: "API", sessionStore, onTokenWillRefresh, afterTokenRefreshed});
"""


@pytest.fixture
def tag(profile: BrowserContext, sandbox: SandboxControl) -> TagPage:
    """A page with `podio-web.js`, whose client id and API are its own business."""
    return TagPage(profile, sandbox.url).open(client_id="", api_url="").ready()


@pytest.fixture
def platform(tag: TagPage) -> TagPage:
    """The page with `window.platform`, to which nobody has signed in."""
    tag.run(PAGE.replace("API", tag.api_url))
    return tag


def signed_in(page: TagPage, sandbox: SandboxControl) -> TagPage:
    page.page.evaluate("token => platform.setAccessToken(token)", sandbox.issue_token())
    return page


def rejected(page: TagPage, source: str) -> Rejected:
    with pytest.raises(Rejected) as raised:
        page.run(source)
    return raised.value


def test_calls_made_before_python_is_ready_wait_for_it(
    new_context: Callable[..., BrowserContext], sandbox: SandboxControl
) -> None:
    tag = TagPage(new_context(), sandbox.url)
    tag.page.add_init_script(f"window.token = {json.dumps(sandbox.issue_token())}")
    tag.page.add_init_script(
        "window.loaded = () => {"
        f"const platform = {PLATFORM.replace('API', sandbox.url)};"
        "platform.setAccessToken(token);"
        "window.order = [];"
        "platform.isAuthenticated().then(() => order.push('authenticated'));"
        "window.answer = platform.request('get', '/user/status');"
        "}"
    )
    tag.open(query={"classic": "yes"})
    assert tag.run("return (await window.answer).profile.name") == "Demo Person"
    assert tag.run("return order") == ["authenticated"]


def test_a_client_that_is_made_while_a_part_is_still_on_its_way_waits_for_its_own(
    new_context: Callable[..., BrowserContext], sandbox: SandboxControl
) -> None:
    tag = TagPage(new_context(), sandbox.url)
    page, held = tag.page, dict[str, Route]()
    page.route("**/assets/sign_in-*", lambda route: held.update(sign_in=route))
    page.route("**/assets/podio_js-*", lambda route: held.update(podio_js=route))
    with (
        page.expect_request("**/assets/sign_in-*"),
        page.expect_request_finished(lambda request: request.url.endswith(".wasm")),
    ):
        tag.open()
    page.wait_for_function("() => !!window.PodioJS")
    page.wait_for_timeout(300)  # Python starts, and waits for the part
    made = PLATFORM.replace("API", sandbox.url)
    with page.expect_request("**/assets/podio_js-*"):
        page.evaluate(f"() => {{ window.told = {made}.isAuthenticated().catch((error) => error.code); }}")
    held["sign_in"].continue_()
    page.wait_for_timeout(300)  # time enough to ask Python for what it has not got yet
    held["podio_js"].continue_()
    assert page.evaluate("window.told") == "login_required"


def test_is_authenticated_resolves_and_rejects_without_a_value(platform: TagPage, sandbox: SandboxControl) -> None:
    problem = rejected(platform, "await platform.isAuthenticated()")
    assert (problem.name, problem.code) == ("PodioForbiddenError", "login_required")
    signed_in(platform, sandbox)
    assert platform.run("return await platform.isAuthenticated()") is None


def test_the_session_goes_through_the_page_s_own_store(platform: TagPage, sandbox: SandboxControl) -> None:
    token = sandbox.issue_token()["access_token"]
    platform.run(f"kept.client = {{accessToken: '{token}', expiresIn: '28800', refreshToken: 'never-used'}}")
    platform.run("await platform.isAuthenticated()")
    assert platform.run("return (await platform.request('get', '/user/status')).profile.name") == "Demo Person"
    assert platform.run("return platform.authObject.accessToken") == token
    assert platform.run("return 'refreshToken' in platform.authObject") is False


@pytest.mark.parametrize(
    "store",
    [
        "get: async (authType) => kept[authType], set: async (session, authType) => { kept[authType] = session }",
        "get: (authType) => kept[authType] ?? {}, set: (session, authType) => { kept[authType] = session }",
        "get: (authType, callback) => { setTimeout(callback, 0, kept[authType]) }, "
        "set: (session, authType, callback) => { kept[authType] = session; setTimeout(callback) }",
    ],
)
def test_a_store_may_call_back_or_promise_or_return(tag: TagPage, sandbox: SandboxControl, store: str) -> None:
    token = sandbox.issue_token()["access_token"]
    tag.run(f"""
        window.kept = {{client: {{accessToken: "{token}", expiresIn: 60}}}};
        window.platform = new PodioJS({{authType: "client", clientId: "demo-client"}},
          {{apiURL: "{tag.api_url}", sessionStore: {{ {store} }}}});
        await platform.refreshAuthFromStore();
        await new Promise(resolve => platform.refreshAuthFromStore(resolve));
    """)
    assert tag.run("return (await platform.request('get', '/user/status')).profile.name") == "Demo Person"


def test_a_store_that_throws_is_replaced_by_memory(tag: TagPage, sandbox: SandboxControl) -> None:
    tag.run(f"""
        const sessionStore = {{ get() {{ throw new Error("no") }}, set() {{ throw new Error("no") }} }};
        window.platform = new PodioJS({{authType: "client", clientId: "demo-client"}},
          {{apiURL: "{tag.api_url}", sessionStore}});
    """)
    rejected(tag, "await platform.isAuthenticated()")
    signed_in(tag, sandbox)
    assert tag.run("return (await platform.request('get', '/user/status')).profile.name") == "Demo Person"


def test_errors_have_podio_js_s_names_and_podio_s_answer_for_a_message(
    platform: TagPage, sandbox: SandboxControl
) -> None:
    problem = rejected(platform, "await platform.request('get', '/user/status')")
    assert (problem.name, problem.status) == ("PodioForbiddenError", 403)
    assert problem.message == "Authentication has not been performed"
    signed_in(platform, sandbox)
    problem = rejected(platform, "await platform.request('get', '/item/999999')")
    assert (problem.name, problem.status) == ("PodioNotFoundError", 404)
    assert problem.message["error"] == problem.problem["body"]["error"] == "not_found"
    assert problem.problem["url"] == f"{platform.api_url}/item/999999"
    assert problem.problem["text"].startswith("PodioNotFoundError: 404 for GET /item/999999")


@pytest.mark.parametrize(
    ("kind", "order", "name"),
    [("server_error", {}, "PodioServerError"), ("rate_limit", {"seconds": 3600}, "PodioRateLimitError")],
)
def test_the_other_errors_have_their_names_too(
    platform: TagPage, sandbox: SandboxControl, kind: str, order: dict[str, Any], name: str
) -> None:
    signed_in(platform, sandbox)
    sandbox.fail_next(kind, path_prefix="/user", **order)
    assert rejected(platform, "await platform.request('post', '/user/status', {a: 1})").name == name


def test_options_and_data_go_where_podio_js_sends_them(platform: TagPage, sandbox: SandboxControl) -> None:
    signed_in(platform, sandbox)
    assert len(platform.run("return (await platform.request('POST', 'item/app/3001/filter/', {limit: 2})).items")) == 2
    problem = rejected(platform, "await platform.request('get', '/user/status', null, {basicAuth: true})")
    assert "client_secret" in problem.message


def test_missing_options_are_refused_at_once_as_podio_js_does(tag: TagPage) -> None:
    for options, message in (
        ("", "Authentication options are missing"),
        ("{clientId: 'a'}", "Missing auth property authType"),
        ("{authType: 'client'}", "Missing auth property clientId"),
        ("{authType: 'app', clientId: 'a'}", "Missing auth property clientSecret"),
    ):
        assert rejected(tag, f"new PodioJS({options})").message == message


def test_a_flow_that_needs_a_secret_is_refused_and_told(tag: TagPage, watched: Watched) -> None:
    watched.expect("podio-web: authType 'app' needs the client secret")
    problem = rejected(
        tag, "await new PodioJS({authType: 'app', clientId: 'a', clientSecret: 'hidden'}).isAuthenticated()"
    )
    assert problem.code == "wrong_argument"
    assert "hidden" not in str(problem)
    assert tag.wait_for("error")["code"] == "wrong_argument"


def test_what_a_page_cannot_do_says_so(platform: TagPage) -> None:
    platform.run("""
        window.told = await new Promise(resolve => platform.authenticateWithApp(1, "token", resolve));
        window.toldAgain = await new Promise(resolve => platform.getAccessToken("code", "url", resolve));
    """)
    assert "client secret" in platform.run("return told.message")
    assert "client secret" in platform.run("return toldAgain.message")
    for source, words in (
        ("await platform.uploadFile('path', 'name')", "needs a File or a Blob"),
        ("platform.getThumbnailURLForFileLink('https://files.podio.com/1', 'medium')", "thumbnail(file, size)"),
        ("await platform.push({}).subscribe(() => {})", "no push object"),
    ):
        assert words in rejected(platform, source).message


def test_a_person_signs_in_through_the_page_s_own_window(platform: TagPage) -> None:
    platform.run("window.onAuthCompleted = () => { window.completed = true }")
    url = "platform.getAuthorizationURL(location.origin + '/podio-web/callback.html')"
    allow(platform.popup_from(f"window.open({url})"))
    platform.page.wait_for_function("() => window.completed")
    assert platform.run("return (await platform.request('get', '/user/status')).profile.name") == "Demo Person"
    kept = platform.run("return kept.client")
    assert sorted(kept) == ["accessToken", "expiresAt", "expiresIn", "ref", "scope"]


def test_a_person_who_says_no_is_told_to_the_page(platform: TagPage) -> None:
    platform.run("window.onAuthError = (problem) => { window.problem = problem }")
    deny(platform.popup_from("window.open(platform.getAuthorizationURL(location.origin + '/podio-web/callback.html'))"))
    platform.page.wait_for_function("() => window.problem")
    assert platform.run("return problem.code") == "access_denied"


def test_an_expired_session_is_renewed_by_the_page_and_the_requests_go_on(
    platform: TagPage, sandbox: SandboxControl
) -> None:
    platform.run("window.onAuthCompleted = () => { window.completed = true }")
    url = "platform.getAuthorizationURL(location.origin + '/podio-web/callback.html')"
    allow(platform.popup_from(f"window.open({url})"))
    platform.page.wait_for_function("() => window.completed")
    sandbox.expire_tokens()
    popup = platform.popup_from(
        "Promise.all([platform.request('get', '/user/status'), platform.request('get', '/user/profile')])"
    )
    closing(popup, lambda: popup.get_by_test_id("consent-allow").click())
    assert platform.run("return (await window.clicked)[0].profile.name") == "Demo Person"
    assert platform.run("return refreshed.map(({access_token}) => access_token === kept.client.accessToken)") == [True]


def test_without_a_hook_an_expired_session_is_an_authorization_error(tag: TagPage, sandbox: SandboxControl) -> None:
    tag.run(f"window.platform = {PLATFORM.replace('API', tag.api_url)}")
    signed_in(tag, sandbox)
    sandbox.expire_tokens()
    problem = rejected(tag, "await platform.request('get', '/user/status')")
    assert (problem.name, problem.status, problem.code) == ("PodioAuthorizationError", 401, "login_required")


# --- podio-js's own example, as its npm package has it ----------------------------------------------------------------


@pytest.fixture
def example(
    new_context: Callable[..., BrowserContext], sandbox: SandboxControl, root: Path, site: Site, tmp_path: Path
) -> Iterator[Page]:
    """podio-js's client-side example with its script tag swapped, and our callback page for its popup page."""
    folder = root / "node_modules" / "podio-js" / "examples" / "client_auth"
    index = (folder / "views" / "index.ejs").read_text(encoding="utf-8")
    its_tag = '<script src="podio/podio-js.js"></script>'
    our_tag = f'<script src="/podio-web/podio-web.js" data-api-url="{sandbox.url}"></script>'
    assert index.count(its_tag) == 1
    shutil.copytree(folder / "public" / "javascript", tmp_path / "javascript")
    files = {
        "index.html": index.replace(its_tag, our_tag),
        "auth_popup/index.html": (root / "static" / "callback.html").read_text(encoding="utf-8"),
        # Where its README says that the client id goes.
        "javascript/config.js": "window.PlatformConfig = {clientId: 'demo-client'};",
        "underscore/underscore-min.js": (root / "node_modules" / "lodash" / "index.js").read_text(encoding="utf-8"),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    context = new_context()
    # Below the root of the site the example has a stylesheet, and browsers look for an icon.
    context.route(re.compile(r"/stylesheets/style\.css$|/favicon\.ico$"), lambda route: route.fulfill(body=""))
    with Site(root, client_id=site.client_id, api_url=sandbox.url, extra=tmp_path) as own_site:
        page = context.new_page()
        page.goto(f"{own_site.url}/tests/")
        # Its popup opens when Python answers, which has to be soon after the click.
        page.evaluate("async () => { await podioWeb.ready; }")
        yield page


def popup_from(page: Page, selector: str) -> Page:
    with page.expect_popup() as popup:
        page.locator(selector).click()
    return popup.value


def test_podio_js_s_own_example_signs_in_shows_the_user_and_survives_an_expired_token(
    example: Page, sandbox: SandboxControl, watched: Watched
) -> None:
    # The example leaves the rejection of its first question alone, with podio-js too.
    watched.expect("Authentication has not been performed")
    allow(popup_from(example, "#start-auth"))
    expect(example.get_by_role("heading")).to_have_text("Success!")
    example.locator("#request-user").click()
    expect(example.get_by_role("table")).to_contain_text("Demo Person")

    example.reload()
    expect(example.get_by_role("heading")).to_have_text("Success!")
    sandbox.expire_tokens()
    popup = popup_from(example, "#request-user")
    closing(popup, lambda: popup.get_by_test_id("consent-allow").click())
    expect(example.get_by_role("table")).to_contain_text("Demo Person")


def test_a_page_that_uses_podio_web_alone_does_not_load_podio_js(
    profile: BrowserContext, sandbox: SandboxControl
) -> None:
    asked: list[str] = []
    profile.on("request", lambda request: asked.append(request.url))
    tag = TagPage(profile, sandbox.url).open().ready()
    assert tag.run("return await podio.isAuthenticated()") is False
    assert not [url for url in asked if "podio_js" in url]
    # Then it does: made after the start, it answers as soon as its Python has come.
    early = rejected(tag, f"window.platform = {PLATFORM.replace('API', sandbox.url)}; platform.getAuthorizationURL()")
    assert early.code == "not_ready"
    assert tag.run("return platform.authObject ?? 'none'") == "none"
    late = rejected(tag, "await platform.isAuthenticated()")
    assert late.status == 403
    assert "/oauth/authorize?" in tag.run("return platform.getAuthorizationURL(location.origin + '/callback.html')")
    assert len([url for url in asked if "podio_js" in url]) == 1


def test_podio_js_beside_podio_web_answers_at_once_when_the_start_is_over(
    profile: BrowserContext, sandbox: SandboxControl
) -> None:
    tag = TagPage(profile, sandbox.url)
    tag.page.add_init_script(
        "window.loaded = () => { window.platform = " + PLATFORM.replace("API", sandbox.url) + " }",
    )
    tag.open(query={"classic": ""}).ready()
    assert "/oauth/authorize?" in tag.run("return platform.getAuthorizationURL(location.origin + '/callback.html')")


def test_a_part_that_does_not_come_is_named(profile: BrowserContext, sandbox: SandboxControl, watched: Watched) -> None:
    watched.expect("podio_js|Failed to load resource")
    tag = TagPage(profile, sandbox.url)
    tag.replace("/podio_js-", status=404)
    tag.open(client_id="")
    assert "podio_js-" in tag.wait_for("error")["message"]
    assert tag.heard("error")[0]["code"] == "missing_file"


# --- Addresses that were handed out, and hooks that do not call back ---


@pytest.mark.parametrize("change", ["sessionStorage.clear()", "Date.now = () => 0", "localStorage.clear()"])
def test_an_address_that_was_handed_out_stays_valid_while_the_page_lives(platform: TagPage, change: str) -> None:
    platform.run("""
        window.onAuthCompleted = () => { window.completed = true };
        window.url = platform.getAuthorizationURL(location.origin + '/podio-web/callback.html');
    """)
    platform.run(change)
    allow(platform.popup_from("window.open(url)"))
    platform.page.wait_for_function("() => window.completed")
    assert platform.run("return (await platform.request('get', '/user/status')).profile.name") == "Demo Person"


def test_an_address_that_is_followed_in_this_tab_is_answered_to_the_next_page(platform: TagPage) -> None:
    platform.run(PAGE.replace("API", platform.api_url))
    platform.page.evaluate(
        "() => { location.href = platform.getAuthorizationURL(location.origin + '/tests/tag.html') }"
    )
    enter_password(platform.page)
    platform.page.get_by_test_id("consent-allow").click()
    platform.page.wait_for_url(re.compile("/tests/tag.html"))
    platform.page.wait_for_function("() => window.podioWeb")
    platform.run("await podioWeb.ready")
    platform.run(PAGE.replace("API", platform.api_url))
    assert platform.run("await platform.isAuthenticated(); return platform.authObject.ref.id") == 1001


@pytest.mark.parametrize("way", ["another token", "another window"])
def test_a_hook_that_never_calls_back_holds_up_nobody_who_signs_in_otherwise(
    platform: TagPage, sandbox: SandboxControl, way: str
) -> None:
    silent = PAGE.replace("(callback) => {", "() => { return;").replace("window.onAuthCompleted = callback;", "")
    platform.run(silent.replace("API", platform.api_url))
    signed_in(platform, sandbox)
    sandbox.expire_tokens()
    platform.run("window.call = platform.request('get', '/user/status'); await new Promise(go => setTimeout(go, 300))")
    if way == "another token":
        signed_in(platform, sandbox)
    else:
        url = "platform.getAuthorizationURL(location.origin + '/podio-web/callback.html')"
        allow(platform.popup_from(f"window.open({url})"))
    assert platform.run("return (await window.call).profile.name") == "Demo Person"
