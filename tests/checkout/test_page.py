"""The checkout's page as it comes over the line: how heavy it is, what it asks for, and what its headers forbid."""

from __future__ import annotations

import re

from feiqian.deposits.model import DepositAccount
from tests.checkout.conftest import confirmed, identified, ordered
from tests.quick.paying_bank import PayingBank
from tests.quick.test_pay_pages import Browser

MOST_BYTES, MOST_REQUESTS = 60_000, 3
ASKED_FOR = re.compile(r'(?:<script[^>]* src|<link[^>]* href|<img[^>]* src)="([^"]+)"')


def weights(browser: Browser, address: str) -> list[int]:
    """The bytes of a page and of each thing that it asks for, as they come."""
    sizes, found = [], [address]
    for place in found:
        with browser.client.stream("GET", place, headers={"Accept-Encoding": "gzip"}) as answer:
            raw = b"".join(answer.iter_raw())
        assert answer.status_code == 200, place
        assert answer.headers["content-encoding"] == "gzip", place
        sizes.append(len(raw) + sum(len(name) + len(value) + 4 for name, value in answer.headers.items()))
        if place == address:
            browser.get(address)
            found += [one for one in ASKED_FOR.findall(browser.html) if not one.startswith("data:")]
    assert all(place.startswith("/") for place in found), "nothing comes from another host"
    return sizes


def test_the_page_is_light_and_asks_for_little(bank: PayingBank, mei: DepositAccount, browser: Browser) -> None:
    items = [{"name": f"Tea {number}", "quantity": 1, "amount": 11_00} for number in range(8)]
    order = ordered(bank, line_items=items)
    cold = weights(browser, f"/pay/{order.id}")
    assert (len(cold) <= MOST_REQUESTS, sum(cold) <= MOST_BYTES) == (True, True), cold
    identified(browser, order, bank.six(mei))
    code = weights(browser, f"/pay/{order.id}/confirm")
    assert (len(code) <= MOST_REQUESTS, sum(code) <= MOST_BYTES) == (True, True), code
    confirmed(browser, order, bank.code())
    ended = weights(browser, f"/pay/{order.id}")
    assert (len(ended) <= MOST_REQUESTS, sum(ended) <= MOST_BYTES) == (True, True), ended


def test_no_page_of_it_is_shown_in_a_frame_kept_or_told_to_others(
    bank: PayingBank, mei: DepositAccount, browser: Browser
) -> None:
    order = ordered(bank)
    identified(browser, order, bank.six(mei))
    for below in ("", "/scan", "/confirm", "/wallet", "/none"):
        headers = browser.client.get(f"/pay/{order.id}{below}", headers={"accept": "text/html"}).headers
        policy = dict(part.partition(" ")[::2] for part in headers["content-security-policy"].split("; "))
        assert policy["frame-ancestors"] == "'none'", below
        assert policy["script-src"] == "'self'", below
        assert "unsafe" not in headers["content-security-policy"], below
        assert (headers["referrer-policy"], headers["cache-control"]) == ("same-origin", "no-store"), below


def test_nothing_secret_stands_in_an_address(bank: PayingBank, mei: DepositAccount, browser: Browser) -> None:
    order = ordered(bank)
    seen = [identified(browser, order, bank.six(mei)).place]
    code = bank.code()
    seen.append(confirmed(browser, order, code).place)
    seen += re.findall(r'(?:href|action|src)="([^"]*)"', browser.html)
    for secret in (bank.six(mei), "13900001111", code):
        assert not any(secret in address for address in seen)
