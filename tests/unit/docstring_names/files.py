"""What the examples of files use."""

import http.client
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2

from podio_web import Podio, SyncPodio
from podio_web.files import File, Files, SyncFiles, UploadStalled
from podio_web.files.sinks import BytesSink
from podio_web.files.watch import Watch
from podio_web.http import build_request
from podio_web.testing import FakeTransport, SandboxControl
from podio_web.transports.file_sources import file_source
from podio_web.transports.multipart import Multipart


def with_files() -> FakeTransport:
    """Return a transport with the files of the examples."""
    transport = FakeTransport()
    for method, path in (("POST", "/file/7001/attach"), ("POST", "/file/7002/replace"), ("DELETE", "/file/7001")):
        transport.answer(method, path, status=204, times=None)
    transport.answer("POST", "/file/", {"file_id": 7001}, times=None)
    transport.answer("POST", "/file/7001/copy", {"file_id": 7002}, times=None)
    transport.answer("GET", "/file/7001/raw", text="a,b", times=None)
    transport.answer("GET", "/7001/small", text="a,b", times=None)
    return transport


def for_files(wait: Callable[[Awaitable[Any]], Any], sandbox: SandboxControl) -> dict[str, Any]:
    """Return what the examples of files use. The transport has the files, and ``request`` leads to the sandbox."""

    async def send() -> None:
        """Send nothing."""

    async def opened(client: Podio[Any]) -> Files:
        return Files(client)

    transport = with_files()
    podio = Podio("client", client_id="my-app", transport=transport)
    podio.set_access_token({"access_token": "test", "expires_in": 3600})
    Path("report.pdf").write_bytes(b"%PDF")
    file = File({"file_id": 7001})
    watch = Watch(time.monotonic, lambda: UploadStalled("stalled"), lambda: UploadStalled("silent"))
    watch.begin(3)
    here, there = socket.socketpair()
    there.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    response = http.client.HTTPResponse(here)
    response.begin()
    here.close()
    there.close()
    return {
        "file": file,
        "files": wait(opened(podio)),
        "handle": lambda part: None,
        "httpx2": httpx2,
        "js_file": Path("report.pdf"),
        "multipart": Multipart("abc.txt"),
        "new": 7002,
        "old": 7001,
        "podio": podio,
        "request": build_request(sandbox.url, "POST", "/file/"),
        "response": response,
        "send": send,
        "silent": lambda: UploadStalled("silent"),
        "sink": BytesSink(1_000),
        "source": file_source(b"abc", "abc.txt"),
        "stalled": lambda: UploadStalled("stalled"),
        "watch": watch,
    }


def for_sync_files() -> dict[str, Any]:
    """Return what has another meaning in the examples of the files of ``SyncPodio``."""
    transport = with_files()
    podio = SyncPodio("server", "my-app", "my-secret", transport=transport)
    podio.set_access_token({"access_token": "test", "expires_in": 3600})
    return {"podio": podio, "files": SyncFiles(podio)}
