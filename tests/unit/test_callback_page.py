"""The redirect page: what its one script does, in what order, and that it does nothing else."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import podio_web
from podio_web.oauth.attempt import KEY_PREFIX
from podio_web.oauth.encoding import percent_encode
from podio_web.oauth.redirect import parse_redirect
from podio_web.oauth.relay import (
    CHANNEL_PREFIX,
    HANDOVER_KEY,
    RECEIVED,
    RESPONSE,
    VERSION,
    acknowledgement,
    read_delivery,
)
from tests.unit.answers import CANARY, STATE, attempt, fragment_of, fragments, podio_answer, words
from tests.unit.conftest import Node

ORIGIN = "https://app.example"
PAGE = ORIGIN + "/static/callback.html"
FILE = Path(podio_web.__file__).parent.parent / "static" / "callback.html"
SOURCE = FILE.read_text(encoding="utf-8")

HOSTILE_ROUTES = [
    *(
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "\\/evil.example",
        "/\t/evil.example",
    ),
    *(
        "/\n/evil.example",
        "/\r\\evil.example",
        "\t//evil.example",
        " //evil.example",
        "https://evil.example",
        "https:/evil.example",
    ),
    *(
        "https:evil.example",
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "blob:x",
    ),
    *("evil", "./evil", "?evil", "#evil", "/a b", "/a\\b", "/\x00", "@evil.example"),
]


class Page(HTMLParser):
    """The elements of a page with their attributes, and its scripts' text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self._in_script = False
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._in_script = tag == "script"
        if self._in_script:
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.scripts[-1] += data


SCRIPT = "".join(Page(SOURCE).scripts)


def run(node: Node, href: str, *, popup: bool = True, blocked: bool = False, **more: Any) -> dict[str, Any]:
    """Run the script in a window at `href`; return everything that it did, in order."""
    options = {"script": SCRIPT, "storage": {}, "later": [], **more}
    result: dict[str, Any] = node.ask(do="callback", href=href, popup=popup, blocked=blocked, **options)
    return result


def what(result: dict[str, Any], *kinds: str) -> list[Any]:
    return [effect for effect in result["effects"] if effect[0] in kinds]


def message_of(result: dict[str, Any]) -> dict[str, Any]:
    (broadcast,) = what(result, "broadcast")
    message: dict[str, Any] = json.loads(broadcast[1])
    return message


def routed(node: Node, route: object, **more: Any) -> dict[str, Any]:
    """Return from a redirect sign-in that began at `route`."""
    storage = {KEY_PREFIX + STATE: json.dumps({"client_id": "c", "return_to": route})}
    return run(node, PAGE + podio_answer(), popup=False, storage=storage, **more)


# --- What the page is ---


def test_there_is_one_small_script() -> None:
    scripts = Page(SOURCE).scripts
    assert len(scripts) == 1
    assert 0 < len(scripts[0].encode()) <= 2048


def test_the_page_makes_no_request() -> None:
    for tag, attributes in Page(SOURCE).elements:
        assert tag in ("html", "meta", "title", "link", "p", "script")
        assert "src" not in attributes
        assert attributes.get("href", "data:,") == "data:,"
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "action", "http-equiv")]
    # Without an icon of its own a page asks the server for /favicon.ico.
    assert ("link", {"rel": "icon", "href": "data:,"}) in Page(SOURCE).elements
    for word in (
        "fetch",
        "XMLHttpRequest",
        "import",
        "Worker",
        "Image",
        "sendBeacon",
        "localStorage",
        "cookie",
        "eval",
        "innerHTML",
    ):
        assert not re.search(rf"\b{word}\b", SCRIPT)
    assert "http" not in SCRIPT


def test_the_first_statement_takes_the_answer_and_takes_it_out_of_sight() -> None:
    first, second, *_ = SCRIPT.strip().split(";")
    assert re.fullmatch(r"\s*(var|let|const) \w+ = location\.hash, \w+ = location\.search\s*", first)
    assert second.strip().startswith("history.replaceState(null, ")


def test_the_names_are_the_ones_that_python_knows() -> None:
    assert set(re.findall(r'"(podio-web:[^"]*)"', SCRIPT)) == {
        RESPONSE,
        RECEIVED,
        KEY_PREFIX,
        HANDOVER_KEY,
        CHANNEL_PREFIX,
    }
    assert set(re.findall(r"version\W+(\d+)", SCRIPT)) == {str(VERSION)}


