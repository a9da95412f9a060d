"""How long Podio asks to wait: from ``Retry-After``, or from the text of a refusal, in any language.

https://developers.podio.com/index/limits
"""

from podio_web.oauth.encoding import DIGITS, consists_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_WAIT = 86_400
_LONGEST_TEXT = 1_000
_MOST_DIGITS = 9
_BETWEEN = " .,':/-"

# Arabic, Persian, Devanagari, Bengali, Thai and full-width digits.
_ZEROS = (0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0xFF10)
# Spaces and marks that people write in numbers. The last ones set the writing direction.
_MARKS = "\u00a0\u2009\u202f\u066c\uff0c\u066b\uff0e\u2019\u2212\u200e\u200f"
_PLAIN = "   ,,..'-"
# How the words for a unit of time begin, with its seconds. "saat" is hours in Turkish and seconds in Malay, so its
# number is unknown: 0.
_UNITS = (
    (1, "sec sek seg сек saniy δευτ שני ثان giây วิ 秒 초"),
    (60, "min мин 分 분 dakik"),
    (3600, "hour hor heur stund uur ora ore час 小 時 时 시"),
    (0, "saat"),
)


def retry_after(headers: "dict[str, str]", text: str, status: int) -> "int | None":
    """Return the seconds that a response asks to wait, or None if it does not say so clearly.

    ``Retry-After`` comes first (https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3). Without it, the number in
    ``text`` that is followed by a unit of time counts, or the only number there is. Podio's text gives seconds, in the
    person's language. A number equal to ``status`` is ignored.

    >>> retry_after({}, "Aguarde 3.600 segundos e tente de novo.", 420)
    3600
    """
    whole, _, fraction = headers.get("retry-after", "").strip().partition(".")
    seconds = _seconds(whole, fraction, 1)
    if seconds is not None:
        return seconds
    with_unit, others = [], []
    for number, unit in _numbers(_plain(text[:_LONGEST_TEXT])):
        if unit is not None:
            with_unit.append(number)
        elif number != status:
            others.append(number)
    # If two numbers differ, it is unclear which one is meant.
    found = set(with_unit or others)
    return found.pop() if len(found) == 1 else None


def _plain(text: str) -> str:
    plain = ""
    for character in text:
        for zero in _ZEROS:
            if 0 <= ord(character) - zero < 10:
                character = chr(48 + ord(character) - zero)
        place = _MARKS.find(character)
        plain += character if place < 0 else _PLAIN[place : place + 1]
    return plain.lower()


def _numbers(text: str) -> "Iterator[tuple[int | None, int | None]]":
    """Yield each number in seconds, or None if it only looks like one, and its unit in seconds, or None if unknown."""
    before = ""
    while text:
        rest = text.lstrip(DIGITS + _BETWEEN)
        piece = text[: len(text) - len(rest)]
        number = piece.strip(_BETWEEN)
        if number:
            # With a sign or a letter next to it, it is not a number of seconds.
            before = (before + piece).split(number)[0][-1:]
            behind = rest[:1] if piece.endswith(number) else ""
            unit = _unit(rest)
            is_name = _is_letter(before) or before in ("-", "#", "_") or (unit is None and _is_letter(behind))
            yield None if is_name or behind == "%" else _value(number, unit), unit
        before, text = rest[:1], rest[1:]


def _value(number: str, unit: "int | None") -> "int | None":
    """Return a number of ``unit`` seconds, in the notation of any country.

    A single mark before three digits separates thousands: waiting too long is better than not long enough.
    """
    marks = "".join([each for each in number if each in _BETWEEN])
    last, fraction = marks[-1:], ""
    parts = number.replace(last or ".", marks[:1] or ".").split(marks[:1] or ".")
    is_thousand = len(parts[-1]) == 3 and len(parts[0]) <= 3 and parts[0].strip("0")
    if last in (".", ",") and (last != marks[0] if len(marks) > 1 else not is_thousand):
        fraction, marks = parts.pop(), marks[:-1]
    if marks and (marks[0] in ":/-" or len(parts[0]) > 3 or {len(part) for part in parts[1:]} != {3}):
        return None
    return _seconds("".join(parts), fraction, 1 if unit is None else unit)


def _seconds(whole: str, fraction: str, unit: int) -> "int | None":
    """Return digits and a fraction as seconds, rounded up."""
    digits = whole + fraction
    if not whole or not unit or len(digits) > _MOST_DIGITS or not consists_of(digits, DIGITS):
        return None
    scale: int = 10 ** len(fraction)
    return min(-(-int(digits) * unit // scale), LONGEST_WAIT)


def _unit(text: str) -> "int | None":
    for seconds, words in _UNITS:
        if any(text.startswith(word) for word in words.split()):
            return seconds
    return {"s": 1, "h": 3600}.get(text[:1]) if not _is_letter(text[1:2]) else None


def _is_letter(character: str) -> bool:
    return "a" <= character <= "z"
