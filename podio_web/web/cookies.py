"""Signed texts and cookies: what a browser may carry for the server, and cannot make up or change.

https://www.rfc-editor.org/rfc/rfc6265
"""

import hashlib
import time
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

try:
    from itsdangerous import BadData, TimestampSigner, URLSafeSerializer, URLSafeTimedSerializer
except ImportError:
    raise ImportError("Cookies are signed with itsdangerous: pip install podio-web[server]") from None

SecretKey: TypeAlias = str | Iterable[str]
"""One key, or several of which the first signs and all verify."""

SHORTEST_KEY = 32
"""Characters that a secret key needs at least: 128 bits even when they are hexadecimal digits."""

# RFC 6265 section 6.1: browsers keep 4096 bytes of a cookie; anything longer was not set here.
_LONGEST_VALUE = 4_096

CLOCK_SKEW = 60.0
"""Seconds that another machine's clock may be ahead of this one's when a cookie was signed there."""

_SIGNER = {"digest_method": hashlib.sha256}


def signing_keys(secret_key: SecretKey) -> list[str]:
    """Return the keys in itsdangerous's order: the last one signs, all verify.

    ``secret_key`` is one key of at least 32 characters, or several of which the first signs. To replace a key, put the
    new one before it. Remove the old one when whatever it has signed is too old.

    Raises ValueError without a key, or for one that is too short.

    >>> keys = signing_keys([new_key, old_key])
    """
    keys = [secret_key] if isinstance(secret_key, str) else list(secret_key)
    if not keys or not all(isinstance(key, str) and len(key) >= SHORTEST_KEY for key in keys):
        raise ValueError(
            f"secret_key must be a text of at least {SHORTEST_KEY} random characters that nobody else knows, or a list "
            "of such texts. Make one with: python -c 'import secrets; print(secrets.token_hex(32))'"
        )
    return keys[::-1]


class SignedText:
    """Signs texts of one kind, for links that the application writes and everybody may read.

    Arguments: ``kind`` keeps texts of one kind from counting as another; ``secret_key`` as for ``signing_keys``.

    >>> scopes = SignedText("podio scope", secret_key)
    >>> scopes.read(scopes.sign("user:read"))
    'user:read'
    """

    def __init__(self, kind: str, secret_key: SecretKey) -> None:
        self._serializer = URLSafeSerializer(signing_keys(secret_key), salt=kind, signer_kwargs=_SIGNER)

    def sign(self, text: str) -> str:
        """Return the text with its signature, of letters, digits and ``-_.``."""
        return str(self._serializer.dumps(text))

    def read(self, signed: str) -> str | None:
        """Return a text that was signed here, else None. Never raises."""
        if not signed.isascii() or len(signed) > _LONGEST_VALUE:
            return None
        try:
            return str(self._serializer.loads(signed))
        except BadData:
            return None


class SignedCookie:
    """One kind of cookie, with a signature that no other kind accepts.

    Arguments: ``name``; ``secret_key``, one or several as for ``signing_keys``; ``lifetime`` in seconds, which the
    signature holds as well, so that an old copy is worth nothing; ``secure`` for a site on https: then the browser
    sends the cookie there only, and the prefix ``__Host-`` keeps other hosts from setting it
    (https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#name-the-__host-prefix).

    A kind may have many cookies at once, each with a ``suffix`` to its name.

    >>> cookie = SignedCookie("session", secret_key, lifetime=3600, secure=True)
    >>> header = cookie.set("abc")
    >>> cookie.read(parse_cookies("__Host-session=…"))
    'abc'
    """

    def __init__(self, name: str, secret_key: SecretKey, *, lifetime: int, secure: bool) -> None:
        self.name = f"__Host-{name}" if secure else name
        self._lifetime = lifetime
        self._attributes = "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")
        # The whole name is signed with the value: one cookie's value is worth nothing under another name.
        self._serializer = URLSafeTimedSerializer(signing_keys(secret_key), signer_kwargs=_SIGNER)
        # Each request needs this one.
        self._signer = self._signer_of("")

    def __repr__(self) -> str:
        return f"<SignedCookie {self.name}>"

    def set(self, data: Any, suffix: str = "", lifetime: int | None = None) -> str:
        """Return the ``Set-Cookie`` header that gives the browser ``data``, anything that JSON can hold.

        ``lifetime`` in seconds may be shorter than the one of this kind.
        """
        value = self._serializer.dumps(data, salt=self.name + suffix)
        seconds = self._lifetime if lifetime is None else lifetime
        return f"{self.name}{suffix}={value}; Max-Age={seconds}{self._attributes}"

    def delete(self, suffix: str = "") -> str:
        """Return the ``Set-Cookie`` header that makes the browser forget the cookie."""
        return f"{self.name}{suffix}=; Max-Age=0{self._attributes}"

    def read(self, cookies: Mapping[str, str], suffix: str = "") -> Any:
        """Return the data of a cookie that was set here and is not too old, else None. Never raises."""
        found = self.read_signed(cookies, suffix)
        return None if found is None else found[0]

    def read_signed(self, cookies: Mapping[str, str], suffix: str = "") -> tuple[Any, float] | None:
        """Return such a cookie's data and when it was set, in seconds since 1970, else None. Never raises."""
        value = cookies.get(self.name + suffix)
        if value is None or not value.isascii() or len(value) > _LONGEST_VALUE:
            return None
        try:
            signer = self._signer_of(suffix) if suffix else self._signer
            payload, signed = signer.unsign(value, return_timestamp=True)
            data = self._serializer.load_payload(payload)
        except BadData:
            return None
        # Not by the signer, which has no patience with another machine's clock.
        age = time.time() - signed.timestamp()
        return (data, signed.timestamp()) if -CLOCK_SKEW <= age <= self._lifetime else None

    def _signer_of(self, suffix: str) -> TimestampSigner:
        signer = self._serializer.make_signer(self.name + suffix)
        assert isinstance(signer, TimestampSigner)
        return signer

    def suffixes(self, cookies: Mapping[str, str]) -> list[str]:
        """Return the suffixes under which the browser carries cookies of this kind, good or not.

        Only letters and digits: whatever else somebody has put into a name is not repeated in a header.
        """
        found = [name[len(self.name) :] for name in cookies if name.startswith(self.name)]
        return [suffix for suffix in found if suffix.isascii() and suffix.isalnum()]


def parse_cookies(header: str) -> dict[str, str]:
    """Read a ``Cookie`` header; of a repeated name the first one counts. Never raises.

    >>> parse_cookies("a=1; b=2; a=3")
    {'a': '1', 'b': '2'}
    """
    cookies: dict[str, str] = {}
    for pair in header.split(";"):
        name, separator, value = pair.partition("=")
        if separator:
            cookies.setdefault(name.strip(), value.strip())
    return cookies
