"""Files in the script tag's JavaScript: uploads, thumbnails and downloads, loaded at their first call."""

import hashlib
import json
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from podio_web.sandbox.thumbnails import thumbnail
from podio_web.testing import SandboxControl
from tests.browser.script_tag import INTERPRETERS, Rejected, TagPage
from tests.browser.watch import Watched

BLOCKED = "CORS|Cross-Origin|Failed to load resource"
MEGABYTE = 1_000_000

MADE = """
window.made = (size, name = "Zoë's report.bin") => new File([new Uint8Array(size).map((_, at) => at % 251)], name);
window.outcome = async (act) => {
  try {
    return { value: await act() };
  } catch ({ name, code, message, status }) {
    return { name, code, message: String(message), status };
  }
};
"""


def content(size: int) -> bytes:
    return bytes(at % 251 for at in range(size))


def asked(tag: TagPage) -> list[str]:
    """Start to write down what the page loads, and return the list."""
    urls: list[str] = []
    tag.page.on("request", lambda request: urls.append(request.url))
    return urls


@pytest.fixture
def tag(profile: BrowserContext, sandbox: SandboxControl, interpreter: str) -> TagPage:
    """A page that is signed in with both clients, as ``podio`` and ``window.platform``."""
    tag = TagPage(profile, sandbox.url)
    tag.open(interpreter=INTERPRETERS[interpreter]).ready()
    tag.run(
        MADE + f"const token = {json.dumps(sandbox.issue_token('demo@example.com', 'demo-client'))};"
        "podio.setAccessToken(token);"
        "window.platform = new PodioJS({authType: 'client', clientId: 'demo-client'});"
        "platform.setAccessToken(token);"
    )
    return tag


def outcome(tag: TagPage, source: str) -> dict[str, Any]:
    found: dict[str, Any] = tag.run(f"return window.outcome(() => {source})")
    return found


@pytest.mark.every_browser
def test_a_file_is_uploaded_with_its_progress(tag: TagPage, sandbox: SandboxControl) -> None:
    size = 3 * MEGABYTE
    found = tag.run(f"""
        window.progress = [];
        return podio.uploadFile(made({size}), {{ onProgress: (each) => progress.push([each.sent, each.size]) }});
    """)
    assert (found["name"], found["size"]) == ("Zoë's report.bin", size)
    upload = sandbox.uploads()[-1]
    assert upload["sha256"] == hashlib.sha256(content(size)).hexdigest()
    progress = tag.run("return progress")
    assert progress[0] == [0, size]
    assert progress[-1] == [size, size]
    assert progress == sorted(progress)


def test_progress_is_exact_above_4_gib(tag: TagPage) -> None:
    size = 5 * 2**30 + 1
    progress = tag.run(f"""
        // As XMLHttpRequest tells the progress of a file that is too large for a test.
        const {{ prototype }} = XMLHttpRequest;
        const {{ send }} = prototype;
        prototype.send = function (form) {{
          const told = (type, loaded) => Object.assign(new Event(type), {{ loaded, total: {size} + 500 }});
          this.upload.dispatchEvent(told("progress", 3 * 2 ** 30 + 507));
          send.call(this, form);
        }};
        const file = made(9);
        Object.defineProperty(file, "size", {{ value: {size} }});
        const seen = [];
        await podio.uploadFile(file, {{ onProgress: (each) => seen.push(each) }}).catch(() => null);
        prototype.send = send;
        return seen;
    """)
    assert progress[0] == {"sent": 0, "size": size}
    assert all(each["size"] == size for each in progress)
    assert not [each for each in progress if not 0 <= each["sent"] <= size]
    assert max(each["sent"] for each in progress) >= 3 * 2**30


