"""What the examples of webhooks use: a receiver, and the client that it uses."""

import types
from collections.abc import Awaitable, Callable
from typing import Any

from werkzeug.middleware.dispatcher import DispatcherMiddleware

from podio_web import Podio, SyncPodio
from podio_web.hooks import Hooks, MemoryInbox, SyncHooks
from podio_web.hooks.address import Secrets
from podio_web.hooks.registered import Registered
from podio_web.testing import SandboxControl


def for_hooks(module: str, wait: Callable[[Awaitable[Any]], Any], sandbox: SandboxControl) -> dict[str, Any]:
    """Return a receiver for the examples of webhooks, and the client that it uses."""
    secret = "abcdefghijklmnopqrstuvwxyz"
    is_blocking = module in ("podio_web.hooks.sync_hooks", "podio_web.hooks.wsgi")
    client: Any = (SyncPodio if is_blocking else Podio)("client", "demo-client", api_url=sandbox.url)
    client.set_access_token(sandbox.issue_token())

    async def opened() -> Any:
        return (SyncHooks if is_blocking else Hooks)(client, secret=secret, inbox=MemoryInbox())

    return {
        "app": types.SimpleNamespace(wsgi_app=None),
        "DispatcherMiddleware": DispatcherMiddleware,
        "hooks": wait(opened()),
        "MemoryInbox": MemoryInbox,
        "podio": client,
        "registered": Registered(client, Secrets(secret)),
    }
