"""Fast Pyodide in WebKit: the first visit starts as usual, the next one from the snapshot."""

import json
from typing import Any

from podio_web import __version__
from podio_web.testing import SandboxControl
from tests.browser.fast import HURRY, KEPT, LOOK
from tests.browser.test_fast_pyodide import CALL
from tests.webkit.driver import Window
from tests.webkit.site import WatchedSite


def visit(window: Window, site: WatchedSite) -> dict[str, Any]:
    """Load the page, and return what its Python says about its start."""
    window.goto(f"{site.url}/tests/blank.html")
    window.goto(f"{site.url}/tests/fast.html")
    assert window.wait_for("window.failed || (window.pyodide && 'runs')") == "runs"
    told: dict[str, Any] = json.loads(window.evaluate("window.pyodide.runPython(given[0])", LOOK))
    return told


def test_the_second_visit_starts_from_the_snapshot(window: Window, site: WatchedSite, sandbox: SandboxControl) -> None:
    site.before = HURRY
    first = visit(window, site)
    assert not first["from_memory"]
    window.wait_for(f"({KEPT})()")
    second = visit(window, site)
    assert second["from_memory"]
    assert second["version"] == first["version"] == __version__
    assert second["chance"] != visit(window, site)["chance"], "chance is not in the snapshot"
    source = CALL.format(api_url=sandbox.url, token=sandbox.issue_token())
    assert window.evaluate("window.pyodide.runPythonAsync(given[0])", source) == "Demo Person"
