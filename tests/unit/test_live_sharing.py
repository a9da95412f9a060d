"""Tabs that share one poll: who polls, what the others hear, and that each loss is a gap."""

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podio_web.errors import NotFoundError, PodioError
from podio_web.live.connection import Connection
from podio_web.live.errors import PushRefused
from podio_web.live.feeds import open_feed, tabs_name
from podio_web.live.shared_feed import LONG_SLEEP, SharedFeed, problem_of
from podio_web.live.sharing import MOST_PAST, record_of
from podio_web.runtime.network import find_network
from tests.unit.fake_page import FakePage
from tests.unit.fake_podio import make_podio
from tests.unit.fake_tabs import NAME, FakeBrowser, FakeNetwork, FakePoll, FakeTab

ITEM, USER, TASK = "/item/6101", "/user/1001", "/task/7"


def polls(tabs: list[FakeTab]) -> list[FakePoll]:
    return [poll for tab in tabs for poll in tab.polls if not poll.closed]


def poll_of(tabs: list[FakeTab]) -> FakePoll:
    """Return the poll, of which there is one."""
    (poll,) = polls(tabs)
    return poll


def live_tabs(count: int, *channels: str) -> list[FakeTab]:
    """Tabs that have subscribed to the same channels."""
    browser = FakeBrowser()
    tabs = [FakeTab(browser) for _ in range(count)]
    for tab in tabs:
        tab.want(*channels)
    poll_of(tabs).agree()
    for tab in tabs:
        tab.news()
    return tabs


@pytest.mark.parametrize("count", [5, 20])
def test_all_tabs_have_one_poll_with_every_channel_once(count: int) -> None:
    browser = FakeBrowser()
    tabs = [FakeTab(browser) for _ in range(count)]
    for tab in tabs:
        tab.want(USER)
    tabs[3].want(ITEM)
    assert sorted(poll_of(tabs).wanted) == [ITEM, USER]
    poll_of(tabs).agree()
    for tab in tabs:
        expected = [("agreed", USER)] + ([("agreed", ITEM)] if tab is tabs[3] else [])
        assert [each for each in tab.news() if each != "live"] == expected
        assert (tab.feed.status, tab.feed.timeout) == ("live", 2.0)


def test_each_tab_hears_the_events_of_its_channels_only() -> None:
    tabs = live_tabs(3, USER)
    tabs[1].want(ITEM)
    poll = poll_of(tabs)
    poll.listener.on_event(ITEM, {"event": "early"})  # not subscribed yet, as far as the tab knows
    poll.agree(ITEM)
    poll.listener.on_event(ITEM, {"event": "update"})
    poll.listener.on_event(USER, {"event": "task_create"})
    user = ("event", USER, {"event": "task_create"})
    assert tabs[0].news() == tabs[2].news() == [user]
    assert tabs[1].news() == [("agreed", ITEM), ("event", ITEM, {"event": "update"}), user]


def test_a_channel_that_another_tab_has_is_agreed_at_once() -> None:
    tabs = live_tabs(2, USER)
    tabs[1].want(ITEM)
    poll_of(tabs).agree(ITEM)
    tabs[0].want(ITEM)
    assert tabs[0].news() == [("agreed", ITEM)]
    assert sorted(poll_of(tabs).wanted) == [ITEM, USER]


def test_a_channel_is_polled_until_no_tab_wants_it() -> None:
    tabs = live_tabs(2, USER, ITEM)
    tabs[0].feed.unwant(ITEM)
    tabs[0].feed.unwant(ITEM)
    assert ITEM in poll_of(tabs).wanted
    poll_of(tabs).listener.on_event(ITEM, {})
    assert tabs[0].news() == []
    tabs[1].feed.unwant(ITEM)
    assert poll_of(tabs).wanted == [USER]
    tabs[0].want(ITEM)  # a new subscription
    poll_of(tabs).agree(ITEM)
    assert tabs[0].news() == [("agreed", ITEM)]
    assert tabs[1].news() == [("event", ITEM, {})]


