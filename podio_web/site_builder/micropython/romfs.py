"""Images of a read-only file system for MicroPython.

MicroPython imports from an image without copying it. Writing and finding fifty single files takes a page longer.
https://docs.micropython.org/en/latest/library/vfs.html#vfs.VfsRom
"""

from __future__ import annotations

from collections.abc import Mapping

# The kinds of records, and the first bytes of every image. Padding makes the length of an image even.
_DATA, _FOLDER, _FILE = 2, 4, 5
_START = b"\xd2\xcd\x31"
_PADDING = b"\x80"


def romfs(files: Mapping[str, bytes]) -> bytes:
    """Return an image with ``files``, which are contents by paths. The same files always give the same bytes.

    >>> romfs({"main.py": b"print(1)"})[:3]
    b'\\xd2\\xcd1'
    """
    body = _folder(files)
    size = _number(len(body))
    return _START + _PADDING * ((len(_START) + len(size) + len(body)) % 2) + size + body


def _folder(files: Mapping[str, bytes]) -> bytes:
    """Return the records of a folder's files and of the folders in it."""
    folders: dict[str, dict[str, bytes]] = {}
    records = b""
    for path, content in files.items():
        name, slash, rest = path.partition("/")
        if slash:
            folders.setdefault(name, {})[rest] = content
        else:
            records += _named(_FILE, name, _record(_DATA, content))
    return records + b"".join(_named(_FOLDER, name, _folder(inside)) for name, inside in folders.items())


def _named(kind: int, name: str, content: bytes) -> bytes:
    encoded = name.encode()
    return _record(kind, _number(len(encoded)) + encoded + content)


def _record(kind: int, content: bytes) -> bytes:
    return _number(kind) + _number(len(content)) + content


def _number(value: int) -> bytes:
    """Return a number in groups of seven bits, the highest first. All groups except the last one have the mark 128."""
    groups = [value & 127]
    while value := value >> 7:
        groups.append(value & 127 | 128)
    return bytes(reversed(groups))
