"""What texts consist of: the one step says what a loop over the characters would."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podio_web.oauth.encoding import DIGITS, LETTERS, VISIBLE, consists_of, is_clean

# Texts of what is allowed, with something else among it often enough to matter.
NEARLY = st.text(alphabet=st.one_of(st.sampled_from(VISIBLE), st.characters()), max_size=30)


def test_the_sets_are_what_their_names_say() -> None:
    assert sorted(DIGITS) == sorted(string.digits)
    assert sorted(LETTERS) == sorted(string.ascii_letters)
    assert sorted(VISIBLE) == [chr(code) for code in range(0x21, 0x7F)]


@given(NEARLY, st.sampled_from([DIGITS, LETTERS, VISIBLE, "a", "-."]))
def test_consists_of_looks_at_each_character(text: str, characters: str) -> None:
    assert consists_of(text, characters) == all(character in characters for character in text)


@given(NEARLY)
def test_a_clean_text_has_neither_spaces_nor_control_characters(text: str) -> None:
    assert is_clean(text) == all(character > " " and character != "\x7f" for character in text)


@pytest.mark.parametrize("between", [" ", "\t", "\n", "\r", "\x00", "\x1f", "\x7f"])
def test_one_such_character_in_the_middle_is_seen(between: str) -> None:
    assert not is_clean(f"/a{between}b")
    assert not consists_of(f"1{between}2", DIGITS)
