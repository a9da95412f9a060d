"""What podio-web knows of a folder that it has built: a manifest, and a record of a build that is under way.

Both are JSON with podio-web's mark and a checksum over everything else in them. A record that somebody has edited, or
that another tool has made, proves nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from .hashes import integrity

MANIFEST = "podio-web.manifest.json"
"""Every file with its size and its hash, and which of them is which."""

UNFINISHED = "podio-web.unfinished.json"
"""What a build may have replaced or made, while it is under way."""

MARK = {"generator": "podio-web build", "format": 1}
LIMIT = 1_000_000  # bytes; a manifest has about ten thousand

OWN_NAME = re.compile(
    r"podio-web\.js|podio-web\.d\.ts|fast-pyodide\.mjs|callback\.html|_headers"
    r"|podio_web-[\w.]+-py3-none-any\.whl"
    r"|assets/\w[\w.-]*-[0-9a-f]{10}(\.\w+|/\w[\w.-]*)",
    re.ASCII,
)
"""The names that a build gives; a record with any other is not ours."""


def sealed(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record with podio-web's mark and its checksum.

    >>> sealed({"files": {}})["generator"]
    'podio-web build'
    """
    marked = {**MARK, **record}
    return {**marked, "checksum": _checksum(marked)}


def text_of(record: Mapping[str, Any]) -> bytes:
    """Return a record as it is written.

    >>> text_of({"files": {}})
    b'{\\n "files": {}\\n}\\n'
    """
    return f"{json.dumps(record, indent=1)}\n".encode()


def unfinished(owned: Mapping[str, Iterable[str]]) -> bytes:
    """Return the record of a build that is under way: hashes by name, several where a file is about to change.

    >>> read_owned(unfinished({"callback.html": ["sha256-a"]}))
    {'callback.html': {'sha256-a'}}
    """
    return text_of(sealed({"unfinished": {name: sorted(hashes) for name, hashes in sorted(owned.items())}}))


def read_owned(content: bytes) -> dict[str, set[str]] | None:
    """Return the hashes that our files may have, by name; None if the record is not ours, or is not as we wrote it.

    >>> read_owned(b'{"files": {"../photo.jpg": {}}}') is None
    True
    """
    if len(content) > LIMIT:
        return None
    try:
        record = json.loads(content)
        marked = {name: value for name, value in record.items() if name != "checksum"}
        as_written = record["checksum"] == _checksum(marked) and content == text_of(record)
        if not as_written or any(record[name] != value for name, value in MARK.items()):
            return None
        if "unfinished" in record:
            owned = {name: set(hashes) for name, hashes in record["unfinished"].items()}
        else:
            files = [*record["files"].items(), (record["headers"]["url"], record["headers"])]
            owned = {name: {entry["integrity"]} for name, entry in files}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return owned if all(OWN_NAME.fullmatch(name) for name in owned) else None


def _checksum(marked: Mapping[str, Any]) -> str:
    return integrity(json.dumps(marked, sort_keys=True).encode())
