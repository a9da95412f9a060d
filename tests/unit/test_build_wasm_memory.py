"""WebAssembly that begins with another memory: small modules, made here byte by byte, and run by node."""

import json
import subprocess

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from podio_web.site_builder.wasm_memory import NOTHING, PAGE, with_memory


def part(content: bytes) -> bytes:
    """Bytes with their number in front; up to 16 383 of them."""
    size = len(content)
    return (bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])) + content


def vector(*parts: bytes) -> bytes:
    return bytes([len(parts)]) + b"".join(parts)


def module(*, import_kind: int = 0, memory: bytes = b"\x05\x03\x01\x00\x01") -> bytes:
    """A module with one page of memory and an imported function.

    Of its own functions `start` writes 7 to address 0, `answer` returns 42, and `look` returns what is at an address.
    """
    nothing, answers, looks = b"\x60\x00\x00", b"\x60\x00\x01\x7f", b"\x60\x01\x7f\x01\x7f"
    imported = part(b"page") + part(b"tell") + (b"\x00\x00" if import_kind == 0 else b"\x03\x7f\x00")
    names = (b"tell", b"start", b"answer", b"look")
    exported = [part(name) + bytes([0, number]) for number, name in enumerate(names)]
    bodies = [b"\x00\x41\x00\x41\x07\x3a\x00\x00\x0b", b"\x00\x41\x2a\x0b", b"\x00\x20\x00\x2d\x00\x00\x0b"]
    return b"".join(
        [
            b"\0asm\1\0\0\0",
            b"\x01" + part(vector(nothing, answers, looks)),
            b"\x02" + part(vector(imported)),
            b"\x03" + part(vector(b"\x00", b"\x01", b"\x02")),
            memory,
            b"\x07" + part(vector(*exported, part(b"memory") + b"\x02\x00")),
            b"\x0a" + part(vector(*map(part, bodies))),
            b"\x0b" + part(vector(b"\x00\x41\x03\x0b" + part(b"before"))),
            b"\x00" + part(part(b"note") + b"kept"),
        ]
    )


MODULE = module()
RUN = """
const ask = async (bytes) => {
  const { instance } = await WebAssembly.instantiate(bytes, { page: { tell() {} } });
  const { memory, start, answer, look } = instance.exports;
  start();
  return [answer(), look(5), Buffer.from(memory.buffer).toString("hex")];
};
let text = "";
for await (const chunk of process.stdin) text += chunk;
console.log(JSON.stringify(await Promise.all(JSON.parse(text).map((hex) => ask(Buffer.from(hex, "hex"))))));
"""


def segments(module: bytes) -> bytes:
    """The memory that a module made by `with_memory` begins with, read in another way than it was written."""
    memory = bytearray(PAGE)
    at = 8
    while module[at] != 11:
        size, at = number(module, at + 1)
        at += size
    count, at = number(module, number(module, at + 1)[1])
    for _ in range(count):
        assert module[at : at + 2] == b"\x00\x41"
        address, at = number(module, at + 2)
        assert module[at] == 0x0B
        size, at = number(module, at + 1)
        memory[address : address + size] = module[at : at + size]
        at += size
    return bytes(memory)


def number(content: bytes, at: int) -> tuple[int, int]:
    end = at
    while content[end] & 128:
        end += 1
    digits = "".join(f"{byte & 127:07b}" for byte in reversed(content[at : end + 1]))
    return int(digits, 2), end + 1


def filled(runs: list[tuple[int, bytes]]) -> bytes:
    memory = bytearray(PAGE)
    for address, content in runs:
        memory[address : address + len(content)] = content
    return bytes(memory[:PAGE])


# Addresses on both sides of where one takes another byte, or would look negative.
addresses = st.one_of(st.integers(0, PAGE - 1), st.sampled_from([0, 63, 64, 127, 128, 8191, 8192, 16383, 16384]))
memories = st.lists(st.tuples(addresses, st.binary(min_size=1, max_size=300)), max_size=8).map(filled)


@given(memories)
@example(bytes(PAGE))
@example(b"\xff" * PAGE)
def test_it_begins_with_the_memory(memory: bytes) -> None:
    assert segments(with_memory(MODULE, memory, {"start": NOTHING})) == memory


def test_an_engine_takes_it_and_only_what_was_called_does_nothing() -> None:
    given_memories = [filled([(0, b"\x01"), (5, b"\x09"), (PAGE - 1, b"\xff")]), bytes(PAGE), b"\x80" * PAGE]
    made = [with_memory(MODULE, memory, {"start": NOTHING}).hex() for memory in given_memories]
    command = ["node", "--input-type=module", "--eval", RUN]
    ran = subprocess.run(command, input=json.dumps([MODULE.hex(), *made]), capture_output=True, text=True, check=True)
    before, *after = json.loads(ran.stdout)
    # As it was, `start` writes a 7.
    assert before == [42, ord("f"), filled([(0, b"\x07"), (3, b"before")]).hex()]
    assert after == [[42, memory[5], memory.hex()] for memory in given_memories]


def test_what_is_not_concerned_stays_as_it_is() -> None:
    made = with_memory(MODULE, bytes(PAGE), {})
    assert made.endswith(part(part(b"note") + b"kept"))
    assert part(b"look") in made


@pytest.mark.parametrize(
    ("odd", "memory", "called", "words"),
    [
        (b"<!doctype html>", bytes(PAGE), [], "no WebAssembly"),
        (MODULE, bytes(2 * PAGE), [], "131072 bytes of memory, but began with 65536"),
        (MODULE, bytes(PAGE), ["begin"], "no function begin"),
        (MODULE, bytes(PAGE), ["tell"], "no function tell of its own"),
        (MODULE, bytes(PAGE), ["answer"], "answer returns something"),
        (MODULE + b"\x0c\x01\x01", bytes(PAGE), [], "uses its data itself"),
        (module(import_kind=3), bytes(PAGE), ["start"], "imports something that is no function"),
        (module(memory=b""), bytes(PAGE), [], "no memory of its own"),
        (b"\0asm\1\0\0\0", bytes(PAGE), [], "no data"),
        (b"\0asm\1\0\0\0\x0b\x01\x00", bytes(PAGE), ["start"], "no memory of its own"),
        (b"\0asm\1\0\0\0\x05\x03\x01\x00\x01\x0b\x01\x00", bytes(PAGE), ["start"], "no function start"),
    ],
)
def test_what_cannot_be_changed_so_is_refused(odd: bytes, memory: bytes, called: list[str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        with_memory(odd, memory, dict.fromkeys(called, NOTHING))
