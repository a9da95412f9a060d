"""The redirect page: what its one script does, in what order, and that it does nothing else."""

import json
import re
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import podio_web
from podio_web.oauth.encoding import percent_encode
from podio_web.oauth.popup_message import (
    CHANNEL_PREFIX,
    HANDOVER_KEY,
    RECEIVED,
    RESPONSE,
    VERSION,
    acknowledgement,
    read_delivery,
)
from podio_web.oauth.redirect_response import parse_redirect
from podio_web.oauth.state import KEY_PREFIX
from tests.unit.answers import CANARY, STATE, auth_request, fragment_of, fragments, podio_answer, words
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


# What of Podio's answer goes on.
SENT = re.sub("refresh_token=[^&]*", "", podio_answer())

ROUTES = ["/", "/items", "/items?page=2&q=%20x#top", "/a//b", "/ä", "/static/callback.html"]
# Whatever is odd about them, the origin in front of them decides where they lead.
ODD_ROUTES = [route for route in HOSTILE_ROUTES if route.startswith("/")]
ODD_ROUTES += ["/repo/?path=C:\\x", "/a b?c=\\\\d", "/#\\evil.example"]


class Page(HTMLParser):
    """The elements of a page with their attributes, its scripts' text, and its paragraphs' text by their ids."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.paragraphs: dict[str, str] = {}
        self._tag = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._tag = tag
        if tag == "script":
            self.scripts.append("")
        if tag == "p":
            self.paragraphs[dict(attrs)["id"] or ""] = ""

    def handle_endtag(self, tag: str) -> None:
        self._tag = ""

    def handle_data(self, data: str) -> None:
        if self._tag == "script":
            self.scripts[-1] += data
        if self._tag == "p":
            self.paragraphs[[*self.paragraphs][-1]] += data


SCRIPT = "".join(Page(SOURCE).scripts)


def run(node: Node, href: str, *, popup: bool | str = True, blocked: str = "", **more: Any) -> dict[str, Any]:
    """Run the script in a window at `href`; return everything that it did, in order."""
    options = {"script": SCRIPT, "paragraphs": [*Page(SOURCE).paragraphs], "storage": {}, "later": [], **more}
    result: dict[str, Any] = node.ask(do="callback", href=href, popup=popup, blocked=blocked, **options)
    return result


def what(result: dict[str, Any], *kinds: str) -> list[Any]:
    return [effect for effect in result["effects"] if effect[0] in kinds]


def shown(result: dict[str, Any]) -> str:
    """Return the paragraph that the page shows in the end."""
    last: str = what(result, "show")[-1][1]
    return last


def message_of(result: dict[str, Any]) -> dict[str, Any]:
    (broadcast,) = what(result, "broadcast")
    message: dict[str, Any] = json.loads(broadcast[1])
    return message


def handed_over(result: dict[str, Any]) -> dict[str, Any]:
    ((_, key, text),) = what(result, "setItem")
    assert key == HANDOVER_KEY
    message: dict[str, Any] = json.loads(text)
    return message


def record(route: object, **more: object) -> str:
    """Return what a request that began at `route` has left in the tab."""
    return json.dumps({"client_id": "c", "return_to": route, **more})


def routed(node: Node, route: object, **more: Any) -> dict[str, Any]:
    """Return from a redirect sign-in that began at `route`."""
    return run(node, PAGE + podio_answer(), popup=False, storage={KEY_PREFIX + STATE: record(route)}, **more)


def acknowledged(via: str = "channel") -> dict[str, str]:
    return {"via": via, "origin": ORIGIN, "data": acknowledgement(STATE)}


# --- What the page is ---


def test_there_is_one_small_script() -> None:
    scripts = Page(SOURCE).scripts
    assert len(scripts) == 1
    assert 0 < len(scripts[0].encode()) <= 2048


def test_the_page_makes_no_request() -> None:
    for tag, attributes in Page(SOURCE).elements:
        assert tag in ("html", "meta", "title", "link", "main", "h1", "div", "p", "a", "script")
        assert "src" not in attributes
        assert attributes.get("href", "data:,") == (".." if tag == "a" else "data:,")
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
    assert re.fullmatch(r"\s*const \w+ = location\.hash, \w+ = location\.search\s*", first)
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


def test_the_page_says_something_without_its_script() -> None:
    visible = [
        attributes["id"] for tag, attributes in Page(SOURCE).elements if tag == "p" and "hidden" not in attributes
    ]
    assert visible == ["blocked"]
    assert "nobody was signed in" in Page(SOURCE).paragraphs["blocked"]


@pytest.mark.parametrize("where", ["blocked", "unclaimed", "empty"])
def test_where_the_page_ends_without_the_app_it_links_to_it(where: str) -> None:
    text = re.search(rf'<p id="{where}"[^>]*>(.*?)</p>', SOURCE, re.DOTALL)
    assert text is not None
    assert '<a href="..">Go to the app</a>' in text[1]


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
    message = {"type": RESPONSE, "version": VERSION, "attempt": STATE, "fragment": SENT, "query": "?page=2"}
    assert message_of(result) == message
    assert what(result, "channel") == [["channel", CHANNEL_PREFIX + STATE]]
    ((_, text, target),) = what(result, "post")
    assert json.loads(text) == message
    assert target == ORIGIN
    delivery = read_delivery(text)
    assert delivery is not None
    assert delivery.state == delivery.redirect.state == STATE
    # It listens before it speaks: the answer may come at once.
    kinds = [effect[0] for effect in result["effects"]]
    assert kinds.index("listen") < kinds.index("broadcast") < kinds.index("post")


def test_a_popup_stores_nothing(node: Node) -> None:
    result = run(node, PAGE + podio_answer(), storage={KEY_PREFIX + STATE: auth_request().to_text(), "other": "1"})
    assert not what(result, "setItem", "replace")
    assert result["storage"] == {KEY_PREFIX + STATE: auth_request().to_text(), "other": "1"}


def test_a_denial_in_the_query_is_delivered_too(node: Node) -> None:
    query = f"?error_reason=user_denied&error=access_denied&error_description=No+thanks.&state={STATE}"
    message = message_of(run(node, PAGE + query))
    assert (message["attempt"], message["fragment"], message["query"]) == (STATE, "", query)


@pytest.mark.parametrize("via", ["channel", "window"])
def test_an_acknowledgement_closes_the_window(via: str, node: Node) -> None:
    result = run(node, PAGE + podio_answer(), later=[acknowledged(via)])
    after = result["effects"][result["effects"].index(["later", via]) :]
    assert after == [["later", via], ["show", "done"], ["close"]]


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
    assert not what(result, "close")
    assert shown(result) == "waiting"


@pytest.mark.parametrize("end", [podio_answer(), f"?error=access_denied&state={STATE}", "#access_token=a", "?code=1"])
def test_an_answer_that_nobody_takes_leaves_the_window_open(end: str, node: Node) -> None:
    result = run(node, PAGE + end, later=[{"via": "timer"}])
    assert what(result, "timer", "close", "show") == [["show", "waiting"], ["timer", 1000], ["show", "unclaimed"]]


def test_a_late_acknowledgement_closes_the_window_too(node: Node) -> None:
    result = run(node, PAGE + podio_answer(), later=[{"via": "timer"}, acknowledged()])
    assert what(result, "close", "show")[1:] == [["show", "unclaimed"], ["show", "done"], ["close"]]


def test_after_an_acknowledgement_nothing_else_is_said(node: Node) -> None:
    assert shown(run(node, PAGE + podio_answer(), later=[acknowledged(), {"via": "timer"}])) == "done"


@pytest.mark.parametrize("end", ["", "#", "?", "#section", "?page=2", "#/route?access_token=" + CANARY])
@pytest.mark.parametrize("popup", [True, False])
def test_an_address_without_an_answer_is_told(end: str, popup: bool, node: Node) -> None:
    result = run(node, PAGE + end, popup=popup)
    assert shown(result) == "empty"
    assert not what(result, "broadcast", "post", "timer", "close", "setItem", "replace")


# --- What the browser withholds ---


@pytest.mark.parametrize("channel", ["missing", "null", "throws", "mute"])
def test_without_a_channel_the_opener_is_enough(channel: str, node: Node) -> None:
    result = run(node, PAGE + podio_answer(), channel=channel, later=[acknowledged("window")])
    assert result["raised"] is None
    assert len(what(result, "post")) == 1
    assert what(result, "show", "close")[1:] == [["show", "done"], ["close"]]


@pytest.mark.parametrize("popup", [False, "throws"])
def test_without_an_opener_the_channel_is_enough(popup: bool | str, node: Node) -> None:
    result = run(node, PAGE + podio_answer(), popup=popup, later=[acknowledged()])
    assert result["raised"] is None
    assert message_of(result)["fragment"] == SENT
    assert not what(result, "post")
    assert what(result, "show", "close")[1:] == [["show", "done"], ["close"]]


@pytest.mark.parametrize("channel", ["missing", "null", "throws", "mute"])
@pytest.mark.parametrize("popup", [False, "throws"])
@pytest.mark.parametrize("blocked", ["access", "null", "methods"])
def test_without_any_of_them_the_page_says_so(channel: str, popup: bool | str, blocked: str, node: Node) -> None:
    later = [{"via": "timer"}]
    result = run(node, PAGE + podio_answer(), channel=channel, popup=popup, blocked=blocked, later=later)
    assert result["raised"] is None
    assert shown(result) == "unclaimed"


@pytest.mark.parametrize("blocked", ["access", "null", "methods"])
@pytest.mark.parametrize("end", [podio_answer(), "?error=access_denied"])
def test_blocked_storage_does_not_break_the_page(blocked: str, end: str, node: Node) -> None:
    result = run(node, PAGE + end, popup=False, storage={KEY_PREFIX + STATE: record("/items")}, blocked=blocked)
    assert result["raised"] is None
    assert message_of(result)["attempt"] == (STATE if "state" in end else "")


def test_full_storage_leaves_the_other_ways(node: Node) -> None:
    result = routed(node, "/items", blocked="full", later=[{"via": "timer"}])
    assert result["raised"] is None
    assert not what(result, "replace")
    assert message_of(result)["attempt"] == STATE
    assert shown(result) == "unclaimed"


# --- What goes on ---


@pytest.mark.parametrize("name", ["refresh_token", "refresh%5Ftoken", "%72efresh_token", "refresh_toke%6e"])
@pytest.mark.parametrize("popup", [True, False])
def test_no_refresh_token_leaves_the_page(name: str, popup: bool, node: Node) -> None:
    secret = f"{name}={CANARY}"
    rest = f"access_token=a&state={STATE}&scope=a%20b+c"
    storage = {} if popup else {KEY_PREFIX + STATE: record("/items")}
    for fragment in (
        f"#{secret}&{rest}",
        f"#{rest}&{secret}",
        f"#{secret}&{rest}&{secret}?#=x",
        f"#{secret}%26&{rest}",
    ):
        result = run(node, f"{PAGE}?{secret}{fragment}", popup=popup, storage=storage)
        message = message_of(result) if popup else handed_over(result)
        assert CANARY not in json.dumps(result["effects"])
        assert {pair for pair in message["fragment"].removeprefix("#").split("&") if pair} == set(rest.split("&"))
        assert parse_redirect(message["fragment"]).fragment["scope"] == "a b c"


def test_what_only_looks_like_a_refresh_token_stays(node: Node) -> None:
    fragment = f"#?refresh_token=1&refresh_token2=1&xrefresh_token=1&state={STATE}&ref=refresh_token"
    message = message_of(run(node, PAGE + fragment))
    assert parse_redirect(message["fragment"]).fragment == parse_redirect(fragment).fragment


def test_the_hand_over_has_a_time_and_a_message_has_none(node: Node) -> None:
    assert handed_over(routed(node, "/items"))["time"] == pytest.approx(time.time() * 1000, abs=600_000)
    assert "time" not in message_of(run(node, PAGE + podio_answer()))


@pytest.mark.parametrize("end", [podio_answer(), "#section", "", "?error=access_denied", "#access_token=a"])
@pytest.mark.parametrize("popup", [True, False])
def test_an_older_hand_over_is_removed_whatever_happens(end: str, popup: bool, node: Node) -> None:
    result = run(node, PAGE + end, popup=popup, storage={HANDOVER_KEY: CANARY, "other": "1"})
    assert result["storage"] == {"other": "1"}


@given(state=words.filter(bool), query_state=words)
def test_page_and_python_agree_on_the_state(state: str, query_state: str, node: Node) -> None:
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
    fragment += "&error=access_denied"
    result = run(node, f"{PAGE}#{percent_encode(fragment, keep='%&=+;[]?')}")
    assert result["raised"] is None
    delivery = read_delivery(what(result, "broadcast")[0][1])
    assert delivery is not None
    sent = parse_redirect("#" + fragment).fragment
    sent.pop("refresh_token", None)
    assert delivery.redirect.fragment == sent


# --- Back from a redirect sign-in ---


@pytest.mark.parametrize("route", ROUTES)
def test_the_answer_is_handed_over_and_the_person_led_back(route: str, node: Node) -> None:
    result = routed(node, route)
    delivery = read_delivery(json.dumps(handed_over(result)))
    assert delivery is not None
    assert delivery.state == delivery.redirect.state == STATE
    assert what(result, "replace") == [["replace", ORIGIN + route, ORIGIN]]
    assert not what(result, "channel", "broadcast", "post", "timer", "close")
    assert shown(result) == "waiting"


@pytest.mark.parametrize("route", ODD_ROUTES)
def test_rule_8_a_path_is_a_path_of_this_origin(route: str, node: Node) -> None:
    assert what(routed(node, route), "replace") == [["replace", ORIGIN + route, ORIGIN]]


@pytest.mark.parametrize("route", [*(set(HOSTILE_ROUTES) - set(ODD_ROUTES)), {}, ["//evil.example"], 7, True])
def test_rule_8_what_is_not_a_path_becomes_the_root(route: object, node: Node) -> None:
    result = routed(node, route)
    assert result["raised"] is None
    assert [effect[2] for effect in what(result, "replace")] == [ORIGIN]
    if not isinstance(route, list):
        assert what(result, "replace") == [["replace", ORIGIN + "/", ORIGIN]]


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
    assert target in (ORIGIN + route, ORIGIN + "/")


@pytest.mark.parametrize("route", [None, "", 0, False])
def test_a_popup_s_request_has_no_route(route: object, node: Node) -> None:
    result = routed(node, route)
    assert not what(result, "replace", "setItem")
    assert message_of(result)["attempt"] == STATE


@pytest.mark.parametrize("broken", ["rubbish", "null", "[]", "7", ""])
def test_a_broken_record_is_no_route(broken: str, node: Node) -> None:
    result = run(node, PAGE + podio_answer(), storage={KEY_PREFIX + STATE: broken})
    assert result["raised"] is None
    assert not what(result, "replace", "setItem")
    assert message_of(result)["attempt"] == STATE


# --- A refusal without its state ---


REFUSALS = [
    "?error=access_denied",
    "#error=server_error&error_description=No+thanks.",
    "?x=1#error=invalid_scope&state=",
]


@pytest.mark.parametrize("end", REFUSALS)
def test_a_refusal_without_a_state_leads_back_as_well(end: str, node: Node) -> None:
    popup = {KEY_PREFIX + "0" * 32: record(None), KEY_PREFIX + "1" * 32: "rubbish", "other": record("/other")}
    storage = {**popup, KEY_PREFIX + STATE: record("/items")}
    result = run(node, PAGE + end, popup=False, storage=storage)
    assert handed_over(result)["attempt"] == STATE
    assert what(result, "replace") == [["replace", ORIGIN + "/items", ORIGIN]]
    assert not what(result, "broadcast")


@pytest.mark.parametrize("end", REFUSALS)
@pytest.mark.parametrize("storage", [{}, {KEY_PREFIX + STATE: record(None)}, {"other": record("/items")}])
def test_without_a_redirect_sign_in_such_a_refusal_belongs_to_nobody(
    end: str, storage: dict[str, str], node: Node
) -> None:
    result = run(node, PAGE + end, popup=False, storage=storage)
    assert not what(result, "setItem", "replace")
    assert message_of(result)["attempt"] == ""


@pytest.mark.parametrize("end", REFUSALS)
def test_in_a_popup_such_a_refusal_goes_to_the_opener(end: str, node: Node) -> None:
    result = run(node, PAGE + end, storage={KEY_PREFIX + STATE: record("/items")})
    assert not what(result, "setItem", "replace")
    assert len(what(result, "post")) == 1


@pytest.mark.parametrize(
    "end",
    [
        podio_answer(state=None),
        "?error=access_denied" + podio_answer(state=None),
        podio_answer(state=None) + "&error=access_denied",
        "?error=access_denied&state=another",
    ],
)
def test_a_token_or_another_state_never_takes_a_request(end: str, node: Node) -> None:
    result = run(node, PAGE + end, popup=False, storage={KEY_PREFIX + STATE: record("/items")})
    assert not what(result, "replace", "setItem")
    assert message_of(result)["attempt"] in ("", "another")
