"""MicroPython's memory without what follows from its strings: small memories, made here, and run by node."""

import json
import struct
import subprocess

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from podio_web.site_builder.interned import hash_of, without_derived
from podio_web.site_builder.wasm_memory import PAGE, with_memory
from tests.unit.test_build_wasm_memory import MODULE, RUN

STATIC = 0x40  # where the pool of MicroPython's own strings would be
TEXT = 0x1234_5678  # what strings have for a type
WITHOUT_HASH = next(text for text in (str(number).encode() for number in range(1 << 20)) if hash_of(text) == 1)


def memory_of(
    *pools: list[list[bytes]], room: int = 0, bare: bool = False, strings: tuple[tuple[int, bytes], ...] = ()
) -> bytes:
    """A memory with pools, each of which has its texts in several places; and ``strings``, of a type each.

    ``bare``: without hashes and lengths, and without the address of a text that follows another one.
    """
    memory = bytearray(PAGE)
    free, before, first = 0x100, STATIC, 1536

    def put(content: bytes, aligned: int = 16) -> int:
        nonlocal free
        at = -(-free // aligned) * aligned
        memory[at : at + len(content)] = content
        free = at + len(content)
        return at

    for places in pools:
        addresses = []
        for texts in places:
            put(b"\xff" * 16)
            found = [put(text + b"\0", aligned=1) for text in texts]
            addresses += [found[0], *[0] * (len(found) - 1)] if bare else found
        texts = [text for texts in places for text in texts]
        rooms = len(texts) + room
        hashes = -(-free // 16) * 16 + 24 + 4 * rooms
        words = [before, first, rooms, len(texts), hashes, hashes + 2 * rooms, *addresses, *[0] * room]
        noted = [0 if bare else hash_of(text) for text in texts] + [0] * room
        lengths = bytes(0 if bare else len(text) for text in texts)
        before = put(struct.pack(f"<{len(words)}I{rooms}H", *words, *noted) + lengths + bytes(room))
        first += len(texts)
    for kind, text in strings:
        where = put(text + b"\0")
        put(struct.pack("<4I", kind, 0 if bare and kind == TEXT else hash_of(text), len(text), where))
    return bytes(memory)


def made_again(memories: list[bytes]) -> list[bytes]:
    """The memories, once a module has begun with what is left of them."""
    modules = []
    for memory in memories:
        smaller, making = without_derived(memory)
        modules.append(with_memory(MODULE, smaller, {"start": making}).hex())
    command = ["node", "--input-type=module", "--eval", RUN]
    ran = subprocess.run(command, input=json.dumps(modules), capture_output=True, text=True, check=True)
    return [bytes.fromhex(memory) for _, _, memory in json.loads(ran.stdout)]


texts = st.binary(min_size=0, max_size=40).map(lambda text: text.replace(b"\0", b"-"))
places = st.lists(st.lists(texts, min_size=1, max_size=12), min_size=1, max_size=4)


def test_webassembly_makes_the_same_memory_again() -> None:
    memories = [
        memory_of([[b"podio", b"", b"x" * 255]]),
        memory_of([[b"one"], [b"two", WITHOUT_HASH]], [[b"three"]], [[b"\xff\x80"], [b"four"] * 9], room=7),
    ]
    assert made_again(memories) == memories


@given(st.lists(places, min_size=1, max_size=3), st.integers(0, 5))
@example([[[WITHOUT_HASH, b""]]], 1)
def test_hashes_lengths_and_addresses_are_left_out_and_nothing_else(pools: list[list[list[bytes]]], room: int) -> None:
    assert without_derived(memory_of(*pools, room=room))[0] == memory_of(*pools, room=room, bare=True)


def test_a_string_that_is_not_interned_loses_its_hash() -> None:
    strings = ((TEXT, b"Call login()."), (TEXT, b""), (TEXT + 4, b"of another type"), (TEXT, WITHOUT_HASH))
    memory = memory_of([[b"podio"]], strings=strings)
    assert without_derived(memory)[0] == memory_of([[b"podio"]], strings=strings, bare=True)


def broken(at: int, value: int) -> bytes:
    """A memory with three pools, of which the second one is not as it should be."""
    memory = bytearray(memory_of([[b"podio"]], [[b"on", b"the", b"web"]], [[b"page"]]))
    memory[memory.index(struct.pack("<III", 1537, 3, 3)) - 4 + at] ^= value
    return bytes(memory)


@pytest.mark.parametrize(
    ("memory", "words"),
    [
        (bytes(PAGE), "no interned strings"),
        (memory_of([[b"a\0b"]]), "other hashes or lengths"),
        (broken(24 + 4 * 3, 1), "other hashes or lengths"),
        (broken(24 + 4 * 3 + 2 * 3, 1), "other hashes or lengths"),
        (broken(16, 4), "no interned strings, or in another way"),
    ],
)
def test_strings_that_are_not_as_they_were_are_refused(memory: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        without_derived(memory)
