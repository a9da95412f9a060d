"""What a call through `Podio` costs on CPython, beside the same call through bare httpx2.

    .venv/bin/python benchmarks/cpython_calls.py

starts a sandbox in a process of its own, lets both call it in turn, and prints one table: medians of several rounds, in
milliseconds per round, and of the ratios within each round. Times are for comparing, not for promising.
"""

import argparse
import asyncio
import multiprocessing
import statistics
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from typing import Any

import httpx2

from podio_web import Podio
from podio_web.testing import SandboxControl
from podio_web.transports.httpx import HttpxTransport

PATH = "/user/status"
LIMIT = 60.0

Get = Callable[[], Awaitable[Any]]


def serve(pipe: "Connection[str, None]") -> None:
    """Run a sandbox until the other end says otherwise."""
    from podio_web.sandbox import Sandbox

    with Sandbox(port=0, control=True) as sandbox:
        pipe.send(sandbox.url)
        pipe.recv()


async def one_by_one(get: Get, calls: int) -> float:
    """Return the milliseconds that the calls take one after the other."""
    started = time.perf_counter()
    for _ in range(calls):
        await get()
    return 1000 * (time.perf_counter() - started)


async def at_once(get: Get, calls: int) -> float:
    """Return the milliseconds that the calls take all at once."""
    started = time.perf_counter()
    await asyncio.gather(*(get() for _ in range(calls)))
    return 1000 * (time.perf_counter() - started)


async def compare(url: str, calls: int, rounds: int, path: str) -> None:
    """Measure and print."""
    sandbox = SandboxControl(url)
    sandbox.settings(general_limit=10**9)
    token = sandbox.issue_token()
    headers = {"Authorization": f"OAuth2 {token['access_token']}", "Accept": "application/json"}
    address = url + path
    async with (
        httpx2.AsyncClient(headers=headers, timeout=LIMIT) as client,
        Podio("client", "demo-client", api_url=url, transport=HttpxTransport(), timeout=LIMIT) as podio,
    ):
        podio.set_access_token(token)

        async def bare() -> Any:
            return (await client.get(address)).json()

        async def ours() -> Any:
            return await podio.get(path)

        assert await bare() == await ours()
        print(f"{calls} calls of GET {path}, medians of {rounds} rounds")
        print(f"{'calls':12} {'httpx2':>9} {'Podio':>9} {'ratio':>6}  each round's ratio")
        for label, run in (("one by one", one_by_one), ("at once", at_once)):
            await run(bare, calls), await run(ours, calls)
            # Who begins changes with each round: a machine that gets slower or faster is fair to both.
            pairs = []
            for number in range(rounds):
                taken = {}
                for get in (bare, ours) if number % 2 == 0 else (ours, bare):
                    taken[get] = await run(get, calls)
                pairs.append((taken[bare], taken[ours]))
            theirs, own = (statistics.median(column) for column in zip(*pairs, strict=True))
            ratios = [second / first for first, second in pairs]
            each = " ".join(f"{ratio:.2f}" for ratio in ratios)
            print(f"{label:12} {theirs:9.0f} {own:9.0f} {statistics.median(ratios):6.2f}  {each}")


def main() -> None:
    """Start the sandbox, compare, stop it."""
    parser = argparse.ArgumentParser(description="Compare calls through Podio with calls through bare httpx2.")
    parser.add_argument("--calls", type=int, default=1000, help="calls per round (1000)")
    parser.add_argument("--rounds", type=int, default=7, help="rounds per row (7)")
    parser.add_argument("--path", default=PATH, help=f"what is read ({PATH})")
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs,))
    process.start()
    try:
        asyncio.run(compare(ours.recv(), options.calls, options.rounds, options.path))
    finally:
        ours.send(None)
        process.join()


if __name__ == "__main__":
    main()
