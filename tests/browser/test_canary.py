"""Rule 6: every secret of every path is looked for everywhere, in real pages."""

import json
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import ConsoleMessage, Page, Request, Response, WebError

from podio_web.testing import SandboxControl
from tests.browser.lab import Lab, allow, deny, enter_password, shows
from tests.browser.watch import Watched

pytestmark = pytest.mark.every_browser

NewLab = Callable[..., Lab]

PASSWORD = "canary5ecretpa55wordcanary"
FORGED = "canaryforgedt0kencanary0123"
CALLBACK = "/static/callback.html"
AUTHORIZE = "/oauth/authorize"

# What a page's developer might log, at DEBUG: each event's detail, each error with its traceback, the client itself.
TELL = """
import io
import logging
logging.basicConfig(level=logging.DEBUG)
lab["told"] = []

def tell(*things):
    for thing in things:
        lab["told"] += [str(thing), repr(thing)]
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
    lab["podio"].on(event, tell)
lab["tell"], lab["watch"] = tell, watch
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

    def __init__(self, lab: Lab) -> None:
        self.secrets: dict[str, str] = {PASSWORD: "password", FORGED: "access_token"}
        self.seen: list[Sighting] = []
        self.carried = 0
        self._lab = lab
        lab.context.on("console", self._console)
        lab.context.on("weberror", self._error)
        lab.context.on("request", self._request)
        lab.context.on("response", self._response)

    def look_around(self) -> None:
        """Look into every open page of the app, and at what Python was told."""
        for page in self._lab.context.pages:
            if page.url.startswith(self._lab.api_url):
                continue
            page.evaluate(STORAGES)
            self.seen.append(Sighting(f"inside {_place(page.url)}", page.evaluate(INSIDE)))
        told = self._lab.run('told, lab["told"] = lab["told"], []; return told')
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
        to_api = request.url.startswith(self._lab.api_url + "/")
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


def start(lab: Lab) -> None:
    lab.new_client()
    lab.run(TELL)


def login(lab: Lab) -> Page:
    popup = lab.open_popup('lab["task"] = asyncio.create_task(lab["watch"](lab["podio"].login()))')
    popup.get_by_test_id("login-username").or_(popup.get_by_test_id("consent-allow")).wait_for()
    return popup


def ended(lab: Lab) -> object:
    return lab.run('return await lab["task"]')


def popup_paths(lab: Lab, sandbox: SandboxControl, lookout: Lookout) -> None:
    popup = login(lab)
    enter_password(popup, password=PASSWORD)
    shows(popup, "login-error")
    lookout.look_around()
    allow(popup)
    assert ended(lab) is None
    lab.run("""
        podio = lab["podio"]
        lab["tell"](podio, podio.token, podio._session, await podio.get("/user/status"))
    """)
    lookout.look_around()

    lab.context.clear_cookies()
    deny(login(lab))
    assert ended(lab) == "AccessDenied"
    popup = login(lab)
    popup.close()
    assert ended(lab) == "PopupClosed"
    for setting, off, kind in (
        ({"malformed_response": True}, {"malformed_response": False}, "MalformedResponse"),
        ({"state": "alter"}, {"state": "echo"}, "StateMismatch"),
        ({"state": "drop"}, {"state": "echo"}, "StateMismatch"),
    ):
        lab.context.clear_cookies()
        sandbox.settings(**setting)
        allow(login(lab))
        assert ended(lab) == kind
        sandbox.settings(**off)
    lookout.look_around()


def renewal_and_faults(lab: Lab, sandbox: SandboxControl, lookout: Lookout) -> None:
    me = 'lab["task"] = asyncio.create_task(lab["watch"](lab["podio"].get("/user/status")))'
    sandbox.expire_tokens()
    lab.context.clear_cookies()
    allow(lab.open_popup(me))
    assert ended(lab) is None
    sandbox.expire_tokens()
    lab.context.clear_cookies()
    allow(lab.open_popup(me), "other@example.com", "other")
    assert ended(lab) == "AccountChanged"
    # A filter is repeated by itself.
    post = 'lab["watch"](lab["podio"].post("/item/app/3001/filter/", {"limit": 1}, timeout=5.0, retry=None))'
    for fault, kind in {
        "server_error": "ServerError",
        "bad_gateway": "UnavailableError",
        "rate_limit": "RateLimitError",
        "drop": "ConnectionFailed",
        "drop_body": "ConnectionFailed",
        "cors": "ConnectionFailed",
    }.items():
        sandbox.fail_next(fault, path_prefix="/item", method="POST", seconds=3600 if fault == "rate_limit" else None)
        assert lab.run(f"return await {post}") == kind
        sandbox.clear_faults()
    lookout.look_around()


def storage_and_log_out(lab: Lab, sandbox: SandboxControl, lookout: Lookout) -> None:
    lab.page.evaluate(f"() => {{ window.write = Storage.prototype.setItem; {BLOCKED} }}")
    lab.context.clear_cookies()
    allow(login(lab))
    assert ended(lab) is None
    lookout.look_around()
    lab.page.evaluate("() => { Storage.prototype.setItem = window.write }")
    login(lab)
    lab.run('await lab["podio"].logout()')
    assert ended(lab) == "PopupCancelled"
    lookout.look_around()


def redirect_paths(lab: Lab, sandbox: SandboxControl, lookout: Lookout) -> None:
    lab.run('await lab["podio"].aclose()')
    start(lab)
    for consent, code in (("deny", "access_denied"), ("allow", None)):
        lab.context.clear_cookies()
        sandbox.settings(consent=consent, sign_in_as="demo@example.com")
        with lab.page.expect_navigation(url=lambda url: "/tests/lab.html" in url):
            lab.start('await lab["podio"].login(method="redirect")')
        lab.wait()
        start(lab)
        assert lab.run('await lab["podio"].is_authenticated(); lab["tell"](lab["podio"].get_auth_error())') is None
        assert lab.run('return getattr(lab["podio"].get_auth_error(), "code", None)') == code
        lookout.look_around()
    lab.page.goto("about:blank")
    lab.open("", f"#access_token={FORGED}&refresh_token={FORGED}&state={FORGED}&expires_in=28800")
    start(lab)
    assert (
        lab.run('lab["tell"](lab["podio"].get_auth_error()); return lab["podio"].get_auth_error().code')
        == "unsolicited"
    )


@pytest.fixture
def fresh(new_lab: NewLab, watched: Watched) -> Lab:
    watched.expect("")  # what is said is not judged here, only whether it holds a secret
    return new_lab().open()


def test_no_secret_is_anywhere_but_in_the_header_and_the_store(fresh: Lab, sandbox: SandboxControl) -> None:
    lab, lookout = fresh, Lookout(fresh)
    start(lab)
    popup_paths(lab, sandbox, lookout)
    renewal_and_faults(lab, sandbox, lookout)
    storage_and_log_out(lab, sandbox, lookout)
    redirect_paths(lab, sandbox, lookout)

    learned = list(lookout.secrets.values())
    assert min(learned.count(kind) for kind in ("access_token", "refresh_token", "state")) >= 3
    assert lookout.carried >= 10
    assert len(lookout.seen) > 200
    assert lookout.found() == set()

    # The store holds one token and no other secret; the lookout sees a secret where one is.
    kept = json.loads(lab.page.evaluate("() => JSON.stringify(Object.entries(localStorage))"))
    assert [key for key, _ in kept] == [f"podio-web:session:{lab.api_url}:demo-client:client"]
    lookout.seen = [Sighting("store", text) for _, text in kept]
    assert lookout.found() == {"access_token: store"}
    lab.run('await lab["podio"].logout()')
    assert lab.page.evaluate("() => localStorage.length + sessionStorage.length") == 0
