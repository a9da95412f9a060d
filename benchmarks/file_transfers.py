"""What an upload through ``Files`` costs on CPython, beside the same file through bare httpx2 or urllib.

    .venv/bin/python benchmarks/file_transfers.py

starts a server in a process of its own that reads and forgets, and uploads a file from the disk to it. Each upload runs
in a new process, so that its memory can be told. They take turns, and the table shows medians: MB per second, the ratio
to the bare library within each round, and how much the resident memory grew above that after a small upload.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

MB = 1_000_000
SMALL = 1 * MB
# The rows, and which of them each is compared with.
ROWS = {
    "httpx2, async": "",
    "Files": "httpx2, async",
    "Files, progress": "Files",
    "httpx2": "",
    "SyncFiles, httpx2": "httpx2",
    "SyncFiles, httpx2, progress": "SyncFiles, httpx2",
    "urllib": "",
    "SyncFiles, urllib": "urllib",
    "SyncFiles, urllib, progress": "SyncFiles, urllib",
}


def serve(pipe: "Connection[str, None]") -> None:
    """Read and forget what is uploaded until the other end says otherwise."""
    listener = socket.create_server(("127.0.0.1", 0))
    pipe.send(f"http://127.0.0.1:{listener.getsockname()[1]}")

    def accept() -> None:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=receive, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    pipe.recv()


def receive(connection: socket.socket) -> None:
    """Answer the requests of one connection."""
    buffer = bytearray(MB)
    answer = b'{"file_id": 7001}'
    head = b""
    while True:
        part = connection.recv(65_536)
        if not part:
            return
        head += part
        if b"\r\n\r\n" not in head:
            continue
        lines, _, rest = head.partition(b"\r\n\r\n")
        (length,) = [
            int(line.split(b":")[1]) for line in lines.split(b"\r\n") if line.lower().startswith(b"content-length")
        ]
        left = length - len(rest)
        while left > 0:
            left -= connection.recv_into(buffer, min(left, MB))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))
        head = b""


def on_progress(done: int, size: int | None) -> None:
    """Do what a handler does at least."""


def upload_bare(url: str, way: str) -> Callable[[Path], object]:
    """Return what uploads with a library alone."""
    if way == "urllib":
        opener = build_opener(ProxyHandler({}))

        def by_urllib(path: Path) -> object:
            with path.open("rb") as file:
                headers = {"Content-Length": str(path.stat().st_size), "Content-Type": "application/octet-stream"}
                return json.load(opener.open(Request(f"{url}/file/", file, headers, method="POST")))  # noqa: S310

        return by_urllib
    import httpx2

    if way == "httpx2":

        def by_client(path: Path) -> object:
            with path.open("rb") as file, httpx2.Client(timeout=None) as client:
                return client.post(f"{url}/file/", files={"source": file}, data={"filename": path.name}).json()

        return by_client

    def by_async_client(path: Path) -> object:
        async def upload() -> object:
            # httpx2 reads the file in the event loop.
            with path.open("rb") as file:
                async with httpx2.AsyncClient(timeout=None) as client:
                    sent = await client.post(f"{url}/file/", files={"source": file}, data={"filename": path.name})
                    return sent.json()

        return asyncio.run(upload())

    return by_async_client


def upload_with_files(url: str, row: str) -> Callable[[Path], object]:
    """Return what uploads with podio_web."""
    from podio_web import Podio, SyncPodio
    from podio_web.files import Files, SyncFiles
    from podio_web.transports import BlockingHttpxTransport, HttpxTransport, UrllibTransport

    handler = on_progress if "progress" in row else None
    token = {"access_token": "test", "expires_in": 86_400}
    if row.startswith("SyncFiles"):
        transport: Any = UrllibTransport() if "urllib" in row else BlockingHttpxTransport()
        client = SyncPodio("server", "my-app", "my-secret", api_url=url, transport=transport)
        client.set_access_token(token)
        return lambda path: SyncFiles(client).upload(path, on_progress=handler)

    def upload(path: Path) -> object:
        async def run() -> object:
            podio = Podio("server", "my-app", "my-secret", api_url=url, transport=HttpxTransport())
            podio.set_access_token(token)
            return await Files(podio).upload(path, on_progress=handler)

        return asyncio.run(run())

    return upload


def resident() -> float:
    """Return the largest resident memory of this process so far, in MB."""
    if sys.platform == "win32":
        return 0.0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / MB


def measure(pipe: "Connection[tuple[float, float, float], None]", url: str, row: str, small: Path, large: Path) -> None:
    """Upload the small and then the large file; tell seconds, processor seconds and growth in MB."""
    upload = upload_with_files(url, row) if "Files" in row else upload_bare(url, row)
    upload(small)
    before = resident()
    started, worked = time.perf_counter(), time.process_time()
    upload(large)
    pipe.send((time.perf_counter() - started, time.process_time() - worked, resident() - before))


def run(context: Any, *arguments: Any) -> tuple[float, float, float]:
    """Return what ``measure`` tells from a process of its own."""
    here, there = context.Pipe()
    process = context.Process(target=measure, args=(there, *arguments))
    process.start()
    told: tuple[float, float, float] = here.recv()
    process.join()
    return told


def compare(context: Any, url: str, size: int, rounds: int, folder: Path) -> None:
    """Measure and print."""
    small, large = folder / "small.bin", folder / "large.bin"
    small.write_bytes(os.urandom(SMALL))
    block = os.urandom(MB)
    with large.open("wb") as file:
        for _ in range(size):
            file.write(block)
    told: dict[str, list[tuple[float, float, float]]] = {row: [] for row in ROWS}
    for number in range(rounds):
        # Who begins changes with each round: a machine that gets slower or faster is fair to both.
        for row in ROWS if number % 2 == 0 else reversed(ROWS):
            told[row].append(run(context, url, row, small, large))
    print(f"an upload of {size} MB, medians of {rounds} rounds; ratio: throughput beside the row that is named")
    print(f"{'row':28} {'MB/s':>6} {'CPU s':>6} {'grew MB':>8} {'ratio':>6}  each round's ratio")
    for row, other in ROWS.items():
        seconds, worked, grew = (statistics.median(column) for column in zip(*told[row], strict=True))
        line = f"{row:28} {size / seconds:6.0f} {worked:6.2f} {grew:8.1f}"
        if other:
            ratios = [theirs[0] / own[0] for own, theirs in zip(told[row], told[other], strict=True)]
            each = " ".join(f"{ratio:.2f}" for ratio in ratios)
            line += f" {statistics.median(ratios):6.2f}  {each}  ({other})"
        print(line)


def main() -> None:
    """Start the server, compare, stop it."""
    parser = argparse.ArgumentParser(description="Compare uploads through Files with uploads through bare libraries.")
    parser.add_argument("--size", type=int, default=1000, help="MB of the large file (1000)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds per row (5)")
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs,))
    process.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            compare(context, ours.recv(), options.size, options.rounds, Path(folder))
    finally:
        ours.send(None)
        process.join()


if __name__ == "__main__":
    main()
