"""Read the carriers of push objects anew, when a signature has expired."""

from podio_web.errors import (
    ConnectionFailed,
    PodioError,
    RateLimitError,
    ServerError,
    StoreUnavailable,
    UnavailableError,
)
from podio_web.live.credentials import carrier_path, credential_of
from podio_web.live.errors import refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.client import Podio
    from podio_web.live.actions import Action
    from podio_web.live.bayeux import Machine

_PASSING = (RateLimitError, ServerError, UnavailableError, StoreUnavailable)


async def renew(podio: "Podio", machine: "Machine", channel: str) -> "list[Action]":
    """Read the carrier of a channel, and tell the machine. Returns its actions.

    If nobody is signed in, this waits for the person, as each request does.

    >>> actions = await renew(podio, machine, "/item/6101")
    """
    now = podio.context.runtime.now
    path, query = carrier_path(channel)
    try:
        credential = credential_of(await podio.get(path, query))
        if credential.channel != channel:
            raise ValueError("this is the credential of another channel")
    except ConnectionFailed:
        return machine.not_renewed(channel, now(), reached=False)
    except _PASSING:
        return machine.not_renewed(channel, now(), reached=True)
    except PodioError as problem:
        return machine.gone(channel, problem, now())
    except Exception as problem:  # no credential in it, a closed client, or whatever a hook or a store raises
        said = f"its signature expired, and cannot be read anew ({type(problem).__name__})"
        return machine.gone(channel, refusal(channel, said), now())
    return machine.renewed(credential, now())