@pytest.mark.parametrize("end", ["close", "crash", "leave"])
def test_if_the_leader_ends_the_next_tab_polls_and_each_tab_has_one_gap(end: str) -> None:
    tabs = live_tabs(4, USER, ITEM)
    leader, others = tabs[0], tabs[1:]
    if end == "close":
        leader.feed.close()
    elif end == "leave":
        leader.page.leavers[0]()
    else:
        leader.crash()
    poll = poll_of(others)
    assert sorted(poll.wanted) == [ITEM, USER]
    poll.agree(USER)
    poll.listener.on_event(USER, "too early to count")
    assert [tab.news() for tab in others] == [["connecting", "live"]] * 3
    poll.agree(ITEM)
    poll.listener.on_event(USER, "new")
    for tab in others:
        ((word, channels), event) = tab.news()
        assert (word, sorted(channels)) == ("gap", [ITEM, USER])
        assert event == ("event", USER, "new")


def test_a_subscription_that_waited_for_the_old_leader_is_agreed_by_the_new_one() -> None:
    browser = FakeBrowser()
    tabs = [FakeTab(browser) for _ in range(2)]
    tabs[1].want(ITEM)
    tabs[0].feed.close()
    poll_of(tabs).agree()
    assert [each for each in tabs[1].news() if isinstance(each, tuple)] == [("agreed", ITEM)]  # and no gap


def test_a_gap_reaches_the_tabs_that_may_have_missed_something() -> None:
    tabs = live_tabs(2, USER)
    tabs[1].want(ITEM)
    poll_of(tabs).agree(ITEM)
    tabs[1].news()
    poll_of(tabs).listener.on_gap([ITEM])
    assert (tabs[0].news(), tabs[1].news()) == ([], [("gap", [ITEM])])


def test_a_gap_does_not_wait_for_a_channel_that_is_not_wanted_any_more() -> None:
    tabs = live_tabs(2, USER, ITEM)
    tabs[0].crash()
    poll_of(tabs[1:]).agree(USER)
    tabs[1].news()
    tabs[1].feed.unwant(ITEM)
    assert tabs[1].news() == [("gap", [USER])]


def test_a_channel_that_ends_does_so_in_each_tab_with_its_error() -> None:
    tabs = live_tabs(2, USER, ITEM)
    stranger = FakeTab(tabs[0].network.browser)
    stranger.want(USER)
    stranger.news()
    poll_of(tabs).listener.on_ended(ITEM, NotFoundError("The item was deleted.", status=404))
    for tab in tabs:
        ((word, channel, problem),) = tab.news()
        assert (word, channel, type(problem), str(problem), problem.status) == (
            *("ended", ITEM, NotFoundError),
            *("The item was deleted.", 404),
        )
    assert stranger.news() == []
    poll_of(tabs).wanted.remove(ITEM)  # as the poll has forgotten it
    tabs[0].want(ITEM)
    assert ITEM in poll_of(tabs).wanted


def test_a_channel_that_ends_while_a_gap_is_due_does_not_hold_it_up() -> None:
    tabs = live_tabs(2, USER, ITEM)
    tabs[0].crash()
    poll = poll_of(tabs[1:])
    poll.agree(USER)
    tabs[1].news()
    poll.listener.on_ended(ITEM, PushRefused("Podio refused /item/6101.", channel=ITEM))
    gap, (word, channel, problem) = tabs[1].news()
    assert (gap, word, channel) == (("gap", [USER]), "ended", ITEM)
    assert isinstance(problem, PushRefused)
    assert problem.channel == ITEM


def test_an_error_of_an_unknown_kind_is_still_an_error() -> None:
    class Odd(PodioError):
        pass

    problem = problem_of(ITEM, json.loads(json.dumps(record_of(Odd("odd")))))
    assert (type(problem), str(problem), problem.status) == (PodioError, "odd", None)


def test_a_visible_tab_takes_the_place_of_a_frozen_leader() -> None:
    tabs = live_tabs(3, USER)
    tabs[0].network.is_frozen = True
    tabs[1].network.hidden = True
    for tab in tabs[1:]:
        tab.page.pass_time(16)  # the first timeout of ten seconds, and two of two
    assert tabs[1].poll is None
    assert tabs[2].poll is not None
    assert tabs[0].poll is None, "a tab that lost the lock ends its poll as soon as it can"
    tabs[2].poll.agree()
    assert [each for each in tabs[1].news() if isinstance(each, tuple)] == [("gap", [USER])]
    assert [each for each in tabs[2].news() if isinstance(each, tuple)] == [("gap", [USER])]


