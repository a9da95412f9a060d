"""The demo page's reading of apps and items (``static/demo/items.py``)."""

from pathlib import Path

import pytest

from tests.conftest import load_file

PATH = Path(__file__).parents[2] / "static" / "demo" / "items.py"


@pytest.fixture(scope="module")
def items():
    return load_file(PATH)


def field(number, kind="text", size="small", form="plain", **more):
    settings = {"size": size, "format": form} if kind == "text" else None
    return {
        "field_id": number,
        "external_id": f"field-{number}",
        "type": kind,
        "config": {"label": f"Field {number}", "settings": settings},
        **more,
    }


def test_the_title_is_the_first_text_and_the_notes_the_first_large_one(items):
    fields = [
        field(1, "number"),
        field(2, status="deleted"),
        field(3),
        field(4),
        field(5, size="large"),
        field(6, size="large"),
    ]
    title, notes = items.editable_fields({"fields": fields})
    assert (title["field_id"], notes["field_id"]) == (3, 5)


def test_a_second_small_text_serves_as_notes_and_nothing_is_invented(items):
    title, notes = items.editable_fields({"fields": [field(1), field(2)]})
    assert (title["field_id"], notes["field_id"]) == (1, 2)
    assert items.editable_fields({"fields": [field(1), field(2, "number")]})[1] is None
    assert items.editable_fields({"fields": [field(1, "number")]}) == (None, None)
    assert items.editable_fields({}) == (None, None)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("<p>One line</p>", "One line"),
        ("<p>One</p><p>two</p><p></p><p>four</p>", "One\ntwo\n\nfour"),
        ("<p>A <b>bold</b> word, and <b>two</b></p>", "A **bold** word, and **two**"),
        ("<p>Tea &amp; cake &lt;3</p>", "Tea & cake <3"),
        ("<p>&amp;lt; stays</p>", "&lt; stays"),
    ],
)
def test_simple_html_is_edited_as_text_and_comes_back_unchanged(items, html, text):
    html_field = field(1, size="large", form="html")
    item = {"fields": [{**html_field, "values": [{"value": html}]}]}
    assert items.field_text(item, html_field) == (text, False)
    assert items.field_value(html_field, text, False) == (html or [])


@pytest.mark.parametrize(
    "html", ["<ul><li>One</li></ul>", '<p><a href="https://example.com/">x</a></p>', "plain", "<p>2 ** 3</p><b>x</b>"]
)
def test_richer_html_is_edited_as_source(items, html):
    html_field = field(1, size="large", form="html")
    item = {"fields": [{**html_field, "values": [{"value": html}]}]}
    assert items.field_text(item, html_field) == (html, True)
    assert items.field_value(html_field, html + "!", True) == html + "!"


def test_typed_text_becomes_paragraphs(items):
    html_field = field(1, form="html")
    assert items.field_value(html_field, "a < b\n**c** & ** d", False) == "<p>a &lt; b</p><p>**c** &amp; ** d</p>"


def test_plain_text_is_left_alone_and_empty_text_empties_the_field(items):
    plain = field(1)
    assert items.field_text({"fields": []}, plain) == ("", False)
    assert items.field_text({"fields": [{**plain, "values": []}]}, plain) == ("", False)
    assert items.field_text({"fields": [{**plain, "values": [{"value": "<p>"}]}]}, plain) == ("<p>", False)
    assert items.field_value(plain, "<b>", False) == "<b>"
    assert items.field_value(plain, "", False) == []


