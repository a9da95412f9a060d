"""The sandbox's faults in uploads, as a browser's own XMLHttpRequest meets them."""

from typing import Any

import pytest
from playwright.sync_api import Page

from podio_web.testing import SandboxControl
from tests.browser.watch import Watched

pytestmark = pytest.mark.every_browser

SIZE = 8_000_000

UPLOAD = """([url, token, size, abortAt, timeout]) => new Promise((resolve) => {
  const form = new FormData();
  form.append("source", new File([new Uint8Array(size)], "a.bin"));
  form.append("filename", "a.bin");
  const xhr = new XMLHttpRequest();
  let largest = 0, isSent = false;
  xhr.upload.onprogress = (event) => {
    largest = Math.max(largest, event.loaded);
    if (abortAt && event.loaded >= abortAt) xhr.abort();
  };
  xhr.upload.onload = () => { isSent = true };
  for (const end of ["load", "error", "abort", "timeout"])
    xhr[`on${end}`] = () => resolve({ end, status: xhr.status, largest, isSent, text: xhr.responseText });
  xhr.open("POST", `${url}/file/`);
  xhr.setRequestHeader("Authorization", `OAuth2 ${token}`);
  xhr.timeout = timeout;
  xhr.send(form);
})"""


@pytest.fixture
def blank(page: Page, base_url: str) -> Page:
    page.goto(f"{base_url}/tests/blank.html")
    return page


def upload(page: Page, sandbox: SandboxControl, *, abort_at: int = 0, timeout: int = 30_000) -> dict[str, Any]:
    token = sandbox.issue_token()["access_token"]
    ended: dict[str, Any] = page.evaluate(UPLOAD, [sandbox.url, token, SIZE, abort_at, timeout])
    return ended


def states(page: Page, sandbox: SandboxControl) -> list[str]:
    """Return how the uploads ended. The sandbox sees the end of a connection a moment after the page."""
    for _ in range(1000):
        found = [str(each["state"]) for each in sandbox.uploads()]
        if not {"receiving", "received"} & set(found):
            return found
        page.wait_for_timeout(20)
    raise AssertionError(f"an upload did not end: {found}")


def test_a_page_gets_an_error_for_a_dropped_upload(blank: Page, sandbox: SandboxControl, watched: Watched) -> None:
    watched.expect("net::ERR|NetworkError|Failed to load resource|CORS|Cross-Origin")
    assert upload(blank, sandbox)["status"] == 200
    sandbox.clear_uploads()
    # The browser repeats it, because the connection was kept.
    sandbox.fail_next("drop_upload", after_bytes=SIZE // 2)
    assert upload(blank, sandbox)["end"] == "error"
    assert set(states(blank, sandbox)) == {"dropped"}
    sandbox.clear_faults()
    assert upload(blank, sandbox)["status"] == 200


def test_a_stalled_upload_stops_and_its_end_is_seen(blank: Page, sandbox: SandboxControl) -> None:
    sandbox.fail_next("stall_upload", after_bytes=1_000_000)
    ended = upload(blank, sandbox, timeout=2000)
    assert (ended["end"], ended["isSent"]) == ("timeout", False)
    assert 0 < ended["largest"] < SIZE
    assert states(blank, sandbox) == ["closed"]


def test_a_cancelled_upload_is_seen(blank: Page, sandbox: SandboxControl) -> None:
    sandbox.fail_next("slow_upload", rate=2000)
    assert upload(blank, sandbox, abort_at=1_000_000)["end"] == "abort"
    assert states(blank, sandbox) == ["closed"]


def test_a_page_reads_a_413(blank: Page, sandbox: SandboxControl) -> None:
    sandbox.settings(largest_upload=SIZE - 1)
    ended = upload(blank, sandbox)
    assert (ended["end"], ended["status"]) == ("load", 413)
    assert ended["text"].startswith("<html>")
