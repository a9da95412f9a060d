"""MicroPython's memory with its dictionaries in an order, which compresses better than none.

A dictionary of MicroPython is a table in which a key's hash tells where to look: as good as random, and an eighth of
what a page downloads of a package. It may also be a list that is looked through from its beginning, as an OrderedDict's
is: modules and classes have few names. Sorted by the names' numbers, those that were made together stand together.
https://docs.micropython.org/en/latest/develop/maps.html
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_WORD = 4
_BLOCK = 16  # bytes, in which MicroPython gives out its memory
_PAIR = 2 * _WORD  # a key and a value
_LARGEST = 1 << 12  # pairs that a table may have room for, to be taken for one

# A dictionary's first words: its type, flags below how many pairs it has, for how many it has room, and its table.
_ALL_KEYS_ARE_NAMES, _FIXED, _ORDERED, _USED_FROM = 1, 2, 4, 3

# What a table has in the place of a key that is not there, and of one that is not there any more.
_NO_KEYS = (0, 4)


@dataclass
class _Map:
    """Where a dictionary is, and its table, and the pairs in it."""

    at: int
    room: int
    table: int
    pairs: list[tuple[int, int]]


def with_ordered_maps(memory: bytes) -> bytes:
    """Return ``memory`` with each dictionary whose keys are all names as a list in their order.

    That of modules, classes and instances among them. Raises ValueError for a memory in which there are none as
    MicroPython 1.28 has them.

    >>> smaller = with_ordered_maps(memory)
    """
    ordered = bytearray(memory)
    found = list(_maps(memory))
    if not found:
        raise ValueError("its memory has no dictionaries, or in another way")
    for each in found:
        flags = len(each.pairs) << _USED_FROM | _ORDERED | _ALL_KEYS_ARE_NAMES
        struct.pack_into("<I", ordered, each.at + _WORD, flags)
        words = [word for pair in sorted(each.pairs) for word in pair]
        table = struct.pack(f"<{len(words)}I", *words).ljust(_PAIR * each.room, b"\0")
        ordered[each.table : each.table + len(table)] = table
    return bytes(ordered)


def _maps(memory: bytes) -> Iterator[_Map]:
    """Yield the dictionaries, which are known by their tables: those have as many names as their owners say."""
    for at in range(0, len(memory) - _BLOCK, _BLOCK):
        kind, flags, room, table = struct.unpack_from("<4I", memory, at)
        used = flags >> _USED_FROM
        if not kind or flags & (_FIXED | _ORDERED) or not flags & _ALL_KEYS_ARE_NAMES or not 0 < used <= room:
            continue
        if room > _LARGEST or not table or table % _BLOCK or table + room * _PAIR > len(memory):
            continue
        slots = struct.iter_unpack("<II", memory[table : table + room * _PAIR])
        pairs = [(key, value) for key, value in slots if key not in _NO_KEYS]
        if len(pairs) == used and all(_is_name(key) for key, _ in pairs):
            yield _Map(at, room, table, pairs)


def _is_name(key: int) -> bool:
    """Tell whether an object is an interned string: its number, and 2 in the lowest three bits."""
    return key & 7 == 2
