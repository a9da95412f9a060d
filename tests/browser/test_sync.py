"""SyncPodio in a page: blocking calls on plain Pyodide, on the page's own thread and in a worker."""

import json
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, BrowserType

from podio_web.testing import SandboxControl
from tests.browser.tab import Raised
from tests.browser.watch import Watched
from tests.unit.odd_server import CANARY, OddServer

# What a browser says of an error status. Of a blocking call it says so in the name of the script that made it, so that
# it does not look like one to the API.
STATUS = "Failed to load resource"
BLOCKED = "Cross-Origin Request Blocked|blocked by CORS policy|Same Origin Policy|net::ERR_|NetworkError"

NEW_CLIENT = """
kept["podio"] = podio_web.SyncPodio("client", "demo-client", api_url={api_url!r}, on_token_will_refresh=None)
kept["podio"].set_access_token(json.loads({token!r}))
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
        self.page.wait_for_function("() => window.syncReady || window.syncError", timeout=60_000)
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
        self.page.wait_for_function("() => window.syncOutcome")
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
    """The page with a new SyncPodio in `kept["podio"]`, signed in."""
    token = json.dumps(sandbox.issue_token("demo@example.com", "demo-client"))
    with watched.watching(module_page.context):
        module_page.run(NEW_CLIENT.format(api_url=sandbox.url, token=token))
        sandbox.clear_calls()
        yield module_page
        module_page.run('kept.pop("podio").close()')


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
    watched.watch(context)
    yield SyncPage(context, podio_sandbox.url, request.param).open()
    browser.close()


def test_an_item_is_created_read_changed_and_deleted(page: SyncPage, watched: Watched) -> None:
    watched.expect(STATUS)
    found = page.run("""
        podio = kept["podio"]
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
    assert page.raises('kept["podio"].get("/item/1")').type == "NotFoundError"
    for fault, kind, status in [("rate_limit", "RateLimitError", 420), ("bad_gateway", "UnavailableError", 502)]:
        sandbox.fail_next(fault)
        problem = page.raises('kept["podio"].get("/user/status", retry=None)')
        assert (problem.type, problem.status) == (kind, status)


def test_no_answer_is_connection_failed_and_the_next_call_works(
    page: SyncPage, sandbox: SandboxControl, watched: Watched
) -> None:
    watched.expect(BLOCKED)
    for fault in ("drop", "drop_body", "cors"):
        sandbox.fail_next(fault)
        problem = page.raises('kept["podio"].get("/item/6101", retry=None)')
        assert problem.type == "ConnectionFailed"
        assert page.api_url in problem.text
        assert page.run('return kept["podio"].get("/item/6101")["item_id"]') == 6101


def test_a_read_is_repeated_after_a_fault_and_a_write_over_the_limit(
    page: SyncPage, sandbox: SandboxControl, watched: Watched
) -> None:
    watched.expect(f"{STATUS}|{BLOCKED}")
    page.run('kept["quick"] = podio_web.Retry(first_pause=0.01)')
    for fault in ("bad_gateway", "drop"):
        sandbox.fail_next(fault, count=2)
        assert page.run('return kept["podio"].get("/item/6101", retry=kept["quick"])["item_id"]') == 6101
    sandbox.fail_next("rate_limit", seconds=1)
    assert page.run('return kept["podio"].put("/item/6101", {"fields": {"title": "Once"}})["revision"]') == 1


def test_a_slow_answer_is_timed_out(page: SyncPage, sandbox: SandboxControl, watched: Watched) -> None:
    watched.expect(BLOCKED)
    sandbox.fail_next("slow", seconds=30)
    problem = page.raises('kept["podio"].get("/user/status", timeout=0.3)')
    assert problem.type == "TimedOut"
    assert "0.3 seconds" in problem.text


def test_a_session_that_has_ended_raises_login_required(
    page: SyncPage, sandbox: SandboxControl, watched: Watched
) -> None:
    watched.expect(STATUS)
    sandbox.expire_tokens()
    assert page.raises('kept["podio"].get("/user/status")').code == "login_required"


ODD_CLIENT = """
podio = podio_web.SyncPodio("client", "demo-client", api_url={url!r})
podio.set_access_token({{"access_token": {token!r}, "expires_in": 60}})
"""

# A function that JavaScript calls has no way to suspend Python: only a blocking XMLHttpRequest is left.
WHERE_PYTHON_CANNOT_WAIT = """
import js
from pyodide.ffi import create_proxy

outcome = []
def handler(event):
    try:
        outcome.append({call})
    except podio_web.PodioError as problem:
        outcome.extend([type(problem).__name__, str(problem)])

target, function = js.EventTarget.new(), create_proxy(handler)
target.addEventListener("asked", function)
target.dispatchEvent(js.Event.new("asked"))
function.destroy()
"""


