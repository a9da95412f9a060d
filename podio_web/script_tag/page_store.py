"""A session store of podio-js, written in JavaScript, as a session store of podio_web.

https://podio.github.io/podio-js/sessions/
"""

import json

from podio_web.oauth.encoding import read_record
from podio_web.oauth.token import Token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class PageStore:
    """Keeps the session in the page's ``sessionStore``. ``now`` returns seconds since 1970.

    A session has podio-js's names, and ``expiresAt`` in milliseconds. podio-js does not record when it received a
    token, so the lifetime of its own sessions starts when they are read.

    >>> podio = Podio("client", client_id="my-app", session_store=PageStore(js_host, time.time))
    """

    def __init__(self, js_host: "Any", now: "Callable[[], float]") -> None:
        self._js_host = js_host
        self._now = now

    async def get(self, auth_type: str) -> "Token | None":
        """Return the token in the page's store, or None if there is no valid session."""
        record = read_record(await self._js_host.readSession(auth_type))
        if not isinstance(record, dict) or not record.get("accessToken"):
            return None
        token = Token.from_podio_js(record, self._now())
        ends = record.get("expiresAt")
        if isinstance(ends, (int, float)) and not isinstance(ends, bool) and 0 < ends < 1e14:
            token.expires_at = ends / 1000
        return token

    async def set(self, token: Token, auth_type: str) -> None:
        """Store the token in the page's store."""
        await self._js_host.writeSession(json.dumps(podio_js_session(token, self._now())), auth_type)

    async def clear(self, auth_type: str) -> None:
        """Store an empty object, as podio-js does."""
        await self._js_host.writeSession("{}", auth_type)


def podio_js_session(token: Token, now: float) -> "dict[str, Any]":
    """Return a token as podio-js's auth object, without a refresh token.

    ``now`` is in seconds since 1970.

    >>> podio_js_session(podio.token, podio.token.expires_at - 60)["expiresIn"]
    60
    """
    return {
        "accessToken": token.access_token,
        "expiresIn": max(1, int(token.expires_at - now)),
        "expiresAt": int(token.expires_at * 1000),
        "ref": token.ref,
        "scope": token.scope,
    }
