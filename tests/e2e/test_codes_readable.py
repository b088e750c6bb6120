"""The wallet's codes under hard conditions: forced colours, a narrow screen, no connection. A reader judges."""

from __future__ import annotations

import re
from io import BytesIO
from itertools import pairwise

import pytest
import zxingcpp
from browsing import DESK, Demo, Watched, screenshot
from cashier import answered, balance, key_in, unused_code
from PIL import Image
from playwright.sync_api import Browser, Page, expect

NARROW = {"width": 320, "height": 568}
PHONES = 2  # device pixels to a CSS pixel: the least that phones of the last ten years have
WAIT = 30_000


def seen(phone: Page) -> tuple[str, dict[str, str]]:
    """The digits that the phone shows, and what a reader finds in a picture of its screen, by kind of code."""
    while True:
        digits = unused_code(phone)
        picture = Image.open(BytesIO(screenshot(phone, full_page=True)))
        if unused_code(phone) == digits:  # else the next one came meanwhile
            return digits, {found.format.name: found.text for found in zxingcpp.read_barcodes(picture)}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("forced", ["none", "active"])
def test_both_codes_are_read_from_a_narrow_screen_in_whatever_colours(
    demo: Demo, watched: Watched, keep, forced: str, scheme: str
) -> None:
    options = {"forced_colors": forced, "device_scale_factor": PHONES, "reduced_motion": "reduce"}
    phone = watched.phone(demo, 6, NARROW, scheme, **options)
    digits, found = seen(phone)
    assert found == {"QRCode": digits, "Code128": digits}
    keep(phone, f"codes-320-{forced}-{scheme}")
    if forced == "active":  # each stands on a field of its own
        places = [phone.locator(part).bounding_box() for part in (".pass-hint", "#qr", "#bars", "#digits")]
        for upper, lower in pairwise(place for place in places if place):
            assert upper["y"] + upper["height"] <= lower["y"]
    assert phone.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_an_expired_code_is_grey_and_says_so_until_the_bank_is_back(demo: Demo, browser: Browser, keep) -> None:
    """Of a phone that could fetch no codes ahead."""
    watched = Watched(browser, demo.base)
    phone = watched.phone(demo, 5, NARROW, device_scale_factor=PHONES)
    phone.context.route("**/wallet/codes-ahead", lambda route: route.fulfill(status=404))
    phone.reload()
    unused_code(phone)
    phone.context.set_offline(True)
    expect(phone.locator("#code.late")).to_be_visible(timeout=WAIT)
    expect(phone.locator("#fresh")).to_contain_text("expired")
    expect(phone.locator("#digits")).to_be_disabled()
    expect(phone.locator("#qr")).to_have_css("opacity", "0.1")
    expect(phone.locator("#bars")).to_have_css("opacity", "0.1")
    keep(phone, "code-expired")
    phone.context.set_offline(False)
    expect(phone.locator("#code:not(.late)")).to_be_visible(timeout=WAIT)
    expect(phone.locator("#digits")).to_be_enabled()
    watched.close()


def test_the_till_asks_again_by_itself_when_it_is_back(demo: Demo, browser: Browser) -> None:
    watched = Watched(browser, demo.base)
    phone, till = watched.phone(demo, 7), watched.open(demo.till(5, beside=7), DESK)
    before = balance(phone)

    def lose(route) -> None:
        route.fetch()
        till.context.set_offline(True)
        route.abort("internetdisconnected")

    till.route(re.compile("/payments$"), lose)
    key_in(till, "700")
    till.locator("#beside").click()
    answered(till, "unknown")
    till.context.set_offline(False)
    answered(till, "succeeded")  # and nobody has pressed anything
    expect(phone.locator(".sheet-body.paid")).to_be_visible()
    assert before - balance(phone) == 7
    watched.close()
