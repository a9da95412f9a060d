"""Notice changes in a folder, and tell pages of them with server-sent events.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

PAUSE = 0.4  # seconds between two looks at the folder
_HEARTBEAT = 25  # looks after which a comment shows whether the page is still there
_NOT_SERVED = {"__pycache__", "node_modules", "test-results"}


def fingerprint(folder: Path) -> str:
    """Return a text that changes whenever a file in the folder is written, added, renamed or removed.

    Hidden files, and what tests and installers write, do not count.

    >>> before = fingerprint(Path())
    >>> size = Path("index.html").write_text("<!doctype html>")
    >>> fingerprint(Path()) == before
    False
    """
    digest = hashlib.sha256()
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _NOT_SERVED)
        for name in sorted(names):
            if name.startswith("."):
                continue
            try:
                status = os.stat(os.path.join(parent, name))  # noqa: PTH116, PTH118 - a Path for each file is slow
            except OSError:
                continue  # removed since, or a link to nothing
            digest.update(
                f"{parent}\0{name}\0{status.st_mtime_ns}\0{status.st_size}\n".encode(errors="surrogateescape")
            )
    return digest.hexdigest()[:16]


async def change_events(
    look: Callable[[], Awaitable[str]], sleep: Callable[[float], Awaitable[object]]
) -> AsyncIterator[str]:
    """Yield the text of an event with the folder's fingerprint, at once and after each change.

    Args:
        look: Returns the fingerprint.
        sleep: Waits for some seconds.

    Example::

        async for event in change_events(look, asyncio.sleep):
            ...  # "data: 0123456789abcdef\\n\\n"
    """
    known = ""
    looks = 0
    while True:
        found = await look()
        if found != known:
            known = found
            yield f"data: {known}\n\n"
        elif looks % _HEARTBEAT == 0:
            yield ":\n\n"
        looks += 1
        await sleep(PAUSE)
