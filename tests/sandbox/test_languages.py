"""Error texts in other languages, and the numbers in them."""

from __future__ import annotations

import string
from typing import Any

import pytest

from podio_web.sandbox import languages
from podio_web.sandbox.languages import LANGUAGES, language_of, translated
from tests.sandbox.sandbox_support import CLIENT, DEMO, Caller

NOT_FOUND = {"en": "Object not found", "de": "Objekt nicht gefunden", "pt": "Objeto não encontrado"}


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("en_US", "en"),
        ("pt_BR", "pt"),
        ("pt_PT", "pt"),
        ("pt", "pt"),
        ("de_DE", "de"),
        ("PT-br", "pt"),
        ("da_DK", "en"),
    ],
)
def test_errors_are_in_the_language_of_the_person(demo: Caller, locale: str, language: str) -> None:
    assert demo.put("/user/", {"locale": locale}).status == 204
    answer = demo.get("/item/1", headers={"Accept-Language": "de" if language != "de" else "pt"})
    assert (answer.status, answer.json["error"]) == (404, "not_found")
    assert answer.json["error_description"] == NOT_FOUND[language]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("pt-BR,pt;q=0.9", "pt"), ("da, de;q=0.5", "de"), ("*", "en"), ("", "en"), ("xx-pt", "en"), ("\xff", "en")],
)
def test_without_a_person_the_client_says_the_language(podio: Caller, accepted: str, language: str) -> None:
    body = {"grant_type": "password", "username": DEMO, "password": "wrong", **CLIENT}
    answer = podio.post("/oauth/token/v2", body, headers={"Accept-Language": accepted})
    expected = {"en": "The password is invalid", "de": "Das Passwort ist ungültig", "pt": "A senha é inválida"}
    assert answer.json["error_description"] == expected[language]
    assert answer.json["error_detail"] == "user.invalid.password"


@pytest.mark.parametrize(("language", "text"), NOT_FOUND.items())
def test_the_language_can_be_set(demo: Caller, language: str, text: str) -> None:
    demo.put("/user/", {"locale": "de_DE" if language == "pt" else "pt_BR"})
    demo.settings(error_language=language)
    assert demo.get("/item/1").json["error_description"] == text


WAITS = [
    ("plain", 3600, "3600"),
    ("plain", 2.5, "2.5"),
    ("plain", 86_400, "86400"),
    ("comma", 3600, "3,600"),
    ("comma", 2.5, "2.5"),
    ("comma", 1234.5, "1,234.5"),
    ("comma", 59, "59"),
    ("point", 3600, "3.600"),
    ("point", 2.5, "2,5"),
    ("point", 1234.5, "1.234,5"),
]


@pytest.mark.parametrize(("number", "seconds", "shown"), WAITS)
@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        ("en", "Please wait ", " seconds before"),
        ("de", "Bitte warten Sie ", " Sekunden, bevor"),
        ("pt", "Aguarde ", " segundos antes"),
    ],
)
def test_the_seconds_of_a_420(
    demo: Caller, language: str, before: str, after: str, number: str, seconds: float, shown: str
) -> None:
    demo.settings(error_language=language, wait_number=number)
    demo.fail_next("rate_limit", seconds=seconds)
    answer = demo.get("/user/status")
    assert answer.status == 420
    assert f"{before}{shown}{after}" in answer.json["error_description"]


def test_the_limit_itself_writes_its_seconds_so_too(demo: Caller) -> None:
    demo.settings(general_limit=0, wait_number="point", error_language="pt")
    assert "Aguarde 3.600 segundos" in demo.get("/user/status").json["error_description"]
    demo.settings(wait_number="comma", error_language="en")
    assert "Please wait 3,600 seconds" in demo.get("/user/status").json["error_description"]


REFUSED: list[tuple[str, str, Any]] = [
    ("POST", "/item/app/3001/", {"fields": {"nope": 1}}),
    ("POST", "/item/app/3001/", {"fields": ["x"]}),
    ("POST", "/item/app/3001/", {"fields": {"title": 5}}),
    ("POST", "/item/app/3001/", {"fields": {"title": "x", "progress": 101}}),
    ("POST", "/item/app/3001/", {"fields": {"title": "x", "rate": {"value": 1, "currency": "XYZ"}}}),
    ("POST", "/item/app/3001/", {"fields": {"title": "x", "total": 1}}),
    ("POST", "/item/app/3001/", None),
    ("GET", "/item/app/3001/?limit=x", None),
    ("PUT", "/user/", {"timezone": "Mars/North"}),
    ("PUT", "/item/6101", {"revision": 5, "fields": {}}),
    ("GET", "/app/3003", None),
    ("DELETE", "/comment/7002", None),
]


@pytest.mark.parametrize(("method", "path", "body"), REFUSED)
def test_every_kind_of_text_is_translated(podio: Caller, method: str, path: str, body: Any) -> None:
    podio.sign_in("other@example.com" if path == "/app/3003" else DEMO)
    found = {}
    for language in LANGUAGES:
        podio.settings(error_language=language)
        answer = podio.call(method, path, body)
        assert 400 <= answer.status < 500
        found[language] = answer.json["error_description"]
    assert len(set(found.values())) == len(LANGUAGES), found


def test_codes_are_the_same_everywhere(demo: Caller) -> None:
    demo.settings(error_language="pt")
    assert demo.get("/user/status", token="bogus").json["error_description"] == "expired_token"
    assert demo.get("/user/status", token=None).json["error_description"] == "invalid_request"
    assert demo.get("/nowhere").json["error_description"].startswith("The sandbox does not imitate GET /nowhere.")
    assert demo.put("/sandbox/settings", {"consent": 5}).json["error_description"].startswith("Invalid value 5")


@pytest.mark.parametrize("table", [languages.TEXTS, languages.RULES])
def test_translations_say_as_much_as_the_text(table: dict[str, tuple[str, str]]) -> None:
    for english, others in table.items():
        assert len(others) == len(LANGUAGES) - 1
        for text in others:
            fields = [[name for _, name, _, _ in string.Formatter().parse(each)] for each in (english, text)]
            assert fields[0].count("") == fields[1].count(""), text


@pytest.mark.parametrize("value", ['"a (string): b"', "{}", '"{0}"', '"line\\nbreak"', "[]", '"…"'])
def test_a_value_in_a_text_stays_as_it_is(value: str) -> None:
    text = translated(f"Invalid value {value} (string): must be integer", "pt")
    assert text == f"Valor inválido {value} (string): deve ser um número inteiro"


def test_an_unknown_text_stays_english() -> None:
    assert translated("Something new", "pt") == "Something new"
    assert translated("Invalid value 1 (integer): something new", "de") == "Ungültiger Wert 1 (integer): something new"
    assert language_of(None) is None
