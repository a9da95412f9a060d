"""Data for the browser tests: which browsers, how they are started, how long to wait.

pytest-playwright reads no configuration file and the dot in this one's name keeps it from being imported, so
`tests/conftest.py` and `scripts/browsers.py` load it by its path.
"""

# Every browser test runs in each of these, unless it carries pytest-playwright's `only_browser` or
# `skip_browser` marker.
BROWSERS = ["chromium", "firefox"]

# Every test that asks for the `interpreter` fixture runs with each of these.
INTERPRETERS = ["pyodide", "mpy"]

# Where a browser of the system is looked for when Playwright's own is not installed, and the Debian package
# that brings it.
SYSTEM_EXECUTABLES = {
    "chromium": ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"],
    "firefox": ["firefox-esr", "firefox"],
}
DEBIAN_PACKAGES = {"chromium": "chromium", "firefox": "firefox-esr"}

# Popup blocking is part of what is tested, so it has to be as strict as in a browser at home. Playwright switches it
# off in both browsers; in Chromium by an argument that has to be left out. Two things of a test still count as the
# person's own doing, and let popups through for a moment: `page.evaluate`, and `page.goto` in Firefox.
LAUNCH = {
    "chromium": {
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
        ],
        "ignore_default_args": ["--disable-popup-blocking"],
    },
    "firefox": {
        "firefox_user_prefs": {
            "dom.disable_open_during_load": True,
            # Every answer is kept for the driver, 20 MB for each start of Pyodide; no test asks for one.
            "remote.network.maxTotalDataSize": 21_000_000,
            # Popups of one test after the other need no new process each.
            "dom.ipc.keepProcessesAlive.webIsolated.time": 600,
            "dom.ipc.keepProcessesAlive.webIsolated.max": 10,
        },
    },
}

# In tests only, for it would make other figures in benchmarks.
IN_TESTS = {
    "chromium": {
        "args": [
            # Each test's Pyodide would be compiled a second time, by all cores, to run faster later.
            "--js-flags=--liftoff-only",
            # Each new profile would start two pages of the browser's own for its address bar. Of several switches of
            # this name the last one counts, so what of Playwright's matters here is repeated.
            "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,"
            "DestroyProfileOnBrowserClose,HttpsUpgrades,MediaRouter,OptimizationHints,PaintHolding,Translate",
        ]
    },
    "firefox": {
        "firefox_user_prefs": {
            "javascript.options.wasm_optimizingjit": False,
            # Nobody watches: drawing each window's frame less often saves an eighth of all its work.
            "layout.frame_rate": 20,
            "ui.prefersReducedMotion": 1,
            # A process kept ready for the next site is one more that hardly any test needs.
            "dom.ipc.processPrelaunch.enabled": False,
        }
    },
}

# What a stock browser needs besides its path: Playwright drives an unpatched Firefox through this channel.
SYSTEM_LAUNCH: dict[str, dict[str, str]] = {"chromium": {}, "firefox": {"channel": "moz-firefox"}}

# What every browser context starts with.
CONTEXT = {"viewport": {"width": 1280, "height": 800}}

# The demo site that the tests serve; port 0 takes a free one. `--base-url` replaces the site.
SITE = {"port": 0, "client_id": "demo-client"}

# Milliseconds. Starting Pyodide takes about three seconds on a quiet two-core machine, and more than twenty on a busy
# one; `expect` has to outlast it because a page is often waited for by its first visible element.
ACTION_TIMEOUT = 60_000
NAVIGATION_TIMEOUT = 60_000
EXPECT_TIMEOUT = 60_000
