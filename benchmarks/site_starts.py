"""How fast the script tag starts, beside that of another built site.

    .venv/bin/python -m benchmarks.site_starts OTHER

``OTHER`` is a folder that ``podio-web build`` made, such as that of an earlier release. The two sites take turns in one
browser. Each round has the first visit of somebody new, and a visit of somebody who has been there before. The table
has the medians, and the median of the ratios within each round.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from .figures import ratio, summary, with_spread
from .rows import BUILT, PAGES, Row, all_rows
from .servers import Address, running
from .stages import say, turned
from .visits import Browser, browser

Times = dict[str, dict[str, list[float]]]


def both_rows() -> list[Row]:
    """Return the row of the script tag, and the same row with the script of the other site.

    >>> [row.key for row in both_rows()]
    ['tag-mpy', 'other']
    """
    this = next(row for row in all_rows("", built=True) if row.key == "tag-mpy")
    return [this, replace(this, key="other", head=this.head.replace("/podio-web/", "/other/"))]


def served_files(other: Path) -> dict[str, bytes]:
    """Return what the two pages load, by its address."""
    files = {f"/bench/{row.key}.html": row.page.encode() for row in both_rows()}
    files["/bench/script_tag.mjs"] = (PAGES / "script_tag.mjs").read_bytes()
    for address, folder in {"/podio-web": BUILT, "/other": other}.items():
        for path in folder.rglob("*"):
            if path.is_file():
                files[f"{address}/{path.relative_to(folder).as_posix()}"] = path.read_bytes()
    return files


def measured(one: Browser, address: Address, rounds: int) -> Times:
    """Return the milliseconds to the first answer, by the kind of visit and the key of the row."""
    rows = both_rows()
    times: Times = {visit: {row.key: [] for row in rows} for visit in ("first visit", "next visit")}
    with ExitStack() as stack:
        regulars = {row.key: stack.enter_context(one.person(address)) for row in rows}
        for number in range(-1, rounds):
            for row in turned(rows, number):
                with one.person(address) as somebody:
                    for visit, person in zip(times, (somebody, regulars[row.key]), strict=True):
                        visited = person.visit(row)
                        visited.page.close()
                        # The first round is for warming up.
                        if number >= 0:
                            times[visit][row.key].append(visited.measures["start"])
    return times


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("other", type=Path, metavar="OTHER", help="the built site to compare with")
    parser.add_argument("--rounds", type=int, default=40, help="how often each site is visited (40)")
    parser.add_argument("--browser", nargs="+", default=["chromium", "firefox"], help="which browsers (both)")
    options = parser.parse_args()
    if not (options.other / "podio-web.js").is_file():
        parser.error(f"{options.other} has no podio-web.js: name a folder that `podio-web build` made")
    with running(served_files(options.other)) as servers:
        for name in options.browser:
            say(f"{name}: {options.rounds} rounds")
            with browser(name, servers.token) as one:
                times = measured(one, servers.direct, options.rounds)
            for visit, (this, other) in ((visit, tuple(both.values())) for visit, both in times.items()):
                print(
                    f"{name}, {visit}, ms: {with_spread(summary(this))}, other {with_spread(summary(other))}, "
                    f"ratio {with_spread(ratio(this, other))}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
