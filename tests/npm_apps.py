"""The apps that docs/bundlers.md shows: their files as they are written there, by their names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tests.conftest import ROOT

CLIENT = '{ clientId: "my-app", base: "/podio-web/" }'
SANDBOX = "http://127.0.0.1:8001"


def section(page: str, title: str) -> str:
    """Return what is below a heading of a page of the docs, up to the next heading.

    >>> section("bundlers.md", "React").splitlines()[1][:5]
    '`use`'
    """
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    assert found is not None, title
    return found[1]


def files(page: str, title: str) -> dict[str, str]:
    """Return the files that a section shows: the fences whose info string ends with a file name.

    >>> sorted(files("bundlers.md", "React"))
    ['index.html', 'main.jsx']
    """
    fences = re.findall(r"^```(.*?)\n(.*?)^```$", section(page, title), re.DOTALL | re.MULTILINE)
    named = {info.split()[-1]: text for info, text in fences}
    return {name: text for name, text in named.items() if "." in name}


def commands(page: str, title: str) -> str:
    """Return the commands of a section.

    >>> commands("bundlers.md", "Vite")
    'npm install podio-web\\n'
    """
    return "".join(re.findall(r"^```sh\n(.*?)^```$", section(page, title), re.DOTALL | re.MULTILINE))


def with_sandbox(text: str, url: str) -> str:
    """Return a file with the options that the page shows for a sandbox, which is at ``url`` here.

    >>> with_sandbox('loadPodio({ clientId: "my-app", base: "/podio-web/" })', "http://127.0.0.1:4000")
    'loadPodio({ clientId: "demo-client", base: "/podio-web/", apiUrl: "http://127.0.0.1:4000" })'
    """
    (shown,) = re.findall(r"loadPodio\((\{.*\})\)", section("bundlers.md", "Try it without an account"))
    assert text.count(CLIENT) == shown.count(SANDBOX) == 1
    return text.replace(CLIENT, shown.replace(SANDBOX, url))


def write_app(folder: Path, texts: Mapping[str, str]) -> None:
    """Write the files of an app into a folder."""
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def add_packages(folder: Path, *names: str) -> None:
    """Link packages of the checkout's node_modules into an app's, in the place of `npm install NAME`."""
    modules = folder / "node_modules"
    for name in names:
        (modules / name).symlink_to(ROOT / "node_modules" / name)
    command = modules / ".bin" / "vite"
    command.unlink(missing_ok=True)
    command.symlink_to(ROOT / "node_modules" / "vite" / "bin" / "vite.js")
