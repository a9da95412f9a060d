"""The address of a receiver: secrets, URLs that Podio delivers to, and URLs to show."""

from __future__ import annotations

import hmac
import secrets
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podio_web.hooks.address import Secrets, check_mount, without_secret
from tests.unit.hooks_support import OTHER, SECRET


def test_the_last_part_of_the_path_is_the_secret() -> None:
    known = Secrets([SECRET, OTHER])
    assert known.match(f"/podio/{SECRET}")
    assert known.match(f"/{OTHER}")
    assert not known.match(f"/{SECRET}/")
    assert not known.match(f"/{SECRET[:-1]}")
    assert not known.match("")
    assert known.urls("https://example.com/podio") == [
        f"https://example.com/podio/{SECRET}",
        f"https://example.com/podio/{OTHER}",
    ]


@given(st.text())
def test_no_other_path_matches(path: str) -> None:
    assert not Secrets(SECRET).match(path)


@pytest.mark.parametrize("last", [SECRET, OTHER, "", "a", SECRET[:-1] + "_", SECRET * 2])
def test_both_secrets_are_compared_in_constant_time(last: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known, compare, lengths = Secrets([SECRET, OTHER]), hmac.compare_digest, list[tuple[int, int]]()

    def compare_and_note(one: bytes, other: bytes) -> bool:
        lengths.append((len(one), len(other)))
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", compare_and_note)
    assert known.match(f"/podio/{last}") is (last in (SECRET, OTHER))
    assert lengths == [(32, 32), (32, 32)]


@given(st.integers(16, 64))
def test_what_the_error_proposes_is_accepted(size: int) -> None:
    assert Secrets(secrets.token_urlsafe(size)).match("/") is False


@pytest.mark.parametrize(
    "wrong", ["", "short", SECRET[:21], "a" * 32, "with spaces and / slashes in it", "a" * 200, [5], [], [SECRET] * 3]
)
def test_a_weak_secret_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match="secret must be"):
        Secrets(wrong)


def test_repr_has_no_secret() -> None:
    assert repr(Secrets(SECRET)) == "<Secrets, 1>"


@pytest.mark.parametrize(
    ("url", "checked"),
    [
        ("https://example.com/podio/", "https://example.com/podio"),
        ("https://example.com:443/podio", "https://example.com:443/podio"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://127.0.0.1:8000/podio", "http://127.0.0.1:8000/podio"),
        ("http://[::1]:8000/podio", "http://[::1]:8000/podio"),
    ],
)
def test_urls_that_podio_delivers_to_are_accepted(url: str, checked: str) -> None:
    assert check_mount(url) == checked


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://example.com/podio?secret=a", "Podio moves it into the body"),
        ("https://example.com/podio?", "Podio moves it into the body"),
        ("https://example.com/podio#a", "fragment"),
        ("https://a:b@example.com/podio", "user name"),
        ("http://example.com/podio", "https://"),
        ("https://example.com:8443/podio", "port 443 or 80"),
        ("https://example.com:99999/podio", "port that is not a number"),
        ("ftp://example.com", "such as https://example.com/podio"),
        ("https:///podio", "such as https://example.com/podio"),
        ("podio", "such as https://example.com/podio"),
        ("https://example.com/podio\n", "control characters"),
        (" https://example.com/podio", "spaces"),
        ("https://exa\tmple.com/podio", "control characters"),
        ("https://example.com/po dio", "spaces"),
        ("https://example.com/\x00", "control characters"),
        ("https://example.com\\podio", "backslashes"),
    ],
)
def test_other_urls_are_refused_with_the_reason(url: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        check_mount(url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"https://example.com/podio/{SECRET}", "https://example.com/podio/wJ3k…"),
        ("https://example.com/receiver.php", "https://example.com/receiver.php"),
        ("https://example.com/a?key=secret", "https://example.com/a?…"),
        ("https://a-very-long-host-name.example", "https://a-very-long-host-name.example"),
    ],
)
def test_a_url_is_shown_without_what_may_be_secret(url: str, shown: str) -> None:
    assert without_secret(url) == shown
