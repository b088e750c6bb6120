"""What is kept for a customer: with what decided it or not at all, once, sealed, bounded; and what was read."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from feiqian.ids import CustomerNumber
from feiqian.inbox import service
from feiqian.inbox.errors import NoticeNotFound
from feiqian.inbox.model import Notice
from feiqian.inbox.pages.shown import shown
from feiqian.inbox.tables import notices
from feiqian.money import CNY, MinorUnits
from feiqian.notify.values import Amount, At
from feiqian.runtime.paging import Ask
from feiqian.testing.postgres import Postgres
from feiqian.texts import texts_in
from feiqian.web.formats import Formats
from tests.customers.people import People
from tests.databases import ON_BOTH

MEI, EVE = CustomerNumber(1), CustomerNumber(2)
DEVICE = {"device": "Firefox · Mei’s phone", "at": "today"}


def put(people: People, customer: CustomerNumber = MEI, kind: str = "frozen", **more: str) -> str:
    people.clock.advance(0.002)
    return people.do(people.services.inbox.put, customer, kind, {}, **more)


def of(people: People, customer: CustomerNumber = MEI, ask: Ask = Ask()) -> list[Notice]:  # noqa: B008
    return list(people.run(people.services.inbox.page(customer, ask)).items)


@ON_BOTH
def test_the_newest_come_first_and_each_sees_their_own(people: People) -> None:
    first, second = put(people), put(people, kind="unfrozen", path="/security")
    put(people, EVE)
    assert [(one.id, one.kind, one.path, one.is_new) for one in of(people)] == [
        (second, "unfrozen", "/security", True),
        (first, "frozen", "", True),
    ]
    assert (people.run(people.services.inbox.unread(MEI)), people.run(people.services.inbox.unread(EVE))) == (2, 1)


def test_who_listens_hears_whom_something_is_kept_for_once_it_is_kept(people: People) -> None:
    heard: list[tuple[CustomerNumber, int]] = []
    inbox = people.services.inbox
    inbox.listeners.append(lambda customer: heard.append((customer, len(of(people, customer)))))
    put(people, once="journal/7/0")
    put(people, once="journal/7/0")
    put(people, EVE)
    assert heard == [(MEI, 1), (EVE, 1)]


def test_what_is_not_decided_is_not_told(people: People) -> None:
    def fails(connection: Connection) -> None:
        people.services.inbox.put(connection, MEI, "frozen", {})
        raise ZeroDivisionError

    people.services.inbox.listeners.append(lambda customer: pytest.fail("told of what was not kept"))
    with pytest.raises(ZeroDivisionError):
        people.do(fails)
    assert of(people) == []


@ON_BOTH
def test_what_is_derived_from_the_same_is_kept_once(people: People) -> None:
    assert put(people, once="journal/7/0")
    assert put(people, once="journal/7/0") == ""
    assert put(people, EVE, once="journal/7/0")
    assert len(of(people)) == 1


def test_amounts_and_times_are_said_in_the_language_and_by_the_clock_of_the_reader(people: People) -> None:
    values = {"amount": Amount(MinorUnits(1_234_50), CNY.number), "at": At(0)}
    people.do(people.services.inbox.put, MEI, "lock_opening", values)
    (notice,) = of(people)
    texts = {lang: shown(notice, lang, Formats(texts_in(lang), people.clock, "UTC")).text for lang in ("en", "es")}
    assert "of ¥1,234.50 opens on 1 Jan 1970, 00:00:00" in texts["en"]
    assert "1.234,50 ¥" in texts["es"].replace("\u00a0", " ")
    assert "1 ene 1970, 00:00:00" in texts["es"]
    shanghai = shown(notice, "en", Formats(texts_in("en"), people.clock, "Asia/Shanghai"))
    assert "1 Jan 1970, 08:00:00" in shanghai.text


def test_what_was_kept_in_words_is_shown_as_it_was(people: People) -> None:
    people.do(people.services.inbox.put, MEI, "lock_opening", {"amount": "¥5.00", "at": "28 Nov"})
    (notice,) = of(people)
    assert "of ¥5.00 opens on 28 Nov" in shown(notice, "en", Formats(texts_in("en"), people.clock, "UTC")).text


def test_what_has_no_texts_or_lacks_a_value_is_refused_before_it_is_kept(people: People) -> None:
    for kind in ("no_such_kind", "signed_in"):
        with pytest.raises(KeyError):
            put(people, kind=kind)
    assert of(people) == []


@ON_BOTH
def test_only_so_many_are_kept_the_newest(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST", 3)
    put(people, EVE)
    ids = [put(people) for _ in range(5)]
    assert [one.id for one in of(people)] == ids[:1:-1]
    assert len(of(people, EVE)) == 1


@ON_BOTH
def test_what_was_opened_is_read_and_another_s_is_as_if_it_were_not(people: People) -> None:
    id = put(people)
    people.clock.advance(5)
    read = people.run(people.services.inbox.read(MEI, id))
    people.clock.advance(5)
    assert people.run(people.services.inbox.read(MEI, id)).read_at == of(people)[0].read_at != read.at
    for number, wrong in ((EVE, id), (MEI, "ntc_" + "0" * 32), (MEI, "")):
        with pytest.raises(NoticeNotFound):
            people.run(people.services.inbox.read(number, wrong))


@ON_BOTH
def test_what_came_after_what_was_seen_stays_new(people: People) -> None:
    put(people)
    seen = put(people)
    put(people)
    put(people, EVE)
    assert people.run(people.services.inbox.read_up_to(MEI, seen)) == 2
    assert people.run(people.services.inbox.read_up_to(MEI, seen)) == 0
    assert [one.is_new for one in of(people)] == [True, False, False]
    assert of(people, EVE)[0].is_new


@ON_BOTH
def test_pages_go_on_where_the_one_before_ended(people: People) -> None:
    ids = [put(people) for _ in range(5)][::-1]
    first = people.run(people.services.inbox.page(MEI, Ask(), 2))
    put(people)
    second = people.run(people.services.inbox.page(MEI, Ask(before=first.older), 2))
    assert [one.id for one in (*first.items, *second.items)] == ids[:4]


def test_what_a_notice_says_of_people_is_sealed(people: People, tmp_path: Path) -> None:
    people.do(people.services.inbox.put, MEI, "signed_in", DEVICE)
    with people.db.read() as connection:
        (row,) = connection.execute(select(notices)).all()
    assert "Mei" not in repr(tuple(row))
    assert b"Mei" not in row.said
    assert of(people)[0].values == DEVICE


def test_whoever_is_told_of_something_finds_it_in_the_inbox_too(people: People) -> None:
    number = people.checked().session.subject.customer
    assert [one.kind for one in of(people, number)] == ["verified", "changed"][: len(of(people, number))]
    people.do(people.services.notices.tell, number, "frozen", people.clock.now(), None, "/security/stolen")
    assert (of(people, number)[0].kind, of(people, number)[0].path) == ("frozen", "/security/stolen")
    assert ("frozen", "sms") in people.told(number)


def test_one_of_several_at_once_is_kept_over_postgresql(postgres: Postgres, tmp_path: Path) -> None:
    people = People(tmp_path / "bank", url=postgres.database())

    def keep() -> str:
        return people.do(people.services.inbox.put, MEI, "frozen", {}, once="journal/7/0")

    async def at_once() -> list[str]:
        return list(await asyncio.gather(*(asyncio.to_thread(keep) for _ in range(4))))

    assert len([id for id in people.run(at_once()) if id]) == 1
    assert people.run(people.services.inbox.unread(MEI)) == 1
    people.close()
