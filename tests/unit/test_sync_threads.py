"""Threads that share one ``SyncPodio``: they call at the same time, and renew the session once."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from podio_web import LoginRequired, MemoryStore, PodioError, SyncPodio, TimedOut, Token
from podio_web.http import Request, Response
from podio_web.runtime.turns import OutOfTime, Turns, let_go, limit_of_call, seconds_left, turns_held
from podio_web.transports.httpx_blocking import BlockingHttpxTransport
from podio_web.transports.urllib import UrllibTransport
from tests.platforms import needs_posix
from tests.unit.gate_server import GateServer

THREADS = 16
SECRET = "hush-of-the-client"


@pytest.fixture
def gate() -> Iterator[GateServer]:
    with GateServer(THREADS) as server:
        yield server


@pytest.fixture(params=[BlockingHttpxTransport, UrllibTransport])
def transport(request: pytest.FixtureRequest) -> Any:
    return request.param()


def expired_store() -> MemoryStore:
    store = MemoryStore()
    store.set(Token("old", expires_at=time.time() - 1, refresh_token="r0"), "app")
    return store


def client(gate: GateServer, transport: Any, *, expired: bool = False, **options: Any) -> SyncPodio:
    options.setdefault("session_store", expired_store() if expired else MemoryStore())
    podio = SyncPodio("app", "my-app", SECRET, api_url=gate.url, transport=transport, **options)
    if not expired:
        podio.set_access_token({"access_token": "old", "refresh_token": "r0", "expires_in": 3600})
    return podio


class Outcomes:
    """Runs one function in several threads; ``found`` is what each returned or raised."""

    def __init__(self, job: Callable[[], object], count: int = THREADS) -> None:
        self.found: list[Any] = []
        self._job = job
        self.threads = [threading.Thread(target=self._run, daemon=True) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def _run(self) -> None:
        try:
            outcome: object = self._job()
        except Exception as problem:
            outcome = problem
        self.found.append(outcome)

    def all(self) -> list[Any]:
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive(), "it hangs"
        return self.found


# --- Calls run at the same time ---


def test_16_threads_on_one_client_call_at_the_same_time(gate: GateServer, transport: Any) -> None:
    podio = client(gate, transport)
    numbers = [outcome["number"] for outcome in Outcomes(lambda: podio.get("/meet")).all()]
    assert sorted(numbers) == list(range(1, THREADS + 1))


def test_the_pause_of_one_thread_does_not_hold_the_others(gate: GateServer, transport: Any) -> None:
    podio = client(gate, transport)
    waiting = Outcomes(lambda: podio.get("/limited"), 1)
    assert gate.arrived.wait(30)
    others = Outcomes(lambda: podio.get("/ok"), 4)
    others.all()
    assert waiting.found == [], "it still waits"
    assert waiting.all() == [{"number": 2}]


def test_a_hook_that_waits_for_another_thread_s_call_does_not_hang(gate: GateServer, transport: Any) -> None:
    heard: list[object] = []

    def after(token: Token) -> None:
        heard.extend(Outcomes(lambda: podio.get("/ok"), 2).all())

    podio = client(gate, transport, expired=True, after_token_refreshed=after)
    assert podio.get("/stale") == {"number": 1}
    assert sorted(each["number"] for each in heard) == [1, 2]  # type: ignore[index]


# --- The renewal is shared ---


@pytest.mark.parametrize("expired", [True, False], ids=["by the clock", "by a 401"])
def test_16_threads_renew_once(gate: GateServer, transport: Any, expired: bool) -> None:
    gate.token_pause = 0.2
    told: list[object] = []
    podio = client(gate, transport, expired=expired, after_token_refreshed=told.append)
    assert [outcome["number"] > 0 for outcome in Outcomes(lambda: podio.get("/stale")).all()] == [True] * THREADS
    assert len(gate.paths("/oauth/token")) == 1
    assert told == [podio.token]


def test_a_refusal_reaches_all_threads_with_one_call(gate: GateServer, transport: Any) -> None:
    gate.token_kind, gate.token_pause = "refused", 0.3
    podio = client(gate, transport, expired=True)
    outcomes = Outcomes(lambda: podio.get("/stale")).all()
    assert {type(outcome) for outcome in outcomes} == {LoginRequired}
    assert len(gate.paths("/oauth/token")) == 1


def test_calls_that_need_no_session_go_on_while_it_is_renewed(gate: GateServer, transport: Any) -> None:
    gate.token_kind = "gated_token"
    podio = client(gate, transport, expired=True)
    renewing = Outcomes(lambda: podio.get("/stale"), 1)
    assert gate.arrived.wait(30)
    assert podio.request("GET", "/ok", basic_auth=True) == {"number": 1}
    gate.opened.set()
    assert renewing.all() == [{"number": 1}]


@pytest.mark.parametrize("kind", ["dripping_head", "dripping_body", "silent"])
def test_every_thread_ends_within_its_time_out(gate: GateServer, transport: Any, kind: str) -> None:
    gate.token_kind = kind
    podio = client(gate, transport, expired=True, timeout=0.6, retry=None)
    outcomes = Outcomes(lambda: podio.get("/stale"))
    assert {isinstance(outcome, TimedOut) for outcome in outcomes.all()} == {True}
    assert SECRET not in str(outcomes.all())


def test_each_thread_waits_no_longer_than_its_own_time_out(gate: GateServer, transport: Any) -> None:
    gate.token_kind = "gated_token"
    podio = client(gate, transport, expired=True)
    patient = Outcomes(lambda: podio.get("/stale"), 1)
    assert gate.arrived.wait(30)
    hasty = Outcomes(lambda: podio.get("/stale", timeout=0.3), 4)
    assert {type(outcome) for outcome in hasty.all()} == {OutOfTime}
    gate.opened.set()
    assert patient.all() == [{"number": 1}]


def test_a_hasty_call_that_begins_a_renewal_does_not_end_it(gate: GateServer, transport: Any) -> None:
    gate.token_kind = "gated_token"
    told = threading.Event()
    podio = client(gate, transport, expired=True, after_token_refreshed=lambda token: told.set())
    with pytest.raises(TimedOut):
        podio.get("/stale", timeout=0.3)
    waiting = Outcomes(lambda: podio.get("/stale"), 4)
    gate.opened.set()
    assert [outcome["number"] > 0 for outcome in waiting.all()] == [True] * 4
    assert told.wait(30)
    assert len(gate.paths("/oauth/token")) == 1, "the refresh token was sent once"


def test_the_time_that_a_renewal_takes_counts(gate: GateServer, transport: Any) -> None:
    gate.token_pause = 0.5
    podio = client(gate, transport, expired=True, timeout=1.0, retry=None)
    with pytest.raises(TimedOut):
        podio.get("/silent")


@pytest.mark.parametrize("kind", ["dripping_head", "dripping_body", "silent"])
def test_a_call_ends_within_its_time_out_whatever_the_server_does(gate: GateServer, transport: Any, kind: str) -> None:
    podio = client(gate, transport, retry=None)
    with pytest.raises(TimedOut, match=r"within 0\.\d+ seconds"):
        podio.get(f"/{kind}", timeout=0.4)
    assert podio.get("/ok") == {"number": 1}


# --- Hooks and handlers that call the client ---


def test_a_hook_may_call_the_client(gate: GateServer, transport: Any) -> None:
    heard: list[object] = []
    podio: SyncPodio = client(
        gate, transport, expired=True, after_token_refreshed=lambda token: heard.append(podio.get("/stale"))
    )
    assert podio.get("/stale") == {"number": 2}
    assert heard == [{"number": 1}]


def test_a_handler_may_call_the_client(gate: GateServer, transport: Any) -> None:
    heard: list[object] = []
    podio = client(gate, transport, expired=True)
    podio.on("authenticated", lambda token: heard.append(podio.get("/stale")))
    assert podio.get("/stale") == {"number": 3}
    assert heard == [{"number": 1}, {"number": 2}], "with the session of the store, and with the renewed one"
    assert len(gate.paths("/oauth/token")) == 1


def test_a_hook_that_would_wait_for_its_own_end_is_told_so(gate: GateServer, transport: Any) -> None:
    def after(token: Token) -> None:
        podio.set_access_token({"access_token": "refused", "expires_in": 3600})
        podio.get("/stale")

    podio = client(gate, transport, expired=True, after_token_refreshed=after)
    with pytest.raises(LoginRequired, match="wait for itself"):
        podio.get("/stale")


def test_a_hook_that_asks_the_person_has_all_the_time_it_needs(gate: GateServer, transport: Any) -> None:
    def ask(podio: Any) -> None:
        time.sleep(2.5)
        podio.set_access_token({"access_token": "new", "expires_in": 3600})

    podio = SyncPodio("client", "my-app", api_url=gate.url, transport=transport, timeout=2, on_token_will_refresh=ask)
    podio.set_access_token({"access_token": "old", "expires_in": 3600})
    assert [outcome["number"] > 0 for outcome in Outcomes(lambda: podio.get("/stale"), 4).all()] == [True] * 4


# --- Turns ---


def test_a_turn_is_limited_and_may_be_nested() -> None:
    turns = Turns()
    assert (seconds_left(), limit_of_call(), turns_held()) == (None, None, None)
    with turns.take(5.0), turns.take():
        left = seconds_left()
        assert left is not None
        assert 4 < left <= 5
        assert limit_of_call() == 5.0
        assert turns_held() is turns
        hasty = Outcomes(lambda: turns.take(0.1).__enter__(), 1)
        assert [type(each) for each in hasty.all()] == [OutOfTime]
        with let_go():
            assert turns_held() is None

            def enter() -> str:
                with turns.take(1.0):
                    return "in"

            assert Outcomes(enter, 1).all() == ["in"]
    assert (seconds_left(), turns_held()) == (None, None)


def test_a_request_of_a_coroutine_that_has_no_limit_has_its_own() -> None:
    seen: list[float | None] = []

    class Looking:
        async def perform(self, request: Request, timeout: float | None) -> Response:
            seen.append(seconds_left())
            return Response(200, {}, "{}")

        async def close(self) -> None:
            """Do nothing."""

    podio = SyncPodio("app", "my-app", SECRET, transport=Looking(), timeout=7.0)
    podio.set_access_token({"access_token": "old", "refresh_token": "r0", "expires_in": 3600})
    podio.run(lambda driven: driven.get("/item/4"))
    podio.run(lambda driven: driven.get("/item/4", timeout=3.0))
    podio.get("/item/4", timeout=5.0)
    assert [seconds is not None and round(seconds) for seconds in seen] == [7, 3, 5]
    assert (seconds_left(), limit_of_call()) == (None, None)


def test_what_breaks_out_gives_the_turn_back() -> None:
    turns = Turns()

    def break_out() -> None:
        with turns.take(1.0), let_go():
            raise ValueError("broken")

    for _ in range(2):
        assert [type(each) for each in Outcomes(break_out, 2).all()] == [ValueError] * 2
    assert turns_held() is None


# --- Forks ---

FORKED = """
import os, signal, sys, threading, time
from podio_web import MemoryStore, SyncPodio, Token
from podio_web.transports.httpx_blocking import BlockingHttpxTransport
from podio_web.transports.urllib import UrllibTransport

