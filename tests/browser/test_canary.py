"""Rule 6: every secret of every path is looked for everywhere, in real pages."""

import json
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import ConsoleMessage, Page, Request, Response, WebError

from podio_web.testing import SandboxControl
from tests.browser.tab import Tab, allow, deny, enter_password, shows
from tests.browser.watch import Watched

pytestmark = pytest.mark.every_browser

NewTab = Callable[..., Tab]

PASSWORD = "canary5ecretpa55wordcanary"
FORGED = "canaryforgedt0kencanary0123"
CALLBACK = "/static/callback.html"
AUTHORIZE = "/oauth/authorize"

# What a page's developer might log, at DEBUG: each event's detail, each error with its traceback, the client itself.
TELL = """
import io
import logging
logging.basicConfig(level=logging.DEBUG)
kept["told"] = []

def tell(*things):
    for thing in things:
        kept["told"] += [str(thing), repr(thing)]
        print(thing, repr(thing))

def tell_error(problem):
    text = io.StringIO()
    if hasattr(sys, "print_exception"):
        sys.print_exception(problem, text)
    else:
        import traceback
        text.write("".join(traceback.format_exception(problem)))
    tell(problem, problem.args, text.getvalue(), getattr(problem, "__dict__", {}))

async def watch(awaitable):
    try:
        return tell(await awaitable)
    except Exception as problem:
        tell_error(problem)
        return type(problem).__name__

from podio_web.events import EVENTS
for event in EVENTS:
    kept["podio"].on(event, tell)

def parts(thing):
    return getattr(thing, "__dict__", {}).values()

def tell_client(podio):
    # What a debugger shows of the client, two levels down.
    tell(podio, podio.token)
    for part in parts(podio):
        tell(part, *parts(part))

kept["tell"], kept["watch"], kept["tell_client"] = tell, watch, tell_client
"""
INSIDE = """() => JSON.stringify({
    dom: document.documentElement.outerHTML,
    fields: [...document.querySelectorAll("input")].map(field => field.value),
    title: document.title,
    address: location.href,
    history: history.state,
    name: window.name,
    cookies: document.cookie,
    timings: performance.getEntries().map(entry => entry.name),
    tab: storageOf("sessionStorage").filter(([key]) => !key.startsWith("podio-web:attempt:")),
    kept: storageOf("localStorage").filter(([key]) => !key.startsWith("podio-web:session:")),
});"""
STORAGES = """window.storageOf = name => { try { return Object.entries(window[name]); } catch { return []; } };"""
BLOCKED = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }"


class Sighting(NamedTuple):
    """A text, and where it was seen."""

    where: str
    text: str


class Lookout:
    """Hears everything that the pages of a context do, and learns the secrets from Podio's own redirects."""

    def __init__(self, tab: Tab) -> None:
        self.secrets: dict[str, str] = {PASSWORD: "password", FORGED: "access_token"}
        self.seen: list[Sighting] = []
        self.carried = 0
        self._tab = tab
        tab.context.on("console", self._console)
        tab.context.on("weberror", self._error)
        tab.context.on("request", self._request)
        tab.context.on("response", self._response)

    def look_around(self) -> None:
        """Look into every open page of the app, and at what Python was told."""
        for page in self._tab.context.pages:
            if page.url.startswith(self._tab.api_url):
                continue
            page.evaluate(STORAGES)
            self.seen.append(Sighting(f"inside {_place(page.url)}", page.evaluate(INSIDE)))
        told = self._tab.run('told, kept["told"] = kept["told"], []; return told')
        self.seen += [Sighting("told to Python", text) for text in told]

    def found(self) -> set[str]:
        """Return where which secrets were seen."""
        return {
            f"{kind}: {sighting.where}"
            for sighting in self.seen
            for secret, kind in self.secrets.items()
            if secret in sighting.text
        }

    def _console(self, message: ConsoleMessage) -> None:
        self.seen.append(Sighting("console", message.text))
        # What the browser says of Podio's own page names that page's address.
        if _place(message.location["url"]) != AUTHORIZE:
            self.seen.append(Sighting("console's address", message.location["url"]))

    def _error(self, problem: WebError) -> None:
        self.seen.append(Sighting("page error", str(problem.error)))

    def _request(self, request: Request) -> None:
        to_api = request.url.startswith(self._tab.api_url + "/")
        path = urlsplit(request.url).path
        if path == AUTHORIZE and to_api:
            self._learn(urlsplit(request.url).query)
            return  # Podio's own page: the state and the password are meant for it
        if path != CALLBACK:
            self.seen.append(Sighting("URL of a request", request.url))
        for name, value in request.headers.items():
            if name == "authorization" and to_api:
                self.carried += 1
            else:
                self.seen.append(Sighting(f"header {name}", value))
        self.seen.append(Sighting("body of a request", request.post_data or ""))

    def _response(self, response: Response) -> None:
        """Learn what Podio puts into the address of its redirect."""
        target = urlsplit(response.headers.get("location", ""))
        self._learn(target.fragment)
        self._learn(target.query)

    def _learn(self, text: str) -> None:
        for kind in ("access_token", "refresh_token", "state"):
            for value in parse_qs(text).get(kind, []):
                if len(value) > 20:
                    self.secrets[value] = kind


def _place(url: str) -> str:
    return urlsplit(url).path


def start(tab: Tab) -> None:
    tab.new_client()
    tab.run(TELL)


def login(tab: Tab) -> Page:
    popup = tab.open_popup('kept["task"] = asyncio.create_task(kept["watch"](kept["podio"].login()))')
    popup.get_by_test_id("login-username").or_(popup.get_by_test_id("consent-allow")).wait_for()
    return popup