@pytest.mark.every_browser
def test_a_signal_ends_an_upload_and_its_request(tag: TagPage, sandbox: SandboxControl) -> None:
    sandbox.fail_next("slow_upload", rate=500)
    found = tag.run(f"""
        const controller = new AbortController();
        const {{ signal }} = controller;
        const onProgress = ({{ sent }}) => sent > 0 && controller.abort();
        const ended = window.outcome(() => podio.uploadFile(made({8 * MEGABYTE}), {{ onProgress, signal }}));
        return [(await ended).name, (await window.outcome(() => podio.uploadFile(made(1), {{ signal }}))).name];
    """)
    assert found == ["AbortError", "AbortError"]
    for _ in range(400):
        states = [upload["state"] for upload in sandbox.uploads()]
        if states == ["closed"]:
            break
        tag.page.wait_for_timeout(50)
    assert states == ["closed"]
    # What waits is ended as well, and the client goes on.
    found = tag.run("""
        const controller = new AbortController();
        const ended = window.outcome(() => podio.uploadFile(made(10), { signal: controller.signal }));
        controller.abort(new Error("made up"));
        return [(await ended).message, (await podio.uploadFile(made(10))).size];
    """)
    assert found == ["made up", 10]


@pytest.mark.every_browser
def test_a_thumbnail_is_a_url_that_can_be_released(tag: TagPage, sandbox: SandboxControl, watched: Watched) -> None:
    watched.expect(BLOCKED)
    picture = list(thumbnail("ab" * 32, "preview"))
    found = tag.run(f"""
        const file = await podio.uploadFile(new File([Uint8Array.from({picture})], "picture.png"));
        const picture = await podio.thumbnail(file, "small");
        const image = new Image();
        image.src = picture.url;
        await image.decode();
        picture.release();
        picture.release();
        const gone = await fetch(picture.url).then(() => "alive", () => "gone");
        const medium = await podio.thumbnail(file.file_id);
        return [picture.url.startsWith("blob:"), image.naturalWidth, gone, medium.url.startsWith("blob:")];
    """)
    assert found[0]
    assert 0 < found[1] <= 100
    assert found[2:] == ["gone", True]
    assert "small" in outcome(tag, "podio.thumbnail(1, 'huge')")["message"]


@pytest.mark.every_browser
def test_a_download_is_a_blob_that_cannot_run_scripts(tag: TagPage, sandbox: SandboxControl) -> None:
    found = tag.run("""
        const html = new File(["<script>top.intruder = true</" + "script>"], "page.html", { type: "text/html" });
        const file = await podio.uploadFile(html);
        const progress = [];
        const blob = await podio.download(file, { onProgress: (each) => progress.push([each.sent, each.size]) });
        return [blob instanceof Blob, blob.type, await blob.text(), progress];
    """)
    assert found[:2] == [True, "application/octet-stream"]
    assert found[2] == "<script>top.intruder = true</script>"
    size = len(found[2])
    assert found[3][0] == [0, size]
    assert found[3][-1] == [size, size]
    stopped = tag.run(f"""
        const file = await podio.uploadFile(made({2 * MEGABYTE}));
        const controller = new AbortController();
        const onProgress = () => controller.abort();
        return window.outcome(() => podio.download(file.file_id, {{ onProgress, signal: controller.signal }}));
    """)
    assert stopped["name"] == "AbortError"


@pytest.mark.every_browser
def test_what_goes_wrong_reaches_javascript_as_other_errors_do(
    tag: TagPage, sandbox: SandboxControl, watched: Watched
) -> None:
    watched.expect("Failed to load resource|net::ERR|404|413|Cross-Origin")
    refusals = {
        "podio.uploadFile('path')": "uploadFile needs a File or a Blob",
        "podio.uploadFile(new FormData())": "uploadFile needs a File or a Blob",
        "podio.uploadFile(new Blob(['x']))": "name is missing",
        "podio.uploadFile(made(9), {onProgress: true})": "onProgress must be a function",
        "podio.uploadFile(made(9), {signal: 1})": "signal must be an AbortSignal",
        "podio.uploadFile(made(9), {maximum: 1})": "uploadFile has no option 'maximum'. Use largest, name, stalled",
        "podio.uploadFile(made(9), {largest: 8})": "the limit is 8 bytes",
        "podio.uploadFile(made(9), {timeout: -1})": "timeout must be a positive number",
        "podio.download({})": "file must be a File or its ID, not dict",
        "podio.download(1, {sice: 'small'})": "download has no option 'sice'. Use size",
    }
    for source, words in refusals.items():
        problem = outcome(tag, source)
        assert (problem.get("name"), problem.get("code")) == ("TypeError", "wrong_argument"), (source, problem)
        assert words in problem["message"]
    assert sandbox.uploads() == []
    problem = outcome(tag, "podio.download(123456)")
    assert (problem["name"], problem["code"], problem["status"]) == ("NotFoundError", "not_found", 404)
    sandbox.fail_next("too_large")
    problem = outcome(tag, "podio.uploadFile(made(9))")
    assert (problem["name"], problem["status"]) == ("APIError", 413)
    sandbox.fail_next("stall_upload", after_bytes=1_000_000)
    problem = outcome(tag, f"podio.uploadFile(made({8 * MEGABYTE}), {{stalledAfter: 1}})")
    assert (problem["name"], problem["code"]) == ("UploadStalled", "upload_stalled")
    tag.run("await podio.logout()")
    problem = outcome(tag, "podio.uploadFile(made(9))")
    assert (problem["name"], problem["code"]) == ("LoginRequired", "login_required")


