"""The page that Podio redirects to: it takes the answer out of sight, hands it on, and closes."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from podio_web.oauth.popup_message import CHANNEL_PREFIX, HANDOVER_KEY, acknowledgement
from podio_web.oauth.state import KEY_PREFIX
from tests.browser.tab import Tab, closing, enter_password, travel, wait_for_address, wait_until_closed
from tests.browser.watch import Watched

FRAGMENT = "#access_token=canary&expires_in=28800&state=nobody&token_type=bearer"

# What the page says when it ends without the app.
UNCLAIMED = "No page is waiting for this response, so nobody was signed in."
EMPTY = "The address of this page has no sign-in response."
BLOCKED = "The script of this page did not run, so nobody was signed in."

# A page that waits for an answer, by both ways; `acknowledge()` takes it. What came is in `heard`.
WAITING = """({ channel, receipt }) => {
  window.heard = [];
  const opened = "BroadcastChannel" in window && window.BroadcastChannel && new BroadcastChannel(channel);
  const hear = ({ data, origin, source }) => {
    heard.push(data);
    window.acknowledge = () => source ? source.postMessage(receipt, origin) : opened.postMessage(receipt);
    if (!window.busy) acknowledge();
  };
  if (opened) opened.onmessage = hear;
  addEventListener("message", hear);
}"""

CHANNELS = {
    "throwing": "window.BroadcastChannel = class { constructor() { throw new DOMException('no', 'SecurityError'); } };",
    "missing": "delete window.BroadcastChannel;",
    "null": "window.BroadcastChannel = null;",
    "mute": "BroadcastChannel.prototype.postMessage = () => { throw new DOMException('no', 'InvalidStateError'); };",
}
STORAGES = {
    "throwing": "Object.defineProperty(window, 'sessionStorage',"
    " { get() { throw new DOMException('no', 'SecurityError'); } });",
    "null": "Object.defineProperty(window, 'sessionStorage', { value: null });",
    "mute": "for (const name of ['getItem', 'setItem', 'removeItem'])"
    " Storage.prototype[name] = () => { throw new DOMException('no', 'SecurityError'); };",
}


def open_callback(context: BrowserContext, fragment: str = FRAGMENT) -> Page:
    page = context.new_page()
    # A tab with a past, as after a redirect: a tab without one may be closed by its script.
    page.goto("/tests/blank.html")
    page.goto("/static/callback.html" + fragment)
    return page


def says(page: Page, text: str) -> None:
    """Wait until the page says this, and nothing else; it links to the app."""
    expect(page.locator("p:visible")).to_have_count(1)
    expect(page.locator("p:visible")).to_contain_text(text)
    link = page.get_by_role("link", name="Go to the app")
    expect(link).to_be_visible()
    assert link.evaluate("link => link.href === new URL('/', location).href")


def wait_for_answer(context: BrowserContext, state: str = "nobody") -> Page:
    """Return a page that waits for the response to a request."""
    page = context.new_page()
    page.goto("/tests/blank.html")
    page.evaluate(WAITING, {"channel": CHANNEL_PREFIX + state, "receipt": acknowledgement(state)})
    return page


def open_from(opener: Page, address: str = "/static/callback.html" + FRAGMENT) -> Page:
    """Open the callback page as the popup of another page."""
    with opener.expect_popup() as popup:
        opener.evaluate("address => { window.popup = open(address, '', 'popup') }", address)
    return popup.value


def heard_by(page: Page) -> list[dict[str, Any]]:
    page.wait_for_function("() => window.heard.length > 0")
    return [json.loads(text) for text in page.evaluate("window.heard")]


@pytest.mark.every_browser
def test_the_address_and_the_history_do_not_show_the_token(
    new_context: Callable[..., BrowserContext], base_url: str
) -> None:
    page = new_context().new_page()
    page.goto("/tests/blank.html")
    page.goto("/static/callback.html" + FRAGMENT)
    address = base_url + "/static/callback.html"
    expect(page).to_have_url(address)
    travel(page, "back", "blank.html")
    travel(page, "forward", "callback.html")
    expect(page).to_have_url(address)


@pytest.mark.every_browser
def test_the_token_is_gone_before_anything_else_can_look(
    new_context: Callable[..., BrowserContext], base_url: str
) -> None:
    context = new_context()
    # Whatever the script does after its first statement finds a clean address.
    context.add_init_script("""
        window.seen = [];
        for (const name of ["BroadcastChannel", "URLSearchParams"]) {
            const Original = window[name];
            window[name] = class extends Original {
                constructor(...args) { super(...args); window.seen.push(location.href); }
            };
        }
    """)
    page = open_callback(context)
    seen = page.evaluate("window.seen")
    assert len(seen) >= 2
    assert set(seen) == {base_url + "/static/callback.html"}


@pytest.mark.every_browser
def test_it_makes_no_further_request_and_stores_nothing(
    new_context: Callable[..., BrowserContext], base_url: str
) -> None:
    context = new_context()
    requests: list[str] = []
    context.on("request", lambda request: requests.append(request.url.partition("#")[0]))
    page = open_callback(context)
    says(page, UNCLAIMED)
    asked = [url for url in requests if not url.startswith("data:")]
    assert asked == [base_url + "/tests/blank.html", base_url + "/static/callback.html"]
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


@pytest.mark.every_browser
def test_rule_13_its_headers_are_the_documented_ones(new_context: Callable[..., BrowserContext], base_url: str) -> None:
    context = new_context()
    page = context.new_page()
    response = page.goto("/static/callback.html")
    assert response is not None
    headers = response.all_headers()
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "cross-origin-opener-policy" not in headers


# --- Whether anybody takes the answer ---


@pytest.mark.every_browser
def test_an_answer_that_is_taken_closes_the_window(new_context: Callable[..., BrowserContext]) -> None:
    opener = wait_for_answer(new_context())
    opener.evaluate("window.busy = true")
    popup = open_from(opener)
    assert heard_by(opener)
    closing(popup, lambda: opener.evaluate("acknowledge()"))


@pytest.mark.every_browser
def test_a_window_that_cannot_close_says_that_the_answer_has_come(new_context: Callable[..., BrowserContext]) -> None:
    context = new_context()
    context.add_init_script("window.close = () => {}")
    popup = open_from(wait_for_answer(context))
    expect(popup.locator("p:visible")).to_have_text("The app has received the response. You can close this window.")


@pytest.mark.every_browser
def test_a_page_that_is_busy_takes_the_answer_later(new_context: Callable[..., BrowserContext]) -> None:
    opener = wait_for_answer(new_context())
    opener.evaluate("window.busy = true")
    popup = open_from(opener)
    says(popup, UNCLAIMED)
    assert heard_by(opener)
    closing(popup, lambda: opener.evaluate("acknowledge()"))


def test_a_page_whose_script_runs_for_three_seconds_takes_it_too(new_context: Callable[..., BrowserContext]) -> None:
    opener = wait_for_answer(new_context())
    busy = "setTimeout(() => { const end = Date.now() + 3000; while (Date.now() < end); }, 50);"
    with opener.expect_popup() as popup:
        opener.evaluate(
            f"address => {{ window.popup = open(address, '', 'popup'); {busy} }}", "/static/callback.html" + FRAGMENT
        )
    wait_until_closed(popup.value)
    assert heard_by(opener)


@pytest.mark.parametrize("place", ["/static/callback.html", "/podio-web/callback.html"])
@pytest.mark.parametrize("end", ["", "#section", "?page=2"])
def test_a_bookmark_is_told_that_there_is_no_answer(page: Page, place: str, end: str) -> None:
    page.goto("/tests/blank.html")
    page.goto(place + end)
    says(page, EMPTY)
    page.get_by_role("link").click()
    expect(page).to_have_url("/")


def test_an_answer_whose_page_was_closed_is_told_so(new_context: Callable[..., BrowserContext]) -> None:
    context = new_context()
    opener = wait_for_answer(context)
    popup = open_from(opener, "/tests/blank.html")
    popup.wait_for_url("**/tests/blank.html")  # or its own navigation would end the next one
    opener.close()
    popup.goto("/static/callback.html" + FRAGMENT)
    says(popup, UNCLAIMED)


@pytest.mark.every_browser
def test_an_answer_in_another_profile_is_told_so(new_context: Callable[..., BrowserContext]) -> None:
    opener = wait_for_answer(new_context())
    page = open_callback(new_context())
    says(page, UNCLAIMED)
    assert opener.evaluate("heard") == []


@pytest.mark.every_browser
def test_a_second_answer_is_told_so(new_context: Callable[..., BrowserContext]) -> None:
    """Reloading brings no answer, and the page that asked waits for the response to another request by now."""
    context = new_context()
    opener = wait_for_answer(context, "another")
    popup = open_from(opener)
    says(popup, UNCLAIMED)
    popup.reload()
    says(popup, EMPTY)


def test_back_and_allow_again_is_told_so(new_tab: Callable[..., Tab]) -> None:
    tab = new_tab().open()
    tab.new_client()
    tab.start('await kept["podio"].login(method="redirect")')
    enter_password(tab.page)
    tab.page.get_by_test_id("consent-allow").click()
    wait_for_address(tab.page, "/tests/tab.html")
    tab.wait()
    tab.new_client()
    assert tab.run('return await kept["podio"].is_authenticated()')
    travel(tab.page, "back", "authorize")
    tab.page.get_by_test_id("consent-allow").click()
    wait_for_address(tab.page, "/static/callback.html")
    says(tab.page, UNCLAIMED)


# --- What the browser withholds ---


@pytest.mark.parametrize("channel", CHANNELS)
def test_without_a_channel_the_opener_is_enough(new_context: Callable[..., BrowserContext], channel: str) -> None:
    opener = wait_for_answer(new_context())
    opener.evaluate("window.busy = true")
    opener.context.add_init_script(CHANNELS[channel])
    popup = open_from(opener)
    closing(popup, lambda: opener.wait_for_function("() => window.acknowledge && (acknowledge(), true)"))
    assert len(opener.evaluate("heard")) == 1


@pytest.mark.parametrize("storage", STORAGES)
def test_without_storage_the_answer_arrives(new_context: Callable[..., BrowserContext], storage: str) -> None:
    context = new_context()
    opener = wait_for_answer(context)
    context.add_init_script(STORAGES[storage])
    popup = open_from(opener)
    wait_until_closed(popup)
    assert heard_by(opener)[0]["attempt"] == "nobody"


@pytest.mark.every_browser
def test_without_an_opener_the_channel_is_enough(new_context: Callable[..., BrowserContext]) -> None:
    context = new_context()
    waiting = wait_for_answer(context)
    context.add_init_script("window.close = () => {}")
    page = open_callback(context)
    expect(page.locator("p:visible")).to_contain_text("The app has received the response.")
    assert len(heard_by(waiting)) == 1


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("storage", STORAGES)
def test_without_any_of_them_the_page_says_so(
    new_context: Callable[..., BrowserContext], channel: str, storage: str
) -> None:
    context = new_context()
    context.add_init_script(CHANNELS[channel] + STORAGES[storage])
    says(open_callback(context), UNCLAIMED)


@pytest.mark.parametrize("policy", ["default-src 'none'", "script-src 'self'", "sandbox"])
def test_without_its_script_the_page_is_not_silent(
    new_context: Callable[..., BrowserContext], watched: Watched, policy: str
) -> None:
    for known in ("Content.Security.Policy", "The page.s settings blocked", "sandbox"):
        watched.expect(known)
    context = new_context()

    def answer(route: Route) -> None:
        fetched = route.fetch()
        route.fulfill(response=fetched, headers={**fetched.headers, "content-security-policy": policy})

    context.route("**/static/callback.html", answer)
    page = context.new_page()
    page.goto("/static/callback.html" + FRAGMENT)
    expect(page.locator("p:visible")).to_contain_text(BLOCKED)
    expect(page.get_by_role("link", name="Go to the app")).to_have_attribute("href", "..")


# --- What goes on ---


@pytest.mark.parametrize("name", ["refresh_token", "refresh%5Ftoken", "%72efresh_token"])
def test_no_refresh_token_leaves_the_page(new_context: Callable[..., BrowserContext], name: str) -> None:
    opener = wait_for_answer(new_context())
    opener.evaluate("window.busy = true")
    popup = open_from(opener, f"/static/callback.html?{name}=secret{FRAGMENT}&{name}=secret")
    opener.wait_for_function("() => window.heard.length > 1")  # by the channel and by the opener
    for message in heard_by(opener):
        assert "secret" not in json.dumps(message)
        assert "access_token=canary" in message["fragment"]
    closing(popup, lambda: opener.evaluate("acknowledge()"))


def begin_redirect(page: Page, route: str) -> None:
    """Leave in the tab what a redirect sign-in that began at `route` leaves there, and an older hand-over."""
    page.goto("/tests/blank.html")
    record = json.dumps({"client_id": "demo-client", "redirect_uri": "x", "created_at": 1, "return_to": route})
    items = {KEY_PREFIX + "nobody": record, HANDOVER_KEY: "older"}
    page.evaluate(
        "items => { for (const [name, value] of Object.entries(items)) sessionStorage.setItem(name, value) }", items
    )


@pytest.mark.parametrize(
    "route", ["/tests/blank.html?path=C:\\x", "/tests/blank.html#\\\\evil.example", "/tests/../tests/blank.html?a b"]
)
def test_the_way_back_is_the_page_s_own_path(page: Page, base_url: str, route: str) -> None:
    begin_redirect(page, route)
    page.goto("/static/callback.html" + FRAGMENT + "&refresh%5Ftoken=secret")
    wait_for_address(page, "blank.html")
    address: str = page.evaluate("route => new URL(route, location.origin).href", route)
    assert address.startswith(base_url + "/tests/blank.html")
    expect(page).to_have_url(address)
    kept = page.evaluate("key => sessionStorage.getItem(key)", HANDOVER_KEY)
    assert json.loads(kept)["attempt"] == "nobody"
    assert abs(json.loads(kept)["time"] - page.evaluate("Date.now()")) < 600_000
    assert "secret" not in kept


@pytest.mark.parametrize("route", ["//evil.example/", "/\\evil.example/", "https://evil.example/", "evil.example"])
def test_no_way_back_leads_to_another_origin(page: Page, base_url: str, watched: Watched, route: str) -> None:
    watched.expect("404")
    begin_redirect(page, route)
    page.goto("/static/callback.html" + FRAGMENT)
    expect(page).to_have_url(f"{base_url}//evil.example/" if route.startswith("/") else f"{base_url}/")


@pytest.mark.parametrize(
    "end", ["?error=access_denied", "#error=access_denied&error_description=No", "?error=invalid_scope&state="]
)
def test_a_refusal_without_a_state_leads_back_as_well(page: Page, end: str) -> None:
    begin_redirect(page, "/tests/blank.html?here")
    page.goto("/static/callback.html" + end)
    wait_for_address(page, "blank.html?here")
    assert json.loads(page.evaluate("key => sessionStorage.getItem(key)", HANDOVER_KEY))["attempt"] == "nobody"


def test_a_token_without_a_state_leads_nowhere(page: Page) -> None:
    begin_redirect(page, "/tests/blank.html?here")
    page.goto("/static/callback.html#access_token=canary&expires_in=28800")
    says(page, UNCLAIMED)
    assert page.evaluate("key => sessionStorage.getItem(key)", HANDOVER_KEY) is None
