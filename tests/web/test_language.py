"""Which language a page speaks, and how amounts and times look in it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from litestar.testing import TestClient

from feiqian.money import CNY, EUR, JPY, Money, currency
from feiqian.testing.clock import ManualClock
from feiqian.texts import language_for, texts_in
from feiqian.web.formats import Formats
from feiqian.web.site import Site

DAY = 86_400_000_000


class StillChanging:
    """Remembers what customers chose."""

    def __init__(self) -> None:
        self.chosen: list[tuple[str, str]] = []

    async def change_language(self, session, language: str) -> None:
        self.chosen.append((session.id, language))


@pytest.mark.parametrize(("wish", "spoken"), [("zh-CN", "zh"), ("es-MX, en;q=0.5", "es"), ("fr", "en"), ("", "en")])
def test_a_stranger_is_spoken_to_as_the_browser_asks(client: TestClient, wish: str, spoken: str) -> None:
    assert f'<html lang="{spoken}">' in client.get("/", headers={"Accept-Language": wish}).text


@pytest.mark.parametrize(
    ("wish", "spoken"),
    [
        ("es; q=0.9, en; q=0.1", "es"),
        ("en;q=0.1,es;q=0.9", "es"),
        ("EN ; Q=0.2 , ES\t;\tq=0.3", "es"),
        ("fr, zh-Hant-TW;q=0.5, en;q=0.4", "zh"),
        ("zh_CN", "zh"),
        ("es-419,en-US;q=0.9", "es"),
        ("*", "en"),
        ("fr, *;q=0.5", "en"),
        ("en;q=0, *", "zh"),
        ("en;q=0.5, *;q=0.6", "zh"),
        ("es;q=0", "en"),
        ("zh;q=0, es;q=0.001", "es"),
        ("es;q=2, zh;q=0.1", "zh"),
        ("es;q=x, zh;q=nan, en;q=-1, es", "es"),
        (";;,,=,es", "es"),
        ("es, zh", "es"),
        ("en;q=0.5, en-GB;q=0.9, es;q=0.8", "en"),
        ("," * 4_000 + "es", "en"),
        ("español, es;q=1.000", "es"),
    ],
)
def test_the_wish_for_a_language_is_read_with_its_weights(wish: str, spoken: str) -> None:
    assert language_for(wish) == spoken


def test_wishes_on_two_lines_are_one_list(client: TestClient) -> None:
    lines = [("Accept-Language", "en;q=0.1"), ("Accept-Language", "es; q=0.9"), ("Accept", "TEXT/HTML")]
    assert '<html lang="es">' in client.get("/", headers=lines).text
    assert '<html lang="es">' in client.get("/nothing", headers=lines).text


def test_a_choice_is_kept_and_leads_back_to_the_page(client: TestClient) -> None:
    answer = client.post("/language", data={"language": "zh", "next": "/bank?a=1"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/bank?a=1")
    assert '<html lang="zh">' in client.get("/", headers={"Accept-Language": "es"}).text


def test_the_choice_of_a_customer_is_kept_for_messages_too(alice: TestClient, site: Site) -> None:
    site.services.changing = changing = StillChanging()
    alice.post("/language", data={"language": "es", "next": "/wallet"}, follow_redirects=False)
    assert changing.chosen == [("token-0", "es")]


def test_a_customers_own_language_goes_before_the_browsers(client: TestClient, site: Site) -> None:
    client.cookies.set(site.cookies.session, site.services.sessions.sign_in(language="zh"))
    client.cookies.set(site.cookies.language, "es")
    text = client.get("/wallet/pay", headers={"Accept-Language": "en"}).text
    assert '<html lang="zh">' in text
    assert "付款码" in text


@pytest.mark.parametrize("language", ["xx", "", "EN", "en' --"])
def test_a_language_that_is_not_spoken_is_refused(client: TestClient, language: str) -> None:
    assert client.post("/language", data={"language": language, "next": "/"}).status_code == 400
    client.cookies.set("feiqian-lang", language)
    assert '<html lang="en">' in client.get("/").text


def test_the_switch_leads_nowhere_else(client: TestClient) -> None:
    form = {"language": "zh", "next": "//evil.example"}
    assert client.post("/language", data=form, follow_redirects=False).headers["location"] == "/wallet"


def test_every_page_has_the_switch_and_knows_where_it_is(client: TestClient) -> None:
    text = client.get("/bank?a=1").text
    assert '<input type="hidden" name="next" value="/bank?a=1">' in text
    assert 'value="zh" lang="zh">中文</button>' in text
    framed = client.get("/bank", headers={"Sec-Fetch-Dest": "iframe"}).text
    assert "/language" not in framed


@pytest.mark.parametrize(
    ("language", "amount", "shown"),
    [
        ("en", Money(1_234_50, CNY), "¥1,234.50"),
        ("zh", Money(1_234_50, CNY), "¥1,234.50"),
        ("es", Money(1_234_50, CNY), "1.234,50\xa0¥"),
        ("es", Money(1_234_567_89, EUR), "1.234.567,89\xa0€"),
        ("zh", Money(1_200, JPY), "JP¥1,200"),
        ("en", Money(5_00, currency("CHF")), "CHF 5.00"),
        ("es", Money(5_00, currency("CHF")), "5,00\xa0CHF"),
        ("en", Money(2**64 - 1, CNY), "¥184,467,440,737,095,516.15"),
    ],
)
def test_amounts_look_as_people_write_them(language: str, amount: Money, shown: str) -> None:
    assert Formats(texts_in(language), ManualClock(), "Asia/Shanghai").amount(amount) == shown


@pytest.mark.parametrize(
    ("language", "today", "inside", "before", "long_ago"),
    [
        ("en", "Today, 16:00", "today, 16:00", "14 Jan, 16:00", "6 Dec 2026, 16:00"),
        ("zh", "今天 16:00", "今天 16:00", "1月14日 16:00", "2026年12月6日 16:00"),
        ("es", "Hoy, 16:00", "hoy, 16:00", "14 ene, 16:00", "6 dic 2026, 16:00"),
    ],
)
def test_times_look_as_people_write_them(language: str, today: str, inside: str, before: str, long_ago: str) -> None:
    clock = ManualClock(1_800_000_000 * 1_000_000)  # 15 January 2027, 16:00 in Shanghai
    formats = Formats(texts_in(language), clock, "Asia/Shanghai")
    moments = [clock.now() - days * DAY for days in (0, 1, 40)]
    assert [formats.when(moment) for moment in moments] == [today, before, long_ago]
    assert [formats.when_inside(moment) for moment in moments] == [inside, before, long_ago]


@pytest.mark.parametrize(
    ("zone", "named"), [("Asia/Shanghai", "UTC+8"), ("America/St_Johns", "UTC−3:30"), ("UTC", "UTC+0")]
)
def test_times_carry_their_zone_for_those_whose_clocks_show_another(zone: str, named: str) -> None:
    clock = ManualClock(1_800_000_000 * 1_000_000)
    formats = Formats(texts_in("en"), clock, zone, named=True)
    said = [formats.when(clock.now()), formats.when(clock.now() - DAY), formats.moment(clock.now()), formats.clock(0)]
    assert all(time.endswith(f" ({named})") for time in said[:3])
    assert said[3].endswith(")")
    at_home = Formats(texts_in("en"), clock, zone)
    assert formats.zoned(clock.now()) == at_home.zoned(clock.now()) == said[2]  # with its zone for both, and once
    assert at_home.zone(clock.now()) == named


@pytest.mark.parametrize(
    ("offset", "carried"), [("480", False), ("60", True), ("-210", True), ("", False), ("x", False), ("99999", False)]
)
def test_a_browser_tells_its_clock_and_pages_say_the_zone(
    client: TestClient, site: Site, offset: str, carried: bool
) -> None:
    client.cookies.set(site.cookies.session, site.services.sessions.sign_in())
    client.cookies.set("feiqian-offset", offset)
    assert ("(UTC+8)" in client.get("/wallet/pay").text) is carried


def test_the_answer_to_a_form_leads_back_to_the_form(client: TestClient) -> None:
    page = client.post("/sign-in", data={"country": "CN", "mobile": "1", "password": ""})
    assert page.status_code == 422
    assert 'name="next" value="/sign-in"' in page.text
    assert 'data-here="/sign-in"' in page.text


@pytest.mark.parametrize(
    ("language", "shown"), [("en", "November 2026"), ("zh", "2026年11月"), ("es", "Noviembre de 2026")]
)
def test_a_month_at_the_head_of_a_card_begins_with_a_capital(language: str, shown: str) -> None:
    formats = Formats(texts_in(language), ManualClock(), "Asia/Shanghai")
    assert formats.month(datetime(2026, 11, 28, tzinfo=UTC)) == shown
