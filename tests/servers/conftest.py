"""Each server with each store, started once for all tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from podio_web.testing import SandboxControl
from tests.redis_server import RedisServer
from tests.servers.rig import SERVERS, Person, Served, SQLiteFile, Store


@pytest.fixture
def sandbox(podio_sandbox: SandboxControl) -> Iterator[SandboxControl]:
    """The sandbox with rotation on: a refresh token is good for one refresh."""
    podio_sandbox.reset()
    podio_sandbox.settings(rotate_refresh_tokens=True, general_limit=1_000_000)
    yield podio_sandbox
    podio_sandbox.reset()


@pytest.fixture(scope="module", params=["sqlite", "redis"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    kind = RedisServer if request.param == "redis" else SQLiteFile
    store = kind(_short_folder(tmp_path_factory))
    yield store
    store.stop()


@pytest.fixture(scope="module", params=SERVERS)
def served(
    request: pytest.FixtureRequest,
    store: Store,
    podio_sandbox: SandboxControl,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    """Uvicorn with four workers, and gunicorn with two of eight threads."""
    with Served(request.param, store.address, podio_sandbox, tmp_path_factory.mktemp("served")) as served:
        yield served


@pytest.fixture
def person(served: Served, sandbox: SandboxControl) -> Person:
    """Somebody who is signed in, and whose access token has just ended."""
    person = served.sign_in()
    assert person.me() == (200, 1001)
    sandbox.expire_tokens()
    sandbox.clear_calls()
    return person


def _short_folder(factory: pytest.TempPathFactory) -> Path:
    # A socket's path has room for about 100 characters.
    folder = factory.mktemp("s")
    assert len(str(folder)) < 80
    return folder
