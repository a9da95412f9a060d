"""Files in image, file and video fields, and the few that the items of the initial data contain.

Of those few, only descriptions exist. Their links lead nowhere.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from .database import Store

if TYPE_CHECKING:
    from .values import Reader

PHOTO, DRAWING, DOCUMENT, FILM = 9501, 9502, 9503, 9504
_FILES = {
    PHOTO: ("photo.jpeg", "image/jpeg", 45_000),
    DRAWING: ("drawing.png", "image/png", 12_000),
    DOCUMENT: ("agenda.pdf", "application/pdf", 3_000_000_000),
    FILM: ("tour.mp4", "video/mp4", 8_000_000),
}


def has_file(store: Store, file_id: int) -> bool:
    """Return whether a field may contain the file."""
    return file_id in _FILES or _row(store, file_id) is not None


def show_file(reader: Reader, file_id: int) -> dict[str, Any] | None:
    """Return a file as it appears in a field of an item, or None if there is no such file."""
    if file_id in _FILES:
        return _described(file_id)
    row = _row(reader.call.world.store, file_id)
    return None if row is None else listed_file(reader, row)


def listed_file(reader: Reader, row: sqlite3.Row) -> dict[str, Any]:
    """Return a file as items, comments and lists show it."""
    link = f"{reader.call.files_origin}/{row['file_id']}"
    return {
        "file_id": row["file_id"],
        "name": row["name"],
        "description": row["description"],
        "mimetype": row["mimetype"],
        "size": row["size"],
        "link": link,
        "link_target": "_blank",
        "perma_link": None,
        "thumbnail_link": link if row["is_picture"] else None,
        "hosted_by": "podio",
        "hosted_by_humanized_name": "Podio",
        "external_file_id": None,
        "created_on": row["created_on"],
        "created_by": reader.people.byline(row["created_by"]),
        "created_via": reader.people.via(row["created_via"]),
    }


def _row(store: Store, file_id: int) -> sqlite3.Row | None:
    return store.one("SELECT * FROM file WHERE file_id = ? AND deleted = 0", file_id)


def _described(file_id: int) -> dict[str, Any]:
    name, mimetype, size = _FILES[file_id]
    link = f"https://files.podio.com/{file_id}"
    return {
        "file_id": file_id,
        "name": name,
        "description": None,
        "mimetype": mimetype,
        "size": size,
        "link": link,
        "link_target": "_blank",
        "perma_link": None,
        "thumbnail_link": link,
        "hosted_by": "podio",
        "hosted_by_humanized_name": "Podio",
        "external_file_id": None,
    }
