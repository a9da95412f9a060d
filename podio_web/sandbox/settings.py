"""Settings for behavior that Podio does not document, or that a test needs to change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from .languages import LANGUAGES
from .refusals import Refusal
from .validation import as_boolean, as_choice, as_integer, as_number, as_string, invalid


@dataclass(frozen=True)
class Settings:
    """The settings of a sandbox. ``docs/sandbox.md`` describes them.

    Examples:
        >>> Settings().changed({"consent": "allow"}).consent
        'allow'
    """

    # "ask" shows the pages. "allow" and "deny" redirect from /oauth/authorize at once.
    consent: str = "ask"
    # Where errors of response_type=token are sent. Podio documents the query, RFC 6749 section 4.2.2.1 the fragment.
    denial_in: str = "query"
    # Whether the fragment names the user of the token. Podio does not document it, but clients have received it.
    ref_in_fragment: bool = True
    # "drop" omits the parameter, "empty" sends it without a value, "alter" sends another value.
    state: str = "echo"
    # E-mail address of the user who is signed in on the sign-in pages. None shows the sign-in form.
    sign_in_as: str | None = None
    # Cross-Origin-Opener-Policy of the sign-in pages. None omits the header.
    sign_in_pages_coop: str | None = None
    rotate_refresh_tokens: bool = False
    # Lifetime of access tokens in seconds.
    expires_in: int = 28_800
    # Calls per hour: https://developers.podio.com/index/limits.
    general_limit: int = 1000
    heavy_limit: int = 250
    expose_headers: bool = False
    # What `request.url` contains in error bodies.
    request_url: str = "full"
    # Sends an invalid fragment as the response to response_type=token.
    malformed_response: bool = False
    # When an update is a conflict: "overlap" if it writes a field that has changed since its revision, "any" if there
    # is a newer revision, "none" never.
    revision_conflict: str = "overlap"
    # Whether a category field accepts the text of an option.
    category_text: str = "accept"
    # "exact": a filter on a text field finds equal texts. "ignored": it has no effect, as documented.
    text_filter: str = "exact"
    # "accept": a client may write options and fields that have been deleted.
    deleted_values: str = "accept"
    # "null": a date field without an end has the keys of the end, with null. "absent": it does not have them.
    empty_end: str = "null"
    # The largest `limit` of a page of items. The documentation does not name one: clients use 100 and 500.
    largest_page: int = 500
    # "204": the response to PUT /item/{id}?silent=1 has no body, even if something has changed.
    update_answer: str = "body"
    # Language of error texts. "person" uses the language of the user's locale.
    error_language: str = "person"
    # Format of the seconds in a 420: "plain" 3600, "comma" 3,600 and 2.5, "point" 3.600 and 2,5.
    wait_number: str = "plain"
    # The largest file in bytes. A larger one gets a 413 as HTML. None means no limit.
    largest_upload: int | None = None
    # Whether pages may read the origin of file links. It is not known whether Podio allows it.
    files_cors: bool = False
    # Whether the push service is down. It then answers with a 503 as HTML.
    push_down: bool = False
    # How long the push service holds a poll, and how long clients pause between polls, both in seconds.
    push_timeout: float = 45.0
    push_interval: float = 0.0
    # Whether the data of a message has the channel and the event, or is the event itself.
    push_wrapped: bool = True
    # Whether messages have an ID. It may be that of a message of the client.
    push_ids: bool = True
    # Whether pages may read the answers of the push service. It is not known whether Podio allows it.
    push_cors: bool = True
    # "standard": the URL of a hook must use port 80 or 443, as documented. "any": every port, for servers of tests.
    hook_ports: str = "any"
    # How many deliveries in a row may fail before their hook becomes inactive. None means that it stays active.
    hook_failures: int | None = None
    deliver_twice: bool = False
    # How long each delivery waits, in seconds.
    deliver_late: float = 0.0
    # Sends the newest of the waiting deliveries first.
    deliver_out_of_order: bool = False

    def changed(self, changes: Mapping[str, Any]) -> Settings:
        """Return a copy with ``changes`` applied.

        Raises:
            Refusal: 400 if a name is unknown or a value is invalid.
        """
        known = {field.name for field in fields(self)}
        for name in changes:
            if name not in known:
                raise Refusal(400, "invalid_value", f"Unknown setting {name[:100]}")
        return replace(self, **{name: _CHECKS[name](value) for name, value in changes.items()})

    def to_dict(self) -> dict[str, Any]:
        """Return all settings as a JSON object."""
        return asdict(self)


CHOICES: dict[str, tuple[str, ...]] = {
    "consent": ("ask", "allow", "deny"),
    "denial_in": ("query", "fragment"),
    "state": ("echo", "drop", "empty", "alter"),
    "request_url": ("full", "path"),
    "revision_conflict": ("overlap", "any", "none"),
    "category_text": ("accept", "refuse"),
    "text_filter": ("exact", "ignored"),
    "deleted_values": ("accept", "refuse"),
    "empty_end": ("null", "absent"),
    "update_answer": ("body", "204"),
    "error_language": ("person", *LANGUAGES),
    "wait_number": ("plain", "comma", "point"),
    "hook_ports": ("any", "standard"),
}
"""The allowed values of each setting that takes one of a few texts."""
LARGEST_PAGES = (500, 100)
"""The allowed values of ``largest_page``."""


def _choice(*choices: str) -> Callable[[object], str]:
    return lambda value: as_choice(value, choices)


def _largest_page(value: object) -> int:
    if as_integer(value) not in LARGEST_PAGES:
        raise invalid(value, f"must be one of {', '.join(str(each) for each in LARGEST_PAGES)}")
    return as_integer(value)


def _seconds(value: object, least: float = 0.0) -> float:
    number = as_number(value)
    if not least <= number <= 3600:
        raise invalid(value, f"must be between {least:g} and 3600")
    return number


def _coop(value: object) -> str | None:
    policies = ("unsafe-none", "same-origin-allow-popups", "noopener-allow-popups", "same-origin")
    return None if value is None else as_choice(value, policies)


_CHECKS: dict[str, Callable[[object], Any]] = {
    "ref_in_fragment": as_boolean,
    "sign_in_as": lambda value: None if value is None else as_string(value, 200),
    "sign_in_pages_coop": _coop,
    "rotate_refresh_tokens": as_boolean,
    "expires_in": lambda value: as_integer(value, 1, 10 * 365 * 86_400),
    "general_limit": lambda value: as_integer(value, 0, 10**9),
    "heavy_limit": lambda value: as_integer(value, 0, 10**9),
    "expose_headers": as_boolean,
    "malformed_response": as_boolean,
    "largest_upload": lambda value: None if value is None else as_integer(value, 0),
    "files_cors": as_boolean,
    **dict.fromkeys(("push_down", "push_wrapped", "push_ids", "push_cors"), as_boolean),
    "push_timeout": lambda value: _seconds(value, 0.01),
    "push_interval": _seconds,
    "hook_failures": lambda value: None if value is None else as_integer(value, 1),
    "deliver_twice": as_boolean,
    "deliver_late": _seconds,
    "deliver_out_of_order": as_boolean,
    "largest_page": _largest_page,
    **{name: _choice(*choices) for name, choices in CHOICES.items()},
}