def test_the_sentence_waits_hidden() -> None:
    assert ("p", {"id": "done", "hidden": None}) in Page(SOURCE).elements


# --- What the script does ---


@pytest.mark.parametrize("end", [podio_answer(), "?error=access_denied", "#rubbish", "?a=1#access_token=" + CANARY, ""])
def test_the_address_is_scrubbed_before_anything_else(end: str, node: Node) -> None:
    result = run(node, PAGE + end)
    assert [effect[0] for effect in result["effects"][:3]] == ["hash", "search", "replaceState"]
    assert what(result, "replaceState") == [["replaceState", PAGE]]
    assert result["raised"] is None


def test_the_address_is_scrubbed_where_the_path_has_two_slashes(node: Node) -> None:
    result = run(node, ORIGIN + "//static/callback.html" + podio_answer())
    assert what(result, "replaceState") == [["replaceState", ORIGIN + "//static/callback.html"]]
    assert result["raised"] is None


def test_a_popup_tells_the_channel_and_its_opener(node: Node) -> None:
    result = run(node, PAGE + "?page=2" + podio_answer())
    message = {"type": RESPONSE, "version": VERSION, "attempt": STATE, "fragment": podio_answer(), "query": "?page=2"}
    assert message_of(result) == message
    assert what(result, "channel") == [["channel", CHANNEL_PREFIX + STATE]]
    ((_, text, target),) = what(result, "post")
    assert json.loads(text) == message
    assert target == ORIGIN
    delivery = read_delivery(text)
    assert delivery is not None
    assert delivery.attempt == delivery.redirect.state == STATE
    # It listens before it speaks: the answer may come at once.
    kinds = [effect[0] for effect in result["effects"]]
    assert kinds.index("listen") < kinds.index("broadcast") < kinds.index("post")


def test_without_an_opener_the_channel_is_enough(node: Node) -> None:
    result = run(node, PAGE + podio_answer(), popup=False)
    assert message_of(result)["fragment"] == podio_answer()
    assert not what(result, "post")


def test_a_popup_stores_nothing(node: Node) -> None:
    result = run(node, PAGE + podio_answer(), storage={KEY_PREFIX + STATE: attempt().to_text(), "other": "1"})
    assert not what(result, "setItem", "replace")
    assert result["storage"] == {KEY_PREFIX + STATE: attempt().to_text(), "other": "1"}


def test_a_denial_in_the_query_is_delivered_too(node: Node) -> None:
    query = f"?error_reason=user_denied&error=access_denied&error_description=No+thanks.&state={STATE}"
    message = message_of(run(node, PAGE + query))
    assert (message["attempt"], message["fragment"], message["query"]) == (STATE, "", query)


@pytest.mark.parametrize("via", ["channel", "window"])
def test_an_acknowledgement_closes_the_window(via: str, node: Node) -> None:
    heard = {"via": via, "origin": ORIGIN, "data": acknowledgement(STATE)}
    result = run(node, PAGE + podio_answer(), later=[heard])
    after = result["effects"][result["effects"].index(["later", via]) :]
    assert after == [["later", via], ["close"], ["hidden", "done", False]]


@pytest.mark.parametrize("via", ["channel", "window"])
@pytest.mark.parametrize(
    ("origin", "data"),
    [
        ("https://evil.example", acknowledgement(STATE)),
        ("null", acknowledgement(STATE)),
        ("", acknowledgement(STATE)),
        (ORIGIN, acknowledgement("another attempt")),
        (ORIGIN, json.dumps({"type": RECEIVED, "version": 2, "attempt": STATE})),
        (ORIGIN, json.dumps({"type": RESPONSE, "version": VERSION, "attempt": STATE})),
        (ORIGIN, {"type": RECEIVED, "version": VERSION, "attempt": STATE}),
        (ORIGIN, "rubbish"),
        (ORIGIN, "null"),
        (ORIGIN, None),
        (ORIGIN, 7),
    ],
)
def test_other_messages_are_not_heard(via: str, origin: str, data: object, node: Node) -> None:
    result = run(node, PAGE + podio_answer(), later=[{"via": via, "origin": origin, "data": data}])
    assert result["raised"] is None
    assert not what(result, "close", "hidden")


