"""MicroPython's dictionaries as lists: which are, what stays as it is, and that Python does the same with them."""

import operator
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podio_web.site_builder.ordered import with_ordered_maps
from podio_web.site_builder.started import started_micropython
from tests.unit.test_build_started import NODE_MODULES, run

SIZE = 1 << 12
DICT = 0x1_6EC0  # what dictionaries have for a type
NAMES, FIXED, ORDERED = 1, 2, 4
DELETED = (4, 0)

Slots = list[tuple[int, int]]


def name(number: int) -> int:
    """A key: the interned string of this number."""
    return number << 3 | 2


def memory_of(*slots: Slots, flags: int = NAMES, used: int | None = None, kind: int = DICT, at: int = 0x100) -> bytes:
    """A memory with a dictionary for each list of keys and values, one behind the other."""
    memory = bytearray(SIZE)
    free = at
    for pairs in slots:
        table = -(-free // 16) * 16 + 16
        count = len([key for key, _ in pairs if key not in (0, 4)]) if used is None else used
        struct.pack_into("<4I", memory, free, kind, count << 3 | flags, len(pairs), table)
        for place, pair in enumerate(pairs):
            struct.pack_into("<II", memory, table + 8 * place, *pair)
        free = -(-(table + 8 * len(pairs)) // 16) * 16
    return bytes(memory)


def test_a_table_becomes_a_list_in_the_order_of_the_names() -> None:
    before = [(name(9), 90), (0, 0), (name(700), 7), DELETED, (name(2), 20)]
    after = [(name(2), 20), (name(9), 90), (name(700), 7), (0, 0), (0, 0)]
    other = [(name(1), 1)]
    assert with_ordered_maps(memory_of(before, other)) == memory_of(after, other, flags=NAMES | ORDERED)


entries = st.dictionaries(st.integers(1, 5000).map(name), st.integers(0, 2**32 - 1), min_size=1, max_size=30)


@given(entries, st.integers(0, 5), st.randoms(use_true_random=False))
def test_no_pair_is_lost(pairs, room, random) -> None:
    slots = [*pairs.items(), *[(0, 0)] * room]
    random.shuffle(slots)
    expected = sorted(pairs.items()) + [(0, 0)] * room
    assert with_ordered_maps(memory_of(slots)) == memory_of(expected, flags=NAMES | ORDERED)


TWO = [(name(9), 90), (name(2), 20)]


@pytest.mark.parametrize(
    "memory",
    [
        memory_of(),
        memory_of(TWO, flags=0),
        memory_of(TWO, flags=NAMES | FIXED),
        memory_of(TWO, flags=NAMES | ORDERED),
        memory_of(TWO, used=1),
        memory_of(TWO, used=3),
        memory_of(TWO, kind=0),
        memory_of(TWO, at=0x108),
        memory_of([(name(9), 90), (0x1238, 20)]),
        memory_of([(0, 0), DELETED]),
    ],
    ids=["none", "keys", "fixed", "ordered", "fewer", "more", "typeless", "elsewhere", "object", "empty"],
)
def test_what_is_no_dictionary_of_names_stays(memory: bytes) -> None:
    before, after = [(name(1), 1), (name(0), 0)], [(name(0), 0), (name(1), 1)]
    made = with_ordered_maps(both(memory, memory_of(before, at=0x800)))
    assert made == both(memory, memory_of(after, at=0x800, flags=NAMES | ORDERED))


def both(one: bytes, other: bytes) -> bytes:
    """A memory with what is in two of them, in different places."""
    return bytes(map(operator.or_, one, other))


@pytest.mark.parametrize("memory", [bytes(SIZE), memory_of(TWO, flags=NAMES | FIXED)])
def test_a_memory_without_dictionaries_is_refused(memory: bytes) -> None:
    with pytest.raises(ValueError, match="no dictionaries"):
        with_ordered_maps(memory)


def test_dictionaries_of_a_started_micropython_are_used_as_before(tmp_path) -> None:
    source = """
class Kind:
    size = 1
    def double(self): return 2 * self.size
kept, known, mixed = Kind(), {"b": 1, "a": 2, "c": 3}, {"b": 1, 2: 3}
kept.own = 4
"""
    program = """
import podio_web, sys
from podio_web import Kind, kept, known, mixed
assert kept.double() == 2 and kept.own == 4
kept.size = 3
kept.more = [kept.size]
assert kept.double() == 6 and Kind.size == 1 and kept.more == [3]
Kind.triple = lambda self: 3 * self.size
assert kept.triple() == 9
del kept.size, kept.own, Kind.double
assert not hasattr(kept, "own") and not hasattr(kept, "double") and kept.size == 1
assert known == {"a": 2, "b": 1, "c": 3} and mixed == {2: 3, "b": 1}
assert known["".join(["", "a"])] == 2 and "d" not in known and 2 not in known
known.update({str(number): number for number in range(100)})
known[5] = "five"
assert len(known) == 104 and known["99"] == 99 and known[5] == "five"
assert known.pop("b") == 1 and "b" not in known and known["c"] == 3
copied = known.copy()
known.clear()
known["a"] = 1
assert known == {"a": 1} and len(copied) == 103
podio_web.added = 1
assert podio_web.added == 1 and "added" in podio_web.__dict__
del podio_web.added
assert not hasattr(podio_web, "added") and sys.modules["podio_web"] is podio_web
print("as before")
"""
    wasm = started_micropython(NODE_MODULES, {"podio_web/__init__.py": source})
    assert run(tmp_path, wasm, program) == "as before\n"
