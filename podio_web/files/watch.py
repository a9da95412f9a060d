"""The limits and the progress of one transfer, without I/O.

A transfer may take as long as it moves. While a body is sent, each pause is limited. Progress counts what was given to
the system's buffers, not what Podio has received. So after the last byte another limit counts: the wait for the
response.
"""

from podio_web.errors import PodioError, TimedOut
from podio_web.runtime.interpreter import report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

STALLED_AFTER = 60.0
"""Seconds without any progress after which a transfer counts as stalled."""

TIMEOUT = 300.0
"""Seconds that Podio may take to respond after it was sent everything."""

SHORTEST_PAUSE = 0.1
"""Seconds between two reports of progress."""


class UploadStalled(TimedOut):
    """Nothing was sent for ``stalled_after`` seconds. Upload the file again: Podio has no part of it."""


class Watch:
    """The limits and the progress of one transfer.

    - ``clock``: returns seconds on a monotonic clock.
    - ``stalled``, ``silent``: return the error for a transfer that does not move, and for a response that does not
      come.
    - ``on_progress``: called with the bytes done and the size, at most ten times a second. What it raises is reported.

    >>> watch = Watch(runtime.monotonic, stalled, silent)
    >>> watch.begin(1024)
    """

    def __init__(
        self,
        clock: "Callable[[], float]",
        stalled: "Callable[[], PodioError]",
        silent: "Callable[[], PodioError]",
        on_progress: "Callable[[int, int | None], object] | None" = None,
        *,
        stalled_after: float = STALLED_AFTER,
        timeout: float = TIMEOUT,
    ) -> None:
        self.on_stop: Callable[[], object] | None = None
        self._clock = clock
        self._stalled = stalled
        self._silent = silent
        self._on_progress = on_progress
        self._stalled_after = stalled_after
        self._timeout = timeout
        self._size: int | None = None
        self._done = -1
        self._told = -1
        self._told_at = 0.0
        self._moved_at = 0.0
        self._limit = stalled_after
        self._late = stalled
        self._problem: PodioError | None = None

    def begin(self, size: "int | None") -> None:
        """Start, or start again: the limits count from now on. ``size`` is the file's, in bytes."""
        self._size = size
        self._done = -1
        self._wait(self._stalled_after, self._stalled)
        self.moved(0)

    def moved(self, done: int) -> None:
        """Take note that ``done`` bytes of the file have been sent or received since the start."""
        if done <= self._done:
            return
        self._done = done
        self._wait(self._stalled_after, self._stalled)
        # The last report is made by ``finish``: Podio may still refuse the file.
        if done != self._size and (not done or self._moved_at - self._told_at >= SHORTEST_PAUSE):
            self._tell(done)

    def sent(self) -> None:
        """Take note that the whole request was sent."""
        self._wait(self._timeout, self._silent)

    def finish(self) -> None:
        """Report the whole size: Podio has responded. Raises the error of a transfer that was stopped."""
        self.confirm()
        self._tell(self._done if self._size is None else self._size)

    def check(self) -> float:
        """Return the seconds until the transfer must move or end. Raises its error if it was stopped or is late."""
        self.confirm()
        left = self._limit - (self._clock() - self._moved_at)
        if left <= 0:
            raise self._late()
        return left

    def confirm(self) -> None:
        """Raise the error of a transfer that was stopped."""
        if self._problem is not None:
            raise self._problem

    def stop(self, problem: "PodioError") -> None:
        """End the transfer with ``problem``."""
        self._problem = self._problem or problem
        if self.on_stop is not None:
            self.on_stop()

    def close(self) -> None:
        """End the transfer: the client is closed."""
        self.stop(PodioError("The client was closed during a transfer."))

    def _wait(self, seconds: float, late: "Callable[[], PodioError]") -> None:
        self._moved_at = self._clock()
        self._limit = seconds
        self._late = late

    def _tell(self, done: int) -> None:
        if done <= self._told:
            return
        self._told = done
        self._told_at = self._moved_at
        if self._on_progress is not None:
            try:
                self._on_progress(done, self._size)
            except Exception as problem:
                report(problem)
