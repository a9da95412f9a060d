"""Ending a grant at Podio when a person signs out, so that its tokens are worth nothing from then on.

https://developers.podio.com/doc/oauth-authorization/invalidate-grant-7997965
"""

from typing import TYPE_CHECKING, Any

from podio_web.client import Podio
from podio_web.errors import PodioError
from podio_web.stores.memory import MemoryStore
from podio_web.web.faults import kind, log, report

if TYPE_CHECKING:
    from podio_web.oauth.token import Token

LONGEST_CALL = 5.0
"""Seconds that each call may take: the person waits for it."""


async def revoke(token: "Token", client_type: type[Podio], options: dict[str, Any]) -> None:
    """End the grant that a token belongs to. Whatever fails is logged and not raised.

    ``client_type`` and ``options`` are those of the client. A token that has expired is refreshed first, because Podio
    would not know whose grant to end; the store is not touched.

    >>> await revoke(token, Podio, {"auth_type": "server", "client_id": "my-app", "client_secret": secret})
    """
    store = MemoryStore()
    store.set(token, options["auth_type"])
    timeout = min(options["timeout"], LONGEST_CALL)
    try:
        async with client_type(**{**options, "session_store": store, "timeout": timeout, "retry": None}) as podio:
            await podio.post("/oauth/grant/invalidate")
    except PodioError as problem:
        log.warning("Podio did not end the grant of a person who signed out: %s", kind(problem))
    except Exception as problem:
        report(problem, "revoking a grant")
