"""A tab whose Python runs the steps of a test, and a person who signs in."""

import json
import textwrap
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from playwright.sync_api import BrowserContext, Error, Page, expect

NEW_CLIENT = """
kept["podio"] = podio_web.Podio(
    "client",
    client_id="demo-client",
    api_url={api_url!r},
    redirect_uri=js.location.origin + "/static/callback.html",
)
"""


class Raised(Exception):
    """A step in the page raised; ``type``, ``text``, ``code``, ``status`` say what."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(f"{problem['type']}: {problem['text']}")
        self.type = problem["type"]
        self.text = problem["text"]
        self.code = problem["code"]
        self.status = problem["status"]


class Tab:
    """A tab that shows `pages/tab.html`, in one browser and with one interpreter."""

    def __init__(self, context: BrowserContext, interpreter: str, api_url: str) -> None:
        self.context = context
        self.interpreter = interpreter
        self.api_url = api_url
        self.page = context.new_page()

    def open(self, query: str = "", fragment: str = "") -> "Tab":
        """Load the page and wait until its Python runs."""
        self.page.goto(f"/tests/tab.html?interpreter={self.interpreter}{query}{fragment}")
        return self.wait()

    def wait(self) -> "Tab":
        """Wait until the Python of the page runs; a broken start fails with its reason."""
        self.page.wait_for_function("() => window.pythonReady || window.startError")
        problem = self.page.evaluate("window.pythonReady ? null : window.startError")
        assert problem is None, f"the tab's Python did not start: {problem}"
        return self

    def run(self, source: str) -> Any:
        """Run a step (the body of an async function) and return its value; raises Raised."""
        outcome = json.loads(self.page.evaluate("source => window.runStep(source)", textwrap.dedent(source)))
        if "raised" in outcome:
            raise Raised(outcome["raised"])
        return outcome["value"]

    def start(self, source: str) -> None:
        """Start a step and do not wait for its end, which the page may not live to see."""
        self.page.evaluate("source => { window.runStep(source) }", textwrap.dedent(source))

    def click(self, source: str) -> None:
        """Run a step (plain statements) inside a real click."""
        self.page.evaluate("source => { window.stepOfClick = source }", textwrap.dedent(source))
        self.page.locator("#click").click()

    def new_client(self, **options: str) -> None:
        """Make ``kept["podio"]``; options are Python expressions."""
        source = NEW_CLIENT.format(api_url=self.api_url)
        more = "".join(f"    {name}={value},\n" for name, value in options.items())
        self.run(source.rstrip()[:-1] + more + ")")

    def open_popup(self, source: str = 'kept["task"] = kept["podio"].login()') -> Page:
        """Run a step in a click, by default a sign-in, and return the popup that it opens."""
        with self.page.expect_popup() as popup:
            self.click(source)
        return popup.value

    def sign_in(self) -> None:
        """Sign in as the demo user, from the click to the stored session."""
        allow(self.open_popup())
        self.run('await kept["task"]')

    def sign_in_again(self) -> None:
        """Sign in once more; the sandbox remembers the person and asks for consent only."""
        popup = self.open_popup()
        closing(popup, lambda: popup.get_by_test_id("consent-allow").click())
        self.run('await kept["task"]')

    def wait_for_session(self) -> None:
        """Wait until the client is signed in. A browser tells one tab a moment later what another one has stored."""
        self.run("""
            while not await kept["podio"].is_authenticated():
                await asyncio.sleep(0.05)
        """)

    def reset(self) -> None:
        """Leave nothing behind for the next test but the running interpreter."""
        self.run(
            """
            if "podio" in kept:
                await kept["podio"].aclose()
            kept.clear()
            """
        )
        for page in self.context.pages:
            if page is not self.page:
                page.close()
        self.page.evaluate("() => { localStorage.clear(); sessionStorage.clear() }")
        self.context.clear_cookies()


def enter_password(popup: Page, username: str = "demo@example.com", password: str = "demo") -> None:
    """Fill in the sandbox's sign-in page."""
    name = popup.get_by_test_id("login-username")
    if name.input_value() != username:  # after a wrong password it is there already
        name.fill(username)
    popup.get_by_test_id("login-password").fill(password)
    popup.get_by_test_id("login-submit").click()


def allow(popup: Page, username: str = "demo@example.com", password: str = "demo") -> None:
    """Sign in and consent; the popup closes by itself."""
    enter_password(popup, username, password)
    closing(popup, lambda: popup.get_by_test_id("consent-allow").click())


def deny(popup: Page) -> None:
    """Sign in and refuse; the popup closes by itself."""
    enter_password(popup)
    closing(popup, lambda: popup.get_by_test_id("consent-deny").click())


def closing(popup: Page, act: Callable[[], object]) -> None:
    """Do what makes the popup close by itself."""
    with popup.expect_event("close"):
        try:
            act()
        except Error:  # the window may be gone before the driver is done with the click that closed it, or knows of it
            wait_until_closed(popup)


def wait_until_closed(popup: Page) -> None:
    """Wait until the popup has closed by itself, which it may have done already."""
    if not popup.is_closed():
        popup.wait_for_event("close")


def close_popup(tab: Tab, popup: Page) -> None:
    """Close the popup of the tab's task. ``noticed`` tells what follows."""
    tab.run("""
        async def note(task):
            found = await outcome(task)
            js.window.endedAt = js.performance.now()
            return found

        kept["noted"] = asyncio.create_task(note(kept["task"]))
    """)
    popup.close()
    tab.page.evaluate("() => { window.closedAt = performance.now() }")


def noticed(tab: Tab) -> tuple[str, float]:
    """Wait for the end of the task, and return its error's code and the seconds since the popup was closed.

    The page takes the time, because the driver's own calls are slow on a busy machine.
    """
    code = tab.run('return (await kept["noted"])["raised"]["code"]')
    return code, tab.page.evaluate("(window.endedAt - window.closedAt) / 1000")


def shows(popup: Page, test_id: str) -> None:
    """Wait until the popup shows an element."""
    expect(popup.get_by_test_id(test_id)).to_be_visible()


def travel(page: Page, step: str, part: str) -> str:
    """Go ``back`` or ``forward`` in the page's history, to an address that holds ``part``; return it.

    The document that is asked to go may be gone before its answer has left it, most of all on a busy machine.
    """
    with suppress(Error):
        page.evaluate(f"history.{step}()")
    return wait_for_address(page, part)


def wait_for_address(page: Page, part: str) -> str:
    """Wait until the page's own address holds ``part``, and return it.

    Asked of the page itself: Firefox tells a driver nothing when it takes a page out of its back-forward cache.
    """
    for _ in range(600):
        with suppress(Error):  # between two documents there is nobody to ask
            address = str(page.evaluate("location.href"))
            if part in address:
                return address
        page.wait_for_timeout(100)
    raise AssertionError(f"the page did not come to {part}")
