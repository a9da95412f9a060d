"""Redirects by the million: lawful answers, bent by a grammar, and plain rubbish, beside an oracle of its own.

    .venv/bin/python -m tests.unit.fuzz_redirect 1000000

Input number n is always the same, so a finding is a number.
"""

import json
import sys
import time
from collections import Counter
from random import Random
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from podio_web.errors import SignInError
from podio_web.oauth.encoding import form_encode
from podio_web.oauth.popup_message import read_delivery
from podio_web.oauth.redirect_response import find_redirect, parse_redirect, scrubbed
from podio_web.oauth.state import AuthorizationRequest, validate_response
from podio_web.oauth.token import Token
from tests.unit.answers import CLIENT, NOW, STATE, auth_request

Pairs = list[tuple[str, str]]


class Given(NamedTuple):
    """What a page finds: its address, the request that waits, and whether the answer came from its own popup."""

    fragment: str
    query: str
    request: AuthorizationRequest | None
    expected: bool = False


class Report:
    """What became of all inputs."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.faults: list[str] = []
        self.slowest_ms = 0.0
        self.slowest_cpu = (0.0, 0)

    def __str__(self) -> str:
        lines = [f"{sum(self.outcomes.values()):>9} inputs", *self._lines(), f"slowest {self.slowest_ms:.2f} ms"]
        cpu_ms, number = self.slowest_cpu
        return "\n".join([*lines, f"slowest on the processor {cpu_ms:.2f} ms, input {number}", *self.faults[:20]])

    def _lines(self) -> list[str]:
        return [f"{count:>9} {outcome}" for outcome, count in self.outcomes.most_common()]


# --- The grammar ---

_REQUESTS: list[AuthorizationRequest | None] = [
    auth_request(),
    auth_request(),
    auth_request(),
    auth_request(),
    auth_request(created_at=NOW - 901),
    auth_request(created_at=NOW + 901),
]
_REQUESTS += [auth_request(client="other-client"), auth_request("other"), None]

_TOKENS = ["a1" * 16, "~!$&'()*+,-./:;<=>?@[]^_`{|}", "x", "y" * 4096, "z" * 4097, "", " ", "a b", "a\tb", "a\nb"]
_TOKENS += ["a\0", "a\x7f", "a#b", "ä", "%", "%2", "%GG", "\ufeff", "٣", "null", "[]", "a&state=" + STATE]
_LIFETIMES = ["28800", "1", "0", "-1", "+1", "1.0", "1e3", " 1", "1_0", "٣", "²", "", "9" * 15, "9" * 16, "9" * 5000]
_LIFETIMES += [str(366 * 86_400), str(366 * 86_400 + 1), "0x10", "NaN", "Infinity", "true", "null", "007"]
_STATES = [
    STATE,
    STATE,
    STATE,
    "",
    "other",
    STATE[:-1],
    STATE + "0",
    STATE.upper(),
    " " + STATE,
    STATE + "\0",
    "\ufeff",
]
_REFS = ["1001", "-1", "x", "", "9" * 400, '{"id":1}', '{"type":"user","id":1001}', "[" * 190, '{"id":' * 30, "null"]
_KEYS = ["access_token", "state", "expires_in", "error", "error_description", "scope", "ref", "ref[id]", "ref[type]"]
_KEYS += ["ref_id", "token_type", "refresh_token", "Access_Token", " access_token", "access_token[]", "stat", "", "#"]
_ERRORS = ["access_denied", "server_error", "", "\x1b[31m", "e" * 400, "ä", "<script>alert(1)</script>"]
_VALUES = {
    "access_token": _TOKENS,
    "expires_in": _LIFETIMES,
    "state": _STATES,
    "ref[id]": _REFS,
    "ref": _REFS,
    "ref_id": _REFS,
    "error": _ERRORS,
}
_PIECES = ["&", "=", "#", "?", "+", "%", "%2", "%00", "%FF", "%C3%A9", "%26", "%3D", "%23", "%ED%A0%80", "%F4%90%80%80"]
_PIECES += [";", "/", "\\", "\0", "\r\n", "ä", "\u2028", "\ufeff", "\U0001f600", "\udcff", "\ud800", "&&", "==", "&="]
_PIECES += ["access_token=b", f"state={STATE}", "error=x", "&error", "%61ccess_token=c", "state", "expires_in=5"]


def make(number: int) -> Given:
    """Return input ``number``."""
    random = Random(number)
    kind = random.random()
    if kind < 0.08:
        fragment, query = _rubbish(random), _rubbish(random) if random.random() < 0.3 else ""
    else:
        pairs = _lawful(random)
        for _ in range(random.choice((0, 0, 1, 1, 2, 3, 5))):
            _bend_pairs(random, pairs)
        fragment, query = _written(random, pairs)
        for _ in range(random.choice((0, 0, 0, 1, 2, 4))):
            fragment = _bend_text(random, fragment)
            query = _bend_text(random, query) if random.random() < 0.2 else query
    if random.random() < 0.003:
        fragment = _much(random, fragment)
    if random.random() < 0.001:
        query = _much(random, query)
    return Given(fragment, query, random.choice(_REQUESTS), random.random() < 0.3)


def _lawful(random: Random) -> Pairs:
    if random.random() < 0.12:
        return [("error_reason", "user_denied"), ("error", "access_denied"), ("state", STATE)]
    token = "".join(random.choice("0123456789abcdef") for _ in range(32))
    pairs = [("access_token", token), ("expires_in", "28800"), ("ref[id]", "1001"), ("ref[type]", "user")]
    return [*pairs, ("refresh_token", "b2" * 16), ("scope", "global:all"), ("state", STATE), ("token_type", "bearer")]


def _bend_pairs(random: Random, pairs: Pairs) -> None:
    """Drop, repeat, move, rename or change one pair."""
    at = random.randrange(len(pairs)) if pairs else 0
    way = random.randrange(6)
    if way == 0 and pairs:
        del pairs[at]
    elif way == 1:
        key = random.choice(_KEYS)
        pairs.insert(at, (key, random.choice(_VALUES.get(key, _PIECES))))
    elif way == 2:
        random.shuffle(pairs)
    elif way == 3 and pairs:
        pairs[at] = (random.choice(_KEYS), pairs[at][1])
    elif pairs:
        key = pairs[at][0]
        pairs[at] = (key, random.choice(_VALUES.get(key, _PIECES)))


def _written(random: Random, pairs: Pairs) -> tuple[str, str]:
    """Write pairs as a fragment, a query or both, encoded well, too much, or not at all."""
    way = random.randrange(8)
    if way < 4 and _is_text(pairs):
        text = form_encode(pairs)
    elif way == 4:
        text = "&".join("".join(f"%{byte:02x}" for byte in _bytes(key)) + f"={value}" for key, value in pairs)
    elif way == 5 and _is_text(pairs):
        text = form_encode([(key, form_encode([(value, "")])) for key, value in pairs])
    else:
        text = random.choice("&&&&;,").join(f"{key}={value}" for key, value in pairs)
    mark = random.choice(("#",) * 8 + ("", "##", "#/", "#!", "#?", "?"))
    place = random.random()
    if place < 0.85:
        return mark + text, random.choice(("", "", "", "?page=2", f"?state={STATE}", f"?error=x&state={STATE}"))
    if place < 0.95:
        return random.choice(("", "#section")), "?" + text
    return mark + text, "?" + text


def _bend_text(random: Random, text: str) -> str:
    """Insert, remove, change or repeat a part of a text."""
    at = random.randrange(len(text) + 1)
    way = random.randrange(5)
    if way == 0:
        return text[:at] + random.choice(_PIECES) + text[at:]
    if way == 1:
        return text[:at] + text[at + random.choice((1, 1, 2, 9)) :]
    if way == 2:
        return text[:at] + chr(random.choice((random.randrange(128), random.randrange(0x110000)))) + text[at + 1 :]
    if way == 3:
        return text[:at] + "".join(f"%{byte:02X}" for byte in _bytes(text[at : at + 3])) + text[at + 3 :]
    return text[:at] + text[max(0, at - 12) :]


def _rubbish(random: Random) -> str:
    """Return random bytes, as one of the texts that they may become."""
    raw = random.randbytes(random.choice((0, 1, 5, 40, 300)))
    ways = (("latin-1", "strict"), ("utf-8", "replace"), ("utf-8", "surrogateescape"), ("utf-16-le", "replace"))
    return random.choice(("#", "?", "")) + raw.decode(*random.choice(ways))


def _much(random: Random, text: str) -> str:
    """Return something long: to just below the limit, just above it, or far beyond."""
    length = random.choice((16_000, 16_383, 16_384, 16_385, 16_386, 40_000, 1_000_000))
    return (text + random.choice((*_PIECES, "a", "access_token=a&")) * length)[:length]


def _is_text(pairs: Pairs) -> bool:
    return not any("\ud800" <= character <= "\udfff" for pair in pairs for character in "".join(pair))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


# --- The oracle: the rules for reading a response once more, on the standard library ---


def lawful_token(given: Given) -> str | None:
    """Return the access token of a lawful answer to the request that waits, else None.

    Nothing here is shared with ``podio_web``: RFC 6749 sections 4.2.2 and 10.12, RFC 6750 section 2.1, and Podio's
    rule that of a repeated parameter the last one counts.
    """
    fragment, query = given.fragment.removeprefix("#"), given.query.removeprefix("?")
    waiting = given.request
    if waiting is None or waiting.client != CLIENT or not waiting.is_current(NOW):
        return None
    if len(fragment) > 16_384 or len(query) > 16_384:
        return None
    said = _decoded(fragment)
    if "error" in said or "error" in _decoded(query) or said.get("state") != waiting.state:
        return None
    token, lifetime = said.get("access_token"), said.get("expires_in", "28800")
    if (said.get("token_type") or "bearer").lower() != "bearer":
        return None
    if token is None or not 1 <= len(token) <= 4096 or not token.isascii() or not token.isprintable():
        return None
    if " " in token or "#" in token:
        return None
    if lifetime is None or not lifetime.isascii() or not lifetime.isdigit() or len(lifetime) > 15:
        return None
    return token if 1 <= int(lifetime) <= 366 * 86_400 else None


def _decoded(text: str) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for pair in text.split("&"):
        name, _, value = pair.partition("=")
        key = _form_decoded(name)
        if key is not None:
            found[key] = _form_decoded(value)
    return found


def _form_decoded(text: str) -> str | None:
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode()
    except UnicodeError:
        return None


# --- The run ---


def message_of(given: Given) -> str:
    """Return what the callback page makes of an address."""
    message = {"type": "podio-web:response", "version": 1, "attempt": STATE}
    return json.dumps({**message, "fragment": given.fragment, "query": given.query})


def outcome(given: Given, message: str) -> Token | SignInError:
    """Judge an input in the two ways in which one reaches a page: in its own address, and in a message."""
    found = find_redirect(given.fragment, given.query, lambda state: state == STATE)
    if found is not None:
        scrubbed("/page", given.query, found)
    delivery = read_delivery(message)
    assert delivery is not None
    results: list[tuple[Token | SignInError, str | None]] = []
    for redirect in (parse_redirect(given.fragment, given.query), delivery.redirect):
        try:
            token = validate_response(redirect, given.request, client=CLIENT, now=NOW, expected=given.expected)
        except SignInError as problem:
            results.append((problem, None))
        else:
            assert found is not None, "the page's own address would not have been read"
            results.append((token, token.access_token))
    assert results[0][1] == results[1][1], "the two ways differ"
    return results[0][0]


def run(count: int, first: int = 0) -> Report:
    """Judge ``count`` inputs; whatever is against the rules is a fault, named by its number."""
    report = Report()
    for number in range(first, first + count):
        given = make(number)
        message = message_of(given)
        began, began_cpu = time.perf_counter(), time.thread_time()
        try:
            result: Token | Exception = outcome(given, message)
        except Exception as problem:
            result = problem
        report.slowest_ms = max(report.slowest_ms, 1000 * (time.perf_counter() - began))
        report.slowest_cpu = max(report.slowest_cpu, (1000 * (time.thread_time() - began_cpu), number))
        kind = "session" if isinstance(result, Token) else type(result).__name__
        report.outcomes[kind] += 1
        held = result.access_token if isinstance(result, Token) else None
        if not isinstance(result, (Token, SignInError)):
            report.faults.append(f"input {number}: {kind}, which is not a documented error")
        elif held != lawful_token(given):
            report.faults.append(f"input {number}: {kind}, and the oracle does not agree")
    return report


if __name__ == "__main__":
    finished = run(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
    print(finished)
    sys.exit(1 if finished.faults else 0)
