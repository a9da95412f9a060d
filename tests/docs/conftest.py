"""The built site of the documentation, on a server with its own headers, in browsers that know no other host."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from docs_site.build import SITE
from docs_site.server import DocsServer
from playwright.sync_api import Browser, BrowserType, expect

from tests.conftest import with_options


@pytest.fixture(scope="session")
def docs_folder(root: Path) -> Path:
    """The folder of the site."""
    folder = root / SITE
    assert (folder / "index.html").is_file(), "The documentation is not built. Run: make docs"
    return folder


@pytest.fixture(scope="session")
def docs_site(docs_folder: Path) -> Iterator[str]:
    """The address of a server of the site, without a slash at its end."""
    with DocsServer(docs_folder) as server:
        yield server.url


@pytest.fixture(scope="session")
def base_url(docs_site: str) -> str:
    """The site. pytest-playwright's fixture of this name is not asked: pytest 9 warns about how it is written."""
    return docs_site


@pytest.fixture(scope="session")
def docs_pages(docs_folder: Path) -> list[str]:
    """The path of each page, such as ``reference/podio_web.html``. The demo has its own tests."""
    names = (path.relative_to(docs_folder).as_posix() for path in docs_folder.rglob("*.html"))
    return sorted(name for name in names if not name.startswith("demo/"))


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any],
    browser_type: BrowserType,
    browser_finder: ModuleType,
    playwright_settings: ModuleType,
) -> dict[str, Any]:
    """pytest-playwright's own arguments, and what the browsers of this machine need."""
    expect.set_options(timeout=playwright_settings.EXPECT_TIMEOUT)
    found = browser_finder.launch_options(browser_type.name, browser_type.executable_path, playwright_settings)
    more = playwright_settings.IN_TESTS[browser_type.name]
    return {**with_options(found, more), **browser_type_launch_args}


@pytest.fixture(scope="module")
def browser(launch_browser: Callable[[], Browser]) -> Iterator[Browser]:
    """A new browser for each module: once Playwright has intercepted requests in Firefox, its cache stays off."""
    browser = launch_browser()
    yield browser
    browser.close()
