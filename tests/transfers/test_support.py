"""What supporters see of transfers between people."""

from __future__ import annotations

from feiqian.runtime.paging import FIRST, Ask
from feiqian.transfers.support import FEW, PersonTransfersOf
from tests.transfers.sending import ANA, ANA_NAME, Sending


def test_supporters_see_what_is_held_waits_and_came_back_with_names_masked(bank: Sending) -> None:
    mei, eve = bank.person("mei", 9_000_00), bank.person("eve")
    section = PersonTransfersOf(bank.services)
    bank.send_to(mei, eve, 30_00, note="Words between them")
    held = bank.send_to(mei, eve, 2_500_00, "T2")
    bank.run(bank.sending.cancel(mei.session.subject, bank.send_to(mei, eve, 2_500_00, "T3").id))
    bank.send(mei, bank.asked(bank.look_up(mei, ANA, ANA_NAME), 40_00, "T4"))
    shown = bank.run(section.look(mei.number, FIRST))
    assert [(it.view.status.value, it.amount.minor) for it in shown.page.items] == [
        ("waiting", 40_00),
        ("cancelled", 2_500_00),
        ("held", 2_500_00),
        ("succeeded", 30_00),
    ]
    assert [it.other for it in shown.page.items if eve.name in it.other or ANA_NAME in it.other] == []
    assert shown.page.items[2].view.held_until == held.held_until
    (received,) = bank.run(section.look(eve.number, FIRST)).page.items
    assert (received.view.side.value, received.other) == ("received", "**梅"), "of what is held she is told nothing"
    for number in range(FEW):
        bank.send_to(mei, eve, 1_00, f"N{number}")
    shown = bank.run(section.look(mei.number, FIRST))
    assert len(bank.run(section.look(mei.number, Ask(before=shown.page.older))).page.items) == 4
