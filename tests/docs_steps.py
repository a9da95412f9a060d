"""The steps of a page of the docs, for tests that do what a reader does: commands, and files to write.

A step is a fence. The sentence in front of it says what to do with a file: ``Write `name`:`` or ``Replace `name`:``,
``Add this to the end of `name`:``, or ``Add … to `name`, below `line`:``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent

_FENCE = re.compile(r"(?P<before>(?:^[^\n]+\n)+)\n```(?P<info>[^\n]+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Step:
    """A fence with the last sentence in front of it. ``name`` is the file that it is for, if any."""

    before: str
    language: str
    name: str
    text: str


def steps(page: str, heading: str = "") -> list[Step]:
    """Return the fences of a page, or of a section with its subsections, in their order.

    >>> steps("start-page.md", "Make it")[0].text.splitlines()[0]
    'python -m venv .venv'
    """
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    if heading:
        found = re.search(rf"^(#+) {re.escape(heading)}\n(.*)", text, re.DOTALL | re.MULTILINE)
        assert found is not None, f"{page} has no heading {heading}"
        text = re.split(rf"^#{{1,{len(found[1])}}} ", found[2], maxsplit=1, flags=re.MULTILINE)[0]
    return list(_steps(text))


def _steps(text: str) -> Iterator[Step]:
    for found in _FENCE.finditer(text):
        language, *words = found["info"].split()
        name = next((word for word in words if "." in word), "")
        before = " ".join(found["before"].split()).rpartition(". ")[2]
        yield Step(before, language, name, found["text"])


def write(step: Step, folder: Path) -> None:
    """Do with a file what the sentence in front of the fence says."""
    path = folder / step.name
    named = f"`{step.name}`"
    assert named in step.before, f"{step.before!r} does not name {step.name}"
    if step.before.startswith(("Write ", "Replace ")):
        assert path.exists() is step.before.startswith("Replace "), step.before
        path.write_text(step.text, encoding="utf-8")
        return
    text = path.read_text(encoding="utf-8")
    if step.before == f"Add this to the end of {named}:":
        path.write_text(f"{text}\n\n{step.text}", encoding="utf-8")
        return
    below = re.search(rf"{re.escape(named)}, below `([^`]+)`:$", step.before)
    assert below is not None, f"{step.before!r} does not say where"
    (line,) = [line for line in text.splitlines(keepends=True) if line.strip() == below[1]]
    path.write_text(text.replace(line, line + step.text), encoding="utf-8")
