"""SyncPodio in a page: blocking calls on plain Pyodide, on the page's own thread and in a worker."""

import json
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, BrowserType

from podio_web.testing import SandboxControl
from tests.browser.lab import Lab, Raised
from tests.browser.watch import Watched
from tests.unit.odd_server import CANARY, OddServer

# What a browser says of an error status. Of a blocking call it says so in the name of the script that made it, so that
# it does not look like one to the API.
STATUS = "Failed to load resource"
BLOCKED = "Cross-Origin Request Blocked|blocked by CORS policy|Same Origin Policy|net::ERR_|NetworkError"

NEW_CLIENT = """
lab["podio"] = podio_web.SyncPodio("client", "demo-client", api_url={api_url!r}, on_token_will_refresh=None)
lab["podio"].set_access_token(json.loads({token!r}))
"""


class SyncPage:
    """Plain Pyodide in one browser, on one thread."""

    def __init__(self, context: BrowserContext, api_url: str, where: str) -> None:
        self.context = context
        self.api_url = api_url
        self.where = where
        self.page = context.new_page()

    def open(self) -> "SyncPage":
        """Load the page and wait until its Python runs."""
        self.page.goto("/tests/sync.html" + ("?worker" if self.where == "worker" else ""))
        self.page.wait_for_function("window.syncReady || window.syncError", timeout=60_000)
        assert self.page.evaluate("window.syncError") is None
        return self

    def run(self, source: str) -> Any:
        """Run a step and return its value; raises Raised."""
        return self._value(self.page.evaluate("source => window.syncRun(source)", textwrap.dedent(source)))

    def click(self, source: str) -> Any:
        """Run a step inside a real click, as opening a popup wants it; the rest as for `run`."""
        self.page.evaluate(
            "source => { window.syncSource = source; window.syncOutcome = null; }", textwrap.dedent(source)
        )
        self.page.locator("#click").click()
        self.page.wait_for_function("window.syncOutcome")
        return self._value(self.page.evaluate("window.syncOutcome"))

    def _value(self, text: str) -> Any:
        outcome = json.loads(text)
        if "raised" in outcome:
            raise Raised(outcome["raised"])
        return outcome["value"]

    def raises(self, source: str) -> Raised:
        """Run a step that raises."""
        with pytest.raises(Raised) as raised:
            self.run(source)
        return raised.value


@pytest.fixture(scope="module", params=["page", "worker"])
def module_page(
    request: pytest.FixtureRequest, new_profile: Callable[..., BrowserContext], podio_sandbox: SandboxControl
) -> SyncPage:
    return SyncPage(new_profile(), podio_sandbox.url, request.param).open()


@pytest.fixture
def page(module_page: SyncPage, watched: Watched, sandbox: SandboxControl) -> Iterator[SyncPage]:
    """The page with a new SyncPodio in `lab["podio"]`, signed in."""
    token = json.dumps(sandbox.issue_token("demo@example.com", "demo-client"))
    with watched.following(module_page.context):
        module_page.run(NEW_CLIENT.format(api_url=sandbox.url, token=token))
        sandbox.clear_calls()
        yield module_page
        module_page.run('lab.pop("podio").close()')


@pytest.fixture(params=["page", "worker"])
def untouched_page(
    request: pytest.FixtureRequest,
    browser_type: BrowserType,
    browser_type_launch_args: dict[str, Any],
    browser_context_args: dict[str, Any],
    base_url: str,
    podio_sandbox: SandboxControl,
    watched: Watched,
) -> Iterator[SyncPage]:
    """The page in a browser of its own.

    Once a test has intercepted requests, the driver looks at those of all later contexts as well, and Firefox then
    sends a header across a redirect that it takes off by itself.
    """
    browser = browser_type.launch(**browser_type_launch_args)
    context = browser.new_context(**{**browser_context_args, "base_url": base_url})
    watched.follow(context)
    yield SyncPage(context, podio_sandbox.url, request.param).open()
    browser.close()


@pytest.mark.every_browser
def test_an_item_is_created_read_changed_and_deleted(page: SyncPage, watched: Watched) -> None:
    watched.expect(STATUS)
    found = page.run("""
        podio = lab["podio"]
        made = podio.post("/item/app/3001/", {"fields": {"title": "Zoë: 50 % ✓ & more €"}})
        item = f"/item/{made['item_id']}"
        read = podio.get(item, {"mark_as_viewed": False})
        changed = podio.put(item, {"fields": {"title": "Later"}, "revision": 0}, params={"silent": True})
        deleted = podio.delete(item, params={"hook": False})
        try:
            podio.get(item)
        except podio_web.APIError as problem:
            gone = problem.status
        return [read["title"], changed["revision"], deleted, gone]
    """)
    assert found[:3] == ["Zoë: 50 % ✓ & more €", 1, None]
    assert found[3] in (404, 410)


def test_each_refusal_of_podio_is_its_own_error(page: SyncPage, sandbox: SandboxControl, watched: Watched) -> None:
    watched.expect(STATUS)
    assert page.raises('lab["podio"].get("/item/1")').type == "NotFoundError"
    for fault, kind, status in [("rate_limit", "RateLimitError", 420), ("bad_gateway", "UnavailableError", 502)]:
        sandbox.fail_next(fault)
        problem = page.raises('lab["podio"].get("/user/status", retry=None)')
        assert (problem.type, problem.status) == (kind, status)


