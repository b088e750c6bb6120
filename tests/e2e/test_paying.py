"""The main job in a browser: a cashier takes a payment, by camera, by digits, from the phone beside."""

from __future__ import annotations

import io
from pathlib import Path

from browsing import DESK, FAKE_CAMERA, Demo, Watched, screenshot
from cashier import answered, balance, key_in, paste, unused_code
from PIL import Image
from playwright.sync_api import Playwright, expect

from feiqian.testing import chromium

FRAME = (640, 480)
FRAMES = 20


def write_video(picture: bytes, path: Path) -> None:
    """A still picture on a grey table as YUV4MPEG2 (4:2:0): what Chromium takes for its fake camera."""
    frame = Image.new("L", FRAME, 120)
    code = Image.open(io.BytesIO(picture)).convert("L").resize((360, 360))
    frame.paste(code, ((FRAME[0] - 360) // 2, (FRAME[1] - 360) // 2))
    colourless = bytes([128]) * (FRAME[0] * FRAME[1] // 2)
    with path.open("wb") as video:
        video.write(b"YUV4MPEG2 W%d H%d F10:1 Ip A1:1 C420jpeg\n" % FRAME)
        for _ in range(FRAMES):
            video.write(b"FRAME\n" + frame.tobytes() + colourless)


def test_a_payment_by_pointing_the_camera_at_the_phone(
    demo: Demo, watched: Watched, playwright: Playwright, tmp_path: Path, keep
) -> None:
    phone = watched.phone(demo)
    unused_code(phone)
    before, video = balance(phone), tmp_path / "phone.y4m"
    write_video(screenshot(phone.locator("#qr")), video)
    camera = chromium.launch(playwright, *FAKE_CAMERA, f"--use-file-for-fake-video-capture={video}")
    try:
        watched_camera = Watched(camera, demo.base)
        till = watched_camera.open(demo.till(), permissions=["camera"])
        key_in(till, "3200")
        till.locator("#camera").click()
        answered(till, "succeeded")
        expect(till.locator(".outcome-amount")).to_have_text("¥32.00")
        keep(till, "till-paid-by-camera")
        assert watched_camera.complaints == []
    finally:
        camera.close()
    expect(phone.locator(".sheet-title")).to_have_text("Paid ¥32.00")
    keep(phone, "phone-paid")
    assert before - balance(phone) == 32


def test_the_phone_changes_by_itself(demo: Demo, watched: Watched) -> None:
    phone, till = watched.phone(demo, 1), watched.open(demo.till(beside=1), DESK)
    before, old = balance(phone), unused_code(phone)
    key_in(till, "1850")
    till.locator("#beside").click()
    answered(till, "succeeded")
    expect(phone.locator(".sheet-body.paid")).to_be_visible()
    expect(phone.locator("#payments .row").first).to_contain_text("−¥18.50")
    assert str(before - balance(phone)) == "18.50"
    assert unused_code(phone) != old  # a used code is never shown on
    expect(till.locator("#receipts .row").first).to_contain_text("¥18.50")


def test_a_declined_payment_is_explained(demo: Demo, watched: Watched, keep) -> None:
    phone, till = watched.phone(demo, 2), watched.open(demo.till(1))
    code = unused_code(phone)
    key_in(till, "500")
    paste(till, code)
    answered(till, "succeeded")
    till.locator('[data-do="new"]').click()
    key_in(till, "700")
    paste(till, f"{code[:4]} {code[4:12]}-{code[12:]}")  # as a person might type it
    answered(till, "declined")
    expect(till.locator(".outcome-text.strong")).to_contain_text("used already")
    expect(till.locator(".outcome")).to_contain_text("No money was taken")
    keep(till, "till-declined")
    expect(phone.locator("#payments .row.declined").first).to_contain_text("code used before")


def test_too_little_money_is_explained_to_both(demo: Demo, watched: Watched) -> None:
    poor = next(place for place, name in enumerate(demo.names) if name == "Sam Short")
    phone, till = watched.phone(demo, poor), watched.open(demo.till(6, beside=poor))
    before = balance(phone)
    key_in(till, "9900")
    till.locator("#beside").click()
    answered(till, "declined")
    expect(till.locator(".outcome-text.strong")).to_contain_text("balance is not sufficient")
    expect(phone.locator(".sheet-body.declined")).to_contain_text("not enough money")
    assert balance(phone) == before


def test_digits_that_are_no_code_are_not_sent(demo: Demo, watched: Watched) -> None:
    till = watched.open(demo.till(1))
    key_in(till, "500")
    paste(till, "8812 34")
    expect(till.locator("#digits-problem")).to_contain_text("this has 6")


def test_a_handheld_scanner_types_like_a_keyboard(demo: Demo, watched: Watched) -> None:
    phone, till = watched.phone(demo, 3), watched.open(demo.till(1), DESK)
    till.keyboard.type("1290")
    till.keyboard.press("Enter")
    expect(till.locator('[data-of="scan"]')).to_be_visible()
    till.keyboard.type(unused_code(phone))
    till.keyboard.press("Enter")
    answered(till, "succeeded")
    expect(till.locator(".outcome-amount")).to_have_text("¥12.90")


def test_what_needs_verification_can_be_cancelled(demo: Demo, watched: Watched, keep) -> None:
    phone, till = watched.phone(demo, 7), watched.open(demo.till(2, beside=7))
    before = balance(phone)
    key_in(till, "123456")
    till.locator("#beside").click()
    answered(till, "needs_verification")
    keep(till, "till-needs-verification")
    expect(phone.locator(".sheet-body.waiting")).to_contain_text("Confirm ¥1,234.56?")
    expect(phone.locator("#waiting a")).to_contain_text("Review")
    till.locator('[data-do="cancel"]').click()
    answered(till, "cancelled")
    expect(phone.locator("#waiting a")).to_have_count(0)
    expect(phone.locator("#payments .row.cancelled").first).to_be_visible()
    assert balance(phone) == before


def test_part_of_a_payment_is_given_back(demo: Demo, watched: Watched) -> None:
    phone, till = watched.phone(demo, 5), watched.open(demo.till(3, beside=5), DESK)
    before = balance(phone)
    key_in(till, "4000")
    till.locator("#beside").click()
    answered(till, "succeeded")
    till.locator("[data-refund]").first.click()
    till.locator("#refund-amount").fill("99.00")
    till.locator("#refund-do").click()
    expect(till.locator("#refund-problem")).to_contain_text("More cannot be refunded")
    till.locator("#refund-amount").fill("15.5")
    till.locator("#refund-do").click()
    expect(till.locator("#refund-problem")).to_have_text("¥15.50 given back.")
    till.locator("#refund-close").click()
    expect(till.locator("#receipts .row").first).to_contain_text("¥15.50 refunded")
    expect(phone.locator(".sheet-title")).to_have_text("¥15.50 came back")
    assert str(before - balance(phone)) == "24.50"
