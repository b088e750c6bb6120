"""A phone without network pays at a till: by codes that it fetched before, which end with its sign-in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from browsing import PHONE, Demo, Watched
from cashier import answered, balance, key_in, paste, unused_code
from persons import SLOW
from playwright.sync_api import Browser, Page, expect

OPENED = """() => new Promise((done) => {
  const asked = indexedDB.open("feiqian-codes", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("kept");
  asked.onsuccess = () => {
    const row = asked.result.transaction("kept").objectStore("kept").get(1);
    row.onsuccess = () => { asked.result.close(); done(row.result ?? null); };
  };
})"""
SHOWN = "[row.key.extractable, row.key.type, String.fromCharCode(...new Uint8Array(row.sealed))]"
KEPT = f"({OPENED})().then((row) => row && {SHOWN})"
READ_OUT = f"({OPENED})().then((row) => crypto.subtle.exportKey('raw', row.key)).then(() => 'read', (why) => why.name)"
CACHED = """caches.keys().then(async (names) => {
  const all = [];
  for (const name of names) {
    const cache = await caches.open(name);
    for (const one of await cache.keys()) all.push([one.url, await (await cache.match(one)).text()]);
  }
  return all;
})"""


@pytest.fixture
def phones(browser: Browser, demo: Demo) -> Iterator[Watched]:
    """Browsers that complain of being without network, as they are meant to."""
    watched = Watched(browser, demo.base)
    yield watched
    watched.close()


def ready(phones: Watched, demo: Demo, place: int, **options: Any) -> Page:
    """A phone that has codes for ten minutes, and the page to show them on."""
    phone = phones.phone(demo, place, **options)
    phone.goto(f"{demo.base}/wallet/pay")
    expect(phone.locator("#main[data-codes-kept]")).to_be_visible(timeout=SLOW)
    expect(phone.locator("#main[data-shell-kept]")).to_be_visible(timeout=SLOW)
    phone.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    return phone


def without_network(phone: Page, yes: bool = True) -> None:
    phone.context.set_offline(yes)


def offline_code(phone: Page) -> str:
    """The digits that it shows by itself, once it does."""
    expect(phone.locator("#code.offline .offline-mark")).to_be_visible(timeout=SLOW)
    return unused_code(phone)


def take(till: Page, code: str, status: str = "succeeded", digits: str = "1250") -> None:
    if till.locator('[data-do="new"]').is_visible():
        till.locator('[data-do="new"]').click()
    key_in(till, digits)
    paste(till, code)
    answered(till, status)


def test_a_phone_without_network_pays_and_hears_of_it_when_it_is_back(demo: Demo, phones: Watched, keep) -> None:
    phone, till = ready(phones, demo, 0), phones.open(demo.till(1))
    before = balance(phone)
    without_network(phone)
    code = offline_code(phone)
    keep(phone, "wallet-without-network")
    take(till, code)
    take(till, code, "declined")
    without_network(phone, False)
    expect(phone.locator("#code:not(.offline)")).to_be_visible(timeout=SLOW)
    expect(phone.locator("#payments .row.succeeded").first).to_contain_text("−¥12.50", timeout=SLOW)
    assert str(before - balance(phone)) == "12.50"
    without_network(phone)
    assert offline_code(phone) != code, "what may have been paid with is not shown again"


def test_the_page_opens_without_network_and_its_code_pays(demo: Demo, phones: Watched, keep) -> None:
    phone, till = ready(phones, demo, 1), phones.open(demo.till(1))
    without_network(phone)
    phone.goto(f"{demo.base}/wallet")
    expect(phone.locator("h1")).to_have_text("No network")
    code = offline_code(phone)
    expect(phone.locator("#until")).to_contain_text("These codes last until")
    keep(phone, "offline-page")
    take(till, code)
    without_network(phone, False)
    expect(phone).to_have_url(f"{demo.base}/wallet")
    expect(phone.locator("#money")).to_be_visible(timeout=SLOW)


def test_who_has_seen_home_alone_has_the_page_without_network(demo: Demo, phones: Watched) -> None:
    phone = phones.phone(demo, 6)
    phone.goto(f"{demo.base}/wallet")
    expect(phone.locator("#main[data-shell-kept]")).to_be_visible(timeout=SLOW)
    phone.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    without_network(phone)
    phone.goto(f"{demo.base}/wallet/pay")
    expect(phone.locator("h1")).to_have_text("No network")


def test_two_phones_of_one_person_have_codes_of_their_own(demo: Demo, phones: Watched) -> None:
    first, second, till = ready(phones, demo, 2), ready(phones, demo, 2), phones.open(demo.till(1))
    before = balance(first)
    for phone in (first, second):
        without_network(phone)
    codes = [offline_code(phone) for phone in (first, second)]
    assert len(set(codes)) == 2
    for code in codes:
        take(till, code)
    without_network(first, False)
    expect(first.locator("#payments .row.succeeded").nth(1)).to_contain_text("−¥12.50", timeout=SLOW)
    assert str(before - balance(first)) == "25.00"


def test_abuse_62_what_is_kept_is_sealed_with_a_key_that_is_not_read_out(demo: Demo, phones: Watched) -> None:
    phone = ready(phones, demo, 3)
    extractable, kind, sealed = phone.evaluate(KEPT)
    assert (extractable, kind) == (False, "secret")
    assert "codes" not in sealed
    assert not re.search(r"\d{20}", sealed)
    assert phone.evaluate(READ_OUT) == "InvalidAccessError"
    stored = phone.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert not re.search(r"\d{20}", stored)


def test_abuse_62_nothing_personal_is_in_what_the_worker_serves(demo: Demo, phones: Watched) -> None:
    phone = ready(phones, demo, 3)
    cached = dict(phone.evaluate(CACHED))
    assert [url for url in cached if "/offline" in url]
    assert all("/offline?" in url or "/static/" in url for url in cached)
    name, held = demo.names[3], phone.locator("#balance").text_content() or "?"
    for url, text in cached.items():
        if "/static/" not in url:
            assert name.split()[0] not in text
            assert held not in text
            assert '<meta name="page-for" content="">' in text
            assert not re.search(r"\d{20}", text)


def test_they_are_gone_at_sign_out(demo: Demo, phones: Watched, keep) -> None:
    phone = ready(phones, demo, 4)
    phone.goto(f"{demo.base}/me")
    phone.locator('form[action="/sign-out"] button').click()
    expect(phone).to_have_url(re.compile(r"/sign-in\?said=out$"))
    expect(phone.locator("h1")).to_be_visible()
    phone.wait_for_function(f"{KEPT}.then((row) => row === null)")
    without_network(phone)
    phone.goto(f"{demo.base}/wallet/pay")
    expect(phone.locator("#why")).to_have_text("No code to show")
    keep(phone, "offline-none")


def test_a_phone_that_is_signed_out_elsewhere_shows_codes_that_pay_nothing_and_drops_them(
    demo: Demo, phones: Watched
) -> None:
    lost, mine, till = ready(phones, demo, 5), ready(phones, demo, 5), phones.open(demo.till(1))
    without_network(lost)
    mine.goto(f"{demo.base}/security")
    mine.locator('form[action="/security/everywhere"] button').click()
    expect(mine).to_have_url(re.compile("said=everywhere"))
    take(till, offline_code(lost), "declined")
    mine.goto(f"{demo.base}/wallet/pay")
    take(till, unused_code(mine))
    without_network(lost, False)
    expect(lost).to_have_url(re.compile("/sign-in"), timeout=SLOW)
    lost.wait_for_function(f"{KEPT}.then((row) => row === null)")


def test_another_person_in_the_browser_never_sees_them(demo: Demo, phones: Watched) -> None:
    phone = ready(phones, demo, 6)
    form = {"door": "phone", "customer": demo.customers[7]}
    phone.context.request.post(f"{demo.base}/demo/phone", form=form, headers={"Origin": demo.base})
    phone.goto(f"{demo.base}/wallet")
    expect(phone.locator("h1")).to_contain_text(demo.names[7].split()[0])
    phone.wait_for_function("localStorage.getItem('feiqian.codes') === null")
    without_network(phone)
    phone.goto(f"{demo.base}/wallet/pay")
    expect(phone.locator("#why")).to_have_text("No code to show")


@pytest.mark.parametrize("hours", [3, -50])
def test_a_clock_that_is_wrong_changes_nothing(demo: Demo, phones: Watched, hours: int) -> None:
    phone, till = phones.phone(demo, 8), phones.open(demo.till(1))
    phone.add_init_script(f"(() => {{ const now = Date.now; Date.now = () => now() + {hours} * 3600e3; }})()")
    phone.goto(f"{demo.base}/wallet/pay")
    expect(phone.locator("#main[data-codes-kept]")).to_be_visible(timeout=SLOW)
    expect(phone.locator("#main[data-shell-kept]")).to_be_visible(timeout=SLOW)
    phone.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    without_network(phone)
    first = offline_code(phone)
    take(till, first, digits="100")
    phone.goto(f"{demo.base}/wallet")
    offline_code(phone)
    expect(phone.locator("#digits-text")).not_to_have_text(
        f"{first[:4]} {first[4:8]} {first[8:12]} {first[12:16]} {first[16:]}"
    )
    take(till, offline_code(phone), digits="100")


@pytest.mark.parametrize(("hours", "said"), [(-1, "The clock has changed"), (1, "Too long without network")])
def test_a_clock_that_is_set_meanwhile_shows_no_code(demo: Demo, phones: Watched, hours: int, said: str) -> None:
    phone = ready(phones, demo, 9)
    phone.add_init_script(f"(() => {{ const now = Date.now; Date.now = () => now() + {hours} * 3600e3; }})()")
    without_network(phone)
    phone.goto(f"{demo.base}/wallet")
    expect(phone.locator("#why")).to_have_text(said)
    expect(phone.locator("#pass")).to_be_hidden()


def test_a_frozen_wallet_keeps_no_codes(demo: Demo, phones: Watched) -> None:
    phone = ready(phones, demo, 10)
    other = phone.context.new_page()
    other.goto(f"{demo.base}/security")
    other.locator('form[action="/security/freeze"] button').click()
    expect(other).to_have_url(re.compile("said=frozen"))
    phone.bring_to_front()
    expect(phone.locator("#main[data-standing=frozen]")).to_be_visible(timeout=SLOW)
    phone.wait_for_function(f"{KEPT}.then((row) => row === null)")


def test_the_offline_page_fits_a_phone(demo: Demo, phones: Watched) -> None:
    phone = ready(phones, demo, 0, viewport=PHONE)
    without_network(phone)
    phone.goto(f"{demo.base}/wallet")
    offline_code(phone)
    for width in (390, 360, 195):
        phone.set_viewport_size({"width": width, "height": 844})
        wide = phone.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, width
