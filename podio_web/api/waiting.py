"""How long Podio asks to wait: from ``Retry-After``, or from the text of a refusal, in whatever language it comes.

https://developers.podio.com/index/limits
"""

from podio_web.oauth.characters import DIGITS, consists_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_WAIT = 86_400
_LONGEST_TEXT = 1_000
_MOST_DIGITS = 9
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"

# Arabic, Persian, Devanagari, Bengali, Thai and full-width digits.
_ZEROS = (0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0xFF10)
# Spaces and marks as people write them in numbers; those without a counterpart only say in which direction to read.
_MARKS = "\u00a0\u2007\u2009\u202f\u3000\u066c\uff0c\u066b\uff0e\u2019\u2212\u200e\u200f\u061c\u2066\u2067\u2068\u2069"
_PLAIN = "     ,,..'-"

# How words for the units begin. Turkish and Malay mean different ones by "saat": it is counted as no known number.
_UNITS = (
    (1, "sec sek seg saniy másodp giây detik vteř сек δευτ שני ثان ثوا सेक 秒 초 วินาที"),
    (60, "min perc dakik phút menit мин хвил λεπτ דק دقي دقا मिन 分 분 นาที"),
    (
        3600,
        "hour hor heur stund uur ora ore oră timm timer godz hodin tun óra giờ jam час годин ώρ שע ساع घं 小 時 时 시",
    ),
    (0, "saat"),
)


def retry_after(headers: "dict[str, str]", text: str, status: int) -> "int | None":
    """Return the wait in seconds that an answer asks for; None where it does not say, or not clearly.

    ``Retry-After`` counts, as seconds or as a date, which the ``Date`` header is taken from
    (https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3). Else it is the number in ``text`` that has a unit of time
    behind it, or the only number there is: Podio's text has seconds, and is in the language of the person. ``status``
    is not taken for a number of seconds.

    >>> retry_after({}, "Aguarde 3.600 segundos e tente de novo.", 420)
    3600
    """
    seconds = _from_header(headers)
    return _from_text(text, status) if seconds is None else seconds


def _from_header(headers: "dict[str, str]") -> "int | None":
    said = headers.get("retry-after", "").strip()
    whole, _, fraction = said.partition(".")
    if whole and consists_of(whole + fraction, DIGITS):
        return _seconds(whole, fraction, 1)
    then, now = _moment(said), _moment(headers.get("date", ""))
    return None if then is None or now is None else min(max(0, then - now), LONGEST_WAIT)


def _moment(text: str) -> "int | None":
    """Return an HTTP date of any of the three kinds as seconds, counted from one and the same moment.

    https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7
    """
    for sign in ",-:":
        text = text.replace(sign, " ")
    words = text.split()[1:7]
    if words[:1] and words[0][:3] in _MONTHS and len(words) == 6:
        # What C's asctime() writes has the month before the day, and the year at the end.
        words = [words[1], words[0], words[5], words[2], words[3], words[4]]
    if len(words) < 6:
        return None
    month = _MONTHS.find(words.pop(1)[:3]) // 3
    if month < 0 or not all(consists_of(word, DIGITS) and len(word) <= 4 for word in words):
        return None
    day, year, hours, minutes, seconds = [int(word) for word in words]
    year += 2000 if year < 100 else 0
    # Years that begin in March end with the leap day.
    if month < 2:
        month, year = month + 12, year - 1
    days = 365 * year + year // 4 - year // 100 + year // 400 + (153 * month - 304) // 5 + day
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def _from_text(text: str, status: int) -> "int | None":
    with_unit, others = [], []
    for number, unit in _numbers(_plain(text[:_LONGEST_TEXT])):
        if unit is not None:
            with_unit.append(number)
        elif number != status:
            others.append(number)
    found = with_unit or others
    # Of two numbers that differ nobody knows which is meant.
    return found[0] if found and all(number == found[0] for number in found) else None


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
    """Yield each number in seconds, None for what only looks like one, and its unit in seconds, None if unknown."""
    end = 0
    while end < len(text):
        if not _is_digit(text, end):
            end += 1
            continue
        before = text[end - 1] if end else " "
        parts, between = [], ""
        while True:
            start = end
            while _is_digit(text, end):
                end += 1
            parts.append(text[start:end])
            # A space joins thousands only; the next number may stand behind it too.
            if not _is_digit(text, end + 1) or not (
                text[end] in ".,':/-" or (text[end] == " " and len(parts[-1]) <= 3 and _is_group(text, end + 1))
            ):
                break
            between += text[end]
            end += 1
        unit = _unit(text[end:].lstrip(" -"))
        behind = text[end : end + 1]
        is_name = before in "-_#" or "a" <= before <= "z" or (unit is None and (behind == "%" or "a" <= behind <= "z"))
        yield None if is_name or unit == 0 else _whole(parts, between, unit or 1), unit


def _unit(text: str) -> "int | None":
    for seconds, words in _UNITS:
        if any(text.startswith(word) for word in words.split()):
            return seconds
    if text[:1] in ("s", "h") and not "a" <= text[1:2] <= "z":
        return 1 if text[0] == "s" else 3600
    return None


def _whole(parts: "list[str]", between: str, unit: int) -> "int | None":
    """Return a number of ``unit`` seconds, rounded up; ``between`` are the marks between its parts.

    One mark with three digits behind it makes thousands: too long a wait is better than one too short.
    """
    fraction, last = "", between[-1:]
    is_thousand = len(parts[-1]) == 3 and len(parts[0]) <= 3 and parts[0].strip("0") != ""
    if last in (".", ",") and (last not in between[:-1] if len(parts) > 2 else not is_thousand):
        fraction, parts, between = parts[-1], parts[:-1], between[:-1]
    if between.strip(between[:1]) or between[:1] in (":", "/", "-"):
        return None
    if between and (len(parts[0]) > 3 or any(len(part) != 3 for part in parts[1:])):
        return None
    return _seconds("".join(parts), fraction, unit)


def _seconds(whole: str, fraction: str, unit: int) -> "int | None":
    if len(whole) > _MOST_DIGITS or len(fraction) > _MOST_DIGITS:
        return None
    scale: int = 10 ** len(fraction)
    return min(-(-int(whole + fraction) * unit // scale), LONGEST_WAIT)


def _is_digit(text: str, place: int) -> bool:
    return "0" <= text[place : place + 1] <= "9"


def _is_group(text: str, place: int) -> bool:
    return all(_is_digit(text, place + each) for each in range(3)) and not _is_digit(text, place + 3)
