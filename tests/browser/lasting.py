"""A browser that outlives a module of tests."""

from collections.abc import Callable

from playwright.sync_api import Browser, BrowserContext, Page

# Starting Firefox costs as much as opening eight windows. It keeps 10 MB of every window that it has opened, and
# gets slower by it: after about this many a new one is cheaper.
WINDOWS = 80


class LastingBrowser:
    """Hands out one browser until it has opened many windows, and then another.

    >>> lasting = LastingBrowser(launch_browser)
    >>> lasting.count(lasting.get().new_context())
    """

    def __init__(self, launch: Callable[[], Browser]) -> None:
        self._launch = launch
        self._browser: Browser | None = None
        self._windows = 0

    def get(self) -> Browser:
        """Return a browser; who asks must have closed what it opened in an earlier one."""
        if self._windows > WINDOWS:
            self.close()
        if self._browser is None or not self._browser.is_connected():
            self._browser = self._launch()
            self._windows = 0
        return self._browser

    def count(self, context: BrowserContext) -> None:
        """Count the windows of a context from now on."""
        context.on("page", self._count)

    def close(self) -> None:
        """Close the browser that was handed out last."""
        if self._browser is not None:
            self._browser.close()
            self._browser = None

    def _count(self, _page: Page) -> None:
        self._windows += 1
