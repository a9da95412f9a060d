from __future__ import annotations

from collections.abc import Iterator

import pytest

from podio_web.sandbox import Sandbox
from tests.sandbox.hook_receiver import Receiver, receiving
from tests.sandbox.push_support import LONG, Subscriber
from tests.sandbox.sandbox_support import Caller


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(control=True) as running:
        yield running


@pytest.fixture
def podio(sandbox: Sandbox) -> Iterator[Caller]:
    """A caller without a token, against a sandbox that is as at its start."""
    caller = Caller(sandbox.url)
    assert caller.post("/sandbox/reset").status == 200
    yield caller
    caller.close()


@pytest.fixture
def demo(podio: Caller) -> Caller:
    """The same, signed in as the demo person."""
    podio.sign_in()
    return podio


@pytest.fixture
def client(demo: Caller) -> Iterator[Subscriber]:
    """A client of the push service that has shaken hands. Its polls end soon, because it asks for that."""
    demo.settings(push_timeout=LONG)
    made = Subscriber(demo)
    made.handshake()
    yield made
    made.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of webhooks of this test's own: what the test before has sent may arrive late."""
    with receiving() as running:
        yield running