@pytest.mark.every_browser
def test_podio_js_uploads_too(tag: TagPage, sandbox: SandboxControl) -> None:
    found = tag.run("return platform.uploadFile(made(100), 'other.bin')")
    assert (found["name"], found["size"]) == ("other.bin", 100)
    assert tag.run(f"return (await platform.download({found['file_id']})).size") == 100
    problem = tag.run("return window.outcome(() => platform.download(123456))")
    assert (problem["name"], problem["status"]) == ("PodioNotFoundError", 404)
    with pytest.raises(Rejected, match=r"thumbnail\(file, size\)"):
        tag.run("platform.getThumbnailURLForFileLink('https://files.podio.com/1', 'medium')")


def test_podio_js_may_upload_before_python_is_ready(profile: BrowserContext, sandbox: SandboxControl) -> None:
    tag = TagPage(profile, sandbox.url)
    token = json.dumps(sandbox.issue_token("demo@example.com", "demo-client"))
    tag.page.add_init_script(MADE)
    tag.page.add_init_script(f"""
        window.loaded = () => {{
          const platform = new PodioJS({{authType: "client", clientId: "demo-client"}}, {{apiURL: "{sandbox.url}"}});
          platform.setAccessToken({token});
          window.answer = platform.uploadFile(made(10), "early.bin");
        }};
    """)
    tag.open(client_id="", api_url="", query={"classic": "yes"})
    assert tag.run("return (await window.answer).name") == "early.bin"


def test_without_a_client_the_reason_is_said(profile: BrowserContext, sandbox: SandboxControl) -> None:
    tag = TagPage(profile, sandbox.url).open(client_id="").ready()
    tag.run(MADE)
    assert "data-client-id is missing" in outcome(tag, "podio.uploadFile(made(9))")["message"]


def test_files_are_loaded_at_the_first_call_and_small(profile: BrowserContext, sandbox: SandboxControl) -> None:
    tag = TagPage(profile, sandbox.url)
    urls = asked(tag)
    tag.open().ready()
    tag.run(MADE + f"podio.setAccessToken({json.dumps(sandbox.issue_token('demo@example.com', 'demo-client'))})")
    tag.run("await podio.get('/user/status')")
    tag.page.wait_for_timeout(3_500)  # podio-web.js loads the rest of what it may need now
    assert not [url for url in urls if "/files-" in url]
    tag.run("await podio.uploadFile(made(10)); await podio.uploadFile(made(10))")
    found = [url for url in urls if "/files-" in url]
    assert sorted(url.rpartition(".")[2] for url in found) == ["json", "mjs"]


@pytest.mark.every_browser
def test_a_response_that_is_not_json_says_what_it_is(tag: TagPage) -> None:
    tag.run("window.file = await podio.uploadFile(new File([new Uint8Array(2_000_000).fill(200)], 'report.pdf'))")
    for caller in ("podio.get(`/file/${file.file_id}/raw`)", "platform.request('get', `/file/${file.file_id}/raw`)"):
        problem = outcome(tag, caller)
        assert (problem["name"], problem["code"], problem["status"]) == ("PodioError", "podio_error", 200)
        assert "is not JSON, but application/" in problem["message"]
        assert "of about 2 MB. Use podio.download(file)" in problem["message"]
