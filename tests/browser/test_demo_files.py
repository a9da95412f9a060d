"""The files of an item in the demo, as a person sends, sees, saves and deletes them."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import FilePayload, Page, Request, expect

from podio_web.sandbox.demo_server import Site
from podio_web.sandbox.thumbnails import thumbnail
from podio_web.testing import SandboxControl
from tests.browser.demo import in_podio, open_demo, open_first_item, popup_from, retype, sign_in
from tests.browser.tab import closing
from tests.browser.test_demo_notices import POPUP_BLOCKER
from tests.browser.watch import Watched

REPORT: FilePayload = {"name": "report.pdf", "mimeType": "application/pdf", "buffer": b"%PDF" + b"r" * 3_000_000}
FILM: FilePayload = {"name": "film.mp4", "mimeType": "video/mp4", "buffer": b"f" * 8_000_000}
NOTE: FilePayload = {"name": "note.txt", "mimeType": "text/plain", "buffer": b"Paint the fence"}
# A PNG of 520 pixels, which no thumbnail has.
PICTURE: FilePayload = {"name": "plan.png", "mimeType": "image/png", "buffer": thumbnail("ab" * 32, "extra_large")}

MORE_THAN_NOTHING = re.compile("[1-9]")

# Playwright does not tell what Firefox saves, so the page tells what it lets the browser save.
KEEP_SAVED = """
  const blobs = (window.blobs = new Map());
  const { createObjectURL } = URL;
  URL.createObjectURL = (blob) => {
    const url = createObjectURL.call(URL, blob);
    blobs.set(url, blob);
    return url;
  };
  HTMLAnchorElement.prototype.click = function () {
    blobs.get(this.href).arrayBuffer().then((bytes) => {
      window.saved = { name: this.download, bytes: [...new Uint8Array(bytes)] };
    });
    HTMLElement.prototype.click.call(this);
  };
"""
# Events as a browser sends them while somebody drags.
DROP = """([target, names]) => {
  const data = new DataTransfer();
  for (const name of names) data.items.add(new File(["dropped"], name, { type: "text/plain" }));
  const place = document.querySelector(target);
  return ["dragover", "drop"].map((type) => {
    const event = new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data });
    place.dispatchEvent(event);
    return event.defaultPrevented;
  });
}"""
FOLDERS = """() => {
  DataTransferItem.prototype.webkitGetAsEntry = function () {
    const { name } = this.getAsFile();
    return { name, isDirectory: !name.includes(".") };
  };
}"""


def open_item(page: Page, interpreter: str, sandbox: SandboxControl) -> int:
    """Open the demo's first item; thumbnails come from the origin of file links."""
    sandbox.settings(files_cors=True)
    page.add_init_script(KEEP_SAVED)
    open_demo(page, interpreter)
    sign_in(page)
    return open_first_item(page)


def choose(page: Page, *files: FilePayload) -> None:
    """Choose files for the open item."""
    page.get_by_test_id("file-input").set_input_files(files)


def files_in_podio(sandbox: SandboxControl, item_id: int) -> list[tuple[str, int]]:
    """The names and sizes of an item's files, as the sandbox has them."""
    files: Any = in_podio(sandbox, item_id)["files"]
    return [(file["name"], file["size"]) for file in files]


def expect_said(page: Page, text: str) -> None:
    """Wait for what screen readers are told."""
    expect(page.get_by_test_id("files-said")).to_contain_text(text)


def expect_saved(page: Page, file: FilePayload) -> None:
    """Wait for what the browser is told to save."""
    page.wait_for_function("() => window.saved")
    saved = page.evaluate("window.saved")
    assert saved == {"name": file["name"], "bytes": list(file["buffer"])}


def choose_in_a_stall(page: Page, sandbox: SandboxControl) -> None:
    """Choose a file whose upload stops in its middle, and wait for that."""
    sandbox.fail_next("stall_upload", path_prefix="/file", after_bytes=1_000_000)
    choose(page, REPORT)
    wait_for_upload(page, sandbox, "receiving", 1_000_000)
    expect_progress(page)


