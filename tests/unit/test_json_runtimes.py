"""JSON on the three runtimes: what one sends and reads, the others send and read alike, or all of them refuse."""

import functools
import itertools
import json
import random
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import podio_web
from podio_web.http.json_text import DEEPEST, to_json
from podio_web.http.response import from_json

PACKAGE = Path(podio_web.__file__).parent
ROOT = PACKAGE.parent
INTERPRETERS = {"pyodide": "pyodide", "micropython": "@micropython/micropython-webassembly-pyscript"}
SCRIPT = Path(__file__).with_name("run_in_interpreter.mjs")
VALUES = 10_000
PARTS = 2_000  # leaves and keys that Hypothesis makes; it would take a minute to put values together from them

# Lone halves of characters are among the texts, and pairs of them: real answers have either.
texts = st.text(st.characters(exclude_categories=[]), max_size=12) | st.sampled_from(
    ["\ud83d\ude80", "\ude80\ud83d", "한"]
)
keys = texts | st.integers() | st.booleans() | st.none()
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | texts
    | st.binary(max_size=2)
    | st.sampled_from([1 << 63])
    | st.sets(st.integers(), max_size=2)
)

PROGRAM = """
import json
from podio_web.http.json_text import to_json
from podio_web.http.response import from_json

inf, nan = float("inf"), float("nan")

def outcome(act, argument):
    try:
        return act(argument)
    except (TypeError, ValueError) as problem:
        return ("TypeError: " if isinstance(problem, TypeError) else "ValueError: ") + str(problem)

def read_again(text):
    return to_json(from_json(text))

lines = []
with open("/cases") as cases:
    for line in cases:
        source, text = json.loads(line)
        found = [outcome(to_json, eval(source)), None if text is None else outcome(read_again, text)]
        lines.append(to_json(found))
with open("/result", "w") as result:
    result.write("\\n".join(lines))
"""


def run(interpreter: str, cases: list[tuple[str, str | None]]) -> list[list[str | None]]:
    """Return for each case, a value's source and its JSON, what is written of the one and what is read of the other."""
    text = run_program(interpreter, PROGRAM, "".join(json.dumps(case) + "\n" for case in cases))
    return [json.loads(line) for line in text.split("\n")]


