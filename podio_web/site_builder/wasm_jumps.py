"""WebAssembly modules that catch their own jumps, instead of having JavaScript catch them.

C's ``longjmp`` leaves many functions at once; MicroPython raises each Python exception with it. As Emscripten builds
it, ``longjmp`` throws a JavaScript exception, and whatever may jump is called through a function of the host, such as
``invoke_iii``, which calls back into the module and catches
(https://emscripten.org/docs/porting/setjmp-longjmp.html). MicroPython goes through one for most of what Python does,
some thousand times before a page's first call. WebAssembly's own exceptions do the same without leaving the module:
https://github.com/WebAssembly/exception-handling/blob/main/proposals/exception-handling/legacy/Exceptions.md, the
earlier form of them, which Chromium has since 95, Firefox since 100 and Safari since 15.2.
"""

from __future__ import annotations

from .wasm import CODE, FUNCTIONS, TAGS, TYPES, Module, number, read, vector, with_size
from .wasm_code import CALL, instructions, replaced

_I32 = 0x7F
_ZEROS = {b"": b"", bytes([_I32]): b"\x41\x00"}  # what a function that was left returns, by its results' types
_NO_RESULT = b"\x40"

# Emscripten's own functions. The first two read and set the top of the stack; the third tells the code behind the
# call, in a variable of its own, that this was left.
_HELPERS = ("emscripten_stack_get_current", "_emscripten_stack_restore", "setThrew")
_INVOKE, _LONGJMP = "invoke_", "_emscripten_throw_longjmp"


def with_own_jumps(module: bytes) -> bytes:
    """Return ``module``, changed so that it calls its host neither to jump nor to catch a jump.

    What it imports for that stays in its list, unused, so it runs in the same host. A module that needs no host for
    its jumps is returned as it is. Raises ValueError, saying why, for one that cannot be changed.

    >>> with_own_jumps(micropython)[:4]
    b'\\x00asm'
    """
    parts = Module(module)
    concerned = {at: name for at, (name, _) in enumerate(parts.imported) if name.startswith((_INVOKE, _LONGJMP))}
    if not concerned:
        return module
    if TAGS in parts.contents:
        raise ValueError("the module has exceptions of its own")
    missing = [name for name in _HELPERS if name not in parts.exported]
    if missing:
        raise ValueError(f"the module exports no {missing[0]}")
    jump = _type_number(parts.types, (b"", b""))
    first = len(parts.imported) + len(parts.bodies)
    instead = {at: first + order for order, at in enumerate(concerned)}
    made = [_throwing() if name == _LONGJMP else _invoking(parts, at) for at, name in concerned.items()]
    bodies = [_redirected(body, instead) for body in parts.bodies]
    return parts.changed(
        {
            TYPES: vector(b"\x60" + with_size(given) + with_size(results) for given, results in parts.types),
            FUNCTIONS: vector(map(number, parts.functions + [parts.imported[at][1] for at in concerned])),
            TAGS: vector([b"\x00" + number(jump)]),
            CODE: vector(map(with_size, bodies + made)),
        }
    )


def _type_number(types: list[tuple[bytes, bytes]], wanted: tuple[bytes, bytes]) -> int:
    """Return the number of a function's type, which is added to the others if it is not there."""
    if wanted not in types:
        types.append(wanted)
    return types.index(wanted)


def _throwing() -> bytes:
    """Return the body of a function that throws the module's one exception: throw 0, end."""
    return b"\x00\x08\x00\x0b"


def _invoking(parts: Module, imported: int) -> bytes:
    """Return the body of a function that does what ``invoke_…`` of Emscripten's host does.

    Its first argument is the number of a function in the table, the others are for that.
    """
    name, kind = parts.imported[imported]
    given, results = parts.types[kind]
    if given[:1] != bytes([_I32]) or results not in _ZEROS:
        raise ValueError(f"{name} takes or returns something unknown")
    inner = _type_number(parts.types, (given[1:], results))
    current, restore, set_threw = (number(parts.exported[helper]) for helper in _HELPERS)
    top = number(len(given))  # the number of the body's one local variable, behind the arguments
    arguments = b"".join(b"\x20" + number(at) for at in range(1, len(given)))
    return b"".join(
        [
            b"\x01\x01" + bytes([_I32]),  # one local variable
            b"\x10" + current + b"\x21" + top,  # top = current()
            b"\x06" + (results or _NO_RESULT),  # try
            arguments + b"\x20\x00" + b"\x11" + number(inner) + b"\x00",  # call_indirect
            b"\x07\x00",  # catch, the one exception that there is
            b"\x20" + top + b"\x10" + restore,  # restore(top)
            b"\x41\x01\x41\x00\x10" + set_threw,  # set_threw(1, 0)
            _ZEROS[results] + b"\x0b\x0b",  # end of try, end
        ]
    )


def _redirected(body: bytes, instead: dict[int, int]) -> bytes:
    """Return a function's body that calls other functions ``instead``."""
    calls = (numbers[0] for code, numbers in instructions(body) if code == CALL)
    called = ((start, end, read(body, start)[0]) for start, end, _ in calls)
    return replaced(body, ((start, end, number(instead[at])) for start, end, at in called if at in instead))
