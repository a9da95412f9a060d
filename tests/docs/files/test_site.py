"""The documentation's site as files: every page and name is there, links lead somewhere, and two builds are equal."""

from __future__ import annotations

import hashlib
import importlib
import re
import shutil
import tomllib
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import pytest
from docs_site.build import build, check_navigation, navigation
from docs_site.docstrings import with_fences
from docs_site.prepared import BadPage, for_zensical, with_links
from docs_site.published import publish
from docs_site.reference import modules_of
from docs_site.theme import ThemeChanged, change_theme

import podio_web
from podio_web import Podio, PodioError, SyncPodio, errors
from podio_web.events import EVENTS
from podio_web.items import fields

# The client's own parts, for which nobody but the client asks.
INTERNAL = {"podio_web.http"}


class Page(HTMLParser):
    """What a test wants to know of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: Counter[str] = Counter()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.levels: list[int] = []
        self.without_alt = 0
        self.lang = ""
        self.head: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        if "id" in known:
            self.ids[known["id"]] += 1
        if tag == "a" and "href" in known:
            self.links.append(known["href"])
        if tag == "link":
            self.head[known["rel"]] = known["href"]
        if tag == "meta":
            self.head[known.get("name", known.get("http-equiv", ""))] = known.get("content", "")
        if tag in ("img", "script", "source", "iframe") and "src" in known:
            self.loaded.append(known["src"])
        if tag == "link" and known["rel"] in ("stylesheet", "icon"):
            self.loaded.append(known["href"])
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        self.without_alt += tag == "img" and "alt" not in known
        self.lang = self.lang or (known.get("lang", "") if tag == "html" else "")


@pytest.fixture(scope="session")
def parsed(docs_folder: Path, docs_pages: list[str]) -> dict[str, Page]:
    return {name: Page((docs_folder / name).read_text(encoding="utf-8")) for name in docs_pages}


@pytest.fixture(scope="session")
def nav_pages(root: Path) -> list[str]:
    config = tomllib.loads((root / "docs" / "zensical.toml").read_text(encoding="utf-8"))
    return [page for section in navigation(config["project"]["nav"]) for page in section.pages]


def test_every_page_of_the_docs_is_on_the_site(root: Path, docs_pages: list[str]) -> None:
    wanted = {path.with_suffix(".html").name for path in (root / "docs").glob("[a-z]*.md")}
    assert {"index.html", "readme.html", "security.html", "changelog.html", "contributing.html"} <= set(docs_pages)
    assert wanted <= set(docs_pages)


def test_every_link_and_every_anchor_leads_somewhere(docs_folder: Path, parsed: dict[str, Page]) -> None:
    broken = []
    for name, page in parsed.items():
        for address in [*page.links, *page.loaded]:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            path = (PurePosixPath(name).parent / unquote(parts.path)) if parts.path else PurePosixPath(name)
            target = (docs_folder / path).resolve()
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file():
                broken.append(f"{name}: {address}")
            elif parts.fragment and target.suffix == ".html":
                ids = parsed[target.relative_to(docs_folder).as_posix()].ids
                broken += [] if unquote(parts.fragment) in ids else [f"{name}: {address}"]
    assert broken == []


def test_pages_load_nothing_from_elsewhere(parsed: dict[str, Page]) -> None:
    assert [src for page in parsed.values() for src in page.loaded if urlsplit(src).netloc] == []


def test_headings_are_in_order_and_pictures_have_texts(parsed: dict[str, Page]) -> None:
    wrong = {}
    for name, page in parsed.items():
        jumps = [pair for pair in zip(page.levels, page.levels[1:], strict=False) if pair[1] > pair[0] + 1]
        if page.levels[:1] != [1] or page.levels.count(1) != 1 or jumps or page.without_alt or page.lang != "en":
            wrong[name] = (page.levels[:6], jumps, page.without_alt, page.lang)
    assert wrong == {}


def test_no_id_is_there_twice(parsed: dict[str, Page]) -> None:
    assert {name: twice for name, page in parsed.items() if (twice := [x for x, n in page.ids.items() if n > 1])} == {}


def test_every_page_has_its_policy_and_names_its_text(docs_folder: Path, parsed: dict[str, Page]) -> None:
    for name, page in parsed.items():
        policy = page.head["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'")
        assert "unsafe-inline" not in policy
        folder = (docs_folder / name).parent
        assert (folder / page.head["alternate"]).resolve() == (docs_folder / name).with_suffix(".md")
        assert (folder / page.head["describedby"]).resolve() == docs_folder / "llms.txt"


def test_the_texts_are_all_in_llms_txt_and_in_full(docs_folder: Path, docs_pages: list[str]) -> None:
    index = (docs_folder / "llms.txt").read_text(encoding="utf-8")
    full = (docs_folder / "llms-full.txt").read_text(encoding="utf-8")
    listed = re.findall(r"^- \[.+\]\(https://podio-web\.github\.io/podio-web/latest/(.+?)\)", index, re.MULTILINE)
    assert sorted(listed) == sorted(name.removesuffix("html") + "md" for name in docs_pages)
    for name in listed:
        assert (docs_folder / name).read_text(encoding="utf-8").strip() in full
    assert not re.search(r"^```.*\{", full, re.MULTILINE)


def public_modules() -> set[str]:
    """Return each module with ``__all__``, read from its text: some can be imported in pages only."""
    package = Path(podio_web.__file__).parent
    with_all = [path for path in package.rglob("*.py") if "\n__all__ = [" in path.read_text(encoding="utf-8")]
    names = {".".join(path.relative_to(package.parent).with_suffix("").parts) for path in with_all}
    return {name.removesuffix(".__init__") for name in names}


def test_every_public_module_is_in_the_navigation(nav_pages: list[str]) -> None:
    assert public_modules() - set(modules_of(nav_pages).values()) == INTERNAL


def names_of(module: str) -> list[str]:
    loaded = importlib.import_module(module)
    if hasattr(loaded, "__all__"):
        return list(loaded.__all__)
    own = (name for name, each in vars(loaded).items() if getattr(each, "__module__", "") == module)
    return [name for name in own if not name.startswith("_")]


def test_the_reference_has_every_public_name(parsed: dict[str, Page], docs_folder: Path, nav_pages: list[str]) -> None:
    modules = modules_of(nav_pages)
    for page, module in modules.items():
        names = [name for name in names_of(module) if f"{module}.{name}" not in modules.values()]
        ids = parsed[page.removesuffix("md") + "html"].ids
        assert [name for name in names if f"{module}.{name}" not in ids] == [], module
        text = (docs_folder / page).read_text(encoding="utf-8")
        assert [name for name in names if f"\n## {name}\n" not in text] == [], module


@pytest.mark.parametrize("client", [Podio, SyncPodio])
def test_the_reference_has_every_member_of_a_client(parsed: dict[str, Page], client: type) -> None:
    members = {f"podio_web.{client.__name__}.{name}" for name in dir(client) if not name.startswith("_")}
    assert len(members) > 20
    assert members <= set(parsed["reference/podio_web.html"].ids)


def test_the_tables_of_the_reference_are_complete(docs_folder: Path) -> None:
    page = (docs_folder / "reference/podio_web.errors.html").read_text(encoding="utf-8")
    kinds = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, PodioError)]
    assert [kind.__name__ for kind in kinds if f"<code>{kind.__name__}</code></a></td>" not in page] == []
    page = (docs_folder / "reference/podio_web.items.fields.html").read_text(encoding="utf-8")
    assert [name for name in fields.__all__ if f"<code>{name}</code></a></td>" not in page] == []
    page = (docs_folder / "reference/podio_web.events.html").read_text(encoding="utf-8")
    assert [name for name in EVENTS if f"<td><code>{name}</code></td>" not in page] == []
    page = (docs_folder / "reference/commands.html").read_text(encoding="utf-8")
    assert "--allowed-host NAME" in page
    assert "PodioRequestOptions" in (docs_folder / "reference/javascript.html").read_text(encoding="utf-8")


def hashes(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_second_build_writes_the_same_bytes(root: Path, docs_folder: Path, tmp_path: Path) -> None:
    again = build(root, into=tmp_path / "again")
    first, second = hashes(docs_folder), hashes(again)
    assert {name for name in first.keys() | second.keys() if first.get(name) != second.get(name)} == set()


def test_a_page_that_is_not_in_the_navigation_is_refused(root: Path) -> None:
    with pytest.raises(BadPage, match=r"docs/zensical\.toml: new\.md is not in the navigation\. Add it to nav\."):
        check_navigation(["index.md"], ["index.md", "new.md"])
    with pytest.raises(BadPage, match=r"old\.md is in the navigation, but there is no such page"):
        check_navigation(["index.md", "old.md"], ["index.md"])
    with pytest.raises(BadPage, match=r"index\.md is in the navigation twice"):
        check_navigation(["index.md", "index.md"], ["index.md"])


def test_links_lead_to_pages_and_to_the_repository(root: Path) -> None:
    text = "[a](../SECURITY.md#files) [b](../examples) [c](../Makefile) [d](https://example.com) `[e](../no)`\n"
    repository = "https://github.com/podio-web/podio-web"
    assert with_links(root, "docs/items.md", text, "v1.0.0") == (
        f"[a](security.md#files) [b]({repository}/tree/v1.0.0/examples) [c]({repository}/blob/v1.0.0/Makefile) "
        "[d](https://example.com) `[e](../no)`\n"
    )
    assert with_links(root, "README.md", "[a](docs/README.md)\n```\n[b](no.md)\n```\n", "main") == (
        "[a](index.md)\n```\n[b](no.md)\n```\n"
    )
    inside = "[a](https://podio-web.github.io/podio-web/latest/demo/index.html)"
    assert with_links(root, "README.md", inside, "main") == "[a](demo/index.html)\n"
    with pytest.raises(BadPage, match=r"docs/items\.md:2 links to gone\.md, which does not exist"):
        with_links(root, "docs/items.md", "\n[a](gone.md)\n", "main")


def test_fences_get_their_classes_and_titles() -> None:
    assert for_zensical("a\n```python run\n1\n```\nb\n") == "a\n\n```{ .python .run }\n1\n```\n\nb\n"
    assert for_zensical("```python server app.py\n```\n") == '\n```{ .python .server title="app.py" }\n```\n\n'
    assert for_zensical("- a\n  ```sh\n  ls\n  ```\n") == "- a\n\n    ```sh\n    ls\n    ```\n\n"
    assert for_zensical("````text\n```\n````\n") == "\n````text\n```\n````\n\n"


def test_doctests_and_literal_blocks_become_fences() -> None:
    assert with_fences("A.\n\n>>> f(\n...  1)\n2\n\nB.") == "A.\n\n```pycon\n>>> f(\n...  1)\n2\n```\n\nB."
    assert with_fences("Example::\n\n    f()\n\nB.") == "Example:\n\n```python\nf()\n```\n\nB."
    assert with_fences("Examples:\n    >>> f()") == "Examples:\n    >>> f()"


def test_no_doctest_of_the_reference_is_taken_for_a_quotation(docs_folder: Path) -> None:
    pages = sorted((docs_folder / "reference").glob("*.html"))
    assert [page.name for page in pages if "<blockquote>" in page.read_text(encoding="utf-8")] == []


def test_another_script_of_the_theme_is_refused(tmp_path: Path, docs_folder: Path) -> None:
    site = tmp_path / "site"
    (site / "assets/stylesheets/classic").mkdir(parents=True)
    (site / "404.html").touch()
    shutil.copytree(docs_folder / "assets/javascripts", site / "assets/javascripts")
    with pytest.raises(ThemeChanged, match=r"bundle\..+\.min\.js has no C\("):
        change_theme(site)


def test_each_minor_version_has_its_folder_and_old_ones_a_banner(tmp_path: Path) -> None:
    versions = {"0.1.0": ["items", "gone"], "0.2.0": ["items"], "0.10.0": ["items"], "0.2.1": ["items"]}
    for version, pages in versions.items():
        site = tmp_path / "site"
        shutil.rmtree(site, ignore_errors=True)
        for name in ("index", "reference/a", *pages):
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            (site / f"{name}.html").write_text(f"<body><h1>{version}</h1>")
        publish(site, tmp_path, version)
    assert {path.name for path in tmp_path.iterdir()} >= {"0.1", "0.2", "0.10", "latest", "index.html", ".nojekyll"}
    assert (tmp_path / "latest/items.html").read_text() == "<body><h1>0.10.0</h1>"
    assert (tmp_path / "0.10/items.html").read_text() == "<body><h1>0.10.0</h1>"
    link = '<a href="../latest/{}">Read about the latest version</a>.</aside><h1>{}</h1>'
    assert (tmp_path / "0.2/items.html").read_text().endswith(link.format("items.html", "0.2.1"))
    assert (tmp_path / "0.1/gone.html").read_text().endswith(link.format("", "0.1.0"))
    assert (tmp_path / "0.1/gone.html").read_text().count("<aside") == 1
    assert 'href="../../latest/reference/a.html"' in (tmp_path / "0.1/reference/a.html").read_text()
