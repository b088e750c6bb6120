"""What supporters see of red packets."""

from __future__ import annotations

from feiqian.packets.support import PacketsOf
from feiqian.runtime.paging import FIRST
from tests.packets.giving import Giving


def test_supporters_see_what_was_made_taken_and_came_back_with_names_masked(bank: Giving) -> None:
    mei, eve = bank.person("mei", 100_00), bank.person("eve")
    first = bank.group(mei, 10_00, 3, note="Words between them")
    bank.take(eve, first)
    bank.single(mei, eve, 5_00, "P2")
    bank.clock.advance(24 * 3600)
    bank.return_due()
    section = PacketsOf(bank.services)
    lines = bank.run(section.look(mei.number, FIRST)).page.items
    assert [
        (it.view.state.value, it.amount and it.amount.minor, it.returned and it.returned.minor) for it in lines
    ] == [
        ("returned", 5_00, 5_00),
        ("returned", 10_00, 6_66),
    ]
    assert eve.name not in str([it.other for it in lines])
    took = bank.run(section.look(eve.number, FIRST)).page.items[1]
    assert (took.other, took.amount and took.amount.minor, took.returned) == ("**梅", 3_34, None)
