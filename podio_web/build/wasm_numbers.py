"""WebAssembly modules whose numbers take no more bytes than they need.

A linker leaves room for the longest of numbers, five bytes, wherever it writes what only it knows: which function is
called, where something lies in memory. WebAssembly allows that
(https://webassembly.github.io/spec/core/binary/values.html#integers), and whoever loads the module pays for it.
"""

from __future__ import annotations

from .wasm import CODE, START, Module, number, read, signed, vector, with_size
from .wasm_code import instructions

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
    sections = {kind: content for kind, content in parts.sections if kind != _TOOLS}
    if CODE in sections:
        sections[CODE] = vector(with_size(_short(body)) for body in parts.bodies)
    return START + b"".join(bytes([kind]) + with_size(content) for kind, content in sections.items())


def _short(body: bytes) -> bytes:
    """Return a function's body with short numbers."""
    made, done = bytearray(), 0
    for _, numbers in instructions(body):
        for start, end, may_be_negative in numbers:
            if end - start > 1:
                value = read(body, start)[0]
                sign = value >> (7 * (end - start) - 1)
                short = signed(value - (sign << 7 * (end - start))) if may_be_negative else number(value)
                made += body[done:start] + short
                done = end
    return bytes(made + body[done:])
