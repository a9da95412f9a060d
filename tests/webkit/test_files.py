"""Uploads and downloads in WebKit."""

import hashlib
import json
from pathlib import Path

from podio_web.testing import SandboxControl
from tests.browser.files import CHOOSE, CHOSEN, CLOSE_MIDWAY, UPLOAD, put_file
from tests.webkit.tab import Tab


def sign_in(tab: Tab, sandbox: SandboxControl) -> None:
    """Give the client a token."""
    tab.run(f'kept["podio"].set_access_token(json.loads({json.dumps(json.dumps(sandbox.issue_token()))}))')


def test_a_chosen_file_is_uploaded_with_progress(tab: Tab, sandbox: SandboxControl, tmp_path: Path) -> None:
    path = tmp_path / "Zoë's report.bin"
    path.write_bytes(bytes(range(256)) * 1000)
    sign_in(tab, sandbox)
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


def test_a_large_file_is_read_and_can_be_given_up(tab: Tab, sandbox: SandboxControl) -> None:
    """WebKit may hand out the whole file at once."""
    content = bytes(range(256)) * 8_000 + b"end"
    number = put_file(sandbox, "data.bin", content)
    sign_in(tab, sandbox)
    digest = tab.run(f"""
        import hashlib
        from podio_web.files import Files
        kept["files"] = Files(kept["podio"])
        return hashlib.sha256(await kept["files"].read({number})).digest().hex()
    """)
    assert digest == hashlib.sha256(content).hexdigest()
    text, received = tab.run(CLOSE_MIDWAY.format(number=number))
    assert "The client was closed" in text
    # Pyodide copies a chunk at once.
    assert 0 < received < len(content) or tab.interpreter == "pyodide"
