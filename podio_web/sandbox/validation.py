"""Check values that clients send.

JSON types are enforced (https://developers.podio.com/index/api). Podio's error texts have the form
``Invalid value <json> (<json type>): <rule>``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any, NoReturn

from .refusals import Refusal

# The largest integer of a database column.
MAX_INTEGER = 2**63 - 1
_LONGEST_ECHO = 200
FLAGS = {
    **dict.fromkeys(("1", "on", "true", "y", "yes"), True),
    **dict.fromkeys(("0", "off", "false", "n", "no"), False),
}
"""The values of a boolean in the query."""


def json_type(value: object) -> str:
    """Return the name of a decoded value's JSON type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def invalid(value: object, rule: str) -> Refusal:
    """Return a 400 that names the value and the rule that it breaks.

    Examples:
        >>> invalid(0, "must not be less than 1").description
        'Invalid value 0 (integer): must not be less than 1'
    """
    shown = json.dumps(value, ensure_ascii=False)
    if len(shown) > _LONGEST_ECHO:
        shown = shown[: _LONGEST_ECHO - 1] + "…"
    return Refusal(400, "invalid_value", f"Invalid value {shown} ({json_type(value)}): {rule}")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number out of range")
    return number


def parse_json(raw: bytes) -> Any:
    """Decode JSON strictly. NaN, infinite numbers, lone surrogates and deep nesting are refused.

    Raises:
        Refusal: 400 ``invalid_request`` if the bytes are not valid JSON.

    Examples:
        >>> parse_json(b'{"item_id": 4}')
        {'item_id': 4}
    """
    try:
        value = json.loads(raw.decode("utf-8-sig"), parse_constant=_no_constant, parse_float=_finite)
        # The decoder accepts lone surrogates, but they cannot be stored or sent.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Refusal(400, "invalid_request", "The request body could not be read as JSON") from None
    return value


def as_object(value: object, rule: str = "must be object") -> dict[str, Any]:
    """Return ``value`` if it is a JSON object. Raise Refusal otherwise."""
    if not isinstance(value, dict):
        raise invalid(value, rule)
    return value


def as_integer(value: object, minimum: int | None = None, maximum: int = MAX_INTEGER) -> int:
    """Return ``value`` if it is a JSON integer from ``minimum`` to ``maximum``. Raise Refusal otherwise."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise invalid(value, "must be integer")
    if minimum is not None and value < minimum:
        raise invalid(value, f"must not be less than {minimum}")
    if value > maximum:
        raise invalid(value, f"must not be greater than {maximum}")
    if value < -MAX_INTEGER:
        raise invalid(value, f"must not be less than {-MAX_INTEGER}")
    return value


def as_number(value: object) -> float:
    """Return ``value`` as a float if it is a JSON number. Raise Refusal otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise invalid(value, "must be number")
    try:
        return float(value)
    except OverflowError:
        raise invalid(value, f"must not be greater than {MAX_INTEGER}") from None


def as_string(value: object, longest: int = 100_000, *, blank: bool = True) -> str:
    """Return ``value`` if it is a string of at most ``longest`` characters. Raise Refusal otherwise."""
    if not isinstance(value, str):
        raise invalid(value, "must be string")
    if len(value) > longest:
        raise invalid(value, f"must not be longer than {longest}")
    if not blank and not value.strip():
        raise invalid(value, "must not be empty")
    return value


def as_boolean(value: object) -> bool:
    """Return ``value`` if it is a JSON boolean. Raise Refusal otherwise."""
    if not isinstance(value, bool):
        raise invalid(value, "must be boolean")
    return value


def as_choice(value: object, choices: Sequence[str]) -> str:
    """Return ``value`` if it is one of ``choices``. Raise Refusal otherwise."""
    if not isinstance(value, str) or value not in choices:
        listed = ", ".join(json.dumps(choice) for choice in choices)
        raise invalid(value, f"must be one of {listed}")
    return value


def as_list(value: object) -> list[Any]:
    """Return ``value`` if it is a JSON array. Raise Refusal otherwise."""
    if not isinstance(value, list):
        raise invalid(value, "must be array")
    return value


def query_flag(text: str) -> bool:
    """Return the boolean in a query parameter, in upper or lower case. Raise Refusal if it is invalid."""
    word = text.lower()
    if word not in FLAGS:
        raise invalid(text, "must be boolean")
    return FLAGS[word]


def query_integer(text: str, minimum: int = 0, maximum: int = MAX_INTEGER) -> int:
    """Return the integer in a query parameter. Raise Refusal if it is not from ``minimum`` to ``maximum``."""
    digits = text[1:] if text.startswith("-") else text
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 19):
        raise invalid(text, "must be integer")
    return as_integer(int(text), minimum, maximum)
