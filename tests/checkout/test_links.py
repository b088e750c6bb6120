"""The code for the wallet is a link that this bank has signed: of this scheme and host, and of one order."""

from __future__ import annotations

import re

import pytest

from feiqian.checkout.links import LinkRefused, Links
from feiqian.deposits.model import DepositAccount
from feiqian.ids import ORDER, new_id
from feiqian.web.symbols import qr
from tests.checkout.conftest import ordered
from tests.checkout.test_wallet import inside as inside
from tests.quick.paying_bank import PayingBank
from tests.quick.test_pay_pages import Browser


@pytest.fixture
def links(bank: PayingBank) -> Links:
    return Links("https://pay.bank.example", bank.services.cipher)


def test_abuse_49_only_a_link_that_this_bank_has_signed_is_an_order(bank: PayingBank, links: Links) -> None:
    """Of somebody's page that looks like ours, of another order, or changed on the way."""
    order, other = (new_id(ORDER, bank.clock.now() + moment) for moment in (0, 1))
    text = links.of(order)
    assert links.id_in(text) == order
    signature = text.partition("code=")[2]
    refused = {
        "foreign": [
            text.replace("https", "http"),
            text.replace("bank.example", "bank.example.evil.example"),
            text.replace("https://", "https://pay.bank.example@"),
            text.replace("pay.bank", "pаy.bank"),
            text.replace(".example/", ".example:8443/"),
            text + "&" + "x" * 300,
            "feiqian://pay",
            "",
        ],
        "other": [
            "https://pay.bank.example/wallet",
            f"https://pay.bank.example/pay/{order}?code={signature}",
            f"https://pay.bank.example/pay/../pay/{order}/wallet?code={signature}",
            f"https://pay.bank.example/pay/ord_1/wallet?code={signature}",
        ],
        "changed": [
            text.replace(order, other),
            text[:-1] + ("A" if text[-1] != "A" else "B"),
            text + "&code=x",
            text + "&next=https://evil.example/",
            text.replace("?code", "?x=1&code"),
            text + "#x",
            text.partition("?")[0],
        ],
    }
    for reason, texts in refused.items():
        for one in texts:
            with pytest.raises(LinkRefused, match=reason):
                links.id_in(one)


def test_a_code_of_another_bank_or_key_is_none_of_ours(bank: PayingBank, links: Links) -> None:
    order = new_id(ORDER, bank.clock.now())
    elsewhere = Links("https://pay.other.example", bank.services.cipher)
    moved = elsewhere.of(order).replace("other", "bank")
    with pytest.raises(LinkRefused, match="changed"):
        links.id_in(moved)


def test_abuse_48_the_page_shows_the_signed_link_and_refuses_an_edited_one(
    bank: PayingBank, mei: DepositAccount, inside: Browser
) -> None:
    order, other = ordered(bank), ordered(bank, "A-1002")
    s = bank.services
    text = Links(s.settings.public_origin, s.cipher).of(order.id)
    assert qr(text).path in inside.get(f"/pay/{order.id}/scan").html
    place, _, signature = text.removeprefix(s.settings.public_origin).partition("?code=")
    assert inside.get(f"{place}?code={signature}").status == 200
    assert "¥88.00" in inside.html
    for forged in ("", "x", signature[:-1], "é"):
        shown = inside.get(f"{place}?code={forged}")
        assert (shown.status, "This code was changed" in shown.html) == (403, True)
        assert "¥88.00" not in shown.html
    assert inside.get(f"/pay/{other.id}/wallet?code={signature}").status == 403
    assert not re.search(r"<form[^>]*/wallet", inside.html)
