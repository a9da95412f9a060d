"""docs/items.md: its pieces run in a page with Pyodide too, with `await` and without."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from docs_pieces import expected_output
from playwright.sync_api import BrowserContext

from podio_web.testing import SandboxControl
from tests.browser.test_sync import SyncPage
from tests.browser.watch import Watched
from tests.unit.test_docs_items import PIECES

# The pieces see each other's names, as in a notebook.
RUN = """
import contextlib, io
from pyodide.code import eval_code_async
names = kept.setdefault("names", {{}})
names.setdefault("podio", kept["podio"])
printed = io.StringIO()
with contextlib.redirect_stdout(printed):
    await eval_code_async({piece!r}, names)
return printed.getvalue()
"""
RUN_SYNC = """
exec({piece!r}, kept.setdefault("names", {{"podio": kept["podio"]}}))
"""
CLIENT = """
kept.clear()
kept["podio"] = podio_web.{kind}("client", "demo-client", api_url={url!r}, on_token_will_refresh=None)
kept["podio"].set_access_token(json.loads({token!r}))
"""


@pytest.fixture
def python(new_profile: Callable[..., BrowserContext], sandbox: SandboxControl, watched: Watched) -> Iterator[SyncPage]:
    context = new_profile()
    with watched.watching(context):
        yield SyncPage(context, sandbox.url, "page").open()


def test_every_piece_runs_in_a_page(python: SyncPage, sandbox: SandboxControl) -> None:
    token = json.dumps(sandbox.issue_token("demo@example.com", "demo-client"))
    python.run(CLIENT.format(kind="Podio", url=sandbox.url, token=token))
    pieces = [each for each in PIECES if each.kind == "run"]
    assert len(pieces) >= 19
    for piece in pieces:
        assert python.run(RUN.format(piece=piece.text)) == expected_output(piece.text), piece.place

    python.run(CLIENT.format(kind="SyncPodio", url=sandbox.url, token=token))
    pieces = [each for each in PIECES if each.kind == "sync" and not each.tag]
    assert pieces
    for piece in pieces:
        python.run(RUN_SYNC.format(piece=piece.text))
    sandbox.clear_calls()
