"""The limits and the progress of one transfer, on a clock that the test moves."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podio_web.errors import ConnectionFailed, LoginRequired, TimedOut
from podio_web.files.watch import SHORTEST_PAUSE, UploadStalled, Watch


class Clock:
    """A clock that stands still unless it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Made:
    """A watch with its clock, and what it has told."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.told: list[tuple[int, int | None]] = []
        self.watch = Watch(
            self.clock,
            lambda: UploadStalled("stalled"),
            lambda: TimedOut("silent"),
            lambda done, size: self.told.append((done, size)),
            stalled_after=60.0,
            timeout=300.0,
        )


@pytest.fixture
def made() -> Made:
    return Made()


def test_a_transfer_that_moves_may_take_any_time(made: Made) -> None:
    made.watch.begin(1_000)
    for done in range(1, 1_000):
        made.clock.now += 59.0
        assert 0 < made.watch.check() <= 1.0
        made.watch.moved(done)
        assert made.watch.check() == 60.0


def test_a_transfer_that_does_not_move_stalls(made: Made) -> None:
    made.watch.begin(1_000)
    made.clock.now += 30.0
    made.watch.moved(10)
    made.clock.now += 40.0
    made.watch.moved(10)
    made.watch.moved(9)
    assert made.watch.check() == 20.0
    made.clock.now += 20.0
    with pytest.raises(UploadStalled):
        made.watch.check()


def test_after_the_last_byte_another_limit_counts(made: Made) -> None:
    made.watch.begin(10)
    made.watch.moved(10)
    made.watch.sent()
    made.clock.now += 299.0
    assert made.watch.check() == 1.0
    made.clock.now += 1.0
    with pytest.raises(TimedOut) as late:
        made.watch.check()
    assert type(late.value) is TimedOut


def test_a_stalled_upload_is_a_lost_connection() -> None:
    assert issubclass(UploadStalled, TimedOut)
    assert issubclass(UploadStalled, ConnectionFailed)


def test_the_last_report_waits_for_the_response(made: Made) -> None:
    made.watch.begin(10)
    made.clock.now += 1.0
    made.watch.moved(10)
    assert made.told == [(0, 10)]
    made.watch.finish()
    assert made.told == [(0, 10), (10, 10)]


def test_a_second_start_reports_only_what_is_new(made: Made) -> None:
    made.watch.begin(100)
    made.clock.now += 1.0
    made.watch.moved(60)
    made.watch.begin(100)
    for done in (20, 60, 80):
        made.clock.now += 1.0
        made.watch.moved(done)
    made.watch.finish()
    assert made.told == [(0, 100), (60, 100), (80, 100), (100, 100)]


def test_an_empty_file_is_reported_once_at_its_end(made: Made) -> None:
    made.watch.begin(0)
    assert made.told == []
    made.watch.finish()
    assert made.told == [(0, 0)]


def test_without_a_size_the_last_report_is_what_was_done(made: Made) -> None:
    made.watch.begin(None)
    made.watch.moved(7)
    made.watch.finish()
    assert made.told == [(0, None), (7, None)]


@given(
    st.integers(0, 10_000),
    st.lists(st.tuples(st.floats(0, 5), st.one_of(st.none(), st.integers(-5, 12_000)))),
)
def test_progress_never_goes_back_and_comes_ten_times_a_second_at_most(
    size: int, steps: list[tuple[float, int | None]]
) -> None:
    made = Made()
    times: list[float] = []

    def told(done: int, size: int | None) -> None:
        made.told.append((done, size))
        times.append(made.clock.now)

    made.watch = Watch(
        made.clock,
        lambda: UploadStalled("stalled"),
        lambda: TimedOut("silent"),
        told,
    )
    made.watch.begin(size)
    for seconds, done in steps:
        made.clock.now += seconds
        if done is None:
            made.watch.begin(size)
        else:
            made.watch.moved(min(done, size))
    before = list(times)
    made.watch.finish()
    numbers = [done for done, _ in made.told]
    assert numbers == sorted(set(numbers))
    assert made.told[-1] == (size, size)
    assert numbers[0] == 0
    assert all(later - earlier >= SHORTEST_PAUSE - 1e-9 for earlier, later in pairwise(before))


def test_a_handler_that_raises_is_reported_and_ends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    def handler(done: int, size: int | None) -> None:
        raise ZeroDivisionError("in the page's handler")

    watch = Watch(Clock(), lambda: UploadStalled("stalled"), lambda: TimedOut("silent"), handler)
    watch.begin(10)
    watch.finish()
    assert "in the page's handler" in capsys.readouterr().err


def test_without_a_handler_nothing_is_told() -> None:
    watch = Watch(Clock(), lambda: UploadStalled("stalled"), lambda: TimedOut("silent"))
    watch.begin(10)
    watch.finish()


def test_a_stopped_transfer_ends_at_once_with_the_first_reason(made: Made) -> None:
    stopped: list[bool] = []
    made.watch.begin(10)
    made.watch.confirm()
    made.watch.on_stop = lambda: stopped.append(True)
    made.watch.stop(LoginRequired("first"))
    made.watch.stop(LoginRequired("second"))
    assert stopped == [True, True]
    for ask in (made.watch.check, made.watch.confirm, made.watch.finish):
        with pytest.raises(LoginRequired, match=r"^first$"):
            ask()
    assert made.told == [(0, 10)]


def test_it_can_be_stopped_before_anything_listens(made: Made) -> None:
    made.watch.stop(LoginRequired("early"))
    with pytest.raises(LoginRequired):
        made.watch.confirm()
