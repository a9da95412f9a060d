"""The parts of the benchmark that judge, print and pass on: its times are nobody's test."""

import asyncio
import json
import ssl
from urllib.request import urlopen

import brotli
import pytest

from benchmarks import sync_calls, web_requests
from benchmarks.answering import answering
from benchmarks.figures import Figure, ratio, shown, summary, with_spread
from benchmarks.imports import modules_of
from benchmarks.limits import LIMITS, SERVER_LIMITS, Limit
from benchmarks.link import Direction, Line, relayed
from benchmarks.memory import below
from benchmarks.report import as_json, limits_table, table
from benchmarks.rows import all_rows, labels
from benchmarks.samples import Samples
from benchmarks.servers import Served
from benchmarks.site_starts import both_rows
from benchmarks.stages import VISITS, medians, turned, with_more
from benchmarks.visits import is_ours, ours, plain_interpreter
from podio_web.site_builder.bundle import page_sources
from podio_web.site_builder.page_archive import page_archive
from podio_web.stores.sqlite import SQLiteStore

SAMPLES = {
    "chromium": {
        "podio-js": {"cold": [100.0, 110.0, 90.0], "each": [4.0, 4.0, 4.0]},
        "tag-mpy": {"cold": [140.0, 150.0, 141.0], "kB": [251.0, 251.0, 251.0]},
    }
}


def test_the_median_and_the_quartiles_of_some_runs():
    assert summary([5.0, 1.0, 3.0, 2.0, 4.0]) == Figure(3.0, 2.0, 4.0, 5)
    some = summary([1.0, 2.0, 3.0, 4.0, 100.0])
    assert some is not None
    assert some.spread == 1.0


def test_one_run_is_its_own_median_and_no_run_has_none():
    assert summary([7.0]) == Figure(7.0, 7.0, 7.0, 1)
    assert summary([]) is None


def test_a_ratio_is_taken_round_by_round():
    # The machine got ten times slower halfway; the medians of all runs would say 10.
    assert ratio([2.0, 2.0, 20.0, 20.0, 20.0], [1.0, 1.0, 10.0, 10.0, 10.0]) == Figure(2.0, 2.0, 2.0, 5)


def test_a_ratio_needs_a_round_with_both():
    assert ratio([], [1.0]) is None
    assert ratio([1.0], [0.0]) is None
    assert ratio([3.0, 4.0], [1.0]) == Figure(3.0, 3.0, 3.0, 1)


@pytest.mark.parametrize(
    ("value", "text"), [(2864.2, "2864"), (96.04, "96.0"), (4.125, "4.12"), (0.0, "0.00"), (-12.0, "-12.0")]
)
def test_a_number_has_three_digits_worth_reading(value, text):
    assert shown(value) == text


def test_a_spread_has_the_digits_of_its_figure():
    assert with_spread(Figure(392.0, 380.0, 410.0, 15)) == "392 ±15"
    assert with_spread(Figure(3.0, 2.9, 3.2, 15)) == "3.00 ±0.15"
    assert with_spread(None) == "-"


def test_samples_come_together_from_stages_and_browsers():
    samples = Samples()
    samples.add("chromium", "fetch", {"cold": 1.0})
    more = Samples({"chromium": {"fetch": {"cold": [2.0], "warm": [3.0]}}, "firefox": {"fetch": {"cold": [4.0]}}})
    samples.merge(more)
    assert samples.runs("chromium", "fetch", "cold") == [1.0, 2.0]
    assert samples.browsers() == ["chromium", "firefox"]
    assert samples.runs("firefox", "fetch", "warm") == []
    assert Samples(samples.to_dict()).to_dict() == samples.to_dict()


def test_the_table_shows_the_rows_and_columns_that_were_measured():
    text = table(Samples(SAMPLES), "chromium", {"podio-js": "podio-js", "tag-mpy": "script tag", "fetch": "fetch"})
    assert _columns(text) == [
        ["Chromium", "to podio-js", "cold", "kB", "a call"],
        ["podio-js", "1.00", "100 ±5", "-", "4.00 ±0.00"],
        ["script tag", "1.40", "141 ±2", "251 ±0", "-"],
    ]
    assert len({len(line) for line in text.splitlines()}) == 1, "aligned"


