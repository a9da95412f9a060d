"""An event loop whose clock jumps to the next timer, so that hours pass in a moment."""

import asyncio
import random
import selectors
from collections.abc import Callable, Coroutine
from typing import Any

from podio_web.runtime.cpython import CPythonRuntime

STARTED_AT = 1_700_000_000.0
"""What the clock of the world shows when a loop begins, in seconds since 1970."""


class _NeverWaiting(selectors.SelectSelector):
    """A selector that adds the time that it should wait to ``seconds``."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0

    def select(self, timeout: float | None = None) -> Any:
        """Return what is ready now."""
        assert timeout is not None, "everything waits, and nothing will ever happen"
        self.seconds += max(timeout, 0.0)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time. ``timers`` is how many are set, ``most_timers`` how many there were at once."""

    def __init__(self) -> None:
        self.selector = _NeverWaiting()
        super().__init__(self.selector)

    def time(self) -> float:
        """Return the virtual time in seconds."""
        return self.selector.seconds


def run_virtually(main: Coroutine[Any, Any, Any]) -> Any:
    """Return the result of a coroutine that runs in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


class VirtualRuntime(CPythonRuntime):
    """A runtime in virtual time. ``asleep`` is how long the device has slept: then its timers stood still.

    - ``timers``: how many timers of the runtime are set.
    """

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self._dice = random.Random(seed)
        self.asleep = 0.0
        self.timers = 0
        self._wakers: list[Callable[[], object]] = []

    def monotonic(self) -> float:
        """Return the time of the loop."""
        return asyncio.get_running_loop().time()

    def random_text(self) -> str:
        """Return the same random texts each time, in hexadecimal digits."""
        return self._dice.randbytes(16).hex()

    def now(self) -> float:
        """Return seconds since 1970."""
        return STARTED_AT + self.monotonic() + self.asleep

    def after(self, seconds: float, callback: Callable[[], object]) -> Callable[[], None]:
        """Call back later, and count the timer."""
        self.timers += 1
        is_set = [True]

        def over() -> None:
            if is_set:
                is_set.clear()
                self.timers -= 1

        def fire() -> None:
            over()
            callback()

        cancel = super().after(seconds, fire)

        def stop() -> None:
            over()
            cancel()

        return stop

    def on_wake(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Keep a callback for ``wake``."""
        self._wakers.append(callback)
        return lambda: self._wakers.remove(callback)

    def wake(self, asleep: float = 0.0) -> None:
        """Let the device wake up after it has slept for some seconds."""
        self.asleep += asleep
        for callback in list(self._wakers):
            callback()
