"""The command: `python -m benchmarks.on_servers`, which `make bench` runs: blocking calls, and a web application."""

from __future__ import annotations

import argparse

from .limits import SERVER_LIMITS
from .report import limits_table, table
from .sync_calls import LABELS as CALLS
from .sync_calls import PLACE, measure_sync_calls
from .web_requests import LABELS as REQUESTS
from .web_requests import measure_web_requests

COLUMNS = {
    "calls/s": "quick answers",
    "calls/s, answers after 20 ms": "slow answers",
    "µs a request": "request",
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.on_servers", description="Compare on a server.")
    parser.add_argument("--rounds", type=int, default=15, help="rounds (15)")
    rounds = parser.parse_args().rounds
    samples = measure_sync_calls(rounds)
    samples.merge(measure_web_requests(rounds))
    print(table(samples, PLACE, CALLS | REQUESTS, COLUMNS, base=None), end="\n\n")
    print(limits_table(samples, SERVER_LIMITS))


if __name__ == "__main__":
    main()
