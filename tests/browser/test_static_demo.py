"""The demo without a server: static files below a path, under the policy of the documentation's site."""

import re
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import BrowserContext, Page, Request, Route, expect
from static_demo import write_demo

from tests.browser.demo import open_first_item, popup_from, retype, sign_in
from tests.browser.tab import closing, deny, enter_password, shows
from tests.browser.test_demo_files import KEEP_SAVED, PICTURE
from tests.browser.watch import Watched

POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; base-uri 'self'; form-action 'none'"
)


class StaticHost(SimpleHTTPRequestHandler):
    """A web server that knows files and their types, and sends one policy with all of them."""

    extensions_map = {".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm"}

    def guess_type(self, path: object) -> str:
        """Return the media type. The base class has the rest."""
        return self.extensions_map.get(Path(str(path)).suffix) or super().guess_type(path)  # type: ignore[arg-type]

    def end_headers(self) -> None:
        """Add the policy."""
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *ignored: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """A server with room for the connections that a browser opens at once."""

    request_queue_size = 128


class Host:
    """The web server of a folder, which can be stopped and started again at the same address."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.port = 0

    def start(self) -> None:
        """Answer from now on."""
        self._server = Server(("127.0.0.1", self.port), partial(StaticHost, directory=str(self.root)))
        self.port = self._server.server_port
        self._thread = Thread(target=self._server.serve_forever)
        self._thread.start()

    def stop(self) -> None:
        """Refuse connections from now on."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture(scope="module")
def demo_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("host")
    write_demo(root / "docs" / "demo")
    return root


@pytest.fixture
def host(demo_root: Path) -> Iterator[Host]:
    host = Host(demo_root)
    host.start()
    yield host
    host.stop()


@pytest.fixture
def demo_url(host: Host) -> str:
    return f"http://localhost:{host.port}/docs/demo/"


@pytest.fixture
def asked(profile: BrowserContext) -> Iterator[list[str]]:
    """The addresses of all requests."""
    addresses: list[str] = []

    def note(request: Request) -> None:
        addresses.append(request.url)

    profile.on("request", note)
    yield addresses
    profile.remove_listener("request", note)


def is_ready(page: Page) -> None:
    """Wait until the page's Python runs, and its sandbox."""
    expect(page.get_by_test_id("boot-progress")).to_be_hidden(timeout=60_000)
    expect(page.get_by_test_id("boot-error")).to_be_hidden()


@pytest.mark.every_browser
def test_the_walk(page: Page, host: Host, demo_url: str, asked: list[str]) -> None:
    """Load the page, stop the server, and do everything that the served demo can."""
    page.add_init_script(KEEP_SAVED)
    held: list[Route] = []
    is_open: list[bool] = []
    page.route("**/sandbox-*.zip", lambda route: route.continue_() if is_open else held.append(route))
    page.goto(demo_url)
    expect(page.get_by_test_id("boot-status")).to_have_text(re.compile(r"Downloading Pyodide: 1\d\.\d of 1\d\.\d MB"))
    is_open.append(True)
    held[0].continue_()
    is_ready(page)
    expect(page.get_by_test_id("data-hint")).to_contain_text("live in this tab")
    page.evaluate("navigator.serviceWorker.ready.then(() => {})")
    assert [address for address in asked if not address.startswith((demo_url, "blob:"))] == []
    host.stop()
    page.evaluate("dispatchEvent(new Event('offline'))")

    popup = popup_from(page, page.get_by_test_id("sign-in"))
    enter_password(popup, password="wrong")
    expect(popup.get_by_test_id("login-error")).to_be_visible()
    enter_password(popup)
    closing(popup, lambda: popup.get_by_test_id("consent-allow").click())
    expect(page.get_by_test_id("user-name")).to_have_text("Demo Person")
    expect(page.get_by_test_id("live-state")).to_have_text("Live")
    expect(page.get_by_test_id("item-list").locator("li")).to_have_count(20)

    open_first_item(page)
    title = page.get_by_test_id("item-title")
    retype(title, "Typed before")
    page.get_by_test_id("expire-session").click()
    expect(page.get_by_test_id("notice")).to_contain_text("expired")
    retype(title, "Typed after the session ended")
    popup = popup_from(page, page.get_by_test_id("save-item"))
    shows(popup, "consent-allow")  # the password was entered before
    closing(popup, lambda: popup.get_by_test_id("consent-allow").click())
    expect(page.get_by_test_id("notice")).to_contain_text("Saved")
    page.get_by_test_id("somebody-else").click()
    expect(page.get_by_test_id("item-list")).to_contain_text("Typed after the session ended (changed)")
    expect(title).to_have_value("Typed after the session ended (changed)")

    page.get_by_test_id("file-input").set_input_files(files=[PICTURE])
    expect(page.get_by_test_id("files-said")).to_contain_text("is uploaded")
    expect(page.get_by_test_id("thumbnail")).to_have_js_property("naturalWidth", 80)
    # At the end: what Firefox opens for a download takes the keyboard.
    page.get_by_test_id("download-file").click()
    page.wait_for_function("() => window.saved")
    assert bytes(page.evaluate("window.saved.bytes")) == PICTURE["buffer"]
    expect(page.get_by_test_id("bars")).to_be_empty()  # nothing here needs a network
    page.get_by_test_id("sign-out").click()
    expect(page.get_by_test_id("sign-in")).to_be_visible()
    host.start()


def test_a_denial_is_explained_and_a_reload_begins_anew(page: Page, demo_url: str) -> None:
    page.goto(demo_url)
    is_ready(page)
    deny(popup_from(page, page.get_by_test_id("sign-in")))
    notice = page.get_by_test_id("notice")
    expect(notice).to_contain_text("Access was not allowed")
    popup = popup_from(page, notice.get_by_role("button", name="Sign in"))
    closing(popup, lambda: popup.get_by_test_id("consent-allow").click())
    expect(page.get_by_test_id("user-name")).to_have_text("Demo Person")
    open_first_item(page)
    before = page.get_by_test_id("item-title").input_value()
    retype(page.get_by_test_id("item-title"), "Gone with the tab")
    page.get_by_test_id("save-item").click()
    expect(notice).to_contain_text("Saved")

    page.reload()
    is_ready(page)
    expect(page.get_by_test_id("sign-in")).to_be_visible()
    sign_in(page)
    expect(page.get_by_test_id("item-list").locator("li").first).to_contain_text(before)
    expect(page.get_by_test_id("item-list")).not_to_contain_text("Gone with the tab")
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_a_missing_file_is_told(page: Page, demo_url: str, watched: Watched) -> None:
    watched.expect("404|Failed to load")
    page.route("**/sandbox-*.zip", lambda route: route.fulfill(status=404, body=""))
    page.goto(demo_url)
    expect(page.get_by_test_id("boot-error")).to_contain_text("does not have the whole folder")
    expect(page.locator("#boot-error-details")).to_contain_text("sandbox-")


def test_a_sign_in_window_without_the_demo_says_so(page: Page, demo_url: str) -> None:
    page.goto(f"{demo_url}static/demo/sign-in.html")
    expect(page.get_by_role("alert")).to_contain_text("belongs to the demo page")
    page.goto(f"{demo_url}static/callback.html#state=s1&access_token=t1")
    expect(page.locator("#unclaimed")).to_be_visible()
    expect(page).to_have_url(f"{demo_url}static/callback.html")
