"""`podio-web build` and `podio-web assets`: what they print, and what they refuse with which status."""

from pathlib import Path

import pytest

from podio_web import cli
from tests.conftest import ROOT
from tests.unit.small_sites import everything_below

BUILD = ("--from-cdn", "--no-snapshot")


def test_the_command_refuses_with_the_list_and_status_1(tmp_path: Path, capsys) -> None:
    (tmp_path / "_headers").write_text("mine")
    (tmp_path / "podio-web.js").write_text("mine")
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "callback.html").write_text("mine")
    before = everything_below(tmp_path)
    assert cli.main(["build", str(tmp_path), *BUILD, "--base", "/"]) == 1
    said = capsys.readouterr().err
    assert f"{tmp_path / '_headers'}: " in said
    assert f"{tmp_path / 'podio-web.js'}: " in said
    assert cli.main(["assets", str(tmp_path)]) == 1
    assert f"{tmp_path / 'static' / 'callback.html'}: " in capsys.readouterr().err
    assert everything_below(tmp_path) == before


@pytest.mark.parametrize(
    ("directory", "more", "address", "base"),
    [
        ("podio-web", (), "podio-web/podio-web.js", "/podio-web/"),
        ("public/podio-web", (), "podio-web/podio-web.js", "/podio-web/"),
        (".", (), "podio-web.js", "/"),
        ("site", ("--base", "/"), "/podio-web.js", "/"),
        ("site", ("--base", "/app/"), "/app/podio-web.js", "/app/"),
        ("site", ("--base", "/app"), "/app/podio-web.js", "/app/"),
    ],
)
def test_what_the_command_prints_and_writes_fits_the_folder(
    tmp_path: Path, monkeypatch, capsys, directory: str, more: tuple[str, ...], address: str, base: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["build", directory, *BUILD, *more]) == 0
    said = capsys.readouterr().out
    assert f'src="{address}"' in said
    if not more:
        # Beside the folder, as the page of docs/script-tag.md has it.
        assert (Path(directory).parent / address).is_file()
    lines = Path(directory, "_headers").read_text().splitlines()
    assert f"{base}callback.html" in lines
    assert f"{base}podio-web.js" in lines
    assert (f"Copy {Path(directory) / '_headers'} to the top of your site" in said) == (base != "/")


def test_the_docs_show_what_the_command_prints(tmp_path: Path, monkeypatch, capsys) -> None:
    page = (ROOT / "docs" / "script-tag.md").read_text(encoding="utf-8")
    hosting = (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert "`podio-web build podio-web`" in page
    assert "\npodio-web build podio-web\n" in hosting
    assert cli.main(["build", "podio-web", *BUILD]) == 0
    printed = capsys.readouterr().out.splitlines()[-1]
    assert printed.replace("…", "my-app") in page
    assert "location = /podio-web/callback.html" in hosting
    assert "/podio-web/callback.html" in (tmp_path / "podio-web" / "_headers").read_text().splitlines()
