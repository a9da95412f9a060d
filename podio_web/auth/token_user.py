"""Look up a token's user when the redirect response does not include it.

After a renewal it shows whether the same person signed in again.
https://developers.podio.com/doc/users/get-user-status-22480
"""

from podio_web.errors import PodioError
from podio_web.http import authorized, build_request, read_response
from podio_web.oauth.token import read_ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.auth.context import Context
    from podio_web.oauth.token import Token
    from podio_web.types import Transport

LOOK_UP_TIMEOUT = 10.0
"""The timeout of the request in seconds. It is short because a person who has just signed in waits for it."""


async def look_up_user(token: "Token", context: "Context") -> None:
    """Set the missing ``token.ref``. It stays None if the request fails, such as without the scope ``user:read``.

    A transport that does not return bodies has another one, ``plain``, that does.

    >>> await look_up_user(token, context)
    """
    transport: Transport = getattr(context.transport, "plain", context.transport)
    request = authorized(build_request(context.identity.api_origin, "GET", "/user/status"), token.access_token)
    try:
        status = read_response(request, await transport.perform(request, LOOK_UP_TIMEOUT))
    except PodioError:
        return
    user = status.get("user") if isinstance(status, dict) else None
    if isinstance(user, dict):
        token.ref = read_ref({"type": "user", "id": user.get("user_id")})