@pytest.mark.parametrize("waits", [True, False], ids=["waits", "blocks"])
def test_no_redirect_is_followed(untouched_page: SyncPage, watched: Watched, waits: bool) -> None:
    watched.expect(f"{BLOCKED}|{STATUS}|redirect")
    with OddServer() as odd, OddServer() as other:
        for leads_to in (other.url, odd.url):
            odd.leads_to = leads_to
            for call in (
                'podio.get("/redirect", retry=None)',
                'podio.post("/redirect", {"fields": {"title": "private"}})',
                'podio.put("/redirect", {"fields": {"title": "private"}})',
                'podio.delete("/redirect", {"why": "private"})',
            ):
                step = ODD_CLIENT.format(url=odd.url, token=CANARY)
                if waits:
                    step += f"try:\n    outcome = [{call}]\n"
                    step += "except podio_web.PodioError as problem:\n    outcome = [type(problem).__name__]\n"
                else:
                    step += WHERE_PYTHON_CANNOT_WAIT.format(call=call)
                found = untouched_page.run(step + "podio.close()\nreturn outcome")
                if waits or "get" in call:
                    assert found[0] == "ConnectionFailed", (call, found)
                else:
                    assert found[0] == "PodioError"
                    assert "a blocking write would follow a redirect with your data" in found[1]
        assert CANARY in str(odd.requests)
        # Nothing that is secret or was written went further than to the address that it was meant for.
        assert "private" not in str(other.requests)
        assert CANARY not in str(other.requests)
        assert not [request for request in odd.requests if request[1] == "/hello" and (waits or request[0] != "GET")]


UPLOAD = """
import js
from podio_web.files.watch import Watch
from podio_web.http import Request
from podio_web.runtime.page_blocking import wait
from podio_web.transports.page_files import PageFileTransport

runtime = kept["client"].context.runtime
transport, watch = PageFileTransport(runtime), Watch(runtime.monotonic, podio_web.TimedOut, podio_web.TimedOut)
watch.begin(None)
headers = {{"Authorization": "OAuth2 {token}"}}
request = Request("POST", {url!r} + "/redirect", path="/redirect", headers=headers)
try:
    outcome = [wait(transport.upload(request, transport.source("a private file", "note.txt"), watch)).status]
except podio_web.PodioError as problem:
    outcome = [type(problem).__name__, str(problem)]
return outcome
"""


# The part of the documented policy that says where a page may send something.
POLICY = """url => {
  const meta = document.createElement("meta");
  meta.httpEquiv = "Content-Security-Policy";
  meta.content = `connect-src 'self' ${url}`;
  document.head.append(meta);
}"""


def test_rule_5_a_redirected_upload_is_refused_and_the_policy_keeps_the_file(
    untouched_page: SyncPage, watched: Watched
) -> None:
    """Uploads need an XMLHttpRequest, and nothing in a page but its policy ends one that is redirected."""
    watched.expect(f"{BLOCKED}|{STATUS}|redirect|connect-src|Content.Security.Policy")
    with OddServer() as odd, OddServer() as other:
        upload = UPLOAD.format(url=odd.url, token=CANARY)
        untouched_page.run('kept["client"] = podio_web.Podio("client", "demo-client")')
        for leads_to in (other.url, odd.url):
            odd.leads_to = leads_to
            assert untouched_page.run(upload)[0] == "ConnectionFailed"
        assert [(path, "private" in str(body)) for _, path, _, body in other.requests] == [("/hello", True)]
        assert CANARY in str(odd.requests)
        if untouched_page.where == "page":  # a worker has the policy that its page had when it started
            odd.leads_to = other.url
            untouched_page.page.evaluate(POLICY, odd.url)
            assert untouched_page.run(upload)[0] == "ConnectionFailed"
        assert len(other.requests) == 1
        assert CANARY not in str(other.requests)
        assert "Cookie" not in str([*odd.requests, *other.requests])


def test_where_python_cannot_wait_reading_works_and_errors_are_the_same(
    page: SyncPage, sandbox: SandboxControl, watched: Watched
) -> None:
    watched.expect(f"{BLOCKED}|{STATUS}")
    for call, outcome in (
        ('kept["podio"].get("/user/status")["user"]["user_id"]', 1001),
        ('kept["podio"].get("/item/6101", {"mark_as_viewed": False})["item_id"]', 6101),
        ('kept["podio"].get("/item/1")', "NotFoundError"),
        ('kept["podio"].delete("/item/6101")', "PodioError"),
    ):
        assert page.run(WHERE_PYTHON_CANNOT_WAIT.format(call=call) + "return outcome")[0] == outcome
    sandbox.fail_next("cors")
    call = 'kept["podio"].get("/user/status", retry=None)'
    assert page.run(WHERE_PYTHON_CANNOT_WAIT.format(call=call) + "return outcome")[0] == "ConnectionFailed"
    if page.where == "worker":
        sandbox.fail_next("slow", seconds=30)
        call = 'kept["podio"].get("/user/status", timeout=0.3)'
        assert page.run(WHERE_PYTHON_CANNOT_WAIT.format(call=call) + "return outcome")[0] == "TimedOut"


def test_a_popup_is_waited_for_where_python_can_wait(page: SyncPage, sandbox: SandboxControl) -> None:
    if page.where == "worker":
        assert page.raises('kept["podio"].login()').type == "PopupBlocked"
        return
    sandbox.settings(consent="allow", sign_in_as="other@example.com")
    found = page.click(f"""
        import js
        address = js.location.origin + "/static/callback.html"
        with podio_web.SyncPodio(
            "client", "demo-client", api_url={page.api_url!r}, redirect_uri=address
        ) as podio:
            podio.login()
            me = podio.get("/user/status")
            podio.logout()
        return me["profile"]["name"]
    """)
    assert found == "Other Person"
