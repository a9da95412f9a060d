"""WebKit: the demo's site, a sandbox, and one browser for each module of tests."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from webkit import find_missing

from podio_web.testing import SandboxControl
from tests.browser.served import copy_pages
from tests.webkit.driver import Display, WebKit, Window
from tests.webkit.site import WatchedSite
from tests.webkit.tab import Tab, TagPage

_WATCHED = pytest.StashKey["Watched"]()


class Watched:
    """The errors of one test's pages. Those that ``expect`` announced do not fail it."""

    def __init__(self, site: WatchedSite) -> None:
        self._site = site
        self._expected: list[str] = []

    def expect(self, text: str) -> None:
        """Announce an error that holds a text."""
        self._expected.append(text)

    @property
    def errors(self) -> list[str]:
        """Every error so far."""
        return self._site.errors

    @property
    def warnings(self) -> list[str]:
        """Every warning so far, which fails no test."""
        return self._site.warnings

    def check(self) -> None:
        """Raise AssertionError if a page had an error that the test did not announce."""
        found = [error for error in self.errors if not any(text in error for text in self._expected)]
        assert not found, "The page had errors that the test does not expect:\n" + "\n".join(found)


@pytest.fixture(scope="session")
def site(root: Path, tmp_path_factory: pytest.TempPathFactory, podio_sandbox: SandboxControl) -> Iterator[WatchedSite]:
    """The demo's site; the pages of the tests are at /tests/."""
    pages = copy_pages(root, tmp_path_factory.mktemp("site") / "pages")
    site = WatchedSite(root, podio_sandbox.url, pages)
    with site:
        yield site


@pytest.fixture(scope="session")
def display() -> Iterator[Display]:
    """Where WebKit shows its windows."""
    missing = find_missing()
    if missing:
        told = f"No {' and no '.join(missing)} found. Install the Debian packages webkit2gtk-driver and xvfb."
        if "CI" in os.environ:
            pytest.fail(told)
        pytest.skip(told)
    display = Display()
    yield display
    display.stop()


@pytest.fixture(scope="module")
def webkit(display: Display) -> Iterator[WebKit]:
    """A browser for the module's tests."""
    webkit = WebKit(display)
    yield webkit
    webkit.stop()


@pytest.fixture
def watched(request: pytest.FixtureRequest, site: WatchedSite) -> Watched:
    """What the pages of the test report."""
    site.reset()
    watched = Watched(site)
    request.node.stash[_WATCHED] = watched
    return watched


@pytest.fixture(autouse=True)
def sandbox(podio_sandbox: SandboxControl, watched: Watched) -> SandboxControl:
    """The sandbox, as fresh as at its start."""
    podio_sandbox.reset()
    return podio_sandbox


@pytest.fixture
def profile(webkit: WebKit, site: WatchedSite, watched: Watched) -> Iterator[WebKit]:
    """The module's browser without windows, sessions and cookies of another test."""
    yield webkit
    webkit.close_others()
    site.before = ""
    for url in (site.url, site.api_url):
        webkit.first.goto(f"{url}/tests/blank.html" if url == site.url else f"{url}/oauth/authorize")
        webkit.first.evaluate("void [localStorage.clear(), sessionStorage.clear()]")
        webkit.driver.delete_all_cookies()


@pytest.fixture
def window(profile: WebKit) -> Window:
    """A new tab of the module's browser."""
    return profile.new_window()


@pytest.fixture
def tab(window: Window, interpreter: str, site: WatchedSite) -> Tab:
    """A tab with running Python and a new client in `kept["podio"]`."""
    tab = Tab(window, interpreter, site).open()
    tab.new_client()
    return tab


@pytest.fixture
def tag(window: Window, site: WatchedSite) -> TagPage:
    """A page for the script tag, not opened yet."""
    return TagPage(window, site)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, Any, Any]:
    """Judge what the pages reported as a part of the test."""
    watched = pyfuncitem.stash.get(_WATCHED, None)
    try:
        result = yield
    except Exception as problem:
        if watched is not None:
            for told in watched.errors + watched.warnings:
                problem.add_note(f"A page reported: {told}")
        raise
    if watched is not None:
        watched.check()
    return result
