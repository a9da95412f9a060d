"""What both web applications are made with; environment variables say it."""

import os
from typing import Any

import redis.asyncio

from podio_web.stores.redis import RedisStore
from tests.stores.workers import API, open_store

CALLBACK = "/podio/callback"


def sign_in_options(*, awaits: bool) -> dict[str, Any]:
    """Return the options of the middleware; ``awaits`` is for an application with an event loop."""
    kind, address = os.environ["STORE"].split(" ", 1)
    if kind == "redis" and awaits:
        store: Any = RedisStore(redis.asyncio.Redis.from_url(address)).for_client(API, "my-app")
    else:
        store = open_store(kind, address)
    return {
        "client_id": "demo-client",
        "client_secret": "demo-secret",
        "secret_key": "a key of tests, 32 characters or more",
        "redirect_uri": f"{os.environ['ORIGIN']}{CALLBACK}",
        "store": store,
        "api_url": os.environ["PODIO_API_URL"],
        "timeout": float(os.environ["TIMEOUT"]),
        "retry": None,
    }
