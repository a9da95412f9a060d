"""How long a browser stays signed in: while it is used, and no longer than allowed."""

import time
from collections.abc import Callable

import pytest

from podio_web.web.cookies import SignedCookie
from podio_web.web.session_cookie import SessionCookie, cache_headers
from tests.unit.web_support import LOGOUT, SECRET_KEY, answer_tokens, at, browser_with

DAY = 86_400
NOW = 1_790_000_000.0
Clock = Callable[[float], None]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Set the time, in seconds since the test began."""

    def set_to(seconds: float) -> None:
        monkeypatch.setattr(time, "time", at(NOW + seconds))

    set_to(0)
    return set_to


def test_who_comes_back_every_week_stays_signed_in_for_a_year(clock: Clock) -> None:
    browser, transport, _ = browser_with()
    answer_tokens(transport)
    browser.sign()
    session_id = browser.session_id()
    for week in range(1, 53):
        clock(week * 7 * DAY)
        assert browser.session_id() == session_id
        browser.open()
    clock(52 * 7 * DAY + 28 * DAY + 1)
    assert browser.session_id() is None


@pytest.mark.parametrize(
    ("idle", "early", "late"), [(28 * DAY, DAY - 1, DAY), (3600, 359, 360), (10 * DAY, DAY - 1, DAY), (5, 0, 1)]
)
def test_the_cookie_is_renewed_after_a_day_or_a_tenth_of_its_life(
    idle: int, early: int, late: int, clock: Clock
) -> None:
    browser, transport, _ = browser_with(session_lifetime=idle)
    answer_tokens(transport)
    browser.sign()
    clock(early)
    assert browser.open() == []
    clock(late)
    added = browser.open()
    assert [name for name, _ in added] == ["Cache-Control", "Set-Cookie"]
    assert f"; Max-Age={idle}; Path=/; HttpOnly; SameSite=Lax" in added[1][1]
    # Renewed: the next request has nothing to add.
    assert browser.open() == []


def test_an_idle_session_ends(clock: Clock) -> None:
    browser, transport, _ = browser_with(session_lifetime=3600)
    answer_tokens(transport)
    browser.sign()
    clock(3600)
    assert browser.session_id() is not None
    clock(3602)
    assert browser.session_id() is None
    assert browser.open() == []


def test_a_session_has_an_absolute_end_however_much_it_is_used(clock: Clock) -> None:
    browser, transport, _ = browser_with(session_lifetime=3600, longest_session=8000)
    answer_tokens(transport)
    browser.sign()
    assert "; Max-Age=3600;" in browser.set_cookies[-1]
    for seconds in range(600, 8000, 600):
        clock(seconds)
        assert browser.session_id() is not None
        browser.open()
    assert "; Max-Age=200;" in browser.set_cookies[-1]
    clock(7999)
    assert browser.session_id() is not None
    clock(8000)
    assert browser.session_id() is None


def test_an_absolute_end_may_come_before_the_idle_one(clock: Clock) -> None:
    browser, transport, _ = browser_with(longest_session=60)
    answer_tokens(transport)
    browser.sign()
    assert "; Max-Age=60;" in browser.set_cookies[-1]
    clock(60)
    assert browser.session_id() is None


def test_a_cookie_that_holds_just_the_id_goes_on_working(clock: Clock) -> None:
    browser, _, _ = browser_with(longest_session=40 * DAY)
    old = SignedCookie("podio_session", SECRET_KEY, lifetime=28 * DAY, secure=False)
    browser.keep([("Set-Cookie", old.set("an old session"))])
    clock(27 * DAY)
    assert browser.session_id() == "an old session"
    browser.open()
    assert "; Max-Age=1123200;" in browser.set_cookies[-1]  # 13 days: 40 from when it was set
    clock(39 * DAY)
    assert browser.session_id() == "an old session"
    clock(40 * DAY)
    assert browser.session_id() is None


def test_what_another_origin_posts_renews_nothing(clock: Clock) -> None:
    browser, transport, _ = browser_with()
    answer_tokens(transport)
    browser.sign()
    clock(2 * DAY)
    visit = browser.sign_in.visit(browser.request("POST", "/", sec_fetch_site="cross-site"))
    assert visit.headers_for([]) == []
    assert "renewal" not in repr(visit)


def test_a_renewed_session_is_ended_by_signing_out(clock: Clock) -> None:
    browser, transport, store = browser_with()
    answer_tokens(transport)
    browser.sign()
    clock(2 * DAY)
    browser.open()
    browser.send("POST", LOGOUT)
    assert (browser.cookies, store.signed_in()) == ({}, [])


@pytest.mark.parametrize(
    ("control", "added"),
    [
        ([], ["private"]),
        (["no-cache"], ["private"]),
        (["max-age=0, must-revalidate"], ["private"]),
        (["no-store"], []),
        (["Private, max-age=600"], []),
        (["no-cache", "private"], []),
        (["public"], None),
        (["max-age=600"], None),
        (['max-age="0600"'], None),
        (["no-cache", "S-MaxAge=60"], None),
        (['private="x-name", max-age=600'], None),
    ],
)
def test_no_shared_cache_keeps_a_session_s_cookie(control: list[str], added: list[str] | None, clock: Clock) -> None:
    answer = [("content-type", "text/css"), *(("cache-control", value) for value in control)]
    more = cache_headers(answer)
    assert more == (None if added is None else [("Cache-Control", value) for value in added])
    browser, transport, _ = browser_with()
    answer_tokens(transport)
    browser.sign()
    clock(2 * DAY)
    assert bool([value for name, value in browser.open(*answer) if name == "Set-Cookie"]) == (added is not None)


@pytest.mark.parametrize(
    ("name", "value", "added"),
    [
        ("CDN-Cache-Control", "max-age=600", None),
        ("Cloudflare-CDN-Cache-Control", "public", None),
        ("surrogate-control", "max-age=600", None),
        ("CDN-Cache-Control", "no-store", []),
        ("Surrogate-Key", "public", []),
    ],
)
def test_no_shared_cache_keeps_a_session_s_cookie_because_of_its_own_header(
    name: str, value: str, added: list[tuple[str, str]] | None
) -> None:
    assert cache_headers([(name, value), ("Cache-Control", "private")]) == added


def test_repr_shows_no_key() -> None:
    cookie = SessionCookie("session", SECRET_KEY, idle=60, longest=None, secure=False)
    assert repr(cookie) == "<SessionCookie session>"
    read = cookie.read({"session": cookie.begin("secret id").partition("=")[2].partition(";")[0]})
    assert "secret id" not in repr(read)
