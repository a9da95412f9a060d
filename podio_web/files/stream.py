"""``FileStream``: read a file while it is downloaded."""

import asyncio

from podio_web.runtime.shared_outcome import cancel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any, Self

    from podio_web.runtime.protocols import Runtime
    from podio_web.types import FileSink

NOT_OPEN = "Open the stream first: async with files.open(file) as stream"
OPENED_BEFORE = "This stream was opened before. Call files.open() again."


class FileStream:
    """A file that is read while it is downloaded. ``Files.open`` returns it.

    It holds one part at a time: if you read slowly, Podio waits.

    - ``size``: the size in bytes, or None if Podio did not say.
    - ``mimetype``: the media type that Podio sent. The user who uploaded the file chose it.

    >>> async with files.open(7001) as stream:
    ...     async for part in stream:
    ...         handle(part)
    """

    def __init__(self, receive: "Callable[[FileSink], Coroutine[Any, Any, None]]", runtime: "Runtime") -> None:
        self.size: int | None = None
        self.mimetype: str = ""
        self._receive = receive
        self._runtime = runtime
        self._task: Any = None
        self._is_open = False
        self._begun = runtime.shared_outcome()
        self._ended = runtime.shared_outcome()
        self._part = runtime.shared_outcome()
        self._wanted = runtime.shared_outcome()

    async def __aenter__(self) -> "Self":
        if self._begun.settled or self._task is not None:
            raise RuntimeError(OPENED_BEFORE)
        self._task = self._runtime.start(self._run())
        try:
            await self._begun.wait()
        except BaseException:
            await self._close()
            raise
        self._is_open = True
        return self

    async def __aexit__(self, *problem: object) -> None:
        await self._close()

    def __aiter__(self) -> "Self":
        return self

    async def __anext__(self) -> bytes:
        if not self._is_open:
            raise RuntimeError(NOT_OPEN)
        self._wanted.succeed(None)
        taken = self._part
        part: bytes | None = await taken.wait()
        if part is None:
            raise StopAsyncIteration
        # Unless the download has failed since.
        if self._part is taken:
            self._part = self._runtime.shared_outcome()
        return part

    # What follows is the sink of the download.

    async def begin(self, size: "int | None", mimetype: str) -> None:
        """Take note that the content comes next."""
        self.size = size
        self.mimetype = mimetype
        self._begun.succeed(None)

    async def write(self, part: bytes) -> None:
        """Hand out a part when it is asked for."""
        if part:
            await self._wanted.wait()
            self._wanted = self._runtime.shared_outcome()
            self._part.succeed(part)

    async def _run(self) -> None:
        try:
            await self._receive(self)
        except asyncio.CancelledError:
            self._fail(RuntimeError(NOT_OPEN))
            raise
        except Exception as problem:
            self._fail(problem)
        else:
            # If there was nothing to receive, it has not begun.
            self._begun.succeed(None)
            await self._wanted.wait()
            self._part.succeed(None)
        finally:
            self._ended.succeed(None)

    def _fail(self, problem: Exception) -> None:
        # The last part may not have been taken yet.
        self._begun.fail(problem)
        if self._part.settled:
            self._part = self._runtime.shared_outcome()
        self._part.fail(problem)

    async def _close(self) -> None:
        self._is_open = False
        cancel(self._task)
        self._wanted.succeed(None)
        if not self._ended.settled:
            await self._ended.wait()
