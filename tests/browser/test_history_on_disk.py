"""What SECURITY says of the browser's history on disk: the callback's address stays there, and no page can help it."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserType

from podio_web.testing import SandboxControl
from tests.browser.tab import Tab, allow
from tests.browser.watch import Watched

HISTORY = {"chromium": ("Default/History", "urls"), "firefox": ("places.sqlite", "moz_places")}


@pytest.mark.every_browser
@pytest.mark.parametrize("store", ["LocalStorageStore", "MemoryStore"])
def test_the_address_with_the_token_is_in_the_history_file_with_every_store(
    browser_type: BrowserType,
    browser_type_launch_args: dict[str, Any],
    base_url: str,
    sandbox: SandboxControl,
    watched: Watched,
    tmp_path: Path,
    store: str,
) -> None:
    context = browser_type.launch_persistent_context(str(tmp_path), base_url=base_url, **browser_type_launch_args)
    watched.watch(context)
    tab = Tab(context, "mpy", sandbox.url).open()
    tab.new_client(session_store=f"podio_web.{store}()")
    allow(tab.open_popup())
    tab.run('await kept["task"]')
    token = tab.run('return kept["podio"].token.access_token')
    context.close()
    file, table = HISTORY[browser_type.name]
    copy = sqlite3.connect(f"file:{tmp_path / file}?immutable=1", uri=True)
    addresses = [row[0] for row in copy.execute(f"SELECT url FROM {table}")]
    copy.close()
    # When a browser leaves it out, SECURITY can promise more.
    assert [address for address in addresses if f"access_token={token}" in address], json.dumps(addresses)
