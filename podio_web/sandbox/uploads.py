"""Refused file uploads. The sandbox does not store files."""

from __future__ import annotations

import re
from typing import NoReturn

from .refusals import Refusal, not_imitated
from .routing import Call, Operations

table: Operations = Operations()

_SOURCE = re.compile(rb'content-disposition:[^\r\n]*;[ \t]*name="?source"?(?:;[^\r\n]*)?\r\n', re.IGNORECASE)


@table.add("POST", "/file", "/file/v2", body="raw")
def upload(call: Call) -> NoReturn:
    """Refuse an upload without a part ``source``, as Podio does. Valid uploads are not imitated."""
    raw, content_type = call.body
    part = _SOURCE.search(raw) if content_type == "multipart/form-data" else None
    if part is None or b"filename" not in part[0]:
        raise Refusal(400, "invalid_value", "'source' parameter must given as multipart/form-data with type 'file'")
    raise not_imitated(call.operation.method, "/" + "/".join(call.operation.pattern) + "/")
