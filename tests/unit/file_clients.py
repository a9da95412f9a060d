"""``Files`` over each transport of CPython, with blocking methods for tests that hold for all of them."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from podio_web import Podio, SyncPodio
from podio_web.files import File, Files, SyncFiles
from podio_web.transports import BlockingHttpxTransport, HttpxTransport, UrllibTransport

WAYS = ("httpx", "httpx_blocking", "urllib")


class FilesHere(Protocol):
    """What the tests use of ``SyncFiles``, and of ``Files`` with an event loop around it."""

    upload: Callable[..., File]
    download: Callable[..., None]
    read: Callable[..., bytes]
    whole: Callable[..., tuple[int | None, str, list[bytes]]]


class _Awaited:
    def __init__(self, files: Files, runner: asyncio.Runner) -> None:
        self._files = files
        self.upload: Callable[..., File] = lambda *given, **options: runner.run(files.upload(*given, **options))
        self.download: Callable[..., None] = lambda *given, **options: runner.run(files.download(*given, **options))
        self.read: Callable[..., bytes] = lambda *given, **options: runner.run(files.read(*given, **options))
        self.whole: Callable[..., tuple[int | None, str, list[bytes]]] = lambda *given, **options: runner.run(
            self._whole(*given, **options)
        )

    async def _whole(self, file: Any, **options: Any) -> tuple[int | None, str, list[bytes]]:
        async with self._files.open(file, **options) as stream:
            return stream.size, stream.mimetype, [part async for part in stream]


class _Blocking:
    def __init__(self, files: SyncFiles) -> None:
        self.upload: Callable[..., File] = files.upload
        self.download: Callable[..., None] = files.download
        self.read: Callable[..., bytes] = files.read
        self.whole: Callable[..., tuple[int | None, str, list[bytes]]] = self._whole
        self._files = files

    def _whole(self, file: Any, **options: Any) -> tuple[int | None, str, list[bytes]]:
        with self._files.open(file, **options) as stream:
            return stream.size, stream.mimetype, list(stream)


def signed_in(podio: Any, *, expires_in: int = 28_800, renewable: bool = True) -> None:
    """Give a client a session, which it can renew."""
    renewal = {"refresh_token": "refresh-1"} if renewable else {}
    podio.set_access_token({"access_token": "token-1", "expires_in": expires_in, **renewal})


@contextmanager
def open_files(way: str, url: str, files_url: str | None = None, **session: Any) -> Iterator[FilesHere]:
    """Yield the files of a signed-in client whose API is at ``url``."""
    if way == "httpx":
        with asyncio.Runner() as runner:
            transport = HttpxTransport()
            podio = Podio("server", "my-app", "my-secret", api_url=url, transport=transport)
            signed_in(podio, **session)
            try:
                yield _Awaited(Files(podio, files_url=files_url), runner)
            finally:
                runner.run(transport.close())
        return
    blocking: Any = BlockingHttpxTransport() if way == "httpx_blocking" else UrllibTransport()
    client = SyncPodio("server", "my-app", "my-secret", api_url=url, transport=blocking)
    signed_in(client, **session)
    yield _Blocking(SyncFiles(client, files_url=files_url))
    asyncio.run(blocking.close())