def ended(tab: Tab) -> object:
    return tab.run('return await kept["task"]')


def popup_paths(tab: Tab, sandbox: SandboxControl, lookout: Lookout) -> None:
    popup = login(tab)
    enter_password(popup, password=PASSWORD)
    shows(popup, "login-error")
    lookout.look_around()
    allow(popup)
    assert ended(tab) is None
    tab.run('kept["tell"](await kept["podio"].get("/user/status")); kept["tell_client"](kept["podio"])')
    lookout.look_around()

    tab.context.clear_cookies()
    deny(login(tab))
    assert ended(tab) == "AccessDenied"
    popup = login(tab)
    popup.close()
    assert ended(tab) == "PopupClosed"
    for setting, off, kind in (
        ({"malformed_response": True}, {"malformed_response": False}, "MalformedResponse"),
        ({"state": "alter"}, {"state": "echo"}, "StateMismatch"),
        ({"state": "drop"}, {"state": "echo"}, "StateMismatch"),
    ):
        tab.context.clear_cookies()
        sandbox.settings(**setting)
        allow(login(tab))
        assert ended(tab) == kind
        sandbox.settings(**off)
    lookout.look_around()


def renewal_and_faults(tab: Tab, sandbox: SandboxControl, lookout: Lookout) -> None:
    me = 'kept["task"] = asyncio.create_task(kept["watch"](kept["podio"].get("/user/status")))'
    sandbox.expire_tokens()
    tab.context.clear_cookies()
    allow(tab.open_popup(me))
    assert ended(tab) is None
    sandbox.expire_tokens()
    tab.context.clear_cookies()
    allow(tab.open_popup(me), "other@example.com", "other")
    assert ended(tab) == "AccountChanged"
    # A filter is repeated by itself.
    post = 'kept["watch"](kept["podio"].post("/item/app/3001/filter/", {"limit": 1}, retry=None))'
    for fault, kind in {
        "server_error": "ServerError",
        "bad_gateway": "UnavailableError",
        "rate_limit": "RateLimitError",
        "drop": "ConnectionFailed",
        "drop_body": "ConnectionFailed",
        "cors": "ConnectionFailed",
    }.items():
        sandbox.fail_next(fault, path_prefix="/item", method="POST", seconds=3600 if fault == "rate_limit" else None)
        assert tab.run(f"return await {post}") == kind
        sandbox.clear_faults()
    lookout.look_around()


def storage_and_log_out(tab: Tab, sandbox: SandboxControl, lookout: Lookout) -> None:
    tab.page.evaluate(f"() => {{ window.write = Storage.prototype.setItem; {BLOCKED} }}")
    tab.context.clear_cookies()
    allow(login(tab))
    assert ended(tab) is None
    lookout.look_around()
    tab.page.evaluate("() => { Storage.prototype.setItem = window.write }")
    login(tab)
    tab.run('await kept["podio"].logout()')
    assert ended(tab) == "PopupCancelled"
    lookout.look_around()


def redirect_paths(tab: Tab, sandbox: SandboxControl, lookout: Lookout) -> None:
    tab.run('await kept["podio"].aclose()')
    start(tab)
    for consent, code in (("deny", "access_denied"), ("allow", None)):
        tab.context.clear_cookies()
        sandbox.settings(consent=consent, sign_in_as="demo@example.com")
        with tab.page.expect_navigation(url=lambda url: "/tests/tab.html" in url):
            tab.start('await kept["podio"].login(method="redirect")')
        tab.wait()
        start(tab)
        assert tab.run('await kept["podio"].is_authenticated(); kept["tell"](kept["podio"].get_auth_error())') is None
        assert tab.run('return getattr(kept["podio"].get_auth_error(), "code", None)') == code
        lookout.look_around()
    tab.page.goto("about:blank")
    tab.open("", f"#access_token={FORGED}&refresh_token={FORGED}&state={FORGED}&expires_in=28800")
    start(tab)
    assert (
        tab.run('kept["tell"](kept["podio"].get_auth_error()); return kept["podio"].get_auth_error().code')
        == "unsolicited"
    )


@pytest.fixture
def fresh(new_tab: NewTab, watched: Watched) -> Tab:
    watched.expect("")  # what is said is not judged here, only whether it holds a secret
    return new_tab().open()


def test_no_secret_is_anywhere_but_in_the_header_and_the_store(fresh: Tab, sandbox: SandboxControl) -> None:
    tab, lookout = fresh, Lookout(fresh)
    start(tab)
    popup_paths(tab, sandbox, lookout)
    renewal_and_faults(tab, sandbox, lookout)
    storage_and_log_out(tab, sandbox, lookout)
    redirect_paths(tab, sandbox, lookout)

    learned = list(lookout.secrets.values())
    assert min(learned.count(kind) for kind in ("access_token", "refresh_token", "state")) >= 3
    assert lookout.carried >= 10
    assert len(lookout.seen) > 200
    assert lookout.found() == set()

    # The store holds one token and no other secret; the lookout sees a secret where one is.
    kept = json.loads(tab.page.evaluate("() => JSON.stringify(Object.entries(localStorage))"))
    assert [key for key, _ in kept] == [f"podio-web:session:{tab.api_url}:demo-client:client"]
    lookout.seen = [Sighting("store", text) for _, text in kept]
    assert lookout.found() == {"access_token: store"}
    tab.run('await kept["podio"].logout()')
    assert tab.page.evaluate("() => localStorage.length + sessionStorage.length") == 0
