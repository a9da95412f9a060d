"""Do blocking work in a thread, so that the event loop goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return the result of a function that runs in a thread.

    If the task is cancelled, however often, this waits for the function, because its caller closes the file that the
    function uses.

    Args:
        function: The function.
        args: Its arguments.
        kwargs: Its keyword arguments.

    Returns:
        Its result.

    Examples:
        >>> await in_thread(len, b"abc")
        3
    """
    # Not asyncio.to_thread(): the end of the event loop would cancel its task while the thread goes on.
    begin = partial(copy_context().run, function, *args, **kwargs)
    work = asyncio.get_running_loop().run_in_executor(None, begin)
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        while not work.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([work])
        # Otherwise asyncio would log that nobody read the exception.
        _ = work.cancelled() or work.exception()
        raise


async def directly(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return the result of a function that runs here. It never suspends.

    Args:
        function: The function.
        args: Its arguments.
        kwargs: Its keyword arguments.

    Returns:
        Its result.

    Examples:
        >>> await directly(len, b"abc")
        3
    """
    return function(*args, **kwargs)
