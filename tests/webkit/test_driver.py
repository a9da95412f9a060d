"""The driver of these tests."""

from podio_web.testing import SandboxControl
from tests.webkit.driver import Window
from tests.webkit.site import WatchedSite


def test_a_look_that_is_lost_with_its_process_is_taken_again(
    window: Window, site: WatchedSite, sandbox: SandboxControl
) -> None:
    sandbox.settings(sign_in_pages_coop="same-origin")
    window.goto(f"{site.url}/tests/blank.html")
    leave = "new Promise(() => setTimeout(() => location.assign(given[0])))"
    window.wait_for(f"location.pathname === '/oauth/authorize' || {leave}", f"{sandbox.url}/oauth/authorize")
