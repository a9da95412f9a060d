"""WebAssembly that catches its own jumps: a small program with setjmp as Emscripten builds it, run by node."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from podio_web.site_builder.wasm import Module
from podio_web.site_builder.wasm_jumps import with_own_jumps
from tests.unit.test_build_bundle import MICROPYTHON
from tests.unit.test_build_wasm_memory import part, vector

I32, I64, F64 = b"\x7f", b"\x7e", b"\x7c"
# Functions by their numbers, the imported ones first. `work` leaves by a jump for 1, fails in the host for 2, and
# returns anything else; `run` calls it through the host, as C does between setjmp and longjmp.
(INVOKE, INVOKE_VOID, JUMP, FAIL, CURRENT, RESTORE, SET_THREW, WORK, DROP, RUN, RUN_VOID) = range(11)

# An instruction of each length, none of which does anything, with what looks like calls of the host among them.
DETOUR = b"".join(
    [
        b"\x43\x10\x00\x10\x00\x1a",  # f32.const, drop
        b"\x44\x10\x00\x10\x00\x10\x00\x10\x00\x1a",  # f64.const, drop
        b"\x42\x90\x80\x80\x80\x80\x7f\x1a",  # i64.const, drop
        b"\x41\x10\x41\x00\x41\x00\x1c\x01\x7f\x1a",  # select of a type, drop
        b"\x02\x40\x41\x00\x0e\x02\x00\x00\x00\x0b",  # block, br_table
        b"\x41\x10\x28\x02\x10\x1a",  # i32.load, drop
        b"\x41\x00\x41\x00\x41\x00\xfc\x0a\x00\x00",  # memory.copy
        b"\x41\x00\x41\x00\x41\x00\xfc\x0b\x00",  # memory.fill
        b"\x43\x00\x00\x80\x3f\xfc\x00\x1a",  # i32.trunc_sat_f32_s, drop
    ]
)


def body(code: bytes, local_groups: bytes = b"\x00") -> bytes:
    return part(local_groups + code + b"\x0b")


def program(*, invoke: bytes = I32 + I32, results: bytes = I32, detour: bytes = b"", without: str = "") -> bytes:
    """The program; the top of its stack is at address 0, and what `setThrew` was told at address 4."""
    types = [
        b"\x60" + part(given) + part(returned)
        for given, returned in [(invoke, results), (b"", b""), (I32, b""), (b"", I32), (I32 + I32, b""), (I32, I32)]
    ]
    imported = [("invoke_ii", 0), ("invoke_vi", 4), ("_emscripten_throw_longjmp", 1), ("fail", 1)]
    exported = {
        "emscripten_stack_get_current": CURRENT,
        "_emscripten_stack_restore": RESTORE,
        "setThrew": SET_THREW,
        "run": RUN,
        "run_void": RUN_VOID,
    }
    # work: top = 7; if x == 1: jump; if x == 2: fail; return x
    work = b"\x41\x00\x41\x07\x36\x02\x00" + detour
    work += b"\x20\x00\x41\x01\x46\x04\x40\x10" + bytes([JUMP]) + b"\x0b"
    work += b"\x20\x00\x41\x02\x46\x04\x40\x10" + bytes([FAIL]) + b"\x0b\x20\x00"
    bodies = [
        body(b"\x41\x00\x28\x02\x00"),  # current
        body(b"\x41\x00\x20\x00\x36\x02\x00"),  # restore
        body(b"\x41\x04\x20\x00\x36\x02\x00"),  # setThrew
        body(work, b"\x02\x01\x7f\x02\x7e"),
        body(b"\x20\x00\x10" + bytes([WORK]) + b"\x1a"),  # drop: what work returns
        body(b"\x41\x00\x20\x00\x10" + bytes([INVOKE])),  # run
        body(b"\x41\x01\x20\x00\x10" + bytes([INVOKE_VOID])),  # run_void
    ]
    return b"".join(
        [
            b"\0asm\1\0\0\0",
            b"\x01" + part(vector(*types)),
            b"\x02" + part(vector(*(part(b"env") + part(name.encode()) + bytes([0, kind]) for name, kind in imported))),
            b"\x03" + part(vector(*map(bytes, ([3], [2], [4], [5], [2], [5], [2])))),
            b"\x04" + part(vector(b"\x70\x00\x02")),
            b"\x05" + part(vector(b"\x00\x01")),
            b"\x07"
            + part(
                vector(
                    *(part(name.encode()) + bytes([0, at]) for name, at in exported.items() if name != without),
                    part(b"memory") + b"\x02\x00",
                )
            ),
            b"\x09" + part(vector(b"\x00\x41\x00\x0b" + vector(bytes([WORK]), bytes([DROP])))),
            b"\x0a" + part(vector(*bodies)),
            b"\x00" + part(part(b"note") + b"kept"),
        ]
    )


HOST = """
let text = "";
for await (const chunk of process.stdin) text += chunk;
const refuse = () => { throw new Error("the host was asked"); };
const env = { invoke_ii: refuse, invoke_vi: refuse, _emscripten_throw_longjmp: refuse };
env.fail = () => { throw new TypeError("the host failed"); };
const { instance } = await WebAssembly.instantiate(Buffer.from(text, "hex"), { env });
const { memory, run, run_void } = instance.exports;
const told = [];
for (const act of [run, run_void]) for (const x of [5, 1, 2]) {
  const words = new Int32Array(memory.buffer);
  words.set([100, 0]);
  let outcome;
  try { outcome = act(x) ?? null; } catch (error) { outcome = error.message; }
  told.push([outcome, ...words.slice(0, 2)]);
}
console.log(JSON.stringify(told));
"""


def told_by(module: bytes) -> Any:
    command = ["node", "--input-type=module", "--eval", HOST]
    return json.loads(subprocess.run(command, input=module.hex(), capture_output=True, text=True, check=True).stdout)


@pytest.mark.parametrize("detour", [b"", DETOUR])
def test_a_jump_is_caught_without_the_host_and_an_error_of_the_host_is_not(detour: bytes) -> None:
    asked = "the host was asked"
    assert [outcome for outcome, *_ in told_by(program(detour=detour))] == [asked] * 6
    # The outcome, the top of the stack, and whether setThrew was told; only a jump puts the stack back.
    returned, jumped, failed = [5, 7, 0], [0, 100, 1], ["the host failed", 7, 0]
    of_run, of_run_void = [returned, jumped, failed], [[None, *returned[1:]], [None, *jumped[1:]], failed]
    assert told_by(with_own_jumps(program(detour=detour))) == of_run + of_run_void


def test_what_is_not_concerned_stays_as_it_is() -> None:
    made = with_own_jumps(program())
    assert made.endswith(part(part(b"note") + b"kept"))
    assert Module(made).imported == Module(program()).imported
    assert Module(made).exported == Module(program()).exported


def test_what_asks_no_host_is_returned_as_it_is() -> None:
    own = program().replace(b"invoke_", b"others_").replace(b"_emscripten_throw_longjmp", b"_emscripten_throws_others")
    assert with_own_jumps(own) == own


COUNTING = """
const { instantiate } = WebAssembly;
let asked = 0;
WebAssembly.instantiate = (code, imports) => {
  for (const [name, act] of Object.entries(imports.env)) {
    if (/^invoke_|longjmp/.test(name)) imports.env[name] = (...given) => { asked += 1; return act(...given); };
  }
  return instantiate(code, imports);
};
const [loader, url] = process.argv.slice(2);
const { loadMicroPython } = await import(loader);
const python = await loadMicroPython({ url });
python.runPython(`
found = []
def deep(n):
    if not n:
        return {}["absent"]
    try:
        deep(n - 1)
    finally:
        found.append(n)
try:
    deep(5)
except KeyError as problem:
    found.append(problem.args[0])
found.append(sum(x for x in range(10)))
`);
console.log(JSON.stringify([asked, [...python.globals.get("found")]]));
"""


def test_micropython_never_leaves_itself_for_a_jump(tmp_path: Path) -> None:
    (tmp_path / "count.mjs").write_text(COUNTING, encoding="utf-8")
    npm, changed = MICROPYTHON / "micropython.wasm", tmp_path / "changed.wasm"
    changed.write_bytes(with_own_jumps(npm.read_bytes()))
    told = []
    for wasm in (npm, changed):
        command = ["node", *map(str, (tmp_path / "count.mjs", MICROPYTHON / "micropython.mjs", wasm))]
        told.append(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
    (before, found), (after, same) = told
    assert found == same == [1, 2, 3, 4, 5, "absent", 45]
    assert before > 100
    assert after == 0


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        (b"<!doctype html>", "no WebAssembly"),
        (program() + b"\x0d\x03\x01\x00\x01", "exceptions of its own"),
        (program(without="setThrew"), "exports no setThrew"),
        (program(invoke=F64 + I32), "invoke_ii takes or returns something unknown"),
        (program(results=I64), "invoke_ii takes or returns something unknown"),
        (program(detour=b"\xfd\x0c"), "instruction 0xfd"),
        (program(detour=b"\xfc\x7f"), "instruction 0x17f"),
    ],
)
def test_what_cannot_be_changed_so_is_refused(odd: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        with_own_jumps(odd)
