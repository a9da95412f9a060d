"""The oldest browsers of docs/browsers.md, emulated: the features that later versions brought are taken away.

A current engine remains: neither its WebAssembly nor its behaviour is that of the old browser.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext

from podio_web.testing import SandboxControl
from tests.browser.script_tag import TagPage
from tests.browser.tab import Tab, allow, closing
from tests.old_browsers import FIREFOX, OLDEST, SAFARI, lacking, without

NewContext = Callable[..., BrowserContext]

# Libraries such as older versions of zone.js replace Promise by a class of their own, which knows less than the
# browser's, and let promises of the browser return theirs.
OTHER_PROMISE = """
    const Native = Promise, { then } = Native.prototype;
    window.Promise = class OtherPromise {
        static resolve(value) { return new this((resolve) => resolve(value)); }
        static reject(reason) { return new this((_, reject) => reject(reason)); }
        static all(promises) { return this.resolve(Native.all(promises)); }
        static allSettled(promises) { return this.resolve(Native.allSettled(promises)); }
        static any(promises) { return this.resolve(Native.any(promises)); }
        static race(promises) { return this.resolve(Native.race(promises)); }
        #native;
        constructor(executor) {
            this.#native = new Native((resolve, reject) => executor((value) => {
                if (value instanceof Native) then.call(value, resolve, reject);
                else resolve(value);
            }, reject));
        }
        get [Symbol.toStringTag]() { return "Promise"; }
        then(...handlers) { return Promise.resolve(then.apply(this.#native, handlers)); }
        catch(handler) { return this.then(undefined, handler); }
        finally(act) {
            return this.then((value) => (act(), value), (reason) => { act(); throw reason; });
        }
    };
    Native.prototype.then = function (...handlers) { return Promise.resolve(this).then(...handlers); };
"""


# Not by their names, by which the browsers that a test runs in are chosen.
def short(browser: str) -> str:
    return f"{browser[0]}{OLDEST[browser]}"


@pytest.fixture(params=OLDEST, ids=short)
def old(request: pytest.FixtureRequest, new_context: NewContext) -> BrowserContext:
    """A profile whose pages, popups and callback page lack what the browser of this name lacks."""
    context = new_context()
    context.add_init_script(without(lacking(request.param)))
    return context


def walk_with_python(tab: Tab, sandbox: SandboxControl) -> None:
    """Do what a person does with a page of Python, from the start of the page to the last log-out."""
    tab.open()
    tab.new_client()
    tab.sign_in()
    assert tab.run('return (await kept["podio"].get("/user/status"))["user"]["user_id"]') == 1001
    sandbox.expire_tokens()
    renewal = tab.open_popup('kept["me"] = asyncio.create_task(outcome(kept["podio"].get("/user/status")))')
    closing(renewal, lambda: renewal.get_by_test_id("consent-allow").click())
    assert tab.run('return (await kept["me"])["user"]["user_id"]') == 1001
    tab.run('await kept["podio"].logout()')
    assert not tab.run('return await kept["podio"].is_authenticated()')
    tab.start('await kept["podio"].login(method="redirect")')
    tab.page.get_by_test_id("consent-allow").click()
    tab.page.wait_for_url("**/tests/tab.html?*")
    tab.wait()
    tab.new_client()
    assert tab.run('return await kept["podio"].is_authenticated()')
    tab.run('await kept["podio"].logout()')
    assert not tab.run('return await kept["podio"].is_authenticated()')


def walk_with_the_tag(tag: TagPage, sandbox: SandboxControl) -> None:
    """The same with a page of JavaScript."""
    tag.open().ready()
    allow(tag.popup_from("client.login()"))
    tag.run("await window.clicked")
    ask = "client.get('/user/status')"
    assert tag.run(f"return (await {ask}).user.user_id") == 1001
    sandbox.expire_tokens()
    renewal = tag.popup_from(ask)
    closing(renewal, lambda: renewal.get_by_test_id("consent-allow").click())
    assert tag.run("return (await window.clicked).user.user_id") == 1001
    tag.run("await podio.logout()")
    assert tag.run("return await podio.isAuthenticated()") is False
    tag.page.evaluate("() => { client.login({ method: 'redirect' }) }")
    tag.page.get_by_test_id("consent-allow").click()
    tag.page.wait_for_url("**/tests/tag.html?*")
    tag.ready()
    assert tag.run("return await podio.isAuthenticated()") is True
    tag.run("await podio.logout()")
    assert tag.run("return await podio.isAuthenticated()") is False


@pytest.mark.parametrize("interpreter", ["mpy"], indirect=True)
def test_micropython_signs_in_reads_and_signs_out_in_an_old_browser(
    old: BrowserContext, interpreter: str, sandbox: SandboxControl
) -> None:
    walk_with_python(Tab(old, interpreter, sandbox.url), sandbox)


# Pyodide itself names a later Chromium.
@pytest.mark.parametrize("old", [FIREFOX, SAFARI], indirect=True, ids=short)
@pytest.mark.parametrize("interpreter", ["pyodide"], indirect=True)
def test_pyodide_signs_in_reads_and_signs_out_in_an_old_browser(
    old: BrowserContext, interpreter: str, sandbox: SandboxControl
) -> None:
    walk_with_python(Tab(old, interpreter, sandbox.url), sandbox)


def test_the_script_tag_signs_in_reads_and_signs_out_in_an_old_browser(
    old: BrowserContext, sandbox: SandboxControl
) -> None:
    walk_with_the_tag(TagPage(old, sandbox.url), sandbox)


# In Firefox the driver itself waits with the page's Promise, and only for the browser's own.
@pytest.mark.only_browser("chromium")
@pytest.mark.parametrize("interpreter", ["mpy", "pyodide"], indirect=True)
def test_another_promise_does_as_well(new_context: NewContext, interpreter: str, sandbox: SandboxControl) -> None:
    context = new_context()
    context.add_init_script(OTHER_PROMISE)
    if interpreter == "mpy":
        walk_with_the_tag(TagPage(context, sandbox.url), sandbox)
    else:
        walk_with_python(Tab(context, interpreter, sandbox.url), sandbox)
