"""Calls that block: a ``SyncPodio`` that threads share, beside clients of their own and beside httpx2."""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx2

from podio_web import SyncPodio

from .answering import answering
from .samples import Samples
from .stages import turned

PLACE = "CPython"
"""What stands where the other benchmark has a browser."""

PATH = "/user/status"
THREADS = 16
# Seconds that Podio might take: the threads wait for their answers most of the time.
DELAY = 0.02
TOKEN = {"access_token": "a" * 40, "refresh_token": "r" * 40, "expires_in": 86_400}

LABELS = {
    "shared": f"one SyncPodio, {THREADS} threads",
    "own": f"{THREADS} SyncPodio, a thread each",
    "httpx2 shared": f"one httpx2.Client, {THREADS} threads",
    "tls": "one SyncPodio over TLS",
    "httpx2 tls": "one httpx2.Client over TLS",
}

Get = Callable[[], Any]


def measure_sync_calls(rounds: int) -> Samples:
    """Measure the calls per second of each row: of threads with slow and quick answers, of one thread over TLS."""
    samples = Samples()
    for measure, delay, each in (("slow answers", DELAY, 8), ("quick answers", 0.0, 20)):
        with answering(delay) as server, ExitStack() as stack:
            shared = stack.enter_context(_podio(server.http))
            own = [stack.enter_context(_podio(server.http)) for _ in range(THREADS)]
            bare = stack.enter_context(_httpx2())
            threads = stack.enter_context(ThreadPoolExecutor(THREADS))
            ways: dict[str, Sequence[Get]] = {
                "shared": [lambda client=shared: client.get(PATH)] * THREADS,  # type: ignore[misc]
                "own": [lambda client=client: client.get(PATH) for client in own],  # type: ignore[misc]
                "httpx2 shared": [lambda: bare.get(server.http + PATH).json()] * THREADS,  # noqa: B023
            }
            _by_turns(samples, measure, 3 * rounds, {key: _at_once(threads, gets, each) for key, gets in ways.items()})
    with answering() as server, ExitStack() as stack:
        os.environ["SSL_CERT_FILE"] = server.certificate
        ours = stack.enter_context(_podio(server.https))
        bare = stack.enter_context(_httpx2(server.certificate))
        secure: dict[str, Get] = {
            "tls": lambda: ours.get(PATH),
            "httpx2 tls": lambda: bare.get(server.https + PATH).json(),
        }
        _by_turns(samples, "quick answers", 4 * rounds, {key: _one_by_one(get, 50) for key, get in secure.items()})
        del os.environ["SSL_CERT_FILE"]
    return samples


def _podio(origin: str) -> SyncPodio:
    podio: SyncPodio = SyncPodio("app", "demo-client", "demo-secret", api_url=origin)
    podio.set_access_token(TOKEN)
    return podio


def _httpx2(certificate: str | None = None) -> httpx2.Client:
    headers = {"Authorization": f"OAuth2 {TOKEN['access_token']}", "Accept": "application/json"}
    verify = True if certificate is None else ssl.create_default_context(cafile=certificate)
    return httpx2.Client(headers=headers, timeout=30.0, verify=verify)


def _by_turns(samples: Samples, measure: str, rounds: int, ways: dict[str, Callable[[], float]]) -> None:
    """Add each way's calls per second, round by round, after a round for warming up."""
    for number in range(-1, rounds):
        for key in turned(list(ways), number):
            speed = ways[key]()
            if number >= 0:
                samples.add(PLACE, key, {measure: speed})


def _one_by_one(get: Get, calls: int) -> Callable[[], float]:
    def run() -> float:
        began = time.perf_counter()
        for _ in range(calls):
            get()
        return calls / (time.perf_counter() - began)

    return run


def _at_once(threads: ThreadPoolExecutor, gets: Sequence[Get], calls: int) -> Callable[[], float]:
    def call(get: Get) -> None:
        for _ in range(calls):
            get()

    def run() -> float:
        began = time.perf_counter()
        list(threads.map(call, gets))
        return len(gets) * calls / (time.perf_counter() - began)

    return run
