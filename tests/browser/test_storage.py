"""Where the session is kept: the browser's storages, blocked, full, and with what others left there."""

import json
from collections.abc import Callable

import pytest

from podio_web.testing import SandboxControl
from tests.browser.lab import Lab

NewLab = Callable[..., Lab]

BROKEN = {
    "raises": "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('', 'SecurityError') }})",
    "null": "Object.defineProperty(window, 'localStorage', {value: null})",
    "full": "Storage.prototype.setItem = function () { throw new DOMException('full', 'QuotaExceededError') }",
}


@pytest.mark.parametrize(
    ("kind", "interpreter"),
    [("raises", "pyodide"), ("raises", "mpy"), ("null", "mpy"), ("full", "pyodide"), ("full", "mpy")],
    indirect=["interpreter"],
)
def test_rule_9_without_storage_the_page_works_in_memory_with_one_warning(new_lab: NewLab, kind: str) -> None:
    lab = new_lab(BROKEN[kind]).open()
    warnings: list[str] = []
    lab.page.on("console", lambda message: warnings.append(message.text))
    lab.new_client()
    lab.run("""
        lab["degraded"] = 0
        def count(problem):
            lab["degraded"] += 1
        lab["podio"].on("storage_degraded", count)
    """)
    lab.sign_in()
    lab.sign_in_again()
    assert lab.run('return await lab["podio"].is_authenticated()')
    assert lab.run('return (await lab["podio"].get("/user/status"))["user"]["user_id"]') == 1001
    assert lab.run('return lab["degraded"]') == 1
    assert len([text for text in warnings if "podio_web" in text]) == 1
    lab.run('await lab["podio"].logout()')
    assert not lab.run('return await lab["podio"].is_authenticated()')


def test_a_podio_js_session_is_adopted_once(lab: Lab, sandbox: SandboxControl) -> None:
    token = sandbox.issue_token("demo@example.com", "demo-client")
    old = {"accessToken": token["access_token"], "refreshToken": token["refresh_token"], "expiresIn": "28800"}
    lab.page.evaluate("text => { localStorage.podioOAuth = text }", json.dumps(old))
    assert lab.run('return await lab["podio"].is_authenticated()')
    assert lab.run('return (await lab["podio"].get("/user/status"))["user"]["user_id"]') == 1001
    assert token["refresh_token"] not in lab.page.evaluate("JSON.stringify(localStorage)")
    lab.run('await lab["podio"].logout()')
    assert not lab.run('return await lab["podio"].is_authenticated()')
    assert lab.page.evaluate("localStorage.length") == 0


def test_a_broken_record_is_removed_and_the_page_goes_on(lab: Lab) -> None:
    key = f"podio-web:session:{lab.api_url}:demo-client:client"
    lab.page.evaluate("() => { localStorage.theirs = 'stays' }")
    for rubbish in ("", "null", "{", '{"access_token": "a b", "expires_at": 1e12}'):
        lab.page.evaluate("([key, text]) => { localStorage[key] = text }", [key, rubbish])
        assert not lab.run('return await lab["podio"].is_authenticated()')
        assert lab.page.evaluate("Object.keys(localStorage)") == ["theirs"]
    lab.sign_in()


def test_the_session_can_live_in_the_tab_only(lab: Lab) -> None:
    lab.run('await lab["podio"].aclose()')
    lab.new_client(session_store="podio_web.SessionStorageStore()")
    lab.sign_in()
    assert lab.page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 1]


def test_a_store_of_the_pages_own_may_be_async(lab: Lab) -> None:
    lab.run("""
        class Store:
            async def get(self, auth_type):
                await asyncio.sleep(0)
                return lab.get("kept")
            async def set(self, token, auth_type):
                await asyncio.sleep(0)
                lab["kept"] = None if token is None else token.to_dict()
        lab["store"] = Store()
        await lab["podio"].aclose()
    """)
    lab.new_client(session_store='lab["store"]')
    lab.sign_in()
    assert lab.run('return lab["kept"]["ref"]') == {"type": "user", "id": 1001}
    lab.run('await lab["podio"].aclose()')
    lab.new_client(session_store='lab["store"]')
    assert lab.run('return await lab["podio"].is_authenticated()')
    lab.run('await lab["podio"].logout()')
    assert lab.run('return lab["kept"]') is None


def test_two_client_ids_do_not_see_each_others_sessions(lab: Lab) -> None:
    lab.sign_in()
    lab.run("""
        lab["other"] = podio_web.Podio("client", client_id="another-app", api_url=lab["podio"]._identity.api_origin)
    """)
    assert lab.run('return await lab["other"].is_authenticated()') is False
    lab.run('await lab["other"].logout(); await lab["other"].aclose()')
    assert lab.run('return await lab["podio"].is_authenticated()')
