"""Files in a tab: chosen by a person, uploaded by its Python, and what the sandbox got of them."""

import json
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from podio_web.testing import SandboxControl
from tests.browser.tab import Tab

CHOOSE = """() => {
  document.querySelector("#chosen")?.remove();
  document.body.append(Object.assign(document.createElement("input"), {id: "chosen", type: "file", multiple: true}));
}"""

UPLOAD = """
import time
from podio_web.files import Files
kept["progress"] = progress = []
kept["files"] = files = kept.get("files") or Files(kept["podio"])
js.window.ended = None

def told(sent, size):
    progress.append((sent, size))

async def upload():
    source = {source}
    try:
        file = await files.upload(source, on_progress=told, {options})
        outcome = {{"file_id": file.file_id, "name": file.name}}
    except asyncio.CancelledError:
        outcome = {{"type": "CancelledError"}}
    except Exception as problem:
        outcome = describe(problem)
    js.window.ended = json.dumps(outcome)

kept["task"] = asyncio.create_task(upload())
"""

CLOSE_MIDWAY = """
class Closing:
    def __init__(self):
        self.size = 0

    async def begin(self, size, mimetype):
        self.size = 0

    async def write(self, part):
        if not self.size:
            kept["closing"] = asyncio.create_task(kept["podio"].aclose())
        self.size += len(part)

sink = Closing()
found = await outcome(kept["files"].receive({number}, sink))
return [found["raised"]["text"], sink.size]
"""
"""Download a file, and close the client when its first bytes arrive."""

CHOSEN = 'js.document.querySelector("#chosen").files.item(0)'


def choose(tab: Tab, *paths: Path) -> None:
    """Choose files in ``#chosen``."""
    tab.page.evaluate(CHOOSE)
    tab.page.locator("#chosen").set_input_files(paths)


def begin_upload(tab: Tab, source: str = CHOSEN, **options: Any) -> None:
    """Begin an upload; options are those of ``Files.upload``."""
    more = ", ".join(f"{name}={value!r}" for name, value in options.items())
    tab.run(UPLOAD.format(source=source, options=more))


def end_of_upload(tab: Tab, seconds: float = 60) -> dict[str, Any]:
    """Wait for the end of the upload, and return what came of it."""
    tab.page.wait_for_function("() => window.ended", timeout=seconds * 1000)
    outcome: dict[str, Any] = json.loads(tab.page.evaluate("window.ended"))
    return outcome


def progress_of(tab: Tab) -> list[tuple[int, int]]:
    """Return the arguments of all calls of ``on_progress``."""
    return [(sent, size) for sent, size in tab.run('return kept["progress"]')]


def put_file(sandbox: SandboxControl, name: str, content: bytes) -> int:
    """Put a file into the sandbox, and return its number."""
    token = sandbox.issue_token("demo@example.com", "demo-client")["access_token"]
    head = '--x\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n'
    body = head.format("filename", "").encode() + name.encode() + b"\r\n"
    body += head.format("source", '; filename="source"').encode() + content + b"\r\n--x--\r\n"
    headers = {"Authorization": f"OAuth2 {token}", "Content-Type": "multipart/form-data; boundary=x"}
    with urlopen(Request(f"{sandbox.url}/file/", body, headers), timeout=60) as response:
        number: int = json.load(response)["file_id"]
    return number


class Arrived:
    """What the sandbox got, and the faults in it."""

    def __init__(self, sandbox: SandboxControl, tab: Tab) -> None:
        self._sandbox = sandbox
        self._tab = tab

    def uploads(self) -> list[dict[str, Any]]:
        """Return what arrived with each upload."""
        return self._sandbox.uploads()

    def wait_for(self, state: str, received: int = 0, seconds: float = 30) -> dict[str, Any]:
        """Wait until an upload has this state and so many bytes, and return it."""
        for _ in range(int(seconds * 20)):
            for upload in self.uploads():
                if upload["state"] == state and upload["received"] >= received:
                    return upload
            self._tab.page.wait_for_timeout(50)
        raise AssertionError(f"no upload is {state} with {received} bytes: {self.uploads()}")

    def put(self, name: str, content: bytes) -> int:
        """Put a file into the sandbox, and return its number."""
        return put_file(self._sandbox, name, content)

    def fault(self, kind: str, **options: Any) -> None:
        """Disturb the next upload or download."""
        self._sandbox.fail_next(kind, **options)
