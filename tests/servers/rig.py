"""Web applications in several worker processes, people who use them, and stores that break."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx2

from podio_web.testing import SandboxControl
from tests.conftest import ROOT
from tests.examples_support import free_port
from tests.redis_server import RedisServer

# On a busy machine, a worker that is slow to say that it is alive would be killed, and an idle connection closed while
# the next request is on its way.
_PATIENT = ("--timeout-worker-healthcheck", "15", "--timeout-keep-alive", "300")
_PATIENT_GUNICORN = ("--timeout", "120", "--keep-alive", "300")
SERVERS = {
    "uvicorn": [
        *("uvicorn", "tests.servers.asgi_app:app", "--workers", "4", "--log-level", "warning"),
        *(*_PATIENT, "--port"),
    ],
    "gunicorn": [
        *("gunicorn", "tests.servers.wsgi_app:app", "--workers", "2", "--threads", "8"),
        *(*_PATIENT_GUNICORN, "--bind"),
    ],
}
RECEIVERS = {
    "uvicorn hooks": ["uvicorn", "tests.servers.hooks_app:app", "--workers", "2", *_PATIENT, "--port"],
    "gunicorn hooks": [
        *("gunicorn", "tests.servers.hooks_app:wsgi", "--workers", "2", "--threads", "8"),
        *("--access-logfile", "-", *_PATIENT_GUNICORN, "--bind"),
    ],
}
"""Receivers of webhooks, in two workers each. They log each request."""
_SECONDS_TO_START = 60
_SECONDS_TO_ANSWER = 60


class Served:
    """A web application, while the ``with`` block runs.

    ``server`` is a key of ``SERVERS`` or ``RECEIVERS``, ``store`` the kind and the address of the session store, or the
    inbox, ``timeout`` the clients', in seconds.
    """

    def __init__(self, server: str, store: str, sandbox: SandboxControl, folder: Path, timeout: float = 15.0) -> None:
        port = free_port()
        self.url = f"http://localhost:{port}"
        self._sandbox = sandbox
        self._people: list[Person] = []
        self._log = folder / f"{server}.log"
        self._command = [sys.executable, "-m", *(SERVERS | RECEIVERS)[server]]
        self._command.append(str(port) if server.startswith("uvicorn") else f"127.0.0.1:{port}")
        self._environment = {
            **os.environ,
            "STORE": store,
            "ORIGIN": self.url,
            "PODIO_API_URL": sandbox.url,
            "TIMEOUT": str(timeout),
        }

    @property
    def log(self) -> str:
        """What the servers have said so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def __enter__(self) -> "Served":
        with self._log.open("wb") as log:
            # A session of its own: whatever it starts ends with it.
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + _SECONDS_TO_START
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                if httpx2.get(f"{self.url}/ping", timeout=5).status_code == 200:
                    return self
            except httpx2.HTTPError:
                time.sleep(0.05)
        self._stop()
        raise AssertionError(f"{self._command} did not start:\n{self.log}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        for browser in self._people:
            browser.close()
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def workers(self) -> list[int]:
        """Return the process ids of the workers that run."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        commands = {int(child): _command_of(child) for child in children}
        return [child for child, command in commands.items() if command and b"resource_tracker" not in command]

    def sign_in(self, person: str = "demo@example.com") -> "Person":
        """Sign a person in, in a browser of their own."""
        self._sandbox.settings(consent="allow", sign_in_as=person)
        browser = self.visitor()
        browser.sign_in()
        return browser

    def visitor(self) -> "Person":
        """Return the browser of somebody who was never here."""
        browser = Person(self.url)
        self._people.append(browser)
        return browser


def _command_of(process: str) -> bytes:
    """Return the command of a process, and nothing if it has ended."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


class Person:
    """A browser with its cookies."""

    def __init__(self, url: str) -> None:
        self._client = httpx2.Client(base_url=url, timeout=_SECONDS_TO_ANSWER, follow_redirects=False)

    def close(self) -> None:
        """Close the browser's connections."""
        self._client.close()

    def sign_in(self) -> None:
        """Go to Podio and come back."""
        response = self.get("/podio/login")
        while response.is_redirect and response.headers["location"] != "/":
            response = self.get(response.headers["location"])
        # The sandbox has one of this name too, on another host.
        is_held = any(
            (each.name, each.domain) == ("podio_session", "localhost.local") for each in self._client.cookies.jar
        )
        assert is_held, (response.status_code, response.text)
        assert response.headers.get("location") == "/"

    def get(self, path: str) -> httpx2.Response:
        """Open a page."""
        return self._client.get(path)

    def me(self) -> tuple[int, Any]:
        """Return the status and the content of the page that asks Podio."""
        response = self.get("/me")
        return response.status_code, response.json() if response.status_code != 503 else response.headers["retry-after"]

    def together(self, count: int) -> "Together":
        """Ask that page ``count`` times at once."""
        return Together(self.me, count)

    def log_out(self) -> int:
        """Sign out, with a copy of the cookies left to others; return the status."""
        kept = httpx2.Cookies(self._client.cookies)
        status = self._client.post("/podio/logout").status_code
        self._client.cookies = kept
        return status


class Together:
    """Calls of one function, each in a thread of its own."""

    def __init__(self, function: Callable[[], Any], count: int) -> None:
        self._pool = ThreadPoolExecutor(count)
        self._calls: list[Future[Any]] = [self._pool.submit(function) for _ in range(count)]

    @property
    def running(self) -> int:
        """How many have not ended."""
        return sum(not call.done() for call in self._calls)

    def answers(self) -> list[Any]:
        """Return what each returned, when all have."""
        found = [call.result(_SECONDS_TO_ANSWER) for call in self._calls]
        self._pool.shutdown()
        return found


class SQLiteFile:
    """An SQLite database of a test's own: it can be locked, and damaged."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "sessions.sqlite"
        self.address = f"sqlite {self._path}"

    @contextmanager
    def unwritable(self) -> Iterator[None]:
        """Let somebody else hold it for writing."""
        with self._connection() as database:
            database.execute("BEGIN IMMEDIATE")
            yield
            database.execute("ROLLBACK")

    hanging = unwritable

    @contextmanager
    def away(self) -> Iterator[None]:
        """Let its first page be rubbish."""
        with self._connection() as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        good = self._path.read_bytes()
        self._path.write_bytes(b"rubbish" * 600 + good[4200:])
        try:
            yield
        finally:
            self._path.write_bytes(good)

    def stop(self) -> None:
        """Nothing runs."""

    def sessions(self) -> int:
        """Return how many sessions it keeps."""
        with self._connection() as database:
            return int(database.execute("SELECT count(*) FROM sessions").fetchone()[0])

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self._path, timeout=20, isolation_level=None)
        try:
            yield database
        finally:
            database.close()


Store = RedisServer | SQLiteFile