def test_no_answer_is_connection_failed_and_the_next_call_works(
    page: SyncPage, sandbox: SandboxControl, watched: Watched
) -> None:
    watched.expect(BLOCKED)
    for fault in ("drop", "drop_body", "cors"):
        sandbox.fail_next(fault)
        problem = page.raises('lab["podio"].get("/item/6101", retry=None)')
        assert problem.type == "ConnectionFailed"
        assert page.api_url in problem.text
        assert page.run('return lab["podio"].get("/item/6101")["item_id"]') == 6101


def test_a_read_is_repeated_after_a_fault_and_a_write_over_the_limit(
    page: SyncPage, sandbox: SandboxControl, watched: Watched
) -> None:
    watched.expect(f"{STATUS}|{BLOCKED}")
    page.run('lab["quick"] = podio_web.Retry(first_pause=0.01)')
    for fault in ("bad_gateway", "drop"):
        sandbox.fail_next(fault, count=2)
        assert page.run('return lab["podio"].get("/item/6101", retry=lab["quick"])["item_id"]') == 6101
    sandbox.fail_next("rate_limit", seconds=1)
    assert page.run('return lab["podio"].put("/item/6101", {"fields": {"title": "Once"}})["revision"]') == 1


def test_a_slow_answer_is_timed_out_in_a_worker_and_waited_for_in_a_page(
    page: SyncPage, sandbox: SandboxControl, watched: Watched
) -> None:
    watched.expect(BLOCKED)
    if page.where == "worker":
        sandbox.fail_next("slow", seconds=30)
        problem = page.raises('lab["podio"].get("/user/status", timeout=0.3)')
        assert problem.type == "TimedOut"
        assert "0.3 seconds" in problem.text
    else:
        sandbox.fail_next("slow", seconds=0.6)
        assert page.run('return lab["podio"].get("/user/status", timeout=0.3)["user"]["user_id"]') == 1001


def test_a_session_that_has_ended_raises_login_required(
    page: SyncPage, sandbox: SandboxControl, watched: Watched
) -> None:
    watched.expect(STATUS)
    sandbox.expire_tokens()
    assert page.raises('lab["podio"].get("/user/status")').code == "login_required"


def test_a_browser_that_follows_a_redirect_takes_no_token_along(untouched_page: SyncPage, watched: Watched) -> None:
    watched.expect(BLOCKED)
    with OddServer() as odd, OddServer() as other:
        odd.leads_to = other.url
        untouched_page.run(f"""
            podio = podio_web.SyncPodio("client", "demo-client", api_url={odd.url!r})
            podio.set_access_token({{"access_token": {CANARY!r}, "expires_in": 60}})
            try:
                podio.get("/redirect")
            except podio_web.ConnectionFailed:
                pass
            podio.close()
        """)
        assert CANARY in str(odd.requests)
        assert CANARY not in str(other.requests)


@pytest.mark.every_browser
def test_a_popup_is_waited_for_where_python_can_wait(page: SyncPage, sandbox: SandboxControl) -> None:
    if page.where == "worker":
        assert page.raises('lab["podio"].login()').type == "PopupBlocked"
        return
    sandbox.settings(consent="allow", sign_in_as="other@example.com")
    found = page.click("""
        import js
        address = js.location.origin + "/static/callback.html"
        with podio_web.SyncPodio(
            "client", "demo-client", api_url=lab["podio"]._podio._identity.api_origin, redirect_uri=address
        ) as podio:
            podio.login()
            me = podio.get("/user/status")
            podio.logout()
        return me["profile"]["name"]
    """)
    assert found == "Other Person"


def test_podio_in_the_same_page_does_not_load_pyodide_http(page: SyncPage) -> None:
    # Anew, as if SyncPodio had never been used.
    found = page.run("""
        for name in [name for name in sys.modules if name.split(".")[0] in ("pyodide_http", "podio_web", "urllib")]:
            del sys.modules[name]
        import podio_web
        podio = podio_web.Podio("client", "demo-client", api_url=lab["podio"]._podio._identity.api_origin)
        podio.set_access_token({"access_token": lab["podio"].token.access_token, "expires_in": 60})
        me = await podio.get("/user/status")
        await podio.aclose()
        return [me["user"]["user_id"], [name for name in ("pyodide_http", "podio_web.sync") if name in sys.modules]]
    """)
    assert found == [1001, []]


def test_a_page_that_uses_podio_never_asks_for_pyodide_http(
    new_lab: Callable[..., Lab], sandbox: SandboxControl
) -> None:
    lab = new_lab()
    asked: list[str] = []
    lab.page.on("request", lambda request: asked.append(request.url))
    lab.open()
    lab.new_client()
    token = json.dumps(sandbox.issue_token("demo@example.com", "demo-client"))
    found = lab.run(f"""
        lab["podio"].set_access_token({token})
        me = await lab["podio"].get("/user/status")
        await lab["podio"].aclose()
        return [me["user"]["user_id"], [name for name in sys.modules if "http" in name or name.startswith("urllib")]]
    """)
    assert found == [1001, []]
    assert any(url.endswith("/user/status") for url in asked)
    assert not [url for url in asked if "http" in url.partition("://")[2]]