def test_the_late_messages_of_a_former_leader_do_not_count() -> None:
    tabs = live_tabs(3, USER)
    old = tabs[0].polls[0].listener
    sent: list[str] = []
    tabs[1].network.lines[0].hear = lambda text: sent.append(str(text))
    old.on_event(USER, "late")
    tabs[0].crash()
    poll_of(tabs[1:]).agree()
    tabs[2].news()
    for text in sent:
        tabs[2].network.lines[0].hear(text)
    assert tabs[2].news() == []


def test_a_leader_that_lives_keeps_its_place() -> None:
    tabs = live_tabs(2, USER)
    tabs[1].page.pass_time(60)
    assert tabs[0].poll is not None
    assert tabs[1].news() == []


def test_a_tab_that_was_robbed_follows_and_may_lead_again() -> None:
    tabs = live_tabs(2, USER)
    tabs[1].feed.steal()
    tabs[0].polls[0].listener.on_status("waiting")
    assert (tabs[0].poll, tabs[1].poll is None) == (None, False)
    assert "closed" not in tabs[1].news()
    poll_of(tabs).agree()
    assert [each for each in tabs[0].news() if isinstance(each, tuple)] == [("gap", [USER])]
    tabs[1].feed.close()
    assert tabs[0].poll is not None
    poll_of(tabs).agree()
    assert ("gap", [USER]) in tabs[0].news()


def test_a_page_that_comes_back_has_a_gap() -> None:
    tabs = live_tabs(2, USER)
    for tab in tabs:
        tab.page.leavers[0]()
        tab.page.leavers[0]()
    assert polls(tabs) == []
    tabs[1].page.wakers[0]()
    assert poll_of(tabs) is tabs[1].poll
    poll_of(tabs).agree()
    assert [each for each in tabs[1].news() if isinstance(each, tuple)] == [("gap", [USER])]
    assert tabs[0].news() == []


def test_a_follower_that_comes_back_to_the_same_leader_has_a_gap() -> None:
    tabs = live_tabs(2, USER)
    tabs[1].page.leavers[0]()
    poll_of(tabs).listener.on_event(USER, "missed")
    tabs[1].page.wakers[0]()
    assert tabs[1].news() == [("gap", [USER])]


def test_a_tab_that_has_slept_has_a_gap_and_one_that_was_only_hidden_has_none() -> None:
    tabs = live_tabs(2, USER)
    tabs[1].page.time += 2 * 2 + LONG_SLEEP - 1
    tabs[1].page.wakers[0]()
    assert tabs[1].news() == []
    tabs[1].page.time += 600
    tabs[1].page.wakers[0]()
    assert tabs[1].news() == [("gap", [USER])]
    assert poll_of(tabs) is tabs[0].poll


def test_closing_leaves_nothing_behind() -> None:
    tabs = live_tabs(2, USER)
    leader, other = tabs

    async def main() -> None:
        await other.feed.aclose()
        assert other.polls == []
        await leader.feed.aclose()
        assert leader.polls[0].told

    asyncio.run(main())
    for tab in tabs:
        tab.feed.close()
        assert tab.feed.status == "closed"
        assert tab.news()[-1] == "closed"
        assert (tab.page.timers, tab.page.wakers, tab.page.leavers, tab.network.lines) == ([], [], [], [])
    assert polls(tabs) == []
    assert leader.network.browser.queue == []


@pytest.mark.parametrize("text", [None, 7, "", "{", "[]", "7", '{"event": "x"}'])
def test_a_text_of_somebody_else_is_ignored(text: object) -> None:
    tabs = live_tabs(2, USER)
    for tab in tabs:
        tab.network.lines[0].hear(text)
    assert [tab.news() for tab in tabs] == [[], []]


def test_only_so_many_former_leaders_are_remembered() -> None:
    tabs = live_tabs(2, USER)
    for _ in range(MOST_PAST + 5):
        tabs[1].feed.steal()
        tabs[0].feed.steal()
    poll_of(tabs).agree()
    assert tabs[1].news()[-1] == ("gap", [USER])


