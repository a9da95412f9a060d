"""Runs what is in examples/ as a person would: a process of its own, told by environment variables."""

import http.client
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"

# Everything that anything wants to log is logged: what must not be seen is looked for in it.
_RUN = (
    "import logging, os, runpy, sys; logging.basicConfig(level=logging.DEBUG); "
    "sys.argv[:] = sys.argv[1:]; sys.path.insert(0, os.path.dirname(sys.argv[0])); "
    "runpy.run_path(sys.argv[0], run_name='__main__')"
)
# What is started, where it is not app.py. Django has a command under WSGI and another one under ASGI.
_COMMANDS = {
    "django_app": ["django_app/asgi.py"],
    "starlette receiver": ["hooks_receiver/starlette_receiver.py"],
    "flask receiver": ["hooks_receiver/flask_receiver.py"],
    "django_app under WSGI": ["django_app/manage.py", "runserver", "--noreload", "localhost:{port}"],
}
_SECONDS_TO_START = 60


class WebExample:
    """One of the web applications, running while the `with` block runs; `url` is its address, `log` what it said.

    With a `prefix`, such as "/tasks", people reach it through a proxy, which takes the prefix off. It runs when
    it answers at `ready`.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        api_url: str,
        prefix: str = "",
        *,
        ready: str = "/static/icon.svg",
        **environment: str,
    ) -> None:
        port = free_port()
        self.name = name
        self._ready = ready
        self._proxy = StrippingProxy(port, prefix) if prefix else None
        self.origin = f"http://localhost:{port if self._proxy is None else self._proxy.port}"
        self.url = self.origin + prefix
        self.sessions = folder / f"{name}.sqlite"
        script, *self._arguments = (part.format(port=port) for part in _COMMANDS.get(name, [f"{name}/app.py"]))
        self._script = EXAMPLES / script
        self._log = folder / f"{name}.log"
        self._environment = {
            "PORT": str(port),
            "BASE_URL": self.url,
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
                [sys.executable, "-c", _RUN, str(self._script), *self._arguments],
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
                with opener.open(self.url + self._ready, timeout=5):
                    return
            except (URLError, OSError):
                time.sleep(0.05)
        raise AssertionError(f"{self._script} did not start:\n{self.log}")

    def _stop(self) -> None:
        if self._proxy is not None:
            self._proxy.stop()
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class StrippingProxy:
    """A proxy that passes on what is below `prefix`, without the prefix; anything else is not found."""

    def __init__(self, target: int, prefix: str) -> None:
        class Handler(BaseHTTPRequestHandler):
            def pass_on(self) -> None:
                if not self.path.startswith(prefix + "/"):
                    self.send_error(404)
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                upstream = http.client.HTTPConnection("localhost", target, timeout=30)
                try:
                    upstream.request(self.command, self.path.removeprefix(prefix), body, dict(self.headers))
                except OSError:
                    self.send_error(502)
                    return
                answer = upstream.getresponse()
                content = answer.read()
                self.send_response_only(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
                upstream.close()

            do_GET = do_POST = pass_on  # noqa: N815 - as BaseHTTPRequestHandler names them

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def run_script(name: str, folder: str = "script", **environment: str) -> str:
    """Run one of the scripts to its end and return what it printed, and its logs behind that."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _RUN, str(EXAMPLES / folder / name)],
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


def free_port() -> int:
    """Return a port of this machine that nobody uses.

    It is below those that systems give to connections. Such a port could be taken before a server listens on it.
    """
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


@contextmanager
def refusing_port() -> Iterator[int]:
    """Keep a port to which nobody can connect."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]
