"""What people try who are not the customer, or want more of it than there is."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import httpx
import pytest

from feiqian.activity.codes import GROUP, LETTERS, code_of, grouped, read_code
from feiqian.activity.errors import NoteInvalid, ReceiptNotFound, ReportInvalid, TooManyReports, TooManyTries
from feiqian.activity.model import Wanted
from feiqian.activity.public_receipts import TRIES_AT_ONCE, TRIES_PER_MINUTE
from feiqian.activity.reports import REPORTS_A_DAY, Problem
from feiqian.cases.model import State
from feiqian.deposits.model import WALLET
from feiqian.payments.read_model.lines import Span
from feiqian.runtime import network
from feiqian.testing.served import Served
from tests.activity.movers import Movers
from tests.activity.page_holder import with_money
from tests.customers.people import EVE, EVE_DETAILS
from tests.deposits.holder_pages import PageHolder


@pytest.fixture
def holder(paged: Served, request: pytest.FixtureRequest) -> Iterator[PageHolder]:
    holder = with_money(paged, request.node.name)
    yield holder
    holder.close()


def test_abuse_115_a_forged_receipt_or_code_is_told_and_a_genuine_one_says_what_the_books_say(bank: Movers) -> None:
    mei, shop = bank.holder(100_00), bank.shop()
    paid = bank.pay(mei, shop, 30_00, "Two coffees")
    (movement, *_) = bank.listed(mei)
    receipts = bank.services.public_receipts
    unasked = code_of(bank.services.cipher, mei, movement.id)
    with pytest.raises(ReceiptNotFound):  # nobody was given it
        bank.run(receipts.look(unasked))
    code = bank.run(receipts.give(mei, movement))
    assert bank.run(receipts.give(mei, movement)) == code == unasked
    found = bank.run(receipts.look(grouped(code).lower().replace("o", "0")))
    assert (found.amount.minor, found.at, found.payer, found.payee) == (30_00, movement.at, "**梅", "C** C**")
    bank.refund(shop, paid, 10_00)
    now = bank.run(receipts.look(code))
    assert (now.status, now.back and now.back.minor) == ("partly_refunded", 10_00)
    changed = ("B" if code[0] == "A" else "A") + code[1:]
    for forged in (changed, "", "x", code + "A", movement.id, "9" * LETTERS, "\u0000" * LETTERS, "' OR 1=1 --"):
        with pytest.raises(ReceiptNotFound):
            bank.run(receipts.look(forged))


def test_abuse_115_what_has_not_moved_has_no_receipt_to_show(bank: Movers) -> None:
    mei = bank.holder(1_00)
    bank.pay(mei, bank.shop(), 30_00)
    (declined, _) = bank.listed(mei)
    assert not declined.moved
    with pytest.raises(Exception, match="nothing has moved"):
        bank.run(bank.services.public_receipts.give(mei, declined))


def test_abuse_43_codes_of_receipts_cannot_be_guessed_and_each_network_has_so_many_tries(bank: Movers) -> None:
    mei = bank.holder(100_00)
    (movement,) = bank.listed(mei)
    receipts, seconds = bank.services.public_receipts, 1_000.0
    receipts.now = lambda: seconds
    receipts.__post_init__()
    code = bank.run(receipts.give(mei, movement))
    assert len(code) == LETTERS
    assert read_code(grouped(code)) == code
    token = network.client.set("192.0.2.1")
    try:
        for _ in range(TRIES_AT_ONCE):
            with pytest.raises(ReceiptNotFound):
                bank.run(receipts.look("A" * LETTERS))
        for tried in ("A" * LETTERS, code):
            with pytest.raises(TooManyTries):
                bank.run(receipts.look(tried))
        seconds += 60
        for _ in range(TRIES_PER_MINUTE):
            assert bank.run(receipts.look(code)).code == code
        with pytest.raises(TooManyTries):
            bank.run(receipts.look(code))
        network.client.set("192.0.2.2")
        assert bank.run(receipts.look(code)).code == code
    finally:
        network.client.reset(token)


def test_abuse_43_the_public_page_needs_no_session_and_tells_no_name_and_no_number(
    paged: Served, holder: PageHolder
) -> None:
    id = holder.get("/v1/me/activity?limit=1")["data"][0]["id"]
    code = holder.post(f"/v1/me/activity/{id}/code", {})["code"]
    shown = httpx.get(f"{paged.url}/receipts/{code}")
    assert shown.status_code == 200
    assert shown.headers["cache-control"] == "no-store"
    assert "set-cookie" not in shown.headers
    for hidden in ("Wang", "Xiaoming", holder.mobile[-4:], id, f"customer:{holder.number}"):
        assert hidden not in shown.text
    assert "W** X**" in shown.text
    forged = httpx.get(f"{paged.url}/receipts/{'A' * LETTERS}")
    assert forged.status_code == 404
    assert "Not a receipt of this bank" in forged.text
    asked = httpx.get(f"{paged.url}/receipts", params={"code": code.replace("-", " ")})
    assert asked.headers["location"] == f"/receipts/{code}"
    script = httpx.get(f"{paged.url}/receipts", params={"code": "<script>alert(1)</script>"})
    assert "<script>alert" not in script.text


def test_abuse_34_movements_receipts_notes_and_reports_of_others_are_as_if_they_were_not(
    paged: Served, holder: PageHolder
) -> None:
    eve = with_money(paged, "eve of activity")
    data = holder.get("/v1/me/activity")
    id = data["data"][0]["id"]
    for path in ("", "/receipt.pdf", "/problem"):
        eve.page(f"/activity/{id}{path}", 404)
    own = eve.page("/activity")
    for act in ("note", "share", "problem"):
        answer = eve.fill(own, f"/activity/{id}/{act}", remark="mine", problem="twice")
        assert answer.status_code == 404
    eve.get(f"/v1/me/activity/{id}", 404)
    eve.post(f"/v1/me/activity/{id}/note", {"note": "mine"}, 404)
    eve.get(f"/v1/me/activity?account={holder.account}", 404)
    eve.close()
    assert httpx.get(f"{paged.url}/activity", headers={"accept": "text/html"}).status_code == 303
    assert "own_note" in holder.get(f"/v1/me/activity/{id}")["movement"]


def test_notes_and_reports_are_bounded_and_are_shown_to_nobody_else(bank: Movers) -> None:
    mei = bank.holder(100_00)
    (movement,) = bank.listed(mei)
    notes, reports = bank.services.movement_notes, bank.services.movement_reports
    bank.run(notes.put(mei, movement.id, "  Ana's share  "))
    assert bank.run(notes.of(mei, [movement.id])) == {movement.id: "Ana's share"}
    assert b"Ana" not in (bank.folder / "bank.db").read_bytes()
    with pytest.raises(NoteInvalid):
        bank.run(notes.put(mei, movement.id, "x" * 201))
    bank.run(notes.put(mei, movement.id, " \u200b "))
    assert bank.run(notes.of(mei, [movement.id])) == {}
    with pytest.raises(ReportInvalid):
        bank.run(reports.report(mei, movement.id, Problem.OTHER, "known", " "))
    for _ in range(REPORTS_A_DAY):
        bank.run(reports.report(mei, movement.id, Problem.TWICE, "known", "again"))
    with pytest.raises(TooManyReports):
        bank.run(reports.report(mei, movement.id, Problem.TWICE, "known", "again"))
    (case,) = bank.do(bank.services.cases.of, mei)
    assert len(case.timeline) == REPORTS_A_DAY
    bank.clock.advance(86_401)
    bank.do(bank.services.cases.close, case.id, "done", case.timeline[0].by, bank.clock.now())
    after = bank.run(reports.report(mei, movement.id, Problem.TWICE, "known", "again"))
    assert (after.again, after.case.state) == (False, State.OPEN)
    assert after.case.id != case.id


def test_two_reports_at_once_open_one_case(bank: Movers) -> None:
    mei = bank.holder(100_00)
    (movement,) = bank.listed(mei)
    reports = bank.services.movement_reports

    async def both() -> list[bool]:
        sent = (reports.report(mei, movement.id, Problem.TWICE, "known", str(n)) for n in range(4))
        return sorted(one.again for one in await asyncio.gather(*sent))

    assert bank.run(both()) == [False, True, True, True]
    assert len(bank.do(bank.services.cases.of, mei)) == 1


def test_a_code_that_is_asked_for_twice_at_once_is_kept_once(bank: Movers) -> None:
    mei = bank.holder(100_00)
    (movement,) = bank.listed(mei)
    receipts = bank.services.public_receipts

    async def both() -> set[str]:
        return set(await asyncio.gather(*(receipts.give(mei, movement) for _ in range(4))))

    (code,) = bank.run(both())
    assert re.fullmatch(f"(?:[A-Z2-7]{{{GROUP}}}-){{5}}[A-Z2-7]{{{GROUP}}}", grouped(code))


def test_eve_sees_what_came_to_her_and_mei_what_left(bank: Movers) -> None:
    """The two sides of one transfer have ids of their own, and each finds only hers."""
    mei, eve = bank.holder(100_00), bank.checked(EVE, EVE_DETAILS).session.subject.customer
    account = bank.account(mei, 50_00)
    bank.move(mei, account.id, WALLET, 20_00)
    debit, credit = (bank.listed(mei, Wanted(account=side), 1)[0] for side in (account.ledger_id, bank.wallet(mei)))
    assert debit.described.reference == credit.described.reference
    assert debit.id != credit.id
    assert bank.listed(eve) == []
    sums = bank.run(bank.activity.sums(mei, Span()))
    assert [(one.came, one.left, one.lines) for one in sums or ()] == [(150_00, 0, 2)]
    of_account = bank.run(bank.activity.sums(mei, Span(), account.ledger_id))
    assert [(one.came, one.left) for one in of_account or ()] == [(50_00, 20_00)]
