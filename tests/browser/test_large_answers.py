"""Large answers: each ends in data or in an error that says what to do, within its time-out, on every runtime."""

from collections.abc import Iterator

import pytest

from tests.browser.lab import Lab
from tests.browser.watch import Watched
from tests.unit.odd_server import OddServer

MEGABYTES = [0.1, 1.05, 2.5, 8, 15]
TOO_MUCH = [18, 32]  # for MicroPython; Pyodide reads it

CALL = """
import time
podio = podio_web.Podio(
    "client",
    client_id="demo-client",
    api_url={url!r},
    redirect_uri=js.location.origin + "/static/callback.html",
    session_store=podio_web.MemoryStore(),
)
podio.set_access_token({{"access_token": "made-up", "expires_in": 6000}})
began = time.time()
try:
    found = await podio.{call}
    outcome = [found["items"][0]["title"], found["items"][0]["item_id"], found["items"][-1]]
except podio_web.PodioError as problem:
    outcome = [type(problem).__name__, str(problem)]
found = None
await podio.aclose()
return [outcome, time.time() - began]
"""
READ = ["Paint the fence 🚀", 3_000_000_001, "the end"]


@pytest.fixture
def odd() -> Iterator[OddServer]:
    with OddServer() as odd:
        yield odd


@pytest.mark.every_combination
def test_an_answer_of_any_size_ends_in_data_or_in_a_clear_error(lab: Lab, odd: OddServer) -> None:
    for megabytes in MEGABYTES + TOO_MUCH:
        call = f'post("/large?{int(megabytes * 1_000_000)}", {{"limit": 500}}, timeout=60)'
        outcome, seconds = lab.run(CALL.format(url=odd.url, call=call))
        assert seconds < 60
        if megabytes in TOO_MUCH and lab.interpreter == "mpy":
            assert outcome[0] == "PodioError"
            assert "Ask for fewer items (limit and offset), or use Pyodide" in outcome[1]
        else:
            assert outcome == READ, megabytes


@pytest.mark.every_combination
def test_a_large_refusal_is_an_error_like_any_other(lab: Lab, odd: OddServer, watched: Watched) -> None:
    watched.expect("Failed to load resource")
    too_large = "PodioError" if lab.interpreter == "mpy" else "BadRequestError"
    for megabytes, kind in [(2, "BadRequestError"), (30, too_large)]:
        outcome, _ = lab.run(CALL.format(url=odd.url, call=f'get("/large-refusal?{megabytes * 1_000_000}")'))
        assert outcome[0] == kind
        assert len(outcome[1]) < 300
