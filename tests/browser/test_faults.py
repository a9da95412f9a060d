"""Each fault between a page and Podio: overcome by the retry policy, or told as documented, and gone afterwards."""

import json
from collections.abc import Iterator

import pytest

from podio_web.testing import SandboxControl
from tests.browser.tab import Raised, Tab
from tests.browser.watch import Watched

# What browsers log about a call without an answer.
BLOCKED = "Cross-Origin Request Blocked|blocked by CORS policy|Same Origin Policy|net::ERR_"

AWAY = [("bad_gateway", 502), ("unavailable", 503)]
LOST = ["drop", "drop_body", "cors"]


@pytest.fixture
def tab(tab: Tab, sandbox: SandboxControl, watched: Watched) -> Tab:
    """A tab, signed in without a popup, with a client that does not pause for long."""
    watched.expect(BLOCKED)
    tab.run('await kept["podio"].aclose()')
    tab.new_client(retry="podio_web.Retry(3, first_pause=0.01)")
    tab.run(f'kept["podio"].set_access_token({json.dumps(sandbox.issue_token())})')
    sandbox.clear_calls()
    return tab


@pytest.fixture
def offline(tab: Tab) -> Iterator[None]:
    tab.context.set_offline(True)
    yield
    tab.context.set_offline(False)


def raises(tab: Tab, source: str) -> Raised:
    with pytest.raises(Raised) as raised:
        tab.run(source)
    return raised.value


def read(tab: Tab) -> int:
    return int(tab.run('return (await kept["podio"].get("/item/6101"))["item_id"]'))


def write(title: str) -> str:
    return f'await kept["podio"].post("/item/app/3001/", {{"fields": {{"title": "{title}"}}}})'


def sent(sandbox: SandboxControl, method: str) -> int:
    return len(sandbox.calls("/item", method=method))


def count(tab: Tab) -> int:
    return int(tab.run('return (await kept["podio"].get("/item/app/3001/count"))["count"]'))


@pytest.mark.parametrize("fault", [*(fault for fault, _ in AWAY), *LOST])
def test_a_read_overcomes_a_fault_that_goes_away(tab: Tab, sandbox: SandboxControl, fault: str) -> None:
    sandbox.fail_next(fault, count=2, path_prefix="/item")
    assert read(tab) == 6101
    assert sent(sandbox, "GET") == 3


@pytest.mark.parametrize(("fault", "status"), AWAY)
def test_podio_being_away_for_longer_is_told_to_readers_late_and_to_writers_at_once(
    tab: Tab, sandbox: SandboxControl, fault: str, status: int
) -> None:
    sandbox.fail_next(fault, count=5, path_prefix="/item")
    problem = raises(tab, 'await kept["podio"].get("/item/6101")')
    assert (problem.type, problem.status, sent(sandbox, "GET")) == ("UnavailableError", status, 4)
    problem = raises(tab, write("never made"))
    assert (problem.type, problem.status, sent(sandbox, "POST")) == ("UnavailableError", status, 1)
    assert count(tab) == 36


@pytest.mark.parametrize("fault", LOST)
def test_a_write_without_an_answer_is_told_and_never_repeated(tab: Tab, sandbox: SandboxControl, fault: str) -> None:
    sandbox.fail_next(fault, path_prefix="/item", method="POST")
    problem = raises(tab, write("made at most once"))
    assert problem.type == "ConnectionFailed"
    assert sent(sandbox, "POST") == 1
    assert count(tab) == (36 if fault == "drop" else 37)


def test_an_answer_without_cors_headers_is_no_answer(tab: Tab, sandbox: SandboxControl) -> None:
    sandbox.fail_next("bad_gateway", count=4, path_prefix="/item", cors=False)
    problem = raises(tab, 'await kept["podio"].get("/item/6101")')
    assert problem.type == "ConnectionFailed"
    assert "CORS" in problem.text
    assert read(tab) == 6101


