"""The pages of scanning: what is typed, photographed or read by the browser leads to the order, or says why not."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from feiqian.checkout.links import Links
from feiqian.deposits.model import DepositAccount
from feiqian.scanning.pictures import MAX_FRAME_BYTES
from feiqian.web.symbols import qr
from tests.checkout.conftest import ordered
from tests.quick.paying_bank import PayingBank
from tests.quick.test_pay_pages import MARK, Browser
from tests.web.test_symbols import picture


@pytest.fixture
def link(bank: PayingBank, mei: DepositAccount) -> str:
    s = bank.services
    return Links(s.settings.public_origin, s.cipher).of(ordered(bank).id)


def marked(browser: Browser) -> dict[str, str]:
    found = MARK.search(browser.get("/scan").html)
    assert found
    return {"Page-For": found[1]}


def upload(browser: Browser, content: bytes) -> Browser:
    mark = marked(browser)["Page-For"]
    answer = browser.client.post("/scan/picture", params={"page_for": mark}, files={"picture": ("p.png", content)})
    return browser._seen(answer)


def test_who_is_not_signed_in_signs_in_first(bank: PayingBank, browser: Browser) -> None:
    answer = browser.client.get("/scan", headers={"accept": "text/html"}, follow_redirects=False)
    assert answer.headers["location"] == "/sign-in?next=/scan"


def test_a_link_that_is_typed_shows_the_amount_before_anything_is_confirmed(
    bank: PayingBank, inside: Browser, link: str
) -> None:
    inside.get("/scan")
    shown = inside.send("/scan", scanned=f"  {link} ")
    assert shown.place in link
    assert "¥88.00" in shown.html
    assert "Water Works" in shown.html


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Type or paste"),
        ("https://evil.example/pay", "another site"),
        ("88012345678901234567", "with which somebody pays"),
        ("hello", "no code of this bank"),
        ("x" * 301, "no code of this bank"),
    ],
)
def test_abuse_49_what_is_not_ours_is_refused_with_a_reason_and_not_followed(
    inside: Browser, link: str, typed: str, said: str
) -> None:
    inside.get("/scan")
    shown = inside.send("/scan", scanned=typed)
    assert (shown.status, shown.place) == (422, "/scan")
    assert said in shown.html


def test_a_browser_that_reads_codes_is_told_the_page_or_the_reason(inside: Browser, link: str) -> None:
    headers = marked(inside)
    read = inside.client.post("/scan/read", json={"text": link}, headers=headers)
    assert link.endswith(read.json()["path"])
    refused = inside.client.post("/scan/read", json={"text": "https://evil.example/"}, headers=headers).json()
    assert refused["refused"] == "foreign"
    assert "path" not in refused
    assert inside.client.post("/scan/read", json={"text": 1}, headers=headers).status_code == 400
    assert inside.client.post("/scan/read", json={"text": link}).status_code == 409, "for whom is not said"


def test_a_browser_that_reads_none_sends_a_frame(inside: Browser, link: str) -> None:
    headers = marked(inside)
    read = inside.client.post("/scan/frames", content=picture(qr(link)), headers=headers)
    assert link.endswith(read.json()["path"])
    empty = io.BytesIO()
    Image.new("L", (300, 300), 200).save(empty, "JPEG")
    assert inside.client.post("/scan/frames", content=empty.getvalue(), headers=headers).json() == {}
    foreign = picture(qr("https://evil.example/"))
    assert inside.client.post("/scan/frames", content=foreign, headers=headers).json()["refused"] == "foreign"
    assert inside.client.post("/scan/frames", content=b"x", headers=headers).json()["refused"] == "unreadable"
    too_large = inside.client.post("/scan/frames", content=b"x" * (MAX_FRAME_BYTES + 1), headers=headers)
    assert too_large.status_code == 413


def test_a_picture_from_the_gallery_is_read_without_scripts(inside: Browser, link: str) -> None:
    shown = upload(inside, picture(qr(link), scale=9, kind="JPEG"))
    assert shown.place in link
    assert "¥88.00" in shown.html


def test_a_picture_without_a_code_of_ours_says_so(inside: Browser, link: str) -> None:
    assert "cannot be read" in upload(inside, b"no picture").html
    assert "another site" in upload(inside, picture(qr("https://evil.example/"))).html
    blank = io.BytesIO()
    Image.new("L", (300, 300), 255).save(blank, "WEBP")
    assert "No code was found" in upload(inside, blank.getvalue()).html
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    assert "cannot be read" in upload(inside, bomb.getvalue()).html


def test_a_merchant_s_number_shows_the_name_on_file_and_pays_nothing(
    bank: PayingBank, mei: DepositAccount, inside: Browser
) -> None:
    number, id = bank.shop.number, bank.shop.id
    for typed in (str(number), id, f" {number} "):
        shown = inside.get(f"/scan/merchants?merchant={typed}").html
        assert "Water Works" in shown
        assert "name that the bank has on file" in shown
    for typed in ("999", "mer_" + "0" * 32, "evil", "0", "1" * 20, "１"):
        answer = inside.get(f"/scan/merchants?merchant={typed}")
        assert (answer.status, "No merchant has this number" in answer.html) == (422, True) or typed == "１"
    bank.services.merchants.set_status(number, "suspended")
    assert "takes no payments now" in inside.get(f"/scan/merchants?merchant={number}").html
    assert bank.held(mei) == 2_000_00