def run_program(interpreter: str, program: str, cases: str = "") -> str:
    """Return what a program writes to ``/result``. It finds the cases in ``/cases``."""
    names = ("errors", *(f"http/{name}" for name in ("json_depth", "json_text", "request", "response")))
    names += ("oauth/encoding", "runtime/interpreter", "runtime/js_bridge")
    files = {f"podio_web/{name}.py": (PACKAGE / f"{name}.py").read_text(encoding="utf-8") for name in names}
    files |= {f"podio_web/{folder}__init__.py": "" for folder in ("", "http/", "oauth/", "runtime/")}
    files |= {"/cases": cases}
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result"
        ran = subprocess.run(
            ["node", SCRIPT, ROOT / "node_modules" / INTERPRETERS[interpreter], result],
            input=json.dumps({"files": files, "program": program}),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert ran.returncode == 0, ran.stderr
        return result.read_text(encoding="utf-8")


def written(value: Any) -> str:
    try:
        return to_json(value)
    except (TypeError, ValueError) as problem:
        return f"{type(problem).__name__}: {problem}"


def meaning(text: str | None) -> str | None:
    """Return what a JSON text says, 1 and 1.0 apart; "refused" for an error: which of several comes first, may vary."""
    if text is None or text.startswith(("TypeError: ", "ValueError: ")):
        return text and "refused"
    return repr(in_order(json.loads(text)))


def in_order(value: Any) -> Any:
    """MicroPython's dictionaries have an order of their own."""
    if isinstance(value, dict):
        return sorted((key, in_order(each)) for key, each in value.items())
    return [in_order(each) for each in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def generated() -> list[Any]:
    found: list[tuple[Any, Any]] = []

    @settings(
        max_examples=PARTS // 10,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(st.tuples(leaves, keys), min_size=10, max_size=10))
    def collect(some: list[tuple[Any, Any]]) -> None:
        found.extend(some)

    collect()
    assert len(found) >= PARTS
    chance = random.Random()
    parts, names = [part for part, _ in found], [name for _, name in found]
    return [put_together(chance, parts, names, leaves=8) for _ in range(VALUES)]


def put_together(chance: random.Random, parts: Sequence[Any], keys: Sequence[Any], leaves: int) -> Any:
    """Return a value of so many leaves at most; four in ten are leaves themselves."""
    size = min(chance.randrange(5), leaves)
    kind = "leaf" if leaves < 2 else chance.choice(["leaf", "leaf", "list", "dictionary", "tuple"])
    if kind == "leaf":
        return chance.choice(parts)
    inner = [put_together(chance, parts, keys, leaves // max(size, 1) - 1) for _ in range(size)]
    if kind == "dictionary":
        return {chance.choice(keys): each for each in inner}
    return inner if kind == "list" else tuple(inner)


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_generated_values_are_sent_and_read_alike(interpreter: str, generated: list[Any]) -> None:
    cases: list[tuple[str, str | None]] = []
    for value in generated:
        text = written(value)
        cases.append((repr(value), None if meaning(text) == "refused" else text))
    refused = 0
    for value, (source, sendable), (sent, read) in zip(generated, cases, run(interpreter, cases), strict=True):
        assert meaning(sent) == meaning(written(value)), source
        if sendable is None:
            refused += 1
        else:
            assert meaning(read) == meaning(sendable), source
    assert VALUES / 100 < refused < VALUES * 0.7


READ = [
    *(
        '"\\ud83d\\ude80"',
        '"\\uD83D\\uDE80 \\u00e9 \\/"',
        '"\\\\ud83d\\\\ude80"',
        '"\\ud83d"',
        '["\\udc00\\ud800"]',
        '"\\u0000"',
    ),
    *(
        "1e400",
        "-1e400",
        "1E5",
        "-0.0",
        "-0",
        "1e-400",
        "0.1",
        "5e-324",
        "1.7976931348623157e308",
        "123456789012345678901234567890",
    ),
    *('{"a": 1, "a": 2}', " [ ] ", '{"": null}', '"\x7f\u2028"', "[[[[[[[[[[]]]]]]]]]]"),
    "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1),
]
NO_JSON = ["NaN", "[Infinity]", "-Infinity", "[" * 50_000, '{"a":' * 50_000, "", "{", "nul", "{} x", '"\\ud83d\\ude']
BAD = {
    "data['v'][0] is of type": [
        "{1}",
        "b'x'",
        "bytearray(b'x')",
        "range(3)",
        "object()",
        "print",
        "1j",
        "iter([])",
        "...",
    ],
    "data['v'][0] has a key of type": ["{None: 1}", "{True: 1}", "{1.5: 1}", "{(1,): 1}"],
    "data['v'][0] is nan, which JSON cannot represent": ["nan"],
    "data['v'][0]['x'] is -inf, which JSON cannot represent": ["{'x': -inf}"],
    "data has more than 50 levels": [f"{'[' * 60}{']' * 60}"],
}


BAD_SOURCES = [(source, reason) for reason, sources in BAD.items() for source in sources]


@functools.cache
def found(interpreter: str) -> dict[str, list[list[str | None]]]:
    """Return what comes of the cases that are written here. One start is for all: it takes more than they do."""
    cases: dict[str, list[tuple[str, str | None]]] = {
        "read": [("None", text) for text in READ],
        "bad": [(f"{{'v': [{source}]}}", None) for source, _ in BAD_SOURCES],
        "no json": [("None", text) for text in NO_JSON],
    }
    rest = iter(run(interpreter, [case for some in cases.values() for case in some]))
    return {kind: list(itertools.islice(rest, len(some))) for kind, some in cases.items()}


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_texts_as_servers_write_them_are_read_alike(interpreter: str) -> None:
    for text, (_, read) in zip(READ, found(interpreter)["read"], strict=True):
        assert meaning(read) == meaning(written(from_json(text))), text


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_what_json_cannot_hold_is_the_same_error(interpreter: str) -> None:
    for (source, reason), (sent, _) in zip(BAD_SOURCES, found(interpreter)["bad"], strict=True):
        kind = "TypeError" if "of type" in reason else "ValueError"
        assert str(sent).startswith(f"{kind}: {reason}"), source
        assert written({"v": [eval(source, {"inf": float("inf"), "nan": float("nan")})]}).startswith(
            f"{kind}: {reason}"
        )


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_what_is_no_json_is_refused_alike(interpreter: str) -> None:
    for text, (_, read) in zip(NO_JSON, found(interpreter)["no json"], strict=True):
        with pytest.raises(ValueError):
            from_json(text)
        assert str(read).startswith("ValueError: "), text[:20]


# Pyodide does not survive a stack that is used up by calls from C.
QUERIES = """
from podio_web.http.request import build_request

itself = []
itself.append(itself)
found = []
for values in ([[[1, 2], 3]], itself):
    try:
        found.append(build_request("https://api.podio.com", "GET", "/item/", {"v": values}).url)
    except ValueError as problem:
        found.append(str(problem))
with open("/result", "w") as result:
    result.write("\\n".join(found))
"""


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_a_query_that_contains_itself_ends_no_interpreter(interpreter: str) -> None:
    sent, refused = run_program(interpreter, QUERIES).split("\n")
    assert sent == "https://api.podio.com/item/?v=1%3B2%3B3"
    assert refused == "data has more than 50 levels of lists and dicts, or contains itself"


# Reading their attributes throws. What JavaScript throws through MicroPython would end the task, and the call with it.
THROWING = """
import js
from podio_web.http.json_text import to_json
from podio_web.http.request import build_request

found = []
for value in (js.Symbol("x"), js.eval("({get constructor() { throw 1 }, get files() { throw 1 }})")):
    for send in (to_json, lambda data: build_request("https://api.podio.com", "GET", "/item/", data)):
        try:
            found.append(send({"v": value}))
        except (TypeError, ValueError) as problem:
            found.append(str(problem).partition(".")[0])
# MicroPython alone has no number for it.
try:
    found.append(to_json({"v": js.BigInt("12345678901234567890")}))
except TypeError as problem:
    found.append(str(problem).partition(",")[0])
with open("/result", "w") as result:
    result.write("\\n".join(found))
"""


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_an_object_whose_attributes_throw_is_refused_by_name(interpreter: str) -> None:
    *refused, big = run_program(interpreter, THROWING).split("\n")
    assert refused == [
        f"{start}{kind}{end}"
        for kind in ("Symbol", "JsProxy")
        for start, end in (
            ("data['v'] is of type ", ", which JSON cannot represent"),
            ("data may hold text, numbers, booleans and lists of them, not ", ""),
        )
    ]
    is_number = interpreter == "pyodide"
    assert big == ('{"v":12345678901234567890}' if is_number else "data['v'] is of type BigInt")


SUBCLASSES = """
from podio_web.http.json_text import to_json
from podio_web.http.request import build_request, quote

class Text(str):
    pass

class Number(int):
    pass

found = [to_json(each) for each in ({Text("a"): Text("b")}, {Number(5): [Number(6)]})]
found += [build_request("https://api.podio.com", "GET", Text("/item/"), {Text("a"): Text("b")}).url, quote(Text("c"))]
with open("/result", "w") as result:
    result.write("\\n".join(found))
"""


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_a_subclass_of_str_or_int_is_sent_like_its_value(interpreter: str) -> None:
    sent = run_program(interpreter, SUBCLASSES).split("\n")
    assert sent == ['{"a":"b"}', '{"5":[6]}', "https://api.podio.com/item/?a=b", "c"]
