"""Rule 9: storage that is missing, blocked, full or holds rubbish never breaks the page."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import ConsoleMessage

from podio_web.testing import SandboxControl
from tests.browser.tab import Tab

NewTab = Callable[..., Tab]

# Each is the body of a function of `storage`, the name of one of the two.
BLOCKED = """Object.defineProperty(window, storage, {configurable: true, get() {
    throw new DOMException("The operation is insecure.", "SecurityError");
}});"""
NULL = "Object.defineProperty(window, storage, {configurable: true, value: null});"
UNDEFINED = "Object.defineProperty(window, storage, {configurable: true, value: undefined});"
FULL = """const broken = window[storage], write = Storage.prototype.setItem;
    Storage.prototype.setItem = function (...given) {
        if (this === broken) throw new DOMException("exceeded the quota", "QuotaExceededError");
        return write.apply(this, given);
    };"""
# Some browsers hand a storage out and refuse every use of it.
USELESS = """const broken = window[storage];
    for (const name of ["getItem", "setItem", "removeItem", "key"]) {
        const act = Storage.prototype[name];
        Storage.prototype[name] = function (...given) {
            if (this === broken) throw new DOMException("denied", "NotAllowedError");
            return act.apply(this, given);
        };
    }"""
FAULTS = {"blocked": BLOCKED, "null": NULL, "undefined": UNDEFINED, "full": FULL, "useless": USELESS}

KEEP_ORIGINALS = """() => {
    const places = [[window, ["localStorage", "sessionStorage"]]];
    places.push([Storage.prototype, ["getItem", "setItem", "removeItem", "key"]]);
    window.originals = places.flatMap(([place, names]) => names.map(
        name => [place, name, Object.getOwnPropertyDescriptor(place, name)]));
}"""
RESTORE = "() => window.originals.forEach(original => Object.defineProperty(...original))"

# JavaScript expressions: Python's own texts cannot hold all of it.
RUBBISH = {
    "empty": "''",
    "no JSON": "'{\"access_token\": '",
    "another format": "'access_token=abc&expires_at=1e10'",
    "null": "'null'",
    "a list": "'[]'",
    "a number": "'7'",
    "a text": "'\"abc\"'",
    "no token": "JSON.stringify({expires_at: 9e9})",
    "no end": "JSON.stringify({access_token: 'abc'})",
    "a token of another type": "JSON.stringify({access_token: {}, expires_at: 9e9})",
    "a token with a line end": "JSON.stringify({access_token: 'a\\r\\nb', expires_at: 9e9})",
    "an end of another type": "JSON.stringify({access_token: 'abc', expires_at: '9e9'})",
    "an end that is not a number": '\'{"access_token": "abc", "expires_at": NaN}\'',
    "an end in no time": '\'{"access_token": "abc", "expires_at": 1e400}\'',
    "another version": "JSON.stringify({version: 2, session: {token: 'abc', until: '2040-01-01'}})",
    "a huge token": "JSON.stringify({access_token: 'a'.repeat(1e6), expires_at: 9e9})",
    "a huge text": "'x'.repeat(2e6)",
    "deep lists": "'['.repeat(1e5)",
    "deep objects": "'{\"a\":'.repeat(1e5)",
    "lone surrogates": "'\\ud800\\udfff\\ud800'",
    "escaped lone surrogates": '\'{"access_token": "\\\\ud800", "expires_at": 9e9}\'',
    "control characters": "'\\u0000\\u0001\\ufeff{}'",
}

OTHERS = {
    "theirs": "stays",
    "podioOAuth": "{",
    "podio-web:session:https://api.podio.com:demo-client:client": "[",
    "podio-web-of-somebody-else": "null",
}


@pytest.fixture
def quick(sandbox: SandboxControl) -> None:
    """The person is signed in at Podio already and has consented: popups close by themselves."""
    sandbox.settings(consent="allow", sign_in_as="demo@example.com")


@pytest.fixture
def break_storage(tab: Tab) -> Iterator[Callable[..., None]]:
    """Break storages of the running page, and mend them again."""
    tab.page.evaluate(KEEP_ORIGINALS)

    def break_them(fault: str, *storages: str) -> None:
        for storage in storages:
            tab.page.evaluate(f"storage => {{ {FAULTS[fault]} }}", storage)

    yield break_them
    tab.page.evaluate(RESTORE)


@contextmanager
def warnings_of(tab: Tab) -> Iterator[list[str]]:
    """The texts that the client writes to the console."""
    texts: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if "podio_web" in message.text:
            texts.append(message.text)

    tab.page.on("console", hear)
    yield texts
    # A browser tells what the console has a moment later, in its order.
    with tab.page.expect_console_message(lambda message: message.text == "the last words"):
        tab.page.evaluate("console.log('the last words')")
    tab.page.remove_listener("console", hear)


def start_client(tab: Tab) -> None:
    """Make the client anew, as a page that loads now, and count its complaints."""
    tab.run('await kept["podio"].aclose()') if tab.run('return "podio" in kept') else None
    tab.new_client()
    tab.run("""
        kept["degraded"] = []
        kept["podio"].on("storage_degraded", lambda problem: kept["degraded"].append(str(problem)))
    """)


def sign_in(tab: Tab) -> None:
    tab.open_popup()
    tab.run('await kept["task"]')


def works_in_memory(tab: Tab, sandbox: SandboxControl) -> None:
    """Sign in, work, renew, and sign out."""
    assert not tab.run('return await kept["podio"].is_authenticated()')
    sign_in(tab)
    assert tab.run('return (await kept["podio"].get("/user/status"))["user"]["user_id"]') == 1001
    sandbox.expire_tokens()
    tab.open_popup('kept["me"] = asyncio.create_task(outcome(kept["podio"].get("/user/status")))')
    assert tab.run('return (await kept["me"])["user"]["user_id"]') == 1001
    assert tab.run('return await kept["podio"].is_authenticated()')
    tab.run('await kept["podio"].logout()')
    assert not tab.run('return await kept["podio"].is_authenticated()')


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("fault", FAULTS)
def test_without_local_storage_the_page_works_in_memory_with_one_warning(
    tab: Tab, sandbox: SandboxControl, break_storage: Callable[..., None], fault: str
) -> None:
    break_storage(fault, "localStorage")
    with warnings_of(tab) as warnings:
        start_client(tab)
        works_in_memory(tab, sandbox)
    degraded = tab.run('return kept["degraded"]')
    assert [len(warnings), len(degraded)] == [1, 1]
    assert degraded[0] in warnings[0]
    assert "memory" in degraded[0]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("fault", FAULTS)
def test_without_any_storage_the_page_works_in_memory_with_one_warning(
    tab: Tab, sandbox: SandboxControl, break_storage: Callable[..., None], fault: str
) -> None:
    break_storage(fault, "localStorage", "sessionStorage")
    with warnings_of(tab) as warnings:
        start_client(tab)
        works_in_memory(tab, sandbox)
    assert [len(warnings), tab.run('return len(kept["degraded"])')] == [1, 1]
    assert (
        tab.run('return (await outcome(kept["podio"].login(method="redirect")))["raised"]["code"]') == "sign_in_failed"
    )


@pytest.mark.usefixtures("quick")
def test_storage_that_fills_up_later_keeps_the_session_in_memory(
    tab: Tab, sandbox: SandboxControl, break_storage: Callable[..., None]
) -> None:
    start_client(tab)
    sign_in(tab)
    with warnings_of(tab) as warnings:
        break_storage("full", "localStorage", "sessionStorage")
        sandbox.expire_tokens()
        tab.open_popup('kept["me"] = asyncio.create_task(outcome(kept["podio"].get("/user/status")))')
        assert tab.run('return (await kept["me"])["user"]["user_id"]') == 1001
    assert [len(warnings), tab.run('return len(kept["degraded"])')] == [1, 1]


def test_a_full_storage_of_the_tab_is_still_read(tab: Tab, break_storage: Callable[..., None]) -> None:
    """The callback page leaves its answer there, and the page that starts then finds no room for anything else."""
    tab.page.evaluate("""() => {
        const left = {type: "podio-web:response", version: 1, attempt: "other", query: "", time: Date.now()};
        sessionStorage['podio-web:handover'] = JSON.stringify({...left, fragment: "#access_token=x&state=other"});
    }""")
    break_storage("full", "sessionStorage")
    start_client(tab)
    assert tab.run('return kept["podio"].get_auth_error().code') == "unsolicited"
    assert tab.page.evaluate("sessionStorage.length") == 0


@pytest.mark.usefixtures("quick")
def test_a_page_that_starts_without_storage_and_locks_works_too(new_tab: NewTab, sandbox: SandboxControl) -> None:
    """Browsers that block storage refuse Web Locks as well (https://w3c.github.io/web-locks/#dom-lockmanager-request)."""
    tab = new_tab(f"""
        for (const storage of ["localStorage", "sessionStorage"]) {{ {BLOCKED} }}
        const refuse = () => Promise.reject(new DOMException("", "SecurityError"));
        if (window.LockManager) LockManager.prototype.request = refuse;
    """).open()
    with warnings_of(tab) as warnings:
        start_client(tab)
        works_in_memory(tab, sandbox)
    assert [len(warnings), tab.run('return len(kept["degraded"])')] == [1, 1]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("kind", RUBBISH)
def test_rubbish_is_removed_and_the_page_signs_in(tab: Tab, kind: str) -> None:
    key = f"podio-web:session:{tab.api_url}:demo-client:client"
    tab.page.evaluate("others => Object.assign(localStorage, others)", OTHERS)
    tab.page.evaluate(f"key => {{ localStorage[key] = {RUBBISH[kind]} }}", key)
    with warnings_of(tab) as warnings:
        start_client(tab)
        assert not tab.run('return await kept["podio"].is_authenticated()')
        assert tab.page.evaluate("() => ({...localStorage})") == OTHERS
        sign_in(tab)
        assert tab.run('return (await kept["podio"].get("/user/status"))["user"]["user_id"]') == 1001
        assert tab.run('return kept["podio"].token.access_token') in tab.page.evaluate("key => localStorage[key]", key)
        tab.run('await kept["podio"].logout()')
    assert tab.page.evaluate("() => ({...localStorage})") == OTHERS
    assert [warnings, tab.run('return kept["degraded"]')] == [[], []], "the storage itself is well"


@pytest.mark.usefixtures("quick")
def test_a_session_that_has_ended_is_no_rubbish_and_is_replaced(tab: Tab) -> None:
    sign_in(tab)
    key = f"podio-web:session:{tab.api_url}:demo-client:client"
    tab.page.evaluate(
        """key => {
            const record = JSON.parse(localStorage[key]);
            localStorage[key] = JSON.stringify({...record, access_token: "old", expires_at: 1e9});
        }""",
        key,
    )
    start_client(tab)
    assert not tab.run('return await kept["podio"].is_authenticated()')
    tab.open_popup('kept["me"] = asyncio.create_task(outcome(kept["podio"].get("/user/status")))')
    assert tab.run('return (await kept["me"])["user"]["user_id"]') == 1001
    assert tab.run('return kept["podio"].token.access_token') in tab.page.evaluate("key => localStorage[key]", key)


@pytest.mark.usefixtures("quick")
def test_rubbish_among_the_attempts_is_swept_and_others_keys_stay(tab: Tab) -> None:
    tab.page.evaluate("""() => {
        sessionStorage.theirs = "stays";
        sessionStorage["podio-web:attempt:old"] = JSON.stringify({client_id: "demo-client", created_at: 1e9});
        sessionStorage["podio-web:attempt:"] = "{";
        sessionStorage["podio-web:attempt:deep"] = "[".repeat(1e5);
        sessionStorage["podio-web:attempt:lone"] = "\\ud800";
    }""")
    start_client(tab)
    sign_in(tab)
    assert tab.page.evaluate("() => ({...sessionStorage})") == {"theirs": "stays"}
    tab.page.evaluate("() => { sessionStorage['podio-web:handover'] = '{' }")
    start_client(tab)
    assert not tab.run('return kept["podio"].has_auth_error()'), "rubbish is not an answer"
    assert tab.run('return await kept["podio"].is_authenticated()'), "the session is unchanged"
    assert tab.page.evaluate("() => ({...sessionStorage})") == {"theirs": "stays"}
