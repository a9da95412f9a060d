"""Pages that run the steps of a test: in Python (`tab.html`), or in JavaScript with the script tag (`tag.html`)."""

import json
import textwrap
from typing import Any
from urllib.parse import urlencode

from tests.browser.script_tag import KEEP_CLIENT, Rejected
from tests.browser.tab import NEW_CLIENT, Raised
from tests.webkit.driver import Window
from tests.webkit.person import allow, by_test_id
from tests.webkit.site import WatchedSite

__all__ = ["Raised", "Rejected", "Tab", "TagPage", "by_test_id"]


class Tab:
    """A window that shows `pages/tab.html` with one interpreter."""

    def __init__(self, window: Window, interpreter: str, site: WatchedSite) -> None:
        self.window = window
        self.interpreter = interpreter
        self.site = site

    def open(self, query: str = "", fragment: str = "") -> "Tab":
        """Load the page and wait until its Python runs."""
        self.window.goto(f"{self.site.url}/tests/tab.html?interpreter={self.interpreter}{query}{fragment}")
        return self.wait()

    def wait(self) -> "Tab":
        """Wait until the Python of the page runs; a broken start fails with its reason."""
        assert self.window.wait_for("window.startError || (window.pythonReady && 'runs')") == "runs"
        return self

    def run(self, source: str) -> Any:
        """Run a step (the body of an async function) and return its value; raises Raised."""
        outcome = json.loads(self.window.evaluate("window.runStep(given[0])", textwrap.dedent(source)))
        if "raised" in outcome:
            raise Raised(outcome["raised"])
        return outcome["value"]

    def start(self, source: str) -> None:
        """Start a step and do not wait for its end, which the page may not live to see."""
        self.window.evaluate("void window.runStep(given[0])", textwrap.dedent(source))

    def click(self, source: str) -> None:
        """Run a step (plain statements) inside a real click."""
        self.window.evaluate("void (window.stepOfClick = given[0])", textwrap.dedent(source))
        self.window.click("#click")

    def new_client(self, **options: str) -> None:
        """Make ``kept["podio"]``; options are Python expressions."""
        source = NEW_CLIENT.format(api_url=self.site.api_url)
        more = "".join(f"    {name}={value},\n" for name, value in options.items())
        self.run(source.rstrip()[:-1] + more + ")")

    def open_popup(self, source: str = 'kept["task"] = kept["podio"].login()') -> Window:
        """Run a step in a click, by default a sign-in, and return the popup that it opens."""
        return self.window.popup_from(lambda: self.click(source))

    def sign_in(self) -> None:
        """Sign in as the demo user, from the click to the stored session."""
        allow(self.open_popup())
        self.run('await kept["task"]')

    def reset(self) -> None:
        """Leave nothing of the test but the running interpreter."""
        self.run("""
            if "podio" in kept:
                await kept["podio"].aclose()
            kept.clear()
        """)

    def name(self) -> str:
        """Ask the API for the person's name."""
        return str(self.run('return (await kept["podio"].get("/user/status"))["profile"]["name"]'))


class TagPage:
    """A window that shows `pages/tag.html`; `attributes` of `open` are those of the script tag."""

    def __init__(self, window: Window, site: WatchedSite) -> None:
        self.window = window
        self.site = site
        site.before += KEEP_CLIENT

    def open(self, *, query: dict[str, str] | None = None, **attributes: str) -> "TagPage":
        """Load the page with a tag."""
        wanted = {"client_id": "demo-client", "api_url": self.site.api_url, **attributes}
        named = {f"data-{name.replace('_', '-')}": value for name, value in wanted.items() if value}
        self.window.goto(f"{self.site.url}/tests/tag.html?{urlencode({**named, **(query or {})})}")
        return self

    def ready(self) -> "TagPage":
        """Wait for the client; raises Rejected if there is none."""
        self.run("await podioWeb.ready")
        return self

    def run(self, source: str) -> Any:
        """Run the body of an async function; `podio` is the client once it is ready."""
        outcome = self.window.evaluate(
            """(async (source) => {
              try {
                const step = new Function("podio", `return (async () => { ${source} })()`);
                return { value: (await step(window.client)) ?? null };
              } catch (error) {
                return { raised: { ...error, name: error.name, message: error.message, text: String(error) } };
              }
            })(given[0])""",
            source,
        )
        if "raised" in outcome:
            raise Rejected(outcome["raised"])
        return outcome["value"]

    def popup_from(self, source: str) -> Window:
        """Run an expression in a click, and return the popup that it opens; `window.clicked` is its value."""
        self.window.evaluate("void (window.onClick = new Function(`return ${given[0]}`))", source)
        return self.window.popup_from(lambda: self.window.click("#click"))