def test_rule_19_the_tabs_of_one_person_share_a_poll_and_those_of_another_do_not() -> None:
    async def main() -> None:
        browser, names = FakeBrowser(), []
        for user_id in (1001, 1001, 1002, None):
            page = FakePage()
            podio = make_podio(page)
            ref = {"ref": {"type": "user", "id": user_id}} if user_id else {}
            podio.set_access_token({"access_token": "token", "expires_in": 28_800, **ref})
            network = FakeNetwork(browser)
            feed = open_feed(podio, "https://push.podio.com/faye", FakeTab(browser), network)
            names.append(network.names[0])
            assert set(network.names) == {names[-1]}
            feed.close()
            await podio.aclose()
        assert names[0] == names[1] == "podio-web:live:1:https://api.podio.com:my-app:client:user:1001"
        assert len(set(names)) == 3
        nobody = make_podio(FakePage())
        assert tabs_name(nobody) != tabs_name(nobody)
        await nobody.aclose()

    asyncio.run(main())


def test_the_leader_polls_with_a_connection_and_outside_of_a_page_there_is_nothing_else() -> None:
    async def main() -> None:
        browser, podio = FakeBrowser(), make_podio(FakePage())
        feed = open_feed(podio, "https://push.podio.com/faye", FakeTab(browser), FakeNetwork(browser))
        assert isinstance(feed, SharedFeed)
        await feed.aclose()
        alone = open_feed(podio, "https://push.podio.com/faye", FakeTab(FakeBrowser()))
        assert isinstance(alone, Connection)
        await alone.aclose()
        await podio.aclose()

    asyncio.run(main())


def test_outside_of_a_page_the_lock_is_free_and_nobody_else_is_there() -> None:
    network, held = find_network(), []
    assert (network.can_share, network.is_offline(), network.is_hidden()) == (False, False, True)
    network.on_online(print)()
    network.on_offline(print)()
    line = network.open_line(NAME, print)
    line.send("text")
    line.close()
    lock = network.hold_lock(NAME, lambda: held.append("held"), print)
    lock.release()
    assert held == ["held"]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["open", "close", "crash", "steal", "leave", "wake", "agree", "event", "unwant", "want"]),
        st.integers(0, 4),
    ),
    max_size=40,
)


@given(STEPS)
@settings(max_examples=150, deadline=None)
def test_whatever_happens_one_tab_polls_and_no_event_is_lost_without_a_gap(steps: list[tuple[str, int]]) -> None:
    browser = FakeBrowser()
    tabs: list[FakeTab] = []
    away: set[FakeTab] = set()
    missed: dict[FakeTab, set[int]] = {}
    subscribed: set[FakeTab] = set()
    sent = 0

    def hear() -> None:
        for tab in tabs:
            for word, *rest in (each for each in tab.news() if isinstance(each, tuple)):
                if word == "agreed":
                    subscribed.add(tab)
                    missed[tab] = set()
                elif word == "gap":
                    missed[tab] = set()
                else:
                    missed[tab].discard(rest[1])

    for step, number in steps:
        if step == "open" and len(tabs) < 5:
            tabs.append(FakeTab(browser))
            tabs[-1].want(USER)
        if not tabs:
            continue
        tab = tabs[number % len(tabs)]
        if step in ("close", "crash"):
            tab.feed.close() if step == "close" else tab.crash()
            tabs.remove(tab)
            subscribed.discard(tab)
            away.discard(tab)
        elif step == "steal" and tab.poll is None and tab not in away:
            tab.feed.steal()
        elif step == "leave":
            tab.page.leavers[0]()
            away.add(tab)
        elif step == "wake":
            tab.page.wakers[0]()
            away.discard(tab)
        elif step == "unwant":
            tab.feed.unwant(USER)
            subscribed.discard(tab)
        elif step == "want" and tab not in subscribed and tab not in away:
            tab.feed.unwant(USER)
            tab.want(USER)
        elif step == "agree":
            for poll in polls(tabs):
                poll.agree()
        elif step == "event":
            sent += 1
            hear()
            for each in subscribed:
                missed[each].add(sent)
            for poll in polls(tabs):
                if USER in poll.wanted:
                    poll.listener.on_event(USER, sent)
        hear()
        assert len(polls(tabs)) == (1 if set(tabs) - away else 0)
    # In the end each tab that is there has heard of everything, or of a gap.
    for tab in away:
        tab.page.wakers[0]()
    for poll in polls(tabs):
        poll.agree()
    hear()
    assert not [tab for tab in subscribed if missed[tab]]
