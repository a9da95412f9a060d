"""Where the session is kept: the browser's storages, a page's own, and what podio-js left there."""

import json

from tests.browser.tab import Tab


def test_a_podio_js_session_is_adopted_once_and_by_a_client_of_podio_only(tab: Tab) -> None:
    old = {"accessToken": "made-up", "refreshToken": "made-up-too", "expiresIn": "28800"}
    tab.page.evaluate("text => { localStorage.podioOAuth = text }", json.dumps(old))
    # That session does not say whose API it is for.
    assert not tab.run('return await kept["podio"].is_authenticated()')
    tab.run("""
        await kept["podio"].aclose()
        where = js.location.origin + "/static/callback.html"
        kept["podio"] = podio_web.Podio("client", client_id="demo-client", redirect_uri=where)
    """)
    assert tab.run('return await kept["podio"].is_authenticated()')
    assert tab.run('return kept["podio"].token.access_token') == "made-up"
    assert "made-up-too" not in tab.page.evaluate("JSON.stringify(localStorage)")
    tab.run('await kept["podio"].logout()')
    assert not tab.run('return await kept["podio"].is_authenticated()')
    assert tab.page.evaluate("localStorage.length") == 0


def test_the_session_can_live_in_the_tab_only(tab: Tab) -> None:
    tab.run('await kept["podio"].aclose()')
    tab.new_client(session_store="podio_web.SessionStorageStore()")
    tab.sign_in()
    assert tab.page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 1]


def test_a_store_of_the_pages_own_may_be_async(tab: Tab) -> None:
    tab.run("""
        class Store:
            async def get(self, auth_type):
                await asyncio.sleep(0)
                return kept.get("stored")
            async def set(self, token, auth_type):
                await asyncio.sleep(0)
                kept["stored"] = None if token is None else token.to_dict()
        kept["store"] = Store()
        await kept["podio"].aclose()
    """)
    tab.new_client(session_store='kept["store"]')
    tab.sign_in()
    assert tab.run('return kept["stored"]["ref"]') == {"type": "user", "id": 1001}
    tab.run('await kept["podio"].aclose()')
    tab.new_client(session_store='kept["store"]')
    assert tab.run('return await kept["podio"].is_authenticated()')
    tab.run('await kept["podio"].logout()')
    # A store without clear is given a token that stands for nobody.
    assert tab.run('return kept["stored"]["access_token"]') == "signed-out"


def test_rule_10_two_client_ids_do_not_see_each_others_sessions(tab: Tab) -> None:
    tab.sign_in()
    tab.run(f'kept["other"] = podio_web.Podio("client", client_id="another-app", api_url={tab.api_url!r})')
    assert tab.run('return await kept["other"].is_authenticated()') is False
    tab.run('await kept["other"].logout(); await kept["other"].aclose()')
    assert tab.run('return await kept["podio"].is_authenticated()')
