"""An asynchronous client for tests that run with the blocking one as well."""

import asyncio
from typing import Any

from podio_web import Podio
from podio_web.runtime.interpreter import is_awaitable


class Waited:
    """A client whose coroutines have been waited for, so that it looks like ``SyncPodio``."""

    def __init__(self, client: Podio, runner: asyncio.Runner) -> None:
        self._client = client
        self._runner = runner

    def __repr__(self) -> str:
        return repr(self._client)

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._client, "aclose" if name == "close" else name)
        if not callable(member):
            return member

        def method(*arguments: Any, **options: Any) -> Any:
            result = member(*arguments, **options)
            return self._runner.run(result) if is_awaitable(result) else result

        return method
