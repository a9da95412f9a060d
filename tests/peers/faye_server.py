"""Run npm faye as a server that checks signatures. ``faye_server.mjs`` lists what tests can ask of it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.sandbox.sandbox_support import Caller

SCRIPT = Path(__file__).parent / "faye_server.mjs"


class FayeServer:
    """npm faye inside a ``with`` block.

    Args:
        options: What ``faye_server.mjs`` takes, such as ``timeout`` in seconds.

    Examples:
        >>> with FayeServer(timeout=2) as server:
        ...     credential = server.push("/user/1")
        ...     server.publish("/user/1", {"event": "update"})
    """

    def __init__(self, **options: Any) -> None:
        self._options = options
        self.url = ""

    def __enter__(self) -> FayeServer:
        node = shutil.which("node")
        assert node is not None, "this test needs Node"
        self._process = subprocess.Popen(
            [node, str(SCRIPT), json.dumps(self._options)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.url = json.loads(self._process.stdout.readline())["url"]
        self._caller = Caller(self.url)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._caller.close()
        # The server ends with its input.
        self._process.communicate(timeout=20)

    def push(self, channel: str, timestamp: int | None = None) -> Any:
        """Return the push object of a channel. ``timestamp`` is in seconds since 1970, and None means now."""
        query = "" if timestamp is None else f"&timestamp={timestamp}"
        return self._caller.get(f"/push?channel={channel}{query}").json

    def publish(self, channel: str, *data: Any) -> None:
        """Publish messages on a channel, in their order."""
        self.order("publish", [{"channel": channel, "data": each} for each in data])

    def state(self) -> Any:
        """Return what has been counted."""
        return self._caller.get("/state").json

    def order(self, path: str, body: Any = None) -> Any:
        """Send one of the POST requests that the script lists, such as ``forget``."""
        answer = self._caller.post(f"/{path}", {} if body is None else body)
        assert answer.status == 200, answer.text
        return answer.json
