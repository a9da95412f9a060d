"""File names: whatever a file is called, its name arrives, and it does nothing else."""

import json
import random
import subprocess
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podio_web.files.names import LONGEST, UNNAMED, safe_name, shortened
from tests.unit.file_clients import WAYS, open_files

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
PARTS = [
    *('"', "'", "%22", "\r\n", "\r", "\n", "\0", "\x1b[31m", "\x7f", "\x85", "..", "/", "\\", "C:\\", "//host/share/"),
    *(
        BIDI,
        "\u2028",
        "\u2029",
        "\ufeff",
        "\ud800",
        "\udcff",
        "é",
        "e\u0301",
        "日本語",
        "🚀",
        "👩\u200d🚀",
        " ",
        ".",
        ";",
        "=",
    ),
    *('"; name="other', "\r\nContent-Type: text/html\r\n\r\n", "--", "<script>", "a" * 300, ".pdf", ".", "name"),
]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("report.pdf", "report.pdf"),
        ("/etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("..", UNNAMED),
        (".", UNNAMED),
        ("", UNNAMED),
        ("folder/", UNNAMED),
        ("a\r\nb.txt", "ab.txt"),
        ("exe\u202egpj.exe", "exegpj.exe"),
        ("two\u2028lines.txt", "twolines.txt"),
        ("half\ud83d.txt", "half\ufffd.txt"),
        ("👩\u200d🚀.png", "👩\u200d🚀.png"),
        (" a.txt ", "a.txt"),
        (".." + " " * 300 + "x", UNNAMED),
    ],
)
def test_a_name_becomes_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@given(st.lists(st.one_of(st.sampled_from(PARTS), st.text(st.characters()), st.text(st.characters(categories=["Cs"])))))
def test_any_name_is_safe_to_send(parts: list[str]) -> None:
    name = safe_name("".join(parts))
    assert 0 < len(name) <= LONGEST
    assert name not in (".", "..")
    assert not {"/", "\\", "\u2028", "\u2029", *BIDI} & set(name)
    assert not [each for each in name if unicodedata.category(each) in ("Cc", "Cs")]
    assert safe_name(name) == name
    name.encode()


@given(st.text(min_size=LONGEST + 1, max_size=LONGEST * 2), st.from_regex(r"\.[a-z]{1,20}", fullmatch=True))
def test_a_long_name_keeps_its_extension(stem: str, extension: str) -> None:
    assert shortened(stem + extension).endswith(extension)
    assert len(shortened(stem + extension)) == LONGEST


def test_a_long_name_without_an_extension_is_cut() -> None:
    assert shortened("a" * 300) == "a" * LONGEST
    assert shortened("a." + "b" * 300) == ("a." + "b" * 300)[:LONGEST]
    assert shortened("." + "b" * 300) == ("." + "b" * 300)[:LONGEST]


def hostile_names(count: int) -> list[str]:
    """Return names that something might take for more than a name, the same ones each time."""
    chance = random.Random(20)
    names = [*PARTS, "a" * 5_000, "🚀" * 2_000, '"' * 5_000]
    while len(names) < count:
        names.append("".join(chance.choices(PARTS, k=chance.randint(1, 8))))
    return names[:count]


@pytest.mark.parametrize("way", WAYS)
def test_a_thousand_hostile_names_arrive_as_formidable_reads_them(way: str, tmp_path: Path) -> None:
    names = hostile_names(1_000)
    program = Path(__file__).with_name("receive_with_formidable.mjs")
    with subprocess.Popen(
        ["node", program, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        url = json.loads(server.stdout.readline())
        with open_files(way, url) as files:
            for number, name in enumerate(names):
                files.upload(b"%d" % number, name=name)
        server.stdin.close()
        seen = json.loads(server.stdout.read())
    assert server.returncode == 0
    assert len(seen) == len(names)
    for number, (name, one) in enumerate(zip(names, seen, strict=True)):
        assert one["fields"] == {"filename": safe_name(name)}
        # formidable decodes %22, as browsers encode a quote.
        assert one["file"] == safe_name(name).replace("%22", '"')
        assert one["content"] == str(number)
        assert one["names"] == ["source"]
