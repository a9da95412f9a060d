"""What every unit test runs under."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# On a busy machine, an example may be slow. This is not a failure of the code.
settings.register_profile("podio_web", deadline=None)
settings.load_profile("podio_web")


class Node:
    """Node.js, for what browsers decide: how URLs are parsed, and what the callback page's script does."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def ask(self, **question: Any) -> Any:
        """Send one question to `node_host.js` and return its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "broken" not in answer, answer
        return answer

    def origin(self, url: str, base: str | None = None) -> str | None:
        """Return the origin of `url` as browsers see it, None when they refuse it."""
        origin: str | None = self.ask(do="origin", url=url, base=base)["origin"]
        return origin


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    host = Path(__file__).with_name("node_host.js")
    with subprocess.Popen(
        ["node", str(host)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        yield Node(process)
        assert process.stdin is not None
        process.stdin.close()
