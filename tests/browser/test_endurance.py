"""A page that stays open for weeks: sign-ins and requests by the hundred leave nothing behind (rule 14)."""

import os
from collections.abc import Callable
from itertools import pairwise
from statistics import median
from typing import Any

from podio_web.testing import SandboxControl
from tests.browser.tab import Tab, shows, wait_until_closed
from tests.browser.test_lifecycle import COUNT_PROXIES, NewTab

# What a few leave behind, more do too: SIGN_INS=200 REQUESTS=2000 in the environment take minutes.
SIGN_INS = int(os.environ.get("SIGN_INS", "20"))
REQUESTS = int(os.environ.get("REQUESTS", "400"))

# Counts what a page can hold, of any kind, on any object; installed before anything of the page runs.
COUNT = """
    window.held = {listeners: 0, channels: 0, timers: new Set()};
    // A listener that is added twice counts once, and one that is not there cannot be removed.
    const known = new WeakMap();
    const keys = (target, kind) => {
        if (!known.has(target)) known.set(target, new Map());
        const kinds = known.get(target);
        if (!kinds.has(kind)) kinds.set(kind, new Set());
        return kinds.get(kind);
    };
    const {addEventListener: add, removeEventListener: remove} = EventTarget.prototype;
    EventTarget.prototype.addEventListener = function (kind, listener, ...rest) {
        const target = this ?? window, listeners = keys(target, kind);
        if (listener && !listeners.has(listener)) { listeners.add(listener); window.held.listeners++; }
        return add.call(target, kind, listener, ...rest);
    };
    EventTarget.prototype.removeEventListener = function (kind, listener, ...rest) {
        const target = this ?? window;
        if (keys(target, kind).delete(listener)) window.held.listeners--;
        return remove.call(target, kind, listener, ...rest);
    };
    const Channel = window.BroadcastChannel, close = Channel.prototype.close;
    window.BroadcastChannel = class extends Channel {
        constructor(name) { super(name); window.held.channels++; }
        close() {
            window.held.channels--;
            // What listens to a closed channel is gone with it.
            for (const listeners of known.get(this)?.values() ?? []) window.held.listeners -= listeners.size;
            known.delete(this);
            return close.call(this);
        }
    };
    for (const [start, stop, once] of [["setInterval", "clearInterval", 0], ["setTimeout", "clearTimeout", 1]]) {
        const begin = window[start], end = window[stop];
        window[start] = (act, delay, ...rest) => {
            const id = begin((...given) => { if (once) window.held.timers.delete(id); act(...given); }, delay, ...rest);
            // Shorter ones are how the interpreters take turns.
            if (delay >= 200) window.held.timers.add(id);
            return id;
        };
        window[stop] = id => { window.held.timers.delete(id); return end(id); };
    }
"""
HELD = """() => ({
    listeners: window.held.listeners,
    channels: window.held.channels,
    timers: window.held.timers.size,
    nodes: document.querySelectorAll("*").length,
    storage: localStorage.length + sessionStorage.length,
    proxies: window.livingProxies(),
})"""

# Counts the tasks that have begun and not ended, this step's own among them.
COUNT_TASKS = """
make = asyncio.create_task
js.window.tasks = 0

async def counted(coroutine):
    js.window.tasks += 1
    try:
        return await coroutine
    finally:
        js.window.tasks -= 1

asyncio.create_task = lambda coroutine: make(counted(coroutine))
"""

# Bytes where the interpreter counts them, else the objects that may hold others; and the size of its heap.
MEMORY = """
import gc
gc.collect()
if hasattr(gc, "mem_alloc"):
    return [gc.mem_alloc(), gc.mem_alloc() + gc.mem_free()]
import pyodide_js
return [len(gc.get_objects()), pyodide_js._module.HEAP8.length]
"""


def held(tab: Tab) -> dict[str, int]:
    """Return what the page holds once what has ended has been let go of."""
    tasks = tab.run("""
        for _ in range(500):
            if js.window.tasks <= 1:
                break
            await asyncio.sleep(0.02)
        return js.window.tasks
    """)
    return {**held_in_page(tab), "tasks": tasks, "pages": len(tab.context.pages)}


def held_in_page(tab: Tab) -> dict[str, int]:
    """Return what the page holds at this moment. The drivers' and interpreters' own timers come and go."""
    found: dict[str, int] = tab.page.evaluate(HELD)
    return found


