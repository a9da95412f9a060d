"""A stand-in for Podio whose answers wait for each other, or for a test: what threads that share a client meet."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def do_GET(self) -> None:
        length = int(self.headers["Content-Length"] or 0)
        self.rfile.read(length)
        gate = self.server.gate
        path = self.path.partition("?")[0]
        with gate.changing:
            gate.calls.append((path, self.headers.get("Authorization", ""), self.client_address[1]))
            number = len(gate.paths(path))
        gate.arrived.set()
        kind = gate.token_kind if path == "/oauth/token" else path.strip("/").partition("/")[0]
        getattr(self, f"answer_{kind}")(number)

    do_POST = do_GET  # noqa: N815 - named by http.server

    def send(self, status: int, data: Any, **headers: str) -> None:
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        self.wfile.write(body)

    def answer_ok(self, number: int) -> None:
        self.send(200, {"number": number})

    def answer_meet(self, number: int) -> None:
        """Answer when as many as the test wants are here at the same time."""
        try:
            self.server.gate.barrier.wait(60)
        except threading.BrokenBarrierError:
            self.send(500, {"error": "alone"})
        else:
            self.send(200, {"number": number})

    def answer_limited(self, number: int) -> None:
        if number == 1:
            self.send(429, {"error": "rate_limit"}, Retry_After="3")
        else:
            self.send(200, {"number": number})

    def answer_gated(self, number: int) -> None:
        self.server.gate.opened.wait(30)
        self.send(200, {"number": number})

    def answer_stale(self, number: int) -> None:
        """Refuse all but what was renewed."""
        if "new" in self.headers["Authorization"]:
            self.send(200, {"number": number})
        else:
            self.send(401, {"error": "unauthorized", "error_description": "expired_token"})

    def answer_token(self, number: int) -> None:
        time.sleep(self.server.gate.token_pause)
        self.send(200, {"access_token": f"new-{number}", "refresh_token": f"r{number}", "expires_in": 3600})

    def answer_refused(self, number: int) -> None:
        time.sleep(self.server.gate.token_pause)
        self.send(400, {"error": "invalid_grant"})

    def answer_gated_token(self, number: int) -> None:
        self.server.gate.opened.wait(30)
        self.answer_token(number)

    def answer_first_gated(self, number: int) -> None:
        """Keep the first one waiting for ``opened``."""
        if number == 1:
            self.server.gate.opened.wait(30)
        self.answer_token(number)

    def answer_dripping_head(self, number: int) -> None:
        self._drip(b"HTTP/1.1 200 OK\r\nX-Slow: ")

    def answer_dripping_body(self, number: int) -> None:
        self._drip(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")

    def answer_silent(self, number: int) -> None:
        self.server.gate.stopped.wait(30)
        self.close_connection = True

    def _drip(self, head: bytes) -> None:
        """Send a byte now and then: no single wait is long, and there is no end to it."""
        try:
            self.wfile.write(head)
            while not self.server.gate.stopped.wait(0.02):
                self.wfile.write(b" ")
        except OSError:
            pass
        self.close_connection = True

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    gate: "GateServer"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what some tests are about."""


class GateServer:
    """The server, while the ``with`` block runs.

    Paths say what happens: ``/ok``, ``/meet`` (waits for ``barrier``), ``/limited`` (429 at first), ``/gated`` (waits
    for ``opened``), ``/stale``, ``/dripping_head``, ``/dripping_body``, ``/silent``. ``token_kind`` says it for the
    token endpoint. ``calls`` are (path, Authorization, the caller's port).
    """

    def __init__(self, together: int = 1) -> None:
        self.barrier = threading.Barrier(together)
        self.opened = threading.Event()
        self.arrived = threading.Event()
        self.stopped = threading.Event()
        self.changing = threading.Lock()
        self.token_kind = "token"
        self.token_pause = 0.0
        self.calls: list[tuple[str, str, int]] = []

    def paths(self, path: str) -> list[str]:
        """Return a path as often as it was asked for."""
        return [each for each, _, _ in self.calls if each == path]

    def __enter__(self) -> "GateServer":
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.gate = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopped.set()
        self.opened.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
