"""Files in a page: uploads with progress, limits, cancellation and renewal."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from podio_web.testing import SandboxControl
from tests.browser.files import CHOSEN, Arrived, begin_upload, choose, end_of_upload, progress_of
from tests.browser.tab import Tab
from tests.browser.test_endurance import COUNT, held_in_page, left_behind, memory
from tests.browser.test_lifecycle import COUNT_PROXIES, NewTab
from tests.browser.watch import Watched

MEGABYTE = 1 << 20


@pytest.fixture
def tab(tab: Tab, sandbox: SandboxControl) -> Tab:
    """A tab whose client has a token."""
    sign_in(tab, sandbox)
    return tab


@pytest.fixture
def arrived(sandbox: SandboxControl, tab: Tab) -> Arrived:
    return Arrived(sandbox, tab)


@pytest.fixture(scope="module")
def large_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file of 256 MB."""
    path = tmp_path_factory.mktemp("large") / "large.bin"
    with path.open("wb") as file:
        for number in range(256):
            file.write(bytes([number]) * MEGABYTE)
    yield path
    path.unlink()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that no buffer holds."""
    path = tmp_path_factory.mktemp("file") / "Zoë's report.bin"
    path.write_bytes(bytes(range(256)) * 40_000)
    return path


def sign_in(tab: Tab, sandbox: SandboxControl, **options: Any) -> None:
    token = sandbox.issue_token("demo@example.com", "demo-client", **options)
    tab.run(f'kept["podio"].set_access_token(json.loads({json.dumps(token)!r}))')


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.every_browser
def test_256_mb_pass_without_coming_into_pythons_memory(tab: Tab, large_file: Path, arrived: Arrived) -> None:
    choose(tab, large_file)
    begin_upload(tab, 'b"x"', name="first.txt")  # what is imported late is there then
    end_of_upload(tab)
    before = memory(tab)
    arrived.fault("slow_upload", rate=60_000)
    begin_upload(tab)
    outcome = end_of_upload(tab, 120)
    assert outcome["name"] == "large.bin"
    progress = progress_of(tab)
    after = memory(tab)
    print(f"{tab.interpreter}: heap before and after {before} {after}, {len(progress)} calls")
    assert after[1] - before[1] <= MEGABYTE
    assert len(progress) >= 20
    assert progress[0] == (0, 256 * MEGABYTE)
    assert progress[-1] == (256 * MEGABYTE, 256 * MEGABYTE)
    assert progress == sorted(progress)
    assert arrived.uploads()[-1]["sha256"] == sha256(large_file)


@pytest.mark.every_browser
def test_each_source_arrives_as_it_is_under_a_safe_name(tab: Tab, file: Path, arrived: Arrived) -> None:
    choose(tab, file)
    sources: dict[str, tuple[str, dict[str, Any], str, bytes]] = {
        "File": (CHOSEN, {}, "Zoë's report.bin", file.read_bytes()),
        "File with a name": (CHOSEN, {"name": "../other\r\n.bin"}, "other.bin", file.read_bytes()),
        "Blob": ("js.Blob.new(js.Array.of('a', 'b'))", {"name": "b.txt"}, "b.txt", b"ab"),
        "text": ("'Zoë 🚀'", {"name": 'te"xt.txt'}, 'te"xt.txt', "Zoë 🚀".encode()),
        "text with a mark": ("'\\ufeffa\\0b'", {"name": "bom.csv"}, "bom.csv", "\ufeffa\0b".encode()),
        "bytes": ("bytes(range(256)) + b'!!!'", {"name": "b.bin"}, "b.bin", bytes(range(256)) + b"!!!"),
        "nothing": ("b''", {"name": "empty"}, "empty", b""),
    }
    for what, (source, options, name, content) in sources.items():
        begin_upload(tab, source, **options)
        outcome = end_of_upload(tab)
        assert outcome.get("name") == name, (what, outcome)
        upload = arrived.uploads()[-1]
        assert (upload["sha256"], upload["filename"]) == (hashlib.sha256(content).hexdigest(), name), what
        assert upload["parts"] == ["filename", "source"]
        assert progress_of(tab)[-1] == (len(content), len(content))


# MicroPython's memory grows for the first attempt, but not enough.
ALLOCATE = """
    for attempt in range(3):
        try:
            kept["large"] = bytes(10_000_001)
            break
        except MemoryError:
            pass
