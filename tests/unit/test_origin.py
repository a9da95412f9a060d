"""Origins and local paths, which decide where a token may go and where a person is led."""

from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from podio_web.oauth.origin import LOOPBACK, authorization_origin, is_local_path, parse_origin
from tests.unit.conftest import Node

HOME = "https://app.example"

urls = st.lists(
    st.sampled_from(
        [
            *("https://", "http://", "HTTPS://", "ftp://", "javascript:", "//", "/", "\\", "@", ":", "#", "?", "[::1]"),
            *("api.podio.com", "API.PODIO.COM", "localhost", "127.0.0.1", "evil.example", "user:pw@", ":443", ":80"),
            *(":8001", ":99999", ":٣", ".", "%2e", "\t", "\n", " ", "\x00", "\x7f", "。", "\u212a", "\u017f"),
        ]
    )
    | st.text(max_size=3),
    max_size=7,
).map("".join)

paths = st.lists(
    st.sampled_from(
        [
            *(
                "/",
                "/",
                "\\",
                "\t",
                "\n",
                "\r",
                " ",
                "\x00",
                "\x0b",
                "\x1f",
                "\x7f",
                "\xa0",
                "\u2028",
                "..",
                ".",
                "%2f",
            ),
            *("%5c", "%09", "evil.example", "https:", "javascript:", "@", ":", "?", "#", "user", "status"),
        ]
    )
    | st.text(max_size=3),
    max_size=8,
).map("".join)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://api.podio.com", "https://api.podio.com"),
        ("https://api.podio.com/", "https://api.podio.com"),
        ("https://api.podio.com:443/", "https://api.podio.com"),
        ("HTTPS://API.Podio.COM", "https://api.podio.com"),
        ("https://podio.example:8443", "https://podio.example:8443"),
        ("https://podio.example:65535", "https://podio.example:65535"),
        ("https://podio.example:9090", "https://podio.example:9090"),
        ("https://xn--pdio-0ra.example", "https://xn--pdio-0ra.example"),
        ("http://localhost:8001", "http://localhost:8001"),
        ("http://localhost:80", "http://localhost"),
        ("http://localhost:443", "http://localhost:443"),
        ("https://localhost:80", "https://localhost:80"),
        ("http://127.0.0.1:8001/", "http://127.0.0.1:8001"),
        ("http://[::1]", "http://[::1]"),
        ("http://[::1]:8001/", "http://[::1]:8001"),
    ],
)
def test_an_origin_is_read_in_its_one_spelling(url: str, origin: str) -> None:
    assert parse_origin(url, "api_url") == origin


@pytest.mark.parametrize("url", ["https://api.podio.com:0443", "https://api.podio.com:000443/", "http://localhost:080"])
def test_a_default_port_is_left_out_however_it_is_written(url: str, node: Node) -> None:
    assert parse_origin(url, "api_url") == node.origin(url)


@pytest.mark.parametrize(
    "url",
    [
        *("", "/", "https", "https:", "https:/api.podio.com", "https://", "https:///", "https://:443", "api.podio.com"),
        *("//api.podio.com", "ftp://api.podio.com", "javascript://api.podio.com", "file:///etc", " https://podio.com"),
        *("https://api.podio.com/v2", "https://api.podio.com//", "https://api.podio.com?x", "https://api.podio.com#x"),
        *("https://user@api.podio.com", "https://user:pw@api.podio.com", "https://api.podio.com\\@evil.example"),
        *("https://api.podio.com:", "https://api.podio.com:0x50", "https://api.podio.com:65536", "https://a:-1"),
        *("https://api.podio.com:٣", "https://api.podio.com:443:443", "https://api.podio.com:" + "0" * 20 + "1"),
        *("https://api.podio.com ", "https://api.podio .com", "https://api.podio.com\n", "https://\tapi.podio.com"),
        *("https://pödio.example", "https://api。podio.com", "https://api%2epodio.com", "https://a_b.example"),
        *(
            "https://[::2]",
            "https://[::1",
            "https://[::1]x",
            "https://[::1]x80",
            "https://[::1]:",
            "https://[::1]:x",
            "https://::1",
        ),
    ],
)
def test_what_is_no_origin_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"^api_url "):
        parse_origin(url, "api_url")