def test_without_an_acknowledgement_the_window_closes_after_a_second(node: Node) -> None:
    result = run(node, PAGE + podio_answer(), later=[{"via": "timer"}])
    assert what(result, "timer", "later", "close", "hidden") == [
        ["timer", 1000],
        ["later", "timer"],
        ["close"],
        ["hidden", "done", False],
    ]


@given(state=words.filter(bool), query_state=words)
def test_page_and_python_agree_on_the_attempt(state: str, query_state: str, node: Node) -> None:
    for fragment, query in (
        (podio_answer(state=state), "?state=" + percent_encode(query_state)),
        (fragment_of(error="access_denied", state="other") + "&state=" + percent_encode(state), ""),
        ("", "?error=access_denied&state=" + percent_encode(state)),
    ):
        message = message_of(run(node, PAGE + query + fragment))
        assert message["attempt"] == parse_redirect(fragment, query).state == state


@given(fragment=fragments)
@example(fragment="%")
@example(fragment="state=%FF")
def test_no_fragment_breaks_the_script_or_is_changed_on_the_way(fragment: str, node: Node) -> None:
    result = run(node, f"{PAGE}#{percent_encode(fragment, keep='%&=+;[]?')}")
    assert result["raised"] is None
    delivery = read_delivery(what(result, "broadcast")[0][1])
    assert delivery is not None
    assert delivery.redirect.fragment == parse_redirect("#" + fragment).fragment


# --- Back from a redirect sign-in ---


@pytest.mark.parametrize("route", ["/", "/items", "/items?page=2&q=%20x#top", "/a//b", "/ä", "/static/callback.html"])
def test_the_answer_is_handed_over_and_the_person_led_back(route: str, node: Node) -> None:
    result = routed(node, route)
    ((_, key, text),) = what(result, "setItem")
    assert key == HANDOVER_KEY
    delivery = read_delivery(text)
    assert delivery is not None
    assert delivery.attempt == delivery.redirect.state == STATE
    assert what(result, "replace") == [["replace", route, ORIGIN]]
    assert not what(result, "channel", "broadcast", "post", "timer", "close")


@pytest.mark.parametrize("route", [*HOSTILE_ROUTES, {}, ["//evil.example"], 7, True])
def test_rule_8_a_route_that_might_lead_away_becomes_the_root(route: object, node: Node) -> None:
    result = routed(node, route)
    assert result["raised"] is None
    assert what(result, "replace") == [["replace", "/", ORIGIN]]


@given(
    route=st.lists(
        st.sampled_from(
            [*"/\\\t\n\r .:@?#%", "//", "..", "evil.example", "https:", "javascript:", "\x00", "\xa0", "\u2028"]
        )
        | st.text(max_size=2),
        min_size=1,
        max_size=7,
    )
    .map("".join)
    .filter(bool)
)
@example(route="/..//evil.example")
def test_whatever_route_is_recorded_the_person_stays_on_the_origin(route: str, node: Node) -> None:
    ((_, target, origin),) = what(routed(node, route), "replace")
    assert origin == ORIGIN
    assert target in (route, "/")


@pytest.mark.parametrize("route", [None, "", 0, False])
def test_a_popup_s_attempt_has_no_route(route: object, node: Node) -> None:
    result = routed(node, route)
    assert not what(result, "replace", "setItem")
    assert message_of(result)["attempt"] == STATE


@pytest.mark.parametrize("record", ["rubbish", "null", "[]", "7", ""])
def test_a_broken_record_is_no_route(record: str, node: Node) -> None:
    result = run(node, PAGE + podio_answer(), storage={KEY_PREFIX + STATE: record})
    assert result["raised"] is None
    assert not what(result, "replace", "setItem")
    assert message_of(result)["attempt"] == STATE


def test_blocked_storage_does_not_break_the_page(node: Node) -> None:
    result = routed(node, "/items", blocked=True)
    assert result["raised"] is None
    assert message_of(result)["attempt"] == STATE


def test_an_answer_without_a_state_leads_nowhere(node: Node) -> None:
    storage = {KEY_PREFIX + STATE: attempt(return_to="/items").to_text()}
    result = run(node, PAGE + podio_answer(state=None), popup=False, storage=storage)
    assert not what(result, "replace", "setItem")
