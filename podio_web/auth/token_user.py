"""Whose a token is, asked of Podio where the answer to the sign-in did not say.

Without it nobody could tell, after a renewal, whether the same person signed in again.
https://developers.podio.com/doc/users/get-user-status-22480
"""

from podio_web.errors import PodioError
from podio_web.http import authorized, build_request, judge
from podio_web.oauth.token import read_ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from podio_web.oauth.token import Token
    from podio_web.runtime.protocols import Transport

PATIENCE = 10.0
"""Seconds that the question may take: somebody who has just signed in waits for it."""


class TokenUsers:
    """Asks one API whose tokens are; of a transport that leaves bodies elsewhere, its ``plain`` one brings the answer.

    >>> await TokenUsers("https://api.podio.com", transport).complete(token)
    """

    def __init__(self, api_origin: str, transport: "Transport") -> None:
        self._api_origin = api_origin
        self._transport: Transport = getattr(transport, "plain", transport)

    async def complete(self, token: "Token") -> None:
        """Fill in the missing ``token.ref``; it stays None where Podio does not tell, as without ``user:read``."""
        token.ref = await self._ask(token)

    async def _ask(self, token: "Token") -> "dict[str, Any] | None":
        request = authorized(build_request(self._api_origin, "GET", "/user/status"), token.access_token)
        try:
            status = judge(request, await self._transport.perform(request, PATIENCE))
        except PodioError:
            return None
        user = status.get("user") if isinstance(status, dict) else None
        return read_ref({"type": "user", "id": user.get("user_id")}) if isinstance(user, dict) else None
