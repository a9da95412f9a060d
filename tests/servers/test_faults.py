"""Faults of stores, of the token endpoint and of timing, with real servers: what every worker does about them."""

from pathlib import Path

import pytest

from podio_web.testing import SandboxControl
from tests.redis_server import until
from tests.servers.rig import SERVERS, Person, Served, Store

NOBODY = (401, "nobody")
DEMO = (200, 1001)
EVERY_WORKER = 12
"""As many requests as reach every worker, nearly always."""


def refreshes(sandbox: SandboxControl) -> list[int]:
    """The statuses that the token endpoint has answered with since the access token ended."""
    return [call["status"] for call in sandbox.calls("/oauth/token")]


SLOW = 4.0
"""Seconds in which a test does what it does meanwhile, on a busy machine."""


def slow_token(sandbox: SandboxControl, seconds: float = SLOW, count: int = 1) -> None:
    sandbox.fail_next("slow", seconds=seconds, count=count, path_prefix="/oauth/token")


# Row 1: a log-out wins over whatever is under way.


def test_who_signs_out_during_a_refresh_stays_signed_out(person: Person, store: Store, sandbox: SandboxControl) -> None:
    before = store.sessions()
    slow_token(sandbox)
    # Fewer than gunicorn's threads, so that one is left for the log-out.
    waiting = person.together(6)
    until(lambda: len(sandbox.calls("/oauth/token")) == 1)
    assert person.log_out() == 303
    assert set(waiting.answers()) == {NOBODY}
    assert set(person.together(EVERY_WORKER).answers()) == {NOBODY}
    assert (refreshes(sandbox), store.sessions()) == ([200], before - 1)


def test_who_signs_out_while_a_call_is_slow_stays_signed_out(
    person: Person, store: Store, sandbox: SandboxControl
) -> None:
    before = store.sessions()
    # The answer says that the token has ended, when there is nothing left to renew.
    sandbox.fail_next("slow", seconds=SLOW, count=4, path_prefix="/user/status")
    waiting = person.together(4)
    until(lambda: len(sandbox.calls("/user/status")) == 4)
    assert person.log_out() == 303
    assert set(waiting.answers()) == {NOBODY}
    assert set(person.together(EVERY_WORKER).answers()) == {NOBODY}
    assert (refreshes(sandbox), store.sessions()) == ([], before - 1)


def test_who_signs_out_while_the_refresh_fails_stays_signed_out(person: Person, sandbox: SandboxControl) -> None:
    slow_token(sandbox)
    sandbox.fail_next("server_error", path_prefix="/oauth/token")
    # Fewer than gunicorn's threads, so that one is left for the log-out.
    waiting = person.together(6)
    until(lambda: len(sandbox.calls("/oauth/token")) >= 1)
    assert person.log_out() == 303
    assert all(status != 200 for status, _ in waiting.answers())
    assert set(person.together(EVERY_WORKER).answers()) == {NOBODY}


# Row 2: no refresh token is spent unless its successor can be stored.


def test_no_refresh_is_spent_while_the_store_cannot_be_written(
    person: Person, store: Store, sandbox: SandboxControl
) -> None:
    with store.unwritable():
        answers = person.together(4).answers()
        assert {status for status, _ in answers} == {503}, answers
        assert refreshes(sandbox) == []
    assert set(person.together(EVERY_WORKER).answers()) == {DEMO}
    assert refreshes(sandbox) == [200]


def test_a_session_that_could_not_be_written_is_written_later(
    person: Person, store: Store, sandbox: SandboxControl
) -> None:
    slow_token(sandbox)
    asking = person.together(1)
    until(lambda: len(sandbox.calls("/oauth/token")) == 1)
    with store.unwritable():
        assert asking.answers() == [DEMO]
    assert set(person.together(EVERY_WORKER).answers()) == {DEMO}
    assert refreshes(sandbox) == [200]


# Row 3: a store's fault is a store's fault.


@pytest.mark.parametrize("fault", ["away", "hanging"])
def test_a_store_that_is_away_signs_nobody_out(person: Person, store: Store, fault: str) -> None:
    if fault == "hanging" and not hasattr(store, "url"):
        pytest.skip("readers of SQLite do not wait for a writer")
    assert person.me() == DEMO
    with getattr(store, fault)():
        answers = person.together(EVERY_WORKER).answers()
        assert set(answers) == {(503, "5")}
        assert person.get("/who").status_code == 503
        assert person.log_out() == 503
    assert person.me() == DEMO


# Row 4: a store that is slow holds up nobody else.


def test_others_are_answered_while_a_store_hangs(person: Person, served: Served, store: Store) -> None:
    stranger = served.visitor()
    with store.hanging():
        waiting = person.together(4)
        until(lambda: waiting.running == 4, seconds=5)
        for _ in range(EVERY_WORKER):
            assert person.get("/ping").status_code == 200
            # Without a session there is nothing to look for, and a sign-in begins without the store.
            assert stranger.get("/who").json() is None
            assert stranger.get("/podio/login").status_code == 303
        # In the order of events, and not by a clock: everybody else was answered first.
        assert waiting.running == 4
    assert {status for status, _ in waiting.answers()} <= {200, 503}


# Row 5: a dead refresh token is asked for once.


@pytest.mark.parametrize("is_slow", [True, False], ids=["slow", "quick"])
def test_a_dead_refresh_token_is_tried_once(
    person: Person, store: Store, sandbox: SandboxControl, is_slow: bool
) -> None:
    before = store.sessions()
    sandbox.revoke_tokens()
    if is_slow:
        slow_token(sandbox, 0.5)
    assert set(person.together(40).answers()) == {NOBODY}
    assert (refreshes(sandbox), store.sessions()) == ([400], before - 1)


# Row 6: every call ends in time.


@pytest.mark.parametrize("server", SERVERS)
def test_a_token_endpoint_that_hangs_costs_nobody_the_session(
    store: Store, sandbox: SandboxControl, tmp_path: Path, server: str
) -> None:
    with Served(server, store.address, sandbox, tmp_path, timeout=4) as served:
        person = served.sign_in()
        sandbox.expire_tokens()
        sandbox.clear_calls()
        slow_token(sandbox, 60, count=8)
        answers = person.together(8).answers()
        # Whatever each of them waited for: for four seconds, and for its own call.
        assert set(answers) <= {(502, "TimedOut"), (502, "OutOfTime")}
        sandbox.clear_faults()
        until(lambda: person.me() == DEMO)
        assert 200 in refreshes(sandbox)


@pytest.mark.parametrize("fault", ["server_error", "bad_gateway", "drop"])
def test_a_token_endpoint_that_fails_costs_nobody_the_session(
    person: Person, sandbox: SandboxControl, fault: str
) -> None:
    sandbox.fail_next(fault, count=2, path_prefix="/oauth/token")
    answers = person.together(8).answers()
    assert {status for status, _ in answers} <= {200, 502}
    until(lambda: person.me() == DEMO)
    assert refreshes(sandbox).count(200) == 1


# Row 7: the newer of two tokens may live for less long.


@pytest.mark.parametrize("seconds", [120, 600, 3600])
def test_a_token_that_lives_for_less_long_than_the_one_before_counts(
    person: Person, sandbox: SandboxControl, seconds: int
) -> None:
    sandbox.settings(expires_in=seconds)
    assert set(person.together(EVERY_WORKER).answers()) == {DEMO}
    assert set(person.together(EVERY_WORKER).answers()) == {DEMO}
    assert refreshes(sandbox) == [200]
