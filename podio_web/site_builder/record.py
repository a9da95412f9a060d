"""The records in a folder that podio-web has written to: the manifest, an unfinished build, and the assets.

All are JSON with podio-web's mark and a checksum of the rest. A record that somebody has edited, or that another tool
has made, is ignored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .hashes import integrity

MANIFEST = "podio-web.manifest.json"
"""Every file with its size and its hash, and the files by their purpose."""

UNFINISHED = "podio-web.unfinished.json"
"""What a build may have replaced or made, while it is under way."""

ASSETS = "podio-web.assets.json"
"""What ``podio-web assets`` has written into a folder."""

MARK: dict[str, str | int] = {"generator": "podio-web build", "format": 1}
LIMIT = 1_000_000  # bytes; a manifest has about ten thousand

OWN_NAME = re.compile(
    r"podio-web\.js|podio-web\.d\.ts|fast-pyodide\.mjs|pyscript\.mjs|callback\.html|_headers"
    r"|podio_web(_[a-z]+)?-[\w.]+-py3-none-any\.whl"
    r"|assets/\w[\w.-]*-[0-9a-f]{10}(\.\w+|/\w[\w.-]*)",
    re.ASCII,
)
"""The names of a build's files. A record with another name is not ours."""

ASSET_NAME = re.compile(
    r"static/callback\.html|podio_web(_[a-z]+)?-[\w.]+-py3-none-any\.whl|(pyodide|micropython|pyscript)/\w[\w.-]*",
    re.ASCII,
)
"""The names of the files of ``podio-web assets``. A record with another name is not ours."""


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
    return text_of(sealed({"unfinished": _lists(owned)}))


def asset_record(owned: Mapping[str, Iterable[str]]) -> bytes:
    """Return the record of what ``podio-web assets`` has written: hashes by name, several where a file may change.

    >>> read_assets(asset_record({"static/callback.html": ["sha256-a"]}))
    {'static/callback.html': {'sha256-a'}}
    """
    return text_of(sealed({"assets": _lists(owned)}))


def read_owned(content: bytes) -> dict[str, set[str]] | None:
    """Return the hashes that our files may have, by name; None if the record is not ours, or is not as we wrote it.

    >>> read_owned(b'{"files": {"../photo.jpg": {}}}') is None
    True
    """
    return _read(content, _of_build, OWN_NAME)


def read_assets(content: bytes) -> dict[str, set[str]] | None:
    """Return the hashes that the files of ``podio-web assets`` may have, by name; None as for ``read_owned``.

    >>> read_assets(b'{"assets": {"../photo.jpg": []}}') is None
    True
    """
    return _read(content, lambda record: _sets(record["assets"]), ASSET_NAME)


def _read(
    content: bytes, owned_of: Callable[[Any], dict[str, set[str]]], names: re.Pattern[str]
) -> dict[str, set[str]] | None:
    if len(content) > LIMIT:
        return None
    try:
        record = json.loads(content)
        marked = {name: value for name, value in record.items() if name != "checksum"}
        as_written = record["checksum"] == _checksum(marked) and content == text_of(record)
        if not as_written or any(record[name] != value for name, value in MARK.items()):
            return None
        owned = owned_of(record)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return owned if all(names.fullmatch(name) for name in owned) else None


def _of_build(record: Any) -> dict[str, set[str]]:
    if "unfinished" in record:
        return _sets(record["unfinished"])
    files = [*record["files"].items(), (record["headers"]["url"], record["headers"])]
    return {name: {entry["integrity"]} for name, entry in files}


def _sets(owned: Any) -> dict[str, set[str]]:
    return {name: set(hashes) for name, hashes in owned.items()}


def _lists(owned: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    return {name: sorted(hashes) for name, hashes in sorted(owned.items())}


def _checksum(marked: Mapping[str, Any]) -> str:
    return integrity(json.dumps(marked, sort_keys=True).encode())
