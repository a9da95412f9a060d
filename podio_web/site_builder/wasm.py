"""The binary format of WebAssembly modules: what it takes to change one.

https://webassembly.github.io/spec/core/binary/modules.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

START = b"\0asm\1\0\0\0"

# The sections that are read or written, by their numbers.
TYPES, IMPORTS, FUNCTIONS, MEMORIES, EXPORTS, CODE, DATA, DATA_COUNT, TAGS = 1, 2, 3, 5, 7, 10, 11, 12, 13

# In the order in which they stand; those that only tools read have the number 0, and may be anywhere.
_ORDER = (0, TYPES, IMPORTS, FUNCTIONS, 4, MEMORIES, TAGS, 6, EXPORTS, 8, 9, DATA_COUNT, CODE, DATA)

_FUNCTION = 0  # a kind of what is imported and exported


class Module:
    """A module's sections in their order, and what those about functions say.

    ``contents`` holds each known section's content by its number, an empty one where there is none. Raises ValueError
    for what is no module.

    >>> Module(micropython).exported["mp_js_init"]
    1309
    """

    def __init__(self, module: bytes) -> None:
        self.sections = list(_sections(module))
        empty = dict.fromkeys((TYPES, IMPORTS, FUNCTIONS, EXPORTS, CODE), number(0))
        self.contents: dict[int, bytes] = {**empty, **dict(self.sections)}
        self.types = list(_types(self.contents[TYPES]))
        self.imported = list(_imported(self.contents[IMPORTS]))
        self.functions = numbers(self.contents[FUNCTIONS])
        self.exported = dict(_exported(self.contents[EXPORTS]))
        self.bodies = list(sized(self.contents[CODE]))

    def changed(self, contents: dict[int, bytes]) -> bytes:
        """Return the module with other contents for some sections, also new ones; the rest stays as it is."""
        sections = [(kind, contents.get(kind, content)) for kind, content in self.sections]
        for kind in contents.keys() - {kind for kind, _ in sections}:
            behind = [at for at, (other, _) in enumerate(sections) if _ORDER.index(other) > _ORDER.index(kind)]
            sections.insert(behind[0] if behind else len(sections), (kind, contents[kind]))
        return START + b"".join(bytes([kind]) + with_size(content) for kind, content in sections)


def _sections(module: bytes) -> Iterator[tuple[int, bytes]]:
    if not module.startswith(START):
        raise ValueError("this is no WebAssembly module")
    at = len(START)
    while at < len(module):
        size, start = read(module, at + 1)
        yield module[at], module[start : start + size]
        at = start + size


def _types(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the types of functions: the types of their parameters, and of what they return."""
    count, at = read(content, 0)
    for _ in range(count):
        parameters, at = counted(content, at + 1)
        results, at = counted(content, at)
        yield parameters, results


def _imported(content: bytes) -> Iterator[tuple[str, int]]:
    """Yield the imported functions, which have the first numbers, with the numbers of their types."""
    count, at = read(content, 0)
    for _ in range(count):
        _module, at = counted(content, at)
        name, at = counted(content, at)
        if content[at] != _FUNCTION:
            raise ValueError("the module imports something that is no function")
        kind, at = read(content, at + 1)
        yield name.decode(), kind


def _exported(content: bytes) -> Iterator[tuple[str, int]]:
    count, at = read(content, 0)
    for _ in range(count):
        name, at = counted(content, at)
        kind = content[at]
        exported, at = read(content, at + 1)
        if kind == _FUNCTION:
            yield name.decode(), exported


def vector(parts: Iterable[bytes]) -> bytes:
    """Return the parts one after the other, with their number in front."""
    parts = list(parts)
    return number(len(parts)) + b"".join(parts)


def with_size(content: bytes) -> bytes:
    """Return bytes with their number in front."""
    return number(len(content)) + content


def counted(content: bytes, at: int) -> tuple[bytes, int]:
    """Return the bytes that follow their number, and where they end."""
    size, start = read(content, at)
    return content[start : start + size], start + size


def sized(content: bytes) -> Iterator[bytes]:
    """Yield the parts of a vector, each of which has its size in front."""
    count, at = read(content, 0)
    for _ in range(count):
        part, at = counted(content, at)
        yield part


def numbers(content: bytes) -> list[int]:
    """Return the numbers of a vector."""
    found = []
    count, at = read(content, 0)
    for _ in range(count):
        value, at = read(content, at)
        found.append(value)
    return found


def read(content: bytes, at: int) -> tuple[int, int]:
    """Return an unsigned number in LEB128, and where it ends."""
    value = shift = 0
    while True:
        value |= (content[at] & 127) << shift
        shift += 7
        at += 1
        if content[at - 1] < 128:
            return value, at


def number(value: int) -> bytes:
    """Return an unsigned number in LEB128 (https://webassembly.github.io/spec/core/binary/values.html#integers)."""
    parts = []
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])


def signed(value: int) -> bytes:
    """Return a number that may be negative in LEB128: the second bit of the last byte is the sign."""
    parts = []
    while not -64 <= value < 64:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value & 127])
