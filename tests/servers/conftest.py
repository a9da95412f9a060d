"""Each server with each store, started once for all tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from podio_web.sandbox import Sandbox
from podio_web.testing import SandboxControl
from tests.servers.rig import SERVERS, Person, RedisServer, Served, SQLiteFile, Store


@pytest.fixture(scope="module")
def running_sandbox() -> Iterator[SandboxControl]:
    with Sandbox(port=0, control=True) as sandbox:
        yield SandboxControl(sandbox.url)


@pytest.fixture
def sandbox(running_sandbox: SandboxControl) -> SandboxControl:
    """The sandbox with rotation on: a refresh token is good for one refresh."""
    running_sandbox.reset()
    running_sandbox.settings(rotate_refresh_tokens=True, general_limit=1_000_000)
    return running_sandbox


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
    running_sandbox: SandboxControl,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    """Uvicorn with four workers, and gunicorn with two of eight threads."""
    with Served(request.param, store.address, running_sandbox, tmp_path_factory.mktemp("served")) as served:
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
