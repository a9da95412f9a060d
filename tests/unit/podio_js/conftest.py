"""Each test that asks for a clients runs with ``Podio`` and with ``SyncPodio``."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.unit.fake_page import FakePage
from tests.unit.podio_js.support import Clients, FakeAPI


@pytest.fixture(params=["Podio", "SyncPodio"])
def clients(request: pytest.FixtureRequest) -> Iterator[Clients]:
    """Opens clients of each kind in turn."""
    if request.param == "SyncPodio":
        yield Clients(None)
        return
    with asyncio.Runner() as runner:
        yield Clients(runner)


@pytest.fixture
def fake_page(clients: Clients) -> FakePage:
    """The page, or the machine, that the clients's clients run on."""
    return clients.page


@pytest.fixture
def api(fake_page: FakePage) -> FakeAPI:
    """A Podio that the page's transport reaches."""
    return FakeAPI(fake_page)
