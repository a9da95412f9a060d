"""End a grant at Podio when a user signs out, so that its tokens are no longer valid.

https://developers.podio.com/doc/oauth-authorization/invalidate-grant-7997965
"""

from typing import TYPE_CHECKING, Any

from podio_web.client import Podio
from podio_web.errors import PodioError
from podio_web.stores.memory import MemoryStore
from podio_web.web.fault_log import kind, log, report

if TYPE_CHECKING:
    from podio_web.oauth.token import Token

LONGEST_CALL = 5.0
"""The time limit of each request in seconds, because the user waits."""


async def revoke(token: "Token", client_type: type[Podio], options: dict[str, Any]) -> None:
    """End the grant of a token. If this fails, the error is logged and not raised.

    An expired token is refreshed first, because Podio accepts only a valid token here. The session store is not used.

    Args:
        token: The token.
        client_type: The class of the client.
        options: The client's options.

    Examples:
        >>> await revoke(token, Podio, sign_in.client_options(None))
    """
    store = MemoryStore()
    store.set(token, options["auth_type"])
    timeout = min(options["timeout"], LONGEST_CALL)
    try:
        async with client_type(**{**options, "session_store": store, "timeout": timeout, "retry": None}) as podio:
            await podio.post("/oauth/grant/invalidate")
    except PodioError as problem:
        log.warning("Podio did not end the grant of a user who signed out: %s", kind(problem))
    except Exception as problem:
        report(problem, "revoking a grant")
