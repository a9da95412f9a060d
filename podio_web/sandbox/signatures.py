"""Sign the channels of the push service, as the gem private_pub does (https://github.com/ryanb/private_pub).

The signature is the SHA-1 of a secret, the channel and a timestamp. The gem counts milliseconds, and Podio seconds.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from .clock import Clock

EXPIRES_IN = 21_600
"""Lifetime of a signature in seconds."""

_MOST_DIGITS = 20

INCORRECT = "Incorrect signature."
EXPIRED = "Signature has expired."


class Signatures:
    """Signs channels and checks signatures.

    Args:
        secret: Is part of each signature.
        clock: The sandbox's clock.

    Examples:
        >>> signatures = Signatures("secret", Clock())
        >>> credential = signatures.credential("/user/1001")
        >>> signatures.problem("/user/1001", credential["signature"], credential["timestamp"]) is None
        True
    """

    def __init__(self, secret: str, clock: Clock) -> None:
        self._secret = secret
        self._clock = clock
        # Signatures of an earlier second have expired.
        self._first = 0

    def credential(self, channel: str) -> dict[str, Any]:
        """Return the ``push`` object of a channel (https://developers.podio.com/examples/push)."""
        timestamp = max(int(self._clock.now()), self._first)
        signature = self._sign(channel, str(timestamp))
        return {"channel": channel, "signature": signature, "timestamp": timestamp, "expires_in": EXPIRES_IN}

    def problem(self, channel: str, signature: object, timestamp: object) -> str | None:
        """Return why a subscription is refused, or None if it is allowed.

        Args:
            channel: The channel of the subscription.
            signature: What the client sent as the signature.
            timestamp: What the client sent as the timestamp: seconds since 1970, as a number or a text.
        """
        text = str(timestamp)
        expected = self._sign(channel, text)
        is_number = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
        if (
            not isinstance(signature, str)
            or not is_number
            or not hmac.compare_digest(_bytes(signature), _bytes(expected))
        ):
            return INCORRECT
        seconds = int(text)
        return EXPIRED if seconds < self._first or seconds + EXPIRES_IN <= self._clock.now() else None

    def expire(self) -> None:
        """Let all signatures expire that have been handed out."""
        self._first = int(self._clock.now()) + 1

    def reset(self) -> None:
        """Undo ``expire``."""
        self._first = 0

    def _sign(self, channel: str, timestamp: str) -> str:
        return hashlib.sha1(_bytes(f"{self._secret}{channel}{timestamp}"), usedforsecurity=False).hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
