"""Faults against the retry policy: every call ends as documented and in time, and no write is lost or done twice."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from podio_web import (
    AuthorizationError,
    ConnectionFailed,
    Podio,
    PodioError,
    RateLimitError,
    Retry,
    ServerError,
    SyncPodio,
    TimedOut,
    UnavailableError,
)
from podio_web.sandbox import Sandbox
from podio_web.sandbox.faults import KINDS as ALL_KINDS
from podio_web.testing import SandboxControl
from tests.sandbox.sandbox_support import DEMO, Caller
from tests.waited import Waited

# 10,000 take less than two minutes.
CALLS = 1_000
FAULTY = 0.2

APP = "/item/app/3001/"
ITEMS = [6101, 6102, 6103, 6104, 6105]
QUICK = Retry(4, first_pause=0.01, longest_pause=0.05)
# Seconds that a call may take beyond its time-out on a busy machine.
LATE = 10.0

OF_FILES = {
    "too_large",
    *(f"{kind}_{direction}" for kind in ("stall", "slow", "drop") for direction in ("upload", "download")),
}
"""The faults of files, which ``tests/unit/test_files_*`` and ``tests/browser/test_files*`` are about."""

KINDS = [kind for kind in ALL_KINDS if kind not in OF_FILES]

Call = Callable[..., Any]
CALLS_BY_METHOD: dict[str, Call] = {
    "GET": lambda client, **options: client.get("/item/6101", **options),
    "POST": lambda client, **options: client.post(APP, {"fields": {"title": "new"}}, **options),
    "PUT": lambda client, **options: client.put("/item/6101", {"fields": {"title": "changed"}}, **options),
    "DELETE": lambda client, **options: client.delete("/item/6101", **options),
}

# What a single fault does to a read, and to a write; None: the call succeeds.
OUTCOMES: dict[str, tuple[type[PodioError] | None, type[PodioError] | None]] = {
    "unauthorized": (None, None),
    "rate_limit": (None, None),
    "server_error": (ServerError, ServerError),
    "bad_gateway": (None, UnavailableError),
    "unavailable": (None, UnavailableError),
    "slow": (None, None),
    "drop": (None, ConnectionFailed),
    "drop_body": (None, ConnectionFailed),
    # There is no browser here to refuse it.
    "cors": (None, None),
}
# What the same fault does when it does not go away.
LASTING: dict[str, type[PodioError] | None] = {
    "unauthorized": AuthorizationError,
    "rate_limit": RateLimitError,
    "server_error": ServerError,
    "bad_gateway": UnavailableError,
    "unavailable": UnavailableError,
    "slow": TimedOut,
    "drop": ConnectionFailed,
    "drop_body": ConnectionFailed,
    "cors": None,
}


@pytest.fixture
def control(sandbox: Sandbox, podio: Caller) -> SandboxControl:
    """The switches of a sandbox that is as at its start."""
    return SandboxControl(sandbox.url)


@pytest.fixture(params=["Podio", "SyncPodio"])
def client(request: pytest.FixtureRequest, control: SandboxControl) -> Iterator[Any]:
    """A signed-in client of each kind, whose calls are plain calls."""
    options: dict[str, Any] = {"api_url": control.url, "retry": QUICK}
    with asyncio.Runner() as runner:
        opened: Any = (
            SyncPodio("password", "demo-client", "demo-secret", **options)
            if request.param == "SyncPodio"
            else Waited(Podio("password", "demo-client", "demo-secret", **options), runner)
        )
        opened.authenticate_with_credentials(DEMO, "demo")
        control.clear_calls()
        yield opened
        opened.close()


def ends(call: Call, client: Any, kind: type[PodioError] | None, timeout: float = 30.0) -> None:
    """Check that a call ends with this error, or with none, within its time-out."""
    began = time.monotonic()
    if kind is None:
        call(client, timeout=timeout)
    else:
        with pytest.raises(kind):
            call(client, timeout=timeout)
    assert time.monotonic() - began <= timeout + LATE


def test_every_kind_of_fault_is_in_the_tables() -> None:
    assert set(OUTCOMES) == set(LASTING) == set(KINDS)
    assert set(ALL_KINDS) >= OF_FILES


@pytest.mark.parametrize("method", CALLS_BY_METHOD)
@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_that_goes_away_is_overcome_or_told(
    client: Any, control: SandboxControl, kind: str, method: str
) -> None:
    control.fail_next(kind, path_prefix="/item", seconds=0)
    of_read, of_write = OUTCOMES[kind]
    ends(CALLS_BY_METHOD[method], client, of_read if method == "GET" else of_write)
    repeated = kind in ("unauthorized", "rate_limit") or (method == "GET" and of_read is None and of_write is not None)
    assert len(control.calls("/item")) == 1 + repeated
    assert client.get("/item/6102")["item_id"] == 6102


@pytest.mark.parametrize("method", CALLS_BY_METHOD)
@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_that_stays_is_told_in_time_and_works_again_when_it_is_gone(
    client: Any, control: SandboxControl, kind: str, method: str
) -> None:
    control.fail_next(kind, count=1000, path_prefix="/item", seconds=600 if kind == "slow" else 0)
    ends(CALLS_BY_METHOD[method], client, LASTING[kind], timeout=0.4 if kind == "slow" else 30.0)
    # The time-out is that of all attempts together.
    assert kind != "slow" or len(control.calls("/item")) <= 1
    control.clear_faults()
    assert client.get("/item/6102")["item_id"] == 6102
    assert client.is_authenticated()


@pytest.mark.parametrize("method", CALLS_BY_METHOD)
def test_an_hour_over_the_rate_limit_is_told_at_once(client: Any, control: SandboxControl, method: str) -> None:
    control.fail_next("rate_limit", path_prefix="/item")
    with pytest.raises(RateLimitError) as limited:
        CALLS_BY_METHOD[method](client)
    assert limited.value.retry_after == 3600
    assert len(control.calls("/item")) == 1


def test_the_figures_of_the_rate_limit_are_there(client: Any) -> None:
    client.get("/item/6101")
    assert client.rate_limit.limit == 1000
    assert client.rate_limit.remaining < 1000


class Soak:
    """Calls with faults in between, and what must be at the sandbox afterwards."""

    def __init__(self, client: Any, control: SandboxControl) -> None:
        self.client = client
        self.control = control
        self.titles: Counter[str] = Counter()
        self.revisions: Counter[int] = Counter()
        self.ended: Counter[str] = Counter()
        self._dice = random.Random(20_261_124)

    def run(self, calls: int) -> None:
        for number in range(calls):
            method = self._dice.choice(["GET", "POST", "PUT"])
            kind = self._dice.choice(KINDS) if self._dice.random() < FAULTY else None
            if kind is not None:
                self.control.fail_next(kind, path_prefix="/item", seconds=0)
            of_read, of_write = (None, None) if kind is None else OUTCOMES[kind]
            expected = of_read if method == "GET" else of_write
            if expected is None:
                self._call(method, number, kind)
                self.ended["answered"] += 1
            else:
                with pytest.raises(expected):
                    self._call(method, number, kind)
                self.ended[expected.__name__] += 1

    def _call(self, method: str, number: int, kind: str | None) -> None:
        # The one fault after which the caller hears nothing of a write that was done.
        done_unheard = kind == "drop_body"
        item = self._dice.choice(ITEMS)
        if method == "GET":
            assert self.client.get(f"/item/{item}")["item_id"] == item
        elif method == "POST":
            title = f"soak {number}"
            self.titles[title] += done_unheard
            self.client.post(APP, {"fields": {"title": title}})
            self.titles[title] += 1
        else:
            self.revisions[item] += done_unheard
            answer = self.client.put(f"/item/{item}", {"fields": {"title": f"changed {number}"}})
            self.revisions[item] += 1
            assert answer["revision"] == self.revisions[item], "a change is lost or was made twice"

    def found_titles(self) -> Counter[str]:
        found: Counter[str] = Counter()
        offset = 0
        while True:
            page = self.client.post(f"{APP}filter/", {"limit": 500, "offset": offset})
            found.update(item["title"] for item in page["items"] if item["title"].startswith("soak "))
            offset += 500
            if offset >= page["total"]:
                return found


def test_a_soak_loses_no_write_and_repeats_none(client: Any, control: SandboxControl) -> None:
    control.settings(general_limit=10**6, heavy_limit=10**6)
    soak = Soak(client, control)
    soak.run(CALLS)
    assert soak.found_titles() == +soak.titles
    for item in ITEMS:
        assert client.get(f"/item/{item}")["current_revision"]["revision"] == soak.revisions[item]
    assert set(soak.ended) == {"answered", "ServerError", "UnavailableError", "ConnectionFailed"}
    assert soak.ended["answered"] > 0.85 * CALLS
