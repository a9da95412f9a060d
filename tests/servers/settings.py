"""What both web applications are made with; environment variables say it."""

import os
from typing import Any

from tests.stores.workers import open_store

CALLBACK = "/podio/callback"


def sign_in_options(redis: str) -> dict[str, Any]:
    """Return the options of the middleware; ``redis`` is the kind of store that stands for Redis."""
    kind, address = os.environ["STORE"].split(" ", 1)
    return {
        "client_id": "demo-client",
        "client_secret": "demo-secret",
        "secret_key": "a key of tests, 32 characters or more",
        "redirect_uri": f"{os.environ['ORIGIN']}{CALLBACK}",
        "store": open_store(redis if kind == "redis" else kind, address),
        "api_url": os.environ["PODIO_API_URL"],
        "timeout": float(os.environ["TIMEOUT"]),
        "retry": None,
    }