url, kind, when = sys.argv[1:]
transport = {"httpx": BlockingHttpxTransport, "urllib": UrllibTransport}[kind]()
store = MemoryStore()
ends = -1 if when in ("renewal", "hook") else 3600
store.set(Token("old", expires_at=time.time() + ends, refresh_token="r0"), "app")
status = []

def fork(*_):
    process = os.fork()
    if process == 0:
        signal.alarm(60)    # whatever hangs is ended
        try:
            podio.get("/stale" if when in ("renewal", "hook") else "/ok", timeout=30)
        except BaseException as problem:
            print("child:", repr(problem), flush=True)
            os._exit(1)
        os._exit(0)
    status.append(os.waitpid(process, 0)[1])

podio = SyncPodio(
    "app", "my-app", "hush", api_url=url, transport=transport, session_store=store, timeout=60,
    after_token_refreshed=fork if when == "hook" else None,
)
if when == "hook":
    podio.get("/stale")
elif when == "idle":
    podio.get("/ok")
    fork()
    podio.get("/ok")
else:
    thread = threading.Thread(target=podio.get, args=("/stale" if when == "renewal" else "/gated",))
    thread.start()
    while input() != "arrived":
        pass
    fork()
    print("forked", flush=True)
    thread.join()
sys.exit(1 if any(status) else 0)
"""


@needs_posix("fork")
@pytest.mark.parametrize("kind", ["httpx", "urllib"])
@pytest.mark.parametrize("when", ["idle", "call", "renewal", "hook"])
def test_a_fork_leaves_the_child_a_client_that_works(gate: GateServer, kind: str, when: str) -> None:
    gate.token_kind = "first_gated" if when == "renewal" else "token"
    process = subprocess.Popen(
        [sys.executable, "-c", FORKED, gate.url, kind, when],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            said = ""
            if when in ("call", "renewal"):
                assert gate.arrived.wait(60)
                assert process.stdin is not None
                assert process.stdout is not None
                process.stdin.write("arrived\n")
                process.stdin.flush()
                said = process.stdout.readline()
                gate.opened.set()
            rest, errors = process.communicate(timeout=120)
        finally:
            process.kill()
    assert (process.returncode, errors) == (0, ""), said + rest
    if when == "idle":
        ports = [port for _, _, port in gate.calls]
        assert ports[0] != ports[1], "the child has a connection of its own"
        if kind == "httpx":
            assert ports[0] == ports[2], "the parent's is used again"


def test_closing_lets_waiting_threads_go(gate: GateServer, transport: Any) -> None:
    gate.token_kind = "gated_token"
    podio = client(gate, transport, expired=True)
    leading = Outcomes(lambda: podio.get("/stale"), 1)
    assert gate.arrived.wait(30)
    waiting = Outcomes(lambda: podio.get("/stale"), 2)
    time.sleep(0.5)
    closing = Outcomes(podio.close, 1)
    assert closing.all() == [None]
    assert {type(each) for each in waiting.all()} == {PodioError}
    gate.opened.set()
    assert isinstance(leading.all()[0], Exception)
