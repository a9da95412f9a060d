"""WebKitGTK's MiniBrowser on a display of its own, driven through WebKitWebDriver."""

import ctypes
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from selenium.common.exceptions import NoSuchWindowException, WebDriverException
from selenium.webdriver.common.proxy import Proxy, ProxyType
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.file_detector import UselessFileDetector
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import WebDriverWait
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service
from urllib3.exceptions import ReadTimeoutError

SECONDS = 60
"""How long to wait for anything. Pyodide starts slowly on a busy machine."""

LOOK_EVERY = 0.05

LOST_AFTER = 5
"""How many seconds a look into a page may take.

Cross-Origin-Opener-Policy makes WebKit load a document in another process. It never answers a script that
the old process was given meanwhile, so another look has to be taken.
"""

ENVIRONMENT = {
    # The sandbox of WebKit's processes needs rights that containers do not have. The tests open their own pages only.
    "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
    # There is no graphics card to draw with.
    "WEBKIT_DISABLE_COMPOSITING_MODE": "1",
    "WEBKIT_DISABLE_DMABUF_RENDERER": "1",
    "LIBGL_ALWAYS_SOFTWARE": "1",
    "GDK_BACKEND": "x11",
    # Without a session bus, each start would wait for the one of accessibility.
    "NO_AT_BRIDGE": "1",
    "GTK_A11Y": "none",
    # Each test's WebAssembly would be compiled a second time, to run faster later.
    "JSC_useOMGJIT": "0",
}


_libc = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def _end_with_the_tests() -> None:
    """Let the kernel end this process when the tests end, however they end."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Display:
    """An X server without a screen, which picks a free display."""

    def __init__(self) -> None:
        reading, writing = os.pipe()
        command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]
        self._process = subprocess.Popen(
            command,
            pass_fds=[writing],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_end_with_the_tests,
        )
        os.close(writing)
        with os.fdopen(reading) as told:
            number = told.readline().strip()
        if not number:
            raise RuntimeError(f"Xvfb did not start: it ended with status {self._process.wait()}.")
        self.name = f":{number}"

    def stop(self) -> None:
        """End the server."""
        self._process.terminate()
        self._process.wait()


class WebKit:
    """A browser with an empty profile.

    Args:
        display: Where it shows its windows.
        settings: Settings of MiniBrowser, such as ``--enable-html5-local-storage=false``.
    """

    def __init__(self, display: Display, *settings: str) -> None:
        options = Options()
        options.add_argument("--automation")
        for setting in settings:
            options.add_argument(setting)
        self._service = Service(
            shutil.which("WebKitWebDriver") or "",
            env={**os.environ, **ENVIRONMENT, "DISPLAY": display.name},
            # The driver and the browser's processes form a group, so that none of them can stay behind.
            popen_kw={"start_new_session": True, "preexec_fn": _end_with_the_tests},
        )
        self._service.start()
        # selenium.webdriver.WebKitGTK passes the address in a deprecated way.
        direct = Proxy({"proxyType": ProxyType.DIRECT})
        self._client = ClientConfig(remote_server_addr=self._service.service_url, proxy=direct, timeout=2 * SECONDS)
        try:
            self.driver = WebDriver(RemoteConnection(client_config=self._client), options=options)
        except BaseException:
            self._end()
            raise
        self.driver.file_detector = UselessFileDetector()  # the browser runs on this machine
        self.driver.set_script_timeout(SECONDS)
        self.driver.set_page_load_timeout(SECONDS)
        self._current = self.driver.current_window_handle
        self.first = Window(self, self._current)

    def stop(self) -> None:
        """Close the browser and end the driver."""
        with suppress(WebDriverException):
            self.driver.quit()
        self._end()

    def _end(self) -> None:
        process = self._service.process
        self._service.stop()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    def new_window(self) -> "Window":
        """Open a window. In a tab behind another one, WebKit lets no popup open."""
        handle = self.driver.execute("newWindow", {"type": "window"})["value"]["handle"]
        return Window(self, handle)

    def select(self, handle: str) -> WebDriver:
        """Return the driver after it has turned to a window."""
        if self._current != handle:
            self.driver.switch_to.window(handle)
            self._current = handle
        return self.driver

    def wait_until(self, condition: Callable[[], Any], what: str, seconds: float = SECONDS) -> Any:
        """Wait until a condition returns something true, and return that."""
        return WebDriverWait(self.driver, seconds, LOOK_EVERY).until(lambda _: condition(), f"in vain: {what}")

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Give up what the browser does not answer soon, and what it cannot answer between two documents."""
        self._client.timeout = LOST_AFTER
        try:
            with suppress(WebDriverException, ReadTimeoutError):
                yield
        finally:
            self._client.timeout = 2 * SECONDS

    def close_others(self) -> None:
        """Close every window but the first."""
        for handle in self.driver.window_handles:
            if handle != self.first.handle:
                with suppress(NoSuchWindowException):  # a popup that is closing itself
                    Window(self, handle).close()
        self.select(self.first.handle)


