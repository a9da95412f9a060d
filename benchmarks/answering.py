"""A server that answers every request with the same JSON at once, so that what is measured is the client.

It speaks HTTP/1.1 with connections that are kept alive, with and without TLS, and runs in a process of its own.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import shutil
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

_BODY = b'{"user": {"user_id": 1001, "mail": "demo@example.com", "status": "active"}, "profile": {"name": "Demo"}}'
_ANSWER = (
    b"HTTP/1.1 200 OK\r\ndate: Sun, 29 Nov 2026 08:00:00 GMT\r\ncontent-type: application/json; charset=utf-8\r\n"
    b"x-rate-limit-limit: 1000\r\nx-rate-limit-remaining: 999\r\ncontent-length: %d\r\n\r\n%s" % (len(_BODY), _BODY)
)


@dataclass(frozen=True)
class Answering:
    """Where the server is: its origins, and the file with the certificate that it made for itself."""

    http: str
    https: str
    certificate: str


@contextmanager
def answering(delay: float = 0.0) -> Iterator[Answering]:
    """Run the server while the block runs; each answer comes after ``delay`` seconds.

    >>> with answering() as server:
    ...     httpx2.get(server.http + "/user/status")
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = _make_certificate(Path(folder))
        process = context.Process(target=_serve, args=(theirs, certificate, key, delay))
        process.start()
        theirs.close()
        try:
            http, https = ours.recv()
            yield Answering(f"http://localhost:{http}", f"https://localhost:{https}", certificate)
        finally:
            ours.close()
            process.join()


def _make_certificate(folder: Path) -> tuple[str, str]:
    """Make a certificate for this machine; return its file and its key's."""
    openssl = shutil.which("openssl")
    if openssl is None:
        raise SystemExit("There is no openssl: install it (on Debian: apt-get install openssl).")
    certificate, key = str(folder / "certificate.pem"), str(folder / "key.pem")
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"]
    command += ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command += ["-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own command
    return certificate, key


class _Connection(asyncio.Protocol):
    """Answers whatever ends with an empty line."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            self._received = self._received.partition(b"\r\n\r\n")[2]
            if self._delay:
                asyncio.get_running_loop().call_later(self._delay, self._transport.write, _ANSWER)
            else:
                self._transport.write(_ANSWER)


def _serve(pipe: Connection[tuple[int, int], None], certificate: str, key: str, delay: float) -> None:
    """Serve until the other end closes the pipe."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key)
        plain = await loop.create_server(lambda: _Connection(delay), "127.0.0.1", 0)
        secure = await loop.create_server(lambda: _Connection(delay), "127.0.0.1", 0, ssl=tls)
        pipe.send((plain.sockets[0].getsockname()[1], secure.sockets[0].getsockname()[1]))
        with suppress(EOFError):
            await asyncio.to_thread(pipe.recv)

    asyncio.run(main())
