"""Signed cookies: what a browser carries, and what it cannot make up."""

import builtins
import sys
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podio_web.web.cookies import SignedCookie, parse_cookies
from tests.unit.answers import json_values
from tests.unit.web_support import SECRET_KEY, at


def cookie(name: str = "note", **changes: Any) -> SignedCookie:
    return SignedCookie(name, **{"secret_key": SECRET_KEY, "lifetime": 60, "secure": False, **changes})


def carried(header: str) -> dict[str, str]:
    """Return what the browser sends after a `Set-Cookie`."""
    return parse_cookies(header.partition(";")[0])


@given(data=json_values.filter(lambda value: value == value))
def test_what_was_set_is_read_again(data: object) -> None:
    note = cookie()
    assert repr(note.read(carried(note.set(data)))) == repr(data)


@given(value=st.text(st.characters()), suffix=st.text(max_size=5))
def test_nothing_that_was_not_set_here_is_read(value: str, suffix: str) -> None:
    assert cookie().read({"note" + suffix: value}, suffix) is None


BASE64URL = str.maketrans("+/", "-_")


@given(position=st.integers(min_value=0), character=st.characters(min_codepoint=33, max_codepoint=126))
def test_a_changed_character_makes_a_cookie_worthless(position: int, character: str) -> None:
    note = cookie()
    value = carried(note.set("abc"))["note"]
    position %= len(value)
    forged = value[:position] + character + value[position + 1 :]
    # The last character of base64 has bits that count for nothing, and Python reads both alphabets of RFC 4648.
    assert note.read({"note": forged}) in (None, "abc")
    if forged.translate(BASE64URL) != value and position < len(value) - 1:
        assert note.read({"note": forged}) is None


def test_a_value_is_worth_nothing_in_another_cookie() -> None:
    note = cookie()
    value = carried(note.set("abc", "1"))["note1"]
    assert note.read({"note1": value}, "1") == "abc"
    assert note.read({"note2": value}, "2") is None
    assert cookie("other").read({"other1": value}, "1") is None
    assert cookie(secret_key="x" * 32).read({"note1": value}, "1") is None
    assert cookie(secure=True).read({"__Host-note1": value}, "1") is None


def test_a_value_is_too_old_or_from_the_future(monkeypatch: pytest.MonkeyPatch) -> None:
    note = cookie()
    now = time.time()
    carries = carried(note.set("abc"))
    monkeypatch.setattr(time, "time", at(now + 62))
    assert note.read(carries) is None
    monkeypatch.setattr(time, "time", at(now - 62))
    assert note.read(carries) is None


def test_a_value_that_no_browser_keeps_is_not_looked_at() -> None:
    note = cookie()
    assert note.read(carried(note.set("x" * 100))) == "x" * 100
    assert note.read({"note": "é"}) is None
    assert note.read({"note": "\ud800"}) is None
    assert note.read({"note": carried(note.set([str(number) for number in range(5000)]))["note"]}) is None


def test_the_first_of_several_keys_signs_and_all_verify() -> None:
    old, new = "o" * 32, "n" * 32
    both = cookie(secret_key=[new, old])
    assert both.read(carried(cookie(secret_key=old).set("abc"))) == "abc"
    assert cookie(secret_key=new).read(carried(both.set("abc"))) == "abc"
    assert cookie(secret_key=old).read(carried(both.set("abc"))) is None


def test_repr_shows_no_key() -> None:
    assert repr(cookie(secure=True)) == "<SignedCookie __Host-note>"


def test_of_a_repeated_name_the_first_counts() -> None:
    assert parse_cookies("a=1; b = 2 ;a=3; =4; c; d=e=f") == {"a": "1", "b": "2", "": "4", "d": "e=f"}
    assert parse_cookies("") == {}


@pytest.mark.parametrize("blank", ["\xa0", "\x85", "\x0b", "\x0c", "\x1c", "\x1f", "\u2028"])
def test_a_name_that_only_looks_like_one_with_the_prefix_is_another_name(blank: str) -> None:
    protected = cookie(secure=True)
    planted = protected.set("of an attacker").partition(";")[0]
    assert protected.read(parse_cookies(f"{blank}{planted}")) is None
    assert protected.read(parse_cookies(f"{planted.replace('=', f'{blank}=', 1)}; {protected.set('own')}")) == "own"


@given(st.text())
def test_reading_a_header_never_raises(header: str) -> None:
    parse_cookies(header)


def test_without_itsdangerous_the_way_out_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any, **options: Any) -> Any:
        if name == "itsdangerous":
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.delitem(sys.modules, "podio_web.web.cookies")
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"pip install 'podio-web\[server\]'"):
        import podio_web.web.cookies  # noqa: F401
