"""Hashes of files, as browsers check them and as names carry them."""

from __future__ import annotations

import base64
import hashlib


def integrity(content: bytes) -> str:
    """Return the hash of a file as a browser checks it (https://www.w3.org/TR/SRI/#the-integrity-attribute).

    >>> integrity(b"alert(1)")[:14]
    'sha256-bhHHL3z'
    """
    return f"sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}"


def short_hash(*contents: bytes) -> str:
    """Return enough of a hash to tell one content from another in a file's name.

    >>> short_hash(b"alert(1)")
    '6e11c72f7c'
    """
    return hashlib.sha256(b"".join(contents)).hexdigest()[:10]
