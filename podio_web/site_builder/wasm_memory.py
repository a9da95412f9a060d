"""WebAssembly modules that begin where a program has come to: its memory is written into the module."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .wasm import CODE, DATA, DATA_COUNT, MEMORIES, Module, read, signed, vector, with_size

PAGE = 65_536  # bytes, the unit of a memory's size

NOTHING = b"\x00\x0b"
"""The body of a function that does nothing: it has no local variables, and is at its end."""

# Zeros compress to next to nothing, and a segment's address does not: only long gaps divide one from the next.
_SEGMENT = re.compile(rb"[^\0]+(?:\0{1,399}[^\0]+)*")


def with_memory(module: bytes, memory: bytes, already_called: Mapping[str, bytes]) -> bytes:
    """Return ``module``, changed so that it begins with ``memory``.

    ``already_called`` names exported functions that the program's host calls to start it, with what is their body
    from now on: what they would do is in the memory already. What else is exported stays as it is. The module must
    have one memory of its own, and the program must not have asked for more of it. Raises ValueError, saying what is
    not so.

    >>> with_memory(micropython, memory, {"mp_js_init": NOTHING})[:4]
    b'\\x00asm'
    """
    parts = Module(module)
    if DATA not in parts.contents:
        raise ValueError("the module has no data that could be replaced")
    if DATA_COUNT in parts.contents:
        # Only instructions that take from the data while the program runs need to know how many there are.
        raise ValueError("the module's code uses its data itself")
    size = _memory_size(parts)
    if len(memory) != size:
        raise ValueError(f"the program has {len(memory)} bytes of memory, but began with {size}")
    for name, body in already_called.items():
        own = parts.exported.get(name, -1) - len(parts.imported)
        if own < 0:
            raise ValueError(f"the module exports no function {name} of its own")
        if parts.types[parts.functions[own]][1]:
            raise ValueError(f"{name} returns something, which nobody can foretell")
        parts.bodies[own] = body
    segments = [_segment(found.start(), found[0]) for found in _SEGMENT.finditer(memory)]
    return parts.changed({CODE: vector(map(with_size, parts.bodies)), DATA: vector(segments)})


def _segment(address: int, content: bytes) -> bytes:
    """Return an active segment of memory 0: i32.const ADDRESS, end, and the bytes."""
    return b"\x00\x41" + signed(address) + b"\x0b" + with_size(content)


def _memory_size(parts: Module) -> int:
    """Return how many bytes the module's own memory has at first."""
    if MEMORIES not in parts.contents:
        raise ValueError("the module has no memory of its own")
    _limits, at = read(parts.contents[MEMORIES], 1)
    return read(parts.contents[MEMORIES], at)[0] * PAGE
