"""The parts of ``podio_web.files`` that pages share run on MicroPython and Pyodide."""

from pathlib import Path

import pytest

from podio_web.site_builder.bundle import page_sources, strip
from tests.conftest import ROOT
from tests.unit.in_interpreters import INTERPRETERS, told_by

SHARED = ("__init__", "file", "files", "links", "names", "queue", "sinks", "stream", "transfers", "watch")
PROGRAM = r"""
import asyncio
import json

from podio_web.errors import LoginRequired, PodioError
from podio_web.files import File, Files, FileStream, SyncFiles, UploadStalled
from podio_web.files.names import safe_name
from podio_web.files.queue import Queue
from podio_web.files.sinks import BytesSink
from podio_web.files.watch import Watch
from podio_web.http import Response
from podio_web.client import Podio
from podio_web.runtime.interpreter import spawn
from podio_web.runtime.shared_outcome import SharedOutcome

told = {}
names = ["C:\\a\\b.pdf", "a\r\nb", "exe\u202egpj.exe", "..", "", "\U0001f680" * 300 + ".png", "half" + chr(0xD83D)]
told["names"] = [len(name) if len(name) > 40 else name for name in map(safe_name, names)]


class Runtime:
    def shared_outcome(self):
        return SharedOutcome()

    def start(self, coroutine):
        return spawn(coroutine)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


clock = Clock()
seen = []
watch = Watch(
    clock, lambda: UploadStalled("stalled"), lambda: PodioError("silent"), lambda done, size: seen.append([done, size])
)
watch.begin(5_000_000_000)
clock.now = 1.0
watch.moved(4_294_967_297)
watch.finish()
clock.now = 61.0
try:
    watch.check()
except UploadStalled as problem:
    told["late"] = str(problem)
told["seen"] = seen


async def receive(sink):
    await sink.begin(5, "text/csv")
    await sink.write(b"a,b")
    await sink.write(b"\r\n")


async def fail(sink):
    await sink.begin(None, "")
    await sink.write(b"a")
    raise PodioError("lost")


async def read(begin):
    parts = []
    try:
        async with FileStream(begin, Runtime()) as stream:
            async for part in stream:
                parts.append(part.decode())
    except PodioError as problem:
        parts.append(str(problem))
    return parts, stream.size


async def leave():
    async with FileStream(receive, Runtime()) as stream:
        async for part in stream:
            return part.decode()


told["stream"] = await read(receive)
told["failed"] = (await read(fail))[0]
told["left"] = await leave()


class Source:
    name = "a.csv"
    size = 3


class Transport:
    def source(self, given, name):
        return Source()

    async def upload(self, request, source, watch):
        watch.moved(3)
        watch.sent()
        return Response(200, {}, '{"file_id": 3000000001}')

    async def download(self, request, sink, watch):
        await receive(sink)
        return Response(200, {}, "")

    async def perform(self, request, timeout):
        return Response(204, {}, "")

    async def close(self):
        pass


podio = Podio("client", "my-app", transport=Transport())
podio.set_access_token({"access_token": "test", "expires_in": 3600})
files = Files(podio, transport=Transport())
done = []
uploads = [files.upload("a", name="a.csv", on_progress=lambda sent, size: done.append([sent, size])) for _ in range(8)]
told["uploads"] = [file.file_id for file in await asyncio.gather(*uploads)]
told["done"] = done[-1]
told["read"] = (await files.read(File({"file_id": 7001}))).decode()
try:
    await files.read(7001, largest=4)
except PodioError as problem:
    told["large"] = str(problem)[:36]
try:
    await files.download(7001, "copy.csv")
except ValueError as problem:
    told["path"] = str(problem)
await files.attach(7001, "item", 6101)


class Leaving(Transport):
    async def upload(self, request, source, watch):
        outcome = SharedOutcome()
        watch.on_stop = lambda: outcome.succeed(None)
        await podio.logout()
        await outcome.wait()
        watch.check()


try:
    await Files(podio, transport=Leaving()).upload("a", name="a.csv")
except LoginRequired as problem:
    told["signed_out"] = str(problem)[:36]
try:
    SyncFiles(podio)
except Exception as problem:
    told["sync"] = type(problem).__name__
print(json.dumps(told))
"""
PLACE = "globalThis.location = new URL('http://localhost/page.html'); globalThis.window = globalThis;"


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_files_do_in_a_page_what_they_do_here(interpreter: str, tmp_path: Path) -> None:
    folder = ROOT / "podio_web" / "files"
    shared = {f"podio_web/files/{name}.py": (folder / f"{name}.py").read_text(encoding="utf-8") for name in SHARED}
    sources = page_sources() | {path: strip(source) for path, source in shared.items()}
    (told,) = told_by(tmp_path, interpreter, PROGRAM, sources, {"page": PLACE}, timeout=120)
    assert told == {
        "names": ["b.pdf", "ab", "exegpj.exe", "file", "file", 255, "half\ufffd"],
        "late": "stalled",
        "seen": [[0, 5_000_000_000], [4_294_967_297, 5_000_000_000], [5_000_000_000, 5_000_000_000]],
        "stream": [["a,b", "\r\n"], 5],
        "failed": ["a", "lost"],
        "left": "a,b",
        "uploads": [3_000_000_001] * 8,
        "done": [3, 3],
        "read": "a,b\r\n",
        "large": "The file is larger than 4 bytes. Use",
        "path": "A page has no folders. Call download(file): the browser asks where to save it.",
        "signed_out": "The user signed out during a transfe",
        "sync": "ImportError",
    }
