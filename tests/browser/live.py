"""Live updates in tabs: what their Python hears, and what the sandbox's push service has seen."""

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.request import Request, urlopen

from podio_web.testing import SandboxControl
from tests.browser.tab import Tab

COMMENT = "comment_create"

SUBSCRIBE = """
from podio_web.live import Live

kept["heard"] = heard = []
kept["live"] = Live(kept["podio"])
kept["stops"] = []

def hear(event):
    heard.append([event.name, event.channel])

for path in {paths}:
    kept["stops"].append(await kept["live"].on(await kept["podio"].get(path), hear))
return kept["live"].status
"""


def sign_in(tab: Tab, sandbox: SandboxControl, username: str = "demo@example.com") -> None:
    """Give the tab's client a token."""
    token = sandbox.issue_token(username, "demo-client")
    tab.run(f'kept["podio"].set_access_token(json.loads({json.dumps(token)!r}))')


def subscribe(tab: Tab, *paths: str) -> None:
    """Subscribe to the channels of the objects at these paths."""
    tab.run(SUBSCRIBE.format(paths=list(paths)))


def heard(tab: Tab) -> list[tuple[str, str | None]]:
    """Return the names and channels of the events so far."""
    return [(name, channel) for name, channel in tab.run('return kept["heard"]')]


def wait_until(tab: Tab, check: Callable[[], bool], what: str, seconds: float = 30) -> float:
    """Wait until a check is true, and return the seconds that it took."""
    begun = time.monotonic()
    while not check():
        assert time.monotonic() - begun < seconds, what
        tab.page.wait_for_timeout(50)
    return time.monotonic() - begun


def gaps(tab: Tab) -> int:
    """Return how many gaps there were."""
    return heard(tab).count(("gap", None))


class Item:
    """An item that somebody else works on."""

    def __init__(self, sandbox: SandboxControl, username: str = "other@example.com") -> None:
        self._sandbox = sandbox
        self._token = sandbox.issue_token(username, "demo-client")["access_token"]
        self.item_id: int = self._call("POST", "/item/app/3001/filter/", {"limit": 1})["items"][0]["item_id"]
        self.path = f"/item/{self.item_id}"

    def comment(self, text: str = "Done") -> None:
        """Add a comment, which is an event on the item's channel."""
        self._call("POST", f"/comment/item/{self.item_id}/", {"value": text})

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"OAuth2 {self._token}", "Content-Type": "application/json"}
        request = Request(f"{self._sandbox.url}{path}", json.dumps(body).encode(), headers, method=method)
        with urlopen(request, timeout=30) as response:
            return json.loads(response.read() or "null")


def _has_more(tab: Tab, event: tuple[str, str], count: int) -> bool:
    return heard(tab).count(event) > count


def told(tabs: list[Tab], item: Item) -> None:
    """Let somebody comment on the item, and wait until all tabs have heard of it, once."""
    wanted = (COMMENT, item.path)
    before = [heard(tab).count(wanted) for tab in tabs]
    item.comment()
    for tab, count in zip(tabs, before, strict=True):
        wait_until(tab, partial(_has_more, tab, wanted, count), "the event came")
        assert heard(tab).count(wanted) == count + 1
