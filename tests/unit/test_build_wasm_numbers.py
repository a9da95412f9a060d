"""WebAssembly with short numbers: each instruction with numbers longer than they need be, and MicroPython."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podio_web.site_builder.wasm import START, Module
from podio_web.site_builder.wasm_jumps import with_own_jumps
from podio_web.site_builder.wasm_numbers import with_short_numbers
from tests.unit.test_build_bundle import MICROPYTHON
from tests.unit.test_build_wasm_jumps import DETOUR, body, program, told_by
from tests.unit.test_build_wasm_memory import part, vector

NOTE = b"\x00" + part(part(b"note") + b"for tools")

Write = Callable[[int], bytes]


def writers(longer: Callable[[], int]) -> tuple[Write, Write]:
    """What writes unsigned and signed numbers, each by so many bytes longer than it need be."""

    def groups(value: int, size: int) -> bytes:
        return bytes(value >> 7 * at & 127 | 128 * (at < size - 1) for at in range(size))

    return (
        lambda value: groups(value, max(1, -(-value.bit_length() // 7)) + longer()),
        lambda value: groups(value, max(value, ~value).bit_length() // 7 + 1 + longer()),
    )


# By its name, what writes an instruction, given what writes unsigned and signed numbers.
INSTRUCTIONS: dict[str, Callable[[Write, Write], bytes]] = {
    "none": lambda u, s: b"\x00\x01\x05\x0b\x0f\x19\x1a\x1b\xd1\x45\x6a\xc4",
    "block": lambda u, s: b"\x02\x40",
    "loop": lambda u, s: b"\x03\x7f",
    "if": lambda u, s: b"\x04" + s(3),
    "if of many types": lambda u, s: b"\x04" + s(64),
    "try": lambda u, s: b"\x06\x7c\x07" + u(0) + b"\x09" + u(1) + b"\x18" + u(200),
    "throw": lambda u, s: b"\x08" + u(130),
    "br": lambda u, s: b"\x0c" + u(0) + b"\x0d" + u(128),
    "br_table": lambda u, s: b"\x0e" + u(2) + u(0) + u(300) + u(1),
    "br_table of nothing": lambda u, s: b"\x0e" + u(0) + u(1),
    "call": lambda u, s: b"\x10" + u(1309) + b"\x12" + u(16384),
    "call_indirect": lambda u, s: b"\x11" + u(7) + u(0) + b"\x13" + u(127) + u(1),
    "select": lambda u, s: b"\x1c" + u(1) + b"\x7e" + b"\x1c" + u(2) + b"\x6f\x70",
    "variables": lambda u, s: b"".join(bytes([code]) + u(code * 9) for code in range(0x20, 0x25)),
    "tables": lambda u, s: b"\x25" + u(0) + b"\x26" + u(1),
    "loads and stores": lambda u, s: b"".join(bytes([code]) + u(2) + u(code * 99) for code in range(0x28, 0x3F)),
    "memory": lambda u, s: b"\x3f" + u(0) + b"\x40" + u(0),
    "i32.const": lambda u, s: b"".join(b"\x41" + s(value) for value in (0, 63, 64, -1, -64, -65, -(2**31), 2**31 - 1)),
    "i64.const": lambda u, s: b"".join(b"\x42" + s(value) for value in (0, 64, -64, -65, -(2**63), 2**63 - 1)),
    # These four bytes, and eight, would be numbers that are too long, and instructions that nobody knows.
    "f32.const": lambda u, s: b"\x43\x41\x80\x80\x00\x43\xfd\xfe\x10\x80",
    "f64.const": lambda u, s: b"\x44\x41\x80\x80\x00\xfd\xfe\x10\x80",
    "references": lambda u, s: b"\xd0" + s(-16) + b"\xd0\x6f" + b"\xd2" + u(500),
    "truncation": lambda u, s: b"".join(b"\xfc" + u(more) for more in range(8)),
    "bulk of one": lambda u, s: b"".join(b"\xfc" + u(more) + u(3) for more in (9, 11, 13, 15, 16, 17)),
    "bulk of two": lambda u, s: b"".join(b"\xfc" + u(more) + u(3) + u(0) for more in (8, 10, 12, 14)),
}


def module(code: bytes, local_groups: bytes = b"\x00") -> bytes:
    """A module with nothing but a function, of whose instructions no sense need be made."""
    return START + b"\x0a" + part(vector(body(code, local_groups)))


@pytest.mark.parametrize("longer", [0, 1, 3])
@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_each_instruction_gets_short_numbers(name: str, longer: int) -> None:
    def written(longer: int) -> bytes:
        u, s = writers(lambda: longer)
        # Were the end of the instruction not found, neither were the number behind it.
        return module(INSTRUCTIONS[name](u, s) + b"\x41" + s(-1000), u(2) + u(1) + b"\x7f" + u(130) + b"\x7c")

    assert with_short_numbers(written(longer)) == written(0)


whole_numbers = st.one_of(
    st.tuples(st.just(b"\x41"), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.just(b"\x42"), st.integers(-(2**63), 2**63 - 1)),
    st.tuples(st.just(b"\x20"), st.integers(0, 2**32 - 1)),
)


@given(st.lists(st.one_of(whole_numbers, st.sampled_from(sorted(INSTRUCTIONS))), max_size=9), st.data())
def test_however_long_numbers_were_the_code_is_the_same(
    code: list[str | tuple[bytes, int]], data: st.DataObject
) -> None:
    def written(longer: Callable[[], int]) -> bytes:
        u, s = writers(longer)
        instructions = [
            INSTRUCTIONS[one](u, s) if isinstance(one, str) else one[0] + (u if one[0] == b"\x20" else s)(one[1])
            for one in code
        ]
        return module(b"".join(instructions))

    short = with_short_numbers(written(lambda: data.draw(st.integers(0, 4))))
    assert short == written(lambda: 0)
    assert with_short_numbers(short) == short


def test_an_engine_takes_it_and_it_does_the_same() -> None:
    long = b"\x41\x80\x80\x80\x80\x00\x28\x82\x00\x90\x80\x80\x80\x00\x1a\x43\x41\x80\x80\x00\x1a"
    made = with_own_jumps(program(detour=DETOUR + long))
    short = with_short_numbers(made)
    assert DETOUR + b"\x41\x00\x28\x02\x10\x1a\x43\x41\x80\x80\x00\x1a" in short
    assert told_by(short) == told_by(made)


def test_sections_for_tools_are_left_out_and_others_stay() -> None:
    made = with_short_numbers(START + NOTE + program()[len(START) :] + NOTE)
    assert Module(made).sections == [section for section in Module(program()).sections if section[0]]
    assert with_short_numbers(START + NOTE) == START


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        (b"<!doctype html>", "no WebAssembly"),
        (module(b"\xfd\x0c"), "instruction 0xfd"),
        (module(b"\xfe\x00"), "instruction 0xfe"),
        (module(b"\x1f\x40\x00"), "instruction 0x1f"),
        (module(b"\xfc\x92\x00"), "instruction 0x112"),
        (module(b"\x02\x64\x00"), "type 0x64"),
        (module(b"\x02\xc0\x7f"), "type 0xc0"),
        (module(b"\x1c\x01\x63\x70"), "type 0x63"),
        (module(b"\x1c\x01\x40"), "type 0x40"),
        (module(b"", b"\x01\x01\x05"), "type 0x05"),
        (module(b"\x28\xc2\x00\x01\x10"), "several memories"),
        (module(b"\x41"), "ends within a function"),
        (module(b"\x41\x80"), "ends within a function"),
        (module(b"\x44\x00\x00"), "ends within a function"),
        (module(b"\x0e\x05\x00"), "ends within a function"),
        (START + b"\x0a" + part(vector(b"\x00")), "ends within a function"),
    ],
)
def test_what_is_not_understood_is_refused(odd: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        with_short_numbers(odd)


RUN = """
import { readFileSync } from "node:fs";
const [loader, url] = process.argv.slice(2);
const compiled = new WebAssembly.Module(readFileSync(url));
const { loadMicroPython } = await import(loader);
const python = await loadMicroPython({ url });
python.runPython(`
import json
class Shape:
    def __init__(self, side):
        self.side = side
    def __repr__(self):
        return "Shape(%d)" % self.side
def halves(x):
    while x > 1:
        x /= 2
        yield x
try:
    json.loads("{")
except ValueError as problem:
    found = [type(problem).__name__]
found += [repr(Shape(-2)), sum(halves(12.0)), json.dumps({"x": [1, 2.5, None]}), str(-(2**70) // 3)]
`);
const { imports, exports } = WebAssembly.Module;
console.log(JSON.stringify([imports(compiled), exports(compiled), [...python.globals.get("found")]]));
"""


def test_micropython_gets_smaller_and_stays_the_same(tmp_path: Path) -> None:
    (tmp_path / "run.mjs").write_text(RUN, encoding="utf-8")
    npm, changed = MICROPYTHON / "micropython.wasm", tmp_path / "changed.wasm"
    long = npm.read_bytes()
    short = with_short_numbers(long)
    changed.write_bytes(short)
    assert len(long) - len(short) > 20_000
    assert with_short_numbers(short) == short
    assert len(Module(short).bodies) == len(Module(long).bodies)
    told = []
    for wasm in (npm, changed):
        command = ["node", *map(str, (tmp_path / "run.mjs", MICROPYTHON / "micropython.mjs", wasm))]
        told.append(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
    before, after = told
    assert before == after
    assert after[2] == ["ValueError", "Shape(-2)", 11.25, '{"x": [1, 2.5, null]}', "-393530540239137101142"]
