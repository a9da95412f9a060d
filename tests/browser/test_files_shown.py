"""Files that a page gets: downloads, thumbnails, and the ``blob:`` URLs of both."""

import hashlib
import json
from typing import Any

import pytest
from playwright.sync_api import Request

from podio_web.sandbox.thumbnails import thumbnail
from podio_web.testing import SandboxControl
from tests.browser.files import CLOSE_MIDWAY, Arrived
from tests.browser.tab import Tab
from tests.browser.test_endurance import COUNT, held_in_page, left_behind, memory
from tests.browser.test_files import sign_in
from tests.browser.test_lifecycle import COUNT_PROXIES, NewTab
from tests.browser.watch import Watched
from tests.unit.odd_server import OddServer

MEGABYTE = 1 << 20
BLOCKED = "CORS|Cross-Origin|Failed to load resource"

HTML = b"<!doctype html><script>parent.intruder = true</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="parent.intruder = true"/>'

COUNT_URLS = """
  window.countUrls = () => { window.urls = { alive: new Set(), most: 0, made: [] }; };
  window.countUrls();
  const { createObjectURL: make, revokeObjectURL: revoke } = URL;
  URL.createObjectURL = (blob) => {
    const url = make.call(URL, blob);
    window.urls.made.push([url, blob.type]);
    window.urls.alive.add(url);
    window.urls.most = Math.max(window.urls.most, window.urls.alive.size);
    return url;
  };
  URL.revokeObjectURL = (url) => { window.urls.alive.delete(url); revoke.call(URL, url); };
  const { click } = HTMLElement.prototype;
  HTMLAnchorElement.prototype.click = function () {
    window.saved = [this.href, this.download];
    click.call(this);
  };
"""

# As WebKit does. The chunk begins at an odd place of its memory.
ONE_CHUNK = """() => {
  window.ownFetch = fetch;
  window.fetch = async (...given) => {
    const response = await ownFetch(...given);
    const content = new Uint8Array(await response.arrayBuffer());
    const chunk = new Uint8Array(new ArrayBuffer(content.length + 3), 3);
    chunk.set(content);
    const body = new ReadableStream({ start(to) { to.enqueue(chunk); to.close(); } });
    return new Response(body, { headers: response.headers });
  };
}"""


def picture(number: int = 0, size: str = "preview") -> bytes:
    """Return a PNG with 450 pixels on each side, or those of another size."""
    return thumbnail(hashlib.sha256(str(number).encode()).hexdigest(), size)


def open_files(tab: Tab, sandbox: SandboxControl, *, with_links: bool = True) -> Arrived:
    """Make ``kept["files"]`` and an element for pictures; ``with_links``: the origin of links answers pages."""
    sandbox.settings(files_cors=with_links)
    sign_in(tab, sandbox)
    links = sandbox.url.replace("127.0.0.1", "localhost")
    tab.run(f"""
        from podio_web.files import Files
        kept["files"] = Files(kept["podio"], files_url={links!r})
        js.document.querySelector("#picture") and js.document.querySelector("#picture").remove()
        js_image = js.document.createElement("img")
        js_image.id = "picture"
        js.document.body.append(js_image)
        kept["image"] = js_image
    """)
    return Arrived(sandbox, tab)


@pytest.fixture
def arrived(tab: Tab, sandbox: SandboxControl) -> Arrived:
    return open_files(tab, sandbox)


def width(tab: Tab) -> int:
    """Return the width of the picture when it is loaded."""
    tab.page.wait_for_function(
        "() => document.querySelector('#picture').complete && document.querySelector('#picture').src"
    )
    found: int = tab.page.evaluate("document.querySelector('#picture').naturalWidth")
    return found


