"""A page in which one of the browser's APIs for files is broken: every call ends, in an outcome that is documented."""

from collections.abc import Iterator

import pytest

from podio_web.testing import SandboxControl
from tests.browser.files import Arrived
from tests.browser.tab import Tab
from tests.browser.test_browser_faults import PREPARE
from tests.browser.test_files_shown import open_files, picture
from tests.browser.watch import Watched
from tests.browser_apis import BLOCKING, FILES

BROKEN = FILES | {name: BLOCKING[name] for name in BLOCKING if name.startswith(("js_xhr", "XML"))}
# Only SyncPodio reads it.
BROKEN.pop("js_xhr.responseText")

# What waits for ever in a page, a person cancels. Here one second does.
WALK = """
from podio_web.errors import PodioError
files, found = kept["files"], []

async def call(name, coroutine):
    try:
        await coroutine
        found.append("done")
    except (PodioError, ValueError, TypeError) as problem:
        found.append(type(problem).__name__)
    except asyncio.CancelledError:
        found.append("cancelled")
    except Exception as problem:
        found.append("undocumented " + repr(problem) + " in " + name)

async def upload():
    js_file = js.document.querySelector("#chosen").files.item(0)
    await files.upload(js_file, stalled_after=0.4, timeout=0.4)

for name, make in (
    ("upload", upload),
    ("show", lambda: files.show({shown}, kept["image"])),
    ("made small", lambda: files.show({made}, kept["image"])),
    ("download", lambda: files.download({shown})),
):
    task = asyncio.create_task(call(name, make()))
    for _ in range(100):
        if task.done():
            break
        await asyncio.sleep(0.02)
    if not task.done():
        task.cancel()
    await task
return found
"""


@pytest.fixture
def tab(tab: Tab) -> Iterator[Tab]:
    """A tab whose APIs are mended afterwards."""
    tab.page.evaluate("() => { if (!window.breakApi) (" + PREPARE + ")() }")
    yield tab
    tab.page.evaluate("window.mendApi()")


@pytest.mark.parametrize("name", BROKEN)
def test_every_call_ends_though_an_api_is_broken(
    name: str, tab: Tab, sandbox: SandboxControl, watched: Watched
) -> None:
    watched.expect("")
    arrived = Arrived(sandbox, tab)
    shown, made = arrived.put("photo.png", picture()), arrived.put("other.png", picture(1))
    place, faults = BROKEN[name]
    # Of the kinds of faults, the first one for each API, and another in turn: each has been seen with each.
    for fault in {faults[0], faults[list(BROKEN).index(name) % len(faults)]}:
        open_files(tab, sandbox)
        tab.page.evaluate("""() => {
          document.querySelector("#chosen")?.remove();
          const input = Object.assign(document.createElement("input"), { id: "chosen", type: "file" });
          const transfer = new DataTransfer();
          transfer.items.add(new File(["content"], "content.txt"));
          input.files = transfer.files;
          document.body.append(input);
        }""")
        arrived.fault("server_error", path_prefix=f"/{made}/")
        tab.page.evaluate(
            "([place, names, fault]) => window.breakApi(place, names, fault, false)",
            [place, [name.rpartition(".")[2]], fault],
        )
        found = tab.run(WALK.format(shown=shown, made=made))
        tab.page.evaluate("window.mendApi()")
        assert len(found) == 4
        assert not [each for each in found if each.startswith("undocumented")], (fault, found)
