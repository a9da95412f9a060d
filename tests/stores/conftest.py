"""The three stores on the real thing: files on disk, and a Redis server of these tests' own."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio

from podio_web.runtime.interpreter import is_awaitable
from podio_web.stores.records import KeyedStore
from podio_web.stores.redis import RedisStore
from tests.redis_server import RedisServer
from tests.stores.workers import API, closing, open_store

KINDS = ("file", "sqlite", "redis")


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis server on a Unix socket, which these tests alone use."""
    # A socket's path has room for about 100 characters, which pytest's directories may use up.
    with tempfile.TemporaryDirectory(prefix="redis") as directory:
        server = RedisServer(Path(directory))
        try:
            yield server.url
        finally:
            server.stop()


@pytest.fixture
def empty_redis(redis_url: str) -> str:
    """The server's URL, with nothing in it."""
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    return redis_url


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Each of the stores in turn."""
    return str(request.param)


@pytest.fixture
def address(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """Where the store of this kind is: a path or a URL."""
    if kind.startswith("redis"):
        return str(request.getfixturevalue("empty_redis"))
    return str(tmp_path / "sessions")


class Waited:
    """A store whose methods have been waited for where that is needed."""

    def __init__(self, store: Any, runner: asyncio.Runner) -> None:
        self._store = store
        self._runner = runner

    def __repr__(self) -> str:
        return repr(self._store)

    def __getattr__(self, name: str) -> Any:
        def method(*arguments: Any) -> Any:
            answer = self._runner.run(_settled(getattr(self._store, name), arguments))
            return Waited(answer, self._runner) if isinstance(answer, KeyedStore) else answer

        return method


async def _settled(method: Any, arguments: tuple[Any, ...]) -> Any:
    answer = method(*arguments)
    return await answer if is_awaitable(answer) else answer


@pytest.fixture(params=[*KINDS, "redis, asyncio"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """Each of the stores in turn, for everybody's sessions with one client."""
    if request.param in KINDS:
        where = request.getfixturevalue("empty_redis") if request.param == "redis" else str(tmp_path / "sessions")
        yield open_store(request.param, where)
        return
    client = redis.asyncio.Redis.from_url(request.getfixturevalue("empty_redis"))
    with asyncio.Runner() as runner:
        yield Waited(RedisStore(client).for_client(API, "my-app"), runner)
        runner.run(closing(client))
