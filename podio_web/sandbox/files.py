"""Files (https://developers.podio.com/doc/files), and the links to them and to their thumbnails."""

from __future__ import annotations

import asyncio
import mimetypes
import re
import sqlite3
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from .apps import find_app
from .attachments import attach, find_file, record_files
from .contents import Incoming
from .downloads import Download
from .fetching import LARGEST, fetch
from .fileviews import full_file
from .orgs import find_space
from .refusals import Refusal, not_found
from .routing import Call, Empty, Operations
from .scopes import allows
from .thumbnails import SIZES, is_picture, thumbnail
from .uploads import Upload
from .validation import as_choice, as_integer, as_object, as_string, invalid
from .values import Reader

table: Operations = Operations()

_NO_SOURCE = "'source' parameter must given as multipart/form-data with type 'file'"
_UNKNOWN_TYPE = "application/octet-stream"
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,64}/[a-z0-9!#$&^_.+-]{1,64}")
_FILE_TYPES = ("image", "application", "video", "text", "audio")
# Files with the app and the space that they belong to. Deleted and replaced files, and those of deleted items, are
# left out.
_LISTED = """
    SELECT file.*, app.app_id, space.space_id, space.org_id FROM file
    LEFT JOIN comment ON file.ref_type = 'comment' AND comment.comment_id = file.ref_id AND comment.deleted = 0
    LEFT JOIN item ON item.item_id = CASE file.ref_type WHEN 'item' THEN file.ref_id ELSE comment.item_id END
        AND item.deleted = 0
    LEFT JOIN app USING (app_id)
    JOIN space ON space.space_id = CASE file.ref_type WHEN 'space' THEN file.ref_id ELSE app.space_id END
    WHERE file.deleted = 0 AND file.replaced_by IS NULL
"""


@dataclass
class _Fetched:
    """What was fetched for ``from_url``."""

    name: str
    media_type: str | None
    content: Incoming


@table.add("POST", "/file", "/file/v2", body="upload")
def upload(call: Call) -> dict[str, Any]:
    """Store an uploaded file."""
    sent: Upload = call.body
    if sent.source is None or not sent.is_complete:
        raise Refusal(400, "invalid_value", _NO_SOURCE)
    return _stored(call, sent.source, sent.name, sent.arrival.content_type)


async def _fetched(call: Call) -> _Fetched:
    url = as_string(as_object(call.body).get("url"), 2000, blank=False)
    call.require("app")
    largest = call.world.settings.largest_upload
    content = call.world.contents.receive()
    try:
        name, media_type = await asyncio.to_thread(fetch, url, content, LARGEST if largest is None else largest)
    except BaseException:
        content.discard()
        raise
    return _Fetched(name, media_type, content)


@table.add("POST", "/file/from_url", body="required", prepare=_fetched)
def upload_from_url(call: Call) -> dict[str, Any]:
    """Fetch a file from a URL of this machine, and store it."""
    sent: _Fetched = call.body
    try:
        return _stored(call, sent.content, sent.name, sent.media_type)
    finally:
        sent.content.discard()


def _stored(call: Call, content: Incoming, name: str, media_type: str | None) -> dict[str, Any]:
    call.require("app")
    file_id = call.world.store.insert(
        "file",
        name=name,
        mimetype=_mimetype(name, media_type),
        size=content.size,
        sha256=content.sha256,
        content=content.keep(),
        is_picture=is_picture(content.head),
        created_on=call.world.clock.stamp(),
        created_by=call.identity.author,
        created_via=call.identity.client_id,
    )
    return full_file(Reader(call), find_file(call, file_id))


def _mimetype(name: str, sent: str | None) -> str:
    """Return the type that the client sent. If it sent none or none in particular, the name decides."""
    kind = (sent or "").partition(";")[0].strip().lower()
    if kind != _UNKNOWN_TYPE and _MEDIA_TYPE.fullmatch(kind):
        return kind
    return mimetypes.guess_type(f"x.{name.rpartition('.')[2]}")[0] or _UNKNOWN_TYPE


@table.add("GET", "/file/{file_id}")
def get_file(call: Call) -> dict[str, Any]:
    """Return a file's description."""
    return full_file(Reader(call), find_file(call, call.path["file_id"]))


@table.add("GET", "/file/{file_id}/raw")
def get_content(call: Call) -> Download:
    """Return a file's content."""
    return _content(call, find_file(call, call.path["file_id"]))


@table.add("GET", "/{file_id}", session=True)
def follow_link(call: Call) -> Download:
    """Return a file's content, at the origin of file links."""
    return _content(call, find_file(call, call.path["file_id"]))


def _content(call: Call, row: sqlite3.Row) -> Download:
    return Download(call.world.contents.path(row["content"]), row["size"], row["mimetype"], row["name"])


@table.add("GET", "/{file_id}/{size:text}", session=True)
def get_thumbnail(call: Call) -> Response:
    """Return a thumbnail, at the origin of file links. Files that are not pictures have none."""
    row = find_file(call, call.path["file_id"])
    if call.path["size"] not in SIZES or not row["is_picture"]:
        raise not_found()
    headers = {"content-type": "image/png", "x-content-type-options": "nosniff"}
    return Response(thumbnail(row["sha256"], call.path["size"]), headers=headers)


@table.add("POST", "/file/{file_id}/attach", body="required")
def attach_file(call: Call) -> type[Empty]:
    """Attach a file to an item, a comment or a space."""
    row, body = find_file(call, call.path["file_id"]), as_object(call.body)
    call.write_flags()
    attach(call, row, body.get("ref_type"), body.get("ref_id"))
    return Empty


@table.add("POST", "/file/{file_id}/copy", body="optional")
def copy_file(call: Call) -> dict[str, int]:
    """Copy a file. The copy is attached to nothing."""
    row = find_file(call, call.path["file_id"])
    kept = ("name", "description", "mimetype", "size", "sha256", "content", "is_picture")
    file_id = call.world.store.insert(
        "file",
        **{name: row[name] for name in kept},
        created_on=call.world.clock.stamp(),
        created_by=call.identity.author,
        created_via=call.identity.client_id,
    )
    return {"file_id": file_id}


@table.add("POST", "/file/{file_id}/replace", body="required")
def replace_file(call: Call) -> type[Empty]:
    """Let a file take the place of an older one."""
    new, body = find_file(call, call.path["file_id"]), as_object(call.body)
    old_id = as_integer(body.get("old_file_id"), 1)
    if old_id == new["file_id"]:
        raise invalid(old_id, "must be another file")
    old = find_file(call, old_id)
    if old["ref_type"] is not None:
        attach(call, new, old["ref_type"], old["ref_id"], action_type="file_replaced")
    call.world.store.run("UPDATE file SET replaced_by = ? WHERE file_id = ?", new["file_id"], old_id)
    return Empty


@table.add("PUT", "/file/{file_id}", body="required")
def describe_file(call: Call) -> type[Empty]:
    """Set a file's description."""
    row, body = find_file(call, call.path["file_id"]), as_object(call.body)
    description = body.get("description")
    text = None if description is None else as_string(description)
    call.world.store.run("UPDATE file SET description = ? WHERE file_id = ?", text, row["file_id"])
    return Empty


@table.add("DELETE", "/file/{file_id}")
def delete_file(call: Call) -> type[Empty]:
    """Delete a file."""
    row, store = find_file(call, call.path["file_id"]), call.world.store
    store.run("UPDATE file SET deleted = 1 WHERE file_id = ?", row["file_id"])
    # A copy has the same content.
    if store.one("SELECT 1 FROM file WHERE content = ? AND deleted = 0", row["content"]) is None:
        call.world.contents.remove(row["content"])
    if row["ref_type"] == "item":
        record_files(call, row["ref_id"], row["file_id"], "file_deleted")
    return Empty


@table.add("GET", "/file")
def my_files(call: Call) -> list[dict[str, Any]]:
    """List the files in all spaces of the user."""
    return _listed(call, "space.space_id IN (SELECT space_id FROM member WHERE user_id = ?)", call.user_id)


@table.add("GET", "/file/app/{app_id}")
def files_in_app(call: Call) -> list[dict[str, Any]]:
    """List the files on an app's items and their comments."""
    return _listed(call, "app.app_id = ?", find_app(call, call.path["app_id"])["app_id"])


@table.add("GET", "/file/space/{space_id}")
def files_in_space(call: Call) -> list[dict[str, Any]]:
    """List the files in a space."""
    return _listed(call, "space.space_id = ?", find_space(call, call.path["space_id"])["space_id"])


def _listed(call: Call, condition: str, *values: Any) -> list[dict[str, Any]]:
    order = as_choice(call.query.get("sort_by", "name"), ("name", "created_on"))
    direction = "DESC" if call.flag("sort_desc", True) else "ASC"
    conditions, chosen = [condition], list(values)
    if "attached_to" in call.query:
        conditions.append("file.ref_type = ?")
        chosen.append(as_choice(call.query["attached_to"], ("item", "status", "task", "space")))
    if "filetype" in call.query:
        conditions.append("file.mimetype LIKE ?")
        chosen.append(f"{as_choice(call.query['filetype'], _FILE_TYPES)}/%")
    limit, offset = call.integer("limit", 20, 1, 1000), call.integer("offset", 0)
    # The conditions and the order are texts of this module.
    sql = f"{_LISTED} AND {' AND '.join(conditions)} ORDER BY file.{order} {direction}, file.file_id {direction}"
    rows = [row for row in call.world.store.all(sql, *chosen) if _is_covered(call, row)]
    reader = Reader(call)
    return [full_file(reader, row) for row in rows[offset : offset + limit]]


def _is_covered(call: Call, row: sqlite3.Row) -> bool:
    ids = {"org": row["org_id"], "space": row["space_id"]}
    if row["app_id"] is None:
        return allows(call.identity.scope, "read", "space", ids)
    return allows(call.identity.scope, "read", "app", {**ids, "app": row["app_id"]})
