"""Which two origins get the token."""

import pytest

from podio_web.files.links import SIZES, content_request, files_origin


@pytest.mark.parametrize(
    ("api", "url", "origin"),
    [
        ("https://api.podio.com", None, "https://files.podio.com"),
        ("https://api.example.com:8443", None, "https://files.example.com:8443"),
        ("http://127.0.0.1:8001", None, None),
        ("https://podio.example.com", None, None),
        ("https://api.podio.com", "https://Files.Example.com/", "https://files.example.com"),
        ("http://127.0.0.1:8001", "http://127.0.0.1:8002", "http://127.0.0.1:8002"),
        # allow_http was given for the API.
        ("http://sandbox:8001", "http://sandbox:8002", "http://sandbox:8002"),
    ],
)
def test_the_origin_of_file_links(api: str, url: str | None, origin: str | None) -> None:
    assert files_origin(api, url) == origin


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://files.podio.com", "files_url must use https"),
        ("http://localhost:8002", "files_url must use https, as api_url does"),
        ("files.podio.com", "files_url must start with https://"),
        ("https://files.podio.com/path", "files_url must be scheme"),
        ("https://me@files.podio.com", "files_url must be scheme"),
        ("https://files.podio.com?x", "files_url must be scheme"),
    ],
)
def test_an_origin_that_is_not_safe_is_refused(url: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        files_origin("https://api.podio.com", url)


def test_content_comes_from_the_api_and_thumbnails_from_the_files_origin() -> None:
    for size in (None, *SIZES):
        request = content_request("https://api.podio.com", "https://files.podio.com", 3_000_000_001, size)
        there = (
            "https://api.podio.com/file/3000000001/raw"
            if size is None
            else f"https://files.podio.com/3000000001/{size}"
        )
        assert (request.method, request.url) == ("GET", there)


def test_an_unknown_size_and_an_unknown_origin_are_errors() -> None:
    with pytest.raises(ValueError, match="size must be one of"):
        content_request("https://api.podio.com", "https://files.podio.com", 7001, "../../x")
    with pytest.raises(ValueError, match="Where the thumbnails of http://127"):
        content_request("http://127.0.0.1:8001", None, 7001, "small")
