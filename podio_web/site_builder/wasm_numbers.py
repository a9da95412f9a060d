"""WebAssembly modules whose numbers take no more bytes than they need.

A linker leaves room for the longest of numbers, five bytes, wherever it writes what only it knows: which function is
called, where something lies in memory. WebAssembly allows that
(https://webassembly.github.io/spec/core/binary/values.html#integers), and whoever loads the module pays for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from .wasm import CODE, Module, number, read, signed, vector, with_size
from .wasm_code import instructions, replaced

_TOOLS = 0  # sections that only tools read


def with_short_numbers(module: bytes) -> bytes:
    """Return ``module``, whose code does the same in fewer bytes: each number in it takes as few as it needs.

    Nothing in a module tells where in the code something is: branches count the blocks that they leave
    (https://webassembly.github.io/spec/core/syntax/instructions.html#control-instructions), calls count functions. So
    code may move. Only sections for tools, such as those for debuggers, tell such places, and those are left out.
    Raises ValueError, saying why, for a module that is not understood, such as one with an unknown instruction.

    >>> len(with_short_numbers(micropython)) < len(micropython)
    True
    """
    parts = Module(module)
    parts.sections = [(kind, content) for kind, content in parts.sections if kind != _TOOLS]
    return parts.changed({CODE: vector(map(with_size, map(_short, parts.bodies)))} if parts.bodies else {})


def _short(body: bytes) -> bytes:
    """Return a function's body with short numbers."""
    return replaced(body, _shorter(body))


def _shorter(body: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield where the numbers of more than one byte begin and end, and how they are written best."""
    for _, numbers in instructions(body):
        for start, end, may_be_negative in numbers:
            if end - start > 1:
                value = read(body, start)[0]
                sign = value >> (7 * (end - start) - 1)
                yield start, end, signed(value - (sign << 7 * (end - start))) if may_be_negative else number(value)
