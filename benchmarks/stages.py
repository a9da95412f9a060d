"""The stages of the benchmark: starts, with or without a simulated line, and calls.

In each round every row has its turn, and another one begins: a machine that gets slower or faster is fair to all.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Container, Sequence
from contextlib import ExitStack
from typing import Any, TypeVar

from playwright.sync_api import Error, Page

from podio_web.testing import SandboxControl

from .rows import PAGES, Row
from .samples import Samples
from .servers import LARGE_PATH, Address
from .visits import PATH, Browser, Person, VisitFailed, browser

# A start of a moment says little by itself: who answers within so many milliseconds is visited so often in each round.
QUICK = 1000
VISITS = 7

ONE_BY_ONE = 200
AT_ONCE = 100
_MEASURE = "([way, path, count, atOnce]) => benchMeasure(way, path, count, atOnce)"

Thing = TypeVar("Thing")


def measure_starts(
    name: str, rows: Sequence[Row], address: Address, token: dict[str, Any], runs: int, *, line: bool = False
) -> Samples:
    """Measure ``runs`` first visits of every row in one browser, each by somebody new, and visits of a regular.

    Over a line only the times are of interest. A row that fails twice in a row is left out from then on. A quick row
    has several visits in each round, and the median of them counts.
    """
    samples = Samples()
    with browser(name, token) as running, ExitStack() as stack:
        # Once for nothing: the browser's own first page, the servers' compressing, and what is kept for a next visit.
        regulars = {row.key: stack.enter_context(running.person(address)) for row in rows}
        tried = {row.key: _visit(regulars[row.key], row, settle=True) for row in rows}
        left = [row for row in rows if tried[row.key] is not None]
        # Only now is a start's time its own.
        firsts = [] if line else [(row.key, _first(running, address, row)) for row in left]
        quick = {key for key, measures in firsts if measures and measures["start"] < QUICK}
        for number in range(runs):
            visits: dict[str, list[dict[str, float]]] = {row.key: [] for row in left}
            for row in with_more(turned(left, number), quick):
                visited = _first_and_next(running, address, regulars[row.key], row)
                if visited is not None:
                    visits[row.key].append(visited)
            for row in left[:]:
                measures = medians(visits[row.key])
                if not measures:
                    left.remove(row)
                elif line:
                    samples.add(name, row.key, {f"line {each}": measures[each] for each in ("cold", "warm")})
                else:
                    samples.add(name, row.key, measures | _memory(running, address, row))
            say(f"{name}: {'over the line' if line else 'starts'}, round {number + 1} of {runs}")
    return samples


def measure_calls(name: str, rows: Sequence[Row], address: Address, token: dict[str, Any], runs: int) -> Samples:
    """Measure calls in one browser: one by one, many at once, and one with a large answer; in milliseconds a call."""
    samples = Samples()
    control = SandboxControl(address.api_url)
    with browser(name, token) as running, ExitStack() as stack:
        ways = []
        failed: set[tuple[str, str]] = set()
        for row in rows:
            if not row.calls:
                continue
            person = stack.enter_context(running.person(address))
            try:
                page = person.visit(row).page
            except VisitFailed as problem:
                say(str(problem))
                continue
            page.evaluate((PAGES / "calls.js").read_text(encoding="utf-8"))
            ways.append((row.key, page, "client"))
            if row.by_hand:
                ways.append((f"{row.key} by hand", page, "hand"))
            if page.evaluate("'benchPython' in window"):
                source = (PAGES / "calls.py").read_text(encoding="utf-8")
                page.evaluate("source => benchPython(source)", f"{source}\noffer(podio, settings)\n")
        for number in range(-1, runs):
            for key, page, way in turned(ways, number):
                count, many = (ONE_BY_ONE, AT_ONCE) if number >= 0 else (20, 20)
                measured = {
                    "each": _calls(page, way, PATH, count),
                    "at once": _calls(page, way, PATH, many, at_once=True),
                    "2 MB": None if (key, "2 MB") in failed else _calls(page, way, LARGE_PATH, 1),
                }
                failed |= {(key, each) for each, value in measured.items() if value is None}
                # The first round is for warming up.
                if number >= 0:
                    samples.add(name, key, {each: value for each, value in measured.items() if value is not None})
            control.clear_calls()
            say(f"{name}: calls, round {number + 1} of {runs}")
    return samples


def medians(visits: Sequence[dict[str, float]]) -> dict[str, float]:
    """Return the median of each measure that all visits have; nothing without any.

    >>> medians([{"cold": 150.0, "kB": 244.0}, {"cold": 190.0, "kB": 244.0}, {"cold": 155.0}])
    {'cold': 155.0}
    """
    shared = set.intersection(*(set(visit) for visit in visits)) if visits else set()
    return {name: statistics.median(visit[name] for visit in visits) for name in sorted(shared)}


def with_more(rows: Sequence[Row], quick: Container[str]) -> list[Row]:
    """Return one round's visits: each row once, and then the ``quick`` ones again, by turns: so they share a moment.

    >>> [row.key for row in with_more(rows, {"podio-js", "fetch"})][:5]
    ['podio-js', 'fetch', 'pyscript-py', 'podio-js', 'fetch']
    """
    again = [row for row in rows if row.key in quick]
    return [*rows, *again * (VISITS - 1)]


def turned(things: Sequence[Thing], by: int) -> list[Thing]:
    """Return the same things with another one in front.

    >>> turned(["a", "b", "c"], 1)
    ['b', 'c', 'a']
    """
    start = by % len(things) if things else 0
    return [*things[start:], *things[:start]]


def say(text: str) -> None:
    """Tell how far it is; the results go to the other stream."""
    print(text, file=sys.stderr, flush=True)


def _calls(page: Page, way: str, path: str, count: int, *, at_once: bool = False) -> float | None:
    """Return the milliseconds per call; None when the calls failed, or took longer than anybody waits."""
    try:
        taken: float = page.evaluate(_MEASURE, [way, path, count, at_once])
    except Error as problem:
        say(f"{way}, {path}: {problem.message.splitlines()[0]}")
        return None
    return taken / count


def _first_and_next(running: Browser, address: Address, regular: Person, row: Row) -> dict[str, float] | None:
    """Return the measures of a new person's visit, and the time of a regular's; None when one of them failed."""
    first = _first(running, address, row)
    again = None if first is None else _visit(regular, row)
    if first is None or again is None:
        return None
    return {"cold": first.pop("start"), "warm": again["start"], **first}


def _memory(running: Browser, address: Address, row: Row) -> dict[str, float]:
    """Return how much memory a new person's visit took, if the system tells.

    In another visit than the timed ones, because reading the memory of all processes makes the next start slower.
    """
    weighed = _first(running, address, row, weigh=True) or {}
    return {name: value for name, value in weighed.items() if name == "memory"}


def _first(running: Browser, address: Address, row: Row, *, weigh: bool = False) -> dict[str, float] | None:
    """Return the measures of somebody's visit who has never been here."""
    with running.person(address) as person:
        return _visit(person, row, weigh=weigh)


def _visit(person: Person, row: Row, *, weigh: bool = False, settle: bool = False) -> dict[str, float] | None:
    """Return the measures of a visit; None when it failed twice."""
    for _ in range(2):
        try:
            visit = person.visit(row, weigh=weigh)
        except VisitFailed as problem:
            say(str(problem))
            continue
        if settle:
            person.settle(visit)
        visit.page.close()
        return visit.measures
    return None
