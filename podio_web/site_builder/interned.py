"""MicroPython's memory without what follows from its strings: their hashes, and where the interned ones lie.

An interned string is known by a number: of its pool, and of its place there. A pool holds each one's hash, length and
address besides, as much as its text once all is compressed, and nothing of it compresses well. So a page downloads the
texts, and WebAssembly makes the rest from them before it does anything else, in less than a millisecond.
https://docs.micropython.org/en/latest/develop/qstr.html
"""

from __future__ import annotations

import itertools
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from .wasm import number, signed

# A pool's words, by their places: the pool before it, the number of its first string, for how many it has room, how
# many it has, and where their hashes (two bytes each) and lengths (one byte) are. The addresses of the texts follow.
_BEFORE, _FIRST, _ROOM, _COUNT, _HASHES, _LENGTHS, _TEXTS = range(7)
_WORD = 4
_BLOCK = 16  # bytes, in which MicroPython gives out its memory
_LONGEST = 1 << 16  # bytes that a string may have, for it to be looked for


def without_derived(memory: bytes) -> tuple[bytes, bytes]:
    """Return ``memory`` without what follows from its strings, and a function that makes of it what is needed.

    The function is a body of WebAssembly, without arguments and results, to be called before any other. Raises
    ValueError for a memory in which the strings are not as MicroPython 1.28 has them.

    >>> smaller, making = without_derived(memory)
    """
    words = struct.unpack(f"<{len(memory) // _WORD}I", memory)
    pools = sorted(_pools(memory, words), key=lambda pool: pool.first)
    if not pools or any(after.before != pool.at for pool, after in itertools.pairwise(pools)):
        raise ValueError("its memory has no interned strings, or in another way")
    smaller = bytearray(memory)
    for pool in pools:
        count = len(pool.texts)
        smaller[pool.hashes : pool.hashes + 2 * count] = bytes(2 * count)
        smaller[pool.lengths : pool.lengths + count] = bytes(count)
        behind = 0
        for at, (address, text) in enumerate(pool.texts, pool.at // _WORD + _TEXTS):
            if address == behind:
                smaller[at * _WORD : (at + 1) * _WORD] = bytes(_WORD)
            behind = address + len(text) + 1
    for at in _strings(memory, words):
        # Zero says that the hash was not computed yet: MicroPython does it when somebody asks.
        smaller[at + _WORD : at + 2 * _WORD] = bytes(_WORD)
    return bytes(smaller), _making(pools[-1].at, pools[0].before)


@dataclass
class _Pool:
    """Where a pool is, the number of its first string, and its strings' addresses and texts."""

    at: int
    before: int
    first: int
    hashes: int
    lengths: int
    texts: list[tuple[int, bytes]]


def _pools(memory: bytes, words: tuple[int, ...]) -> Iterator[_Pool]:
    """Yield the pools, which are known by their hashes and lengths, that lie right behind the addresses."""
    for at in range(0, len(memory) - 2 * _BLOCK, _BLOCK):
        place = at // _WORD + _TEXTS
        before, first, room, count, hashes, lengths = words[place - _TEXTS : place]
        if not before or hashes != at + (_TEXTS + room) * _WORD or lengths != hashes + 2 * room:
            continue
        texts = [(address, _text(memory, address)) for address in words[place : place + count]]
        noted = zip(struct.unpack_from(f"<{count}H", memory, hashes), memory[lengths : lengths + count], strict=True)
        if list(noted) != [(hash_of(text), len(text)) for _, text in texts]:
            raise ValueError("its interned strings have other hashes or lengths")
        yield _Pool(at, before, first, hashes, lengths, texts)


def _strings(memory: bytes, words: tuple[int, ...]) -> list[int]:
    """Return where the strings are that are not interned: a type, a hash, a length, and where the text is."""
    found: dict[int, int] = {}
    for at in range(0, len(memory), _BLOCK):
        kind, noted, length, text = words[at // _WORD : at // _WORD + 4]
        ends = kind and noted and length < _LONGEST and memory[text + length : text + length + 1] == b"\0"
        if ends and noted == hash_of(memory[text : text + length]):
            found[at] = kind
    # What looks like a string by chance is of another type than they are.
    usual = Counter(found.values()).most_common(1)
    return [at for at, kind in found.items() if kind == usual[0][0]]


def _text(memory: bytes, address: int) -> bytes:
    return memory[address : memory.find(b"\0", address)]


def hash_of(text: bytes) -> int:
    """Return the hash that MicroPython gives a string: Bernstein's, and never 0, which is that of nothing.

    >>> hash_of(b"podio")
    11544
    """
    value = 5381
    for byte in text:
        value = (value * 33 ^ byte) & 0xFFFF
    return value or 1


def _making(last: int, end: int) -> bytes:
    """Return the body of a function that makes the pools again, from the ``last`` one back to that at ``end``.

    https://webassembly.github.io/spec/core/binary/instructions.html
    """
    pool, count, slot, text, cursor, byte, value = range(7)
    body = [
        b"\x01\x07\x7f",  # seven local variables, whole numbers of 32 bits
        _const(last) + _set(pool),
        b"\x03\x40",  # loop: a pool
        _const(0) + _set(count),
        b"\x03\x40",  # loop: a string
        # slot = pool + 4 * count
        _get(pool) + _get(count) + _const(2) + b"\x74\x6a" + _set(slot),
        # text = cursor = slot->texts or cursor, which is behind the string before
        _get(slot) + _load(_TEXTS) + _tee(text) + _get(cursor) + _get(text) + b"\x1b" + _tee(text) + _set(cursor),
        _get(slot) + _get(text) + _store(_TEXTS),
        _const(5381) + _set(value),
        b"\x02\x40\x03\x40",  # block, loop: a byte
        _get(cursor) + b"\x2d\x00\x00" + _tee(byte) + b"\x45\x0d\x01",  # leave the block at a zero
        _get(value) + _const(33) + b"\x6c" + _get(byte) + b"\x73" + _const(0xFFFF) + b"\x71" + _set(value),
        _get(cursor) + _const(1) + b"\x6a" + _set(cursor),
        b"\x0c\x00\x0b\x0b",  # the next byte; the ends of the loop and of the block
        # pool->hashes[count] = value or 1
        _get(pool) + _load(_HASHES) + _get(count) + _const(1) + b"\x74\x6a",
        _get(value) + _const(1) + _get(value) + b"\x1b" + b"\x3b\x01\x00",
        # pool->lengths[count] = cursor - text
        _get(pool) + _load(_LENGTHS) + _get(count) + b"\x6a",
        _get(cursor) + _get(text) + b"\x6b" + b"\x3a\x00\x00",
        _get(cursor) + _const(1) + b"\x6a" + _set(cursor),
        # while ++count < pool->count
        _get(count) + _const(1) + b"\x6a" + _tee(count) + _get(pool) + _load(_COUNT) + b"\x49\x0d\x00\x0b",
        # while (pool = pool->before) != end
        _get(pool) + _load(_BEFORE) + _tee(pool) + _const(end) + b"\x47\x0d\x00\x0b",
        b"\x0b",
    ]
    return b"".join(body)


def _get(variable: int) -> bytes:
    return b"\x20" + number(variable)


def _set(variable: int) -> bytes:
    return b"\x21" + number(variable)


def _tee(variable: int) -> bytes:
    """Set a variable, and go on with its value."""
    return b"\x22" + number(variable)


def _const(value: int) -> bytes:
    return b"\x41" + signed(value)


def _load(word: int) -> bytes:
    return b"\x28\x02" + number(word * _WORD)


def _store(word: int) -> bytes:
    return b"\x36\x02" + number(word * _WORD)