def test_a_limit_is_kept_missed_or_not_measured():
    samples = Samples(SAMPLES)
    kept = Limit("kept", ("tag-mpy", "cold"), 1.5, ("podio-js", "cold"))
    missed = Limit("missed", ("tag-mpy", "kB"), 250)
    absent = Limit("absent", ("pyscript-py", "import"), 60)
    assert kept.describe(samples, "chromium") == "1.40 of 1.5"
    assert missed.describe(samples, "chromium") == "251 of 250 MISSED"
    assert absent.describe(samples, "chromium") == "not measured"
    lines = _columns(limits_table(samples, [kept, missed, absent]))
    assert [line[0] for line in lines] == ["Limit", "kept", "missed", "absent"]


def test_every_limit_is_about_rows_that_are_measured():
    rows = all_rows("/bench/wheel.whl", built=True)
    known = labels(rows)
    for limit in LIMITS:
        for row, _ in filter(None, (limit.place, limit.base)):
            assert row in known, row


def test_a_speed_must_be_at_least_what_its_limit_says():
    samples = Samples({"CPython": {"ours": {"calls": [92.0, 90.0]}, "theirs": {"calls": [100.0, 100.0]}}})
    kept, missed = (
        Limit("a speed", ("ours", "calls"), value, ("theirs", "calls"), at_least=True) for value in (0.9, 0.95)
    )
    assert kept.describe(samples, "CPython") == "0.91 of at least 0.9"
    assert missed.describe(samples, "CPython") == "0.91 of at least 0.95 MISSED"


def test_the_pages_of_two_sites_differ_only_in_the_script_that_they_load():
    this, other = both_rows()
    assert this.page != other.page
    assert this.page.replace('src="/podio-web/', 'src="/other/') == other.page


def test_every_limit_of_servers_is_about_rows_that_are_measured():
    known = sync_calls.LABELS | web_requests.LABELS
    for limit in SERVER_LIMITS:
        assert limit.place[0] in known
        assert limit.base is not None
        assert limit.base[0] in known


def test_a_table_without_a_base_has_no_column_of_ratios():
    samples = Samples({"CPython": {"tls": {"calls": [500.0]}}})
    text = table(samples, "CPython", {"tls": "over TLS"}, {"calls/s": "calls"}, base=None)
    assert _columns(text) == [["CPython", "calls/s"], ["over TLS", "500 ±0"]]


def test_both_middlewares_answer_who_is_signed_in(tmp_path):
    async def scene():
        store = SQLiteStore(tmp_path / "sessions.db")
        await web_requests.keep_session(store)
        for app, cookie in (web_requests.with_sign_in(store), web_requests.with_session(store)):
            assert await web_requests.microseconds_of(app, cookie) > 0

    asyncio.run(scene())


def test_the_answering_server_speaks_tls_with_its_own_certificate():
    with answering() as server:
        context = ssl.create_default_context(cafile=server.certificate)
        for origin in (server.http, server.https):
            with urlopen(origin + "/user/status", context=context) as response:
                assert json.load(response)["user"]["user_id"] == 1001


def test_without_a_built_site_only_the_rows_that_need_none_are_measured():
    keys = [row.key for row in all_rows("/bench/wheel.whl", built=False)]
    assert keys == ["podio-js", "fetch", "pyscript-mpy", "pyscript-py"]


def test_the_json_file_holds_every_run_and_what_the_runs_come_to():
    written = json.loads(as_json(Samples(SAMPLES), {"runs": 3}, [Limit("one", ("tag-mpy", "cold"), 150)]))
    assert written["about"] == {"runs": 3}
    assert written["runs"] == SAMPLES
    assert written["figures"]["chromium"]["podio-js"]["cold"] == {"median": 100, "low": 95, "high": 105, "count": 3}
    assert written["limits"] == [{"name": "one", "limit": 150, "measured": {"chromium": 141.0}}]


