"""What a person asks the browser for: no motion, and colors of their own."""

from base64 import b64encode
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from podio_web.testing import SandboxControl
from tests.browser.demo import open_demo, open_first_item, popup_from
from tests.browser.test_demo_files import choose_in_a_stall

# Firefox is asked to reduce motion in all tests, and shows no forced colors because Playwright asks for them.
pytestmark = [pytest.mark.only_browser("chromium"), pytest.mark.every_browser]

MOVING = "() => document.getAnimations().filter((each) => each.effect.getComputedTiming().duration > 1).length"
# Of a picture, near the start and the end of its middle line.
TWO_PIXELS = """async (address) => {
  const picture = await new Promise((done) => {
    const image = new Image();
    image.onload = () => done(image);
    image.src = address;
  });
  const { width, height } = picture;
  const canvas = new OffscreenCanvas(width, height).getContext("2d");
  canvas.drawImage(picture, 0, 0);
  return [0.1, 0.9].map((part) => [...canvas.getImageData(width * part, height / 2, 1, 1).data]);
}"""
SPINNER = "(element) => getComputedStyle(element, '::before').backgroundImage"


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_nothing_moves_for_who_asks_for_that(
    page: Page, sandbox: SandboxControl, motion: Literal["reduce", "no-preference"]
) -> None:
    page.emulate_media(reduced_motion=motion)
    open_demo(page, "mpy")
    sign_in = page.get_by_test_id("sign-in")
    popup = popup_from(page, sign_in)
    expect(sign_in).to_have_attribute("aria-busy", "true")
    assert (sign_in.evaluate(SPINNER) == "none") == (motion == "reduce")
    popup.close()
    sandbox.settings(consent="allow", sign_in_as="demo@example.com")
    page.get_by_test_id("notice").get_by_role("button", name="Sign in").click()
    row = page.get_by_test_id("item-list").locator("button").first
    expect(page.get_by_test_id("live-state")).to_have_text("Live")
    # Announced before the change, for a row moves no longer than two seconds.
    page.evaluate("""() => addEventListener("animationstart", () => { window.moved = true })""")
    sandbox.edit("update", 6136, fields={"title": "Renamed by somebody else"})
    expect(row).to_contain_text("Renamed by somebody else")
    expect(page.locator(".is-changed")).to_have_count(1)
    if motion == "reduce":
        assert page.evaluate(MOVING) == 0
        assert page.evaluate("window.moved") is None
    else:
        page.wait_for_function("() => window.moved")


def test_with_forced_colors_what_is_current_and_what_has_the_focus_are_seen(
    page: Page, sandbox: SandboxControl
) -> None:
    page.emulate_media(forced_colors="active")
    open_demo(page, "mpy")
    sandbox.settings(consent="allow", sign_in_as="demo@example.com")
    page.get_by_test_id("sign-in").click()
    open_first_item(page)
    border = "(element) => parseFloat(getComputedStyle(element).borderInlineStartWidth)"
    first, second = (page.get_by_test_id("item-list").locator("button").nth(place) for place in (0, 1))
    assert first.evaluate(border) > second.evaluate(border)
    choose_in_a_stall(page, sandbox)
    bar = page.get_by_role("progressbar")
    # How much of the file the system takes before the stall, and when, is its own affair.
    bar.evaluate("(bar) => { bar.value = 50; Object.defineProperty(bar, 'value', { set() {} }); }")
    picture = b64encode(bar.screenshot(animations="disabled")).decode()
    done, left = page.evaluate(TWO_PIXELS, f"data:image/png;base64,{picture}")
    assert done != left, "how far the upload is"
    page.keyboard.press("Tab")
    style = "getComputedStyle(document.activeElement)"
    assert page.evaluate(f"[{style}.outlineStyle, {style}.boxShadow]") == ["solid", "none"]
