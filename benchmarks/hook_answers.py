"""The answers of a receiver of webhooks: how long they take, and whether their time tells anything about the secret.

``python -m benchmarks.hook_answers`` compares the 99th percentile with that of an empty route of Starlette. Each
handler sleeps for 5 seconds. Then it compares the times of wrong secrets by Welch's t-test.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import http.client
import math
import random
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from podio_web import Podio
from podio_web.hooks import Event, Hooks, Inbox, MemoryInbox, SQLiteInbox
from tests.examples_support import free_port

SECRET = secrets.token_urlsafe(32)
KINDS = ("empty route", "MemoryInbox", "SQLiteInbox")
CHUNK = 50
BOUND = 3.0
"""The highest ratio of the 99th percentiles."""

T_BOUND = 3.29
"""A larger t would come about by chance once in a thousand runs."""


def receiver(inbox: Inbox, secret: str) -> Hooks:
    """Return a receiver whose handler sleeps for 5 seconds."""
    hooks = Hooks(Podio("client", "my-app"), secret=secret, inbox=inbox)

    @hooks.on("*")
    async def slow(event: Event) -> None:
        await asyncio.sleep(5)

    return hooks


def serve(kind: str, port: int, secret: str) -> None:
    """Serve an empty route, or a receiver with an inbox."""

    async def empty(request: Request) -> Response:
        return PlainTextResponse("OK")

    with tempfile.TemporaryDirectory() as folder:
        if kind == "empty route":
            app = Starlette(routes=[Route(f"/podio/{secret}", empty, methods=["POST"])])
        else:
            inbox: Inbox = MemoryInbox(limit=10**6) if kind == "MemoryInbox" else SQLiteInbox(f"{folder}/hooks.db")
            app = Starlette(routes=[Mount("/podio", receiver(inbox, secret).asgi)])
        uvicorn.run(app, host="127.0.0.1", port=port, log_level="error")


@contextmanager
def served(kind: str) -> Iterator[http.client.HTTPConnection]:
    """Serve in a process of its own, and yield a connection."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.hook_answers", "--serve", kind, "--port", str(port)]
    process = subprocess.Popen([*command, "--secret", SECRET])  # noqa: S603 - our own module
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for _ in range(300):
            try:
                connection.connect()
                break
            except OSError:
                time.sleep(0.1)
        yield connection
        connection.close()
    finally:
        process.terminate()
        process.wait()


def answer_times(count: int) -> Mapping[str, Sequence[float]]:
    """Return the seconds until each answer, by turns of some deliveries each."""
    times: dict[str, list[float]] = {kind: [] for kind in KINDS}
    with ExitStack() as stack:
        connections = {kind: stack.enter_context(served(kind)) for kind in KINDS}
        for start in range(0, count, CHUNK):
            for kind, connection in connections.items():
                for number in range(start, start + CHUNK):
                    body = f"type=item.update&hook_id=12&item_id={number}&item_revision_id={number}"
                    began = time.perf_counter()
                    connection.request("POST", f"/podio/{SECRET}", body)
                    response = connection.getresponse()
                    response.read()
                    times[kind].append(time.perf_counter() - began)
                    assert response.status == 200, response.status
    return times


def welch(one: Sequence[float], other: Sequence[float]) -> float:
    """Return Welch's t of two samples.

    >>> round(welch([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]), 2)
    0.0
    """
    errors = statistics.variance(one) / len(one) + statistics.variance(other) / len(other)
    return (statistics.fmean(one) - statistics.fmean(other)) / math.sqrt(errors)


def trimmed(times: Sequence[float]) -> Sequence[float]:
    """Return the times without the slowest tenth, which the machine has disturbed."""
    return sorted(times)[: len(times) * 9 // 10]


def secret_times(count: int) -> Mapping[str, Sequence[float]]:
    """Return the seconds of answers to wrong secrets, in any order: none right, all but one right, another secret."""
    paths = {
        "first character wrong": "/" + chr(ord(SECRET[0]) ^ 1) + SECRET[1:],
        "last character wrong": "/" + SECRET[:-1] + chr(ord(SECRET[-1]) ^ 1),
        "another secret": "/" + secrets.token_urlsafe(32),
    }
    times: dict[str, list[float]] = {name: [] for name in paths}
    order = list(paths) * count
    random.shuffle(order)

    async def main() -> None:
        hooks = receiver(MemoryInbox(), SECRET)

        async def receive() -> Any:
            raise AssertionError("the body is not read")

        async def send(message: Any) -> None:
            """Send nothing."""

        for name in order:
            scope = {"type": "http", "method": "POST", "path": paths[name], "headers": [], "query_string": b""}
            began = time.perf_counter()
            await hooks.asgi(scope, receive, send)
            times[name].append(time.perf_counter() - began)

    gc.disable()
    asyncio.run(main())
    gc.enable()
    return times


def main() -> int:
    """Measure and print. Return 1 if a bound is not kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hook_answers")
    parser.add_argument("--count", type=int, default=3_000, help="deliveries to each server")
    parser.add_argument("--samples", type=int, default=10_000, help="answers to each kind of wrong secret")
    parser.add_argument("--serve", choices=KINDS, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--secret", default=SECRET, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve, options.port, options.secret)
        return 0
    kept = True
    times = answer_times(options.count)
    base = statistics.quantiles(times[KINDS[0]], n=100)[98]
    for kind, each in times.items():
        p99 = statistics.quantiles(each, n=100)[98]
        median = statistics.median(each)
        print(f"{kind:12}  median {median * 1e3:6.2f} ms  p99 {p99 * 1e3:6.2f} ms  ratio {p99 / base:5.2f}")
        kept = kept and p99 <= BOUND * base
    samples = secret_times(options.samples)
    names = list(samples)
    for one, other in ((names[0], names[1]), (names[0], names[2]), (names[1], names[2])):
        t = welch(trimmed(samples[one]), trimmed(samples[other]))
        print(f"{one} and {other}: t = {t:+.2f}")
        kept = kept and abs(t) <= T_BOUND
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