def test_each_round_begins_with_another_row():
    assert [turned("abc", number)[0] for number in range(4)] == ["a", "b", "c", "a"]
    assert sorted(turned("abc", 5)) == ["a", "b", "c"]
    assert turned([], 1) == []


def test_quick_rows_are_visited_again_by_turns():
    rows = all_rows("podio_web.whl", built=True)[:3]
    visits = [row.key for row in with_more(rows, {"podio-js", "tag-mpy"})]
    assert visits == ["podio-js", "fetch", "tag-mpy", *["podio-js", "tag-mpy"] * (VISITS - 1)]
    assert with_more(rows, set()) == rows


def test_several_visits_count_as_their_median_in_what_all_of_them_measured():
    assert medians([{"cold": 3.0, "memory": 9.0}, {"cold": 1.0}, {"cold": 2.0}]) == {"cold": 2.0}
    assert medians([]) == {}


def test_a_line_carries_one_thing_after_the_other():
    line = Direction(10_000_000)
    assert line.send(125_000, now=0.0) == pytest.approx(0.1)
    assert line.send(125_000, now=0.05) == pytest.approx(0.2), "the line was busy until 0.1"
    assert line.send(125_000, now=1.0) == pytest.approx(1.1), "the line was idle from 0.2 on"


def test_a_relay_passes_on_every_byte_in_both_directions():
    async def shout(reader, writer):
        writer.write((await reader.read()).upper())
        writer.close()
        await writer.wait_closed()

    async def ask(text):
        server = await asyncio.start_server(shout, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, relayed(Line(megabits=1000, round_trip=1), port) as (relay,):
            reader, writer = await asyncio.open_connection("127.0.0.1", relay)
            writer.write(text)
            writer.write_eof()
            answer = await reader.read()
            writer.close()
            await writer.wait_closed()
            return answer

    text = b"abc" * 50_000
    assert asyncio.run(ask(text)) == text.upper()


def test_the_processes_of_a_browser_are_those_below_it():
    assert below({2: 1, 3: 2, 4: 9, 1: 0}, 1) == {2, 3}


def test_a_file_is_compressed_for_who_can_read_that():
    file = Served("/bench/start.py", b"print()\n" * 100)
    status, headers, body = file.answer({b"accept-encoding": b"gzip, br"})
    assert status == 200
    assert brotli.decompress(body) == file.body
    assert (b"content-encoding", b"br") in headers
    assert file.answer({})[2] == file.body


def test_a_file_that_is_packed_already_is_sent_as_it_is():
    file = Served("/bench/some.whl", b"PK")
    assert file.answer({b"accept-encoding": b"gzip, br"})[2] == b"PK"


def test_pages_are_asked_about_again_and_versioned_files_are_not():
    page, file = Served("/bench/fetch.html", b""), Served("/vendor/pyscript/core.js", b"")
    assert (b"cache-control", b"no-cache") in page.answer({})[1]
    assert (b"cache-control", b"public, max-age=31536000, immutable") in file.answer({})[1]
    assert page.answer({b"if-none-match": page.tag})[0] == 304


def test_the_wheel_and_the_bundle_count_as_ours():
    assert is_ours("http://localhost:8000/bench/podio_web-0.1.0-py3-none-any.whl?x=1")
    assert is_ours("http://localhost:8000/podio-web/assets/podio_web-0123.json")
    assert not is_ours("http://localhost:8000/podio-web/podio-web.js")


def test_an_interpreter_with_the_package_in_it_counts_for_what_it_has_more() -> None:
    files = [
        {"name": "http://localhost:8000/podio-web/podio-web.js", "bytes": 6_000},
        {"name": "http://localhost:8000/podio-web/assets/podio_web-0123.wasm", "bytes": plain_interpreter() + 56_000},
    ]
    assert ours(files) == 56_000


def _columns(text):
    lines = [line for line in text.splitlines() if not line.startswith("|-")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_an_import_is_measured_with_the_modules_of_the_page_archive():
    assert modules_of(page_archive()) == page_sources()
