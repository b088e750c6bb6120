"""The way back to the shop: the order's state of now, signed by a secret that is the merchant's own."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from litestar.testing import TestClient

from feiqian import features
from feiqian.checkout.links import Links
from feiqian.checkout.pages import order as pages
from feiqian.checkout.returning import return_address, return_secret
from feiqian.deposits.model import DepositAccount
from feiqian.ids import MerchantNumber
from feiqian.web.application import OWN, application, site_of
from feiqian.web.symbols import qr
from tests.checkout.conftest import identified, ordered, paid_quickly, stands
from tests.customers.people import MEI
from tests.quick.paying_bank import PayingBank
from tests.quick.test_pay_pages import Browser


def came_back(browser: Browser, id: str) -> dict[str, str]:
    """What the shop gets in the address that the browser is sent to."""
    answer = browser.client.get(f"/pay/{id}/return", follow_redirects=False)
    assert answer.status_code == 303
    parts = urlsplit(answer.headers["location"])
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "shop.example", "/thanks")
    return {name: found[0] for name, found in parse_qs(parts.query, strict_parsing=True).items()}


def signature(secret: str, told: dict[str, str]) -> str:
    """As a shop computes it, from what is documented."""
    text = ".".join(told[name] for name in ("order", "at", "version", "status"))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode()


def test_the_shop_is_told_what_it_would_be_told_by_asking(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    order = ordered(bank)
    paid_quickly(bank, browser, order, mei)
    told, now = came_back(browser, order.id), stands(bank, order)
    assert (told["order"], told["status"], told["version"]) == (order.id, "paid", str(now.version))
    assert told["basket"] == "7", "what the shop had in its address stays"
    assert told["signature"] == signature(return_secret(bank.services.cipher, bank.shop.number), told)


def test_abuse_58_the_page_of_success_opened_unpaid_says_that_it_is_not_paid(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    order = ordered(bank)
    for address in ("done", "confirm", "account"):
        assert browser.get(f"/pay/{order.id}/{address}").place == f"/pay/{order.id}"
        assert not browser.outcome, "the ways to pay, as before"
    identified(browser, order, bank.six(mei))
    assert browser.get(f"/pay/{order.id}/done").place == f"/pay/{order.id}/confirm"
    told = came_back(browser, order.id)
    assert (told["status"], told["version"]) == ("open", "1")
    assert stands(bank, order).status == "open"


@pytest.mark.parametrize("name", ["order", "version", "status", "at"])
def test_abuse_58_a_return_that_was_changed_has_another_signature(
    bank: PayingBank, browser: Browser, name: str
) -> None:
    told = came_back(browser, ordered(bank).id)
    secret = return_secret(bank.services.cipher, bank.shop.number)
    assert told["signature"] == signature(secret, told)
    changed = {"order": told["order"][:-1] + "x", "version": "2", "status": "paid", "at": "1"}
    assert told["signature"] != signature(secret, told | {name: changed[name]})


def test_each_merchant_has_a_secret_of_its_own_that_stays(bank: PayingBank) -> None:
    first, second = (return_secret(bank.services.cipher, MerchantNumber(number)) for number in (1, 2))
    assert first == return_secret(bank.services.cipher, MerchantNumber(1))
    assert first != second
    assert len(base64.b64decode(first.removeprefix("whsec_"))) == 32


def test_an_order_without_a_way_back_leads_nowhere_else(bank: PayingBank, browser: Browser) -> None:
    order = ordered(bank, return_url="")
    assert return_address(order, return_secret(bank.services.cipher, bank.shop.number)) == ""
    assert browser.get(f"/pay/{order.id}/return").place == f"/pay/{order.id}"
    assert "/return" not in browser.html


def test_abuse_49_no_address_leads_elsewhere_than_the_order_says(bank: PayingBank, browser: Browser) -> None:
    order = ordered(bank)
    for query in ("return_url=https://evil.example", "next=https://evil.example", "url=//evil.example"):
        answer = browser.client.get(f"/pay/{order.id}/return?{query}", follow_redirects=False)
        assert urlsplit(answer.headers["location"]).netloc == "shop.example", query
        assert "evil.example" not in answer.headers["location"], query


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "http://shop.example",
        "ftp://x",
        "https://a b",
        "/x",
    ],
)
def test_abuse_49_no_order_leads_back_by_another_scheme(bank: PayingBank, address: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        ordered(bank, return_url=address)


def test_abuse_49_the_code_for_the_wallet_is_of_this_bank_whatever_host_was_asked(
    bank: PayingBank, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = list[str]()
    monkeypatch.setattr(pages, "qr", lambda address: shown.append(address) or qr(address))  # type: ignore[func-returns-value]
    order = ordered(bank)
    browser.get(f"/pay/{order.id}")
    asked = {"host": "evil.example", "x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}
    for address in ("", "/scan"):
        answer = browser.client.get(f"/pay/{order.id}{address}", headers=asked)
        assert "evil.example" not in answer.text
    assert set(shown) == {Links(bank.services.settings.public_origin, bank.services.cipher).of(order.id)}


@pytest.mark.parametrize("more", [{"amount": "1"}, {"amount": "0.01", "currency": "EUR"}, {"payee": "Evil"}])
def test_abuse_106_an_address_or_a_form_with_an_amount_changes_nothing(
    bank: PayingBank, mei: DepositAccount, browser: Browser, more: dict[str, Any]
) -> None:
    order = ordered(bank)
    browser.client.params = more
    browser.get(f"/pay/{order.id}")
    assert "¥88.00" in browser.html
    assert ">Evil" not in browser.html
    browser.send(f"/pay/{order.id}", country="CN", mobile=MEI, account=bank.six(mei), **more)
    assert "¥88.00" in browser.html
    code = bank.code()
    browser.send(f"/pay/{order.id}/confirm", do="answer", way="0", factor="sms", answer=code, **more)
    assert browser.outcome == "paid"
    assert (stands(bank, order).paid, bank.takings + stands(bank, order).fee) == (order.amount, order.amount)


def test_no_page_of_the_checkout_is_shown_in_a_frame_even_where_pages_frame_each_other(bank: PayingBank) -> None:
    order = ordered(bank)
    app = application(site_of(bank.services), [*OWN, *features.pages()], framed=True)
    with TestClient(app, base_url="http://127.0.0.1:8080") as client:
        for address in ("", "/scan", "/return", "/confirm"):
            answer = client.get(f"/pay/{order.id}{address}", follow_redirects=False)
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], address
