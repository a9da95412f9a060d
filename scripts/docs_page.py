"""Runs the pieces of one page of the documentation in Pyodide, on a sandbox of the page's own.

Examples:
    >>> page = Page()
    >>> json.loads(await page.run("1 + 1", print))["value"]
    '2'
"""

import asyncio
import json
import traceback
from collections.abc import Callable
from typing import Any

from docs_pieces import expected_output, run

from podio_web.sandbox.in_page import InPageSandbox

NAME = "<example>"


class Page:
    """The namespace and the sandbox of a page.

    Args:
        setup: ``"sync"`` if ``podio`` is a ``SyncPodio``.
    """

    def __init__(self, setup: str = "") -> None:
        self._sandbox = InPageSandbox()
        podio = self._sandbox.sync_signed_in() if setup == "sync" else self._sandbox.signed_in()
        self._names: dict[str, Any] = {"podio": podio, "sandbox": self._sandbox}
        self._task: asyncio.Future[BaseException | None] | None = None

    async def run(self, text: str, write: Callable[[str], object]) -> str:
        """Run a piece.

        Args:
            text: The piece. It may have ``await`` at its top level.
            write: Is called with each text that the piece prints.

        Returns:
            A JSON object. ``value`` is the last expression as text, ``error`` is a traceback, ``expected`` is the
            output according to the piece, and ``calls`` are the calls of the API such as ``"GET /app/3001"``.
        """
        before = self._sandbox.calls()
        value = error = None
        self._task = asyncio.ensure_future(self._problem_of(text, write))
        try:
            if (problem := await self._task) is not None:
                error = short_traceback(problem, text)
            elif (last := self._names.pop("_", None)) is not None:
                value = repr(last)
        except asyncio.CancelledError:
            error = "The example was stopped."
        finally:
            self._task = None
        return json.dumps(
            {"value": value, "error": error, "expected": expected_output(text), "calls": self._calls_since(before)}
        )

    async def _problem_of(self, text: str, write: Callable[[str], object]) -> BaseException | None:
        """Run a piece, and return what it raised."""
        try:
            await run(text, self._names, NAME, write=write)
        except asyncio.CancelledError:
            raise
        except BaseException as problem:  # also SystemExit, which would end the event loop
            return problem
        return None

    def stop(self) -> None:
        """Stop the piece that runs, at its next ``await``."""
        if self._task is not None:
            self._task.cancel()

    def close(self) -> None:
        """Remove the sandbox's data."""
        self._sandbox.close()

    def _calls_since(self, before: list[dict[str, Any]]) -> list[str]:
        calls = self._sandbox.calls()
        # Otherwise the piece has reset the sandbox, or cleared the list.
        start = len(before) if calls[: len(before)] == before else 0
        return [f"{call['method']} {call['path']}" for call in calls[start:]]


def short_traceback(problem: BaseException, text: str) -> str:
    """Return a traceback that shows the lines of a piece only.

    Args:
        problem: The exception.
        text: The piece.

    Examples:
        >>> try:
        ...     exec(compile("x = 1\\nx / 0", NAME, "exec"))
        ... except ZeroDivisionError as problem:
        ...     print(short_traceback(problem, "x = 1\\nx / 0"))
        Line 2: x / 0
        ZeroDivisionError: division by zero
    """
    lines = text.splitlines()
    own = [frame.lineno for frame in traceback.extract_tb(problem.__traceback__) if frame.filename == NAME]
    shown = [f"Line {number}: {lines[number - 1].strip()}" for number in own if number and number <= len(lines)]
    return "\n".join([*shown, "".join(traceback.format_exception_only(problem)).strip()])