def expect_progress(page: Page) -> None:
    """Wait for the progress of the upload of the report."""
    expect(page.get_by_test_id("upload-text")).to_contain_text("of 3 MB")
    expect(page.get_by_role("progressbar", name="Upload of report.pdf")).to_be_visible()


def wait_for_upload(page: Page, sandbox: SandboxControl, state: str, received: int = 0) -> None:
    """Wait until the newest upload at the sandbox has this state, "closed" if the page has ended it, and so many bytes.

    The page shows progress before anything has arrived there.
    """
    for _ in range(600):
        if any(each["state"] == state and each["received"] >= received for each in sandbox.uploads()[-1:]):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"the newest upload is not {state}: {sandbox.uploads()}")


@pytest.mark.every_browser
def test_the_walk(page: Page, interpreter: str, sandbox: SandboxControl, watched: Watched) -> None:
    """Choose, cancel, fail, try again, look, save, and lose the session in the middle of an upload and a sentence."""
    watched.expect("ERR_|CORS request did not succeed")
    page.add_init_script(POPUP_BLOCKER)
    item_id = open_item(page, interpreter, sandbox)
    expect(page.get_by_test_id("files-count")).to_have_text("none yet")

    sandbox.fail_next("slow_upload", path_prefix="/file", rate=200)
    choose(page, FILM)
    bar = page.get_by_role("progressbar", name="Upload of film.mp4")
    expect(bar).to_have_attribute("value", MORE_THAN_NOTHING)
    expect(page.get_by_test_id("upload-text")).to_have_text(re.compile(r"^[\d.]+ [kM]B of 8 MB$"))
    page.get_by_test_id("cancel-file").click()
    expect_said(page, "you cancelled it")
    expect(page.get_by_test_id("upload")).to_have_count(0)

    # Firefox itself sends a request again whose connection was closed.
    sandbox.fail_next("drop_upload", 2, path_prefix="/file", after_bytes=1_000_000)
    choose(page, REPORT)
    expect(page.get_by_test_id("upload-text")).to_contain_text("Podio cannot be reached")
    sandbox.clear_faults()
    assert files_in_podio(sandbox, item_id) == []
    page.get_by_test_id("again-file").click()
    expect_said(page, "report.pdf is uploaded")
    expect(page.get_by_test_id("upload")).to_have_count(0)

    choose(page, PICTURE)
    picture = page.get_by_test_id("file").filter(has_text="plan.png")
    expect(picture.get_by_test_id("thumbnail")).to_be_visible()
    page.wait_for_function("() => document.querySelector('[data-testid=thumbnail]').naturalWidth === 80")

    title = page.get_by_test_id("item-title")
    retype(title, "Typed before")
    page.evaluate("window.blocksPopups = true")
    sandbox.clear_calls()
    sandbox.fail_next("stall_upload", path_prefix="/file", after_bytes=1_000_000, seconds=2)
    choose(page, REPORT)
    # At once: the upload goes on by itself, and the page may be slow to show it.
    wait_for_upload(page, sandbox, "receiving")
    sandbox.expire_tokens()
    expect_progress(page)
    asking = page.get_by_test_id("login-needed")
    expect(asking).to_contain_text("Your session has ended")
    page.evaluate("window.blocksPopups = false")
    retype(title, "Typed while it waits")
    popup = popup_from(page, asking.get_by_role("button", name="Sign in again"))
    closing(popup, lambda: popup.get_by_test_id("consent-allow").click())
    expect_said(page, "report.pdf is uploaded")
    expect(title).to_have_value("Typed while it waits")
    assert [call["status"] for call in sandbox.calls("/file/", method="POST")] == [401, 200, 204]
    expect(page.get_by_test_id("files-count")).to_have_text("3")
    report, plan = ("report.pdf", len(REPORT["buffer"])), ("plan.png", len(PICTURE["buffer"]))
    assert files_in_podio(sandbox, item_id) == [report, plan, report]

    # At the end: what Firefox opens for a download takes the keyboard.
    picture.get_by_role("button", name="Download plan.png").click()
    expect_saved(page, PICTURE)