def test_a_short_rate_limit_is_waited_out_by_reads_and_writes_and_announced(tab: Tab, sandbox: SandboxControl) -> None:
    sandbox.fail_next("rate_limit", count=2, seconds=1, path_prefix="/item")
    heard = tab.run(f"""
        heard = []
        kept["podio"].on("rate_limited", heard.append)
        {write("made once")}
        return heard
    """)
    assert [1 <= seconds < 1.1 for seconds in heard] == [True, True]
    assert sent(sandbox, "POST") == 3
    assert count(tab) == 37


def test_a_long_rate_limit_is_told_at_once(tab: Tab, sandbox: SandboxControl) -> None:
    sandbox.fail_next("rate_limit", path_prefix="/item")
    heard = tab.run(f"""
        heard = []
        kept["podio"].on("rate_limited", heard.append)
        async def attempt():
            {write("never made")}
        problem = (await outcome(attempt()))["raised"]
        return [problem["type"], problem["retry_after"], heard]
    """)
    assert heard == ["RateLimitError", 3600, [3600]]
    assert read(tab) == 6101


def test_the_figures_of_the_rate_limit_are_there_when_podio_shows_them(tab: Tab, sandbox: SandboxControl) -> None:
    figures = 'found = kept["podio"].rate_limit\nreturn None if found is None else [found.limit, found.remaining]'
    read(tab)
    assert tab.run(figures) is None
    sandbox.settings(expose_headers=True)
    read(tab)
    assert tab.run(figures) == [1000, 998]


def test_a_slow_answer_ends_with_the_time_out_for_reads_and_writes(tab: Tab, sandbox: SandboxControl) -> None:
    sandbox.fail_next("slow", count=2, seconds=20, path_prefix="/item")
    for ask in ('get("/item/6101", timeout=2)', 'put("/item/6101", {"fields": {}}, timeout=2)'):
        assert raises(tab, f'await kept["podio"].{ask}').type == "TimedOut"
    assert (sent(sandbox, "GET"), sent(sandbox, "PUT")) == (1, 1)
    assert read(tab) == 6101


def test_repeats_and_pauses_end_with_the_time_out(tab: Tab, sandbox: SandboxControl) -> None:
    sandbox.fail_next("bad_gateway", path_prefix="/item")
    sandbox.fail_next("slow", seconds=20, path_prefix="/item")
    took = tab.run("""
        import time
        began = time.time()
        problem = (await outcome(kept["podio"].get("/item/6101", timeout=2)))["raised"]
        return [problem["type"], time.time() - began]
    """)
    assert took[0] == "TimedOut"
    assert 1.9 < took[1] < 10
    assert sent(sandbox, "GET") == 2


@pytest.mark.usefixtures("offline")
def test_being_offline_is_told_and_works_again_afterwards(tab: Tab, sandbox: SandboxControl) -> None:
    for ask in ('await kept["podio"].get("/user/status")', write("never made")):
        problem = raises(tab, ask)
        assert problem.type == "ConnectionFailed"
    tab.context.set_offline(False)
    assert read(tab) == 6101
    assert count(tab) == 36


@pytest.mark.usefixtures("offline")
def test_a_read_that_was_begun_offline_ends_well_when_the_connection_is_back(tab: Tab, sandbox: SandboxControl) -> None:
    tab.run("""
        patient = podio_web.Retry(100, first_pause=0.05, longest_pause=0.2)
        kept["task"] = asyncio.create_task(kept["podio"].get("/item/6101", retry=patient))
        await asyncio.sleep(0.3)
        assert not kept["task"].done()
    """)
    tab.context.set_offline(False)
    assert tab.run('return (await kept["task"])["item_id"]') == 6101


def test_a_log_out_ends_a_call_that_waits_for_its_repeat(tab: Tab, sandbox: SandboxControl) -> None:
    sandbox.fail_next("rate_limit", seconds=20, path_prefix="/item")
    problem = tab.run(f"""
        podio = kept["podio"]
        podio.on("rate_limited", lambda seconds: podio.logout())
        async def attempt():
            {write("never made")}
        return (await outcome(attempt()))["raised"]
    """)
    assert problem["code"] == "login_required"
    assert sent(sandbox, "POST") == 1
