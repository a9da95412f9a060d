"""A web server that does what Podio never should: redirects, cookies, bodies that stop or dribble."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

from podio_web.http import Request
from podio_web.testing import SandboxControl

CANARY = "canary-4f1d"


def call_to(url: str, path: str = "/", method: str = "GET", body: str | bytes | None = None, **headers: str) -> Request:
    """Return a call with a token that must not come out anywhere."""
    headers = {"Authorization": f"OAuth2 {CANARY}", **{name.replace("_", "-"): text for name, text in headers.items()}}
    return Request(method, url + path, path=path.partition("?")[0], headers=headers, body=body)


def status_call(podio: SandboxControl) -> Request:
    """The call that asks a sandbox who is signed in."""
    token = podio.issue_token()["access_token"]
    headers = {"Authorization": f"OAuth2 {token}", "Accept": "application/json"}
    return Request("GET", f"{podio.url}/user/status", path="/user/status", headers=headers)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def do_GET(self) -> None:
        length = int(self.headers["Content-Length"] or 0)
        self.server.odd.requests.append((self.command, self.path, dict(self.headers), self.rfile.read(length)))
        getattr(self, "answer_" + self.path.strip("/").partition("?")[0].replace("-", "_"))()

    def do_OPTIONS(self) -> None:
        """Let pages of every origin call."""
        self.answer(204, Access_Control_Allow_Headers="authorization, content-type")

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - named by http.server

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", "*")
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        self.wfile.write(body)

    def answer_hello(self) -> None:
        self.answer(200, '{"said": "Zoë"}'.encode(), Content_Type="application/json", X_Rate_Limit_Limit="1000")

    def answer_interim(self) -> None:
        """Send what comes before the response: it may name files that a page will need."""
        for status in (100, 102, 103, 103):
            self.send_response_only(status)
            self.send_header("Link", "</style.css>; rel=preload")
            self.end_headers()
        self.answer_hello()

    def answer_nothing(self) -> None:
        self.send_response(204)
        self.end_headers()

    def answer_redirect(self) -> None:
        self.answer(307, b"gone", Location=self.server.odd.leads_to + "/hello")

    def answer_cookie(self) -> None:
        self.answer(200, b"{}", Set_Cookie=f"session={CANARY}; Path=/")

    def answer_latin(self) -> None:
        self.answer(200, b'"\xff"')

    def answer_packed(self) -> None:
        """Send what the test has put there, in two parts where it can be told apart."""
        headers, body = self.server.odd.packed
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        for name, text in headers:
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body[:1])
        self.wfile.flush()
        self.wfile.write(body[1:])

    def answer_short(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b'{"half":')
        self.close_connection = True

    def answer_chunks_that_stop(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"8\r\n{")
        self.close_connection = True

    def answer_chunks(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for part in (b'{"said":', b' "piecemeal"}'):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        self.wfile.write(b"0\r\n\r\n")

    def answer_dribble(self) -> None:
        """Send a byte now and then: no single wait is long, and there is no end to it."""
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        try:
            while not self.server.odd.stopped.wait(0.02):
                self.wfile.write(b" ")
                self.wfile.flush()
        except OSError:
            self.server.odd.hung_up.set()
        self.close_connection = True

    def answer_large(self) -> None:
        """Answer with JSON of so many bytes as the query says: items as a filter gives them, some with emoji."""
        size = int(self.path.partition("?")[2])
        item = (
            b'{"item_id": 3000000001, "title": "Paint the fence \\ud83d\\ude80", "description": "%s", "fields": []}, '
        )
        item %= b"It has been raining since Monday. " * 30
        tail = b'"the end"], "total": 7}'
        head = b'{"items": ['
        body = head + item * ((size - len(head) - len(tail)) // len(item))
        self.answer(200, body + b" " * (size - len(body) - len(tail)) + tail, Content_Type="application/json")

    def answer_large_refusal(self) -> None:
        self.answer(400, b"<p>" + b"x" * int(self.path.partition("?")[2]), Content_Type="text/html")

    def answer_garbage(self) -> None:
        self.wfile.write(b"SSH-2.0-OpenSSH\r\n\r\n")
        self.close_connection = True

    def answer_hang_up(self) -> None:
        self.close_connection = True

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    odd: "OddServer"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what some tests are about."""


class OddServer:
    """The server, while the ``with`` block runs; ``requests`` are (method, path, headers, body)."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.leads_to = ""
        self.packed: tuple[list[tuple[str, str]], bytes] = ([], b"")
        self.stopped = threading.Event()
        self.hung_up = threading.Event()

    def __enter__(self) -> "OddServer":
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.odd = self
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def wait_for_request(self) -> None:
        """Return when a request has arrived."""
        end = time.monotonic() + 30
        while not self.requests:
            assert time.monotonic() < end
            time.sleep(0.005)
