"""What the callback page and the page that waits say to each other."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podio_web.errors import SignInError
from podio_web.oauth.popup_message import RECEIVED, RESPONSE, VERSION, acknowledgement, read_delivery
from podio_web.oauth.state import validate_response
from tests.unit.answers import CANARY, CLIENT, NOW, STATE, auth_request, fragments, json_values, podio_answer

MESSAGE = {"type": RESPONSE, "version": VERSION, "attempt": STATE, "fragment": podio_answer(), "query": "?page=2"}


def test_a_delivery_names_its_request_and_holds_the_redirect() -> None:
    delivery = read_delivery(json.dumps(MESSAGE))
    assert delivery is not None
    assert delivery.state == STATE
    assert delivery.redirect.fragment["access_token"] == "a1" * 16
    assert delivery.redirect.query == {"page": "2"}


@pytest.mark.parametrize("data", [None, 7, b"{}", {}, MESSAGE, "", "hello", "null", "[]", "7", "[" * 100_000])
def test_what_is_no_json_object_is_somebody_else_s(data: object) -> None:
    assert read_delivery(data) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"type": RECEIVED},
        {"type": None},
        {"type": "other:response"},
        {"version": 2},
        {"version": "1"},
        {"version": None},
        {"attempt": None},
        {"attempt": 7},
        {"fragment": None},
        {"fragment": ["#access_token=a"]},
        {"query": None},
        {"query": {}},
    ],
)
def test_another_type_or_version_or_shape_is_not_heard(changes: dict[str, object]) -> None:
    assert read_delivery(json.dumps({**MESSAGE, **changes})) is None


@pytest.mark.parametrize("key", sorted(MESSAGE))
def test_an_incomplete_message_is_not_heard(key: str) -> None:
    assert read_delivery(json.dumps({name: value for name, value in MESSAGE.items() if name != key})) is None


def test_text_that_is_nested_too_deep_for_the_interpreter_is_not_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(text: str) -> object:
        raise RuntimeError("maximum recursion depth exceeded")  # MicroPython's way

    monkeypatch.setattr(json, "loads", give_up)
    assert read_delivery("[[[[") is None


@given(
    st.text()
    | json_values.map(json.dumps)
    | st.dictionaries(st.sampled_from(sorted(MESSAGE)), json_values).map(lambda odd: json.dumps({**MESSAGE, **odd}))
)
def test_reading_a_message_never_raises(text: str) -> None:
    delivery = read_delivery(text)
    if delivery is not None:
        message = json.loads(text)
        assert (message["type"], message["version"], message["attempt"]) == (RESPONSE, VERSION, delivery.state)


@given(fragments, fragments)
def test_any_delivery_is_a_token_or_a_sign_in_error(fragment: str, query: str) -> None:
    delivery = read_delivery(json.dumps({**MESSAGE, "fragment": fragment, "query": query}))
    assert delivery is not None
    try:
        token = validate_response(delivery.redirect, auth_request(), client=CLIENT, now=NOW, expected=True)
    except SignInError:
        return
    assert delivery.redirect.state == STATE
    assert token.access_token in fragment or "%" in fragment


def test_a_delivery_shows_no_token() -> None:
    delivery = read_delivery(json.dumps({**MESSAGE, "fragment": podio_answer(access_token=CANARY)}))
    assert CANARY not in f"{delivery} {delivery!r}"


def test_an_acknowledgement_names_type_version_and_attempt() -> None:
    assert json.loads(acknowledgement(STATE)) == {"type": "podio-web:received", "version": 1, "attempt": STATE}
    assert read_delivery(acknowledgement(STATE)) is None
