"""Reading Podio's apps and items: which fields the demo edits, and everything else as plain text.

Pure functions over the JSON of https://developers.podio.com/doc/items, without a page or a network.
"""

_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&"))
_DIRECTION_MARKS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def unescape(text):
    """Undo the HTML escaping that Podio applies to names: ``Leads &amp; Clients``."""
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text


def editable_fields(app):
    """Return the fields that hold the title and the notes of an app's items, each None if there is none.

    The title is the first text field, as in Podio itself; the notes are the first large text field after it.
    """
    active = [field for field in app.get("fields", []) if field.get("status") != "deleted"]
    texts = [field for field in active if field["type"] == "text"]
    large = [field for field in texts[1:] if _settings(field).get("size") == "large"]
    return (texts[0] if texts else None), ((large or texts[1:] or [None])[0])


def label(field):
    """Return a field's label as a person reads it."""
    return unescape(field.get("label") or field["config"]["label"])


def field_text(item, field):
    """Return ``(text, is_source)`` of a text field; a field without a value is left out by Podio.

    HTML made of paragraphs and bold words becomes lines of text with ``**bold**`` words. Anything richer is
    returned as HTML source, so that editing loses nothing.
    """
    value = ""
    for candidate in item.get("fields", []):
        if candidate["field_id"] == field["field_id"] and candidate["values"]:
            value = candidate["values"][0]["value"]
    if not _is_html(field):
        return value, False
    text = _to_text(value)
    return (text, False) if _to_html(text) == value else (value, True)


def field_value(field, text, is_source):
    """Return what to write into a text field, the counterpart of ``field_text``.

    An empty list empties a field (https://developers.podio.com/doc/items/update-item-22363).
    """
    if not text:
        return []
    return _to_html(text) if _is_html(field) and not is_source else text


def facts(item, without):
    """Return ``(label, text)`` of the fields that can be told in a line, leaving out those in ``without``."""
    hidden = [field["field_id"] for field in without if field]
    lines = []
    for field in item.get("fields", []):
        if field["field_id"] not in hidden and field["values"]:
            text = ", ".join(_told(field["type"], value) for value in field["values"])
            if text:
                lines.append((label(field), text))
    return lines


def item_number(item):
    """Return the number that people know an item by, such as ``#12``."""
    return "#" + str(item.get("app_item_id_formatted") or item.get("app_item_id") or item["item_id"])


def item_title(item):
    """Return an item's title as a person reads it. Podio knows items without one."""
    return item["title"].strip() or "Untitled"


def isolated(name):
    """Return a name for the middle of a sentence.

    A name that may run from right to left gets marks around it, and loses those of its own: the order of the words
    around it stays (https://www.unicode.org/reports/tr9/#Explicit_Directional_Isolates).
    """
    name = without_marks(name)
    return "\u2068" + name + "\u2069" if any(letter >= "\u0590" for letter in name) else name


def without_marks(text):
    """Return a text without the marks that change its direction, which nobody sees."""
    return "".join(letter for letter in text if letter not in _DIRECTION_MARKS)


def initials(name):
    """Return one or two letters for a person's badge."""
    words = without_marks(name).split()
    return "".join(word[0].upper() for word in (words[:1] + words[1:][-1:]))


def time_in_words(seconds):
    """Return a time to wait as a person says it, such as ``5 seconds`` or ``about an hour``."""
    if seconds < 90:
        return str(seconds) + (" second" if seconds == 1 else " seconds")
    minutes = round(seconds / 60)
    if minutes < 60:
        return "about " + str(minutes) + " minutes"
    hours = round(minutes / 60)
    return "about an hour" if hours == 1 else "about " + str(hours) + " hours"


def size_in_words(size):
    """Return a number of bytes as a person reads it, such as ``812 bytes`` or ``3.4 MB``."""
    if size is None:
        return "size unknown"
    if size < 1000:
        return str(size) + (" byte" if size == 1 else " bytes")
    units = ["kB", "MB", "GB"]
    while size >= 999_500 and len(units) > 1:
        size //= 1000
        units.pop(0)
    tenths = (size + 50) // 100
    number = str((size + 500) // 1000)
    if tenths < 100 and tenths % 10:
        number = str(tenths // 10) + "." + str(tenths % 10)
    return number + " " + units[0]


def file_kind(name):
    """Return a few letters that stand for a file's kind: its extension, or ``FILE``."""
    stem, _, extension = name.rpartition(".")
    is_plain = all(letter.isalpha() or letter.isdigit() for letter in extension)
    return extension.upper() if stem and is_plain and 0 < len(extension) <= 4 else "FILE"


def _settings(field):
    return field.get("config", {}).get("settings") or {}


def _is_html(field):
    return _settings(field).get("format") == "html"


def _to_text(html):
    text = html.replace("</p><p>", "\n").replace("<p>", "").replace("</p>", "")
    return unescape(text.replace("<b>", "**").replace("</b>", "**"))


def _to_html(text):
    if not text:
        return ""
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(character, entity)
    pieces = text.split("**")
    if len(pieces) % 2:  # every opening mark has a closing one
        text = pieces[0]
        for number, piece in enumerate(pieces[1:]):
            text += ("</b>" if number % 2 else "<b>") + piece
    return "<p>" + text.replace("\n", "</p><p>") + "</p>"


def _told(kind, value):
    """Return one entry of a field's ``values`` as text (https://developers.podio.com/doc/items)."""
    if not isinstance(value, dict):
        return str(value)  # tags are plain strings
    if kind == "date":
        return _date(value)
    if kind == "embed":
        return value.get("embed", {}).get("url") or ""
    content = value.get("value")
    if content is None:
        return str(value.get("formatted") or "")
    if kind == "money":
        return _number(content) + " " + value.get("currency", "")
    if kind == "progress":
        return str(content) + " %"
    if kind == "duration":
        return _duration(int(content))
    if kind in ("phone", "email"):
        return content + " (" + value.get("type", "") + ")"
    if isinstance(content, dict):
        # A contact's "title" is a list of job titles: its name comes first.
        for key in ("text", "name", "title", "formatted", "value"):
            if content.get(key):
                return unescape(str(content[key]))
        return ""
    return _number(content) if kind in ("number", "calculation") else str(content)


def _number(text):
    """Podio writes four decimals: ``12.5000``."""
    text = str(text)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _duration(seconds):
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        if seconds >= size:
            parts.append(str(seconds // size) + " " + unit)
            seconds %= size
    return " ".join(parts) or "0 s"


def _date(value):
    told = []
    for end in ("start", "end"):
        day = value.get(end + "_date") or (value.get(end) or "").split(" ")[0]
        time = (value.get(end + "_time") or "")[:5]
        if day:
            told.append(day + " " + time if time else day)
    if len(told) == 2 and told[0] == told[1]:
        told.pop()
    return " – ".join(told)  # noqa: RUF001 - an en dash is what a range is written with
