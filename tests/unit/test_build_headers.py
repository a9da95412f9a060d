"""The headers of a site: `_headers` is written and read, and the policies allow what a page needs and no more."""

from podio_web.build.headers import (
    callback_headers,
    file_headers,
    headers_file,
    origin_of,
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


def test_an_origin_is_the_beginning_of_a_url() -> None:
    assert origin_of("https://cdn.example:8443/npm/pyodide") == "https://cdn.example:8443"
