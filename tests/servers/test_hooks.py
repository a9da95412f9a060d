"""Receivers of webhooks in two workers: nothing is lost when workers are killed, and hostile bodies do no harm.

With ``--full-hooks`` the numbers are those of the specification.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import random
import signal
import string
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import pytest

from podio_web.hooks import SQLiteInbox
from podio_web.hooks.registered import ASKED, LISTED
from podio_web.testing import SandboxControl
from tests.servers.hooks_app import AT_ONCE, SECRET
from tests.servers.rig import RECEIVERS, Served
from tests.unit.hooks_support import until

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_SENDERS = 8


@pytest.fixture(params=RECEIVERS)
def receiver(
    request: pytest.FixtureRequest, podio_sandbox: SandboxControl, tmp_path: Path
) -> Iterator[tuple[Served, Path]]:
    podio_sandbox.reset()
    inbox = tmp_path / "hooks.db"
    with Served(request.param, f"sqlite {inbox}", podio_sandbox, tmp_path) as served:
        yield served, inbox


class Sender:
    """One connection to a receiver. It is opened again when a worker has ended."""

    def __init__(self, url: str) -> None:
        self._host = urlsplit(url).netloc
        self._connection = http.client.HTTPConnection(self._host, timeout=30)

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str] | None = None) -> int | None:
        """Return the status of the answer, or None without one."""
        try:
            self._connection.request(method, path, body, headers or FORM)
            response = self._connection.getresponse()
            response.read()
            return response.status
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return None

    def close(self) -> None:
        self._connection.close()


def send_all(url: str, count: int, work: Callable[[Sender, int], None]) -> None:
    """Call ``work`` for each number, in some threads with a connection each."""
    numbers = iter(range(count))
    lock = threading.Lock()
    problems: list[BaseException] = []

    def run() -> None:
        sender = Sender(url)
        try:
            while not problems:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                work(sender, number)
        except BaseException as problem:
            problems.append(problem)
        finally:
            sender.close()

    threads = [threading.Thread(target=run) for _ in range(_SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems, problems


Event = tuple[int, int]


def shuffled(count: int, chance: random.Random) -> list[Event]:
    """Return deliveries in any order, of which a fifth are duplicates. Five events are of one item."""
    distinct = [(6000 + number // 5, 100_000 + number) for number in range(count * 4 // 5)]
    deliveries = distinct + chance.sample(distinct, count - len(distinct))
    chance.shuffle(deliveries)
    return deliveries


def handled(log: Path) -> dict[Event, list[tuple[float, float | None, int]]]:
    """Return when each event was handled, from when to when and by which process. None if it did not end."""
    found: dict[Event, list[tuple[float, float | None, int]]] = {}
    for line in log.read_text(encoding="utf-8").splitlines():
        what, at, process, *event = line.split()
        runs = found.setdefault((int(event[0]), int(event[1])), [])
        if what == "begin":
            runs.append((float(at), None, int(process)))
        else:
            (index,) = (n for n, run in enumerate(runs) if run[1] is None and run[2] == int(process))
            runs[index] = (runs[index][0], float(at), int(process))
    return found


def test_nothing_is_lost_when_workers_are_killed(receiver: tuple[Served, Path], request: pytest.FixtureRequest) -> None:
    served, inbox = receiver
    is_full = request.config.getoption("--full-hooks")
    count, every = (10_000, 500) if is_full else (600, 150)
    chance = random.Random(22)
    deliveries = shuffled(count, chance)
    lock = threading.Lock()
    sent, killed = 0, 0

    def deliver(sender: Sender, number: int) -> None:
        nonlocal sent, killed
        item_id, revision = deliveries[number]
        values = {"type": "item.update", "hook_id": 12, "item_id": item_id, "item_revision_id": revision}
        body = urlencode(values).encode()
        # Without an answer, it is sent again.
        until(lambda: sender.send("POST", f"/podio/{SECRET}", body) == 200)
        with lock:
            sent += 1
            if sent % every == 0:
                os.kill(chance.choice(until(served.workers)), signal.SIGKILL)
                killed += 1

    send_all(served.url, count, deliver)
    watch = SQLiteInbox(inbox)
    until(lambda: watch.waiting() == 0, seconds=120)
    assert watch.failed() == []
    watch.close()
    runs = handled(Path(f"{inbox}.log"))
    assert killed == count // every
    assert set(runs) == set(deliveries)
    assert sum(len(each) for each in runs.values()) - len(runs) <= killed * AT_ONCE
    assert sum(each[-1][1] is None for each in runs.values()) <= killed * AT_ONCE
    # Nobody handles what another worker holds, nor two events of one item.
    by_item: dict[int, list[tuple[float, float]]] = {}
    for (item_id, _), each in runs.items():
        by_item.setdefault(item_id, []).extend((start, end) for start, end, _ in each if end is not None)
    for spans in by_item.values():
        spans.sort()
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))


def hostile(number: int, chance: random.Random) -> tuple[str, str, bytes, dict[str, str]]:
    """Return the method, the path, the body and the headers of a request that no Podio would send."""
    texts = string.printable + "é\u2028\U0001f600\x00"
    noise = "".join(chance.choices(texts, k=chance.randrange(40)))
    others = [f"/podio/{noise}", f"/podio/{SECRET[:-1]}", "/podio/", f"/podio/a/{SECRET}"]
    path = chance.choice([*[f"/podio/{SECRET}"] * 8, *others])
    values = {"type": "item.update", "hook_id": str(number), "item_id": "6101", "code": "canary" + noise, noise: noise}
    values["type"] = chance.choice(["item.update", "hook.verify", "*", "", noise, "comment.create"])
    chosen = chance.choice(list(values))
    values[chosen] = chance.choice(["", "-1", "9" * chance.randrange(1, 400), noise, "null", "1e9", "0x10"])
    content_type = chance.choice(["application/x-www-form-urlencoded", "application/json", "text/plain", "a/b; c=d"])
    body = chance.choice(
        [
            urlencode(values).encode(),
            json.dumps(values).encode(),
            json.dumps(values, ensure_ascii=False).encode("utf-16"),
            b"[" * chance.randrange(60_000),
            b'{"type":' * chance.randrange(5_000),
            b'{"hook_id": ' + b"9" * chance.randrange(10_000) + b"}",
            b'{"type": "item.update", "hook_id": 1, "item_id": "\\ud800"}',
            chance.randbytes(chance.randrange(300)),
            b"a=1&" * chance.randrange(2_000),
            b"%" * chance.randrange(1_000),
            b"a" * chance.choice([65_536, 65_537, 100_000]),
        ]
    )
    method = chance.choice(["POST"] * 8 + ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
    return method, quote(path), body, {"Content-Type": content_type}


def test_hostile_bodies_do_no_harm(
    receiver: tuple[Served, Path], podio_sandbox: SandboxControl, request: pytest.FixtureRequest
) -> None:
    served, _ = receiver
    count = 100_000 if request.config.getoption("--full-hooks") else 2_000
    podio_sandbox.clear_calls()
    started = time.monotonic()
    answers: Counter[int | None] = Counter()
    lock = threading.Lock()

    def attack(sender: Sender, number: int) -> None:
        status = sender.send(*hostile(number, random.Random(number)))
        with lock:
            answers[status] += 1

    send_all(served.url, count, attack)
    # Where a body is too large, the connection may be closed before it was sent.
    lost = answers.pop(None, 0)
    assert lost <= count // 8
    assert set(answers) == {200, 400, 404, 405, 413}
    # Each worker reads the list of hooks a few times a minute. No code is sent to Podio.
    calls = [f"{call['method']} {call['path']}" for call in podio_sandbox.calls()]
    assert set(calls) <= {"GET /hook/app/3001/"}
    assert len(calls) <= 2 * ASKED * (1 + (time.monotonic() - started) // LISTED)
    log = served.log
    assert "Traceback" not in log
    assert "canary" not in log
    assert SECRET not in log
