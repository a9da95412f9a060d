"""Many people, several workers, and faults all the time: no session is lost, revived or crossed.

Run it whole with ``make soak``; the tests run a part. What happens meanwhile, in turns: all access tokens end, a fifth
of the calls to the token endpoint are slow or fail, a worker is killed, the store is away for 1 to 10 seconds, and
people sign out and in.

A worker is killed when no refresh is under way: what Podio has sent to a dead process, nobody can store.
"""

import argparse
import json
import os
import random
import signal
import statistics
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2

from podio_web.sandbox import Sandbox
from podio_web.testing import SandboxControl
from tests.redis_server import RedisServer
from tests.servers.rig import Person, Served, SQLiteFile, Store

TIMEOUT = 15.0
PEOPLE = {"demo@example.com": 1001, "other@example.com": 1002}
LATE = TIMEOUT + 10.0
"""Seconds after which an answer is late: a call's time-out, and what a busy machine takes for the rest."""

LOG_OUTS = 0.01
PING_EVERY = 0.05


class Soak:
    """One run: ``requests`` by ``people``, at about ``rate`` a second. ``found`` counts what happened."""

    def __init__(self, served: Served, store: Store, sandbox: SandboxControl, seed: int) -> None:
        self.found: Counter[str] = Counter()
        self.pings: list[float] = []
        self._served = served
        self._store = store
        self._sandbox = sandbox
        self._chance = random.Random(seed)
        self._signing_in = threading.Lock()
        self._left = 0
        self._over = threading.Event()
        # When each user last asked with a token that had not ended.
        self._seen: dict[int, float] = {}
        self._outage: threading.Thread | None = None

    def run(self, requests: int, people: int, rate: float) -> None:
        """Let everybody ask until all requests are made."""
        self._left = requests
        names = [list(PEOPLE)[number % len(PEOPLE)] for number in range(people)]
        pause = people / rate
        users = [threading.Thread(target=self._use, args=(name, pause, number)) for number, name in enumerate(names)]
        others = [threading.Thread(target=self._break), threading.Thread(target=self._ping)]
        for thread in users + others:
            thread.start()
        for thread in users:
            thread.join()
        self._over.set()
        for thread in others:
            thread.join()
        refreshes = Counter(call["status"] for call in self._sandbox.calls("/oauth/token"))
        self.found["spent refresh tokens tried again"] = refreshes[400]
        self.found["refreshes and sign-ins"] = refreshes[200]

    def faults(self) -> dict[str, int]:
        """Return what must not have happened, and how often it has."""
        never = (
            "lost",
            "alive after a log-out",
            "somebody else's",
            "late",
            "spent refresh tokens tried again",
            "error",
        )
        return {name: self.found[name] for name in never if self.found[name]}

    def _use(self, name: str, pause: float, seed: int) -> None:
        chance = random.Random(seed)
        self._seen[seed] = 0.0
        person = self._sign_in(name)
        while not self._over.is_set() and self._take_one():
            time.sleep(pause * 2 * chance.random())
            began = time.monotonic()
            status = self._ask(person, PEOPLE[name])
            if status == 200:
                self._seen[seed] = began
            if status == 401:
                self.found["lost"] += 1
                person = self._sign_in(name)
            elif chance.random() < LOG_OUTS and self._log_out(person, PEOPLE[name]):
                person = self._sign_in(name)
        self._seen.pop(seed)

    def _take_one(self) -> bool:
        self._left -= 1
        return self._left >= 0

    def _ask(self, person: Person, user_id: int) -> int:
        began = time.monotonic()
        try:
            response = person.get("/me")
        except httpx2.HTTPError:
            self.found["cut off by a dying worker"] += 1
            return 0
        if time.monotonic() - began > LATE:
            self.found["late"] += 1
        if response.status_code == 200 and response.json() != user_id:
            self.found["somebody else's"] += 1
        what = f" {response.json()}" if response.status_code == 502 else ""
        self.found[f"{response.status_code}{what}"] += 1
        if response.status_code not in (200, 401, 502, 503):
            self.found["error"] += 1
        return response.status_code

    def _log_out(self, person: Person, user_id: int) -> bool:
        """Sign out; tell whether that has worked."""
        try:
            if person.log_out() != 303:
                return False
        except httpx2.HTTPError:
            # Whether it was done before the worker died, nobody knows: until it is.
            return self._log_out(person, user_id)
        self.found["log-outs"] += 1
        for _ in range(4):
            if self._ask(person, user_id) == 200:
                self.found["alive after a log-out"] += 1
        return True

    def _sign_in(self, name: str) -> Person:
        while True:
            try:
                with self._signing_in:
                    return self._served.sign_in(name)
            except (AssertionError, httpx2.HTTPError):
                # The store or the token endpoint is away.
                time.sleep(0.5)

    def _break(self) -> None:
        while not self._over.wait(1):
            kind = self._chance.choice(["kill", "outage", "outage during a refresh"])
            if kind == "outage during a refresh":
                self._take_store_away(0.2)
            ended_at = self._end_tokens()
            if self._over.wait(8):
                return
            self._sandbox.clear_faults()
            if self._outage is not None:
                self._outage.join()
            # Everybody has asked by then, and has a new token.
            while min([*self._seen.values()], default=ended_at) < ended_at:
                if self._over.wait(0.1):
                    return
            if kind == "kill":
                os.kill(self._chance.choice(self._served.workers()), signal.SIGKILL)
                self.found["workers killed"] += 1
            elif kind == "outage":
                self._take_store_away(0)

    def _end_tokens(self) -> float:
        """End all access tokens, and return when that was done."""
        self._sandbox.expire_tokens()
        ended_at = time.monotonic()
        self.found["times that all tokens ended"] += 1
        for fault, seconds in (("slow", 1.0), ("server_error", None), ("unavailable", None)):
            self._sandbox.fail_next(fault, seconds=seconds, count=3, path_prefix="/oauth/token")
        return ended_at

    def _take_store_away(self, delay: float) -> None:
        seconds = self._chance.uniform(1, 10)
        away = self._chance.choice([self._store.unwritable, self._store.hanging])

        def outage() -> None:
            time.sleep(delay)
            with away():
                time.sleep(seconds)

        self.found["store outages"] += 1
        self._outage = threading.Thread(target=outage)
        self._outage.start()
        if not delay:
            self._outage.join()

    def _ping(self) -> None:
        with httpx2.Client(base_url=self._served.url, timeout=30) as client:
            while not self._over.wait(PING_EVERY):
                began = time.monotonic()
                try:
                    client.get("/ping")
                except httpx2.HTTPError:
                    continue
                self.pings.append(time.monotonic() - began)


