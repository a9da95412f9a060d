"""Keeps an eye on every page of a test: errors that the test did not expect fail it, and failures leave evidence."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, WebError

# The browsers have words and places of their own for a breach of a Content-Security-Policy; its event they share
# (https://www.w3.org/TR/CSP3/#securitypolicyviolationevent).
REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`Content-Security-Policy: ${event.effectiveDirective} forbids ${event.blockedURI}`));
"""


class Watched:
    """What the pages of one test said.

    Uncaught errors, `console.error` and breaches of a Content-Security-Policy fail the test, except those that it
    announced with `expect`. What the browser itself logs about an error status of the API does not count, because the
    client raises an error for it.
    """

    def __init__(self, api_url: str, folder: Path) -> None:
        self.errors: list[str] = []
        self.console: list[str] = []
        self._api_url = api_url
        self._folder = folder
        self._contexts: list[BrowserContext] = []
        self._expected: list[re.Pattern[str]] = []

    def watch(self, context: BrowserContext) -> None:
        """Watch every page of a context."""
        self._contexts.append(context)
        context.on("console", self._hear)
        context.on("weberror", self._catch)

    @contextmanager
    def watching(self, context: BrowserContext) -> Iterator[None]:
        """Watch a context that lives longer than the test."""
        self.watch(context)
        yield
        context.remove_listener("console", self._hear)
        context.remove_listener("weberror", self._catch)

    def expect(self, pattern: str) -> None:
        """Announce an error; `pattern` is a regular expression that is searched for in its text."""
        self._expected.append(re.compile(pattern))

    @property
    def unexpected(self) -> list[str]:
        """The errors that nothing announced."""
        return [error for error in self.errors if not any(known.search(error) for known in self._expected)]

    def wait_for(self, page: Page, part: str) -> None:
        """Wait until the console has an error with this part, which a browser tells a moment later."""
        if not any(part in error for error in self.errors):
            page.wait_for_event("console", lambda message: message.type == "error" and part in message.text)

    def check(self) -> None:
        """Raise AssertionError when a page had an error that the test did not announce."""
        for context in self._contexts:
            _catch_up(context)
        unexpected = self.unexpected
        assert not unexpected, "The page had errors that the test does not expect:\n" + "\n".join(unexpected)

    def keep_evidence(self) -> None:
        """Write the console and a screenshot of each open page to the test's folder in test-results/."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / "console.txt").write_text("\n".join(self.console) + "\n", encoding="utf-8")
        pages = [page for context in self._contexts for page in context.pages]
        for number, page in enumerate(pages, start=1):
            try:
                page.screenshot(path=self._folder / f"page-{number}.png", timeout=5000)
            except Error as problem:
                note = f"no screenshot of page {number} ({page.url}): {problem.message}\n"
                with (self._folder / "console.txt").open("a", encoding="utf-8") as notes:
                    notes.write(note)

    def _hear(self, message: ConsoleMessage) -> None:
        url = message.location.get("url", "")
        line = f"[{message.type}] {message.text} ({url})"
        self.console.append(line)
        if message.type == "error" and not self._is_api_status(message.text, url):
            self.errors.append(line)

    def _catch(self, problem: WebError) -> None:
        line = f"[uncaught] {problem.error}"
        self.console.append(line)
        self.errors.append(line)

    def _is_api_status(self, text: str, url: str) -> bool:
        return url.startswith(self._api_url + "/") and text.startswith("Failed to load resource")


def _catch_up(context: BrowserContext) -> None:
    """Let Playwright deliver what it has heard: it does so only while it is asked for something."""
    with suppress(Error):  # a closed context has nothing left to say
        context.cookies()
