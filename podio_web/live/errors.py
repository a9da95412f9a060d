"""The errors of subscriptions."""

from podio_web.errors import PodioError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class PushRefused(PodioError):
    """Podio refused a subscription to a ``channel``, or wants no further attempts to connect.

    >>> raise PushRefused("Podio refused /item/6101: Incorrect signature.", channel="/item/6101")
    Traceback (most recent call last):
    podio_web.live.errors.PushRefused: Podio refused /item/6101: Incorrect signature.
    """

    def __init__(self, message: str, *, channel: "str | None" = None, **fields: "Any") -> None:
        super().__init__(message, **fields)
        self.channel = channel


def refusal(channel: str, said: str) -> PushRefused:
    """Return the error for a channel, with what Podio said.

    >>> refusal("/item/6101", "Incorrect signature.").channel
    '/item/6101'
    """
    return PushRefused(f"Podio refused {channel}: {said or 'no explanation'}", channel=channel)
