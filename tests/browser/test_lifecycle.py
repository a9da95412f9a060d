"""What a client holds on to, and that it lets go of it; and the other tabs."""

import json
from collections.abc import Callable

from tests.browser.tab import Tab

NewTab = Callable[..., Tab]

# Counts what could be left behind; installed before anything of the page runs.
COUNT = """
    window.held = {listeners: 0, channels: 0, timers: new Set()};
    const add = window.addEventListener, remove = window.removeEventListener;
    window.addEventListener = function (kind, ...rest) {
        if (kind === "message") window.held.listeners++;
        return add.call(this, kind, ...rest);
    };
    window.removeEventListener = function (kind, ...rest) {
        if (kind === "message") window.held.listeners--;
        return remove.call(this, kind, ...rest);
    };
    const close = BroadcastChannel.prototype.close;
    BroadcastChannel.prototype.close = function () { window.held.channels--; return close.call(this); };
    const Channel = window.BroadcastChannel;
    window.BroadcastChannel = class extends Channel {
        constructor(name) { super(name); window.held.channels++; }
    };
    const start = window.setTimeout, stop = window.clearTimeout;
    window.setTimeout = (act, delay, ...rest) => {
        const id = start((...given) => { window.held.timers.delete(id); act(...given); }, delay, ...rest);
        // The popup's: the next look at it, and the time that a person has.
        if (delay === 250 || delay === 300_000) window.held.timers.add(id);
        return id;
    };
    window.clearTimeout = id => { window.held.timers.delete(id); return stop(id); };
"""
# Keeps Pyodide's proxies, and tells how many are alive. MicroPython's need no care, and have no way to take any.
_KEEP_PROXIES = """
if sys.implementation.name != "micropython":
    import pyodide.ffi
    make = pyodide.ffi.create_proxy

    def kept(*given, **options):
        proxy = make(*given, **options)
        js.window.keepProxy(proxy)
        return proxy

    pyodide.ffi.create_proxy = kept
"""
COUNT_PROXIES = f"""
    window.proxiesMade = 0;
    window.proxies = [];
    window.keepProxy = (proxy) => {{ window.proxiesMade++; window.proxies.push(proxy); }};
    // Reading a proxy that was destroyed throws.
    const isAlive = (proxy) => {{ try {{ proxy.type; return true; }} catch {{ return false; }} }};
    window.livingProxies = () => (window.proxies = window.proxies.filter(isAlive)).length;
    window.beforeImport = {json.dumps(_KEEP_PROXIES)};
"""
HELD = "[window.held.listeners, window.held.channels, window.held.timers.size]"
PROXIES = "[window.proxiesMade, window.livingProxies()]"


def test_rule_14_everything_that_was_opened_is_closed_again(new_tab: NewTab) -> None:
    tab = new_tab(COUNT + COUNT_PROXIES).open()
    before = tab.page.evaluate(HELD)
    made, alive = tab.page.evaluate(PROXIES)
    tab.new_client()
    popup = tab.open_popup()
    popup.get_by_test_id("login-username").wait_for()
    during = tab.page.evaluate(HELD)
    assert [now - then for now, then in zip(during, before, strict=True)] == [1, 2, 2]
    popup.close()
    tab.run('await outcome(kept["task"])')
    tab.sign_in()
    tab.run('await kept["podio"].get("/user/status"); await kept["podio"].aclose(); kept.clear()')
    assert tab.page.evaluate(HELD) == before
    # An interpreter lets go of some a moment later.
    tab.page.wait_for_function("alive => window.livingProxies() === alive", arg=alive)
    made_later, _ = tab.page.evaluate(PROXIES)
    # The other tabs, coming into sight, the session's end, a call's time-out; and for each popup its four, its limit
    # and each look at it.
    assert made_later - made > 12 or tab.interpreter == "mpy"


def test_async_with_closes_too(tab: Tab) -> None:
    tab.run('await kept["podio"].aclose()')
    assert tab.run("""
        async with podio_web.Podio("client", client_id="demo-client") as podio:
            kept["podio"] = podio
        try:
            await kept["podio"].get("/user/status")
        except RuntimeError as problem:
            return "closed" in str(problem)
    """)


def test_a_log_out_in_one_tab_ends_the_session_in_the_other(new_tab: NewTab) -> None:
    first = new_tab().open()
    first.new_client()
    first.sign_in()
    second = new_tab().open()
    second.new_client()
    second.wait_for_session()
    second.run("""
        kept["left"] = asyncio.Event()
        kept["podio"].on("logged_out", lambda detail: kept["left"].set())
    """)
    first.run('await kept["podio"].logout()')
    second.run('await kept["left"].wait()')
    assert second.run('return [kept["podio"].token is None, await kept["podio"].is_authenticated()]') == [True, False]


def test_a_session_that_starts_in_one_tab_is_found_in_the_other(new_tab: NewTab) -> None:
    first = new_tab().open()
    first.new_client()
    second = new_tab().open()
    second.new_client()
    assert not second.run('return await kept["podio"].is_authenticated()')
    first.page.bring_to_front()
    first.sign_in()
    second.wait_for_session()


def test_a_lock_that_is_granted_after_the_task_was_cancelled_is_given_back(new_tab: NewTab) -> None:
    tab = new_tab(COUNT_PROXIES).open()
    # A browser grants it a moment later. A step that waits in vain fails.
    tab.run("""
from podio_web.runtime.tab_lock import try_lock

before = js.window.livingProxies()
task = asyncio.create_task(try_lock("podio-web:test", "this tab"))
await asyncio.sleep(0)
task.cancel()
release = None
while release is None:
    await asyncio.sleep(0.05)
    release = await try_lock("podio-web:test", "this tab")
release()
while js.window.livingProxies() > before:
    await asyncio.sleep(0.05)
""")
