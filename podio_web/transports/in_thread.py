"""Do blocking work in a thread, so that the event loop goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return the result of a function that runs in a thread.

    If the task is cancelled, this waits for the function, because its caller closes the file that the function uses.

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
    work = asyncio.create_task(asyncio.to_thread(function, *args, **kwargs))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
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