def save(tab: Tab, number: int, name: str, content: bytes, options: str = "") -> None:
    """Save a file, and look at what the browser was told to save. Playwright does not tell what Firefox saves."""
    downloading = f'await kept["files"].download({number}, {options})'
    if tab.context.browser and tab.context.browser.browser_type.name == "chromium":
        with tab.page.expect_download() as download:
            tab.run(downloading)
        assert download.value.suggested_filename == name
        assert download.value.path().read_bytes() == content
    else:
        tab.run(downloading)
    url, told = tab.page.evaluate("window.saved")
    assert told == name
    assert bytes(
        tab.page.evaluate("async (url) => [...new Uint8Array(await (await fetch(url)).arrayBuffer())]", url)
    ) == (content)


def paths(sandbox: SandboxControl) -> list[str]:
    return [call["path"] for call in sandbox.calls() if call["method"] != "OPTIONS"]


@pytest.mark.every_browser
def test_64_mb_become_a_blob_without_coming_into_pythons_memory(tab: Tab, arrived: Arrived) -> None:
    content = bytes(range(256)) * (64 * MEGABYTE // 256)
    first, large = arrived.put("first.txt", b"x"), arrived.put("large.bin", content)
    tab.run(f'await kept["files"].blob({first})')
    before = memory(tab)
    tab.start(f"""
        js.window.blob = await kept["files"].blob({large})
    """)
    tab.page.wait_for_function("() => window.blob", timeout=60_000)
    after = memory(tab)
    print(f"{tab.interpreter}: heap before and after {before} {after}")
    assert after[1] - before[1] <= MEGABYTE
    digest = tab.page.evaluate("""async () => {
      const digest = await crypto.subtle.digest("SHA-256", await window.blob.arrayBuffer());
      return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    }""")
    tab.page.evaluate("window.blob = null")
    assert digest == hashlib.sha256(content).hexdigest()


@pytest.mark.every_browser
def test_a_thumbnail_is_fetched_from_the_origin_of_links_and_kept(
    tab: Tab, arrived: Arrived, sandbox: SandboxControl
) -> None:
    number = arrived.put("photo.png", picture())
    sandbox.clear_calls()
    tab.run(f'await kept["files"].show({number}, kept["image"])')
    assert width(tab) == 80
    tab.run(f'await kept["files"].show({number}, kept["image"], size="large")')
    tab.page.wait_for_function("() => document.querySelector('#picture').naturalWidth === 160")
    tab.run(f'await kept["files"].show({number}, kept["image"])')
    tab.page.wait_for_function("() => document.querySelector('#picture').naturalWidth === 80")
    assert paths(sandbox) == [f"/{number}/medium", f"/{number}/large"]


@pytest.mark.every_browser
def test_without_the_origin_of_links_the_original_is_made_smaller(
    tab: Tab, sandbox: SandboxControl, watched: Watched
) -> None:
    watched.expect(BLOCKED)
    arrived = open_files(tab, sandbox, with_links=False)
    numbers = [arrived.put("photo.png", picture(each)) for each in range(2)]
    small = arrived.put("small.png", picture(2, "small"))
    sandbox.clear_calls()
    for number in [*numbers, numbers[0]]:
        tab.run(f'await kept["files"].show({number}, kept["image"])')
        assert width(tab) == 80
    tab.run(f'await kept["files"].show({small}, kept["image"], size="large")')
    # Never larger than it is.
    tab.page.wait_for_function("() => document.querySelector('#picture').naturalWidth === 32")
    # The origin is asked once.
    assert paths(sandbox) == [f"/{numbers[0]}/medium", *(f"/file/{each}/raw" for each in [*numbers, small])]


@pytest.mark.every_browser
def test_an_element_that_is_named_like_a_method_of_the_document_takes_no_files_away(
    new_tab: NewTab, sandbox: SandboxControl, watched: Watched
) -> None:
    watched.expect(BLOCKED)
    tab = new_tab(COUNT_URLS).open()
    tab.new_client()
    arrived = open_files(tab, sandbox, with_links=False)
    number = arrived.put("photo.png", picture())
    tab.page.evaluate("""document.body.insertAdjacentHTML("beforeend", '<img name="createElement">')""")
    assert tab.page.evaluate("typeof document.createElement") == "object"
    tab.run(f'await kept["files"].show({number}, kept["image"])')
    assert width(tab) == 80
    save(tab, number, "photo.png", picture())


@pytest.mark.every_browser
def test_a_thumbnail_that_is_made_when_the_session_ends_is_shown_to_nobody(
    tab: Tab, sandbox: SandboxControl, watched: Watched
) -> None:
    watched.expect(BLOCKED)
    arrived = open_files(tab, sandbox, with_links=False)
    number = arrived.put("photo.png", picture())
    tab.page.evaluate("""() => {
      const { createImageBitmap } = window;
      window.createImageBitmap = async (blob) => {
        window.createImageBitmap = createImageBitmap;
        await new Promise((resolve) => { window.goOn = resolve; });
        return createImageBitmap(blob);
      };
    }""")
    tab.run(f"""
        kept["task"] = asyncio.create_task(outcome(kept["files"].show({number}, kept["image"])))
        while not hasattr(js.window, "goOn"):
            await asyncio.sleep(0.01)
        await kept["podio"].logout()
    """)
    tab.page.evaluate("window.goOn()")
    assert tab.run('return await kept["task"]')["raised"]["type"] == "LoginRequired"
    assert tab.page.evaluate("document.querySelector('#picture').src") == ""
    assert tab.run('return len(kept["podio"].context.files.kept)') == 0


@pytest.mark.every_browser
def test_200_pictures_leave_nothing_behind(new_tab: NewTab, sandbox: SandboxControl) -> None:
    tab = new_tab(COUNT + COUNT_PROXIES + COUNT_URLS).open()
    tab.new_client()
    arrived = open_files(tab, sandbox)
    numbers = [arrived.put("photo.png", picture(each, "small")) for each in range(50)]
    show = """
        async def show(number):
            js_image = js.document.createElement("img")
            js.document.body.append(js_image)
            await kept["files"].show(number, js_image)

        await asyncio.gather(*[show(number) for number in {numbers}])
        for js_image in js.document.querySelectorAll("img:not(#picture)"):
            js_image.remove()
    """
    tab.page.evaluate("window.countUrls()")  # PyScript has made some too
    tab.run(show.format(numbers=numbers[:1]))
    tab.page.wait_for_function("() => !window.urls.alive.size")
    tab.page.wait_for_timeout(50)
    tab.page.evaluate("window.countUrls()")
    before = held_in_page(tab)
    for _ in range(4):
        tab.run(show.format(numbers=numbers))
    tab.page.wait_for_function("() => !window.urls.alive.size")
    assert 0 < tab.page.evaluate("window.urls.most") <= 100
    assert tab.page.evaluate("window.urls.made.length") == 200
    assert left_behind(tab, before) == {}


@pytest.mark.every_browser
def test_the_picture_that_was_asked_last_is_shown(tab: Tab, arrived: Arrived) -> None:
    slow, fast = arrived.put("slow.png", picture(1)), arrived.put("fast.png", picture(2))
    arrived.fault("slow", path_prefix=f"/{slow}", seconds=1)
    tab.run(f"""
        late = asyncio.create_task(kept["files"].show({slow}, kept["image"], size="large"))
        await asyncio.sleep(0.05)
        await kept["files"].show({fast}, kept["image"])
        await late
    """)
    assert width(tab) == 80


@pytest.mark.every_browser
def test_html_and_svg_never_run_in_the_page(new_tab: NewTab, sandbox: SandboxControl, watched: Watched) -> None:
    watched.expect("Failed to load|download")
    tab = new_tab(COUNT_URLS).open()
    tab.new_client()
    arrived = open_files(tab, sandbox)
    tab.page.evaluate("window.countUrls()")
    for name, content in {"page.html": HTML, "picture.svg": SVG, "../picture.png": HTML}.items():
        number = arrived.put(name, content)
        outcome = tab.run(f'return await outcome(kept["files"].show({number}, kept["image"]))')
        assert outcome["raised"]["type"] == "ValueError"
        assert tab.run(f'return (await kept["files"].blob({number})).type') == "application/octet-stream"
        save(tab, number, name.rpartition("/")[2], content)
        url, kind = tab.page.evaluate("window.urls.made.at(-1)")
        assert kind == "application/octet-stream"
        tab.page.evaluate(
            """async (url) => {
              const frame = document.createElement("iframe");
              frame.src = url;
              document.body.append(frame);
              await new Promise((resolve) => setTimeout(resolve, 300));
              frame.remove();
            }""",
            url,
        )
        assert tab.page.evaluate("window.intruder ?? null") is None
    assert tab.page.evaluate("window.urls.alive.size") == 3
    tab.run('await kept["podio"].logout()')
    assert tab.page.evaluate("window.urls.alive.size") == 0


@pytest.mark.every_browser
def test_the_token_goes_to_two_origins_and_nowhere_else(
    new_tab: NewTab, sandbox: SandboxControl, watched: Watched
) -> None:
    watched.expect(BLOCKED)
    tab = new_tab(COUNT_URLS).open()
    tab.new_client()
    asked: list[Request] = []
    tab.page.on("request", lambda request: asked.append(request))
    arrived = open_files(tab, sandbox)
    number = arrived.put("photo.png", picture())
    token = tab.run('return kept["podio"].token.access_token')
    for with_links in (True, False):
        sandbox.settings(files_cors=with_links)
        size = "medium" if with_links else "large"
        tab.run(f"""
            from podio_web.files import Files
            file = await kept["files"].upload("text", name="text.txt")
            await kept["files"].show({number}, kept["image"], size={size!r})
            js.window.blob = await kept["files"].blob({number})
            try:
                await kept["files"].read(999_999)
            except podio_web.PodioError as problem:
                js.window.said = str(problem) + repr(problem)
        """)
        assert width(tab)
    save(tab, number, "photo.png", picture())
    links = sandbox.url.replace("127.0.0.1", "localhost")
    told = {request.url for request in asked if token in json.dumps(request.headers)}
    assert {url.split("/")[2] for url in told} == {address.split("/")[2] for address in (sandbox.url, links)}
    assert not [request.url for request in asked if token in request.url]
    seen: list[Any] = tab.page.evaluate("""async () => [
      document.documentElement.outerHTML, window.said, await window.blob.text(), JSON.stringify(window.urls.made),
    ]""")
    assert not [text for text in seen if token in text]


@pytest.mark.every_browser
def test_a_files_bytes_can_be_read_up_to_a_limit(tab: Tab, arrived: Arrived) -> None:
    content = bytes(range(256)) * 400 + b"end"
    number = arrived.put("data.bin", content)
    shown = arrived.put("photo.png", picture())
    assert bytes.fromhex(tab.run(f'return (await kept["files"].read({number})).hex()')) == content
    outcome = tab.run(f'return await outcome(kept["files"].read({number}, largest=1000))')
    assert (outcome["raised"]["type"], "larger than 1000" in outcome["raised"]["text"]) == ("PodioError", True)
    found = tab.run(f'return (await kept["files"].read({shown}, size="small")).hex()')
    assert bytes.fromhex(found).startswith(b"\x89PNG")
    outcome = tab.run(f'return await outcome(kept["files"].show({shown}, kept["image"], size="huge"))')
    assert "size must be one of tiny, small" in outcome["raised"]["text"]
    outcome = tab.run(f'return await outcome(kept["files"].show({shown}, js.document.body))')
    assert outcome["raised"]["type"] == "TypeError"


@pytest.mark.every_browser
def test_a_file_in_one_chunk_is_read_in_parts(tab: Tab, arrived: Arrived) -> None:
    content = bytes(range(256)) * 8_000 + b"end"
    number = arrived.put("data.bin", content)
    tab.page.evaluate(ONE_CHUNK)
    try:
        digest = f'return __import__("hashlib").sha256(await kept["files"].read({number})).digest().hex()'
        assert tab.run(digest) == hashlib.sha256(content).hexdigest()
        text, received = tab.run(CLOSE_MIDWAY.format(number=number))
        assert "The client was closed" in text
        # Pyodide copies all of it at once.
        assert 0 < received < len(content) or tab.interpreter == "pyodide"
    finally:
        tab.page.evaluate("() => { window.fetch = ownFetch }")


@pytest.mark.every_browser
def test_a_file_is_saved_with_progress_and_within_its_limits_or_as_a_thumbnail(
    new_tab: NewTab, sandbox: SandboxControl, watched: Watched
) -> None:
    tab = new_tab(COUNT_URLS).open()
    tab.new_client()
    arrived = open_files(tab, sandbox)
    content = bytes(range(256)) * (MEGABYTE // 256)
    large, shown = arrived.put("large.bin", content), arrived.put("photo.png", picture())
    tab.run("""
        kept["seen"] = []
        kept["see"] = lambda received, size: kept["seen"].append([received, size])
    """)
    save(tab, large, "large.bin", content, 'on_progress=kept["see"]')
    seen = tab.run('return kept["seen"]')
    assert (seen[0][0], seen[-1]) == (0, [len(content), len(content)])
    small = thumbnail(hashlib.sha256(picture()).hexdigest(), "small")
    save(tab, shown, "photo.png", small, 'size="small"')
    found = tab.run(f'return await outcome(kept["files"].download({shown}, size="huge"))')
    assert found["raised"]["type"] == "ValueError"
    watched.expect(BLOCKED)
    arrived.fault("stall_download", after_bytes=1_000, path_prefix=f"/file/{large}/raw")
    found = tab.run(f'return await outcome(kept["files"].download({large}, stalled_after=1.0))')
    assert found["raised"]["type"] == "TimedOut"


@pytest.mark.every_browser
def test_a_download_ends_when_it_stalls_drops_or_is_cancelled(tab: Tab, arrived: Arrived, watched: Watched) -> None:
    watched.expect(BLOCKED)
    number = arrived.put("data.bin", bytes(5_000_000))
    receive = f"""
        from podio_web.runtime.blobs import BlobSink
        kept["sink"] = BlobSink()
        receiving = kept["files"].receive({number}, kept["sink"], stalled_after={{stalled_after}})
        kept["task"] = asyncio.create_task(outcome(receiving))
    """
    stalling, receive = receive.format(stalled_after=1.0), receive.format(stalled_after=60.0)
    arrived.fault("stall_download", after_bytes=1_000_000)
    found = tab.run(stalling + '\n        return await kept["task"]')
    assert found["raised"]["type"] == "TimedOut"
    arrived.fault("drop_download", after_bytes=1_000_000)
    found = tab.run(receive + '\n        return await kept["task"]')
    assert found["raised"]["type"] == "ConnectionFailed"
    arrived.fault("stall_download", after_bytes=1_000_000)
    found = tab.run(
        receive
        + """
        while kept["sink"].size < 500_000:
            await asyncio.sleep(0.01)
        kept["task"].cancel()
        try:
            await kept["task"]
        except asyncio.CancelledError:
            return "cancelled"
        """
    )
    assert found == "cancelled"
    tab.run(receive + '\n        await kept["task"]')
    assert tab.run('return kept["sink"].size') == 5_000_000


@pytest.mark.every_browser
def test_a_redirect_is_refused(tab: Tab, arrived: Arrived, watched: Watched) -> None:
    watched.expect("Failed to load|redirect|CORS|Cross-Origin")
    with OddServer() as odd:
        found = tab.run(f"""
            from podio_web.files.watch import Watch
            from podio_web.http import build_request
            from podio_web.runtime.blobs import BlobSink
            from podio_web.transports.page_files import PageFileTransport
            runtime = kept["podio"].context.runtime
            watch = Watch(runtime.monotonic, podio_web.TimedOut, podio_web.TimedOut)
            watch.begin(None)
            request = build_request({odd.url!r}, "GET", "/redirect")
            return await outcome(PageFileTransport(runtime).download(request, BlobSink(), watch))
        """)
        assert found["raised"]["type"] == "ConnectionFailed"
        assert len(odd.requests) == 1
