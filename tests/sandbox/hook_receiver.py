"""A receiver of webhooks: it keeps what arrives, and answers as told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from tests.sandbox.sandbox_support import Caller

# Fields of the app 3001.
TITLE_FIELD, HOURS_FIELD = 4101, 4106


@dataclass
class Arrived:
    path: str
    headers: dict[str, str]
    pairs: list[tuple[str, str]]

    @property
    def form(self) -> dict[str, str]:
        return dict(self.pairs)


@dataclass
class Receiver:
    url: str
    arrived: list[Arrived] = field(default_factory=list)
    status: int = 200
    answer: bytes = b"thanks"
    # Cleared to let deliveries wait for their answer.
    may_answer: threading.Event = field(default_factory=threading.Event)

    @property
    def forms(self) -> list[dict[str, str]]:
        return [each.form for each in self.arrived]

    def codes(self) -> dict[str, str]:
        """Return the codes that arrived, by the ID of the hook."""
        return {each["hook_id"]: each["code"] for each in self.forms if each["type"] == "hook.verify"}


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.arrived.append(Arrived(self.path, headers, parse_qsl(body, keep_blank_values=True)))
            receiver.may_answer.wait(20)
            # A sandbox that stops does not wait for the answer.
            with suppress(OSError):
                self.send_response(receiver.status)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(receiver.answer)))
                self.end_headers()
                self.wfile.write(receiver.answer)

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        receiver = Receiver(f"http://127.0.0.1:{server.server_address[1]}/podio/secret")
        receiver.may_answer.set()
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield receiver
        finally:
            receiver.may_answer.set()
            server.shutdown()
            thread.join()


def deliveries(podio: Caller) -> list[dict[str, Any]]:
    """Return all deliveries, after they have been sent."""
    listed: list[dict[str, Any]] = podio.get("/sandbox/deliveries?wait=40").json
    assert all(each["state"] in ("answered", "failed") for each in listed)
    return listed


def create(podio: Caller, receiver: Receiver, hook_type: str = "item.update", ref: str = "app/3001") -> int:
    """Create a hook and verify it."""
    answer = podio.post(f"/hook/{ref}/", {"url": receiver.url, "type": hook_type})
    assert answer.status == 200, answer.text
    hook_id = int(answer.json["hook_id"])
    deliveries(podio)
    code = receiver.codes()[str(hook_id)]
    assert podio.post(f"/hook/{hook_id}/verify/validate", {"code": code}).status == 204
    receiver.arrived.clear()
    podio.delete("/sandbox/deliveries")
    return hook_id
