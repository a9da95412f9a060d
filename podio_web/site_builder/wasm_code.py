"""The code of WebAssembly's functions: which instructions there are, and where the numbers in them begin and end.

https://webassembly.github.io/spec/core/binary/instructions.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .wasm import read

CALL = 0x10
_END = 0x0B

Number = tuple[int, int, bool]
"""Where in a function's body a number begins and ends, and whether it may be negative."""


def instructions(body: bytes) -> Iterator[tuple[int | None, list[Number]]]:
    """Yield the code of each instruction in a function's body, and the numbers behind it.

    The local variables come first, as an instruction None. Raises ValueError for what is not understood: one does not
    know where it ends.

    >>> list(instructions(bytes.fromhex("00 41 2a 0b")))
    [(None, [(0, 1, False)]), (65, [(2, 3, True)]), (11, [])]
    """
    code: int | None = None
    try:
        numbers, at = _numbers(body, 0, "u" + "ut" * read(body, 0)[0])  # so many of each type
        yield None, numbers
        while at < len(body):
            code = body[at]
            at += 1
            if code in _FLOATS:
                numbers, at = [], at + _FLOATS[code]
            else:
                numbers, at = _numbers(body, at, _arguments(body, code, at))
            yield code, numbers
    except IndexError:
        code = None
    if code != _END:
        raise ValueError("the module's code ends within a function")


def replaced(body: bytes, instead: Iterable[tuple[int, int, bytes]]) -> bytes:
    """Return a function's body with other bytes for parts of it: where each begins and ends, and what stands there.

    >>> replaced(b"\\x00\\x41\\x2a\\x0b", [(2, 3, b"\\x07")])
    b'\\x00A\\x07\\x0b'
    """
    made, done = bytearray(), 0
    for start, end, content in instead:
        made += body[done:start] + content
        done = end
    return bytes(made + body[done:])


def _arguments(body: bytes, code: int, at: int) -> str:
    """Return a letter for each of an instruction's arguments, which begin at ``at``."""
    if code in _ARGUMENTS:
        return _ARGUMENTS[code]
    if code == 0x0E:  # br_table, which has one more than it counts
        return "uu" + "u" * read(body, at)[0]
    if code == 0x1C:  # select with types
        return "u" + "t" * read(body, at)[0]
    if code == 0xFC:
        more = read(body, at)[0]
        if more in _MORE_ARGUMENTS:
            return "u" + _MORE_ARGUMENTS[more]
        code = 0x100 + more
    raise ValueError(f"the module's code has an instruction 0x{code:02x}")


def _numbers(body: bytes, at: int, arguments: str) -> tuple[list[Number], int]:
    """Return the numbers among arguments that begin at ``at``, and where the last one ends."""
    found: list[Number] = []
    for kind in arguments:
        start = at
        while body[at] > 127:
            at += 1
        at += 1
        if kind == "m" and read(body, start)[0] > 63:
            raise ValueError("the module's code names one of several memories")
        # What a block takes and returns may also be the number of a function's type, which is not negative.
        if kind in _TYPES and body[start] not in _TYPES[kind] and (kind == "t" or body[at - 1] > 63):
            raise ValueError(f"the module's code has a type 0x{body[start]:02x}")
        if kind != "t":
            found.append((start, at, kind in "sb"))
    return found, at


# The types of values (i32, i64, f32, f64, funcref, externref), and those of blocks, which may return nothing. Others
# have more than one byte, or come with instructions that are unknown here.
_VALUES = (0x7F, 0x7E, 0x7D, 0x7C, 0x70, 0x6F)
_TYPES = {"t": _VALUES, "b": (0x40, *_VALUES)}

_FLOATS = {0x43: 4, 0x44: 8}  # the bytes of f32.const and f64.const

# What follows an instruction: u and s are numbers without and with a sign, m the alignment in memory, which may tell
# that there is more, b what a block takes and returns, t the type of a value.
_ARGUMENTS = {
    **dict.fromkeys((0x00, 0x01, 0x05, 0x0B, 0x0F, 0x19, 0x1A, 0x1B, 0xD1), ""),  # unreachable to ref.is_null
    **dict.fromkeys(range(0x45, 0xC5), ""),  # arithmetic and comparison
    **dict.fromkeys((0x02, 0x03, 0x04, 0x06), "b"),  # block, loop, if, try
    **dict.fromkeys((0x07, 0x08, 0x09, 0x18), "u"),  # catch, throw, rethrow, delegate
    **dict.fromkeys((0x0C, 0x0D, 0x10, 0x12), "u"),  # br, br_if, call, return_call
    **dict.fromkeys((0x11, 0x13), "uu"),  # call_indirect, return_call_indirect
    **dict.fromkeys(range(0x20, 0x27), "u"),  # variables and tables
    **dict.fromkeys((0x3F, 0x40, 0xD2), "u"),  # memory.size, memory.grow, ref.func
    **dict.fromkeys((0x41, 0x42, 0xD0), "s"),  # i32.const, i64.const, ref.null
    **dict.fromkeys(range(0x28, 0x3F), "mu"),  # loads and stores: alignment and offset
}
_MORE_ARGUMENTS = {
    **dict.fromkeys(range(8), ""),  # truncation
    **dict.fromkeys((8, 10, 12, 14), "uu"),
    **dict.fromkeys((9, 11, 13, 15, 16, 17), "u"),  # memories and tables in bulk
}
