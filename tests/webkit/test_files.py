"""Uploads and downloads in WebKit."""

import hashlib
import json
from pathlib import Path

from podio_web.testing import SandboxControl
from tests.browser.files import CHOOSE, CHOSEN, UPLOAD
from tests.webkit.tab import Tab


def test_a_chosen_file_is_uploaded_with_progress(tab: Tab, sandbox: SandboxControl, tmp_path: Path) -> None:
    path = tmp_path / "Zoë's report.bin"
    path.write_bytes(bytes(range(256)) * 1000)
    tab.run(f'kept["podio"].set_access_token(json.loads({json.dumps(json.dumps(sandbox.issue_token()))}))')
    tab.window.evaluate(f"({CHOOSE})()")
    tab.window.driver.find_element("css selector", "#chosen").send_keys(str(path))
    tab.run(UPLOAD.format(source=CHOSEN, options=""))
    ended = json.loads(tab.window.wait_for("window.ended"))
    assert ended["name"] == path.name
    size = path.stat().st_size
    progress = tab.run('return kept["progress"]')
    assert progress == sorted(progress)
    assert (progress[0], progress[-1]) == ([0, size], [size, size])
    assert sandbox.uploads()[-1]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    length = tab.run(f'return len(await kept["files"].read({ended["file_id"]}))')
    assert length == size
