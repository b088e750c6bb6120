"""What supporters see of requests and split bills."""

from __future__ import annotations

from feiqian.requests.support import RequestsOf, SplitsOf
from feiqian.runtime.paging import FIRST, Ask
from tests.requests.asking import AskingPeople


def test_supporters_see_both_sides_masked_the_newest_first_by_pages(bank: AskingPeople) -> None:
    mei, eve = bank.person("mei", 500_00), bank.person("eve", 500_00)
    first = bank.ask(mei, eve.mobile, note="Words between them")
    paid = bank.pay(eve, first.id)
    split = bank.split(mei, 90_00, [(eve.mobile, 1)])
    section = RequestsOf(bank.services)
    page = bank.do(section.page, mei.number, FIRST)
    assert [(it.made, it.request.status.value, it.amount.minor) for it in page.items] == [
        (True, "open", 45_00),
        (True, "paid", 100_00),
    ]
    assert page.items[1].request.transfer == paid.id
    assert eve.mobile not in str([it.other for it in page.items])
    (of_part, received) = bank.do(section.page, eve.number, FIRST).items
    assert (of_part.made, received.other) == (False, "**梅")
    (line,) = bank.do(SplitsOf(bank.services).page, mei.number, FIRST).items
    assert (line.split.id, line.total.minor, line.paid.minor, line.done, line.asked) == (split.id, 90_00, 45_00, 0, 1)
    ana = bank.person("ana")
    for number in range(12):
        bank.clock.advance(12 * 3600)
        bank.ask(ana, [mei, eve][number % 2].mobile, number=f"N{number}")
    page = bank.do(section.page, ana.number, FIRST)
    assert len(page.items) == 10
    assert len(bank.do(section.page, ana.number, Ask(before=page.older)).items) == 2
