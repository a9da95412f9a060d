"""Build the documentation's site: prepare the pages, let zensical render them, finish what it wrote."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docs_runtime import write_runtime
from static_demo import write_demo

from docs_site.finished import finish
from docs_site.prepared import BadPage, for_zensical, sources, with_links
from docs_site.reference import reference_pages, reference_texts
from docs_site.texts import Section, llms_full_txt, llms_txt

SITE = Path(".make/docs")
_WORK = Path(".make/docs-build")
_CONFIG = Path("docs/zensical.toml")


def build(root: Path, *, into: Path | None = None, ref: str = "main") -> Path:
    """Build the site and return its folder. What was there is replaced at the end.

    Args:
        root: The checkout.
        into: The folder. None means ``.make/docs`` in the checkout.
        ref: The branch or tag that links to files of the repository lead to.

    Raises:
        BadPage: A page is not in the navigation, or a link leads nowhere.
        subprocess.CalledProcessError: zensical found something wrong, and has said what.
    """
    config = tomllib.loads((root / _CONFIG).read_text(encoding="utf-8"))["project"]
    sections = list(navigation(config["nav"]))
    pages = [page for section in sections for page in section.pages]
    files = {page: source for source, page in sources(root).items()}
    work = root / _WORK
    shutil.rmtree(work, ignore_errors=True)
    plain = {
        page: with_links(root, source, (root / source).read_text(encoding="utf-8"), ref)
        for page, source in files.items()
    }
    generated = reference_pages(root, pages)
    check_navigation(pages, [*plain, *generated])
    _write(work / "docs", {**{page: for_zensical(text) for page, text in plain.items()}, **generated})
    shutil.copytree(root / "docs" / "assets", work / "docs" / "assets")
    shutil.copyfile(root / _CONFIG, work / _CONFIG.name)
    _render(root, work)
    texts = {**plain, **reference_texts(root, pages)}
    finish(work / "site", texts)
    write_runtime(work / "site" / "assets" / "runtime", root / "node_modules")
    write_demo(work / "site" / "demo")
    _write(
        work / "site",
        {
            **texts,
            "llms.txt": llms_txt(config["site_name"], config["site_description"], config["site_url"], sections, texts),
            "llms-full.txt": llms_full_txt(config["site_url"], sections, texts),
        },
    )
    folder = root / SITE if into is None else into
    shutil.rmtree(folder, ignore_errors=True)
    shutil.move(work / "site", folder)
    return folder


def navigation(nav: list[Any]) -> Iterator[Section]:
    """Yield the sections of ``nav`` in zensical.toml, each with the pages of the sections inside it.

    >>> list(navigation([{"Start": ["index.md", {"More": ["items.md"]}]}]))
    [Section(title='Start', pages=['index.md', 'items.md'])]
    """
    for each in nav:
        for title, inside in each.items():
            yield Section(title, list(_pages(inside)))


def _pages(inside: object) -> Iterator[str]:
    if isinstance(inside, str):
        yield inside
    elif isinstance(inside, dict):
        for each in inside.values():
            yield from _pages(each)
    elif isinstance(inside, list):
        for each in inside:
            yield from _pages(each)


def check_navigation(listed: list[str], made: list[str]) -> None:
    """Check that each page is in the navigation once, and that there is nothing else in it.

    Raises:
        BadPage: Something is missing, and the message says what to do.
    """
    problems = [f"{page} is not in the navigation. Add it to nav." for page in made if page not in listed]
    problems += [f"{page} is in the navigation, but there is no such page." for page in listed if page not in made]
    problems += [f"{page} is in the navigation twice." for page in sorted(set(listed)) if listed.count(page) > 1]
    if problems:
        raise BadPage("\n".join(f"{_CONFIG}: {problem}" for problem in problems))


def _render(root: Path, work: Path) -> None:
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict", "--config-file", _CONFIG.name]
    path = os.pathsep.join([str(root / "scripts"), str(root)])
    # Its messages are for people, and nothing else is known of them: all of it is shown if something is wrong.
    environment = {**os.environ, "PYTHONPATH": path, "NO_COLOR": "1", "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        command, cwd=work, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode or "Warning" in done.stdout or "WARNING" in done.stdout:
        print(done.stdout, file=sys.stderr)
        raise subprocess.CalledProcessError(done.returncode or 1, command)


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
