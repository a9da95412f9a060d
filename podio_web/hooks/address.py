"""The address of a receiver: ``<mount>/<secret>``. No I/O.

The secret in the path is the only proof that a delivery comes from Podio, because Podio signs nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

SECRET = re.compile(r"[A-Za-z0-9_-]{22,128}", re.ASCII)
"""What a secret looks like."""

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PORTS = {"http": 80, "https": 443}
# URL parsers drop these, or read them as something else (https://url.spec.whatwg.org/#url-parsing).
_CHANGED = re.compile(r"[\x00-\x20\x7f\\]")
_MAKE_ONE = 'python -c "import secrets; print(secrets.token_urlsafe(32))"'


class Secrets:
    """The secrets of a receiver: the one that new hooks get, and an older one during a rotation.

    Raises ValueError if a secret has fewer than 128 bits, or if there are more than two.

    >>> Secrets("S" * 10)
    Traceback (most recent call last):
    ...
    ValueError: secret must be 22 to 128 random characters of A-Z, a-z, 0-9, - and _. Make one: ...
    """

    def __init__(self, given: str | Sequence[str]) -> None:
        secrets = [given] if isinstance(given, str) else list(given)
        if not 1 <= len(secrets) <= 2:
            raise ValueError("secret must be one text, or two during a rotation: the new one first")
        for secret in secrets:
            # Random text of this length with so few different characters is as good as impossible.
            if not isinstance(secret, str) or not SECRET.fullmatch(secret) or len(set(secret)) < 8:
                raise ValueError(
                    f"secret must be 22 to 128 random characters of A-Z, a-z, 0-9, - and _. Make one: {_MAKE_ONE}"
                )
        self._secrets = secrets
        self._digests = [_digest(secret) for secret in secrets]

    def __repr__(self) -> str:
        return f"<Secrets, {len(self._secrets)}>"

    def match(self, path: str) -> bool:
        """Return whether the last part of a path is one of the secrets. The time does not depend on which, if any.

        >>> Secrets("abcdefghijklmnopqrstuvwxyz").match("/podio/abcdefghijklmnopqrstuvwxyz")
        True
        """
        digest = _digest(path.rpartition("/")[2])
        return sum([hmac.compare_digest(digest, known) for known in self._digests]) > 0

    def urls(self, mount: str) -> list[str]:
        """Return the URL of each secret below a mount that ``check_mount`` has accepted, the new one first."""
        return [f"{mount}/{secret}" for secret in self._secrets]


def check_mount(url: str) -> str:
    """Return the URL below which a receiver is, without a slash at the end.

    Raises ValueError if Podio would not deliver to it.

    >>> check_mount("https://example.com/podio/")
    'https://example.com/podio'
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("url has a port that is not a number up to 65535") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("url must be an address such as https://example.com/podio")
    if _CHANGED.search(url):
        raise ValueError("url must not have spaces, control characters or backslashes, which URL parsers change")
    if parts.username is not None or parts.password is not None:
        raise ValueError("url must not have a user name or a password: Podio shows it to every admin of the app")
    if parts.query or "?" in url:
        raise ValueError("url must not have a query: Podio moves it into the body. The secret is added to the path")
    if parts.fragment or "#" in url:
        raise ValueError("url must not have a fragment: it never reaches a server")
    if parts.hostname not in _LOOPBACK:
        if parts.scheme != "https":
            raise ValueError("url must start with https://, because over http others can read the secret in it")
        if port not in (None, *_PORTS.values()):
            raise ValueError("url must use port 443 or 80. Podio delivers to no other port")
    return url.rstrip("/")


def without_secret(url: str) -> str:
    """Return a URL to show to people. If its last part looks like a secret, only the start of that is left.

    >>> without_secret("https://example.com/podio/abcdefghijklmnopqrstuvwxyz")
    'https://example.com/podio/abcd…'
    """
    address = url.partition("?")[0].partition("#")[0]
    start, slash, last = address.rpartition("/")
    shown = f"{start}{slash}{last[:4]}…" if len(last) >= 16 and "://" in start else address
    return shown if address == url else f"{shown}?…"


def _digest(secret: str) -> bytes:
    # Digests have one length, so that comparing them always takes the same time.
    return hashlib.sha256(secret.encode(errors="surrogatepass")).digest()
