"""The headers of a site: `_headers` is written and read, and the policies allow what a page needs and no more."""

import pytest

from podio_web.site_builder.headers import (
    callback_headers,
    file_headers,
    headers_file,
    joined_rules,
    page_headers,
    read_headers_file,
)

RULES = {
    "/assets/*": file_headers("no-cache"),
    "/callback.html": callback_headers("<script>send()</script>"),
    "/": page_headers("https://api.podio.com"),
}


def test_what_is_written_is_what_is_read() -> None:
    assert read_headers_file(headers_file(RULES)) == RULES


def test_the_file_has_the_form_that_hosts_read() -> None:
    assert headers_file({"/a/*": {"A": "1", "B": "2"}, "/b": {"A": "3"}}) == "/a/*\n  A: 1\n  B: 2\n\n/b\n  A: 3\n"


def test_a_page_runs_its_own_scripts_only_and_talks_to_one_podio() -> None:
    policy = page_headers("http://127.0.0.1:8001")["Content-Security-Policy"].split("; ")
    assert policy[0] == "default-src 'none'"
    assert "script-src 'self' 'wasm-unsafe-eval'" in policy
    assert "connect-src 'self' http://127.0.0.1:8001" in policy
    assert "'unsafe" not in str(policy)
    assert page_headers()["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"


def test_other_origins_may_load_files_but_not_the_callback_page() -> None:
    assert file_headers("no-cache")["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in callback_headers("")


def test_a_page_may_load_files_elsewhere_when_they_are_named() -> None:
    headers = page_headers(
        scripts=["https://cdn.example/a.mjs"], styles=["https://cdn.example/a.css"], data=["b:", "b:"]
    )
    policy = headers["Content-Security-Policy"].split("; ")
    assert "script-src 'self' 'wasm-unsafe-eval' https://cdn.example/a.mjs" in policy
    assert "style-src 'self' https://cdn.example/a.css" in policy
    assert "connect-src 'self' https://api.podio.com b:" in policy


def test_a_page_with_thumbnails_may_fetch_and_show_them() -> None:
    old = page_headers()["Content-Security-Policy"].split("; ")
    new = page_headers(files_url="https://files.podio.com")["Content-Security-Policy"].split("; ")
    assert [directive for directive in new if directive not in old] == [
        "img-src 'self' data: blob:",
        "connect-src 'self' https://api.podio.com https://files.podio.com",
    ]
    with pytest.raises(ValueError, match="files_url"):
        page_headers(files_url="https://files.podio.com; script-src *")


def test_files_may_be_embedded_elsewhere_and_pages_may_not() -> None:
    assert file_headers("no-cache")["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert page_headers()["Cross-Origin-Resource-Policy"] == "same-origin"
    assert callback_headers("")["Cross-Origin-Resource-Policy"] == "same-origin"


def test_devices_are_denied_but_those_that_an_item_may_want() -> None:
    page, callback = (headers["Permissions-Policy"].split(", ") for headers in (page_headers(), callback_headers("")))
    assert "usb=()" in page
    assert not {"camera=()", "microphone=()", "geolocation=()", "sync-xhr=()", "fullscreen=()"} & set(page)
    assert {*page, "camera=()", "microphone=()", "geolocation=()"} < set(callback)


@pytest.mark.parametrize(
    "api_url",
    [
        "https://api.podio.com; script-src *",
        "https://api.podio.com\n  X-Mine: 1",
        "https://api.podio.com\r\nX-Mine: 1",
        "https://*.example",
        "https://api.podio.com https://attacker.example",
        "http://api.podio.com",
        "*",
        "https:",
        "data:",
        "",
    ],
)
def test_what_is_not_an_origin_does_not_reach_a_policy(api_url: str) -> None:
    with pytest.raises(ValueError, match="api_url"):
        page_headers(api_url)


@pytest.mark.parametrize(
    "rules",
    [
        {"/a\n/b": {"A": "1"}},
        {"/a b": {"A": "1"}},
        {"/:name": {"A": "1"}},
        {"/*/a": {"A": "1"}},
        {"a": {"A": "1"}},
        {"/a": {"A": "1\n  B: 2"}},
        {"/a": {"A": "1\r"}},
        {"/a": {"A": "caf\xe9"}},
        {"/a": {"A": ""}},
        {"/a": {"A: B": "1"}},
        {"/a": {"A\n": "1"}},
    ],
)
def test_what_would_mean_something_else_in_the_file_is_refused(rules: dict[str, dict[str, str]]) -> None:
    with pytest.raises(ValueError, match="for _headers"):
        headers_file(rules)


def test_joined_rules_allow_what_either_does() -> None:
    old = {
        "/": page_headers("https://old.example", scripts=["https://cdn.example/old.js"]),
        "/callback.html": callback_headers("<script>old()</script>"),
        "/old/assets/*": file_headers("no-cache"),
    }
    new = {"/": page_headers(), "/callback.html": callback_headers("<script>new()</script>")}
    joined = joined_rules(old, new)
    policy = joined["/"]["Content-Security-Policy"].split("; ")
    assert "connect-src 'self' https://api.podio.com https://old.example" in policy
    assert "script-src 'self' 'wasm-unsafe-eval' https://cdn.example/old.js" in policy
    assert "default-src 'none'" in policy
    for rules in (old, new):
        script = rules["/callback.html"]["Content-Security-Policy"].split("script-src ")[1].split(";")[0]
        assert script in joined["/callback.html"]["Content-Security-Policy"]
    assert joined["/old/assets/*"] == old["/old/assets/*"]
    assert joined_rules(new, new) == new


def test_none_gives_way_to_what_is_allowed() -> None:
    one, other = ({"/": {"Content-Security-Policy": f"img-src {source}"}} for source in ("'none'", "a:"))
    assert joined_rules(one, other) == joined_rules(other, one) == other
