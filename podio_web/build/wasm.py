"""WebAssembly modules that begin where a program has come to: its memory is written into the module.

https://webassembly.github.io/spec/core/binary/modules.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

PAGE = 65_536  # bytes, the unit of a memory's size

# The sections that are read or written, by their numbers.
_TYPES, _IMPORTS, _FUNCTIONS, _MEMORIES, _EXPORTS, _CODE, _DATA, _DATA_COUNT = 1, 2, 3, 5, 7, 10, 11, 12
_FUNCTION = 0  # a kind of what is imported and exported
_NOTHING = b"\x00\x0b"  # a body without locals that is at its end
_START = b"\0asm\1\0\0\0"

# A segment takes a few bytes itself, and zeros compress well: only longer gaps divide one from the next.
_SEGMENT = re.compile(rb"[^\0]+(?:\0{1,47}[^\0]+)*")


def with_memory(module: bytes, memory: bytes, already_called: Iterable[str]) -> bytes:
    """Return ``module``, changed so that it begins with ``memory``.

    ``already_called`` names exported functions that the program's host calls to start it. What they would do is in
    the memory already, so they do nothing any more; what else is exported stays as it is. The module must have one
    memory of its own, and the program must not have asked for more of it. Raises ValueError, saying what is not so.

    >>> with_memory(micropython, memory, ["mp_js_init"])[:4]
    b'\\x00asm'
    """
    sections = list(_sections(module))
    contents = {**dict.fromkeys((_TYPES, _IMPORTS, _FUNCTIONS, _EXPORTS, _CODE), _number(0)), **dict(sections)}
    if _DATA not in contents:
        raise ValueError("the module has no data that could be replaced")
    if _DATA_COUNT in contents:
        # Only instructions that take from the data while the program runs need to know how many there are.
        raise ValueError("the module's code uses its data itself")
    if len(memory) != _memory_size(contents):
        raise ValueError(f"the program has {len(memory)} bytes of memory, but began with {_memory_size(contents)}")
    imported = _imported_functions(contents[_IMPORTS])
    exported = _exported_functions(contents[_EXPORTS])
    bodies = list(_sized(contents[_CODE]))
    types = _numbers(contents[_FUNCTIONS])
    returning = _returning_types(contents[_TYPES])
    for name in already_called:
        own = exported.get(name, -1) - imported
        if own < 0:
            raise ValueError(f"the module exports no function {name} of its own")
        if types[own] in returning:
            raise ValueError(f"{name} returns something, which nobody can foretell")
        bodies[own] = _NOTHING
    segments = [_segment(found.start(), found[0]) for found in _SEGMENT.finditer(memory)]
    changed = {
        _CODE: _vector([_with_size(body) for body in bodies]),
        _DATA: _vector(segments),
    }
    return _START + b"".join(_section(kind, changed.get(kind, content)) for kind, content in sections)


def _sections(module: bytes) -> Iterator[tuple[int, bytes]]:
    if not module.startswith(_START):
        raise ValueError("this is no WebAssembly module")
    at = len(_START)
    while at < len(module):
        size, start = _read(module, at + 1)
        yield module[at], module[start : start + size]
        at = start + size


def _section(kind: int, content: bytes) -> bytes:
    return bytes([kind]) + _with_size(content)


def _segment(address: int, content: bytes) -> bytes:
    """Return an active segment of memory 0: i32.const ADDRESS, end, and the bytes."""
    return b"\x00\x41" + _signed(address) + b"\x0b" + _with_size(content)


def _vector(parts: list[bytes]) -> bytes:
    return _number(len(parts)) + b"".join(parts)


def _with_size(content: bytes) -> bytes:
    return _number(len(content)) + content


def _memory_size(contents: dict[int, bytes]) -> int:
    """Return how many bytes the module's own memory has at first."""
    if _MEMORIES not in contents:
        raise ValueError("the module has no memory of its own")
    _limits, at = _read(contents[_MEMORIES], 1)
    return _read(contents[_MEMORIES], at)[0] * PAGE


def _imported_functions(content: bytes) -> int:
    """Return how many functions are imported: they have the first numbers."""
    count, at = _read(content, 0)
    for _ in range(count):
        _module, at = _counted(content, at)
        _name, at = _counted(content, at)
        if content[at] != _FUNCTION:
            raise ValueError("the module imports something that is no function")
        _type, at = _read(content, at + 1)
    return count


def _exported_functions(content: bytes) -> dict[str, int]:
    exported = {}
    count, at = _read(content, 0)
    for _ in range(count):
        name, at = _counted(content, at)
        kind = content[at]
        number, at = _read(content, at + 1)
        if kind == _FUNCTION:
            exported[name.decode()] = number
    return exported


def _returning_types(content: bytes) -> set[int]:
    """Return the numbers of the types whose functions return something."""
    returning = set()
    count, at = _read(content, 0)
    for number in range(count):
        _parameters, at = _counted(content, at + 1)
        results, at = _counted(content, at)
        if results:
            returning.add(number)
    return returning


def _numbers(content: bytes) -> list[int]:
    numbers = []
    count, at = _read(content, 0)
    for _ in range(count):
        number, at = _read(content, at)
        numbers.append(number)
    return numbers


def _sized(content: bytes) -> Iterator[bytes]:
    count, at = _read(content, 0)
    for _ in range(count):
        part, at = _counted(content, at)
        yield part


def _counted(content: bytes, at: int) -> tuple[bytes, int]:
    """Return the bytes that follow their number, and where they end."""
    size, start = _read(content, at)
    return content[start : start + size], start + size


def _read(content: bytes, at: int) -> tuple[int, int]:
    """Return an unsigned number in LEB128, and where it ends."""
    value = shift = 0
    while True:
        value |= (content[at] & 127) << shift
        shift += 7
        at += 1
        if content[at - 1] < 128:
            return value, at


def _number(value: int) -> bytes:
    """Return an unsigned number in LEB128 (https://webassembly.github.io/spec/core/binary/values.html#integers)."""
    parts = []
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])


def _signed(value: int) -> bytes:
    """Return a number that is not negative in signed LEB128: the last byte's second bit would be the sign."""
    unsigned = _number(value)
    return unsigned if unsigned[-1] < 64 else unsigned[:-1] + bytes([unsigned[-1] | 128, 0])
