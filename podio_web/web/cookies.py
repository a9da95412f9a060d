"""Signed texts and signed cookies, which a browser can send back but cannot create or change.

https://www.rfc-editor.org/rfc/rfc6265
"""

import hashlib
import time
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

try:
    from itsdangerous import BadData, TimestampSigner, URLSafeSerializer, URLSafeTimedSerializer
except ImportError:
    raise ImportError("itsdangerous is missing. Install it: pip install 'podio-web[server]'") from None

SecretKey: TypeAlias = str | Iterable[str]
"""One key, or several keys: the first one signs, and all verify."""

SHORTEST_KEY = 32
"""The shortest length of a secret key, in characters: 128 bits if they are hexadecimal digits."""

# Browsers accept cookies up to 4096 bytes (RFC 6265 section 6.1), so a longer one was not set here.
_LONGEST_VALUE = 4_096

CLOCK_SKEW = 60.0
"""How far the clock of another machine that signs cookies may be ahead, in seconds."""

_SIGNER = {"digest_method": hashlib.sha256}

# What browsers remove around a cookie's name (RFC 6265 section 5.2).
_BLANKS = " \t"


def signing_keys(secret_key: SecretKey) -> list[str]:
    """Return the keys in itsdangerous's order: the last one signs, and all verify.

    To replace a key, put the new one before the old one. Remove the old one when everything that it signed has expired.

    Args:
        secret_key: One key of at least 32 characters, or several keys of which the first one signs.

    Returns:
        The keys.

    Raises:
        ValueError: There is no key, or a key is too short.

    Examples:
        >>> keys = signing_keys([new_key, old_key])
    """
    keys = [secret_key] if isinstance(secret_key, str) else list(secret_key)
    if not keys or not all(isinstance(key, str) and len(key) >= SHORTEST_KEY for key in keys):
        raise ValueError(
            f"secret_key must be a text of at least {SHORTEST_KEY} random characters, or a list of such texts. "
            "Create one, and keep it secret: python -c 'import secrets; print(secrets.token_hex(32))'"
        )
    return keys[::-1]


class SignedText:
    """Signs texts for links. Anyone can read the texts, but only the application can create them.

    Args:
        kind: A name. A text that was signed for one kind is not valid for another.
        secret_key: One or several keys, as for ``signing_keys``.

    Raises:
        ValueError: ``secret_key`` is invalid.

    Examples:
        >>> scopes = SignedText("podio scope", secret_key)
        >>> scopes.read(scopes.sign("user:read"))
        'user:read'
    """

    def __init__(self, kind: str, secret_key: SecretKey) -> None:
        self._serializer = URLSafeSerializer(signing_keys(secret_key), salt=kind, signer_kwargs=_SIGNER)

    def sign(self, text: str) -> str:
        """Return the text with its signature. It consists of letters, digits and ``-_.``."""
        return str(self._serializer.dumps(text))

    def read(self, signed: str) -> str | None:
        """Return the text if the signature is valid, or None. Never raises."""
        if not signed.isascii() or len(signed) > _LONGEST_VALUE:
            return None
        try:
            return str(self._serializer.loads(signed))
        except BadData:
            return None


class SignedCookie:
    """A kind of cookie whose values are signed for its name.

    A kind can have many cookies at the same time, each with a ``suffix`` after its name.

    Args:
        name: The cookie's name.
        secret_key: One or several keys, as for ``signing_keys``.
        lifetime: The lifetime in seconds. It is checked when the cookie is read, so an old copy is not valid.
        secure: True for a site on https. The browser then sends the cookie on https only, and the prefix ``__Host-``
            prevents other hosts from setting it
            (https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#name-the-__host-prefix).

    Raises:
        ValueError: ``secret_key`` is invalid.

    Examples:
        >>> cookie = SignedCookie("session", secret_key, lifetime=3600, secure=True)
        >>> header = cookie.set("abc")
        >>> cookie.read(parse_cookies(header))
        'abc'
    """

    def __init__(self, name: str, secret_key: SecretKey, *, lifetime: int, secure: bool) -> None:
        self.name: str = f"__Host-{name}" if secure else name
        self._lifetime = lifetime
        self._attributes = "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")
        # The name is signed with the value, so a value is not valid under another name.
        self._serializer = URLSafeTimedSerializer(signing_keys(secret_key), signer_kwargs=_SIGNER)
        # Kept, because each request needs this one.
        self._signer = self._signer_of("")

    def __repr__(self) -> str:
        return f"<SignedCookie {self.name}>"

    def set(self, data: Any, suffix: str = "", lifetime: int | None = None) -> str:
        """Return the value of a ``Set-Cookie`` header.

        Args:
            data: The content: anything that can be JSON.
            suffix: Letters and digits to add to the name.
            lifetime: A shorter lifetime in seconds. None means this kind's own.
        """
        value = self._serializer.dumps(data, salt=self.name + suffix)
        seconds = self._lifetime if lifetime is None else lifetime
        return f"{self.name}{suffix}={value}; Max-Age={seconds}{self._attributes}"

    def delete(self, suffix: str = "") -> str:
        """Return the value of a ``Set-Cookie`` header that removes the cookie."""
        return f"{self.name}{suffix}=; Max-Age=0{self._attributes}"

    def read(self, cookies: Mapping[str, str], suffix: str = "") -> Any:
        """Return the data of a valid cookie, or None. Never raises."""
        found = self.read_signed(cookies, suffix)
        return None if found is None else found[0]

    def read_signed(self, cookies: Mapping[str, str], suffix: str = "") -> tuple[Any, float] | None:
        """Return a valid cookie's data and the time it was set, in seconds since 1970, or None. Never raises."""
        value = cookies.get(self.name + suffix)
        if value is None or not value.isascii() or len(value) > _LONGEST_VALUE:
            return None
        try:
            signer = self._signer_of(suffix) if suffix else self._signer
            payload, signed = signer.unsign(value, return_timestamp=True)
            data = self._serializer.load_payload(payload)
        except BadData:
            return None
        # Checked here, because the signer does not allow another machine's clock to be ahead.
        age = time.time() - signed.timestamp()
        return (data, signed.timestamp()) if -CLOCK_SKEW <= age <= self._lifetime else None

    def _signer_of(self, suffix: str) -> TimestampSigner:
        signer = self._serializer.make_signer(self.name + suffix)
        assert isinstance(signer, TimestampSigner)
        return signer

    def suffixes(self, cookies: Mapping[str, str]) -> list[str]:
        """Return the suffixes of this kind's cookies, valid or not.

        Names with other characters than letters and digits are left out, so that they are not repeated in a header.
        """
        found = [name[len(self.name) :] for name in cookies if name.startswith(self.name)]
        return [suffix for suffix in found if suffix.isascii() and suffix.isalnum()]


def parse_cookies(header: str) -> dict[str, str]:
    """Read a ``Cookie`` header. Never raises.

    Args:
        header: The value of the header.

    Returns:
        The cookies by name. If a name is repeated, the first value counts.

    Examples:
        >>> parse_cookies("a=1; b=2; a=3")
        {'a': '1', 'b': '2'}
    """
    cookies: dict[str, str] = {}
    for pair in header.split(";"):
        name, separator, value = pair.partition("=")
        if separator:
            # Not Unicode's other white space, which belongs to the name. To browsers, "\\xa0__Host-a" has no prefix, so
            # any host of the site can set it.
            cookies.setdefault(name.strip(_BLANKS), value.strip(_BLANKS))
    return cookies