@pytest.mark.parametrize(
    "url", ["https://.", "https://..", "https://api.", "https://.podio.com", "https://api..podio.com"]
)
def test_a_host_with_an_empty_label_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"^api_url "):
        parse_origin(url, "api_url")


@pytest.mark.parametrize("url", [None, 5, b"https://api.podio.com", ["https://api.podio.com"]])
def test_what_is_no_text_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=f"^api_url must be a URL .* not {type(url).__name__}$"):
        parse_origin(url, "api_url")


@pytest.mark.parametrize(
    "url", ["http://api.podio.com", "http://127.0.0.2", "http://localhost.evil.example", "http://a"]
)
def test_plain_http_is_for_this_machine_only(url: str) -> None:
    with pytest.raises(ValueError, match=r"^auth_url must use https"):
        parse_origin(url, "auth_url")


@pytest.mark.parametrize("credentials", ["user", "user:hunter2", "user:", ":hunter2", "[::1]:hunter2"])
def test_a_refusal_names_the_user_name_and_repeats_no_password(credentials: str) -> None:
    with pytest.raises(ValueError, match=r"^api_url must be .* without path, query or user name$") as refused:
        parse_origin(f"https://{credentials}@api.podio.com", "api_url")
    assert "hunter2" not in str(refused.value)


@given(url=urls)
@example(url="https://api.podio.com:443@evil.example")
def test_whatever_is_given_an_origin_is_one_place_or_refused(url: str, node: Node) -> None:
    try:
        origin = parse_origin(url, "api_url")
    except ValueError:
        return
    parts, given_parts = urlsplit(origin), urlsplit(url)
    assert (parts.path, parts.query, parts.fragment, parts.username, parts.password) == ("", "", "", None, None)
    assert parts.hostname == given_parts.hostname
    assert parts.scheme == "https" or (parts.scheme == "http" and parts.netloc.startswith(LOOPBACK))
    assert parse_origin(origin, "api_url") == origin
    # Browsers may find a host impossible that we let pass, but never another host.
    assert node.origin(url) in (node.origin(origin), None)


@pytest.mark.parametrize(
    ("api", "authorization"),
    [
        ("https://api.podio.com", "https://podio.com"),
        ("https://api.podio.example:8443", "https://podio.example:8443"),
        ("https://apis.example", "https://apis.example"),
        ("https://eu.api.example", "https://eu.api.example"),
        ("http://127.0.0.1:8001", "http://127.0.0.1:8001"),
    ],
)
def test_people_sign_in_at_the_api_s_host_without_api(api: str, authorization: str) -> None:
    assert authorization_origin(api) == authorization


@pytest.mark.parametrize(
    "path", ["/", "/items", "/items?page=2#top", "/a//b", "/a/../b", "/ä", "/@x", "/:80", "/%5Cevil"]
)
def test_a_local_path(path: str) -> None:
    assert is_local_path(path)


@pytest.mark.parametrize(
    "path",
    [
        *("", "items", "./items", "?page=2", "#top", "//evil.example", "///evil.example", "/\\evil.example"),
        *("\\\\evil.example", "\\/evil.example", "/\t/evil.example", "/\n/evil.example", "/\r\\evil.example"),
        *("\t//evil.example", " //evil.example", "/a\\..\\evil", "/a b", "/a\x00", "/a\x7f", "https://evil.example"),
        *("https:/evil.example", "javascript:alert(1)", "data:text/html,x", "/items\n", "\x01/items"),
    ],
)
def test_what_leads_away_or_might_is_no_local_path(path: str) -> None:
    assert not is_local_path(path)


@given(path=paths)
@example(path="/..//evil.example")
def test_a_local_path_never_leaves_its_origin_in_a_browser(path: str, node: Node) -> None:
    if is_local_path(path):
        assert node.origin(path, HOME + "/deep/page.html?x#y") == HOME
        assert node.origin(HOME + path) == HOME
