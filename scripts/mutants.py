"""Plant faults in ``podio_web.items``, one after the other, and check that the tests see each.

python3 scripts/mutants.py

It works on a copy. It prints the faults that no test sees, and exits with 1 if there are any.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# What is planted, by module: a text, what replaces it, and the test module that must fail.
FAULTS: dict[str, list[tuple[str, str, str]]] = {
    "app": [
        ('body["revision"] = await self._revision(item)', "pass", "app"),
        ("if state.is_stale or state.revision is None:", "if state.revision is None:", "app"),
        ('"mark_as_viewed": mark_as_viewed', '"mark_as_viewed": True', "app"),
        ('/", body, safe=True)', '/", body, safe=False)', "app"),
        ("if not any(pending):", "if False:", "app"),
        ("if missing:", "if False:", "app"),
        ("return self._definition or await", "return await", "app"),
        ("{} if hook else", "{} if True else", "app"),
    ],
    "state": [
        ("if not same(field, value, before):\n                yield", "if True:\n                yield", "app"),
        ("self._saved |= {", "_ = {", "app"),
        ("elif self.revision is None or revision != self.revision + 1:", "elif False:", "app"),
        ("Change(field, list(value) if type(value) is list else value, before)", "Change(field, value, before)", "app"),
        ("both.append(field.key)", "pass", "app"),
        ("values = {change.field.key: self._values[change.field.key] for change in changes}", "values = {}", "app"),
        ("if value != []}\n        return", "if value}\n        return", "app"),
    ],
    "encode": [
        ('value is None or value == ""', 'not value or value == ""', "encode"),
        ('written[f"{name}_utc"] = side.astimezone(UTC)', 'written[f"{name}_utc"] = side', "encode"),
        ('"category": lambda field, value: value.id,', '"category": lambda field, value: str(value),', "encode"),
    ],
    "coerce": [
        ("if offset is None:", "if False:", "encode"),
        ("tzinfo=timezone(offset), fold=0", "fold=0", "encode"),
        ("behind <= 0 or", "behind <= 5 or", "encode"),
        ('if option.status == "deleted" and', "if False and", "encode"),
        ("if allowed and currency not in allowed", "if False and currency not in allowed", "encode"),
        (
            'raise AttributeError(f"{field.key} is calculated',
            'return value\n        raise AttributeError(f"{field.key} is calculated',
            "encode",
        ),
    ],
    "arguments": [(" and not isinstance(value, bool)", "", "encode")],
    "decode": [
        ("if value.get(clock) is not None:", 'if not str(value.get(clock)).startswith(("00:00", "None")):', "decode"),
        ("return Raw(values)\n\n\ndef decoder_of", "raise\n\n\ndef decoder_of", "decode"),
        (
            'return timedelta(seconds=_int(values[0]["value"]))',
            'return timedelta(seconds=values[0]["value"]) or None',
            "decode",
        ),
        ("number = Decimal(repr(value))", "number = Decimal(value)", "decode"),
    ],
    "definition": [("get_close_matches(text, keys, 3, 0.5)", "[]", "decode")],
    "filters": [
        ("if field.type in IGNORED:", "if False:", "filters"),
        ("if not found:\n        raise", "if False:\n        raise", "filters"),
    ],
    "query": [("raise ItemsRateLimitError(problem, paging.resume) from None", "raise", "app")],
    "paging": [
        ("if offset > 0 and not (page and", "if False and not (page and", "paging"),
        ("row for row in self._behind if", "row for row in () if", "paging"),
        ("not is_fault or self._was_halved or", "not is_fault or", "paging"),
        ("return item_id in self._seen", "return False", "paging"),
    ],
    "bulk": [
        ("self._stop = self._stop or outcome", "pass", "bulk"),
        ("rate_limit.remaining <= self.at_once", "False", "bulk"),
    ],
    "declared": [("if gone or new or changed:", "if gone or changed:", "declared")],
}


def faults() -> Iterator[tuple[str, str, str, str]]:
    """Yield module, text, replacement and test module of each fault."""
    for module, planted in FAULTS.items():
        yield from ((module, *each) for each in planted)


def is_seen(fault: tuple[str, str, str, str]) -> bool:
    """Return whether the tests fail with a fault. Raises ValueError if its text is not in the module."""
    module, text, replacement, tests = fault
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("podio_web", "tests", "scripts"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        for part in ("pyproject.toml", "playwright.config.py"):
            shutil.copy(ROOT / part, folder / part)
        path = folder / "podio_web" / "items" / f"{module}.py"
        source = path.read_text(encoding="utf-8")
        if text not in source:
            raise ValueError(f"{module}.py has no {text!r}")
        path.write_text(source.replace(text, replacement), encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "no:cacheprovider",
            f"tests/unit/test_items_{tests}.py",
        ]
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        environment.pop("PYTHONPATH", None)
        ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if ran.returncode not in (0, 1):
            raise ValueError(f"{text!r} in {module}.py stops the tests from running:\n{ran.stdout[-2000:]}")
        return ran.returncode == 1


def main() -> int:
    """Plant each fault, and return 1 if one is not seen."""
    planted = list(faults())
    with ThreadPoolExecutor(2) as threads:
        seen = list(threads.map(is_seen, planted))
    missed = [fault for fault, was_seen in zip(planted, seen, strict=True) if not was_seen]
    for module, text, replacement, _ in missed:
        print(f"No test sees this in {module}.py: {text!r} -> {replacement!r}")
    print(f"{len(planted) - len(missed)} of {len(planted)} faults are seen.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
