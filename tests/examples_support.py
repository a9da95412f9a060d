"""Runs what is in examples/ as a person would: a process of its own, told by environment variables."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"

# Everything that anything wants to log is logged: what must not be seen is looked for in it.
_RUN = (
    "import logging, runpy, sys; logging.basicConfig(level=logging.DEBUG); "
    "runpy.run_path(sys.argv[1], run_name='__main__')"
)
_SECONDS_TO_START = 60


class WebExample:
    """One of the web applications, running while the `with` block runs; `url` is its origin, `log` what it said."""

    def __init__(self, name: str, folder: Path, api_url: str, **environment: str) -> None:
        port = _free_port()
        self.url = f"http://localhost:{port}"
        self.sessions = folder / f"{name}.sqlite"
        self._script = EXAMPLES / name / "app.py"
        self._log = folder / f"{name}.log"
        self._environment = {
            "PORT": str(port),
            "PODIO_API_URL": api_url,
            "SESSIONS": str(self.sessions),
            **environment,
        }

    @property
    def log(self) -> str:
        """Everything that the process has written so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def __enter__(self) -> "WebExample":
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _RUN, str(self._script)],
                env=_environment(self._environment),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            self._wait()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _wait(self) -> None:
        opener = build_opener(ProxyHandler({}))
        deadline = time.monotonic() + _SECONDS_TO_START
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with opener.open(self.url + "/static/icon.svg", timeout=5):
                    return
            except (URLError, OSError):
                time.sleep(0.05)
        raise AssertionError(f"{self._script} did not start:\n{self.log}")

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def run_script(name: str, **environment: str) -> str:
    """Run one of the scripts to its end and return what it printed, and its logs behind that."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _RUN, str(EXAMPLES / "script" / name)],
        env=_environment(environment),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def _environment(changes: dict[str, str]) -> dict[str, str]:
    """Return this process's environment without settings of the examples that a developer may have, and changed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PODIO_")}
    return {**kept, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", **changes}


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
