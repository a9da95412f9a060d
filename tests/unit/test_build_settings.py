"""What a build is told: the path and the Podio, on the command line and from Python, are checked by one validator."""

from pathlib import Path

import pytest

from podio_web import cli
from podio_web.site_builder import BuildError, build_site
from podio_web.site_builder.headers import read_headers_file
from podio_web.site_builder.settings import SettingError, api_origin, default_base, plain_base

BASES = [
    "/a\n/b",
    "/a\r\n  X-Mine: 1",
    "/a/\n",
    "/a b",
    "/*",
    "/a/*",
    "/a;b",
    '/a"b',
    "/a'b",
    "/..",
    "/a/../b",
    "/./a",
    "/a?b",
    "/a#b",
    "//a",
    "/a//b",
    "//",
    "a",
    "",
    " /a",
    "https://attacker.example/",
    "/:name",
    "/%2e%2e/a",
    "/a\\b",
    "/r\xe4ume",
    "/a\x00",
    "/a\u2028b",
    "/<script>",
]
API_URLS = [
    "https://api.podio.com; script-src *",
    "https://api.podio.com\n/evil\n  X-Mine: 1",
    "https://api.podio.com\r\n  X-Mine: 1",
    "https://api.podio.com https://attacker.example",
    "https://*.podio.com",
    "https://api.podio.com/oauth",
    "https://api.podio.com?x",
    "https://api.podio.com#x",
    "https://me@api.podio.com",
    "https://api.podio.com:0x50",
    "https://api.podio.com\u2028",
    "http://api.podio.com",
    "http://192.0.2.1:8001",
    "data:text/plain,",
    "api.podio.com",
    "'self'",
    "",
]


@pytest.mark.parametrize(
    ("base", "expected"),
    [("/", "/"), ("/podio-web", "/podio-web/"), ("/podio-web/", "/podio-web/"), ("/~me/a.b_c/1", "/~me/a.b_c/1/")],
)
def test_a_plain_path_gets_a_slash_at_both_ends(base: str, expected: str) -> None:
    assert plain_base(base) == expected


@pytest.mark.parametrize("base", BASES)
def test_a_path_that_means_more_is_refused_everywhere(base: str, tmp_path: Path, capsys) -> None:
    target = tmp_path / "site"
    with pytest.raises(SettingError, match="base must be a path such as /podio-web"):
        build_site(target, from_cdn=True, snapshot=False, base=base)
    with pytest.raises(SystemExit) as ended:
        cli.main(["build", str(target), "--from-cdn", "--no-snapshot", "--base", base])
    assert ended.value.code == 2
    assert "it must be a path such as /podio-web" in capsys.readouterr().err
    assert not target.exists()


@pytest.mark.parametrize("api_url", API_URLS)
def test_an_address_that_the_client_refuses_is_refused_everywhere(api_url: str, tmp_path: Path, capsys) -> None:
    target = tmp_path / "site"
    with pytest.raises(SettingError, match="api_url "):
        build_site(target, from_cdn=True, snapshot=False, api_url=api_url)
    for arguments in (["build", str(target), "--api-url", api_url], ["demo", "--client-id", "a", "--api-url", api_url]):
        with pytest.raises(SystemExit) as ended:
            cli.main(arguments)
        assert ended.value.code == 2
        assert "the URL " in capsys.readouterr().err
    assert not target.exists()


@pytest.mark.parametrize("wrong", [None, 1, b"/a", Path("/a")])
def test_what_is_not_text_is_refused_too(wrong: object) -> None:
    with pytest.raises(SettingError):
        plain_base(wrong)  # type: ignore[arg-type]
    with pytest.raises(SettingError):
        api_origin(wrong)  # type: ignore[arg-type]


def test_both_kinds_of_callers_can_catch_it() -> None:
    assert issubclass(SettingError, BuildError)
    assert issubclass(SettingError, ValueError)


def test_an_address_is_written_as_the_client_asks_it(tmp_path: Path) -> None:
    build_site(tmp_path / "site", from_cdn=True, snapshot=False, api_url="HTTPS://API.podio.com:443/")
    rules = read_headers_file((tmp_path / "site" / "_headers").read_text())
    assert "connect-src 'self' https://api.podio.com " in rules["/"]["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("target", "expected"),
    [("podio-web", "/podio-web/"), ("public/podio-web/", "/podio-web/"), (".", "/"), ("..", "/"), ("a/..", "/")],
)
def test_the_path_is_the_folder_s_name(target: str, expected: str) -> None:
    assert default_base(Path(target)) == expected


@pytest.mark.parametrize("name", ["my site", "*", "caf\xe9", "a\n  X-Mine: 1", "'"])
def test_a_folder_s_name_that_means_more_needs_a_base(name: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="--base"):
        build_site(tmp_path / name, from_cdn=True, snapshot=False)
    build_site(tmp_path / name, from_cdn=True, snapshot=False, base="/a")
    assert "/a/callback.html" in read_headers_file((tmp_path / name / "_headers").read_text())