@pytest.mark.parametrize(
    ("kind", "values", "text"),
    [
        ("number", [{"value": "12.5000"}], "12.5"),
        ("number", [{"value": "100.0000"}], "100"),
        ("calculation", [{"value": "111"}], "111"),
        ("money", [{"value": "99.9000", "currency": "EUR"}], "99.9 EUR"),
        ("progress", [{"value": 0}], "0 %"),
        ("duration", [{"value": 5400}], "1 h 30 min"),
        ("duration", [{"value": 90061}], "1 d 1 h 1 min 1 s"),
        ("duration", [{"value": 0}], "0 s"),
        ("category", [{"value": {"id": 2, "text": "Open"}}, {"value": {"id": 3, "text": "Q &amp; A"}}], "Open, Q & A"),
        ("contact", [{"value": {"profile_id": 1, "name": "Demo Person", "title": ["Colleague"]}}], "Demo Person"),
        ("app", [{"value": {"item_id": 1, "title": "Cedar & Sons"}}], "Cedar & Sons"),
        ("app", [{"value": {"item_id": 1}}], None),
        ("location", [{"value": "1 Market Street", "formatted": "x"}], "1 Market Street"),
        ("location", [{"formatted": "1 Market Street"}], "1 Market Street"),
        ("phone", [{"type": "work", "value": "+1 555 0100"}], "+1 555 0100 (work)"),
        ("embed", [{"embed": {"url": "https://example.com/"}, "file": None}], "https://example.com/"),
        ("date", [{"start_date": "2026-03-01", "start_time": "09:00:00"}], "2026-03-01 09:00"),
        ("date", [{"start_date": "2026-03-01", "start_time": None, "end": None}], "2026-03-01"),
        ("date", [{"start": "2026-03-01 09:00:00"}], "2026-03-01"),
        ("date", [{"start_date": "2026-03-01", "end_date": "2026-03-02"}], "2026-03-01 – 2026-03-02"),  # noqa: RUF001
        ("date", [{"start_date": "2026-03-01", "end_date": "2026-03-01"}], "2026-03-01"),
        ("tag", ["quick", "fun"], "quick, fun"),
    ],
)
def test_values_are_told_in_a_line(items, kind, values, text):
    item = {"fields": [{**field(7, kind), "label": "A &amp; B", "values": values}]}
    assert items.facts(item, [None]) == ([] if text is None else [("A & B", text)])


def test_facts_leave_out_what_is_edited(items):
    item = {"fields": [{**field(1), "values": [{"value": "Title"}]}, {**field(2, "number"), "values": []}]}
    assert items.facts(item, [field(1), None]) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Demo Person", "DP"), ("Ada", "A"), ("Anna Maria van Berg", "AB"), ("\u202eAda", "A"), ("", "")],
)
def test_initials(items, name, expected):
    assert items.initials(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("plan.png", "plan.png"),
        ("Grün & Söhne", "Grün & Söhne"),
        ("\u05d0\u05d1", "\u2068\u05d0\u05d1\u2069"),
        ("\u202e\u05d0\u2067b", "\u2068\u05d0b\u2069"),
        ("\u202egnp.exe", "gnp.exe"),
        ("", ""),
    ],
)
def test_a_name_in_a_sentence_does_not_turn_what_is_around_it(items, name, expected):
    assert items.isolated(name) == expected


@pytest.mark.parametrize(("title", "expected"), [("Paint", "Paint"), (" ", "Untitled"), ("", "Untitled")])
def test_an_item_without_a_title_has_a_name(items, title, expected):
    assert items.item_title({"title": title}) == expected


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"item_id": 9, "app_item_id": 4, "app_item_id_formatted": "INV-004"}, "#INV-004"),
        ({"item_id": 9, "app_item_id": 4}, "#4"),
        ({"item_id": 9}, "#9"),
    ],
)
def test_item_number(items, item, expected):
    assert items.item_number(item) == expected


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (None, "size unknown"),
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (1600, "1.6 kB"),
        (9949, "9.9 kB"),
        (9950, "10 kB"),
        (999_449, "999 kB"),
        (999_500, "1 MB"),
        (3_000_000, "3 MB"),
        (5_300_000_000, "5.3 GB"),
        (2_000_000_000_000, "2000 GB"),
    ],
)
def test_sizes_are_said_as_a_person_reads_them(items, size, words):
    assert items.size_in_words(size) == words


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("report.pdf", "PDF"),
        ("film.mp4", "MP4"),
        ("archive.tar.gz", "GZ"),
        ("notes", "FILE"),
        (".profile", "FILE"),
        ("a.", "FILE"),
        ("a.b c", "FILE"),
        ("a.jpegxl", "FILE"),
    ],
)
def test_a_few_letters_stand_for_the_kind_of_a_file(items, name, kind):
    assert items.file_kind(name) == kind
