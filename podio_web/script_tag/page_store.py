"""A session store that a page wrote in JavaScript for podio-js, as a store of this package.

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
    """Keeps the session where ``sessionStore`` does; ``now`` returns seconds since 1970.

    What it is given has podio-js's names, and ``expiresAt`` in milliseconds besides: podio-js never notes when a token
    came, so a session of its own is taken for one that has just begun.

    >>> podio = Podio("client", client_id="my-app", session_store=PageStore(js_host, time.time))
    """

    def __init__(self, js_host: "Any", now: "Callable[[], float]") -> None:
        self._js_host = js_host
        self._now = now

    async def get(self, auth_type: str) -> "Token | None":
        """Return the token that the page holds; None for none, and for what is none."""
        record = read_record(await self._js_host.readSession(auth_type))
        if not isinstance(record, dict) or not record.get("accessToken"):
            return None
        token = Token.from_podio_js(record, self._now())
        ends = record.get("expiresAt")
        if isinstance(ends, (int, float)) and not isinstance(ends, bool) and 0 < ends < 1e14:
            token.expires_at = ends / 1000
        return token

    async def set(self, token: Token, auth_type: str) -> None:
        """Hand the token to the page."""
        await self._js_host.writeSession(json.dumps(podio_js_session(token, self._now())), auth_type)

    async def clear(self, auth_type: str) -> None:
        """Hand over an empty object, as podio-js does."""
        await self._js_host.writeSession("{}", auth_type)


def podio_js_session(token: Token, now: float) -> "dict[str, Any]":
    """Return what podio-js calls the auth object; there is never a refresh token in a page.

    >>> podio_js_session(podio.token, time.time())["expiresIn"]
    28800
    """
    return {
        "accessToken": token.access_token,
        "expiresIn": max(1, int(token.expires_at - now)),
        "expiresAt": int(token.expires_at * 1000),
        "ref": token.ref,
        "scope": token.scope,
    }
