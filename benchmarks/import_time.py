"""How long a page waits for `import podio_web` and a client, and how large the wheel is.

    make bench

prints one table: medians of several first visits in each browser and interpreter, in milliseconds, and their ratio to
the time in which PyScript brought the interpreter up in the same visit. Times are for comparing, not for promising.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Playwright, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import browsers  # noqa: E402

from podio_web.sandbox.site import INTERPRETERS, Site  # noqa: E402

PAGE = """<!doctype html>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<script type="{kind}" src="measure.py"
        config='{{"interpreter": "/{interpreter}", "files": {{"/{wheel}": "./*"}}}}'></script>
<script type="module" src="/vendor/pyscript/core.js"></script>
"""

MEASURE = """
import js
started = js.performance.now()
import podio_web
imported = js.performance.now()
podio = podio_web.Podio("client", client_id="my-app")
made = js.performance.now()
js.window.measured = f"{started} {imported - started} {made - imported}"
"""


def measure(browser: Browser, address: str, visits: int) -> list[tuple[float, float, float]]:
    """Return (start of Python, import, client) in milliseconds for each first visit."""
    found = []
    for _ in range(visits):
        context = browser.new_context()
        page = context.new_page()
        page.goto(address)
        page.wait_for_function("window.measured")
        start, imported, made = (float(part) for part in page.evaluate("window.measured").split())
        found.append((start, imported, made))
        context.close()
    return found


def launch(playwright: Playwright, name: str) -> Browser:
    """Start a browser as the tests do."""
    kind = getattr(playwright, name)
    browser: Browser = kind.launch(**browsers.launch_options(name, kind.executable_path, browsers.load_settings()))
    return browser


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure what importing podio_web costs a page.")
    parser.add_argument("--visits", type=int, default=7, help="first visits per row (7)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        pages = Path(folder)
        with Site(ROOT, extra=pages) as site:
            (pages / "measure.py").write_text(MEASURE, encoding="utf-8")
            for kind, interpreter in INTERPRETERS.items():
                page = PAGE.format(kind=kind, interpreter=interpreter, wheel=site.wheel().name)
                (pages / f"{kind}.html").write_text(page, encoding="utf-8")
            print(f"{site.wheel().name}: {site.wheel().stat().st_size / 1000:.1f} kB")
            print(f"{'browser':10} {'interpreter':12} {'import':>8} {'client':>8} {'both':>8} {'of start':>9}")
            for name in ("chromium", "firefox"):
                browser = launch(playwright, name)
                for kind in INTERPRETERS:
                    rows = measure(browser, f"{site.url}/tests/{kind}.html", options.visits)
                    start, imported, made = (statistics.median(column) for column in zip(*rows, strict=True))
                    label = "MicroPython" if kind == "mpy" else "Pyodide"
                    both = imported + made
                    print(f"{name:10} {label:12} {imported:8.1f} {made:8.1f} {both:8.1f} {both / start:9.2f}")
                browser.close()


if __name__ == "__main__":
    main()
