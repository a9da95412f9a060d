"""Live updates in the script tag's JavaScript: loaded at the first subscription, for both of its clients."""

import json

import pytest
from playwright.sync_api import BrowserContext

from podio_web.testing import SandboxControl
from tests.browser.live import COMMENT, Item
from tests.browser.script_tag import INTERPRETERS, Rejected, TagPage

pytestmark = pytest.mark.every_combination


def test_javascript_subscribes_with_either_client(
    profile: BrowserContext, sandbox: SandboxControl, interpreter: str
) -> None:
    sandbox.settings(push_timeout=2)
    item = Item(sandbox)
    tag = TagPage(profile, sandbox.url)
    urls: list[str] = []
    tag.page.on("request", lambda request: urls.append(request.url))
    tag.open(interpreter=INTERPRETERS[interpreter]).ready()
    tag.run(f"""
        window.token = {json.dumps(sandbox.issue_token("demo@example.com", "demo-client"))};
        podio.setAccessToken(token);
        window.item = await podio.get("{item.path}");
    """)
    assert not [url for url in urls if "/live-" in url], "a page that does not subscribe loads nothing for it"
    tag.run("""
        window.events = [];
        window.subscription = await podio.subscribe(item, (event) => { events.push(event); });
        window.messages = [];
        window.platform = new PodioJS({ authType: "client", clientId: "demo-client" }, { enablePushService: true });
        platform.setAccessToken(token);
        window.pushed = await platform.push(item.push).subscribe((message) => { messages.push(message); });
    """)
    assert len([url for url in urls if "/live-" in url]) == 2  # a module and Python, once
    item.comment()
    tag.page.wait_for_function("() => events.length && messages.length")
    event, message = tag.run("return [events[0], messages[0]]")
    assert (event["name"], event["channel"]) == (COMMENT, item.path)
    assert event["ref"] == {"type": "item", "id": item.item_id}
    assert event["createdBy"]["type"] == "user"
    assert message["channel"] == item.path
    assert (message["data"]["event"], message["data"]["ref"]) == (COMMENT, event["ref"])
    assert message["data"]["created_by"] == event["createdBy"]
    assert sandbox.push()["most_open"] == 1, "both clients share a poll"
    sandbox.disturb_push("forget")
    tag.page.wait_for_function("() => events.at(-1).name === 'gap' && messages.at(-1).data.event === 'gap'")
    tag.run("subscription.cancel(); subscription.cancel(); pushed.cancel();")
    item.comment()
    for _ in range(100):
        if sandbox.push()["polls_open"] == 0:
            break
        tag.page.wait_for_timeout(100)
    assert tag.run("return [events.length, messages.length]") == [2, 2]
    forged = "{channel: '/item/1', signature: 'forged', timestamp: Math.round(Date.now() / 1000)}"
    for source, code in (
        (f"await podio.subscribe({forged}, () => {{}})", "push_refused"),
        ("await podio.subscribe({title: 'no push'}, () => {})", "wrong_argument"),
        ("await podio.subscribe(item)", "wrong_argument"),
    ):
        with pytest.raises(Rejected) as problem:
            tag.run(source)
        assert problem.value.code == code
