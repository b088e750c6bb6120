"""The wallet scans: by camera, from a picture and by hand; what is not this bank's is refused with a reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import DESK, FAKE_CAMERA, PHONE, Watched, screenshot
from payers import Payer, outcome, payer_at
from playwright.sync_api import Browser, Page, Playwright, expect
from test_accessible import findings
from test_checkout import answer_all, ordered, signed_in
from test_paying import write_video

from feiqian.checkout.links import Links
from feiqian.orders.model import Order
from feiqian.testing import chromium
from feiqian.testing.served import Served
from feiqian.web.symbols import qr
from tests.web.test_symbols import picture

Keep = Callable[[Page, str], None]
FOREIGN = "https://pay.bank.example.evil.example/pay"
# A browser that reads codes itself: the text that a test says is in every picture.
READS = """
window.BarcodeDetector = class {
  static getSupportedFormats = async () => ["qr_code", "code_128"];
  detect = async () => [{ rawValue: TEXT }];
};
"""


@pytest.fixture(scope="module")
def paged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    bank = Served(tmp_path_factory.mktemp("scanning"), pages=True)
    yield bank
    bank.stop()


@pytest.fixture(scope="module")
def payer(paged: Served) -> Payer:
    return payer_at(paged, 380)


@pytest.fixture
def watching(browser: Browser, paged: Served) -> Iterator[Watched]:
    watched = Watched(browser, paged.url)
    yield watched
    watched.close()
    assert watched.complaints == []


def link_of(paged: Served, order: Order) -> str:
    s = paged.bank.services
    return Links(s.settings.public_origin, s.cipher).of(order.id)


def scanning(paged: Served, payer: Payer, watching: Watched, **options: Any) -> Page:
    page = signed_in(paged, payer, watching, f"{paged.url}/scan", **{"viewport": PHONE, **options})
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Scan|扫一扫|Escanear"))
    return page


def shown(picture: bytes, name: str = "code.png") -> list[dict[str, Any]]:
    """As a picture that is chosen from the gallery."""
    return [{"name": name, "mimeType": "image/png", "buffer": picture}]


def test_a_phone_scans_the_code_on_the_pc_and_the_pc_turns(
    paged: Served, payer: Payer, watching: Watched, playwright: Playwright, tmp_path: Path, keep: Keep
) -> None:
    order, video = ordered(paged, 31_00), tmp_path / "desk.y4m"
    desk = watching.open(f"{paged.url}/pay/{order.id}/scan", DESK)
    write_video(screenshot(desk.locator("svg.symbol").first), video)
    camera = chromium.launch(playwright, *FAKE_CAMERA, f"--use-file-for-fake-video-capture={video}")
    try:
        watched = Watched(camera, paged.url)
        address = f"{paged.url}/scan"
        phone = signed_in(paged, payer, watched, address, viewport=PHONE, permissions=["camera"])
        expect(phone).to_have_url(re.compile(f"/pay/{order.id}/wallet"))
        expect(phone.locator("#main")).to_contain_text("¥31.00")
        keep(phone, "scanned-order")
        phone.locator(f"input[name=source][value={payer.account.id}]").check()
        phone.locator("form.form .button").click()
        answer_all(phone, payer)
        assert outcome(phone) == "paid"
        assert watched.complaints == []
    finally:
        camera.close()
    expect(desk.locator("[data-outcome=paid]")).to_be_visible()


def test_a_picture_from_the_gallery_leads_to_the_order(paged: Served, payer: Payer, watching: Watched) -> None:
    order = ordered(paged, 32_00)
    page = scanning(paged, payer, watching)
    page.locator(".picked #f-picture").set_input_files(shown(picture(qr(link_of(paged, order)), scale=9)))
    expect(page).to_have_url(re.compile(f"/pay/{order.id}/wallet"))
    expect(page.locator("#main")).to_contain_text("¥32.00")


def test_abuse_49_a_picture_of_another_site_is_refused_and_not_opened(
    paged: Served, payer: Payer, watching: Watched, keep: Keep
) -> None:
    page = scanning(paged, payer, watching)
    page.locator(".picked #f-picture").set_input_files(shown(picture(qr(FOREIGN))))
    expect(page.locator("#said")).to_contain_text("another site")
    keep(page, "scan-refused")
    page.locator(".picked #f-picture").set_input_files(shown(picture(qr("88012345678901234567"))))
    expect(page.locator("#said")).to_contain_text("with which somebody pays")
    page.locator(".picked #f-picture").set_input_files(shown(b"no picture"))
    expect(page.locator("#said")).to_contain_text("cannot be read now")
    assert page.url == f"{paged.url}/scan"


def test_a_browser_that_reads_codes_sends_no_picture(paged: Served, payer: Payer, watching: Watched) -> None:
    order = ordered(paged, 33_00)
    page, sent = scanning(paged, payer, watching), []
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    page.add_init_script(READS.replace("TEXT", repr(link_of(paged, order))))
    page.reload()
    page.locator(".picked #f-picture").set_input_files(shown(picture(qr("anything"))))
    expect(page).to_have_url(re.compile(f"/pay/{order.id}/wallet"))
    assert sent == [f"{paged.url}/scan/read"]


def test_without_scripts_a_picture_is_uploaded_and_a_link_typed(paged: Served, payer: Payer, watching: Watched) -> None:
    order = ordered(paged, 34_00)
    link = link_of(paged, order)
    page = scanning(paged, payer, watching, java_script_enabled=False)
    expect(page.locator("#viewer")).to_be_hidden()
    page.locator("#f-picture").set_input_files(shown(picture(qr(link))))
    page.locator("#gallery button").click()
    expect(page).to_have_url(re.compile(f"/pay/{order.id}/wallet"))
    page.goto(f"{paged.url}/scan")
    page.locator("#f-scanned").fill(link)
    page.locator("#f-scanned").press("Enter")
    expect(page).to_have_url(re.compile(f"/pay/{order.id}/wallet"))


LOOKS = [("en", "light", PHONE), ("zh-CN", "dark", PHONE), ("es", "light", DESK)]


@pytest.mark.parametrize(("language", "scheme", "viewport"), LOOKS)
def test_the_pages_of_scanning_are_good_for_everybody(
    paged: Served, payer: Payer, watching: Watched, language: str, scheme: str, viewport: dict[str, int]
) -> None:
    options = {"viewport": viewport, "scheme": scheme, "locale": language, "bypass_csp": True}
    page = scanning(paged, payer, watching, **options, reduced_motion="reduce")
    number = paged.bank.services.merchants.all()[0].number
    for place in ("/scan", "/scan/merchants", f"/scan/merchants?merchant={number}"):
        page.goto(paged.url + place)
        assert findings(page) == []
        for width in (viewport["width"], 360, 195):
            page.set_viewport_size({"width": width, "height": viewport["height"]})
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), place
        page.set_viewport_size(viewport)  # type: ignore[arg-type]


def test_the_keyboard_reaches_the_camera_the_picture_and_the_fields(
    paged: Served, payer: Payer, watching: Watched
) -> None:
    page, seen = scanning(paged, payer, watching), []
    for _ in range(16):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.id"))
    assert [id for id in seen if id in ("camera", "f-picture", "f-scanned", "f-merchant")] == [
        "camera", "f-picture", "f-scanned", "f-merchant",
    ]  # fmt: skip
