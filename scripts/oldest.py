"""Print the oldest versions that users may have, for `make lock`: the lower bounds in pyproject.toml.

What comes out is compiled to requirements/oldest.txt, and `make test-oldest` runs tests with it.
"""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "pyproject.toml"
LOCK = ROOT / "requirements" / "dev.lock"

# What the tests need besides, in the version that the other tests run with.
_TOOLS = ("hypothesis",)
# Python before 3.11.3 needs it for redis; a lock made with a later one would not have it.
_ALSO = ("async-timeout",)


def users_requirements(project: Path = PROJECT) -> list[Requirement]:
    """Return what people install with podio-web and its extras, without `dev`.

    >>> sorted(requirement.name for requirement in users_requirements())[0]
    'httpx2'
    """
    found = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    extras = found["optional-dependencies"]
    lists = [found["dependencies"], *(lines for name, lines in extras.items() if name != "dev")]
    return [Requirement(line) for line in sorted({line for lines in lists for line in lines})]


def oldest_versions(project: Path = PROJECT) -> dict[str, str]:
    """Return the lower bound of each requirement by its name; those with one exact version have none.

    Raises ValueError for a requirement without a bound.

    >>> oldest_versions()["redis"]
    '5.0.0'
    """
    oldest: dict[str, str] = {}
    for requirement in users_requirements(project):
        bounds = {each.operator: each.version for each in requirement.specifier}
        if "==" in bounds:
            continue
        if ">=" not in bounds:
            raise ValueError(f"{requirement} has no lower bound. Write the oldest version that passes the tests.")
        oldest[canonicalize_name(requirement.name)] = bounds[">="]
    return oldest


def locked_versions(lock: Path) -> dict[str, str]:
    """Return the exact versions in a file that pip-compile wrote, by name.

    >>> locked_versions(LOCK)["pytest"]
    '9.2.0'
    """
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock.read_text(encoding="utf-8"), re.MULTILINE))


if __name__ == "__main__":
    locked = locked_versions(LOCK)
    versions = oldest_versions() | {name: locked[name] for name in _TOOLS}
    print(*(f"{name}=={version}" for name, version in sorted(versions.items())), *_ALSO, sep="\n")
