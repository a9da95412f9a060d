"""A stand-in for Podio's file part that receives, stalls, drops and refuses, over raw sockets."""

import gzip
import json
import socket
import ssl
import threading
import time
from types import TracebackType

EXPIRED = {"error": "unauthorized", "error_description": "expired_token"}
FILE = {"file_id": 7001, "name": "report.pdf", "mimetype": "application/pdf", "size": 3}
PAGE = b"<html><body><h1>413 Request Entity Too Large</h1></body></html>"
_SECONDS_TO_WAIT = 60
"""How long a client on a busy machine may send nothing."""


class FileServer:
    """The server, while the ``with`` block runs.

    Each request takes the next of ``plan``, the name of a method ``do_...``; without one it is accepted. ``requests``
    are (method, path, headers, body); ``content`` is what a download gets.
    """

    def __init__(self, *plan: str) -> None:
        self.plan = list(plan)
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.content = b"%PDF"
        self.mimetype = "application/pdf"
        self.pause = 0.0
        self.leads_to = ""
        self.tls: ssl.SSLContext | None = None
        self.arrived = threading.Event()
        self.hung_up = threading.Event()
        self.go_on = threading.Event()
        self.stopped = threading.Event()
        self.most = 0
        self._unanswered: set[_Request] = set()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> "FileServer":
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        if "slow" in self.plan:
            # Loopback takes megabytes at once, and the client would seem to stall between them.
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 131_072)
            self._listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1460)
        self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"
        self._listener.settimeout(0.05)
        self._main = threading.Thread(target=self._accept)
        self._main.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopped.set()
        self.go_on.set()
        self._main.join()
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def uploads(self) -> list[tuple[str, str, dict[str, str], bytes]]:
        """Return the requests that were uploads."""
        return [each for each in self.requests if each[1] == "/file/"]

    def _accept(self) -> None:
        while not self.stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            thread = threading.Thread(target=self._serve, args=(connection,))
            thread.start()
            self._threads.append(thread)

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(_SECONDS_TO_WAIT)
        try:
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            while self._answer(connection):
                pass
        except OSError:
            self.hung_up.set()
        finally:
            connection.close()

    def _answer(self, connection: socket.socket) -> bool:
        """Answer one request. Return whether the connection stays open."""
        data = b""
        while b"\r\n\r\n" not in data:
            connection.settimeout(0.05)
            try:
                part = connection.recv(65_536)
            except TimeoutError:
                if self.stopped.is_set():
                    return False
                continue
            if not part:
                return False
            data += part
        connection.settimeout(_SECONDS_TO_WAIT)
        head, _, rest = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        request = _Request(self, connection, method, path, headers, rest)
        if path == "/oauth/token":
            self.requests.append((method, path, headers, request.body()))
            request.send(200, {"access_token": "token-2", "refresh_token": "refresh-2", "expires_in": 28800})
            return True
        with self._lock:
            step = self.plan.pop(0) if self.plan else "accept"
            self._unanswered.add(request)
            self.most = max(self.most, len(self._unanswered))
        try:
            return bool(getattr(self, f"do_{step}")(request))
        finally:
            self.end(request)

    def end(self, request: "_Request") -> None:
        """Count a request no longer: with its answer, the client may send the next one."""
        with self._lock:
            self._unanswered.discard(request)

    def _keep(self, request: "_Request", body: bytes = b"") -> None:
        self.requests.append((request.method, request.path, request.headers, body))
        self.arrived.set()

    def do_accept(self, request: "_Request") -> bool:
        self._keep(request, request.body())
        time.sleep(self.pause)
        if request.method == "GET":
            request.send(200, self.content, content_type=self.mimetype)
        elif request.path == "/file/":
            request.send(200, FILE)
        else:
            request.send(200, {"file_id": 7002})
        return True

    def do_gated(self, request: "_Request") -> bool:
        self._keep(request, request.body())
        self.go_on.wait(30)
        request.send(200, FILE)
        return True

    def do_expired(self, request: "_Request") -> bool:
        self._keep(request, request.body())
        request.send(401, EXPIRED)
        return True

    def do_expired_at_once(self, request: "_Request") -> bool:
        """Answer before the body, and close without reading it."""
        self._keep(request)
        request.send(401, EXPIRED, connection="close")
        return False

    def do_html(self, request: "_Request") -> bool:
        self._keep(request, request.body())
        request.send(502, b"<html>Bad gateway</html>", content_type="text/html")
        return True

    def do_no_json(self, request: "_Request") -> bool:
        self._keep(request, request.body())
        request.send(200, b"<html>Welcome</html>", content_type="text/html")
        return True

    def do_nothing_said(self, request: "_Request") -> bool:
        self._keep(request, request.body())
        request.send(200, b"")
        return True

    def do_too_large(self, request: "_Request") -> bool:
        """Answer before the body, and do not read it, but leave the connection open."""
        self._keep(request)
        request.send(413, PAGE, content_type="text/html")
        self.stopped.wait(30)
        return False

    def do_too_large_and_close(self, request: "_Request") -> bool:
        """Answer when some of the body has come, and close at once."""
        request.take(100_000)
        self._keep(request)
        request.send(413, PAGE, content_type="text/html", connection="close")
        return False

    def do_informed(self, request: "_Request") -> bool:
        """Send an interim response first, which is not an answer."""
        request.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return self.do_accept(request)

    def do_stall(self, request: "_Request") -> bool:
        request.take(1_000)
        self._keep(request)
        self.stopped.wait(30)
        return False

    def do_slow(self, request: "_Request") -> bool:
        """Read a little now and then."""
        body = b""
        while len(body) < request.length():
            body += request.take(min(200_000, request.length() - len(body)))
            time.sleep(0.08)
        self._keep(request, body)
        request.send(200, FILE)
        return True

    def do_drop(self, request: "_Request") -> bool:
        request.take(request.length() // 2)
        self._keep(request)
        return False

    def do_watch(self, request: "_Request") -> bool:
        """Read until the other side hangs up."""
        request.take(100_000)
        self._keep(request)
        while request.connection.recv(65_536):
            pass
        self.hung_up.set()
        return False

    def do_silent(self, request: "_Request") -> bool:
        self._keep(request, request.body())
        self.stopped.wait(30)
        return False

    def do_chunks(self, request: "_Request") -> bool:
        self._keep(request)
        request.head(200, transfer_encoding="chunked", content_type=self.mimetype)
        for start in range(0, len(self.content), 50_000):
            part = self.content[start : start + 50_000]
            request.connection.sendall(b"%x\r\n%s\r\n" % (len(part), part))
        request.connection.sendall(b"0\r\n\r\n")
        return True

    def do_lying(self, request: "_Request") -> bool:
        """Announce fewer bytes than come."""
        self._keep(request)
        request.head(200, content_length="2")
        request.connection.sendall(self.content)
        return False

    def do_packed(self, request: "_Request") -> bool:
        self._keep(request)
        request.send(200, gzip.compress(self.content), content_encoding="gzip")
        return True

    def do_packed_strangely(self, request: "_Request") -> bool:
        self._keep(request)
        request.send(200, self.content, content_encoding="br")
        return True

    def do_short(self, request: "_Request") -> bool:
        self._keep(request)
        request.head(200, content_length=str(len(self.content)))
        request.connection.sendall(self.content[: len(self.content) // 2])
        return False

    def do_pause(self, request: "_Request") -> bool:
        """Send half of the file, and the rest when the test says so."""
        self._keep(request)
        half = len(self.content) // 2
        request.head(200, content_length=str(len(self.content)))
        request.connection.sendall(self.content[:half])
        self.go_on.wait(30)
        if self.stopped.is_set():
            return False
        request.connection.sendall(self.content[half:])
        return True

    def do_missing(self, request: "_Request") -> bool:
        self._keep(request)
        request.send(404, {"error": "not_found", "error_description": "no such file"})
        return True

    def do_redirect(self, request: "_Request") -> bool:
        self._keep(request, request.body())
        request.send(302, b"", location=self.leads_to)
        return True


class _Request:
    def __init__(
        self,
        server: FileServer,
        connection: socket.socket,
        method: str,
        path: str,
        headers: dict[str, str],
        rest: bytes,
    ) -> None:
        self._server = server
        self.connection = connection
        self.method = method
        self.path = path
        self.headers = headers
        self._rest = bytearray(rest)

    def length(self) -> int:
        return int(self.headers.get("content-length", "0"))

    def take(self, size: int) -> bytes:
        """Return the next bytes of the body."""
        while len(self._rest) < size:
            part = self.connection.recv(1_000_000)
            if not part:
                raise ConnectionResetError
            self._rest += part
        taken = bytes(self._rest[:size])
        del self._rest[:size]
        return taken

    def body(self) -> bytes:
        """Return the whole body."""
        if self.headers.get("transfer-encoding") != "chunked":
            return self.take(self.length())
        body = b""
        while True:
            line = b""
            while not line.endswith(b"\r\n"):
                line += self.take(1)
            part = self.take(int(line, 16) + 2)
            if part == b"\r\n":
                return body
            body += part[:-2]

    def head(self, status: int, **headers: str) -> None:
        self._server.end(self)
        lines = [f"HTTP/1.1 {status} Said", *(f"{name.replace('_', '-')}: {text}" for name, text in headers.items())]
        self.connection.sendall("\r\n".join([*lines, "", ""]).encode())

    def send(self, status: int, content: object, **headers: str) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.head(status, content_length=str(len(body)), **headers)
        self.connection.sendall(body)