def test_everything_works_by_keyboard(page: Page, interpreter: str, sandbox: SandboxControl) -> None:
    # With a listener, the browser knows early that the test takes its file window. A busy one would learn it too late.
    page.on("filechooser", lambda chooser: None)
    item_id = open_item(page, interpreter, sandbox)
    field = page.get_by_label("Add files")
    field.focus()
    sandbox.fail_next("stall_upload", path_prefix="/file", after_bytes=1_000_000)
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files([REPORT])
    cancel = page.get_by_role("button", name="Cancel report.pdf")
    expect(cancel).to_be_visible()
    field.focus()
    page.keyboard.press("Shift+Tab")
    expect(cancel).to_be_focused()
    page.keyboard.press("Enter")
    expect(field).to_be_focused()

    choose(page, NOTE)
    expect_said(page, "note.txt is uploaded")
    expect(field).to_be_focused()
    page.keyboard.press("Shift+Tab")
    delete = page.get_by_role("button", name="Delete note.txt")
    expect(delete).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Delete the file").press("Enter")
    expect_said(page, "note.txt is deleted")
    expect(field).to_be_focused()
    expect(page.get_by_test_id("files-count")).to_have_text("none yet")
    assert files_in_podio(sandbox, item_id) == []

    # At the end: what Firefox opens for a download takes the keyboard.
    choose(page, NOTE)
    expect_said(page, "note.txt is uploaded")
    page.keyboard.press("Shift+Tab")
    expect(delete).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Download note.txt")).to_be_focused()
    page.keyboard.press("Enter")
    expect_saved(page, NOTE)


def test_files_are_dropped_on_the_item_and_folders_are_refused_with_a_sentence(
    page: Page, interpreter: str, sandbox: SandboxControl
) -> None:
    item_id = open_item(page, interpreter, sandbox)
    retype(page.get_by_test_id("item-title"), "Typed before")
    page.evaluate(FOLDERS)
    assert page.evaluate(DROP, ["#item-title", ["one.txt", "Reports", "two.txt"]]) == [True, True]
    expect(page.get_by_test_id("file")).to_have_count(2)
    expect(page.get_by_test_id("notice")).to_contain_text("“Reports”: open the folder")
    assert page.evaluate(DROP, ["#item-list", ["three.txt"]]) == [True, True], "it would replace the page"
    expect(page.get_by_test_id("item-title")).to_have_value("Typed before")
    assert sorted(files_in_podio(sandbox, item_id)) == [("one.txt", 7), ("two.txt", 7)]


@pytest.mark.only_browser("chromium")
def test_the_browser_saves_a_file_under_its_name(page: Page, interpreter: str, sandbox: SandboxControl) -> None:
    open_item(page, interpreter, sandbox)
    choose(page, NOTE)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download note.txt").click()
    assert saved.value.suggested_filename == "note.txt"
    assert saved.value.path().read_bytes() == NOTE["buffer"]