"""


def test_what_cannot_be_sent_is_refused_with_what_to_use_instead(tab: Tab, file: Path, arrived: Arrived) -> None:
    refusals = {
        'kept["large"]': ("ValueError", "a Blob"),
        "js.document.body": ("TypeError", "a File of the browser"),
        'js.document.querySelector("#chosen").files': ("TypeError", "input.files.item(0)"),
        "['report.pdf']": ("TypeError", "not list"),
        "None": ("TypeError", "not NoneType"),
        "'text'": ("ValueError", "name is missing"),
        "js.Blob.new()": ("ValueError", "name is missing"),
    }
    choose(tab, file)
    tab.run(ALLOCATE)
    for source, (kind, part) in refusals.items():
        begin_upload(tab, source)
        outcome = end_of_upload(tab)
        assert outcome["type"] == kind, (source, outcome)
        assert part in outcome["text"]
    begin_upload(tab, largest=1000)
    assert "the limit is 1000" in end_of_upload(tab)["text"]
    assert arrived.uploads() == []


def test_a_file_that_is_gone_is_refused_before_it_is_sent(tab: Tab, tmp_path: Path, arrived: Arrived) -> None:
    path = tmp_path / "gone.txt"
    path.write_text("here")
    choose(tab, path)
    path.unlink()
    begin_upload(tab)
    outcome = end_of_upload(tab)
    assert (outcome["type"], "Folders cannot be uploaded" in outcome["text"]) == ("ValueError", True)
    assert arrived.uploads() == []


@pytest.mark.every_browser
def test_a_stalled_upload_ends_and_the_next_one_arrives(tab: Tab, file: Path, arrived: Arrived) -> None:
    choose(tab, file)
    arrived.fault("stall_upload", after_bytes=2_000_000)
    begin_upload(tab, stalled_after=2.0)
    outcome = end_of_upload(tab)
    assert outcome["type"] == "UploadStalled"
    arrived.wait_for("closed")
    begin_upload(tab)
    assert "file_id" in end_of_upload(tab)
    assert arrived.uploads()[-1]["sha256"] == sha256(file)


def test_a_slow_answer_has_a_limit_of_its_own(tab: Tab, file: Path, arrived: Arrived) -> None:
    choose(tab, file)
    arrived.fault("slow", seconds=6)
    begin_upload(tab, stalled_after=3.0, timeout=20.0)
    assert "file_id" in end_of_upload(tab)
    arrived.fault("slow", seconds=20)
    begin_upload(tab, timeout=1.0)
    outcome = end_of_upload(tab)
    assert outcome["type"] == "TimedOut"
    # The last report comes when Podio has the file.
    assert progress_of(tab)[-1][0] < file.stat().st_size


def test_a_lost_connection_is_an_error(tab: Tab, file: Path, arrived: Arrived, watched: Watched) -> None:
    watched.expect("Failed to load resource|CORS|Cross-Origin")
    choose(tab, file)
    # A browser itself sends a request once more if it was on a connection that had been used before.
    arrived.fault("drop_upload", count=2, after_bytes=file.stat().st_size // 2)
    begin_upload(tab)
    assert end_of_upload(tab)["type"] == "ConnectionFailed"
    assert {upload["state"] for upload in arrived.uploads()} == {"dropped"}


def test_a_page_of_html_is_an_error_with_its_status(tab: Tab, file: Path, arrived: Arrived) -> None:
    choose(tab, file)
    arrived.fault("too_large")
    begin_upload(tab)
    outcome = end_of_upload(tab)
    assert (outcome["type"], outcome["status"]) == ("APIError", 413)


@pytest.mark.every_browser
def test_a_cancelled_upload_closes_its_connection_and_leaves_nothing_behind(
    new_tab: NewTab, file: Path, sandbox: SandboxControl
) -> None:
    tab = new_tab(COUNT + COUNT_PROXIES).open()
    tab.new_client()
    sign_in(tab, sandbox)
    arrived = Arrived(sandbox, tab)
    choose(tab, file)
    begin_upload(tab, 'b"x"', name="first.txt")
    end_of_upload(tab)
    tab.page.wait_for_timeout(50)
    before = held_in_page(tab)
    size = file.stat().st_size
    arrived.fault("stall_upload", after_bytes=size // 3)
    begin_upload(tab)
    arrived.wait_for("receiving", received=size * 3 // 10)
    tab.run('kept["task"].cancel()')
    assert end_of_upload(tab)["type"] == "CancelledError"
    arrived.wait_for("closed")
    assert left_behind(tab, before) == {}


@pytest.mark.parametrize("when", ["before", "during"])
def test_an_expired_token_is_renewed_once_and_one_file_arrives(
    when: str, tab: Tab, file: Path, sandbox: SandboxControl, arrived: Arrived
) -> None:
    token = json.dumps(sandbox.issue_token("demo@example.com", "demo-client"))
    tab.run(f"""
        async def renew(podio):
            kept["renewals"] = kept.get("renewals", 0) + 1
            podio.set_access_token(json.loads({token!r}))
        kept["renew"] = renew
    """)
    tab.new_client(on_token_will_refresh='kept["renew"]')
    # A token that ends within two minutes is renewed before anything is sent.
    sign_in(tab, sandbox, **({"expires_in": 100} if when == "before" else {}))
    choose(tab, file)
    if when == "during":
        arrived.fault("unauthorized", path_prefix="/file")
    begin_upload(tab)
    assert "file_id" in end_of_upload(tab)
    assert tab.run('return kept["renewals"]') == 1
    assert [upload["status"] for upload in arrived.uploads()] == ([200] if when == "before" else [401, 200])
    progress = progress_of(tab)
    assert progress == sorted(progress)


def test_twelve_uploads_take_turns_and_none_stalls_while_it_waits(tab: Tab, file: Path, arrived: Arrived) -> None:
    choose(tab, file)
    arrived.fault("slow_upload", count=12, rate=2_000)
    names = tab.run(f"""
        from podio_web.files import Files
        files = Files(kept["podio"])
        tasks = [asyncio.create_task(files.upload({CHOSEN}, stalled_after=4.0)) for _ in range(12)]
        names = []
        for task in tasks:
            names.append((await task).name)
        return names
    """)
    assert names == [file.name] * 12
    assert [upload["sha256"] for upload in arrived.uploads()] == [sha256(file)] * 12


def test_signing_out_ends_an_upload(tab: Tab, file: Path, arrived: Arrived) -> None:
    choose(tab, file)
    arrived.fault("stall_upload", after_bytes=1_000_000)
    begin_upload(tab)
    arrived.wait_for("receiving", received=1_000_000)
    tab.run('await kept["podio"].logout()')
    assert end_of_upload(tab)["type"] == "LoginRequired"
    arrived.wait_for("closed")


def test_closing_the_client_ends_an_upload(tab: Tab, file: Path, arrived: Arrived) -> None:
    choose(tab, file)
    arrived.fault("stall_upload", after_bytes=1_000_000)
    begin_upload(tab)
    arrived.wait_for("receiving", received=1_000_000)
    tab.run('await kept["podio"].aclose()')
    assert "client was closed" in end_of_upload(tab)["text"]
    arrived.wait_for("closed")
