"""Where the popup opens: over the middle of the page's own window, on whichever screen that is."""

import re

import pytest

from tests.browser.tab import Tab

# A headless browser has one screen and moves no window, so the page is told where it is, and its wish is read.
STAND = """window => {
    for (const [name, value] of Object.entries(window))
        Object.defineProperty(globalThis, name, {value, configurable: true});
    const open = globalThis.open;
    globalThis.open = (url, target, features) => { globalThis.wish = features; return open(url, target, features); };
}"""


@pytest.mark.parametrize(
    ("window", "left", "top"),
    [
        ({"screenX": 100, "screenY": 50, "outerWidth": 1300, "outerHeight": 880}, 500, 150),
        ({"screenX": -1920, "screenY": -200, "outerWidth": 1920, "outerHeight": 1080}, -1210, 0),
        ({"screenX": 3840, "screenY": 0, "outerWidth": 1501, "outerHeight": 1000}, 4340, 160),
        ({"screenX": 40, "screenY": 60, "outerWidth": 320, "outerHeight": 240}, 40, 60),
    ],
    ids=["one screen", "a screen to the left", "a screen to the right", "a tiny window"],
)
def test_the_popup_opens_over_the_middle_of_the_page(tab: Tab, window: dict[str, int], left: int, top: int) -> None:
    tab.page.evaluate(STAND, window)
    popup = tab.open_popup()
    popup.get_by_test_id("login-username").or_(popup.get_by_test_id("consent-allow")).wait_for()
    wish = tab.page.evaluate("window.wish")
    assert wish.startswith("popup")
    assert {name: int(number) for name, number in re.findall(r"(\w+)=(-?\d+)", wish)} == {
        "width": 500,
        "height": 680,
        "left": left,
        "top": top,
    }
    tab.run('await kept["podio"].logout()')
    tab.run('await outcome(kept["task"])')
