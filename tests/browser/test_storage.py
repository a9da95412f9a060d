"""Where the session is kept: the browser's storages, a page's own, and what podio-js left there."""

import json

from tests.browser.lab import Lab


def test_a_podio_js_session_is_adopted_once_and_by_a_client_of_podio_only(lab: Lab) -> None:
    old = {"accessToken": "made-up", "refreshToken": "made-up-too", "expiresIn": "28800"}
    lab.page.evaluate("text => { localStorage.podioOAuth = text }", json.dumps(old))
    # That session does not say whose API it is for.
    assert not lab.run('return await lab["podio"].is_authenticated()')
    lab.run("""
        await lab["podio"].aclose()
        where = js.location.origin + "/static/callback.html"
        lab["podio"] = podio_web.Podio("client", client_id="demo-client", redirect_uri=where)
    """)
    assert lab.run('return await lab["podio"].is_authenticated()')
    assert lab.run('return lab["podio"].token.access_token') == "made-up"
    assert "made-up-too" not in lab.page.evaluate("JSON.stringify(localStorage)")
    lab.run('await lab["podio"].logout()')
    assert not lab.run('return await lab["podio"].is_authenticated()')
    assert lab.page.evaluate("localStorage.length") == 0


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
    # A store without clear is given a token that stands for nobody.
    assert lab.run('return lab["kept"]["access_token"]') == "signed-out"


def test_rule_10_two_client_ids_do_not_see_each_others_sessions(lab: Lab) -> None:
    lab.sign_in()
    lab.run("""
        lab["other"] = podio_web.Podio("client", client_id="another-app", api_url=lab["podio"]._identity.api_origin)
    """)
    assert lab.run('return await lab["other"].is_authenticated()') is False
    lab.run('await lab["other"].logout(); await lab["other"].aclose()')
    assert lab.run('return await lab["podio"].is_authenticated()')
