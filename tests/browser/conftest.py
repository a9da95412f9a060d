"""Browser tests: the demo site and the sandbox on free ports, in every browser, each page watched."""

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, expect

from podio_web.sandbox.demo_server import Site
from podio_web.testing import SandboxControl
from tests.browser.fast import HURRY
from tests.browser.lasting import LastingBrowser
from tests.browser.served import Served, copy_pages
from tests.browser.tab import Tab
from tests.browser.watch import REPORT_VIOLATIONS, Watched
from tests.conftest import with_options

_WATCHED = pytest.StashKey[Watched]()


@pytest.fixture(scope="session")
def podio_client_id(playwright_settings: ModuleType) -> str:
    return str(playwright_settings.SITE["client_id"])


@pytest.fixture(scope="session")
def pages(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the pages of the tests."""
    return copy_pages(root, tmp_path_factory.mktemp("site") / "pages")


@pytest.fixture(scope="session")
def site(
    root: Path, pages: Path, playwright_settings: ModuleType, podio_sandbox: SandboxControl, podio_client_id: str
) -> Iterator[Site]:
    """The demo site over the checkout and the wheel in dist/; the pages of the tests are at /tests/."""
    with Site(
        root=root,
        port=playwright_settings.SITE["port"],
        client_id=podio_client_id,
        api_url=podio_sandbox.url,
        extra=pages,
    ) as site:
        yield site


@pytest.fixture(scope="session")
def base_url(request: pytest.FixtureRequest) -> str:
    """The site, unless --base-url names another one: `page.goto("/")` opens it.

    pytest-playwright's fixture of this name is not asked: pytest 9 warns about how it is written.
    """
    chosen: str | None = request.config.getoption("--base-url")
    if chosen is not None:
        return chosen
    site: Site = request.getfixturevalue("site")
    return site.url


@pytest.fixture(autouse=True)
def sandbox(podio_sandbox: SandboxControl) -> SandboxControl:
    """The sandbox, as fresh as at its start."""
    podio_sandbox.reset()
    return podio_sandbox


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


@pytest.fixture(scope="session")
def lasting_browser(launch_browser: Callable[[], Browser]) -> Iterator[LastingBrowser]:
    lasting = LastingBrowser(launch_browser)
    yield lasting
    lasting.close()


@pytest.fixture(scope="module")
def browser(lasting_browser: LastingBrowser) -> Browser:
    """The browser of the modules before, or a new one when that has opened many windows."""
    return lasting_browser.get()


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any], playwright_settings: ModuleType) -> dict[str, Any]:
    return {**playwright_settings.CONTEXT, **browser_context_args}


@pytest.fixture
def watched(request: pytest.FixtureRequest, podio_sandbox: SandboxControl, output_path: str) -> Watched:
    """Every page of the test; `watched.expect("text")` announces an error that belongs to the test."""
    watched = Watched(podio_sandbox.url, Path(output_path))
    request.node.stash[_WATCHED] = watched
    return watched


@pytest.fixture(scope="session")
def prepare(playwright_settings: ModuleType, lasting_browser: LastingBrowser) -> Callable[[BrowserContext], None]:
    """Give a context what every one has: this project's time-outs, a report of what its policy forbids, a count."""

    def prepare(context: BrowserContext) -> None:
        lasting_browser.count(context)
        context.set_default_timeout(playwright_settings.ACTION_TIMEOUT)
        context.set_default_navigation_timeout(playwright_settings.NAVIGATION_TIMEOUT)
        context.add_init_script(REPORT_VIOLATIONS)

    return prepare


@pytest.fixture
def new_context(
    new_context: Callable[..., BrowserContext], watched: Watched, prepare: Callable[[BrowserContext], None]
) -> Callable[..., BrowserContext]:
    """pytest-playwright's `new_context`, watched and with this project's time-outs."""

    def create(**options: Any) -> BrowserContext:
        context = new_context(**options)
        prepare(context)
        watched.watch(context)
        return context

    return create


@pytest.fixture(scope="module")
def new_profile(
    browser: Browser,
    browser_context_args: dict[str, Any],
    prepare: Callable[[BrowserContext], None],
) -> Iterator[Callable[..., BrowserContext]]:
    """Make browser profiles that live as long as the module: what one page has compiled, the next one finds."""
    made: list[BrowserContext] = []

    def create(**options: Any) -> BrowserContext:
        context = browser.new_context(**{**browser_context_args, **options})
        prepare(context)
        made.append(context)
        return context

    yield create
    for context in made:
        context.close()


@pytest.fixture(scope="module")
def module_profile(new_profile: Callable[..., BrowserContext]) -> BrowserContext:
    """One profile for the module's tests; ask for `profile`, which is empty again for each of them."""
    context = new_profile()
    context.add_init_script(HURRY)
    return context


@pytest.fixture(scope="module")
def spare_page(module_profile: BrowserContext) -> Page:
    """An empty page of the site, which clears the profile's storage: a test's own page may have none."""
    page = module_profile.new_page()
    page.goto("/tests/blank.html")
    return page


@pytest.fixture
def profile(module_profile: BrowserContext, spare_page: Page, watched: Watched) -> Iterator[BrowserContext]:
    """The module's profile without cookies and stored sessions; its caches are full, and ``spare_page`` is open."""
    with watched.watching(module_profile):
        yield module_profile
        module_profile.set_offline(False)
        for page in module_profile.pages:
            if page is not spare_page:
                page.close()
        spare_page.evaluate("() => localStorage.clear()")
        module_profile.clear_cookies()


@pytest.fixture
def page(profile: BrowserContext) -> Page:
    """A page for a person who has been here before."""
    return profile.new_page()


@pytest.fixture
def running() -> Iterator[ExitStack]:
    """The servers of one test. They run until its pages are checked, so what a page still loads is not an error."""
    with ExitStack() as running:
        yield running


@pytest.fixture
def served(profile: BrowserContext, site: Site, tmp_path: Path, running: ExitStack) -> Served:
    """A page whose text and headers the test writes itself."""
    return Served(profile.new_page(), site, tmp_path, running)


@pytest.fixture
def first_page(new_context: Callable[..., BrowserContext]) -> Page:
    """A page for a person who comes for the first time."""
    return new_context().new_page()


@pytest.fixture(scope="module")
def module_tab(new_profile: Callable[..., BrowserContext], interpreter: str, podio_sandbox: SandboxControl) -> Tab:
    """A tab whose Python is started once for all tests of a module."""
    return Tab(new_profile(), interpreter, podio_sandbox.url).open()


@pytest.fixture
def tab(module_tab: Tab, watched: Watched, sandbox: SandboxControl) -> Iterator[Tab]:
    """A tab with a new client in `kept["podio"]` and nothing left over from another test."""
    with watched.watching(module_tab.context):
        module_tab.new_client()
        yield module_tab
        module_tab.reset()


@pytest.fixture
def new_tab(profile: BrowserContext, interpreter: str, sandbox: SandboxControl) -> Callable[..., Tab]:
    """Open tabs in one profile, for tests about what a page finds when it starts."""

    def create(init_script: str | None = None) -> Tab:
        tab = Tab(profile, interpreter, sandbox.url)
        if init_script is not None:
            tab.page.add_init_script(init_script)
        return tab

    return create


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, Any, Any]:
    """Judge what the pages said while they are still open, as a part of the test."""
    try:
        result = yield
        watched = pyfuncitem.stash.get(_WATCHED, None)
        if watched is not None:
            watched.check()
    except Exception:
        watched = pyfuncitem.stash.get(_WATCHED, None)
        if watched is not None:
            watched.keep_evidence()
        raise
    return result
