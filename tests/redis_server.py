"""A Redis of the tests' own, which they can break."""

import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import redis


class RedisServer:
    """A Redis of a test's own, on a Unix socket: it can run out of memory, hang, and be away."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "socket"
        self.url = f"unix://{self._socket}"
        self.address = f"redis {self.url}"
        self._start()

    def _start(self) -> None:
        binary = shutil.which("redis-server")
        assert binary is not None, "install Redis to run these tests: apt-get install redis-server"
        options = ["--port", "0", "--unixsocket", str(self._socket), "--appendonly", "yes", "--save", ""]
        self._process = subprocess.Popen(
            [binary, *options, "--dir", str(self._socket.parent)], stdout=subprocess.DEVNULL
        )
        # It listens before anybody can see the socket. Asked any sooner, redis 5 and older leave theirs open.
        until(self._is_there)

    def _is_there(self) -> bool:
        assert self._process.poll() is None, "redis-server ended at once"
        return self._socket.exists() and self._has_loaded()

    def _has_loaded(self) -> bool:
        """Return whether it has read its file, before which it answers every command with an error."""
        with self.client() as client:
            try:
                return bool(client.ping())
            except redis.BusyLoadingError:
                return False

    def client(self) -> redis.Redis:
        """Return a client."""
        return redis.Redis(unix_socket_path=str(self._socket))

    @contextmanager
    def unwritable(self) -> Iterator[None]:
        """Let it be out of memory."""
        with self.client() as client:
            client.config_set("maxmemory", "1")
            try:
                yield
            finally:
                client.config_set("maxmemory", "0")

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Let it answer nothing."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Let it be stopped and started again."""
        self.stop()
        self._socket.unlink(missing_ok=True)
        try:
            yield
        finally:
            self._start()

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(60)

    def sessions(self) -> int:
        """Return how many sessions it keeps."""
        with self.client() as client:
            return len(client.keys("podio-web:session:*"))


def until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