def left_behind(
    tab: Tab, before: dict[str, int], look: Callable[[Tab], dict[str, int]] = held_in_page
) -> dict[str, int]:
    """Return what the page goes on to hold more of than it did."""
    for _ in range(400):
        more = {name: number for name, number in look(tab).items() if number > before[name]}
        if not more:
            break
        tab.page.wait_for_timeout(50)
    return more


def memory(tab: Tab) -> list[int]:
    # What JavaScript still holds of Python's, it holds until it collects garbage, and tells of it a little later.
    figures: list[list[int]] = []
    for _ in range(3):
        tab.page.request_gc()
        tab.page.wait_for_timeout(100)
        figures.append(tab.run(MEMORY))
    return min(figures)


def sign_in(tab: Tab, sandbox: SandboxControl) -> None:
    popup = tab.open_popup()
    tab.run('await kept["task"]')
    wait_until_closed(popup)


def give_up(tab: Tab, sandbox: SandboxControl) -> None:
    """Close the popup."""
    assert ended_by(tab, sandbox, lambda popup: popup.close()) == "popup_closed"


def cancel(tab: Tab, sandbox: SandboxControl) -> None:
    """Sign out while the popup is open."""
    assert ended_by(tab, sandbox, lambda popup: tab.run('await kept["podio"].logout()')) == "popup_cancelled"


def ended_by(tab: Tab, sandbox: SandboxControl, end: Any) -> Any:
    sandbox.settings(consent="ask", sign_in_as=None)
    popup = tab.open_popup('kept["task"] = asyncio.create_task(outcome(kept["podio"].login()))')
    shows(popup, "login-username")
    end(popup)
    code = tab.run('return (await kept["task"])["raised"]["code"]')
    wait_until_closed(popup)
    sandbox.settings(consent="allow", sign_in_as="demo@example.com")
    return code


def test_sign_ins_leave_nothing_behind(new_tab: NewTab, sandbox: SandboxControl) -> None:
    sandbox.settings(consent="allow", sign_in_as="demo@example.com")
    tab = new_tab(COUNT + COUNT_PROXIES).open()
    tab.run(COUNT_TASKS)
    empty = held(tab)
    tab.new_client()
    for way in (sign_in, give_up, cancel, sign_in):
        way(tab, sandbox)
    before, memory_before = held(tab), memory(tab)
    for number in range(1, SIGN_INS):
        way = give_up if number % 20 == 10 else cancel if number % 10 == 5 else sign_in
        way(tab, sandbox)
    sign_in(tab, sandbox)
    assert left_behind(tab, before, held) == {}
    memory_after = memory(tab)
    print(f"{tab.interpreter}: memory before and after {SIGN_INS} sign-ins {memory_before} {memory_after}")
    # Where proxies cannot be counted, what they keep alive can.
    assert memory_after[0] - memory_before[0] < SIGN_INS * (1 if tab.interpreter == "pyodide" else 100)
    tab.run('await kept["podio"].logout(); await kept["podio"].aclose(); kept.clear()')
    assert left_behind(tab, empty, held) == {}


def test_requests_leave_the_interpreters_memory_flat(tab: Tab, sandbox: SandboxControl) -> None:
    sandbox.settings(consent="allow", sign_in_as="demo@example.com", general_limit=10**6)
    sign_in(tab, sandbox)
    figures = []
    for _ in range(5):
        for _ in range(4):
            tab.run(f"""
                for number in range({REQUESTS // 20}):
                    item = await kept["podio"].get("/item/6101", params={{"mark_as_viewed": False}})
                    assert item["item_id"] == 6101
            """)
        figures.append(memory(tab))
    print(f"{tab.interpreter}: memory after each fifth of {REQUESTS} requests {figures}")
    # A buffer may grow once, at any time; what stays for each request grows with every fifth of them.
    growth = median(later[0] - earlier[0] for earlier, later in pairwise(figures))
    assert growth < REQUESTS / 5 * (0.2 if tab.interpreter == "pyodide" else 16)
    (_, size), (_, size_then) = figures[0], figures[-1]
    assert size_then <= size or tab.interpreter == "mpy", "MicroPython's heap grows and shrinks"