class Window:
    """A tab or a popup."""

    def __init__(self, webkit: WebKit, handle: str) -> None:
        self.webkit = webkit
        self.handle = handle

    @property
    def driver(self) -> WebDriver:
        """The driver, turned to this window."""
        return self.webkit.select(self.handle)

    @property
    def url(self) -> str:
        """The address that the window shows."""
        return str(self.driver.current_url)

    def goto(self, url: str) -> "Window":
        """Load a page."""
        self.driver.get(url)
        return self

    def evaluate(self, expression: str, *given: Any) -> Any:
        """Return the value of an expression, or what its promise resolves to; ``given`` are its ``arguments``."""
        outcome = self.driver.execute_async_script(
            f"""const done = arguments[arguments.length - 1];
            (async (...given) => ({expression}))(...arguments).then(
              (value) => done({{ value: value ?? null }}), (error) => done({{ error: String(error) }}));""",
            *given,
        )
        assert "error" not in outcome, outcome["error"]
        return outcome["value"]

    def wait_for(self, expression: str, *given: Any, seconds: float = SECONDS) -> Any:
        """Wait until an expression is true in the page, and return its value."""

        def look() -> Any:
            with self.webkit.looking():
                return self.evaluate(expression, *given)
            return None

        return self.webkit.wait_until(look, expression, seconds)

    def wait_for_url(self, part: str) -> str:
        """Wait until the window's address holds ``part``, and return the address."""
        return str(self.wait_for("location.href.includes(given[0]) && location.href", part))

    def text(self, selector: str) -> str:
        """Return what an element shows; it is empty if the element is hidden or missing."""
        return str(
            self.evaluate(
                "(found => found?.checkVisibility() ? found.textContent.trim() : '')(document.querySelector(given[0]))",
                selector,
            )
        )

    def shows(self, selector: str, text: str = "") -> str:
        """Wait until an element is visible and holds a text, and return what it shows."""
        return str(
            self.wait_for(
                "(found => found?.checkVisibility() && found.textContent.includes(given[1]) && "
                "(found.textContent.trim() || ' '))(document.querySelector(given[0]))",
                selector,
                text,
            )
        )

    def click(self, selector: str) -> None:
        """Click an element once it can be clicked."""
        self.wait_for("document.querySelector(given[0])?.checkVisibility()", selector)
        self.driver.find_element("css selector", selector).click()

    def type(self, selector: str, text: str) -> None:
        """Replace what a field holds, by the keyboard."""
        self.wait_for("document.querySelector(given[0])?.checkVisibility()", selector)
        field = self.driver.find_element("css selector", selector)
        field.clear()
        field.send_keys(text)

    def popup_from(self, act: Callable[[], object]) -> "Window":
        """Do something that opens a popup, and return the popup."""
        before = set(self.driver.window_handles)
        act()
        (handle,) = self.webkit.wait_until(lambda: set(self.webkit.driver.window_handles) - before, "a popup opens")
        return Window(self.webkit, handle)

    @property
    def is_open(self) -> bool:
        """Whether the window exists."""
        return self.handle in self.webkit.driver.window_handles

    def closing(self, act: Callable[[], object]) -> None:
        """Do something that makes the window close itself."""
        with suppress(WebDriverException):  # the window may be gone before the driver is done with the click
            act()
        self.webkit.wait_until(lambda: not self.is_open, "the window closes")

    def close(self) -> None:
        """Close the window."""
        self.driver.close()
        self.webkit.wait_until(lambda: not self.is_open, "the window closes")
