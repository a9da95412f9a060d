"""Scopes of tokens (https://developers.podio.com/authentication/scopes)."""

from __future__ import annotations

import re
from typing import Any

from .refusals import Refusal

EVERYTHING = "global:all"
# 'type:permission', or with an object's ID: 'space_12:read'.
_SCOPE = re.compile(r"(?:(global|user|org|space|app)|(org|space|app)_([1-9][0-9]{0,17})):(read|write|delete|all)")
# For each type of object, the scopes that cover it: a space is covered by its own scope and by its org's.
_COVERS = {"user": ("user",), "org": ("org",), "space": ("org", "space"), "app": ("org", "space", "app")}


def granted(requested: str) -> str:
    """Return the scope to grant. An empty request grants everything.

    Args:
        requested: The requested scopes, separated by spaces.

    Raises:
        Refusal: 400 ``invalid_scope`` if one of them is invalid.

    Examples:
        >>> granted("space:read  space:delete")
        'space:read space:delete'
    """
    parts = requested.split()
    for part in parts:
        if not _SCOPE.fullmatch(part):
            raise Refusal(400, "invalid_scope", "The requested scope is invalid")
    return " ".join(dict.fromkeys(parts)) or EVERYTHING


def allows(scope: str, permission: str, kind: str, ids: dict[str, int]) -> bool:
    """Return whether a granted scope covers an operation.

    Args:
        scope: The granted scope.
        permission: ``read``, ``write`` or ``delete``.
        kind: The type of the object: ``user``, ``org``, ``space`` or ``app``.
        ids: The IDs of the object and of the objects that contain it, by type.

    Examples:
        >>> allows("space_12:read", "read", "app", {"space": 12, "app": 5001})
        True
    """
    for part in scope.split():
        match = _SCOPE.fullmatch(part)
        if match is None or match[4] not in (permission, "all"):
            continue
        general, specific, number = match[1], match[2], match[3]
        if general == "global" or general in _COVERS[kind]:
            return True
        if specific in _COVERS[kind] and ids.get(specific) == int(number):
            return True
    return False


def listed(scope: str) -> list[dict[str, Any]]:
    """Return a scope in the form of ``GET /oauth/scope``.

    See https://developers.podio.com/doc/oauth-authorization/get-scope-342360687.
    """
    found: dict[tuple[str | None, int | None], list[str]] = {}
    for part in scope.split():
        match = _SCOPE.fullmatch(part)
        if match is not None:
            kind = match[2] or (None if match[1] == "global" else match[1])
            found.setdefault((kind, int(match[3]) if match[3] else None), []).append(match[4])
    return [
        {"ref_type": kind, "ref_id": number, "permissions": permissions, "ref_data": None}
        for (kind, number), permissions in found.items()
    ]