def soak(kind: str, requests: int, people: int, rate: float, folder: Path, seed: int = 1) -> Soak:
    """Run with a store of this kind, ``sqlite`` or ``redis``, and uvicorn's four workers."""
    with ExitStack() as stack:
        sandbox = SandboxControl(stack.enter_context(Sandbox(port=0, control=True)).url)
        sandbox.settings(rotate_refresh_tokens=True, general_limit=10_000_000)
        store = RedisServer(folder) if kind == "redis" else SQLiteFile(folder)
        stack.callback(store.stop)
        served = stack.enter_context(Served("uvicorn", store.address, sandbox, folder, timeout=TIMEOUT))
        run = Soak(served, store, sandbox, seed)
        run.run(requests, people, rate)
        return run


def _told(run: Soak) -> dict[str, Any]:
    pings = sorted(run.pings)
    return {
        **dict(sorted(run.found.items())),
        "pings": len(pings),
        "a ping in milliseconds": {
            "median": round(statistics.median(pings) * 1000, 1),
            "99.9 %": round(pings[int(len(pings) * 0.999)] * 1000, 1),
            "longest": round(pings[-1] * 1000, 1),
        },
        "pings over 0.2 s": sum(ping > 0.2 for ping in pings),
        "FAULTS": run.faults(),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", choices=["sqlite", "redis"], action="append")
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--rate", type=float, default=60.0, help="requests a second, about")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    is_good = True
    for store in chosen.store or ["sqlite", "redis"]:
        with tempfile.TemporaryDirectory(prefix="soak") as folder:
            run = soak(store, chosen.requests, chosen.people, chosen.rate, Path(folder), chosen.seed)
        print(json.dumps({store: _told(run)}, indent=2), flush=True)
        is_good = is_good and not run.faults()
    raise SystemExit(not is_good)