@pytest.mark.only_browser("chromium")
def test_a_real_folder_is_refused_and_the_file_beside_it_is_sent(
    page: Page, interpreter: str, sandbox: SandboxControl, tmp_path: Path
) -> None:
    item_id = open_item(page, interpreter, sandbox)
    (tmp_path / "Reports").mkdir()
    (tmp_path / "one.txt").write_text("1", encoding="utf-8")
    box = page.get_by_test_id("item-heading").bounding_box()
    assert box is not None
    devtools = page.context.new_cdp_session(page)
    dragged = {"items": [], "files": [str(tmp_path / name) for name in ("Reports", "one.txt")], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        event = {"type": kind, "x": box["x"] + 5, "y": box["y"] + 5, "data": dragged}
        devtools.send("Input.dispatchDragEvent", event)
    expect(page.get_by_test_id("notice")).to_contain_text("“Reports”: open the folder")
    expect_said(page, "one.txt is uploaded")
    assert files_in_podio(sandbox, item_id) == [("one.txt", 1)]


def test_a_file_that_is_too_large_is_said_in_plain_words_and_can_be_removed(
    page: Page, interpreter: str, sandbox: SandboxControl
) -> None:
    open_item(page, interpreter, sandbox)
    sandbox.settings(largest_upload=1_000_000)
    choose(page, REPORT)
    expect(page.get_by_test_id("upload-text")).to_have_text(
        "The file is too large. Podio does not take a file of this size."
    )
    expect_said(page, "report.pdf was not uploaded. The file is too large.")
    page.get_by_role("button", name="Remove report.pdf").click()
    expect(page.get_by_test_id("upload")).to_have_count(0)
    expect(page.get_by_test_id("file-input")).to_be_focused()


def test_a_refused_sign_in_leaves_the_upload_to_be_tried_again(
    page: Page, interpreter: str, sandbox: SandboxControl
) -> None:
    page.add_init_script(POPUP_BLOCKER)
    item_id = open_item(page, interpreter, sandbox)
    sandbox.expire_tokens()
    page.evaluate("window.blocksPopups = true")
    choose(page, NOTE)
    expect(page.get_by_test_id("login-needed")).to_be_visible()
    page.evaluate("window.blocksPopups = false")
    popup = popup_from(page, page.get_by_role("button", name="Sign in again"))
    closing(popup, lambda: popup.get_by_test_id("consent-deny").click())
    expect(page.get_by_test_id("upload-text")).to_contain_text("Access was not allowed")
    notice = page.get_by_test_id("notice")
    popup = popup_from(page, notice.get_by_role("button", name="Sign in"))
    closing(popup, lambda: popup.get_by_test_id("consent-allow").click())
    expect_said(page, "note.txt is uploaded")
    assert files_in_podio(sandbox, item_id) == [("note.txt", len(NOTE["buffer"]))]


def test_rule_15_files_send_the_token_to_two_origins_only(
    page: Page, interpreter: str, sandbox: SandboxControl, site: Site
) -> None:
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    open_item(page, interpreter, sandbox)
    choose(page, PICTURE)
    expect(page.get_by_test_id("thumbnail")).to_be_visible()
    page.get_by_role("button", name="Download plan.png").click()
    expect_saved(page, PICTURE)
    token = page.evaluate("JSON.stringify(localStorage)").split("access_token")[1].split('"')[2].rstrip("\\")
    with_token = {request.url for request in asked if token in str(request.headers)}
    assert {urlsplit(url).netloc for url in with_token} == {
        urlsplit(url).netloc for url in (site.api_url, site.files_url)
    }
    assert not [request.url for request in asked if token in request.url and request.url.startswith("http")]


def test_rule_16_only_pictures_by_content_become_pictures(
    page: Page, interpreter: str, sandbox: SandboxControl, watched: Watched
) -> None:
    # Podio has thumbnails of pictures only.
    watched.expect("404")
    open_item(page, interpreter, sandbox)
    page_of_html: FilePayload = {"name": "photo.png", "mimeType": "image/png", "buffer": b"<script>broken = 1</script>"}
    drawing: FilePayload = {"name": "drawing.svg", "mimeType": "image/svg+xml", "buffer": b"<svg onload='broken = 1'/>"}
    page.evaluate("window.blobs.clear()")  # PyScript's own
    choose(page, page_of_html, drawing, PICTURE)
    expect(page.get_by_test_id("thumbnail")).to_have_count(1)
    page.get_by_role("button", name="Download photo.png").click()
    expect_saved(page, page_of_html)
    kinds = page.evaluate("[...window.blobs.values()].map((blob) => blob.type)")
    assert sorted(kinds) == ["application/octet-stream", "image/png"]


def test_rule_17_signing_out_asks_before_it_ends_an_upload(
    page: Page, interpreter: str, sandbox: SandboxControl
) -> None:
    item_id = open_item(page, interpreter, sandbox)
    choose_in_a_stall(page, sandbox)
    page.get_by_test_id("sign-out").click()
    notice = page.get_by_test_id("notice")
    expect(notice).to_contain_text("Files are being uploaded")
    notice.get_by_role("button", name="Sign out anyway").click()
    expect(page.get_by_test_id("sign-in")).to_be_visible()
    wait_for_upload(page, sandbox, "closed")
    assert files_in_podio(sandbox, item_id) == []


def test_rule_17_signing_out_in_another_tab_ends_an_upload_too(
    page: Page, interpreter: str, sandbox: SandboxControl
) -> None:
    item_id = open_item(page, interpreter, sandbox)
    other = page.context.new_page()
    open_demo(other, interpreter)
    expect(other.get_by_test_id("user-name")).to_be_visible()
    choose_in_a_stall(page, sandbox)
    other.get_by_test_id("sign-out").click()
    expect(page.get_by_test_id("notice")).to_contain_text("You are not signed in")
    wait_for_upload(page, sandbox, "closed")
    assert files_in_podio(sandbox, item_id) == []


def test_uploads_go_on_while_another_item_is_open(page: Page, interpreter: str, sandbox: SandboxControl) -> None:
    item_id = open_item(page, interpreter, sandbox)
    choose_in_a_stall(page, sandbox)
    page.get_by_test_id("item-list").locator("button").nth(1).click()
    expect(page.get_by_test_id("upload")).to_have_count(0)
    page.get_by_test_id("item-list").locator("button").first.click()
    expect(page.get_by_test_id("upload")).to_have_count(1)
    page.get_by_test_id("cancel-file").click()
    page.get_by_test_id("item-list").locator("button").nth(1).click()
    # Until then, the first item is open.
    expect(page.get_by_test_id("item-heading")).to_be_focused()
    choose(page, NOTE)
    expect_said(page, "note.txt is uploaded")
    assert files_in_podio(sandbox, item_id) == []


def test_without_the_origin_of_file_links_the_page_makes_thumbnails_itself(
    page: Page, interpreter: str, sandbox: SandboxControl, watched: Watched
) -> None:
    watched.expect("CORS|Cross-Origin|ERR_FAILED")
    open_item(page, interpreter, sandbox)
    sandbox.settings(files_cors=False)
    choose(page, PICTURE)
    expect(page.get_by_test_id("thumbnail")).to_be_visible()
    page.wait_for_function("() => document.querySelector('[data-testid=thumbnail]').naturalWidth === 80")


def test_the_page_starts_without_the_python_of_files(page: Page, interpreter: str, sandbox: SandboxControl) -> None:
    sandbox.settings(files_cors=True)
    open_demo(page, interpreter)
    sign_in(page)
    type_of_script = "mpy" if interpreter == "mpy" else "py"
    look = """kind => {
      const script = document.createElement("script");
      script.type = kind;
      script.textContent = "import sys\\nfrom js import document\\n"
        + "document.title = str([name for name in sys.modules if 'files' in name or name == 'attachments'])";
      document.body.append(script);
    }"""
    page.evaluate(look, type_of_script)
    expect(page).to_have_title("[]")
    open_first_item(page)
    page.evaluate(look, type_of_script)
    expect(page).to_have_title("['attachments']")


@pytest.mark.parametrize("width", [360, 1400])
def test_nothing_overflows_and_everything_has_a_label(page: Page, width: int, sandbox: SandboxControl) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    open_item(page, "mpy", sandbox)
    long_name: FilePayload = {"name": f"{'long' * 40}.txt", "mimeType": "text/plain", "buffer": b"1"}
    choose(page, long_name, PICTURE)
    expect(page.get_by_test_id("file")).to_have_count(2)
    choose_in_a_stall(page, sandbox)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    unnamed = page.evaluate("""() => [...document.querySelectorAll('#files input, #files button, #files progress')]
        .filter(element => !(element.labels?.length || element.ariaLabel)).map(element => element.outerHTML)""")
    assert unnamed == []
