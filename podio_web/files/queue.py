"""A queue that lets a few transfers run at the same time."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.runtime.protocols import Runtime
    from podio_web.runtime.shared_outcome import SharedOutcome


class Queue:
    """Lets ``places`` transfers run at the same time. The others wait in the order in which they came.

    >>> queue = Queue(5, runtime)
    >>> async with queue.place():
    ...     await send()
    """

    def __init__(self, places: int, runtime: "Runtime") -> None:
        self.free = places
        self.waiting: list[SharedOutcome] = []
        self.runtime = runtime

    def place(self) -> "Place":
        """Return a context that waits for a place, and gives it back."""
        return Place(self)


class Place:
    """A place in a queue.

    >>> async with Place(Queue(5, runtime)):
    ...     await send()
    """

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    async def __aenter__(self) -> None:
        queue = self._queue
        if queue.free > 0:
            queue.free -= 1
            return
        turn = queue.runtime.shared_outcome()
        queue.waiting.append(turn)
        try:
            await turn.wait()
        except BaseException:
            if turn in queue.waiting:
                queue.waiting.remove(turn)
            else:  # cancelled after its turn had come
                self._give_back()
            raise

    async def __aexit__(self, *problem: object) -> None:
        self._give_back()

    def _give_back(self) -> None:
        queue = self._queue
        if queue.waiting:
            queue.waiting.pop(0).succeed(None)
        else:
            queue.free += 1
