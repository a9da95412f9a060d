"""A file as Podio describes it."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class File:
    """A file that Podio has (https://developers.podio.com/doc/files/get-file-22451).

    - ``file_id``: its ID.
    - ``name``: its name. The user who uploaded the file chose it: never use it as a path.
    - ``mimetype``, ``size``: its type and its size in bytes; an empty text and None if Podio did not say.
    - ``data``: everything that Podio said.

    >>> file = File({"file_id": 7001, "name": "report.pdf", "size": 1024})
    >>> file.name
    'report.pdf'
    """

    def __init__(self, data: "Mapping[str, Any]") -> None:
        self.file_id: int = data["file_id"]
        self.name: str = data.get("name") or ""
        self.mimetype: str = data.get("mimetype") or ""
        self.size: int | None = data.get("size")
        self.data: Mapping[str, Any] = data

    def __repr__(self) -> str:
        return f"<File {self.file_id}>"


def file_id_of(file: "File | int") -> int:
    """Return the ID of a file. Raises TypeError if it is neither a ``File`` nor an ID.

    >>> file_id_of(File({"file_id": 7001}))
    7001
    """
    found = file.file_id if isinstance(file, File) else file
    if isinstance(found, bool) or not isinstance(found, int):
        raise TypeError(f"file must be a File or its ID, not {type(file).__name__}")
    return int(found)  # not a member of an enumeration, which is formatted as its name
